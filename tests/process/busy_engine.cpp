// The child's side of the kill rounds.
#include "process/busy_engine.hpp"

#include "durasim/engine/engine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

namespace durasim {

using namespace std::chrono_literals;

Workflow<int> chain(WorkflowContext ctx, int n) {
  for (int i = 0; i < kChainSteps; ++i)
    n += co_await ctx.run(one_step, i, {.start_to_close = 1min});
  co_await ctx.sleep(2ms);
  co_return n;
}

Workflow<int> inbox(WorkflowContext ctx) {
  int sum = 0;
  for (int i = 0; i < kInboxSignals; ++i) sum += co_await ctx.signals(number).receive();
  co_return sum;
}

namespace {

// One write, so that a line is there as a whole or not at all.
void acknowledge(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(1);
}

void be_a_client(const Client& client, const std::string& prefix, int index) {
  for (int k = 0;; ++k) {
    const std::string id = fmt::format("{}-{}-{}", prefix, index, k);
    const StartOptions options{.id = id, .task_queue = "busy"};
    if (k % 2 == 0) {
      const auto run = client.start(chain_type, k, options);
      acknowledge("start " + id);
      acknowledge(fmt::format("result {} {}", id, run.result()));
      continue;
    }
    const auto run = client.start(inbox_type, options);
    acknowledge("start " + id);
    for (int i = 1; i <= kInboxSignals; ++i) {
      run.signal(number, i, fmt::format("{}/{}", id, i));
      acknowledge(fmt::format("signal {} {}", id, i));
    }
    acknowledge(fmt::format("result {} {}", id, run.result()));
  }
}

}  // namespace

void run_busy_engine(const std::string& store, const std::string& prefix) {
  Engine engine(
      {.store = store,
       .logger = Logger([](const LogRecord& record) { fmt::print(stderr, "{}\n", record.message); },
                        LogLevel::Warning)});
  engine.worker("busy", {.max_concurrent_activities = 4})
      .implement(chain_type, chain)
      .implement(inbox_type, inbox)
      .implement(one_step, [](int) { return 1; });
  engine.start();
  std::vector<std::thread> clients;
  for (int i = 0; i < 6; ++i)
    clients.emplace_back([&, i] { be_a_client(engine.client(), prefix, i); });
  for (std::thread& client : clients) client.join();
  std::abort();  // clients do not end
}

}  // namespace durasim
