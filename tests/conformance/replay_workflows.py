# The programs of programs.hpp as Python workflows, command for command: what Temporal's own replayer holds against the
# histories that durasim wrote.
import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

TEN_SECONDS = timedelta(seconds=10)
HOUR = timedelta(hours=1)
TOIL = {"start_to_close_timeout": HOUR, "heartbeat_timeout": timedelta(minutes=1)}


def run(name, argument, **options):
    return workflow.start_activity(name, argument, result_type=str, **{"start_to_close_timeout": TEN_SECONDS, **options})


# Lets tasks that were created, or cancelled, go on as far as they can.
async def let_others_run():
    await asyncio.sleep(0)


@workflow.defn
class Activity:
    @workflow.run
    async def run(self, word: str) -> str:
        return await run("Echo", word)


@workflow.defn
class Retries:
    @workflow.run
    async def run(self, word: str) -> str:
        policy = RetryPolicy(initial_interval=timedelta(seconds=5), maximum_attempts=5)
        return await run("Flaky", word, schedule_to_close_timeout=HOUR, retry_policy=policy)


@workflow.defn
class Heartbeat:
    @workflow.run
    async def run(self, word: str) -> str:
        return await run("Silent", word, start_to_close_timeout=HOUR, heartbeat_timeout=TEN_SECONDS)


@workflow.defn
class Timers:
    @workflow.run
    async def run(self, word: str) -> str:
        await asyncio.sleep(60)
        await asyncio.sleep(7200)
        return word


class Noted:
    def __init__(self):
        self.notes = []

    @workflow.signal
    def note(self, text: str) -> None:
        self.notes.append(text)


@workflow.defn
class Signals(Noted):
    @workflow.run
    async def run(self, word: str) -> str:
        for _ in range(3):
            await workflow.wait_condition(lambda: self.notes)
            word = await run("Echo", word + self.notes.pop(0))
        return word


@workflow.defn
class WaitMet(Noted):
    @workflow.run
    async def run(self, word: str) -> str:
        await workflow.wait_condition(lambda: self.notes, timeout=HOUR)
        await run("TidyUp", word)
        return self.notes[0]


@workflow.defn
class WaitLate:
    @workflow.run
    async def run(self, word: str) -> str:
        try:
            await workflow.wait_condition(lambda: False, timeout=HOUR)
        except asyncio.TimeoutError:
            await run("TidyUp", word)
        return "late"


@workflow.defn
class CancelTimer:
    @workflow.run
    async def run(self, word: str) -> str:
        timer = asyncio.create_task(asyncio.sleep(86400))
        await let_others_run()
        word = await run("Echo", word)
        timer.cancel()
        await let_others_run()
        return await run("Echo", word + "!")


async def toil_and_cancel(word, how):
    work = run("Toil", word, cancellation_type=how, **TOIL)
    await asyncio.sleep(5)
    work.cancel()
    try:
        await work
    except ActivityError as error:
        assert is_cancelled_exception(error)
    return await run("Echo", "canceled")


@workflow.defn
class CancelActivity:
    @workflow.run
    async def run(self, word: str) -> str:
        return await toil_and_cancel(word, workflow.ActivityCancellationType.TRY_CANCEL)


@workflow.defn
class CancelAndWait:
    @workflow.run
    async def run(self, word: str) -> str:
        return await toil_and_cancel(word, workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)


@workflow.defn
class CancelRun:
    @workflow.run
    async def run(self, word: str) -> str:
        await run("Echo", word)
        await asyncio.sleep(86400)
        return word


@workflow.defn
class CleanUp:
    @workflow.run
    async def run(self, word: str) -> str:
        try:
            await run("Toil", word, **TOIL)
        finally:
            await asyncio.sleep(60)
            await run("TidyUp", word)
        return word


@workflow.defn
class Parallel:
    @workflow.run
    async def run(self, word: str) -> str:
        return "".join(await asyncio.gather(*(self.branch(f"{word}{minutes}", minutes) for minutes in (3, 1, 2))))

    async def branch(self, word, minutes):
        await asyncio.sleep(60 * minutes)
        return await run("Echo", word)


@workflow.defn
class FailureChain:
    @workflow.run
    async def run(self, word: str) -> str:
        try:
            await run("Refuse", word)
        except ActivityError as error:
            chain = error
        assert (chain.cause.type, chain.cause.cause.type) == ("Refusal", "OutOfPaper"), chain
        await run("TidyUp", word)
        raise ApplicationError("the work was refused", type="Refused") from chain


@workflow.defn
class ActivityLate:
    @workflow.run
    async def run(self, word: str) -> str:
        try:
            await run("Toil", word, retry_policy=RetryPolicy(maximum_attempts=1))
        except ActivityError as error:
            word = error.activity_type + " is late"
        await asyncio.sleep(1)
        return word


@workflow.defn
class ContinueAsNew:
    @workflow.run
    async def run(self, word: str) -> str:
        word = await run("Echo", word + "+")
        if len(word) < 6:
            workflow.continue_as_new(word)
        return word


@workflow.defn
class External:
    @workflow.run
    async def run(self, word: str) -> str:
        other = workflow.get_external_workflow_handle("other")
        await other.signal("note", word)
        await asyncio.sleep(1)
        await other.cancel()
        return word


@workflow.defn
class TakenBack:
    @workflow.run
    async def run(self, word: str) -> str:
        work = run("Toil", word)
        timer = asyncio.create_task(asyncio.sleep(3600))
        await let_others_run()
        work.cancel()
        timer.cancel()
        await asyncio.gather(work, timer, return_exceptions=True)
        await asyncio.sleep(60)
        return await run("Echo", word)


@workflow.defn
class Race:
    @workflow.run
    async def run(self, word: str) -> str:
        work = run("Echo", word)
        timer = asyncio.create_task(asyncio.sleep(3600))
        done, _ = await workflow.wait([work, timer], return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        await let_others_run()
        await asyncio.sleep(1)
        return "activity" if work in done else "timer"


ALL = [Activity, Retries, Heartbeat, Timers, Signals, WaitMet, WaitLate, CancelTimer, CancelActivity, CancelAndWait, CancelRun,
       CleanUp, Parallel, FailureChain, ActivityLate, ContinueAsNew, External, TakenBack, Race]
