// How runs end and what follows them: failures, timeouts, retries, continue-as-new; and what
// becomes of runs whose code goes wrong or is not there.
#include "durasim/core/convert.hpp"

#include "engine/waiting_workflow.hpp"

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

TEST_CASE("the result is the failure with which the run ended, by its class") {
  Waiting w;
  const auto terminated = w.start({.id = "t"});
  terminated.terminate("enough");
  CHECK_THROWS_AS((void)terminated.result(), TerminatedFailure);
  const auto canceled = w.start({.id = "c"});
  canceled.cancel("stop");
  CHECK_THROWS_AS((void)canceled.result(), CanceledFailure);
  CHECK(canceled.describe().status == WorkflowStatus::Canceled);
  const WallTime before = w.environment.now();
  const auto late = w.start({.id = "l", .run_timeout = 1h});
  CHECK_THROWS_AS((void)late.result(), TimeoutFailure);
  CHECK(w.environment.now() - before == 1h);
  CHECK(late.describe().status == WorkflowStatus::TimedOut);
  CHECK_THROWS_AS((void)w.start({.id = "b"}).result(), WorkflowBlocked);
}

TEST_CASE("a start delay is waited for, a signal does not shorten it, timeouts count after it") {
  Waiting w;
  const WallTime before = w.environment.now();
  const auto run = w.start({.id = "w", .run_timeout = 5min, .start_delay = 1h});
  run.signal(finish);
  CHECK(run.result() == "a");
  CHECK(w.environment.now() - before == 1h);
}

TEST_CASE("a failed run is tried again by its policy: attempt, failure before, backoff") {
  testing::WorkflowEnvironment environment;
  environment.worker(queue).implement(
      failing, [](WorkflowContext ctx, int failures) -> Workflow<std::string> {
        if (ctx.info().attempt <= failures) {
          throw ApplicationFailure("attempt " + std::to_string(ctx.info().attempt), {});
        }
        co_return ctx.info().continued_failure->message;
      });
  const auto start = [&](int failures, int attempts) {
    return environment.client().start(
        failing, failures,
        {.task_queue = queue,
         .retry = RetryPolicy{.initial_interval = 10s, .maximum_attempts = attempts}});
  };
  const WallTime before = environment.now();
  const auto run = start(2, 0);
  CHECK(run.result() == "attempt 2");
  CHECK(environment.now() - before == 10s + 20s);
  const auto first = only<proto::WorkflowExecutionFailedEventAttributes>(
      events_of(environment, run.id(), run.run_id()));
  CHECK(first.retry_state == RetryState::InProgress);
  const auto second = only<proto::WorkflowExecutionStartedEventAttributes>(
      events_of(environment, run.id(), first.new_execution_run_id));
  CHECK(second.attempt == 2);
  CHECK(second.continued_execution_run_id == run.run_id());
  CHECK(second.first_execution_run_id == run.run_id());
  CHECK(second.initiator == ContinueAsNewInitiator::Retry);
  CHECK(second.first_workflow_task_backoff->duration() == 10s);
  CHECK_THROWS_WITH_AS((void)start(5, 3).result(), "attempt 3", ApplicationFailure);
}

TEST_CASE("a canceled or terminated run is not tried again") {
  Waiting w;
  const RetryPolicy policy;
  const auto canceled = w.start({.id = "c", .retry = policy});
  w.environment.settle();
  canceled.cancel();
  CHECK_THROWS_AS((void)canceled.result(), CanceledFailure);
  const auto terminated = w.start({.id = "t", .retry = policy});
  terminated.terminate();
  CHECK_THROWS_AS((void)terminated.result(), TerminatedFailure);
  CHECK(w.environment.client().list().size() == 2);
}

TEST_CASE("continue-as-new: what the next run takes over, and the second between them") {
  testing::WorkflowEnvironment environment;
  std::vector<WorkflowInfo> infos;
  environment.worker(queue).implement(
      counting, [&](WorkflowContext ctx, int left) -> Workflow<int> {
        infos.push_back(ctx.info());
        if (left > 0) ctx.continue_as_new(counting, left - 1, {.task_timeout = 7s});
        co_return 42;
      });
  const WallTime before = environment.now();
  const auto run = environment.client().start(counting, 1,
                                              {.id = "c",
                                               .task_queue = queue,
                                               .execution_timeout = 1h,
                                               .run_timeout = 10min,
                                               .retry = RetryPolicy{.maximum_attempts = 3},
                                               .memo = {{"note", to_payload(1)}}});
  CHECK(run.result() == 42);
  CHECK(environment.now() - before == 1s);
  REQUIRE(infos.size() == 2);
  const WorkflowInfo& next = infos[1];
  CHECK(next.run_id != infos[0].run_id);
  CHECK(next.workflow_id == "c");
  CHECK(next.first_execution_run_id == infos[0].run_id);
  CHECK(next.continued_execution_run_id == infos[0].run_id);
  CHECK(next.execution_timeout == 1h);
  CHECK(next.run_timeout == 10min);
  CHECK(next.task_timeout == 7s);
  CHECK(next.memo == infos[0].memo);
  CHECK(next.retry_policy == infos[0].retry_policy);
  CHECK(next.attempt == 1);
  const auto started =
      only<proto::WorkflowExecutionStartedEventAttributes>(events_of(environment, "c"));
  CHECK(started.initiator == ContinueAsNewInitiator::Workflow);
  CHECK(started.workflow_execution_expiration_time->wall_time() == before + 1h);
  CHECK(environment.client().list({.status = WorkflowStatus::ContinuedAsNew}).size() == 1);
}

// ---- code that goes wrong -----------------------------------------------------------------------

TEST_CASE("the handle of a start follows its workflow into the next run; one with a run id stays") {
  Waiting w;
  w.environment.worker(queue).implement(collecting, [](WorkflowContext ctx) -> Workflow<void> {
    if (co_await ctx.signals(word).receive() == "last") co_return;
    ctx.continue_as_new(collecting);
  });
  const Client client = w.environment.client();
  const auto run = client.start(collecting, {.id = "c", .task_queue = queue});
  const auto first = client.handle(collecting, "c", run.run_id());
  run.signal(word, "one more");
  w.environment.sleep(2s);
  CHECK(first.describe().status == WorkflowStatus::ContinuedAsNew);
  CHECK(run.describe().status == WorkflowStatus::Running);
  CHECK_THROWS_AS(first.signal(word, "last"), WorkflowNotFound);
  CHECK_THROWS_AS(first.cancel(), WorkflowNotFound);
  run.signal(word, "last");
  CHECK_NOTHROW(run.result());
  CHECK(run.describe().status == WorkflowStatus::Completed);
}

TEST_CASE(
    "an exception fails the run; with fail_task_on_exception it fails the task, again and again") {
  for (const bool fail_task : {false, true}) {
    testing::WorkflowEnvironment environment({.fail_task_on_exception = fail_task});
    bool good = false;
    environment.worker(queue).implement(failing,
                                        [&](WorkflowContext, int) -> Workflow<std::string> {
                                          if (!good) throw std::runtime_error("a bug");
                                          co_return "fine";
                                        });
    const auto run = environment.client().start(failing, 0, {.id = "f", .task_queue = queue});
    environment.sleep(5min);
    if (!fail_task) {
      CHECK_THROWS_WITH_AS((void)run.result(), doctest::Contains("a bug"), ApplicationFailure);
      continue;
    }
    CHECK(run.describe().status == WorkflowStatus::Running);
    CHECK(run.describe().workflow_task_attempt > 5);
    CHECK(run.describe().history_length == 4);
    good = true;
    CHECK(run.result() == "fine");
  }
}

TEST_CASE("changed code fails the task, never the run; the old code goes on") {
  testing::WorkflowEnvironment environment({.evict_always = true});
  const auto old_code = [](WorkflowContext ctx, int) -> Workflow<std::string> {
    co_await ctx.sleep(1min);
    co_await ctx.sleep(1min);
    co_return "fine";
  };
  environment.worker(queue).implement(failing, old_code);
  const auto run = environment.client().start(failing, 0, {.id = "f", .task_queue = queue});
  environment.settle();
  environment.worker(queue).implement(
      failing, [](WorkflowContext, int) -> Workflow<std::string> { co_return "changed"; });
  environment.sleep(10min);
  CHECK(run.describe().status == WorkflowStatus::Running);
  const auto failed = only<proto::WorkflowTaskFailedEventAttributes>(events_of(environment, "f"));
  CHECK(failed.cause == WorkflowTaskFailedCause::NonDeterministicError);
  CHECK(failed.failure->message.find("TimerStarted") != std::string::npos);
  environment.worker(queue).implement(failing, old_code);
  CHECK(run.result() == "fine");
}

TEST_CASE("open runs of a type that nobody implements wait until somebody does") {
  Waiting w;
  const auto run = w.environment.client().start(
      counting, 1, {.id = "c", .task_queue = queue, .remote_worker = true});
  w.environment.sleep(5min);
  CHECK(run.describe().status == WorkflowStatus::Running);
  w.environment.worker(queue).implement(
      counting, [](WorkflowContext, int n) -> Workflow<int> { co_return n; });
  CHECK(run.result() == 1);
}
