// The engine as a process: how long it takes to go on after kill -9 and to start with many open
// runs, what it costs while nothing happens, and whether a long run stays as fast as it began. The
// child program links only the engine and its store: this one's memory would be another's. And how
// soon an isolated activity begins.
#include "durasim/activity/isolated.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/time.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "bench.hpp"
#include "process/child.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace durasim::bench {
namespace {

using durasim_test::Child;
using durasim_test::TemporaryFolder;

std::string store_in(const TemporaryFolder& folder) {
  return folder.file("runs.db");
}

std::string child_program() {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return (here / "durasim-bench-child").string();
}

Child start_child(std::vector<std::string> arguments) {
  return {child_program(), std::move(arguments)};
}

void expect_good_end(Child& child) {
  if (!durasim_test::exited_well(child.wait()))
    throw Error("durasim-bench-child failed; what it says is above");
}

void run_child(std::vector<std::string> arguments) {
  Child child = start_child(std::move(arguments));
  expect_good_end(child);
}

// The rest of the line that begins with that word.
std::string answer(Child& child, const std::string& word) {
  while (const auto line = child.line()) {
    if (line->starts_with(word + " ")) return line->substr(word.size() + 1);
  }
  throw Error(fmt::format("durasim-bench-child has ended without saying \"{}\"", word));
}
double number_from(Child& child, const std::string& word) {
  return std::stod(answer(child, word));
}
double ask(Child& child, const std::string& word) {
  child.tell(word);
  return number_from(child, word);
}

void finish(Child& child) {
  child.hang_up();
  expect_good_end(child);
}

double process_start_s() {
  std::vector<double> seconds;
  seconds.reserve(9);
  for (int i = 0; i < 9; ++i) seconds.push_back(seconds_of([] { run_child({"nothing"}); }));
  return median(seconds);
}

// From the start of the second process to the end of all runs, beyond what one run at least still
// had to do: the naps that were not durable when the first process was killed.
void bench_recovery(BenchContext& context) {
  const std::string name = "engine/recovery_64_in_flight";
  if (!context.wants(name)) return;
  constexpr double nap_s = 0.3;
  const std::string runs = "64";
  const double start_s = process_start_s();
  std::vector<double> over_ms;
  for (int round = context.quick() ? 1 : 3; round > 0; --round) {
    const TemporaryFolder folder;
    {
      Child first = start_child({"naps", store_in(folder), runs});
      if (!first.wait_for("in flight")) throw Error("durasim-bench-child has ended by itself");
      first.kill();
      (void)first.wait();
    }
    const SteadyTime begin = system_clock().steady_now();
    Child second = start_child({"finish", store_in(folder), runs});
    const double naps = number_from(second, "done");
    const double spent_s = Seconds(system_clock().steady_now() - begin).count();
    over_ms.push_back(1e3 * (spent_s - nap_s * naps));
  }
  context.add(name, median(over_ms), "ms", "100 ms + process start", 100 + 1e3 * start_s, 1.0);
}

// In quick mode a tenth of the runs.
struct Filled {
  Filled(const BenchContext& context, int wanted)
      : runs(context.quick() ? wanted / 10 : wanted), suffix(context.quick() ? "_quick" : "") {
    run_child({"fill", store_in(folder), std::to_string(runs)});
  }
  TemporaryFolder folder;
  int runs;
  std::string suffix;
};

void bench_restart(BenchContext& context) {
  const std::string name = "engine/restart_100k_open";
  if (!context.wants(name)) return;
  const Filled filled(context, 100'000);
  std::vector<double> seconds;
  for (int round = 0; round < 3; ++round) {
    Child child = start_child({"serve", store_in(filled.folder)});
    seconds.push_back(number_from(child, "started"));
    finish(child);
  }
  context.add(name + filled.suffix, median(seconds), "s",
              fmt::format("limit ({} open runs)", filled.runs), 1.0, 1.0);
}

void bench_sleeping_memory(BenchContext& context) {
  const std::string name = "engine/rss_1m_sleeping";
  if (!context.wants(name)) return;
  const Filled filled(context, 1'000'000);
  Child child = start_child({"serve", store_in(filled.folder)});
  (void)number_from(child, "started");
  double most = ask(child, "memory");
  for (const int run : {0, filled.runs / 2, filled.runs - 1}) {
    child.tell(fmt::format("wake run-{}", run));
    if (number_from(child, "woken") != 7) throw Error("a sleeping run has answered wrongly");
    most = std::max(most, ask(child, "memory"));
  }
  finish(child);
  context.add(name + filled.suffix, most, "MB", fmt::format("limit ({} runs)", filled.runs), 200,
              1.0);
}

void bench_idle(BenchContext& context) {
  const std::string cpu = "engine/idle_cpu", memory = "engine/idle_rss";
  if (!context.wants(cpu) && !context.wants(memory)) return;
  const TemporaryFolder folder;
  run_child({"fill", store_in(folder), "1000"});
  Child child = start_child({"serve", store_in(folder)});
  (void)number_from(child, "started");
  // Its first ring of the alarm belongs to its start.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double before = ask(child, "cpu");
  const SteadyTime begin = system_clock().steady_now();
  std::this_thread::sleep_for(std::chrono::seconds(context.quick() ? 2 : 10));
  const double spent_s = ask(child, "cpu") - before;
  const double wall_s = Seconds(system_clock().steady_now() - begin).count();
  if (context.wants(cpu)) context.add_absolute(cpu, 100 * spent_s / wall_s, "%", 0.05);
  if (context.wants(memory)) context.add_absolute(memory, ask(child, "memory"), "MB", 15);
  finish(child);
}

void bench_long_run(BenchContext& context) {
  const std::string name = "engine/long_run";
  if (!context.wants(name)) return;
  struct Medians {
    double first_us = 0, last_us = 0;
  };
  std::vector<Medians> rounds;
  for (int round = context.quick() ? 3 : 7; round > 0; --round) {
    const TemporaryFolder folder;
    Child child = start_child({"long", store_in(folder), "10000"});
    const std::string both = answer(child, "long");
    expect_good_end(child);
    rounds.push_back({std::stod(both), std::stod(both.substr(both.find(' ')))});
  }
  // Other load comes at one end of a run or the other.
  const auto middle = rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2);
  std::ranges::nth_element(rounds, middle, {},
                           [](const Medians& m) { return m.last_us / m.first_us; });
  context.add(name, middle->last_us, "us", "a step of the first 100 of 10,000", middle->first_us,
              1.1);
}

// From the call to the first line of the activity, in a child that was waiting for it.
void bench_isolated_start(BenchContext& context) {
  const std::string name = "pipeline/isolated_start";
  if (!context.wants(name)) return;
  constexpr Activity<std::int64_t()> begin_time{"begin_time"};  // durasim-bench-child's
  const auto implementation = make_activity(begin_time, Isolated({.program = child_program()}));
  testing::ActivityEnvironment environment;
  const auto start_s = [&] {
    const SteadyTime called = system_clock().steady_now();
    const ActivityOutcome outcome = environment.run_implementation(implementation);
    const PayloadList result = std::get<ActivityCompleted>(outcome).result;
    return Seconds(SteadyTime(Duration(from_payload<std::int64_t>(result.front()))) - called)
        .count();
  };
  (void)start_s();  // behind which the first spare child is started
  std::vector<double> ms, true_ms;
  for (int round = context.quick() ? 11 : 51; round > 0; --round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it is there by now
    ms.push_back(1e3 * start_s());
    true_ms.push_back(1e3 * seconds_of([] { (void)Child("/bin/true", {}).wait(); }));
  }
  context.add(name, median(ms), "ms", fmt::format("limit (/bin/true: {:.2f} ms)", median(true_ms)),
              5, 1.0);
}

}  // namespace

void bench_process(BenchContext& context) {
  bench_recovery(context);
  bench_restart(context);
  bench_sleeping_memory(context);
  bench_idle(context);
  bench_long_run(context);
  bench_isolated_start(context);
}

}  // namespace durasim::bench
