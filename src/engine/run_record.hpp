// What the engine keeps of an open run beside its history: everything that decides how the run goes
// on and that cannot be read off the events. Stored as RunRow::state and TaskRow::state in protobuf
// wire form (run_record_fields.hpp); numbers are persistent.
#pragma once

#include "durasim/core/history.hpp"
#include "durasim/core/payload.hpp"
#include "durasim/core/retry_policy.hpp"
#include "durasim/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::engine {

// The one workflow task that a run has at a time. Attempts after the first are transient: their
// Scheduled and Started events enter history only when they complete (temporal:
// docs/architecture/speculative-workflow-task.md).
enum class TaskState : std::int32_t { None = 0, Scheduled = 1, Started = 2 };

struct WorkflowTaskRecord {
  TaskState state{};
  std::int32_t attempt = 1;
  std::int64_t scheduled_event_id = 0;  // 0: transient and not started
  std::int64_t started_event_id = 0;
  std::int64_t history_size_bytes = 0;  // as its Started event says
  bool suggest_continue_as_new = false;
  WallTime scheduled_time{};
  WallTime started_time{};
  WallTime not_before{};  // backoff after failed attempts
  bool operator==(const WorkflowTaskRecord&) const = default;
};

struct ActivityRecord {
  std::int64_t scheduled_event_id = 0;
  std::string activity_id;
  std::string activity_type;
  std::string task_queue;
  std::vector<Payload> input;
  WallTime scheduled_time{};  // of the first attempt
  WallTime
      attempt_scheduled_time{};  // when this attempt may start: later than now while backing off
  std::int32_t attempt = 1;
  bool backing_off = false;  // not to be started before attempt_scheduled_time
  bool started = false;
  WallTime started_time{};
  Duration schedule_to_close{};  // 0 in each: no limit
  Duration schedule_to_start{};
  Duration start_to_close{};
  Duration heartbeat{};
  RetryPolicy retry;
  bool has_heartbeat_details = false;
  std::vector<Payload> heartbeat_details;
  WallTime last_heartbeat{};
  proto::Boxed<proto::Failure> last_failure;
  bool cancel_requested = false;
  std::int64_t cancel_requested_event_id = 0;
  bool asynchronous = false;  // completed from elsewhere, by token: outlives the process
  std::string identity;       // of the worker that started the attempt
  // Not stored: where RunState's index of deadlines has it; max: nowhere.
  WallTime indexed_due = WallTime::max();
  bool operator==(const ActivityRecord&) const = default;
};

struct TimerRecord {
  std::int64_t started_event_id = 0;
  std::string timer_id;
  WallTime fire_time{};
  bool operator==(const TimerRecord&) const = default;
};

// A signal or a cancellation on its way to another workflow.
struct ExternalRecord {
  std::int64_t initiated_event_id = 0;
  bool is_signal = false;
  std::string workflow_id;
  std::string run_id;  // empty: the current run
  std::string signal_name;
  std::vector<Payload> input;
  std::string reason;
  bool operator==(const ExternalRecord&) const = default;
};

struct RunRecord {
  std::string first_execution_run_id;
  std::int32_t attempt = 1;
  Duration execution_timeout{};  // 0: none
  Duration run_timeout{};        // 0: none
  Duration task_timeout{};
  std::optional<WallTime> execution_deadline;  // of the whole chain
  std::optional<WallTime> run_deadline;
  WallTime first_task_not_before{};  // start delay, backoff of a retry
  std::optional<RetryPolicy> retry;
  WorkflowTaskRecord task;
  std::int64_t completed_tasks = 0;
  std::vector<proto::HistoryEvent> buffered_events;  // arrived while a workflow task was started
  std::int64_t signals = 0;
  bool cancel_requested = false;
  WallTime last_event_time{};
  std::int32_t open_tasks = 0;  // activities and external requests
  // Deaths of the process while code of this run was executed, since the last completed task; at
  // the limit the run is parked: its tasks are not dispatched until somebody resumes it.
  std::int32_t crashes = 0;
  bool parked = false;
  bool operator==(const RunRecord&) const = default;
};

}  // namespace durasim::inline v0::engine
