// What a cron job does, without cron: a run that works, sleeps until its next time, and goes on as
// a new run with a short history before the old one gets long.
//   usage: cron_loop [STORE]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

struct Plan {
  std::chrono::milliseconds every{};
  int rounds_left = 0;
};
BOOST_DESCRIBE_STRUCT(Plan, (), (every, rounds_left))
constexpr WorkflowType<int(Plan, int)> sweeping{"Sweeping"};
constexpr Activity<int()> sweep{"sweep"};

Workflow<int> sweep_regularly(WorkflowContext ctx, Plan plan, int swept) {
  constexpr int rounds_per_run = 5;  // in earnest: while (!ctx.continue_as_new_suggested())
  const WallTime begin = ctx.now();
  for (int round = 1; round <= rounds_per_run; ++round) {
    swept += co_await ctx.run(sweep, {.start_to_close = 1min});
    if (--plan.rounds_left == 0) co_return swept;
    // From the beginning, so that the time that the work takes does not add up.
    co_await ctx.sleep(begin + round * plan.every - ctx.now());
  }
  ctx.continue_as_new(sweeping, plan, swept);
}

}  // namespace

int main(int argc, char** argv) {
  std::atomic<int> calls = 0;
  Engine engine{{.store = argc > 1 ? argv[1] : "sweeps.db"}};
  engine.worker("sweeps").implement(sweeping, sweep_regularly).implement(sweep, [&] {
    std::printf("sweep %d\n", ++calls);
    return 1;
  });
  engine.start();
  const auto run = engine.client().start(sweeping, {.every = 20ms, .rounds_left = 12}, 0,
                                         {.task_queue = "sweeps"});
  const int swept = run.result();  // follows the runs that it goes on as
  const std::size_t runs = engine.client().list({}).size();
  std::printf("%d sweeps in %zu runs\n", swept, runs);
  return swept == 12 && calls == 12 && runs % 3 == 0 ? 0 : 1;
}
