// Kills itself with SIGKILL in the middle of a run; started again by the same command it finishes
// the run, and shows that what was done before was not done twice.
//   usage: crash_and_resume [STORE [LEDGER]]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<int(std::string)> ordering{"Ordering"};
constexpr Activity<int(std::string, std::string)> do_step{"do_step"};

Workflow<int> order(WorkflowContext ctx, std::string item) {
  int done = 0;
  for (const std::string step : {"charge", "pack", "ship", "thank"})
    done += co_await ctx.run(do_step, step, item, {.start_to_close = 10s});
  co_return done;
}

// What has happened in the world outside, one line each.
std::map<std::string, int> read_ledger(const std::string& path) {
  std::map<std::string, int> counts;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) ++counts[line];
  return counts;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string store = argc > 1 ? argv[1] : "orders.db";
  const std::string ledger = argc > 2 ? argv[2] : "ledger.txt";
  const std::map<std::string, int> before = read_ledger(ledger);

  Engine engine{{.store = store}};
  engine.worker("orders")
      .implement(ordering, order)
      .implement(do_step,
                 [&](const ActivityContext& ctx, const std::string& step, const std::string& item) {
                   if (step == "ship" && ctx.info().attempt == 1) {
                     std::printf("%s: killed before it was done\n", step.c_str());
                     std::fflush(stdout);
                     std::raise(SIGKILL);
                   }
                   std::ofstream(ledger, std::ios::app) << step << ' ' << item << '\n';
                   std::printf("%s: attempt %d\n", step.c_str(), ctx.info().attempt);
                   return 1;
                 });
  engine.start();
  const int steps =
      engine.client()
          .start_or_attach(ordering, "a lamp", {.id = "order-1", .task_queue = "orders"})
          .result();
  for (const auto& [line, count] : before) std::printf("not done twice: %s\n", line.c_str());
  bool once = steps == 4;
  for (const auto& [line, count] : read_ledger(ledger)) once = once && count == 1;
  std::puts(once ? "every step was done once" : "a step is missing, or was done twice");
  return once ? 0 : 1;
}
