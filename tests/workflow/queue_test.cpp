// The schedule: the order in which coroutines are resumed and commands are issued is part of every
// recorded history, and is pinned here.
#include "driver.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace std::chrono_literals;
using namespace test;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

// Notes who ran when.
using Notes = std::shared_ptr<std::string>;
void note(const Notes& notes, const std::string& what) {
  *notes += (notes->empty() ? "" : " ") + what;
}

Workflow<std::string> part(WorkflowContext ctx, Notes notes, std::string name) {
  note(notes, name + "-begins");
  co_await ctx.sleep(1s);
  note(notes, name + "-ends");
  co_return name;
}

}  // namespace

TEST_CASE("commands are issued by the call, in program order, before anything is awaited") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto first = ctx.run(compute, 1, {.start_to_close = 1min});
    auto timer = ctx.sleep(1h);
    auto second = ctx.run(compute, 2, {.start_to_close = 1min});
    const int b = co_await second;
    const int a = co_await first;
    co_await timer;
    co_return std::to_string(a + b);
  });
  CHECK(run.start() == Lines{"activity 1 compute(1)", "timer 1 3600s", "activity 2 compute(2)"});
  CHECK(run.step({Driver::done(1, 10)}).empty());
  CHECK(run.step({Driver::done(2, 5)}).empty());
  CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"15\""});
}

TEST_CASE("branches run in the order in which they became ready, not of their age") {
  const auto notes = std::make_shared<std::string>();
  auto run = driver([notes](WorkflowContext ctx) -> Workflow<std::string> {
    note(notes, "root");
    auto a = ctx.spawn(part(ctx, notes, "a"));
    auto b = ctx.spawn(part(ctx, notes, "b"));
    auto c = ctx.spawn(part(ctx, notes, "c"));
    note(notes, "root-waits");
    co_return co_await a + co_await b + co_await c;
  });
  CHECK(run.start() == Lines{"timer 1 1s", "timer 2 1s", "timer 3 1s"});
  CHECK(*notes == "root root-waits a-begins b-begins c-begins");
  CHECK(run.step({Driver::fire(3), Driver::fire(1), Driver::fire(2)}) == Lines{"complete \"abc\""});
  CHECK(*notes == "root root-waits a-begins b-begins c-begins c-ends a-ends b-ends");
}

TEST_CASE("an awaited coroutine goes to the end of the queue, and so does who awaits it") {
  const auto notes = std::make_shared<std::string>();
  auto inner = [](WorkflowContext, Notes log, std::string name) -> Workflow<int> {
    note(log, name);
    co_return 1;
  };
  auto outer = [inner](WorkflowContext ctx, Notes log, std::string name) -> Workflow<int> {
    note(log, name + "1");
    co_await inner(ctx, log, name + "-part");
    note(log, name + "2");
    co_return 1;
  };
  auto run = driver([notes, outer](WorkflowContext ctx) -> Workflow<std::string> {
    auto x = ctx.spawn(outer, notes, std::string("x"));
    auto y = ctx.spawn(outer, notes, std::string("y"));
    co_await durasim::all(x, y);
    co_return "";
  });
  CHECK(run.start() == Lines{"complete \"\""});
  CHECK(*notes == "x1 y1 x-part y-part x2 y2");
}

TEST_CASE("waiters of one thing are woken in the order in which they began to wait") {
  const auto notes = std::make_shared<std::string>();
  auto run = driver([notes](WorkflowContext ctx) -> Workflow<std::string> {
    auto timer = ctx.sleep(1s);
    auto wait = [&timer, notes](WorkflowContext, std::string name) -> Workflow<void> {
      co_await durasim::select(timer);
      note(notes, name);
    };
    auto a = ctx.spawn(wait, std::string("a"));
    auto b = ctx.spawn(wait, std::string("b"));
    co_await ctx.sleep(2s);
    co_return "";
  });
  run.start();
  // The first takes the outcome of the timer; the second is told that it came too late.
  CHECK(run.step({Driver::fire(1)}) ==
        Lines{"task failed (14): an awaitable was awaited twice; its result was taken the first "
              "time"});
  CHECK(*notes == "a");
}

TEST_CASE("a condition holds when its coroutine wakes, also when several wait for the same thing") {
  const auto notes = std::make_shared<std::string>();
  auto run = driver([notes](WorkflowContext ctx) -> Workflow<std::string> {
    int permits = 0;
    bool empty_handed = false;
    auto user = [&](WorkflowContext c, std::string name) -> Workflow<void> {
      co_await c.wait_until([&] { return permits > 0; });
      if (permits == 0) empty_handed = true;
      --permits;
      note(notes, name);
    };
    auto a = ctx.spawn(user, std::string("a"));
    auto b = ctx.spawn(user, std::string("b"));
    auto c = ctx.spawn(user, std::string("c"));
    for (int i = 0; i < 3; ++i) {
      co_await ctx.sleep(1s);
      permits += i == 0 ? 2 : 1;
      if (i == 1) permits = 1;
    }
    co_await durasim::all(a, b, c);
    co_return empty_handed ? "empty-handed" : "fine";
  });
  run.start();
  run.step({Driver::fire(1)});
  CHECK(*notes == "a b");
  run.step({Driver::fire(2)});
  CHECK(*notes == "a b c");
  CHECK(run.step({Driver::fire(3)}) == Lines{"complete \"fine\""});
}

TEST_CASE("a condition that another one's coroutine makes true is seen in the same step") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    int stage = 0;
    auto later = ctx.spawn([&](WorkflowContext c) -> Workflow<void> {
      co_await c.wait_until([&] { return stage == 2; });
      stage = 3;
    });
    auto earlier = ctx.spawn([&](WorkflowContext c) -> Workflow<void> {
      co_await c.wait_until([&] { return stage == 1; });
      stage = 2;
    });
    co_await ctx.sleep(1s);
    stage = 1;
    co_await ctx.wait_until([&] { return stage == 3; });
    co_return "done";
  });
  run.start();
  CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"done\""});
}

TEST_CASE("wait_until: nothing is recorded when it holds, one timer when there is a timeout") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    bool flag = true;
    co_await ctx.wait_until([&] { return flag; });
    std::string log = co_await ctx.wait_until([&] { return flag; }, 1h) ? "y" : "n";
    flag = false;
    log += co_await ctx.wait_until([&] { return flag; }, 0s) ? "y" : "n";
    log += co_await ctx.wait_until([&] { return flag; }, 1h) ? "y" : "n";
    auto setter = ctx.spawn([&](WorkflowContext c) -> Workflow<void> {
      co_await c.sleep(1min);
      flag = true;
    });
    log += co_await ctx.wait_until([&] { return flag; }, 2h) ? "y" : "n";
    co_return log;
  });
  CHECK(run.start() == Lines{"timer 1 3600s"});
  CHECK(run.step({Driver::fire(1)}) == Lines{"timer 2 7200s", "timer 3 60s"});
  CHECK(run.step({Driver::fire(3)}) == Lines{"cancel timer 2", "complete \"ynny\""});
}

TEST_CASE("sleeping no time records nothing") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.sleep(0s);
    co_await ctx.sleep(-1s);
    co_return "here";
  });
  CHECK(run.start() == Lines{"complete \"here\""});
}

TEST_CASE("a hundred thousand steps in a row do not grow the stack") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto nothing = [](WorkflowContext c) -> Workflow<int> {
      co_await c.sleep(0s);
      co_return 1;
    };
    int sum = 0;
    for (int i = 0; i < 100'000; ++i) sum += co_await nothing(ctx);
    co_return std::to_string(sum);
  });
  CHECK(run.start() == Lines{"complete \"100000\""});
}

namespace {

Workflow<int> nested(WorkflowContext ctx, int depth) {
  if (depth == 0) co_await ctx.sleep(1h);
  co_return depth == 0 ? 0 : 1 + co_await nested(ctx, depth - 1);
}

}  // namespace

TEST_CASE("coroutines nest to a limit at which their frames can still be destroyed") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return std::to_string(co_await nested(ctx, 998));
  });
  CHECK(run.start() == Lines{"timer 1 3600s"});
  SUBCASE("evicted") {
    run.evict();
  }
  SUBCASE("finished") {
    CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"998\""});
  }
}

TEST_CASE("past that limit the run fails, with a sentence") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return std::to_string(co_await nested(ctx, 5000));
  });
  CHECK(run.start() == Lines{"fail workflow coroutines await each other 1000 deep; use a loop, or "
                             "spawn() [durasim::LimitError]"});
}

TEST_CASE("the place of the last suspension is known to the deadlock detector") {
  std::uint32_t line = 0;
  auto run = driver([&line](WorkflowContext ctx) -> Workflow<std::string> {
    line = std::source_location::current().line() + 1;
    co_await ctx.sleep(1h);
    co_return "";
  });
  CHECK(run.instance().last_suspension().line() == 0);
  run.start();
  CHECK(run.instance().last_suspension().line() == line);
  CHECK(std::string(run.instance().last_suspension().file_name()).ends_with("queue_test.cpp"));
}
