// Heartbeats of an activity that waits for something: a test lets it wait until it is heard.
#pragma once

#include "durasim/core/payload_list.hpp"
#include "durasim/testing/activity_environment.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace durasim_test {

// Of the activities of an environment, which is told to expect one each 20 ms.
class Beats {
 public:
  explicit Beats(durasim::testing::ActivityEnvironment& environment) {
    environment.info.heartbeat_timeout = std::chrono::milliseconds(20);
    environment.on_heartbeat = [this](const durasim::PayloadList& details) { add(details); };
  }
  // What the second one from now says; nothing when it does not come.
  [[nodiscard]] std::optional<durasim::PayloadList> another() {
    std::unique_lock lock(mutex_);
    const int wanted = count_ + 2;
    if (!more_.wait_for(lock, std::chrono::seconds(30), [&] { return count_ >= wanted; }))
      return std::nullopt;
    return last_;
  }

 private:
  void add(const durasim::PayloadList& details) {
    const std::scoped_lock lock(mutex_);
    last_ = details;
    ++count_;
    more_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable more_;
  int count_ = 0;
  durasim::PayloadList last_;
};

}  // namespace durasim_test
