// Names and field numbers of what events say about activities, timers and markers, checked against
// Temporal's own descriptors by a test.
#pragma once

#include "durasim/core/activity_events.hpp"

#include "core/describe_messages.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::ActivityTaskScheduledEventAttributes> {
  using M = proto::ActivityTaskScheduledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityTaskScheduledEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "activity_id", &M::activity_id), field(2, "activity_type", &M::activity_type),
      field(4, "task_queue", &M::task_queue), field(5, "header", &M::header),
      field(6, "input", &M::input),
      field(7, "schedule_to_close_timeout", &M::schedule_to_close_timeout),
      field(8, "schedule_to_start_timeout", &M::schedule_to_start_timeout),
      field(9, "start_to_close_timeout", &M::start_to_close_timeout),
      field(10, "heartbeat_timeout", &M::heartbeat_timeout),
      field(11, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(12, "retry_policy", &M::retry_policy),
      field(13, "use_workflow_build_id", &M::use_workflow_build_id),
      field(14, "priority", &M::priority));
};

template <>
struct Description<proto::ActivityTaskStartedEventAttributes> {
  using M = proto::ActivityTaskStartedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityTaskStartedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id), field(2, "identity", &M::identity),
      field(3, "request_id", &M::request_id), field(4, "attempt", &M::attempt),
      field(5, "last_failure", &M::last_failure), field(6, "worker_version", &M::worker_version),
      field(7, "build_id_redirect_counter", &M::build_id_redirect_counter));
};

template <>
struct Description<proto::ActivityTaskCompletedEventAttributes> {
  using M = proto::ActivityTaskCompletedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityTaskCompletedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "result", &M::result), field(2, "scheduled_event_id", &M::scheduled_event_id),
      field(3, "started_event_id", &M::started_event_id), field(4, "identity", &M::identity),
      field(5, "worker_version", &M::worker_version));
};

template <>
struct Description<proto::ActivityTaskFailedEventAttributes> {
  using M = proto::ActivityTaskFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityTaskFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "failure", &M::failure), field(2, "scheduled_event_id", &M::scheduled_event_id),
      field(3, "started_event_id", &M::started_event_id), field(4, "identity", &M::identity),
      field(5, "retry_state", &M::retry_state), field(6, "worker_version", &M::worker_version),
      field(7, "cause", &M::cause));
};

template <>
struct Description<proto::ActivityTaskTimedOutEventAttributes> {
  using M = proto::ActivityTaskTimedOutEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityTaskTimedOutEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "failure", &M::failure), field(2, "scheduled_event_id", &M::scheduled_event_id),
      field(3, "started_event_id", &M::started_event_id), field(4, "retry_state", &M::retry_state));
};

template <>
struct Description<proto::TimerStartedEventAttributes> {
  using M = proto::TimerStartedEventAttributes;
  static constexpr std::string_view name = "temporal.api.history.v1.TimerStartedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "timer_id", &M::timer_id),
      field(2, "start_to_fire_timeout", &M::start_to_fire_timeout),
      field(3, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id));
};

template <>
struct Description<proto::TimerFiredEventAttributes> {
  using M = proto::TimerFiredEventAttributes;
  static constexpr std::string_view name = "temporal.api.history.v1.TimerFiredEventAttributes";
  static constexpr auto fields = codec::fields(field(1, "timer_id", &M::timer_id),
                                               field(2, "started_event_id", &M::started_event_id));
};

template <>
struct Description<proto::ActivityTaskCancelRequestedEventAttributes> {
  using M = proto::ActivityTaskCancelRequestedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityTaskCancelRequestedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id),
      field(2, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id));
};

template <>
struct Description<proto::ActivityTaskCanceledEventAttributes> {
  using M = proto::ActivityTaskCanceledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityTaskCanceledEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "details", &M::details),
      field(2, "latest_cancel_requested_event_id", &M::latest_cancel_requested_event_id),
      field(3, "scheduled_event_id", &M::scheduled_event_id),
      field(4, "started_event_id", &M::started_event_id), field(5, "identity", &M::identity),
      field(6, "worker_version", &M::worker_version));
};

template <>
struct Description<proto::TimerCanceledEventAttributes> {
  using M = proto::TimerCanceledEventAttributes;
  static constexpr std::string_view name = "temporal.api.history.v1.TimerCanceledEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "timer_id", &M::timer_id), field(2, "started_event_id", &M::started_event_id),
      field(3, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(4, "identity", &M::identity));
};

template <>
struct Description<proto::MarkerRecordedEventAttributes> {
  using M = proto::MarkerRecordedEventAttributes;
  static constexpr std::string_view name = "temporal.api.history.v1.MarkerRecordedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "marker_name", &M::marker_name), field(2, "details", &M::details),
      field(3, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(4, "header", &M::header), field(5, "failure", &M::failure));
};

template <>
struct Description<proto::ActivityPropertiesModifiedExternallyEventAttributes> {
  using M = proto::ActivityPropertiesModifiedExternallyEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ActivityPropertiesModifiedExternallyEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id),
                    field(2, "new_retry_policy", &M::new_retry_policy));
};

}  // namespace durasim::inline v0::codec
