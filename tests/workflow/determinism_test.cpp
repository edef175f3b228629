// Time, chance and logs: the same for the same run, at every replay and on every machine.
#include "driver.hpp"

#include <map>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace test;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

Workflow<std::string> chance(WorkflowContext ctx) {
  std::string log = fmt::format("{} {} ", ctx.random().below(1000), ctx.uuid());
  co_await ctx.sleep(1s);
  log += fmt::format("{} {:.6f} {}", ctx.random()(), ctx.random().uniform(), ctx.uuid());
  co_return log;
}

}  // namespace

TEST_CASE("chance is pinned by the run's seed: histories are replayed with these numbers") {
  auto first = driver(chance);
  auto second = driver(chance);
  first.start();
  second.start();
  const auto lines = first.step({Driver::fire(1)});
  CHECK(lines == second.step({Driver::fire(1)}));
  CHECK(lines ==
        Lines{"complete \"413 28efe333-b266-4103-8752-6757130f9f52 6349198060258255764 0.038030 "
              "de4431fa-3c80-4b06-b7e9-671c45376d5d\""});
  durasim::WorkflowRandom reference(1234567);  // the vectors of the algorithm's authors
  CHECK(reference.next() == 6457827717110365317U);
  CHECK(reference.next() == 3203168211198807973U);
  CHECK(reference.next() == 9817491932198370423U);
}

TEST_CASE("below() is even and refuses nothing to choose from") {
  durasim::WorkflowRandom random(7);
  std::map<std::uint64_t, int> seen;
  for (int i = 0; i < 60'000; ++i) ++seen[random.below(6)];
  CHECK(seen.size() == 6);
  for (const auto& [face, count] : seen) CHECK(std::abs(count - 10'000) < 500);
  CHECK_THROWS_AS(random.below(0), durasim::InvalidArgument);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.uniform();
    CHECK((value >= 0 && value < 1));
  }
}

TEST_CASE("time is the step's, and never goes back") {
  std::vector<durasim::WallTime> seen;
  auto run = driver([&seen](WorkflowContext ctx) -> Workflow<std::string> {
    for (int i = 0; i < 3; ++i) {
      seen.push_back(ctx.now());
      co_await ctx.sleep(1s);
    }
    co_return "";
  });
  const durasim::WallTime begin{1000h};
  run.start();
  run.activation.timestamp = begin - 5min;
  run.step({Driver::fire(1)});
  run.activation.timestamp = begin + 5min;
  run.step({Driver::fire(2)});
  CHECK(seen == std::vector{begin, begin, begin + 5min});
}

TEST_CASE("the logger is silent while the run replays its past, and speaks when it goes on") {
  std::string logged;
  auto run = driver(
      [](WorkflowContext ctx) -> Workflow<std::string> {
        const auto logger = ctx.logger();
        for (int i = 0; i < 3; ++i) {
          logger.info(ctx.is_replaying() ? "replaying" : fmt::format("step {}", i));
          co_await ctx.sleep(1s);
        }
        co_return "";
      },
      {.logger = durasim::Logger(
           [&](const durasim::LogRecord& record) { logged += std::string(record.message) + ";"; },
           durasim::LogLevel::Info)});
  run.activation.is_replaying = true;
  run.start();
  run.step({Driver::fire(1)});
  run.activation.is_replaying = false;
  run.step({Driver::fire(2)});
  CHECK(logged == "step 2;");
}

TEST_CASE("what the run is told about itself") {
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    co_return fmt::format("{} {} {} {} {}", ctx.info().workflow_id, ctx.info().workflow_type,
                          ctx.history_length(), ctx.history_size_bytes(),
                          ctx.continue_as_new_suggested());
  });
  run.activation.history_length = 3;
  run.activation.history_size_bytes = 500;
  run.activation.continue_as_new_suggested = true;
  CHECK(run.start() == Lines{"complete \"wf Test 3 500 true\""});
}

TEST_CASE("a replay in another cut of steps gives the same commands") {
  const auto code = [](WorkflowContext ctx) -> Workflow<std::string> {
    std::string log;
    auto branch = ctx.spawn([&](WorkflowContext c) -> Workflow<void> {
      for (int i = 0; i < 3; ++i)
        log += std::to_string(co_await c.run(compute, i, {.start_to_close = 1s}));
    });
    for (const auto value : {5, 6}) {
      co_await ctx.sleep(std::chrono::seconds{value});
      log += "t";
    }
    co_await branch;
    co_return log;
  };
  const std::vector<durasim::ActivationJob> history{Driver::initialize(), Driver::done(1, 1),
                                                    Driver::fire(1),      Driver::done(2, 2),
                                                    Driver::fire(2),      Driver::done(3, 3)};
  auto live = driver(code);
  Lines expected;
  for (const auto& job : history) {
    for (const auto& line : live.step({job})) expected.push_back(line);
  }
  // Destroyed after every prefix, and begun again from the first job.
  for (std::size_t cut = 1; cut <= history.size(); ++cut) {
    Lines lines;
    auto replayed = driver(code);
    for (std::size_t i = 0; i < cut; ++i) {
      for (const auto& line : replayed.step({history[i]})) lines.push_back(line);
    }
    CHECK(std::equal(lines.begin(), lines.end(), expected.begin()));
    CHECK((lines.size() == expected.size()) == (cut == history.size()));
  }
}
