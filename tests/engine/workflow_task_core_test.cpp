// The workflow task of a run in the pure core: buffering, refusal, transient attempts, ends of the
// run (temporal: workflow_task_state_machine.go, workflow_task_completed_handler.go,
// historybuilder/event_store.go).
#include "engine/core_driver.hpp"

using namespace durasim;
using namespace durasim::engine;
using namespace durasim::engine::test;
using namespace std::chrono_literals;

namespace {

WorkflowTaskFailedCause cause(Core& run, std::int64_t id) {
  return run.attributes<proto::WorkflowTaskFailedEventAttributes>(id).cause;
}

}  // namespace

// ---- buffered events ----------------------------------------------------------------------------

TEST_CASE("what arrives while a task runs follows its events, outcomes of activities last") {
  Core run;
  run.first({schedule("a"), timer("1", 5s)});
  run.begin(5);
  run.signal("first");
  const std::int64_t started = run.begin_task();
  CHECK(run.end(5, 1, ActivityCompleted{text("r")}));
  run.pass(5s);
  run.signal("second");
  CHECK(run.types(10).empty());
  run.end_task(started, {timer("2", 1h)});
  CHECK(run.types(10) == Lines{"WorkflowTaskCompleted", "TimerStarted", "ActivityTaskStarted",
                               "TimerFired", "WorkflowExecutionSignaled", "ActivityTaskCompleted",
                               "WorkflowTaskScheduled"});
  // The number of the start is known only now.
  CHECK(run.attributes<proto::ActivityTaskCompletedEventAttributes>(15).started_event_id == 12);
  CHECK(run.attributes<proto::ActivityTaskCompletedEventAttributes>(15).scheduled_event_id == 5);
}

TEST_CASE("too many buffered events end the task, so that they are not held up") {
  EngineLimits limits;
  limits.max_buffered_events = 3;
  Core run({}, limits);
  const std::int64_t started = run.begin_task();
  for (int i = 0; i < 3; ++i) run.signal();
  CHECK(cause(run, 4) == WorkflowTaskFailedCause::ForceCloseCommand);
  CHECK(run.types(5) == Lines{"WorkflowExecutionSignaled", "WorkflowExecutionSignaled",
                              "WorkflowExecutionSignaled", "WorkflowTaskScheduled"});
  CHECK(run.end_task(started, {complete()}) == TaskResult::Stale);
  CHECK(run.state().workflow_task_ready());
}

TEST_CASE("so do few events with many bytes") {
  EngineLimits limits;
  limits.max_buffered_bytes = 1000;
  Core run({}, limits);
  static_cast<void>(run.begin_task());
  run.signal(std::string(600, 'x'));
  CHECK(run.types(4).empty());
  run.signal(std::string(600, 'y'));
  CHECK(cause(run, 4) == WorkflowTaskFailedCause::ForceCloseCommand);
  CHECK(run.types(5) ==
        Lines{"WorkflowExecutionSignaled", "WorkflowExecutionSignaled", "WorkflowTaskScheduled"});
}

// ---- UNHANDLED_COMMAND --------------------------------------------------------------------------

TEST_CASE("no run closes over an event that its code has not seen") {
  for (const auto& closing : {complete(), fail("x"), cancel_run(), continue_as_new()}) {
    Core run;
    const std::int64_t started = run.begin_task();
    run.signal();
    CHECK(run.end_task(started, {timer("1", 1s), closing}) == TaskResult::Failed);
    CHECK(run.state().open());
    CHECK(run.state().timers().empty());  // nothing of the task counts
    CHECK(cause(run, 4) == WorkflowTaskFailedCause::UnhandledCommand);
    CHECK(run.types(5) == Lines{"WorkflowExecutionSignaled", "WorkflowTaskScheduled"});
    CHECK(run.task({closing}) == TaskResult::Completed);
    CHECK_FALSE(run.state().open());
  }
}

TEST_CASE("canceling a timer whose firing is unseen takes it back, and the run may close") {
  Core run;
  run.first({timer("1", 5s)});
  run.signal();
  const std::int64_t started = run.begin_task();
  run.pass(5s);
  CHECK(run.end_task(started, {cancel_timer("1"), complete()}) == TaskResult::Completed);
  CHECK(run.types(10) == Lines{"TimerCanceled", "WorkflowExecutionCompleted"});
  CHECK(run.attributes<proto::TimerCanceledEventAttributes>(10).started_event_id == 5);
}

TEST_CASE("of several closing commands the first wins") {
  Core run;
  run.first({fail("first"), complete(), timer("1", 1s)});
  CHECK(run.types(5) == Lines{"WorkflowExecutionFailed"});
  CHECK(run.state().row().status == store::RunStatus::Failed);
}

TEST_CASE("a command that cannot be accepted fails the task, and nothing of it is written") {
  const auto refused = [](const std::vector<proto::Command>& commands) {
    Core run;
    run.first({schedule("a"), timer("1", 1h)});
    run.signal();
    const std::int64_t started = run.begin_task();
    CHECK(run.end_task(started, commands) == TaskResult::Failed);
    CHECK(run.types(10).size() == 1);  // the next attempt is transient
    return cause(run, 10);
  };
  using C = WorkflowTaskFailedCause;
  CHECK(refused({timer("2", 1s), schedule("b", {.start_to_close = 0s})}) ==
        C::BadScheduleActivityAttributes);
  CHECK(refused({schedule("a")}) == C::ScheduleActivityDuplicateId);
  CHECK(refused({schedule("b"), schedule("b")}) == C::ScheduleActivityDuplicateId);
  CHECK(refused({schedule("b", {}, {.backoff_coefficient = 0.5})}) ==
        C::BadScheduleActivityAttributes);
  CHECK(refused({timer("1", 1s)}) == C::StartTimerDuplicateId);
  CHECK(refused({cancel_timer("7")}) == C::BadCancelTimerAttributes);
  CHECK(refused({cancel_activity(77)}) == C::BadRequestCancelActivityAttributes);
  CHECK(refused({cancel_activity(5), cancel_activity(5)}) == C::BadRequestCancelActivityAttributes);
}

TEST_CASE(
    "a payload that is too large fails the task: workflow, argument, size and limit are named") {
  EngineLimits limits;
  limits.max_payload_bytes = 100;
  Core run({}, limits);
  auto command = schedule("a");
  command.attributes_if<proto::ScheduleActivityTaskCommandAttributes>()->input =
      proto::to_message(PayloadList{text("small").front(), text(std::string(200, 'x')).front()});
  const std::int64_t started = run.begin_task();
  CHECK(run.end_task(started, {command}) == TaskResult::Failed);
  const auto failed_event = run.attributes<proto::WorkflowTaskFailedEventAttributes>(4);
  CHECK(failed_event.cause == WorkflowTaskFailedCause::PayloadsTooLarge);
  for (const char* part : {"wf", "activity a (work)", "argument 2", "220", "100"}) {
    CAPTURE(part);
    CHECK(failed_event.failure->message.find(part) != std::string::npos);
  }
}

TEST_CASE("open activities and timers are limited") {
  EngineLimits limits;
  limits.max_pending_activities = 2;
  limits.max_pending_timers = 2;
  Core run({}, limits);
  run.first({schedule("a"), timer("1", 1h)});
  run.signal();
  CHECK(run.task({schedule("b"), schedule("c")}) == TaskResult::Failed);
  CHECK(run.task({timer("2", 1s), timer("3", 1s)}) == TaskResult::Failed);
  run.skip();
  CHECK(run.task({schedule("b"), timer("2", 1s)}) == TaskResult::Completed);
}

// ---- failed tasks -------------------------------------------------------------------------------

TEST_CASE("a task that fails for ever costs three events; its pace is the task timeout, growing") {
  Core run;
  CHECK(run.fail_task(run.begin_task()) == TaskResult::Failed);
  CHECK(run.types(2) ==
        Lines{"WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskFailed"});
  CHECK(run.fail_task(run.begin_task()) == TaskResult::Failed);  // the second attempt at once
  std::vector<Duration> waits;
  for (int attempt = 3; attempt < 8; ++attempt) {
    CHECK_FALSE(run.state().workflow_task_ready());
    waits.push_back(run.skip());
    const std::int64_t started = run.begin_task();
    CHECK(run.last_task.attempt == attempt);
    CHECK(run.last_task.transient_events.size() == 2);
    run.fail_task(started);
  }
  CHECK(waits == std::vector<Duration>{10s, 10s, 15s, 20s, 30s});
  CHECK(run.types(2).size() == 3);
}

TEST_CASE("an attempt that succeeds at last is written, with its number and times") {
  Core run;
  run.fail_task(run.begin_task());
  run.now += 2s;
  const std::int64_t started = run.begin_task();
  const auto transient = run.last_task.transient_events;
  run.now += 1s;
  CHECK(run.end_task(started, {complete()}) == TaskResult::Completed);
  CHECK(run.types(5) == Lines{"WorkflowTaskScheduled", "WorkflowTaskStarted",
                              "WorkflowTaskCompleted", "WorkflowExecutionCompleted"});
  CHECK(run.event(5) == transient[0]);  // what the code was shown is what is kept
  CHECK(run.event(6) == transient[1]);
  CHECK(run.attributes<proto::WorkflowTaskScheduledEventAttributes>(5).attempt == 2);
}

TEST_CASE("news end the wait of a failing task: an ordinary attempt follows them") {
  Core run;
  run.fail_task(run.begin_task());
  run.fail_task(run.begin_task());
  CHECK_FALSE(run.state().workflow_task_ready());
  run.signal();
  CHECK(run.state().workflow_task_ready());
  CHECK(run.types(5) == Lines{"WorkflowExecutionSignaled", "WorkflowTaskScheduled"});
}

TEST_CASE("a task that takes too long is over; its late answer is stale") {
  Core run;
  const std::int64_t started = run.begin_task();
  run.signal();
  CHECK(run.skip() == 10s);
  CHECK(run.types(4) ==
        Lines{"WorkflowTaskTimedOut", "WorkflowExecutionSignaled", "WorkflowTaskScheduled"});
  CHECK(run.end_task(started, {complete()}) == TaskResult::Stale);
}

TEST_CASE("a run whose process dies three times over its code is parked until it is resumed") {
  Core run;
  for (int crash = 1; crash <= 3; ++crash) {
    CHECK_FALSE(run.state().record().parked);
    run.state().start_workflow_task("worker", run.now);
    run.state().count_crash(run.now);
    run.signal();
  }
  CHECK(run.state().record().parked);
  CHECK_FALSE(run.state().workflow_task_ready());
  (void)run.effects();
  run.state().announce();
  CHECK(run.state().take_effects().empty());
  run.state().resume_parked();
  CHECK(std::holds_alternative<WorkflowTaskReady>(run.state().take_effects().at(0)));
  run.state().start_workflow_task("worker", run.now);
  CHECK(run.end_task(3, {}) == TaskResult::Completed);
  CHECK(run.state().record().crashes == 0);
}

// ---- ends from outside --------------------------------------------------------------------------

TEST_CASE("termination ends a task that is under way and keeps what was buffered") {
  Core run;
  run.first({schedule("a"), timer("1", 1h)});
  run.begin(5);
  run.signal("one");
  const std::int64_t started = run.begin_task();
  run.signal("two");
  (void)run.effects();
  run.terminate();
  CHECK(run.types(7) == Lines{"WorkflowExecutionSignaled", "WorkflowTaskScheduled",
                              "WorkflowTaskStarted", "WorkflowTaskFailed",
                              "WorkflowExecutionSignaled", "WorkflowExecutionTerminated"});
  CHECK(run.effects_of<CancelActivity>().size() == 1);
  CHECK(run.end_task(started, {complete()}) == TaskResult::Stale);
  CHECK_FALSE(run.end(5, 1, ActivityCompleted{}));
  CHECK_FALSE(run.state().next_due());
}

TEST_CASE("a cancellation is recorded once") {
  Core run;
  run.first({});
  run.cancel();
  run.cancel();
  CHECK(run.types(5) == Lines{"WorkflowExecutionCancelRequested", "WorkflowTaskScheduled"});
}

TEST_CASE("the run timeout is tried again by the policy, the execution timeout ends the chain") {
  StartRun start;
  start.run_timeout = 10s;
  start.execution_timeout = 25s;
  start.retry = RetryPolicy{.initial_interval = 1s};
  Core run(start);
  run.first({});
  CHECK(run.skip() == 10s);
  const auto successors = run.effects_of<StartSuccessor>();
  REQUIRE(successors.size() == 1);
  CHECK(successors[0].run->attempt == 2);
  CHECK(successors[0].run->first_task_delay == 1s);
  CHECK(successors[0].run->continued_failure->message == "workflow run timeout");
  CHECK(successors[0].run->first_execution_run_id == "run-1");
  const auto closed = run.attributes<proto::WorkflowExecutionTimedOutEventAttributes>(5);
  CHECK(closed.new_execution_run_id == "run-2");
  CHECK(closed.retry_state == RetryState::InProgress);

  StartRun second = *successors[0].run;
  Core next(second);
  next.now = run.now;
  CHECK(*next.state().record().execution_deadline == run.now + 15s);  // of the chain, not anew
  next.now += 20s;
  next.state().fire_due("run-3", next.now);
  CHECK(next.state().row().status == store::RunStatus::TimedOut);
  for (const Effect& effect : next.state().take_effects())
    CHECK_FALSE(std::holds_alternative<StartSuccessor>(effect));
}

// ---- time ---------------------------------------------------------------------------------------

TEST_CASE("times in history do not go back when the clock does, and a signal still wakes the run") {
  Core run;
  run.first({timer("1", 10s)});
  const WallTime before = run.now;
  run.now -= 1h;
  run.signal();
  CHECK(run.state().workflow_task_ready());
  run.task({timer("2", 10s)});
  for (const auto& event : run.events()) CHECK(event.event_time->wall_time() == before);
  CHECK(run.state().next_due() == before + 10s);
  CHECK(run.skip() == 1h + 10s);
  CHECK(run.state().timers().empty());  // both at once, in one transition
  CHECK(run.types(11) == Lines{"TimerFired", "TimerFired", "WorkflowTaskScheduled"});
}

TEST_CASE("a failed task's next attempt has no earlier time either") {
  Core run;
  const WallTime before = run.now;
  const std::int64_t started = run.begin_task();
  run.now -= 1h;
  run.fail_task(started);
  const std::int64_t again = run.begin_task();
  run.end_task(again, {complete()});
  for (const auto& event : run.events()) CHECK(event.event_time->wall_time() >= before);
}

TEST_CASE("a signal does not end the delay before the first task") {
  StartRun start;
  start.first_task_delay = 1min;
  Core run(start);
  run.signal();
  CHECK(run.types(2) == Lines{"WorkflowExecutionSignaled"});
  CHECK(run.skip() == 1min);
  CHECK(run.types(3) == Lines{"WorkflowTaskScheduled"});
}
