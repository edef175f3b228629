// Options and answers of calls to the engine, as plain values.
#pragma once

#include "durasim/core/failure_message.hpp"
#include "durasim/core/payload.hpp"
#include "durasim/core/retry_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {

// What happens when the workflow id belongs to a closed run;
// temporal.api.enums.v1.WorkflowIdReusePolicy.
enum class IdReusePolicy : std::int32_t {
  AllowDuplicate = 1,
  AllowDuplicateFailedOnly = 2,
  RejectDuplicate = 3
};

// What happens when it belongs to an open run; temporal.api.enums.v1.WorkflowIdConflictPolicy.
enum class IdConflictPolicy : std::int32_t { Fail = 1, UseExisting = 2, TerminateExisting = 3 };

// What one run may take. The first two only suggest: WorkflowContext::continue_as_new_suggested().
struct EngineLimits {
  std::int64_t suggest_continue_as_new_events = 4096;
  std::int64_t suggest_continue_as_new_bytes = 4 << 20;
  std::int64_t max_history_events = 0;    // 0: no limit; at it the run is terminated
  std::size_t max_buffered_events = 100;  // news while a workflow task runs; then the task fails
  std::size_t max_buffered_bytes = 2 << 20;
  std::int64_t max_signals = 10000;
  std::size_t max_pending_activities = 2000;
  std::size_t max_pending_timers = 100000;
  std::size_t max_payload_bytes = 64 << 20;
  std::size_t max_inline_payload_bytes = 8192;  // larger ones are blobs of the store
  // A run in whose code the process has died so often is left alone until it is resumed.
  std::int32_t crashes_before_parking = 3;
};

struct StartOptions {
  std::string id{};  // empty: a new UUID
  std::string task_queue{};
  IdReusePolicy id_reuse_policy = IdReusePolicy::AllowDuplicate;
  IdConflictPolicy id_conflict_policy = IdConflictPolicy::Fail;
  Duration execution_timeout{};  // of the whole chain of runs; 0: none
  Duration run_timeout{};        // of each run; 0: none
  Duration task_timeout{};       // of one workflow task; 0: 10 s
  Duration start_delay{};
  std::optional<RetryPolicy> retry{};  // of the run as a whole; absent: a failed run stays failed
  std::map<std::string, Payload> memo{};
  // Makes the call repeatable: the same id and input give the same answer. Empty: a new UUID.
  std::string request_id{};
  // The type is served by a worker of another process.
  bool remote_worker = false;
};

// temporal.api.enums.v1.WorkflowExecutionStatus
enum class WorkflowStatus : std::int32_t {
  Running = 1,
  Completed = 2,
  Failed = 3,
  Canceled = 4,
  Terminated = 5,
  ContinuedAsNew = 6,
  TimedOut = 7,
};
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(WorkflowStatus status);

struct PendingActivity {
  std::string activity_id;
  std::string activity_type;
  int attempt = 1;
  bool started = false;
  bool cancel_requested = false;
  WallTime scheduled_time{};
  WallTime next_attempt_time{};
  PayloadList heartbeat_details;
  std::optional<proto::Failure> last_failure;
};

struct WorkflowDescription {
  std::string workflow_id;
  std::string run_id;
  std::string workflow_type;
  std::string task_queue;
  WorkflowStatus status = WorkflowStatus::Running;
  WallTime start_time{};
  std::optional<WallTime> close_time;
  std::int64_t history_length = 0;
  std::int64_t history_bytes = 0;
  std::vector<PendingActivity> pending_activities;
  std::int32_t workflow_task_attempt = 0;  // 0: none pending
  // How often the process has died while code of this run was executed, since the code last came
  // back; counted when an engine is started.
  std::int32_t crashes = 0;
  // That was too often: the run's code is not executed any more; see Client::resume.
  bool parked = false;
};

struct ListOptions {
  std::optional<WorkflowStatus> status{};
  std::string workflow_id{};    // empty: any
  std::string workflow_type{};  // empty: any
  std::size_t limit = 1000;
  std::string after_run_id{};  // page: the last run of the page before
};

}  // namespace durasim::inline v0
