// One thread of the engine, and what it is doing: enough to tell it to stop, to report that it
// hangs, and to leave it alone when the engine must go.
#pragma once

#include "durasim/activity/attempt.hpp"

#include "engine/shell/pool.hpp"
#include "engine/workflow_executor.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace durasim::inline v0::engine {

// Shared by the engine and its thread, which may outlive it. `mutex` guards `done`, `abandoned` and
// `in_user_code`; the other members are guarded by the engine's lock.
struct Post {
  // With the mutex: user code is left alone from here on. False: the thread is not in user code.
  bool abandon() {
    const std::scoped_lock lock(mutex);
    abandoned = in_user_code;
    return abandoned;
  }
  void enter() {
    const std::scoped_lock lock(mutex);
    in_user_code = true;
  }
  // False: the engine is gone, and the thread has to end without looking at it.
  [[nodiscard]] bool leave() {
    const std::scoped_lock lock(mutex);
    in_user_code = false;
    return !abandoned;
  }

  void finish() {
    const std::scoped_lock lock(mutex);
    done = true;
    ended.notify_all();
  }
  [[nodiscard]] bool wait_until(SteadyTime deadline) {
    std::unique_lock lock(mutex);
    return ended.wait_until(lock, deadline, [this] { return done; });
  }

  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  bool abandoned = false;
  bool in_user_code = false;

  std::thread thread;
  Pool* pool = nullptr;                                  // whose activities it runs
  std::shared_ptr<ActivityAttempt> attempt;              // of the activity that it runs
  Pool* brief_in = nullptr;                              // if that should end at once: its pool
  const WorkflowExecutor::Checkout* checkout = nullptr;  // of the workflow task that it runs
  std::string workflow_type;                             // of that, as the next two
  std::string run_id;
  SteadyTime since{};     // also of a brief activity
  bool reported = false;  // as hanging; its place is another thread's
};

}  // namespace durasim::inline v0::engine
