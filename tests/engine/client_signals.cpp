// Signals: their order, none is lost at the end of a run or between two, each arrives once; from
// clients, with a start, and from other workflows.
#include "durasim/core/convert.hpp"

#include "engine/waiting_workflow.hpp"

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

TEST_CASE("signals arrive in the order in which they were acknowledged, none is lost at the end") {
  Waiting w;
  const auto run = w.start({.id = "w"});
  for (const char* next : {"b", "c", "d"}) run.signal(word, next);
  w.environment.settle();
  run.signal(word, "e");
  run.signal(finish);
  CHECK(run.result() == "a b c d e");
}

TEST_CASE("a signal that comes while the last task runs is seen before the run closes") {
  testing::WorkflowEnvironment environment;
  bool sent = false;
  environment.worker(queue).implement(collecting, [&](WorkflowContext ctx) -> Workflow<void> {
    auto channel = ctx.signals(word);
    while (channel.try_receive()) {
    }
    if (!sent) {  // from outside, between the task's start and its completion
      sent = true;
      environment.frontend().signal({"s", {}}, "word", to_payloads(std::string("late")), "");
    }
    co_return;
  });
  const auto run = environment.client().start(collecting, {.id = "s", .task_queue = queue});
  run.result();
  const auto events = events_of(environment, "s");
  CHECK(only<proto::WorkflowTaskFailedEventAttributes>(events).cause ==
        WorkflowTaskFailedCause::UnhandledCommand);
  CHECK(types_of(events) == Lines{"WorkflowExecutionStarted", "WorkflowExecutionSignaled",
                                  "WorkflowExecutionCompleted"});
}

TEST_CASE("a signal is deduplicated by its request id, also after a restart and after the end") {
  Waiting w;
  const auto run = w.start({.id = "w"});
  run.signal(word, "b", "r1");
  run.signal(word, "b", "r1");
  w.environment.restart();
  run.signal(word, "b", "r1");
  run.signal(finish);
  CHECK(run.result() == "a b");
  CHECK_NOTHROW(run.signal(word, "b", "r1"));
  CHECK_THROWS_AS(run.signal(word, "b", "r2"), WorkflowNotFound);
  CHECK_THROWS_AS(run.cancel(), WorkflowNotFound);
  CHECK_THROWS_AS(run.terminate(), WorkflowNotFound);
}

TEST_CASE("signal-with-start starts, then signals, and starts again after the end") {
  Waiting w;
  const auto call = [&](const std::string& next, StartOptions options) {
    options.id = "w";
    options.task_queue = queue;
    return w.environment.client().signal_with_start(word, next, waiting, "a", options);
  };
  const auto first = call("b", {.request_id = "r1"});
  CHECK(call("b", {.request_id = "r1"}).run_id() == first.run_id());
  CHECK(call("c", {.request_id = "r2"}).run_id() == first.run_id());
  w.environment.settle();
  const auto types = types_of(w.environment, "w");
  CHECK(types == Lines{"WorkflowExecutionStarted", "WorkflowExecutionSignaled",
                       "WorkflowExecutionSignaled"});
  first.signal(finish);
  CHECK(first.result() == "a b c");
  CHECK(call("c", {.request_id = "r2"}).run_id() == first.run_id());  // answered before
  CHECK_THROWS_AS(call("d", {.id_reuse_policy = IdReusePolicy::RejectDuplicate}),
                  WorkflowAlreadyStarted);
  const auto second = call("d", {});
  CHECK(second.run_id() != first.run_id());
  const auto third = call("e", {.id_conflict_policy = IdConflictPolicy::TerminateExisting});
  CHECK(w.status_of(second) == WorkflowStatus::Terminated);
  third.signal(finish);
  CHECK(third.result() == "a e");
}

TEST_CASE("signals that a run has not handled can be taken along; later ones reach the next run") {
  testing::WorkflowEnvironment environment;
  environment.worker(queue).implement(
      counting, [&](WorkflowContext ctx, int seen) -> Workflow<int> {
        if (seen == 0) {
          co_await ctx.sleep(1min);
          ctx.continue_as_new(counting, 1 + static_cast<int>(ctx.take_unhandled_signals().size()));
        }
        co_await ctx.signals(word).receive();
        co_return seen;
      });
  const auto run = environment.client().start(counting, 0, {.id = "c", .task_queue = queue});
  environment.settle();
  run.signal(word, "early");
  environment.sleep(2min);
  environment.frontend().signal({"c", {}}, "word", to_payloads(std::string("late")), "");
  CHECK(run.result() == 2);
}

TEST_CASE("one workflow signals and cancels another; each arrives once, as the other sees it") {
  Waiting w;
  constexpr WorkflowType<std::string()> sending{"Sending"};
  w.environment.worker(queue).implement(sending, [](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.signal_external({.workflow_id = "w"}, word, "from s");
    co_await ctx.cancel_external({.workflow_id = "w"}, "enough");
    try {
      co_await ctx.signal_external({.workflow_id = "nobody"}, word, "lost");
    } catch (const Failure& failure) {
      co_return failure.what();
    }
    co_return "";
  });
  const auto receiver = w.start({.id = "w"});
  const auto sender = w.environment.client().start(sending, {.id = "s", .task_queue = queue});
  CHECK(sender.result() != "");
  CHECK_THROWS_AS((void)receiver.result(), CanceledFailure);
  const auto events = events_of(w.environment, "w");
  CHECK(count(types_of(events), "WorkflowExecutionSignaled") == 1);
  CHECK(count(types_of(events), "WorkflowExecutionCancelRequested") == 1);
  const auto signaled = only<proto::WorkflowExecutionSignaledEventAttributes>(events);
  REQUIRE(signaled.external_workflow_execution);
  CHECK(signaled.external_workflow_execution->run_id == sender.run_id());
  const auto asked = only<proto::WorkflowExecutionCancelRequestedEventAttributes>(events);
  REQUIRE(asked.external_workflow_execution);
  CHECK(asked.external_workflow_execution->workflow_id == "s");
}
