// Signals: in the order of the history, buffered until somebody wants them, none lost.
#include "driver.hpp"

#include <memory>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using namespace test;
using durasim::PayloadList;
using durasim::Signal;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

inline constexpr Signal<int> number{"number"};
inline constexpr Signal<std::string> word{"word"};
inline constexpr Signal<void> bell{"bell"};

}  // namespace

TEST_CASE("signals that come with the start, before any code, are received in their order") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto numbers = ctx.signals(number);
    std::string log = std::to_string(numbers.size()) + ":";
    while (auto value = numbers.try_receive()) log += std::to_string(*value);
    log += std::to_string(co_await numbers.receive());
    co_return log;
  });
  CHECK(run.step({Driver::initialize(), Driver::signal("number", 1), Driver::signal("number", 2),
                  Driver::signal("number", 3)})
            .empty());
  CHECK(run.step({Driver::signal("number", 4)}) == Lines{"complete \"3:1234\""});
}

TEST_CASE("receivers are served in the order in which they asked") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto numbers = ctx.signals(number);
    auto a = numbers.receive();
    auto b = numbers.receive();
    auto c = numbers.receive();
    const int third = co_await c;
    co_return std::to_string(co_await a) + std::to_string(co_await b) + std::to_string(third);
  });
  run.start();
  CHECK(run.step({Driver::signal("number", 1), Driver::signal("number", 2)}).empty());
  CHECK(run.step({Driver::signal("number", 3)}) == Lines{"complete \"123\""});
}

TEST_CASE("receive_for: a signal cancels the timer, the timer leaves the channel") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto numbers = ctx.signals(number);
    std::string log;
    for (int i = 0; i < 3; ++i) {
      const auto value = co_await numbers.receive_for(1min);
      log += value ? std::to_string(*value) : "-";
    }
    log += co_await numbers.receive_for(0s) ? "!" : "-";
    co_return log;
  });
  CHECK(run.start() == Lines{"timer 1 60s"});
  CHECK(run.step({Driver::signal("number", 1)}) == Lines{"cancel timer 1", "timer 2 60s"});
  CHECK(run.step({Driver::fire(2)}) == Lines{"timer 3 60s"});
  // Two at once: the second is there already when it is asked for, even with no time to wait.
  CHECK(run.step({Driver::signal("number", 2), Driver::signal("number", 3)}) ==
        Lines{"cancel timer 3", "complete \"1-2!\""});
}

TEST_CASE("a receiver that loses gives its signal back, in its place in the order") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto numbers = ctx.signals(number);
    auto winner = co_await durasim::select(ctx.sleep(1min), numbers.receive());
    std::string log = std::to_string(winner.index()) + ":";
    while (auto value = numbers.try_receive()) log += std::to_string(*value);
    co_return log;
  });
  run.start();
  // The timer is the first to be resolved, the signals come in the same step.
  CHECK(run.step({Driver::fire(1), Driver::signal("number", 1), Driver::signal("number", 2)}) ==
        Lines{"complete \"0:12\""});
}

TEST_CASE("a receiver that was dropped takes no signal") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto numbers = ctx.signals(number);
    {
      auto dropped = numbers.receive_for(1h);
    }
    co_return std::to_string(co_await numbers.receive());
  });
  CHECK(run.start() == Lines{"timer 1 3600s", "cancel timer 1"});
  CHECK(run.step({Driver::signal("number", 5)}) == Lines{"complete \"5\""});
}

TEST_CASE("handlers get what came before them, then what comes, through the queue") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::string log;
    ctx.on(number, [&](int value) { log += std::to_string(value); });
    ctx.on(bell, [&] { log += "!"; });
    log += "|";
    co_await ctx.wait_until([&] { return log.ends_with("!"); });
    co_return log;
  });
  CHECK(run.step({Driver::initialize(), Driver::signal("number", 1), Driver::signal("number", 2)})
            .empty());
  CHECK(run.step({Driver::signal("number", 3), Driver::signal("bell")}) ==
        Lines{"complete \"|123!\""});
}

TEST_CASE("a coroutine as a handler may wait, and several run at once") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::string log;
    ctx.on(number, [&log](WorkflowContext c, int value) -> Workflow<void> {
      log += std::to_string(value);
      co_await c.sleep(std::chrono::seconds{value});
      log += "." + std::to_string(value);
    });
    co_await ctx.wait_until([&] { return log.size() == 6; });
    co_return log;
  });
  run.start();
  CHECK(run.step({Driver::signal("number", 7), Driver::signal("number", 8)}) ==
        Lines{"timer 1 7s", "timer 2 8s"});
  CHECK(run.step({Driver::fire(2), Driver::fire(1)}) == Lines{"complete \"78.8.7\""});
}

TEST_CASE(
    "a catch-all handler gets, in the order of their arrival, signals that nobody else wants") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto words = ctx.signals(word);
    std::string log;
    ctx.on(number, [&](int value) { log += std::to_string(value); });
    ctx.on_other_signals([&](const std::string& name, const PayloadList& input) {
      log += "(" + name + " " + text(input) + ")";
    });
    log += co_await words.receive();
    co_return log;
  });
  run.step({Driver::initialize(), Driver::signal("b", 1), Driver::signal("a", 2),
            Driver::signal("b", 3), Driver::signal("number", 4)});
  CHECK(run.step({Driver::signal("c", 5), Driver::signal("word", "end")}) ==
        Lines{"complete \"4(b 1)(a 2)(b 3)(c 5)end\""});
}

TEST_CASE("signals that nobody has received can be taken before the run ends, and are warned of") {
  std::string logged;
  const durasim::WorkflowInstanceOptions options{
      .logger = durasim::Logger([&](const auto& record) { logged += record.message; },
                                durasim::LogLevel::Info)};
  SUBCASE("taken") {
    auto run = driver(
        [](WorkflowContext ctx) -> Workflow<std::string> {
          std::string log;
          for (const auto& signal : ctx.take_unhandled_signals()) {
            log += signal.signal_name + text(signal.input);
          }
          co_return log;
        },
        options);
    CHECK(run.step({Driver::initialize(), Driver::signal("b", 1), Driver::signal("a", 2),
                    Driver::signal("b", 3)}) == Lines{"complete \"b1a2b3\""});
    CHECK(logged.empty());
  }
  SUBCASE("left") {
    auto run = driver([](WorkflowContext) -> Workflow<std::string> { co_return ""; }, options);
    run.step({Driver::initialize(), Driver::signal("b", 1), Driver::signal("a", 2)});
    CHECK(logged.find("ends with 2 signals that nobody has received") != std::string::npos);
  }
}

TEST_CASE("a signal of the wrong type is dropped with a warning; the next one arrives") {
  std::string logged;
  auto run = driver(
      [](WorkflowContext ctx) -> Workflow<std::string> {
        auto numbers = ctx.signals(number);
        int sum = 0;
        ctx.on(Signal<int>{"handled"}, [&](int value) { sum += value; });
        const int first = co_await numbers.receive();
        co_await ctx.wait_until([&] { return sum > 0; });
        co_return std::to_string(first + sum + numbers.try_receive().value_or(0));
      },
      {.logger = durasim::Logger([&](const auto& record) { logged += record.message; },
                                 durasim::LogLevel::Info)});
  run.start();
  run.step({Driver::signal("number", "x"), Driver::signal("number", 1)});
  CHECK(run.step({Driver::signal("number", "x"), Driver::signal("handled", "y"),
                  Driver::signal("handled", 10), Driver::signal("number", 100)}) ==
        Lines{"complete \"111\""});
  CAPTURE(logged);
  CHECK(logged.find("a signal number was dropped") != std::string::npos);
  CHECK(logged.find("a signal handled was dropped") != std::string::npos);
  CHECK(logged.find("found the string \"x\"") != std::string::npos);
}

TEST_CASE("a handler ends with the coroutine that registered it; signals are buffered again") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto listen = [](WorkflowContext c) -> Workflow<int> {
      int sum = 0;
      c.on(number, [&sum](int value) { sum += value; });
      co_await c.sleep(1s);
      co_return sum;
    };
    const int sum = co_await listen(ctx);
    co_await ctx.sleep(2s);
    co_return std::to_string(sum) + "+" + std::to_string(ctx.signals(number).size());
  });
  run.start();
  run.step({Driver::signal("number", 1), Driver::signal("number", 2)});
  run.step({Driver::fire(1)});
  run.step({Driver::signal("number", 3)});
  CHECK(run.step({Driver::fire(2)}) == Lines{"complete \"3+1\""});
}

TEST_CASE("a handler that throws fails the run") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    ctx.on(bell, [] { throw durasim::ApplicationFailure("cracked", {.type = "Bell"}); });
    co_await ctx.sleep(1h);
    co_return "";
  });
  run.start();
  CHECK(run.step({Driver::signal("bell")}) == Lines{"fail cracked [Bell]"});
}

TEST_CASE("ten thousand buffered signals are received one by one") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto numbers = ctx.signals(number);
    std::int64_t sum = 0;
    for (int i = 0; i < 10'000; ++i) sum += co_await numbers.receive();
    co_return std::to_string(sum);
  });
  std::vector<durasim::ActivationJob> jobs{Driver::initialize()};
  for (int i = 0; i < 10'000; ++i) jobs.push_back(Driver::signal("number", i));
  CHECK(run.step(jobs) == Lines{"complete \"49995000\""});
}
