// Activities through the environment: heartbeats, the three ways of cancelling, completion from
// elsewhere, and what the workflow sees of each.
#include "engine/environment_driver.hpp"

#include <functional>

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string()> program{"Program"};
constexpr Activity<int(int)> work{"work"};
constexpr Activity<std::string()> tidy_up{"tidy_up"};
constexpr Signal<void> stop{"stop"};

using Code = std::function<Workflow<std::string>(WorkflowContext)>;

struct Bench {
  testing::WorkflowEnvironment environment;
  explicit Bench(Code code, testing::WorkflowEnvironmentOptions options = {})
      : environment(std::move(options)) {
    environment.worker(queue).implement(program, std::move(code));
  }
  WorkflowRun<std::string> start() {
    return environment.client().start(program, {.id = "p", .task_queue = queue});
  }
  template <class F>
  Bench& activity(F function) {
    environment.worker(queue).implement(work, std::move(function));
    return *this;
  }
  Lines types() { return types_of(environment, "p"); }
};

// The text of an activity failure's cause, as a workflow would look at it.
Workflow<std::string> cause_of(WorkflowContext ctx, ActivityOptions options) {
  try {
    co_await ctx.run(work, 1, options);
    co_return "completed";
  } catch (const CanceledFailure& canceled) {
    co_return std::string("canceled: ") + canceled.what();
  } catch (const ActivityFailure& failure) {
    try {
      throw_failure(*failure.cause());
    } catch (const TimeoutFailure& late) {
      co_return "timeout " + to_string(late.timeout_type());
    } catch (const ApplicationFailure& failed) {
      co_return failed.type() + ": " + failed.what();
    }
  }
}

}  // namespace

TEST_CASE("heartbeat details reach the next attempt, also after a restart") {
  Bench bench([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return std::to_string(co_await ctx.run(
        work, 0, {.start_to_close = 1h, .retry = RetryPolicy{.initial_interval = 1min}}));
  });
  std::vector<int> seen;
  bench.activity([&](ActivityContext ctx, int) -> int {
    const int begin = ctx.heartbeat_details<int>().value_or(0);
    seen.push_back(begin);
    ctx.heartbeat(begin + 10);
    if (ctx.info().attempt < 3) throw std::runtime_error("not yet");
    return begin;
  });
  const auto run = bench.start();
  bench.environment.sleep(30s);
  bench.environment.restart();
  CHECK(run.result() == "20");
  CHECK(seen == std::vector<int>{0, 10, 20});
}

TEST_CASE("an attempt that is silent for too long is told, and followed by another") {
  Bench bench([](WorkflowContext ctx) {
    return cause_of(
        ctx, {.start_to_close = 1h, .heartbeat = 10s, .retry = RetryPolicy{.maximum_attempts = 2}});
  });
  std::vector<std::optional<ActivityCancelReason>> reasons;
  bench.activity([&](ActivityContext ctx, int) -> int {
    ctx.heartbeat(1);
    bench.environment.sleep(5s);
    ctx.heartbeat(2);  // held back, and sent at the end of the interval of 8 s
    bench.environment.sleep(12s);
    CHECK_FALSE(ctx.is_canceled());
    bench.environment.sleep(1min);
    reasons.push_back(ctx.is_canceled() ? ctx.cancel_reason() : std::nullopt);
    ctx.throw_if_canceled();
    return 0;
  });
  CHECK(bench.start().result() == "timeout Heartbeat");
  CHECK(reasons.size() == 2);
  CHECK(reasons[0].has_value());
}

TEST_CASE("TryCancel goes on at once; the activity is told by its stop token") {
  bool told = false;
  Bench bench([](WorkflowContext ctx) { return cause_of(ctx, {.start_to_close = 1h}); });
  bench.activity([&](ActivityContext ctx, int) -> int {
    bench.environment.frontend().cancel({"p", {}}, "stop");
    bench.environment.settle();  // the workflow's answer is durable, and the token is set
    CHECK(bench.environment.client().handle(program, "p").describe().status ==
          WorkflowStatus::Completed);
    told = ctx.is_canceled();
    ctx.throw_if_canceled();
    return 0;
  });
  const auto run = bench.start();
  CHECK(run.result().starts_with("canceled"));
  CHECK(told);
  CHECK(bench.types() == Lines{"WorkflowExecutionStarted", "ActivityTaskScheduled",
                               "WorkflowExecutionCancelRequested", "ActivityTaskCancelRequested",
                               "WorkflowExecutionCompleted"});
}

TEST_CASE("WaitCancellationCompleted waits for the answer, whatever it is") {
  for (const bool obeys : {true, false}) {
    Bench bench([](WorkflowContext ctx) {
      return cause_of(ctx,
                      {.start_to_close = 1h,
                       .cancellation_type = ActivityCancellationType::WaitCancellationCompleted});
    });
    bench.activity([&](ActivityContext ctx, int) -> int {
      bench.environment.frontend().cancel({"p", {}}, "stop");
      bench.environment.settle();
      CHECK(ctx.is_canceled());
      if (obeys) ctx.throw_if_canceled();
      return 7;
    });
    const std::string result = bench.start().result();
    CHECK(result.starts_with(obeys ? "canceled" : "completed"));
    CHECK(count(bench.types(), "ActivityTaskCancelRequested") == 1);
    CHECK(count(bench.types(), obeys ? "ActivityTaskCanceled" : "ActivityTaskCompleted") == 1);
  }
}

TEST_CASE("Abandon sends nothing and goes on at once; the outcome still enters history") {
  Bench bench([](WorkflowContext ctx) -> Workflow<std::string> {
    std::string result = co_await cause_of(
        ctx, {.start_to_close = 1h, .cancellation_type = ActivityCancellationType::Abandon});
    co_await ctx.shielded().sleep(1h);
    co_return result;
  });
  bench.activity([&](ActivityContext ctx, int) {
    bench.environment.frontend().cancel({"p", {}}, "stop");
    bench.environment.settle();
    CHECK_FALSE(ctx.is_canceled());
    return 7;
  });
  CHECK(bench.start().result().starts_with("canceled"));
  CHECK(count(bench.types(), "ActivityTaskCancelRequested") == 0);
  CHECK(count(bench.types(), "ActivityTaskCompleted") == 1);
}

TEST_CASE("what is canceled in the task that asked for it is never sent") {
  for (const auto type :
       {ActivityCancellationType::TryCancel, ActivityCancellationType::WaitCancellationCompleted}) {
    Bench bench([type](WorkflowContext ctx) -> Workflow<std::string> {
      const CancellationScope scope = ctx.scope();
      auto activity = scope.run(work, 1, {.start_to_close = 1h, .cancellation_type = type});
      auto timer = scope.sleep(1h);
      scope.cancel();
      int canceled = 0;
      try {
        co_await timer;
      } catch (const CanceledFailure&) {
        ++canceled;
      }
      try {
        co_await activity;
      } catch (const CanceledFailure&) {
        ++canceled;
      }
      co_return std::to_string(canceled);
    });
    CHECK(bench.start().result() == "2");
    CHECK(bench.types() == Lines{"WorkflowExecutionStarted", "WorkflowExecutionCompleted"});
  }
}

TEST_CASE("a canceled run cleans up in a shielded scope and ends as canceled") {
  Bench bench([](WorkflowContext ctx) -> Workflow<std::string> {
    std::exception_ptr canceled;
    try {
      co_await ctx.sleep(24h);
    } catch (const CanceledFailure&) {
      canceled = std::current_exception();
    }
    CHECK(ctx.is_cancelled());
    co_await ctx.shielded().run(tidy_up, {.start_to_close = 1min});
    std::rethrow_exception(canceled);
  });
  int tidied = 0;
  bench.environment.worker(queue).implement(tidy_up, [&] {
    ++tidied;
    return std::string("tidy");
  });
  const auto run = bench.start();
  bench.environment.sleep(1h);
  run.cancel("enough");
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  CHECK(tidied == 1);
  CHECK(bench.types() == Lines{"WorkflowExecutionStarted", "TimerStarted",
                               "WorkflowExecutionCancelRequested", "TimerCanceled",
                               "ActivityTaskScheduled", "ActivityTaskStarted",
                               "ActivityTaskCompleted", "WorkflowExecutionCanceled"});
}

TEST_CASE("an activity is completed or failed from elsewhere by its token, also after a restart") {
  for (const bool good : {true, false}) {
    Bench bench([](WorkflowContext ctx) {
      return cause_of(ctx, {.start_to_close = 24h, .retry = RetryPolicy{.maximum_attempts = 1}});
    });
    std::string token;
    bench.activity([&](ActivityContext ctx, int) -> int {
      token = ctx.info().task_token;
      ctx.complete_async();
    });
    const auto run = bench.start();
    bench.environment.sleep(1h);
    CHECK(run.describe().pending_activities.size() == 1);
    bench.environment.restart();
    bench.environment.sleep(1h);
    CHECK(run.describe().pending_activities.at(0).attempt == 1);
    if (good) {
      bench.environment.client().complete_activity(work, token, 7);
    } else {
      bench.environment.client().fail_activity(token, ApplicationFailure("no", {.type = "No"}));
    }
    CHECK(run.result() == (good ? "completed" : "No: no"));
    CHECK_THROWS_AS(bench.environment.client().complete_activity(work, token, 7), WorkflowNotFound);
  }
  testing::WorkflowEnvironment environment;
  for (const char* token : {"", "x", "/1/1", "a/b/c", "run/1"}) {
    CAPTURE(token);
    CHECK_THROWS_AS(environment.client().complete_activity(work, token, 7), InvalidArgument);
  }
}

TEST_CASE("an activity type that no worker implements fails, and is not retried") {
  Bench bench([](WorkflowContext ctx) { return cause_of(ctx, {.start_to_close = 1h}); });
  bench.environment.worker(queue).implement(tidy_up, [] { return std::string(); });
  CHECK(bench.start().result().starts_with("NotImplemented"));
}

TEST_CASE("describe shows what is pending, with the last failure and the next attempt") {
  Bench bench([](WorkflowContext ctx) {
    return cause_of(ctx, {.start_to_close = 1h, .retry = RetryPolicy{.initial_interval = 1h}});
  });
  bench.activity([](ActivityContext ctx, int) -> int {
    ctx.heartbeat(5);
    throw ApplicationFailure("no", {.type = "No"});
  });
  const auto run = bench.start();
  bench.environment.settle();
  const auto pending = run.describe().pending_activities.at(0);
  CHECK(pending.activity_type == "work");
  CHECK(pending.attempt == 2);
  CHECK_FALSE(pending.started);
  CHECK(pending.last_failure->message == "no");
  CHECK(pending.next_attempt_time == bench.environment.now() + 1h);
  CHECK(pending.heartbeat_details == to_payloads(5));
}

TEST_CASE("a wait with a timeout: the signal or the time, whichever is first") {
  for (const bool signaled : {true, false}) {
    Bench bench([](WorkflowContext ctx) -> Workflow<std::string> {
      bool stopped = false;
      ctx.on(stop, [&] { stopped = true; });
      const bool in_time = co_await ctx.wait_until([&] { return stopped; }, 1h);
      co_return in_time ? "stopped" : "timeout";
    });
    const auto run = bench.start();
    bench.environment.sleep(1min);
    if (signaled) run.signal(stop);
    CHECK(run.result() == (signaled ? "stopped" : "timeout"));
    CHECK(bench.types()[2] == (signaled ? "WorkflowExecutionSignaled" : "TimerFired"));
  }
}
