// Cancellation: where it arrives, what it sends, and what is shielded from it.
#include "driver.hpp"

#include <string>

using namespace std::chrono_literals;
using namespace test;
using durasim::ActivityCancellationType;
using durasim::CanceledFailure;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

durasim::ActivityOptions one_minute(ActivityCancellationType type) {
  return {.start_to_close = 1min, .cancellation_type = type};
}

// What a co_await throws, as text.
template <class A>
Workflow<std::string> outcome(WorkflowContext /*ctx*/, A what) {
  try {
    co_await what;
  } catch (const CanceledFailure& failure) {
    co_return "canceled: " + std::string(failure.what());
  } catch (const durasim::Failure& failure) {
    co_return "failed: " + std::string(failure.what());
  }
  co_return "done";
}

}  // namespace

TEST_CASE("cancelling the run cancels what it waits for, and the run ends as canceled") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.sleep(1h);
    co_return "slept";
  });
  run.start();
  CHECK(run.step({Driver::cancel()}) == Lines{"cancel timer 1", "canceled"});
}

TEST_CASE("a workflow may catch its cancellation and complete") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::string why;
    try {
      co_await ctx.sleep(1h);
    } catch (const CanceledFailure& failure) {
      why = failure.what();
    }
    co_return why + (ctx.is_cancelled() ? ", noticed" : "");
  });
  run.start();
  CHECK(run.step({Driver::cancel(), Driver::cancel()}) ==
        Lines{"cancel timer 1", "complete \"operator, noticed\""});
}

TEST_CASE("a cancellation that reaches no co_await changes nothing") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.shielded().sleep(1h);
    co_return "slept";
  });
  run.start();
  CHECK(run.step({Driver::cancel()}).empty());
  CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"slept\""});
}

TEST_CASE("a CanceledFailure of a run that was not cancelled is an ordinary failure") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    const auto scope = ctx.scope();
    auto timer = scope.sleep(1h);
    scope.cancel("my own");
    co_await timer;
    co_return "";
  });
  CHECK(run.start() == Lines{"timer 1 3600s", "cancel timer 1", "fail my own"});
}

TEST_CASE("shielded clean-up runs after the cancellation, and the run still ends as canceled") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::exception_ptr stop;
    try {
      co_await ctx.run(compute, 1, {.start_to_close = 1min});
    } catch (const CanceledFailure&) {
      stop = std::current_exception();
    }
    if (stop) {
      co_await ctx.shielded().run(tidy_up, {.start_to_close = 1min});
      std::rethrow_exception(stop);
    }
    co_return "computed";
  });
  run.start();
  CHECK(run.step({Driver::cancel()}) == Lines{"cancel activity 1", "activity 2 tidy_up()"});
  CHECK(run.step({Driver::activity_canceled(1)}).empty());  // late, and of no interest
  CHECK(run.step({Driver::done(2)}) == Lines{"canceled"});
}

TEST_CASE("in a cancelled scope everything is cancelled at once, and nothing is sent") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    const auto scope = ctx.scope();
    scope.cancel("over");
    const durasim::Signal<int> signal{"s"};
    std::string log;
    auto add = [&](std::string text) { log += text + "; "; };
    add(co_await outcome(ctx, scope.sleep(1h)));
    add(co_await outcome(ctx, scope.sleep(0s)));
    add(co_await outcome(ctx, scope.run(compute, 1, {.start_to_close = 1min})));
    add(co_await outcome(ctx, scope.wait_until([] { return true; })));
    add(co_await outcome(ctx, scope.signals(signal).receive()));
    add(co_await outcome(ctx, scope.signals(signal).receive_for(1h)));
    add(co_await outcome(ctx, scope.signal_external({.workflow_id = "other"}, signal, 1)));
    add(co_await outcome(ctx, scope.cancel_external({.workflow_id = "other"})));
    add(co_await outcome(ctx, scope.scope().sleep(1h)));
    co_return log;
  });
  std::string expected;
  for (int i = 0; i < 9; ++i) expected += "canceled: over; ";
  CHECK(run.start() == Lines{"complete \"" + expected + "\""});
}

TEST_CASE("activities: TryCancel asks and goes on, Abandon goes on, Wait waits for the answer") {
  std::string seen;
  const auto code = [&seen](ActivityCancellationType type) {
    return [&seen, type](WorkflowContext ctx) -> Workflow<std::string> {
      const auto scope = ctx.scope();
      auto activity = ctx.spawn(outcome(ctx, scope.run(compute, 1, one_minute(type))));
      co_await ctx.sleep(1s);
      scope.cancel("enough");
      seen = co_await activity;
      co_await ctx.sleep(1s);
      co_return "end";
    };
  };
  const Lines begin{"activity 1 compute(1)", "timer 1 1s"};
  SUBCASE("TryCancel") {
    auto run = driver(code(ActivityCancellationType::TryCancel));
    CHECK(run.start() == begin);
    CHECK(run.step({Driver::fire(1)}) == Lines{"cancel activity 1", "timer 2 1s"});
    CHECK(seen == "canceled: enough");
    SUBCASE("its late answer") {
      CHECK(run.step({Driver::activity_canceled(1)}).empty());
    }
    SUBCASE("its late result") {
      CHECK(run.step({Driver::done(1, 7)}).empty());
    }
    CHECK(run.step({Driver::fire(2)}) == Lines{"complete \"end\""});
  }
  SUBCASE("Abandon") {
    auto run = driver(code(ActivityCancellationType::Abandon));
    CHECK(run.start() == begin);
    CHECK(run.step({Driver::fire(1)}) == Lines{"timer 2 1s"});
    CHECK(seen == "canceled: enough");
    CHECK(run.step({Driver::done(1, 7), Driver::fire(2)}) == Lines{"complete \"end\""});
  }
  SUBCASE("WaitCancellationCompleted, it stops") {
    auto run = driver(code(ActivityCancellationType::WaitCancellationCompleted));
    CHECK(run.start() == begin);
    CHECK(run.step({Driver::fire(1)}) == Lines{"cancel activity 1"});
    CHECK(seen.empty());
    CHECK(run.step({Driver::activity_canceled(1)}) == Lines{"timer 2 1s"});
    CHECK(seen == "canceled: stopped in order");
  }
  SUBCASE("WaitCancellationCompleted, it completes all the same") {
    auto run = driver(code(ActivityCancellationType::WaitCancellationCompleted));
    run.start();
    run.step({Driver::fire(1)});
    CHECK(run.step({Driver::done(1, 7)}) == Lines{"timer 2 1s"});
    CHECK(seen == "done");
  }
  SUBCASE("WaitCancellationCompleted, it fails for another reason") {
    auto run = driver(code(ActivityCancellationType::WaitCancellationCompleted));
    run.start();
    run.step({Driver::fire(1)});
    CHECK(run.step({Driver::failed(1, Driver::application("disk full"))}) == Lines{"timer 2 1s"});
    CHECK(seen == "failed: activity error");
  }
}

TEST_CASE("cancelled in the step that scheduled it, an activity is not waited for") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto activity =
        ctx.run(compute, 1, one_minute(ActivityCancellationType::WaitCancellationCompleted));
    activity.cancel();
    co_return co_await outcome(ctx, std::move(activity));
  });
  // Both commands are handed on; replay sends neither.
  CHECK(run.start() == Lines{"activity 1 compute(1)", "cancel activity 1",
                             "complete \"canceled: canceled by the workflow\""});
}

TEST_CASE("an activity that reports a cancellation nobody asked for has failed") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return co_await outcome(ctx, ctx.run(compute, 1, {.start_to_close = 1min}));
  });
  run.start();
  CHECK(run.step({Driver::activity_canceled(1)}) == Lines{"complete \"failed: activity error\""});
}

TEST_CASE("one awaitable is cancelled alone; one that is ready stays as it is") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto a = ctx.sleep(1h);
    auto b = ctx.sleep(2h);
    auto c = ctx.sleep(0s);
    a.cancel();
    a.cancel();
    c.cancel();
    std::string log = co_await outcome(ctx, std::move(a)) + "; ";
    log += co_await outcome(ctx, std::move(c)) + "; ";
    co_return log + co_await outcome(ctx, std::move(b));
  });
  CHECK(run.start() == Lines{"timer 1 3600s", "timer 2 7200s", "cancel timer 1"});
  CHECK(run.step({Driver::fire(2)}) ==
        Lines{"complete \"canceled: canceled by the workflow; done; done\""});
}

TEST_CASE("a scope cancels its members and child scopes in the order in which they were started") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    const auto outer = ctx.scope();
    auto a = outer.sleep(1s);
    const auto inner = outer.scope();
    auto b = inner.sleep(2s);
    auto c = outer.sleep(3s);
    auto kept = inner.shielded().sleep(4s);
    auto beside = ctx.sleep(5s);
    outer.cancel();
    co_await beside;
    co_await kept;
    co_return "";
  });
  CHECK(run.start() == Lines{"timer 1 1s", "timer 2 2s", "timer 3 3s", "timer 4 4s", "timer 5 5s",
                             "cancel timer 1", "cancel timer 2", "cancel timer 3"});
  CHECK(run.step({Driver::fire(4), Driver::fire(5)}) == Lines{"complete \"\""});
}

TEST_CASE("a child scope is cancelled through a parent that nobody holds any more") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    const WorkflowContext grandchild = ctx.scope().scope();
    co_await grandchild.sleep(1h);
    co_return "";
  });
  run.start();
  CHECK(run.step({Driver::cancel()}) == Lines{"cancel timer 1", "canceled"});
}

TEST_CASE("cancelling a task cancels its branch's scope, and nothing else") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto sleeper = [](WorkflowContext c, int hours) -> Workflow<std::string> {
      co_return co_await outcome(c, c.sleep(std::chrono::hours{hours}));
    };
    auto a = ctx.spawn(sleeper, 1);
    auto b = ctx.spawn(sleeper(ctx, 2));
    auto c = ctx.spawn(sleeper, 3);
    co_await ctx.sleep(1s);
    a.cancel();
    b.cancel();
    const std::string log = co_await a + ", " + co_await b;
    co_return log + ", " + co_await c;
  });
  CHECK(run.start() == Lines{"timer 1 1s", "timer 2 3600s", "timer 3 7200s", "timer 4 10800s"});
  CHECK(run.step({Driver::fire(1)}) == Lines{"cancel timer 2", "cancel timer 3"});
  CHECK(run.step({Driver::fire(4)}) ==
        Lines{"complete \"canceled: canceled by the workflow, canceled: canceled by the workflow, "
              "done\""});
}

TEST_CASE("cancelling the run reaches branches, conditions and receivers, with their timers") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    const durasim::Signal<int> signal{"s"};
    auto a = ctx.spawn(outcome(ctx, ctx.wait_until([] { return false; }, 1h)));
    auto b = ctx.spawn(outcome(ctx, ctx.signals(signal).receive_for(2h)));
    auto c = ctx.spawn(outcome(ctx, ctx.wait_until([] { return false; })));
    auto [x, y, z] = co_await durasim::all(a, b, c);
    co_return x + ", " + y + ", " + z;
  });
  CHECK(run.start() == Lines{"timer 1 3600s", "timer 2 7200s"});
  CHECK(run.step({Driver::cancel()}) ==
        Lines{"cancel timer 1", "cancel timer 2",
              "complete \"canceled: operator, canceled: operator, canceled: operator\""});
}

TEST_CASE("what the step resolved before the cancellation stays resolved") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return std::to_string(co_await ctx.run(compute, 1, {.start_to_close = 1min}));
  });
  run.start();
  CHECK(run.step({Driver::done(1, 5), Driver::cancel()}) == Lines{"complete \"5\""});
}

TEST_CASE("a cancelled activity below an ActivityFailure ends a cancelled run as canceled") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.run(compute, 1, one_minute(ActivityCancellationType::WaitCancellationCompleted));
    co_return "";
  });
  run.start();
  CHECK(run.step({Driver::cancel()}) == Lines{"cancel activity 1"});
  CHECK(run.step({Driver::activity_canceled(1)}) == Lines{"canceled"});
}

TEST_CASE("requests to other workflows: sent, answered, refused") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    const durasim::Signal<int> number{"number"};
    const durasim::Signal<void> bell{"bell"};
    auto a = ctx.signal_external({.workflow_id = "other"}, number, 7);
    auto b = ctx.signal_external({.workflow_id = "other"}, bell);
    auto c = ctx.cancel_external({.workflow_id = "other"}, "why");
    std::string log = co_await outcome(ctx, std::move(a));
    log += ", " + co_await outcome(ctx, std::move(b));
    co_return log + ", " + co_await outcome(ctx, std::move(c));
  });
  CHECK(run.start() ==
        Lines{"signal 1 other.number(7)", "signal 2 other.bell()", "cancel workflow 3 other why"});
  CHECK(run.step({durasim::ResolveSignalExternalWorkflow{.seq = 1, .failure = {}},
                  durasim::ResolveSignalExternalWorkflow{
                      .seq = 2, .failure = Driver::application("no such workflow")},
                  durasim::ResolveRequestCancelExternalWorkflow{.seq = 3, .failure = {}}}) ==
        Lines{"complete \"done, failed: no such workflow, done\""});
}
