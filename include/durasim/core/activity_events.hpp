// What events say about activities, timers and markers (temporal.api.history.v1). Part of
// core/history.hpp.
#pragma once

#include "durasim/core/messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace durasim::inline v0 {

namespace proto {

struct ActivityTaskScheduledEventAttributes {
  std::string activity_id;
  std::optional<ActivityType> activity_type;
  std::optional<TaskQueue> task_queue;
  std::optional<Header> header;
  std::optional<Payloads> input;
  std::optional<ProtoDuration> schedule_to_close_timeout;
  std::optional<ProtoDuration> schedule_to_start_timeout;
  std::optional<ProtoDuration> start_to_close_timeout;
  std::optional<ProtoDuration> heartbeat_timeout;
  std::int64_t workflow_task_completed_event_id = 0;
  std::optional<RetryPolicy> retry_policy;
  bool use_workflow_build_id = false;
  Boxed<Priority> priority;
  UnknownFields unknown_fields;
  bool operator==(const ActivityTaskScheduledEventAttributes&) const = default;
};

struct ActivityTaskStartedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::string identity;
  std::string request_id;
  std::int32_t attempt = 0;
  Boxed<Failure> last_failure;
  Boxed<WorkerVersionStamp> worker_version;
  std::int64_t build_id_redirect_counter = 0;
  UnknownFields unknown_fields;
  bool operator==(const ActivityTaskStartedEventAttributes&) const = default;
};

struct ActivityTaskCompletedEventAttributes {
  std::optional<Payloads> result;
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  std::string identity;
  Boxed<WorkerVersionStamp> worker_version;
  UnknownFields unknown_fields;
  bool operator==(const ActivityTaskCompletedEventAttributes&) const = default;
};

struct ActivityTaskFailedEventAttributes {
  Boxed<Failure> failure;
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  std::string identity;
  RetryState retry_state{};
  Boxed<WorkerVersionStamp> worker_version;
  ActivityTaskFailedCause cause{};
  UnknownFields unknown_fields;
  bool operator==(const ActivityTaskFailedEventAttributes&) const = default;
};

struct ActivityTaskTimedOutEventAttributes {
  Boxed<Failure> failure;
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  RetryState retry_state{};
  UnknownFields unknown_fields;
  bool operator==(const ActivityTaskTimedOutEventAttributes&) const = default;
};

struct TimerStartedEventAttributes {
  std::string timer_id;
  std::optional<ProtoDuration> start_to_fire_timeout;
  std::int64_t workflow_task_completed_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const TimerStartedEventAttributes&) const = default;
};

struct TimerFiredEventAttributes {
  std::string timer_id;
  std::int64_t started_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const TimerFiredEventAttributes&) const = default;
};

struct ActivityTaskCancelRequestedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::int64_t workflow_task_completed_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const ActivityTaskCancelRequestedEventAttributes&) const = default;
};

struct ActivityTaskCanceledEventAttributes {
  std::optional<Payloads> details;
  std::int64_t latest_cancel_requested_event_id = 0;
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  std::string identity;
  Boxed<WorkerVersionStamp> worker_version;
  UnknownFields unknown_fields;
  bool operator==(const ActivityTaskCanceledEventAttributes&) const = default;
};

struct TimerCanceledEventAttributes {
  std::string timer_id;
  std::int64_t started_event_id = 0;
  std::int64_t workflow_task_completed_event_id = 0;
  std::string identity;
  UnknownFields unknown_fields;
  bool operator==(const TimerCanceledEventAttributes&) const = default;
};

struct MarkerRecordedEventAttributes {
  std::string marker_name;
  std::map<std::string, Payloads> details;
  std::int64_t workflow_task_completed_event_id = 0;
  std::optional<Header> header;
  Boxed<Failure> failure;
  UnknownFields unknown_fields;
  bool operator==(const MarkerRecordedEventAttributes&) const = default;
};

struct ActivityPropertiesModifiedExternallyEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::optional<RetryPolicy> new_retry_policy;
  UnknownFields unknown_fields;
  bool operator==(const ActivityPropertiesModifiedExternallyEventAttributes&) const = default;
};

}  // namespace proto

}  // namespace durasim::inline v0
