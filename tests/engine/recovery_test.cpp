// Processes that die: what goes on as before, what was lost with them, and runs that kill them.
#include "durasim/store/memory.hpp"

#include "engine/environment_driver.hpp"

#include <set>

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string(int)> program{"Program"};
constexpr Activity<int(int)> work{"work"};
constexpr Signal<int> number{"number"};
const StartOptions as_p{.id = "p", .task_queue = queue};

// A bit of everything, five minutes long.
Workflow<std::string> all_kinds(WorkflowContext ctx, int n) {
  int sum = 0;
  ctx.on(number, [&](int value) { sum += value; });
  sum += co_await ctx.run(work, n,
                          {.start_to_close = 1min, .retry = RetryPolicy{.initial_interval = 20s}});
  co_await ctx.sleep(1min);
  const CancellationScope scope = ctx.scope();
  auto unused = scope.sleep(24h);
  auto [one, two] = co_await all(ctx.run(work, 10, {.start_to_close = 1min}),
                                 ctx.run(work, 20, {.start_to_close = 1min}));
  co_await ctx.sleep(1min);
  scope.cancel();
  (void)co_await ctx.wait_until([&] { return sum > 1000; }, 2min);
  const std::string id = ctx.uuid();
  try {
    co_await unused;
  } catch (const CanceledFailure&) {
  }
  co_return std::to_string(sum + one + two) + (id.empty() ? "" : "!");
}

// The history of a run of it, in which the process dies at these instants.
struct Told {
  std::string result;
  std::vector<std::string> events;
};
Told tell(const std::set<int>& deaths, bool evict) {
  testing::WorkflowEnvironment environment({.evict_always = evict});
  environment.worker(queue)
      .implement(program, all_kinds)
      .implement(work, [](ActivityContext ctx, int n) {
        ctx.heartbeat(n);
        if (n < 10 && ctx.info().attempt < 3) throw std::runtime_error("not yet");
        return n;
      });
  const auto run = environment.client().start(program, 1, as_p);
  for (int step = 0; step < 40; ++step) {
    if (deaths.contains(step)) environment.restart();
    environment.settle();
    if (deaths.contains(step)) environment.restart();
    if (step == 5 || step == 20) run.signal(number, 5, "signal " + std::to_string(step));
    environment.sleep(10s);
  }
  Told told{run.result(), {}};
  for (const auto& event : events_of(environment, "p")) {
    std::string line = to_json(event);
    for (auto at = line.find(run.run_id()); at != std::string::npos; at = line.find(run.run_id()))
      line.replace(at, run.run_id().size(), "RUN");
    told.events.push_back(line);
  }
  return told;
}

}  // namespace

TEST_CASE("wherever the process dies between two steps, the history is the same, byte for byte") {
  const Told expected = tell({}, false);
  CHECK(expected.result == "41!");
  CHECK(tell({}, true).events == expected.events);
  for (int step = 0; step < 40; ++step) {
    CAPTURE(step);
    const Told told = tell({step}, step % 2 == 0);
    CHECK(told.result == expected.result);
    CHECK(told.events == expected.events);
  }
  std::set<int> always;
  for (int step = 0; step < 40; ++step) always.insert(step);
  CHECK(tell(always, false).events == expected.events);
}

TEST_CASE("an attempt that dies with the process is followed at once by the next one") {
  testing::WorkflowEnvironment environment;
  std::vector<int> details;
  environment.worker(queue)
      .implement(program,
                 [](WorkflowContext ctx, int n) -> Workflow<std::string> {
                   try {
                     co_return std::to_string(co_await ctx.run(
                         work, n,
                         {.start_to_close = 24h,
                          .retry = RetryPolicy{.initial_interval = 1h, .maximum_attempts = 3}}));
                   } catch (const ActivityFailure& failure) {
                     co_return std::get<proto::ApplicationFailureInfo>(failure.cause()->info).type;
                   }
                 })
      .implement(work, [&](ActivityContext ctx, int deaths) {
        details.push_back(ctx.heartbeat_details<int>().value_or(0));
        ctx.heartbeat(ctx.info().attempt);
        if (ctx.info().attempt <= deaths) environment.restart();
        return ctx.info().attempt;
      });
  const WallTime before = environment.now();
  CHECK(environment.client().start(program, 2, as_p).result() == "3");
  CHECK(environment.now() == before);
  CHECK(details == std::vector<int>{0, 1, 2});
  CHECK(environment.client().start(program, 3, as_p).result() == "ProcessLost");
}

TEST_CASE("a run whose code kills the process three times is parked; the others go on; resume") {
  store::MemoryStore store;
  testing::WorkflowEnvironment environment({.store = &store});
  environment.worker(queue).implement(program,
                                      [](WorkflowContext ctx, int) -> Workflow<std::string> {
                                        co_await ctx.signals(number).receive();
                                        co_return "done";
                                      });
  const auto bad = environment.client().start(program, 1, {.id = "bad", .task_queue = queue});
  const auto good = environment.client().start(program, 1, {.id = "good", .task_queue = queue});
  environment.settle();
  for (int crash = 0; crash < 3; ++crash) {
    CHECK_FALSE(bad.describe().parked);
    store.set_in_flight(0, bad.run_id());
    store.reopen();
    environment.restart();
  }
  CHECK(bad.describe().parked);
  bad.signal(number, 1);
  good.signal(number, 1);
  CHECK(good.result() == "done");
  environment.sleep(1h);
  CHECK(bad.describe().status == WorkflowStatus::Running);
  environment.client().resume("bad");
  CHECK(bad.result() == "done");
}
