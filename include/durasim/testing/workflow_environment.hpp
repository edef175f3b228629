// Workflows in a test: the real engine over a store in memory, on one thread and a virtual clock
// that skips whatever nobody works through. Months of timers run in microseconds.
//   durasim::testing::WorkflowEnvironment environment;
//   environment.worker("queue").implement(digest_type, digest).implement(run_agent, [](std::string
//   job) { return job; }); auto run = environment.client().start(digest_type, {.topic = "poetry"},
//   {.id = "d", .task_queue = "queue"}); CHECK(run.result() == "...");   // the clock has moved on
//   by two hours
#pragma once

#include "durasim/core/codec.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/time.hpp"
#include "durasim/engine/client.hpp"
#include "durasim/engine/worker.hpp"
#include "durasim/replay/machine_table.hpp"
#include "durasim/store/store.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace durasim::inline v0::testing {

struct WorkflowEnvironmentOptions {
  WallTime start_time{};          // of the virtual clock; default: 2026-01-01T00:00:00Z
  std::uint64_t seed = 1;         // of ids
  store::Store* store = nullptr;  // borrowed; default: a memory store of its own
  // Code in memory is dropped after every task, so that each step is a replay from history.
  bool evict_always = false;
  bool fail_task_on_exception = false;
  std::int64_t suggest_continue_as_new_events = 4096;
  Logger logger;
  replay::TransitionObserver* observer = nullptr;  // borrowed
  // Encodes what the store holds; workflows, activities and clients see decoded values, histories
  // stay encoded. Borrowed.
  const PayloadCodec* codec = nullptr;
};

// Activities run on the calling thread while a call waits for something (result, sleep, query). Not
// thread-safe.
class DURASIM_EXPORT WorkflowEnvironment {
 public:
  explicit WorkflowEnvironment(WorkflowEnvironmentOptions options = {});
  ~WorkflowEnvironment();
  WorkflowEnvironment(const WorkflowEnvironment&) = delete;
  WorkflowEnvironment& operator=(const WorkflowEnvironment&) = delete;

  // The worker of a task queue, made on first use.
  Worker& worker(const std::string& task_queue);
  // result() skips time until the run is closed, and throws WorkflowBlocked when nothing can happen
  // any more.
  [[nodiscard]] Client client();
  [[nodiscard]] Frontend& frontend();

  // Lets everything happen that happens within the duration. May be called from an activity: the
  // time passes while it runs.
  void sleep(Duration duration);
  // Does what can be done now, without moving the clock.
  void settle();
  [[nodiscard]] WallTime now() const;

  // As if the process had died and started again: code in memory is gone, activities that ran are
  // lost.
  void restart();

 private:
  class LocalEngine;
  std::unique_ptr<LocalEngine> engine_;
};

}  // namespace durasim::inline v0::testing
