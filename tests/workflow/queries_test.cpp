// Queries: answered from the state as it is, without changing it; also when the run has closed.
#include "driver.hpp"

#include <source_location>
#include <string>

using namespace std::chrono_literals;
using namespace test;
using durasim::Query;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

inline constexpr Query<int> phase_of{"phase"};
inline constexpr Query<std::string(std::string, int)> repeat{"repeat"};

Workflow<std::string> phases(WorkflowContext ctx) {
  int phase = 0;
  std::string text = "a text that is too long to lie in the string itself";
  ctx.on(phase_of, [&] { return phase; });
  ctx.on(Query<std::string>{"text"}, [&] { return text; });
  ctx.on(repeat, [&](const std::string& what, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += what;
    return all + std::to_string(phase);
  });
  co_await ctx.sleep(1s);
  phase = 1;
  co_await ctx.sleep(1s);
  phase = 2;
  co_return "end";
}

}  // namespace

TEST_CASE("queries see the state between the steps") {
  auto run = driver(phases);
  run.start();
  CHECK(run.step({Driver::query("phase")}) == Lines{"answer 0"});
  run.step({Driver::fire(1)});
  CHECK(run.step({Driver::query("phase"), Driver::query("repeat", "ab", 3)}) ==
        Lines{"answer 1", "answer \"ababab1\""});
}

TEST_CASE("after the run has closed, the answers are those of its co_return") {
  auto run = driver(phases);
  run.start();
  run.step({Driver::fire(1)});
  CHECK(run.step({Driver::fire(2)}) == Lines{"complete \"end\""});
  CHECK(run.step({Driver::query("phase"), Driver::query("text")}) ==
        Lines{"answer 2", "answer \"a text that is too long to lie in the string itself\""});
  CHECK(run.step({Driver::query("repeat", "ab", 3)}) ==
        Lines{"query failed: query repeat can no longer be answered: the coroutine that registered "
              "it has ended, and with it the locals that the handler may refer to. A handler that "
              "needs none is registered with .outlives_coroutine = true"});
}

TEST_CASE("handlers on state that outlives the coroutine answer after any end") {
  struct Counter {
    int count = 0;
    Workflow<std::string> code(WorkflowContext ctx) {
      ctx.on(Query<int(int)>{"plus"}, [this](int more) { return count + more; },
             {.outlives_coroutine = true});
      co_await ctx.sleep(1s);
      count = 5;
      throw durasim::ApplicationFailure("no", {});
    }
  };
  auto run = driver(&Counter::code);
  run.start();
  CHECK(run.step({Driver::query("plus", 1)}) == Lines{"answer 1"});
  CHECK(run.step({Driver::fire(1)}) == Lines{"fail no []"});
  CHECK(run.step({Driver::query("plus", 1)}) == Lines{"answer 6"});
}

TEST_CASE("a run that has failed says that its locals are gone, and reads none") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    std::string text = "a text that is too long to lie in the string itself";
    ctx.on(Query<std::string>{"text"}, [&] { return text; });
    co_await ctx.sleep(1s);
    throw durasim::ApplicationFailure("no", {});
  });
  run.start();
  run.step({Driver::fire(1)});
  const auto lines = run.step({Driver::query("text")});
  CHECK(lines.at(0).starts_with("query failed: query text can no longer be answered"));
}

TEST_CASE("an unknown query names the known ones") {
  auto run = driver(phases);
  run.start();
  CHECK(run.step({Driver::query("progress")}) ==
        Lines{"query failed: Plain answers no query progress; it knows: phase, repeat, text, "
              "__stack_trace, __temporal_workflow_metadata"});
}

TEST_CASE("a query handler that throws fails its query only; one of the wrong arguments, too") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    ctx.on(phase_of, []() -> int { throw std::runtime_error("not yet"); });
    ctx.on(repeat, [](const std::string& what, int) { return what; });
    co_await ctx.sleep(1s);
    co_return "fine";
  });
  run.start();
  CHECK(run.step({Driver::query("phase")}) == Lines{"query failed: not yet"});
  CHECK(run.step({Driver::query("repeat", 1)}).at(0).starts_with("query failed: argument 1: "));
  CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"fine\""});
}

TEST_CASE("a query handler can start nothing, and leaves the run as it was") {
  std::string asked;
  auto run = driver([&asked](WorkflowContext ctx) -> Workflow<std::string> {
    auto timer = ctx.sleep(1s);
    const auto scope = ctx.scope();
    auto numbers = ctx.signals(durasim::Signal<int>{"n"});
    ctx.on(phase_of, [&]() -> int {
      if (asked == "timer") static_cast<void>(ctx.sleep(1h));
      if (asked == "activity") static_cast<void>(ctx.run(compute, 1, {.start_to_close = 1s}));
      if (asked == "wait") static_cast<void>(ctx.wait_until([] { return true; }));
      if (asked == "cancel") timer.cancel();
      if (asked == "scope") scope.cancel();
      if (asked == "random") return static_cast<int>(ctx.random().below(7));
      if (asked == "receive") static_cast<void>(numbers.receive());
      if (asked == "try") return numbers.try_receive().value_or(0);
      if (asked == "handler") ctx.on(phase_of, [] { return 1; });
      if (asked == "branch") ctx.spawn(phases(ctx));
      if (asked == "take") static_cast<void>(ctx.take_unhandled_signals());
      if (asked == "other") static_cast<void>(ctx.cancel_external({.workflow_id = "x"}));
      return 1;
    });
    co_await timer;
    co_return std::to_string(co_await numbers.receive());
  });
  run.start();
  run.step({Driver::signal("n", 3)});
  for (const auto* what : {"timer", "activity", "wait", "cancel", "scope", "random", "receive",
                           "try", "handler", "branch", "take", "other"}) {
    CAPTURE(what);
    asked = what;
    const auto lines = run.step({Driver::query("phase")});
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("query failed: a query handler may not "));
  }
  asked = "";
  CHECK(run.step({Driver::query("phase")}) == Lines{"answer 1"});
  CHECK(run.step({Driver::fire(1)}) == Lines{"complete \"3\""});
}

TEST_CASE("a condition that starts something fails the step") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.wait_until([&] {
      static_cast<void>(ctx.sleep(1h));
      return true;
    });
    co_return "";
  });
  CHECK(run.start() == Lines{"task failed (14): the condition of wait_until may not start a timer: "
                             "it only looks at the workflow's state"});
}

TEST_CASE("__stack_trace names where each branch waits, from the inside out") {
  const auto line = std::source_location::current().line() + 3;
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    auto branch = ctx.spawn(phases(ctx));
    co_return co_await phases(ctx) + co_await branch;
  });
  run.start();
  const auto answer = run.step({Driver::query("__stack_trace")}).at(0);
  CAPTURE(answer);
  const auto first = answer.find("phases");
  const auto second = answer.find("phases", first + 1);
  REQUIRE(second != std::string::npos);
  CHECK(answer.find(fmt::format("queries_test.cpp:{})", line)) > second);
}

TEST_CASE("__temporal_workflow_metadata lists what the workflow listens to") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    ctx.on(phase_of, [] { return 1; });
    auto numbers = ctx.signals(durasim::Signal<int>{"number"});
    ctx.on(durasim::Signal<void>{"bell"}, [] {});
    co_await ctx.sleep(1h);
    co_return "";
  });
  run.start();
  run.step({Driver::signal("unknown", 1)});
  CHECK(run.step({Driver::query("__temporal_workflow_metadata")}) ==
        Lines{R"(answer {"definition":{"type":"Plain","queryDefinitions":[{"name":"phase"}],)"
              R"("signalDefinitions":[{"name":"bell"},{"name":"number"}]}})"});
}
