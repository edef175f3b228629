// The engine on a disk: workflows of five sequential activities, each returning a small JSON,
// beside bare SQLite that commits the same bytes (a start and five completions a workflow); signals
// and timers.
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include "bare_sqlite.hpp"
#include "bench.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace durasim::bench {
namespace {

using namespace std::chrono_literals;
using durasim_test::TemporaryFolder;

struct Reading {
  int step = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Reading, (), (step, text))

constexpr WorkflowType<int(int)> five{"Five"};
constexpr WorkflowType<std::int64_t()> waking{"Waking"};
constexpr WorkflowType<std::int64_t()> timing{"Timing"};
constexpr Activity<Reading(int)> read_step{"read_step"};
constexpr Signal<std::int64_t> now_signal{"now"};

Workflow<int> five_steps(WorkflowContext ctx, int n) {
  for (int i = 0; i < 5; ++i) n += (co_await ctx.run(read_step, i, {.start_to_close = 1min})).step;
  co_return n;
}

std::int64_t steady_ns() {
  return system_clock().steady_now().time_since_epoch().count();
}

// How long after its sending a signal is in the workflow's hands.
Workflow<std::int64_t> wake(WorkflowContext ctx) {
  const std::int64_t sent = co_await ctx.signals(now_signal).receive();
  co_return steady_ns() - sent;  // a measurement, not part of what the workflow decides
}

// How late a timer of one second is.
Workflow<std::int64_t> time_timer(WorkflowContext ctx) {
  const std::int64_t begin = steady_ns();
  co_await ctx.sleep(1s);
  co_return steady_ns() - begin - std::chrono::nanoseconds(1s).count();
}

std::uintmax_t bytes_in(const TemporaryFolder& folder) {
  std::uintmax_t sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

struct Measured {
  double workflows_per_s = 0;
  double syncs_per_step = 0;
  double cpu_ms = 0;
};

std::unique_ptr<Engine> start_engine(const std::string& store, store::Durability durability) {
  auto engine = std::make_unique<Engine>(EngineOptions{.store = store, .durability = durability});
  engine
      ->worker("q", {.max_concurrent_activities = 1000})  // the default of Temporal's SDKs for Go
      .implement(five, five_steps)
      .implement(waking, wake)
      .implement(timing, time_timer)
      .implement(read_step, [](int step) { return Reading{step, "it is 21 degrees"}; });
  engine->start();
  return engine;
}

// `clients` threads, each of which keeps `open` workflows open: it starts the next one when the
// oldest has ended.
Measured measure(store::Durability durability, int clients, int workflows, std::size_t open) {
  const TemporaryFolder folder;
  const auto engine = start_engine(folder.file("five.db"), durability);
  std::atomic<int> next = 0;
  const auto client = [&] {
    const Client calls = engine->client();
    std::deque<WorkflowRun<int>> runs;
    while (next++ < workflows) {
      runs.push_back(calls.start(five, 0, {.task_queue = "q"}));
      if (runs.size() < open) continue;
      (void)runs.front().result();
      runs.pop_front();
    }
    for (const auto& run : runs) (void)run.result();
  };
  const std::uint64_t syncs = fdatasync_calls();
  const double cpu = process_cpu_s();
  const double spent = seconds_of([&] {
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(clients));
    for (int i = 0; i < clients; ++i) threads.emplace_back(client);
  });
  return {workflows / spent, static_cast<double>(fdatasync_calls() - syncs) / (5.0 * workflows),
          1e3 * (process_cpu_s() - cpu) / workflows};
}

std::size_t bytes_per_workflow(BenchContext& context) {
  const TemporaryFolder folder;
  constexpr int workflows = 2000;
  {
    const auto engine = start_engine(folder.file("five.db"), store::Durability::ProcessCrash);
    std::vector<WorkflowRun<int>> runs;
    runs.reserve(workflows);
    for (int i = 0; i < workflows; ++i)
      runs.push_back(engine->client().start(five, 0, {.task_queue = "q"}));
    for (const auto& run : runs) (void)run.result();
  }
  constexpr std::uintmax_t empty = (1U << 20U) + (1U << 16U);  // ballast and small files
  const auto bytes = static_cast<double>(bytes_in(folder) - std::min(bytes_in(folder), empty));
  if (const std::string name = "engine/disk_bytes_per_workflow"; context.wants(name))
    context.add_absolute(name, bytes / workflows, "B", 1500);
  return static_cast<std::size_t>(bytes / workflows);
}

void five_row(BenchContext& context, const std::string& name, store::Durability durability,
              int clients, int together, double share, std::size_t bytes) {
  const bool rates = context.wants(name);
  const bool power = durability == store::Durability::PowerLoss;
  const bool syncs = power && together == 1 && context.wants("engine/fdatasync_per_step");
  const bool cpu = power && together == 64 && context.wants("engine/cpu_ms_per_workflow");
  if (!rates && !syncs && !cpu) return;
  const int workflows = (context.quick() ? 200 : 1000) * (clients > 1 || !power ? 4 : 1);
  const TemporaryFolder folder;
  const double bare = bare_workflows_per_s({.path = folder.file("bare.db"),
                                            .survive_power = power,
                                            .workflows = workflows,
                                            .commits = 6,
                                            .together = together,
                                            .bytes = bytes / 6});
  const Measured ours = measure(durability, clients, workflows,
                                static_cast<std::size_t>((together + clients - 1) / clients));
  if (rates) context.add_rate(name, ours.workflows_per_s, "1/s", "bare SQLite", bare, share);
  if (syncs) context.add_absolute("engine/fdatasync_per_step", ours.syncs_per_step, "", 1.3);
  if (cpu) context.add_absolute("engine/cpu_ms_per_workflow", ours.cpu_ms, "ms", 0.1);
}

void bench_signal(BenchContext& context) {
  const std::string name = "engine/signal_to_resume_p50";
  if (!context.wants(name)) return;
  const TemporaryFolder folder;
  const auto engine = start_engine(folder.file("signal.db"), store::Durability::PowerLoss);
  std::vector<double> late_ms;
  for (int i = 0; i < (context.quick() ? 50 : 300); ++i) {
    const auto run = engine->client().start(waking, {.task_queue = "q"});
    run.signal(now_signal, steady_ns());
    late_ms.push_back(1e-6 * static_cast<double>(run.result()));
  }
  context.add_absolute(name, median(late_ms), "ms", 0.5);
}

void bench_timers(BenchContext& context) {
  const std::string p50 = "engine/timer_1s_lateness_p50", p99 = "engine/timer_1s_lateness_p99";
  if (!context.wants(p50) && !context.wants(p99)) return;
  const TemporaryFolder folder;
  const auto engine = start_engine(folder.file("timers.db"), store::Durability::PowerLoss);
  std::vector<WorkflowRun<std::int64_t>> runs;
  runs.reserve(64);
  for (int i = 0; i < 64; ++i) runs.push_back(engine->client().start(timing, {.task_queue = "q"}));
  std::vector<double> late_ms;
  late_ms.reserve(runs.size());
  for (const auto& run : runs) late_ms.push_back(1e-6 * static_cast<double>(run.result()));
  std::ranges::sort(late_ms);
  context.add_absolute(p50, late_ms[late_ms.size() / 2], "ms", 1);
  context.add_absolute(p99, late_ms[late_ms.size() * 99 / 100], "ms", 5);
}

}  // namespace

void bench_durable(BenchContext& context) {
  constexpr auto power = store::Durability::PowerLoss;
  constexpr auto crash = store::Durability::ProcessCrash;
  struct FiveRow {
    const char* name;
    store::Durability durability;
    int clients, together;
    double share;  // of bare SQLite
  };
  constexpr FiveRow rows[] = {{"engine/five_1_client", power, 1, 1, 0.8},
                              {"engine/five_64_clients", power, 64, 64, 0.5},
                              {"engine/five_1000_open", power, 50, 1000, 0.5},
                              {"engine/five_1_client_nosync", crash, 1, 1, 0.5},
                              {"engine/five_64_clients_nosync", crash, 64, 64, 0.5},
                              {"engine/five_1000_open_nosync", crash, 50, 1000, 0.5}};
  bool wanted = context.wants("engine/disk_bytes_per_workflow") ||
                context.wants("engine/fdatasync_per_step") ||
                context.wants("engine/cpu_ms_per_workflow");
  for (const FiveRow& row : rows) wanted = wanted || context.wants(row.name);
  if (wanted) {
    const std::size_t bytes = bytes_per_workflow(context);
    for (const FiveRow& row : rows)
      five_row(context, row.name, row.durability, row.clients, row.together, row.share, bytes);
  }
  bench_signal(context);
  bench_timers(context);
}

}  // namespace durasim::bench
