// What workflow code is told: about its run, and by signals that nobody received.
#pragma once

#include "durasim/core/payload_list.hpp"
#include "durasim/core/retry_policy.hpp"
#include "durasim/core/shared.hpp"
#include "durasim/core/time.hpp"

#include <string>

namespace durasim::inline v0 {

namespace proto {
struct Failure;
}

// What a run is told about itself when it starts; constant for its life.
struct WorkflowInfo {
  std::string workflow_id;
  std::string run_id;
  std::string workflow_type;
  std::string task_queue;
  std::string namespace_ = "default";
  int attempt = 1;
  WallTime start_time{};
  Duration execution_timeout{};  // 0: none
  Duration run_timeout{};        // 0: none
  Duration task_timeout{};
  Shared<RetryPolicy> retry_policy;
  std::string first_execution_run_id;
  std::string continued_execution_run_id;  // of the run that continued as this one, or empty
  std::string original_execution_run_id;
  std::string cron_schedule;
  PayloadMap memo;
  PayloadMap search_attributes;
  PayloadMap headers;
  Shared<proto::Failure> continued_failure;  // of the attempt before this one
  PayloadList last_completion_result;
};

struct SignalWorkflow {
  std::string signal_name;
  PayloadList input;
  std::string identity;
};

}  // namespace durasim::inline v0
