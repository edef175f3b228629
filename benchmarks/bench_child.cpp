// The engine in a process of its own, of which the rows about processes are: it links the engine
// and its store and nothing else. It is told what to do in lines and answers in lines.
//   nothing
//   fill STORE N     N runs that sleep, in rows as an engine writes them
//   serve STORE      "started SECONDS", then answers "memory", "cpu" and "wake ID"
//   naps STORE N     N runs of five naps; "in flight" when all have begun the third
//   finish STORE N   goes on with them; "done NAPS", the most that one run still took
//   long STORE N     one run of N steps; "long FIRST LAST", microseconds a step
// It is also the program of the row about isolated activities.
#include "durasim/activity/isolated.hpp"
#include "durasim/core/bytes.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/process.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/store/integrity.hpp"
#include "durasim/store/memory.hpp"
#include "durasim/store/sqlite.hpp"
#include "durasim/workflow/workflow.hpp"

#include "engine/run_state.hpp"
#include "engine/workflow_executor.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace durasim;
using namespace std::chrono_literals;

constexpr WorkflowType<int()> dozing{"Dozing"};
constexpr WorkflowType<int()> napping{"Napping"};
constexpr WorkflowType<int(int)> counting{"Counting"};
constexpr Activity<int(int)> nap{"nap"};
constexpr Activity<int(int)> count{"count"};
constexpr Activity<std::int64_t()> begin_time{"begin_time"};
constexpr Signal<int> wake{"wake"};

constexpr std::string_view kQueue = "q";
constexpr auto kNap = 300ms;

// One write, so that a line is there as a whole.
void say(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(1);
}

// Sleeps on a timer, and on a signal.
Workflow<int> doze(WorkflowContext ctx) {
  int woken = 0;
  ctx.on(wake, [&woken](int value) { woken = value; });
  (void)co_await ctx.wait_until([&woken] { return woken != 0; }, 24h * 365);
  co_return woken;
}

Workflow<int> take_naps(WorkflowContext ctx) {
  int naps = 0;
  for (int i = 0; i < 5; ++i) naps += co_await ctx.run(nap, i, {.start_to_close = 1min});
  co_return naps;
}

Workflow<int> count_up(WorkflowContext ctx, int steps) {
  int sum = 0;
  for (int i = 0; i < steps; ++i) sum += co_await ctx.run(count, i, {.start_to_close = 1min});
  co_return sum;
}

std::string id_of(int number) {
  return "run-" + std::to_string(number);
}

engine::StartRun dozing_run(int number) {
  engine::StartRun run;
  run.workflow_id = id_of(number);
  run.run_id = make_uuid(system_random());
  run.workflow_type = dozing.name;
  run.task_queue = kQueue;
  run.identity = "fill";
  return run;
}

// What the code of a run that dozes answers to its first task.
std::vector<proto::Command> first_commands() {
  store::MemoryStore store;
  engine::Service service(store, system_random());
  engine::WorkflowExecutor executor(service, {});
  executor.implement(make_workflow(dozing, doze));
  const WallTime now = system_clock().wall_now();
  engine::StartRequest request;
  request.run = dozing_run(0);
  (void)service.start(request, now);
  const auto task = service.next_workflow_task(std::string(kQueue), now);
  if (!task) throw Error("a dozing run has no first task");
  return std::get<0>(executor.decide(*task));
}

// A start and the first task, decided by the engine's core and written as an engine does that
// commits both at once; without a service, which would look for each id in the store.
store::Transition dozing_transition(int number, std::vector<proto::Command> commands,
                                    const store::Digest& fingerprint, WallTime now) {
  const engine::StartRun start = dozing_run(number);
  engine::RunState state(start, {}, now);
  const auto task = state.start_workflow_task("fill", now);
  if (state.complete_workflow_task(task.started_event_id, std::move(commands), "fill", "unused",
                                   now) != engine::TaskResult::Completed)
    throw Error("the first task of a dozing run was refused");
  store::Transition transition = state.take_transition();
  transition.note_time = now;
  store::RequestRow request{start.workflow_id, make_uuid(system_random()), start.run_id,
                            fingerprint, 0};
  store::seal(request);
  transition.requests.push_back(std::move(request));
  return transition;
}

void fill(const std::string& path, int runs) {
  store::SqliteStore store({.path = path,
                            .durability = store::Durability::ProcessCrash,
                            .checkpoint_pages = 20'000,
                            .cache_bytes = std::size_t{256} << 20U});
  const std::vector<proto::Command> commands = first_commands();
  const std::string same = std::string(dozing.name) + '\0' + std::string(kQueue) + '\0';
  const store::Digest fingerprint = Sha256().update(as_bytes(same)).finish_bytes();
  constexpr int together = 1000;
  std::vector<store::Transition> group;
  group.reserve(together);
  for (int i = 0; i < runs; ++i) {
    group.push_back(dozing_transition(i, commands, fingerprint, system_clock().wall_now()));
    if (group.size() < together && i + 1 < runs) continue;
    store.commit(group);
    group.clear();
  }
}

double memory_mb() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) * 1e-6;
}

double cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_since(SteadyTime begin) {
  return Seconds(system_clock().steady_now() - begin).count();
}

void serve(const std::string& path) {
  const SteadyTime begin = system_clock().steady_now();
  Engine engine({.store = path});
  engine.worker(std::string(kQueue)).implement(dozing, doze).implement(nap, [](int) { return 1; });
  engine.start();
  say("started " + std::to_string(seconds_since(begin)));
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "memory") {
      say("memory " + std::to_string(memory_mb()));
    } else if (line == "cpu") {
      say("cpu " + std::to_string(cpu_s()));
    } else if (line.starts_with("wake ")) {
      const auto run = engine.client().handle(dozing, line.substr(5));
      run.signal(wake, 7);
      say("woken " + std::to_string(run.result()));
    }
  }
}

// How many naps have been begun, by their number and by their run.
struct Naps {
  std::mutex mutex;
  std::map<int, int> by_number;
  std::map<std::string, int> by_run;
};

std::unique_ptr<Engine> napping_engine(const std::string& path, Naps& naps, int runs) {
  auto engine = std::make_unique<Engine>(EngineOptions{.store = path});
  engine->worker(std::string(kQueue), {.max_concurrent_activities = runs})
      .implement(napping, take_naps)
      .implement(nap, [&naps, runs](const ActivityContext& ctx, int number) {
        {
          const std::scoped_lock lock(naps.mutex);
          ++naps.by_run[ctx.info().workflow_id];
          if (++naps.by_number[number] == runs && number == 2) say("in flight");
        }
        std::this_thread::sleep_for(kNap);
        return 1;
      });
  engine->start();
  return engine;
}

void take_naps_until_killed(const std::string& path, int runs) {
  Naps naps;
  const auto engine = napping_engine(path, naps, runs);
  for (int i = 0; i < runs; ++i)
    (void)engine->client().start(napping, {.id = id_of(i), .task_queue = std::string(kQueue)});
  std::cin.get();
}

void finish_naps(const std::string& path, int runs) {
  Naps naps;
  const auto engine = napping_engine(path, naps, runs);
  for (int i = 0; i < runs; ++i) {
    if (engine->client().handle(napping, id_of(i)).result() != 5) throw Error("not five naps");
  }
  int most = 0;
  for (const auto& [run, taken] : naps.by_run) most = std::max(most, taken);
  say("done " + std::to_string(most));
}

double median_s(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Without syncs, which vary more than what a step costs.
void count_long(const std::string& path, int steps) {
  std::vector<SteadyTime> begun;  // one activity after the other
  begun.reserve(static_cast<std::size_t>(steps));
  {
    Engine engine({.store = path, .durability = store::Durability::ProcessCrash});
    engine.worker(std::string(kQueue)).implement(counting, count_up).implement(count, [&](int) {
      begun.push_back(system_clock().steady_now());
      return 1;
    });
    engine.start();
    const StartOptions options{.id = "long", .task_queue = std::string(kQueue)};
    if (engine.client().start(counting, steps, options).result() != steps)
      throw Error("the long run has lost a step");
  }
  std::vector<double> first, last;
  for (std::size_t i = 1; i <= 100; ++i) {
    first.push_back(Seconds(begun[i] - begun[i - 1]).count());
    const std::size_t late = begun.size() - i;
    last.push_back(Seconds(begun[late] - begun[late - 1]).count());
  }
  say("long " + std::to_string(1e6 * median_s(first)) + " " + std::to_string(1e6 * median_s(last)));
}

void run(const std::vector<std::string>& arguments) {
  const std::string& what = arguments.at(0);
  if (what == "nothing") return;
  const std::string& path = arguments.at(1);
  if (what == "serve") return serve(path);
  const int number = std::stoi(arguments.at(2));
  if (what == "fill") return fill(path, number);
  if (what == "naps") return take_naps_until_killed(path, number);
  if (what == "finish") return finish_naps(path, number);
  if (what == "long") return count_long(path, number);
  throw InvalidArgument("durasim-bench-child does not know what \"" + what + "\" is");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    IsolatedActivities children;
    children.implement(begin_time,
                       [] { return system_clock().steady_now().time_since_epoch().count(); });
    children.serve_if_asked(argc, argv);
    die_with_parent();
    run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "durasim-bench-child: %s\n", error.what());
    return 1;
  }
}
