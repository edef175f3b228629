// Names and field numbers of events and histories, checked against Temporal's own descriptors by a
// test.
#pragma once

#include "durasim/core/history.hpp"

#include "core/describe_activity_events.hpp"
#include "core/describe_external_events.hpp"
#include "core/describe_workflow_events.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::HistoryEvent> {
  using M = proto::HistoryEvent;
  static constexpr std::string_view name = "temporal.api.history.v1.HistoryEvent";
  static constexpr auto fields = codec::fields(
      field(1, "event_id", &M::event_id), field(2, "event_time", &M::event_time),
      field(3, "event_type", &M::event_type), field(4, "version", &M::version),
      field(5, "task_id", &M::task_id),
      one_of(
          &M::attributes, alternative(6, "workflow_execution_started_event_attributes"),
          alternative(7, "workflow_execution_completed_event_attributes"),
          alternative(8, "workflow_execution_failed_event_attributes"),
          alternative(9, "workflow_execution_timed_out_event_attributes"),
          alternative(10, "workflow_task_scheduled_event_attributes"),
          alternative(11, "workflow_task_started_event_attributes"),
          alternative(12, "workflow_task_completed_event_attributes"),
          alternative(13, "workflow_task_timed_out_event_attributes"),
          alternative(14, "workflow_task_failed_event_attributes"),
          alternative(15, "activity_task_scheduled_event_attributes"),
          alternative(16, "activity_task_started_event_attributes"),
          alternative(17, "activity_task_completed_event_attributes"),
          alternative(18, "activity_task_failed_event_attributes"),
          alternative(19, "activity_task_timed_out_event_attributes"),
          alternative(22, "activity_task_cancel_requested_event_attributes"),
          alternative(23, "activity_task_canceled_event_attributes"),
          alternative(20, "timer_started_event_attributes"),
          alternative(21, "timer_fired_event_attributes"),
          alternative(24, "timer_canceled_event_attributes"),
          alternative(28, "workflow_execution_cancel_requested_event_attributes"),
          alternative(29, "workflow_execution_canceled_event_attributes"),
          alternative(30, "request_cancel_external_workflow_execution_initiated_event_attributes"),
          alternative(31, "request_cancel_external_workflow_execution_failed_event_attributes"),
          alternative(32, "external_workflow_execution_cancel_requested_event_attributes"),
          alternative(25, "marker_recorded_event_attributes"),
          alternative(26, "workflow_execution_signaled_event_attributes"),
          alternative(27, "workflow_execution_terminated_event_attributes"),
          alternative(33, "workflow_execution_continued_as_new_event_attributes"),
          alternative(34, "start_child_workflow_execution_initiated_event_attributes"),
          alternative(35, "start_child_workflow_execution_failed_event_attributes"),
          alternative(36, "child_workflow_execution_started_event_attributes"),
          alternative(37, "child_workflow_execution_completed_event_attributes"),
          alternative(38, "child_workflow_execution_failed_event_attributes"),
          alternative(39, "child_workflow_execution_canceled_event_attributes"),
          alternative(40, "child_workflow_execution_timed_out_event_attributes"),
          alternative(41, "child_workflow_execution_terminated_event_attributes"),
          alternative(42, "signal_external_workflow_execution_initiated_event_attributes"),
          alternative(43, "signal_external_workflow_execution_failed_event_attributes"),
          alternative(44, "external_workflow_execution_signaled_event_attributes"),
          alternative(45, "upsert_workflow_search_attributes_event_attributes"),
          alternative(46, "workflow_execution_update_accepted_event_attributes"),
          alternative(47, "workflow_execution_update_rejected_event_attributes"),
          alternative(48, "workflow_execution_update_completed_event_attributes"),
          alternative(49, "workflow_properties_modified_externally_event_attributes"),
          alternative(50, "activity_properties_modified_externally_event_attributes"),
          alternative(51, "workflow_properties_modified_event_attributes"),
          alternative(52, "workflow_execution_update_admitted_event_attributes"),
          alternative(53, "nexus_operation_scheduled_event_attributes"),
          alternative(54, "nexus_operation_started_event_attributes"),
          alternative(55, "nexus_operation_completed_event_attributes"),
          alternative(56, "nexus_operation_failed_event_attributes"),
          alternative(57, "nexus_operation_canceled_event_attributes"),
          alternative(58, "nexus_operation_timed_out_event_attributes"),
          alternative(59, "nexus_operation_cancel_requested_event_attributes"),
          alternative(60, "workflow_execution_options_updated_event_attributes"),
          alternative(61, "nexus_operation_cancel_request_completed_event_attributes"),
          alternative(62, "nexus_operation_cancel_request_failed_event_attributes"),
          alternative(63, "workflow_execution_paused_event_attributes"),
          alternative(64, "workflow_execution_unpaused_event_attributes"),
          alternative(65, "workflow_execution_time_skipping_transitioned_event_attributes")),
      field(300, "worker_may_ignore", &M::worker_may_ignore),
      field(301, "user_metadata", &M::user_metadata), field(302, "links", &M::links),
      field(303, "principal", &M::principal),
      field(304, "event_group_markers", &M::event_group_markers));
};

template <>
struct Description<proto::History> {
  using M = proto::History;
  static constexpr std::string_view name = "temporal.api.history.v1.History";
  static constexpr auto fields = codec::fields(field(1, "events", &M::events));
};

}  // namespace durasim::inline v0::codec
