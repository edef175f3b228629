// How runs end, and how steps fail: results, the matrix of exceptions, continue-as-new,
// non-determinism.
#include "driver.hpp"

#include <memory>
#include <new>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using namespace test;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

struct Odd {};  // thrown, and no std::exception

template <class E>
auto throws(E error) {
  return [error](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.sleep(1s);
    throw E(error);
  };
}
template <class E>
Lines after_throw(E error, const durasim::WorkflowInstanceOptions& options = {}) {
  auto run = driver(throws(std::move(error)), options);
  run.start();
  return run.step({Driver::fire(1)});
}

Workflow<void> no_result(WorkflowContext ctx) {
  co_await ctx.sleep(1s);
}

}  // namespace

TEST_CASE("a workflow without a result completes with none") {
  Driver run(durasim::make_workflow(silent, no_result));
  CHECK(run.start() == Lines{"timer 1 1s"});
  CHECK(run.step({Driver::fire(1)}) == Lines{"complete "});
  CHECK(run.step({Driver::signal("late", 1), Driver::cancel()}).empty());
}

TEST_CASE("exceptions: failures and foreign ones fail the run, durasim's own bugs the step") {
  CHECK(after_throw(durasim::ApplicationFailure("no", {.type = "Mine"})) ==
        Lines{"fail no [Mine]"});
  CHECK(after_throw(std::runtime_error("oh")) == Lines{"fail oh [std::runtime_error]"});
  CHECK(after_throw(durasim::InvalidArgument("bad")) ==
        Lines{"fail bad [durasim::InvalidArgument]"});
  CHECK(after_throw(durasim::CanceledFailure("c")) == Lines{"fail c"});
  CHECK(after_throw(Odd{}).at(0).starts_with("fail "));
  CHECK(after_throw(durasim::LogicError("bug")) == Lines{"task failed (14): bug"});
  CHECK(after_throw(durasim::NonDeterminismError("changed")) == Lines{"task failed (24): changed"});
  CHECK(after_throw(std::bad_alloc()).at(0).starts_with("task failed (14): "));
}

TEST_CASE("where a worker wants it, foreign exceptions fail the step, and only those") {
  const durasim::WorkflowInstanceOptions options{.fail_task_on_exception = true};
  CHECK(after_throw(std::runtime_error("oh"), options) == Lines{"task failed (14): oh"});
  CHECK(after_throw(Odd{}, options).at(0).starts_with("task failed (14)"));
  CHECK(after_throw(durasim::ApplicationFailure("no", {.type = "Mine"}), options) ==
        Lines{"fail no [Mine]"});
}

TEST_CASE("a failed step leaves an instance that says so until it is evicted") {
  auto run = driver(throws(durasim::LogicError("bug")));
  run.start();
  run.step({Driver::fire(1)});
  CHECK(run.step({Driver::query("__stack_trace")}) == Lines{"task failed (14): bug"});
}

TEST_CASE("an ActivityFailure carries what the activity said; uncaught, it fails the run") {
  std::string seen;
  auto run = driver([&seen](WorkflowContext ctx) -> Workflow<std::string> {
    try {
      co_await ctx.run(compute, 1, {.start_to_close = 1min});
    } catch (const durasim::ActivityFailure& failure) {
      seen = failure.activity_id() + " " + failure.cause()->message;
      throw;
    }
    co_return "";
  });
  run.start();
  CHECK(run.step({Driver::failed(1, Driver::application("disk full"))}) ==
        Lines{"fail activity error"});
  CHECK(seen == "1 disk full");
}

TEST_CASE("arguments and results that do not fit fail the run, and name the place") {
  const durasim::WorkflowType<double(int, std::string)> type{"Typed"};
  auto code = [](WorkflowContext ctx, int number, std::string) -> Workflow<double> {
    if (number == 1) co_await ctx.run(compute, 1, {.start_to_close = 1min});
    co_return std::numeric_limits<double>::quiet_NaN();
  };
  Driver wrong(durasim::make_workflow(type, code));
  CHECK(wrong.start(1, 2).at(0).starts_with("fail argument 2: "));
  Driver missing(durasim::make_workflow(type, code));
  CHECK(missing.start(1).at(0).starts_with("fail argument 2: "));
  Driver not_finite(durasim::make_workflow(type, code));
  CHECK(not_finite.start(2, "").at(0).ends_with("[PayloadConversion]"));
  Driver of_an_activity(durasim::make_workflow(type, code));
  of_an_activity.start(1, "");
  CHECK(of_an_activity.step({Driver::done(1, "text")}).at(0).ends_with("[PayloadConversion]"));
}

TEST_CASE("an activity must be able to time out; its options are checked where it is called") {
  const auto first = [](durasim::ActivityOptions options) {
    auto run = driver([options](WorkflowContext ctx) -> Workflow<std::string> {
      co_await ctx.run(compute, 1, options);
      co_return "";
    });
    return run.start().at(0);
  };
  CHECK(first({}) ==
        "fail activity compute: set start_to_close or schedule_to_close, so that it can be given "
        "up [durasim::InvalidArgument]");
  CHECK(first({.start_to_close = 1s, .heartbeat = -1s})
            .starts_with("fail activity compute: heartbeat is negative"));
  CHECK(first({.start_to_close = 1s, .retry = {.backoff_coefficient = 0.5}}).starts_with("fail "));
  CHECK(first({.schedule_to_close = 1s}) == "activity 1 compute(1)");
}

TEST_CASE("options reach the command") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    static_cast<void>(ctx.run(compute, 1,
                              {.start_to_close = 1s,
                               .schedule_to_close = 2s,
                               .schedule_to_start = 3s,
                               .heartbeat = 4s,
                               .retry = {.maximum_attempts = 5},
                               .task_queue = "gpu",
                               .activity_id = "mine",
                               .cancellation_type = durasim::ActivityCancellationType::Abandon,
                               .summary = "adds"}));
    static_cast<void>(ctx.run(compute, 1, {.start_to_close = 1s}));
    co_await ctx.sleep(1h, {.summary = "pause"});
    co_return "";
  });
  const auto completion = run.raw({Driver::initialize()});
  const auto& full = std::get<durasim::ScheduleActivityCommand>(completion.commands.at(0));
  CHECK(full.start_to_close_timeout == 1s);
  CHECK(full.schedule_to_close_timeout == 2s);
  CHECK(full.schedule_to_start_timeout == 3s);
  CHECK(full.heartbeat_timeout == 4s);
  CHECK(full.retry_policy.value().maximum_attempts == 5);
  CHECK(full.task_queue == "gpu");
  CHECK(full.activity_id == "mine");
  CHECK(full.cancellation_type == durasim::ActivityCancellationType::Abandon);
  CHECK(full.summary == "adds");
  const auto& bare = std::get<durasim::ScheduleActivityCommand>(completion.commands.at(1));
  CHECK(bare.activity_id == "2");
  CHECK_FALSE(bare.retry_policy.has_value());
  CHECK(std::get<durasim::StartTimerCommand>(completion.commands.at(2)).summary == "pause");
}

TEST_CASE(
    "continue_as_new ends the run with the command, from any depth, and passes std handlers") {
  const durasim::WorkflowType<std::string(int)> counter{"Counter"};
  auto leaf = [counter](WorkflowContext ctx, int value) -> Workflow<void> {
    try {
      if (ctx.continue_as_new_suggested()) {
        ctx.continue_as_new(counter, value + 1,
                            {.task_queue = "next",
                             .run_timeout = 1h,
                             .retry = durasim::RetryPolicy{.maximum_attempts = 2}});
      }
    } catch (const std::exception&) {
      co_return;
    }
  };
  Driver run(durasim::make_workflow(
      counter, [leaf](WorkflowContext ctx, int value) -> Workflow<std::string> {
        co_await ctx.sleep(1s);
        co_await leaf(ctx, value);
        co_return "the end";
      }));
  run.start(7);
  SUBCASE("not suggested") {
    CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"the end\""});
  }
  SUBCASE("suggested") {
    run.activation.continue_as_new_suggested = true;
    const auto completion = run.raw({Driver::fire(1)});
    CHECK(Driver::lines(completion) == Lines{"continue Counter(8)"});
    const auto& command = std::get<durasim::ContinueAsNewCommand>(completion.commands.at(0));
    CHECK(command.task_queue == "next");
    CHECK(command.run_timeout == 1h);
    CHECK(command.retry_policy.value().maximum_attempts == 2);
  }
}

TEST_CASE(
    "commands before the end keep their place; those after it are dropped with the branches") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    ctx.spawn([](WorkflowContext c) -> Workflow<void> {
      co_await c.sleep(1s);
      co_await c.sleep(2s);
    });
    co_await ctx.sleep(3s);
    static_cast<void>(ctx.run(tidy_up, {.start_to_close = 1s}));
    co_return "end";
  });
  CHECK(run.start() == Lines{"timer 1 3s", "timer 2 1s"});
  CHECK(run.step({Driver::fire(1), Driver::fire(2)}) ==
        Lines{"activity 1 tidy_up()", "complete \"end\""});
}

TEST_CASE("the failure of a branch that nobody can await fails the run; one that is held waits") {
  const auto failing = [](WorkflowContext c) -> Workflow<int> {
    co_await c.sleep(1s);
    throw durasim::ApplicationFailure("branch", {.type = "B"});
  };
  SUBCASE("dropped") {
    auto run = driver([failing](WorkflowContext ctx) -> Workflow<std::string> {
      ctx.spawn(failing);
      co_await ctx.sleep(1h);
      co_return "";
    });
    run.start();
    CHECK(run.step({Driver::fire(2)}) == Lines{"fail branch [B]"});
  }
  SUBCASE("held") {
    auto run = driver([failing](WorkflowContext ctx) -> Workflow<std::string> {
      auto task = ctx.spawn(failing);
      co_await ctx.sleep(1h);
      std::string what;
      try {
        co_await task;
      } catch (const durasim::ApplicationFailure& failure) {
        what = failure.what();
      }
      co_return what;
    });
    run.start();
    CHECK(run.step({Driver::fire(2)}).empty());
    CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"branch\""});
  }
  SUBCASE("a bug in it fails the step, held or not") {
    auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
      auto task = ctx.spawn([](WorkflowContext) -> Workflow<void> {
        throw durasim::LogicError("bug");
        co_return;
      });
      co_await ctx.sleep(1h);
      co_return "";
    });
    CHECK(run.start() == Lines{"task failed (14): bug"});
  }
}

TEST_CASE("resolutions of what the code has not started are non-determinism") {
  const auto after = [](durasim::ActivationJob job) {
    auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
      auto timer = ctx.sleep(1s);
      auto activity = ctx.run(compute, 1, {.start_to_close = 1s});
      co_await timer;
      co_await activity;
      co_return "";
    });
    run.start();
    return run.step({std::move(job)}).at(0);
  };
  CHECK(after(Driver::fire(2)) ==
        "task failed (24): history fires timer 2, which this run's code has not started (it has "
        "started "
        "1): the code differs from the code that made this history");
  CHECK(after(Driver::done(7, 1)).starts_with("task failed (24): history resolves activity 7"));
  CHECK(after(durasim::ResolveSignalExternalWorkflow{.seq = 1, .failure = {}})
            .starts_with("task failed (24): history resolves request 1 to another workflow"));
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.run(compute, 1, {.start_to_close = 1s});
    co_await ctx.sleep(1h);
    co_return "";
  });
  run.start();
  run.step({Driver::done(1, 1)});
  CHECK(run.step({Driver::done(1, 1)}).at(0).starts_with("task failed (24)"));
}

TEST_CASE("aggregates are returned from braces") {
  const durasim::WorkflowType<std::vector<std::string>()> type{"Listing"};
  Driver run(durasim::make_workflow(
      type, [](WorkflowContext) -> Workflow<std::vector<std::string>> { co_return {"a", "b"}; }));
  CHECK(run.start() == Lines{"complete [\"a\",\"b\"]"});
}

TEST_CASE("functions, lambdas and member functions: each run has its own copy of the code") {
  struct Service {
    int calls = 0;
  } service;
  struct Counting {
    int count = 0;
    Workflow<std::string> code(WorkflowContext ctx) {
      ++count;
      co_await ctx.sleep(1s);
      co_return std::to_string(count);
    }
  };
  const auto member = durasim::make_workflow(plain, &Counting::code);
  const auto lambda = durasim::make_workflow(
      plain, [&service, count = 0](WorkflowContext ctx) mutable -> Workflow<std::string> {
        ++service.calls;
        ++count;
        co_await ctx.sleep(1s);
        co_return std::to_string(count);
      });
  CHECK(member.workflow_type == "Plain");
  for (const auto& implementation : {member, lambda}) {
    Driver first(implementation);
    Driver second(implementation);
    first.start();
    second.start();
    CHECK(first.step({Driver::fire(1)}) == Lines{"complete \"1\""});
    CHECK(second.step({Driver::fire(1)}) == Lines{"complete \"1\""});
  }
  CHECK(service.calls == 2);
}

TEST_CASE("a branch may continue as new, also one that somebody holds") {
  const durasim::WorkflowType<std::string(int)> counter{"Counter"};
  auto run = driver([counter](WorkflowContext ctx) -> Workflow<std::string> {
    auto held = ctx.spawn([counter](WorkflowContext c) -> Workflow<void> {
      co_await c.sleep(1s);
      c.continue_as_new(counter, 5);
    });
    co_await ctx.sleep(1h);
    co_return "";
  });
  run.start();
  CHECK(run.step({Driver::fire(2)}) == Lines{"continue Counter(5)"});
}
