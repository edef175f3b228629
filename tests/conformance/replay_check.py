# Histories that durasim writes, given to Temporal's own replayer with an equivalent Python workflow: it must find the same
# commands in the same order, and see through every history in which one command was changed; so must durasim's machines.
import asyncio
import base64
import functools
import json
import logging
import pathlib
import subprocess
import tempfile

import changes
import replay_workflows
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import (ExecuteWorkflowInput, Interceptor, Replayer, UnsandboxedWorkflowRunner,
                               WorkflowInboundInterceptor)

END = {"Completed": "COMPLETED", "Failed": "FAILED", "Canceled": "CANCELED", "ContinuedAsNew": "CONTINUED_AS_NEW"}


# Keeps what each replayed run returned, since the replayer itself compares no results.
class Results(Interceptor):
    def __init__(self):
        self.returned = []

    def workflow_interceptor_class(self, _):
        returned = self.returned

        class Inbound(WorkflowInboundInterceptor):
            async def execute_workflow(self, input: ExecuteWorkflowInput):
                result = await super().execute_workflow(input)
                returned.append(result)
                return result

        return Inbound


# One that does not tell each rejection at length.
@functools.cache
def quiet_runtime():
    return Runtime(telemetry=TelemetryConfig(logging=None))


# What the official replayer says: the failure of the replay or None, and what the workflow returned.
async def replay(documents):
    results = Results()
    replayer = Replayer(workflows=replay_workflows.ALL, workflow_runner=UnsandboxedWorkflowRunner(), interceptors=[results],
                        runtime=quiet_runtime())
    answers = []
    for document in documents:
        results.returned.clear()
        answer = await replayer.replay_workflow(WorkflowHistory.from_json("run", document), raise_on_replay_failure=False)
        answers.append((answer.replay_failure, list(results.returned)))
    return answers


def official(documents):
    logging.disable(logging.CRITICAL)
    try:
        return asyncio.run(replay(documents))
    finally:
        logging.disable(logging.NOTSET)


# Program, history and how the run ended; written once for all checks.
@functools.cache
def histories(folder):
    with tempfile.TemporaryDirectory() as out:
        program = str(folder / "write-histories")
        lines = subprocess.run([program, "write", out], check=True, capture_output=True, text=True).stdout.splitlines()
        return [(name, json.loads((pathlib.Path(out) / f"{file}.json").read_text()), end)
                for name, file, end in map(str.split, lines)]


def check_histories_are_accepted(context):
    written = histories(context.bin)
    assert len({name for name, _, _ in written}) >= 12, f"only {len(written)} programs"
    for (name, document, end), (failure, returned) in zip(written, official([document for _, document, _ in written])):
        assert failure is None, f"{name}: {failure!r}"
        closing = document["events"][-1]
        assert closing["eventType"] == f"EVENT_TYPE_WORKFLOW_EXECUTION_{END[end]}", f"{name}: {end}, {closing}"
        if end == "Completed":
            payload = changes.attributes(closing)["result"]["payloads"][0]
            assert [json.loads(base64.b64decode(payload["data"]))] == returned, f"{name}: {payload} and {returned}"
        assert ours(context, name, document) == 0, f"{name}: refused by durasim itself"
    print(f"        {len(written)} histories of {len({name for name, _, _ in written})} programs")


# The exit code of durasim's replay: 0 accepted, 3 other commands.
def ours(context, name, document):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file)
        file.flush()
        command = [str(context.bin / "write-histories"), "replay", name, file.name]
        return subprocess.run(command, check=False, capture_output=True).returncode


# How the official replayer says that the code is not the code of the history. Where its machines meet an event before
# they look at the command, it speaks of them instead.
def is_rejection(failure):
    return isinstance(failure, workflow.NondeterminismError) or "Fatal error in workflow machines" in str(failure)


def check_changed_histories_are_rejected(context):
    changed = [(name, what, {"events": events}, both)
               for name, document, _ in histories(context.bin) for what, events, both in changes.of(document)]
    wrong = []
    for (name, what, document, both), (failure, _) in zip(changed, official([document for _, _, document, _ in changed])):
        if both and not is_rejection(failure):
            wrong.append(f"{name}, {what}: temporalio says {failure!r}")
        if (code := ours(context, name, document)) != 3:
            wrong.append(f"{name}, {what}: durasim says {code}")
    assert not wrong, f"{len(wrong)} of {len(changed)} are wrong:\n  " + "\n  ".join(wrong)
    print(f"        {len(changed)} changed histories, {sum(both for *_, both in changed)} of them also for temporalio")
