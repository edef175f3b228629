// The Explorer: finds what it is there for, lets alone what is right, and repeats itself bit by
// bit.
#include "durasim/testing/explorer.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/testing/replayer.hpp"
#include "durasim/workflow/workflow.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::testing;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<int(int)> counting{"Counting"};
constexpr WorkflowType<std::string()> listening{"Listening"};
constexpr Activity<int(int)> step{"step"};
constexpr Signal<int> number{"number"};
constexpr Signal<void> finish{"finish"};

// Adds up what `count` activities answer.
Workflow<int> count_up(WorkflowContext ctx, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    sum += co_await ctx.run(step, i, {.start_to_close = 10s});
    co_await ctx.sleep(1min);
  }
  co_return sum;
}

// Texts of all numbers until the end is signalled.
Workflow<std::string> listen(WorkflowContext ctx) {
  std::vector<int> numbers;
  bool over = false;
  ctx.on(number, [&numbers](int n) { numbers.push_back(n); });
  ctx.on(finish, [&over] { over = true; });
  co_await ctx.wait_until([&over] { return over; });
  std::string text;
  for (const int n : numbers) text += std::to_string(n) + " ";
  co_return text;
}

ExplorerOptions quiet(std::uint64_t seeds) {
  return {.seeds = seeds, .print = false};
}

// Three steps, each a success.
void three_steps(Exploration& seed) {
  seed.worker("queue").implement(counting, count_up).implement(step, [](int i) { return i; });
  const auto run = seed.start(counting, 3, {.task_queue = "queue"});
  seed.at_end([run] { require(run.result() == 3, "a wrong sum"); });
}

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("what is right passes, under every kind of fault") {
  const ExplorationReport report = Explorer(quiet(200)).run(three_steps);
  CHECK_MESSAGE(report.ok(), report.to_text());
  CHECK(report.seeds == 200);
  CHECK(report.runs == 200);
  CHECK(report.events > 200 * 20);
  CHECK(report.crashes > 200);
  CHECK(report.failed_commits > 50);
  CHECK(report.failed_reads > 20);
  CHECK(report.full_disks > 20);
  CHECK(report.attempts > 600);
  CHECK(report.failed_attempts > 30);
  CHECK(report.lost_attempts > 20);
}

TEST_CASE("equal seeds do the same bit by bit, other seeds something else") {
  const auto trace = [](std::uint64_t first) {
    ExplorerOptions options = quiet(20);
    options.first_seed = first;
    return Explorer(options).run(three_steps).trace;
  };
  CHECK(trace(1) == trace(1));
  CHECK(trace(1) != trace(21));
}

TEST_CASE("an activity that is believed to run once is found to run twice") {
  const auto believed = [](Exploration& seed) {
    auto& done = seed.emplace<std::map<int, int>>();
    seed.worker("queue").implement(counting, count_up).implement(step, [&done](int i) {
      ++done[i];
      return i;
    });
    (void)seed.start(counting, 3, {.id = "sum"});
    seed.always([&done] {
      for (const auto& [i, times] : done) require(times == 1, std::to_string(i) + " ran twice");
    });
  };
  const ExplorationReport report = Explorer(quiet(100)).run(believed);
  REQUIRE(!report.ok());
  CHECK(contains(report.failure->what, "ran twice"));
  CHECK(report.seeds == report.failure->seed);  // stops at the first
  const std::string text = report.to_text();
  CHECK(contains(text, "DURASIM_SEED=" + std::to_string(report.failure->seed)));
  CHECK(contains(text, "history of sum"));
  CHECK(contains(text, "ActivityTaskScheduled  step(0), activity"));
  CHECK(contains(text, "the code of step"));
  REQUIRE(report.failure->runs.size() == 1);

  SUBCASE("the seed alone shows it again, with the same journal and history") {
    ExplorerOptions options = quiet(1);
    options.first_seed = report.failure->seed;
    const ExplorationReport again = Explorer(options).run(believed);
    REQUIRE(!again.ok());
    CHECK(again.failure->what == report.failure->what);
    CHECK(again.failure->journal == report.failure->journal);
    CHECK(again.failure->runs[0].history == report.failure->runs[0].history);
  }
  SUBCASE("the history replays elsewhere") {
    Replayer replayer;
    replayer.implement(counting, count_up);
    CHECK(replayer.replay_json(to_json(report.failure->runs[0].history)).empty());
  }
}

TEST_CASE("signals arrive once each, whatever is lost or repeated; a late one is dropped") {
  const ExplorationReport report = Explorer(quiet(200)).run([](Exploration& seed) {
    seed.worker("queue").implement(listening, listen);
    const auto run = seed.start(listening, {.id = "ears"});
    for (int i = 1; i <= 3; ++i) run.signal(number, i);
    run.signal(finish, {.not_before = 10s, .not_after = 1h});
    seed.at_end([run] {
      const std::string heard = run.result();
      for (const char digit : heard)
        require(digit == ' ' || heard.find(digit) == heard.rfind(digit), "heard: " + heard);
    });
  });
  CHECK_MESSAGE(report.ok(), report.to_text());
}

TEST_CASE("each order and delay of signals is tried") {
  std::set<std::string> heard;
  const ExplorationReport report = Explorer(quiet(200)).run([&heard](Exploration& seed) {
    seed.worker("queue").implement(listening, listen);
    const auto run = seed.start(listening, {});
    run.signal(number, 1);
    run.signal(number, 2);
    run.signal(finish);
    seed.at_end([run, &heard] { heard.insert(run.result()); });
  });
  CHECK_MESSAGE(report.ok(), report.to_text());
  CHECK(heard == std::set<std::string>{"", "1 ", "2 ", "1 2 ", "2 1 "});
}

TEST_CASE("a run that cannot end is a failure, unless it need not") {
  const auto forever = [](Exploration& seed) {
    seed.worker("queue").implement(listening, listen);
    (void)seed.start(listening, {.id = "ears"});
  };
  const ExplorationReport report = Explorer(quiet(3)).run(forever);
  REQUIRE(!report.ok());
  CHECK(contains(report.failure->what, "stuck"));
  CHECK(contains(report.failure->what, "ears"));
  ExplorerOptions options = quiet(3);
  options.must_finish = false;
  CHECK(Explorer(options).run(forever).ok());
}

TEST_CASE("workflow code that looks at the world outside is found not to be deterministic") {
  const ExplorationReport report = Explorer(quiet(100)).run([](Exploration& seed) {
    auto& looks = seed.emplace<int>(0);
    seed.worker("queue")
        .implement(counting,
                   [&looks](WorkflowContext ctx, int count) -> Workflow<int> {
                     co_return co_await ctx.run(step, count + ++looks, {.start_to_close = 10s});
                   })
        .implement(step, [](int i) { return i; });
    (void)seed.start(counting, 1, {});
  });
  REQUIRE(!report.ok());
  CHECK(contains(report.failure->what, "input"));
}

TEST_CASE("a world that is not made anew makes seeds that cannot be repeated, and it says so") {
  int left_over = 0;
  const ExplorationReport report = Explorer(quiet(3)).run([&left_over](Exploration& seed) {
    seed.worker("queue").implement(counting, count_up).implement(step, [&left_over](int) {
      return ++left_over;
    });
    (void)seed.start(counting, 1, {});
  });
  REQUIRE(!report.ok());
  CHECK(contains(report.failure->what, "not repeatable"));
}

TEST_CASE("each kind of fault can be left out") {
  ExplorerOptions options = quiet(100);
  options.faults = {.crashes = false,
                    .failed_commits = false,
                    .failed_reads = false,
                    .clock_jumps = false,
                    .evictions = false,
                    .failed_attempts = false,
                    .lost_attempts = false,
                    .slow_workers = false,
                    .repeated_calls = false};
  const ExplorationReport report = Explorer(options).run([](Exploration& seed) {
    auto& done = seed.emplace<std::map<int, int>>();
    seed.worker("queue").implement(counting, count_up).implement(step, [&done](int i) {
      ++done[i];
      return i;
    });
    (void)seed.start(counting, 3, {});
    seed.at_end([&done] { require(done.size() == 3 && done[0] == 1, "not each step once"); });
  });
  CHECK_MESSAGE(report.ok(), report.to_text());
  CHECK(report.crashes == 0);
  CHECK(report.failed_commits == 0);
  CHECK(report.failed_reads == 0);
  CHECK(report.full_disks == 0);
  CHECK(report.failed_attempts == 0);
  CHECK(report.lost_attempts == 0);
}

TEST_CASE("an attempt that was given up runs its code late only where that is asked for") {
  const auto late = [](bool late_attempts) {
    ExplorerOptions options = quiet(300);
    options.faults.late_attempts = late_attempts;
    return Explorer(options).run([](Exploration& seed) {
      seed.worker("queue").implement(counting, [](WorkflowContext ctx, int count) -> Workflow<int> {
        try {
          co_return co_await ctx.run(step, count,
                                     {.start_to_close = 2s, .retry = {.maximum_attempts = 1}});
        } catch (const ActivityFailure&) {
          co_return -1;
        }
      });
      const auto run = seed.start(counting, 1, {});
      auto& ran_late = seed.emplace<bool>(false);
      seed.worker("queue").implement(step, [&ran_late, run](int i) {
        if (run.completed()) ran_late = true;
        return i;
      });
      seed.at_end([&ran_late] { require(!ran_late, "ran after the end"); });
    });
  };
  CHECK(late(false).ok());
  const ExplorationReport report = late(true);
  REQUIRE(!report.ok());
  CHECK(report.failure->what == "ran after the end");
}

TEST_CASE("activities that complete elsewhere, on several queues, with heartbeats") {
  constexpr Activity<int(int)> elsewhere{"elsewhere"};
  const ExplorationReport report = Explorer(quiet(200)).run([&](Exploration& seed) {
    seed.worker("workflows").implement(counting, [&](WorkflowContext ctx, int n) -> Workflow<int> {
      const int a = co_await ctx.run(
          step, n, {.start_to_close = 30s, .heartbeat = 10s, .task_queue = "others"});
      co_return a +
          co_await ctx.run(elsewhere, n, {.start_to_close = 30min, .task_queue = "others"});
    });
    seed.worker("others")
        .implement(step,
                   [](const ActivityContext& ctx, int n) {
                     ctx.heartbeat(n);
                     return n;
                   })
        .implement(elsewhere, [&seed, &elsewhere](const ActivityContext& ctx, int n) -> int {
          seed.complete_activity(elsewhere, ctx.info().task_token, n * 10);
          ctx.complete_async();
        });
    const auto run = seed.start(counting, 4, {.task_queue = "workflows"});
    seed.at_end([run] { require(run.result() == 44, "a wrong sum"); });
  });
  CHECK_MESSAGE(report.ok(), report.to_text());
}

TEST_CASE("the environment chooses one seed, and nothing but a seed") {
  std::vector<std::uint64_t> seeds;
  const auto note_seed = [&seeds](Exploration& seed) {
    seeds.push_back(seed.seed());
    three_steps(seed);
  };
  setenv("DURASIM_SEED", "41", 1);
  const ExplorationReport report = Explorer(quiet(5)).run(note_seed);
  setenv("DURASIM_SEED", "4x", 1);
  CHECK_THROWS_AS((void)Explorer(quiet(5)).run(note_seed), InvalidArgument);
  unsetenv("DURASIM_SEED");
  CHECK(report.ok());
  CHECK(report.seeds == 1);
  CHECK(seeds == std::vector<std::uint64_t>{41, 41});  // once more, to see whether it repeats
}

TEST_CASE("mistakes of the setup are told") {
  CHECK_THROWS_AS(Explorer({.seeds = 0}), InvalidArgument);
  CHECK_THROWS_AS(Explorer({.steps = 0}), InvalidArgument);
  const ExplorationReport nobody = Explorer(quiet(1)).run([](Exploration&) {});
  REQUIRE(!nobody.ok());
  CHECK(contains(nobody.failure->what, "no worker"));
  const ExplorationReport unserved = Explorer(quiet(1)).run([](Exploration& seed) {
    seed.worker("queue").implement(listening, listen);
    (void)seed.start(counting, 1, {});
  });
  REQUIRE(!unserved.ok());
  CHECK(contains(unserved.failure->what, "Counting"));
}
