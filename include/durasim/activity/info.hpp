// What an attempt of an activity knows about itself.
#pragma once

#include "durasim/core/retry_policy.hpp"
#include "durasim/core/shared.hpp"
#include "durasim/core/time.hpp"

#include <string>

namespace durasim::inline v0 {

// Constant for the life of an attempt. Durations of 0 mean "none".
struct ActivityInfo {
  std::string activity_id;
  std::string activity_type;
  // 1 for the first one.
  int attempt = 1;
  std::string task_queue;
  std::string namespace_ = "default";
  std::string workflow_id;
  std::string workflow_run_id;
  std::string workflow_type;
  // When the workflow scheduled the activity, when this attempt became due, and when it started.
  WallTime scheduled_time{};
  WallTime current_attempt_scheduled_time{};
  WallTime started_time{};
  Duration schedule_to_close_timeout{};
  Duration start_to_close_timeout{};
  Duration heartbeat_timeout{};
  Shared<RetryPolicy> retry_policy{};
  // By which this attempt is completed from elsewhere; bytes, not text.
  std::string task_token;
  DURASIM_EXPORT bool operator==(const ActivityInfo&) const;
};

}  // namespace durasim::inline v0
