// Child processes that wait for an attempt. A thread of their own starts them, because a child is
// told of the end of the thread that has started it, not of the process's.
#pragma once

#include "durasim/activity/isolated.hpp"

#include "core/child_process.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace durasim::inline v0::isolation {

// Thread-safe. Must outlive the children that were taken.
class Children {
 public:
  explicit Children(IsolationOptions options);
  // A child that has done nothing yet, started for this call if none was waiting. Throws
  // UnavailableError when it cannot be started.
  [[nodiscard]] std::unique_ptr<ChildProcess> take();
  [[nodiscard]] const IsolationOptions& options() const { return options_; }

 private:
  void start_children(const std::stop_token& stop);

  const IsolationOptions options_;
  const ProcessOptions process_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::unique_ptr<ChildProcess>> ready_;
  std::size_t waiting_ = 0;   // calls of take()
  std::size_t to_start_ = 0;  // the one that is being started included
  std::uint64_t failures_ = 0;
  std::string last_failure_;
  std::jthread starter_;  // from the first take() on; the last member, so that it ends first
};

}  // namespace durasim::inline v0::isolation
