// all(), any(), select(): results, failures, and what becomes of losers.
#include "driver.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace test;
using durasim::all;
using durasim::any;
using durasim::Awaitable;
using durasim::select;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

constexpr durasim::Signal<int> kNumber{"number"};

Awaitable<int> call(const WorkflowContext& ctx, int value) {
  return ctx.run(compute, value, {.start_to_close = 1min});
}

// What a co_await throws, as text.
template <class A>
Workflow<std::string> failure_of(WorkflowContext /*ctx*/, A what) {
  try {
    static_cast<void>(co_await what);
  } catch (const durasim::Failure& failure) {
    co_return failure.cause() ? failure.cause()->message : failure.what();
  }
  co_return "none";
}

const auto kBroken = Driver::application("broken");
const auto kSpoilt = Driver::application("spoilt");

}  // namespace

TEST_CASE("all: a tuple in the order of the operands, whatever the order of arrival") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto [a, nothing, text] =
        co_await all(call(ctx, 1), ctx.sleep(1s), ctx.run(work, "x", {.start_to_close = 1min}));
    static_assert(std::same_as<decltype(nothing), std::monostate>);
    co_return std::to_string(a) + text;
  });
  run.start();
  CHECK(run.step({Driver::done(2, "y")}).empty());
  CHECK(run.step({Driver::fire(1)}).empty());
  CHECK(run.step({Driver::done(1, 5)}) == Lines{"complete \"5y\""});
}

TEST_CASE("all of a vector: a vector; of void: nothing; of none: at once") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::vector<Awaitable<int>> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(call(ctx, i));
    int sum = 0;
    for (const int value : co_await all(std::move(calls))) sum = sum * 10 + value;
    std::vector<Awaitable<void>> timers;
    timers.push_back(ctx.sleep(1s));
    timers.push_back(ctx.sleep(2s));
    static_assert(std::is_void_v<decltype(all(timers))::Result>);
    co_await all(timers);
    co_await all(std::vector<Awaitable<int>>{});
    co_return std::to_string(sum);
  });
  run.start();
  CHECK(run.step({Driver::done(3, 3), Driver::done(1, 1), Driver::done(2, 2)}) ==
        Lines{"timer 1 1s", "timer 2 2s"});
  CHECK(run.step({Driver::fire(2), Driver::fire(1)}) == Lines{"complete \"123\""});
}

TEST_CASE(
    "all: the first failure at once; what was handed over is cancelled, what has a name not") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto named = call(ctx, 1);
    std::string log = co_await failure_of(
        ctx, all(named, call(ctx, 2), call(ctx, 3), call(ctx, 4), ctx.sleep(1h)));
    co_return log + std::to_string(co_await named);
  });
  run.start();
  // Of two that fail in one step, the one that history has first.
  CHECK(run.step({Driver::done(2, 2), Driver::failed(4, kSpoilt), Driver::failed(3, kBroken)}) ==
        Lines{"cancel timer 1"});
  CHECK(run.step({Driver::done(1, 1)}) == Lines{"complete \"spoilt1\""});
}

TEST_CASE("all: activities that were handed over and still run are asked to stop") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return co_await failure_of(ctx, all(call(ctx, 1), call(ctx, 2), call(ctx, 3)));
  });
  run.start();
  CHECK(run.step({Driver::failed(2, kBroken)}) ==
        Lines{"cancel activity 1", "cancel activity 3", "complete \"broken\""});
}

TEST_CASE("any: the first success; failures are passed over while others run") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return std::to_string(co_await any(call(ctx, 1), call(ctx, 2), call(ctx, 3)));
  });
  run.start();
  CHECK(run.step({Driver::failed(1, kBroken)}).empty());
  CHECK(run.step({Driver::done(3, 30)}) == Lines{"cancel activity 2", "complete \"30\""});
}

TEST_CASE("any: when all have failed, the last failure") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::vector<Awaitable<int>> calls;
    for (int i = 0; i < 2; ++i) calls.push_back(call(ctx, i));
    co_return co_await failure_of(ctx, any(std::move(calls)));
  });
  run.start();
  CHECK(run.step({Driver::failed(2, kBroken), Driver::failed(1, kSpoilt)}) ==
        Lines{"complete \"spoilt\""});
}

TEST_CASE("select: which, and its result; losers that were handed over are cancelled") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto winner = co_await select(ctx.sleep(1h), call(ctx, 1), ctx.signals(kNumber).receive());
    static_assert(std::same_as<decltype(winner), std::variant<std::monostate, int, int>>);
    co_return std::to_string(winner.index()) + ":" + std::to_string(std::get<2>(winner));
  });
  run.start();
  CHECK(run.step({Driver::signal("number", 8)}) ==
        Lines{"cancel timer 1", "cancel activity 1", "complete \"2:8\""});
}

TEST_CASE("select in a loop over names: losers go on and are there the next time") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto deadline = ctx.sleep(1h);
    auto numbers = ctx.signals(kNumber);
    std::string log;
    for (;;) {
      const auto what = co_await select(deadline, numbers.receive());
      if (what.index() == 0) break;
      log += std::to_string(std::get<1>(what));
    }
    co_return log;
  });
  CHECK(run.start() == Lines{"timer 1 3600s"});
  CHECK(run.step({Driver::signal("number", 1), Driver::signal("number", 2)}).empty());
  CHECK(run.step({Driver::signal("number", 3)}).empty());
  CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"123\""});
}

TEST_CASE("select over a vector gives the index; the failure of the first is thrown") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::vector<Awaitable<int>> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(call(ctx, i));
    const auto first = co_await select(calls);
    std::string log = std::to_string(first.index) + "=" + std::to_string(first.value) + " ";
    calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(first.index));
    co_return log + co_await failure_of(ctx, select(std::move(calls)));
  });
  run.start();
  CHECK(run.step({Driver::done(2, 20)}).empty());
  CHECK(run.step({Driver::failed(3, kBroken)}) ==
        Lines{"cancel activity 1", "complete \"1=20 broken\""});
}

TEST_CASE("what is ready before the call wins by its place, later by its time") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto a = ctx.sleep(1s);
    auto b = ctx.sleep(2s);
    auto early = co_await select(a, b);
    auto c = ctx.sleep(3s);
    auto d = ctx.sleep(4s);
    co_await ctx.sleep(5s);
    auto late = co_await select(c, d);
    co_return std::to_string(early.index()) + std::to_string(late.index());
  });
  run.start();
  run.step({Driver::fire(2), Driver::fire(1)});
  CHECK(run.step({Driver::fire(4), Driver::fire(3), Driver::fire(5)}) == Lines{"complete \"10\""});
}

TEST_CASE("combinators nest, and take coroutines as branches") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto twice = [](WorkflowContext c, int value) -> Workflow<int> {
      const int once = co_await call(c, value);
      co_return once + co_await call(c, once);
    };
    auto [inner, sum] = co_await all(select(ctx.sleep(1h), call(ctx, 1)), twice(ctx, 2));
    co_return std::to_string(inner.index()) + " " + std::to_string(std::get<1>(inner)) + " " +
        std::to_string(sum);
  });
  CHECK(run.start() == Lines{"timer 1 3600s", "activity 1 compute(1)", "activity 2 compute(2)"});
  CHECK(run.step({Driver::done(2, 20)}) == Lines{"activity 3 compute(20)"});
  CHECK(run.step({Driver::done(1, 10)}).empty());
  CHECK(run.step({Driver::done(3, 22)}) == Lines{"cancel timer 1", "complete \"1 10 42\""});
}

TEST_CASE("a nested group that loses gives up what was handed to it") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto named = ctx.sleep(3h);
    co_await select(ctx.sleep(1s), all(ctx.sleep(1h), call(ctx, 1), named));
    co_return "";
  });
  run.start();
  CHECK(run.step({Driver::fire(2)}) ==
        Lines{"cancel timer 3", "cancel activity 1", "complete \"\""});
}

TEST_CASE("a branch that loses is cancelled, and how it ends concerns nobody") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto stubborn = [](WorkflowContext c) -> Workflow<int> {
      try {
        co_await c.sleep(1h);
      } catch (const durasim::CanceledFailure&) {
        throw durasim::ApplicationFailure("would fail the run", {});
      }
      co_return 1;
    };
    co_await select(ctx.sleep(1s), stubborn(ctx));
    co_await ctx.sleep(2s);
    co_return "fine";
  });
  CHECK(run.start() == Lines{"timer 1 1s", "timer 2 3600s"});
  CHECK(run.step({Driver::fire(1)}) == Lines{"cancel timer 2", "timer 3 2s"});
  CHECK(run.step({Driver::fire(3)}) == Lines{"complete \"fine\""});
}

TEST_CASE("results that can only be moved pass through everything") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    using Box = std::unique_ptr<int>;
    auto make = [](WorkflowContext c, int value) -> Workflow<Box> {
      co_await c.sleep(1s);
      co_return std::make_unique<int>(value);
    };
    auto task = ctx.spawn(make, 1);
    auto [a, b] = co_await all(std::move(task), make(ctx, 2));
    const Box c = co_await make(ctx, 3);
    co_return std::to_string(*a + *b + *c);
  });
  run.start();
  run.step({Driver::fire(1), Driver::fire(2)});
  CHECK(run.step({Driver::fire(3)}) == Lines{"complete \"6\""});
}

TEST_CASE("any() and select() of an empty vector are an error") {
  auto run = driver([](WorkflowContext) -> Workflow<std::string> {
    std::vector<Awaitable<int>> none;
    co_return std::to_string(co_await any(none));
  });
  CHECK(run.start().at(0).starts_with("fail any() and select() need at least one operand"));
}

TEST_CASE("a thousand operands are waited for") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::vector<Awaitable<int>> calls;
    for (int i = 0; i < 1000; ++i) calls.push_back(call(ctx, i));
    int sum = 0;
    for (const int value : co_await all(calls)) sum += value;
    co_return std::to_string(sum);
  });
  CHECK(run.start().size() == 1000);
  std::vector<durasim::ActivationJob> jobs;
  for (std::uint32_t i = 1000; i > 0; --i) jobs.push_back(Driver::done(i, 1));
  CHECK(run.step(jobs) == Lines{"complete \"1000\""});
}
