// A task queue's places for activities and its threads. A place belongs to an attempt that has been
// marked as started, not to a thread: attempts whose start is durable wait here for a thread, so
// that one commit starts as many as there are places. Threads begin when one is wanted.
#pragma once

#include "durasim/engine/engine.hpp"

#include "engine/service.hpp"
#include "engine/workflow_executor.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::engine {

// Guarded by the engine's lock.
struct Pool {
  Pool(const std::string& task_queue, const WorkerOptions& worker_options)
      : worker(task_queue), options(worker_options) {}

  Worker worker;
  WorkerOptions options;
  std::shared_ptr<WorkflowExecutor> executor;  // shared with threads that are abandoned

  struct Started {
    ActivityHandle handle;
    std::uint64_t group = 0;  // of the commit that makes the start durable
  };
  int places = 0;  // none before the engine starts
  int taken = 0;
  std::vector<Started> started;
  std::vector<ActivityHandle> doubtful;  // their group failed; the store may have it all the same
  std::deque<ActivityHandle> ready;
  SteadyTime next_activity{};  // by the rate limit

  std::condition_variable work;
  int threads = 0;
  int waiting = 0;      // for work
  int busy = 0;         // in user code, writing, or pausing
  bool waking = false;  // one has been told to wake and is not here yet
  // Threads that look once more for work before they wait.
  [[nodiscard]] int awake() const { return threads - waiting - busy + (waking ? 1 : 0); }

  // Whether attempts of the type have lately ended sooner than another thread wakes up.
  [[nodiscard]] bool is_brief(std::string_view activity_type) const {
    const auto found = brief.find(activity_type);
    return found != brief.end() && found->second;
  }
  std::map<std::string, bool, std::less<>> brief;
};

}  // namespace durasim::inline v0::engine
