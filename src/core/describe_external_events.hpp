// Names and field numbers of what events say about other runs and services, checked against
// Temporal's own descriptors by a test.
#pragma once

#include "durasim/core/external_events.hpp"

#include "core/describe_messages.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes> {
  using M = proto::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.RequestCancelExternalWorkflowExecutionInitiatedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(2, "namespace", &M::namespace_), field(3, "workflow_execution", &M::workflow_execution),
      field(4, "control", &M::control), field(5, "child_workflow_only", &M::child_workflow_only),
      field(6, "reason", &M::reason), field(7, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::RequestCancelExternalWorkflowExecutionFailedEventAttributes> {
  using M = proto::RequestCancelExternalWorkflowExecutionFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.RequestCancelExternalWorkflowExecutionFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "cause", &M::cause),
      field(2, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(3, "namespace", &M::namespace_), field(4, "workflow_execution", &M::workflow_execution),
      field(5, "initiated_event_id", &M::initiated_event_id), field(6, "control", &M::control),
      field(7, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ExternalWorkflowExecutionCancelRequestedEventAttributes> {
  using M = proto::ExternalWorkflowExecutionCancelRequestedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ExternalWorkflowExecutionCancelRequestedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "initiated_event_id", &M::initiated_event_id), field(2, "namespace", &M::namespace_),
      field(3, "workflow_execution", &M::workflow_execution),
      field(4, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::StartChildWorkflowExecutionInitiatedEventAttributes> {
  using M = proto::StartChildWorkflowExecutionInitiatedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.StartChildWorkflowExecutionInitiatedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_id", &M::workflow_id),
      field(3, "workflow_type", &M::workflow_type), field(4, "task_queue", &M::task_queue),
      field(5, "input", &M::input),
      field(6, "workflow_execution_timeout", &M::workflow_execution_timeout),
      field(7, "workflow_run_timeout", &M::workflow_run_timeout),
      field(8, "workflow_task_timeout", &M::workflow_task_timeout),
      field(9, "parent_close_policy", &M::parent_close_policy), field(10, "control", &M::control),
      field(11, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(12, "workflow_id_reuse_policy", &M::workflow_id_reuse_policy),
      field(13, "retry_policy", &M::retry_policy), field(14, "cron_schedule", &M::cron_schedule),
      field(15, "header", &M::header), field(16, "memo", &M::memo),
      field(17, "search_attributes", &M::search_attributes),
      field(18, "namespace_id", &M::namespace_id),
      field(19, "inherit_build_id", &M::inherit_build_id), field(20, "priority", &M::priority),
      field(21, "time_skipping_config", &M::time_skipping_config),
      field(23, "time_skipping_state_propagation", &M::time_skipping_state_propagation),
      field(24, "versioning_override", &M::versioning_override));
};

template <>
struct Description<proto::StartChildWorkflowExecutionFailedEventAttributes> {
  using M = proto::StartChildWorkflowExecutionFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.StartChildWorkflowExecutionFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_id", &M::workflow_id),
      field(3, "workflow_type", &M::workflow_type), field(4, "cause", &M::cause),
      field(5, "control", &M::control), field(6, "initiated_event_id", &M::initiated_event_id),
      field(7, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(8, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ChildWorkflowExecutionStartedEventAttributes> {
  using M = proto::ChildWorkflowExecutionStartedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ChildWorkflowExecutionStartedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "initiated_event_id", &M::initiated_event_id),
      field(3, "workflow_execution", &M::workflow_execution),
      field(4, "workflow_type", &M::workflow_type), field(5, "header", &M::header),
      field(6, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ChildWorkflowExecutionCompletedEventAttributes> {
  using M = proto::ChildWorkflowExecutionCompletedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ChildWorkflowExecutionCompletedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "result", &M::result), field(2, "namespace", &M::namespace_),
                    field(3, "workflow_execution", &M::workflow_execution),
                    field(4, "workflow_type", &M::workflow_type),
                    field(5, "initiated_event_id", &M::initiated_event_id),
                    field(6, "started_event_id", &M::started_event_id),
                    field(7, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ChildWorkflowExecutionFailedEventAttributes> {
  using M = proto::ChildWorkflowExecutionFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ChildWorkflowExecutionFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "failure", &M::failure), field(2, "namespace", &M::namespace_),
      field(3, "workflow_execution", &M::workflow_execution),
      field(4, "workflow_type", &M::workflow_type),
      field(5, "initiated_event_id", &M::initiated_event_id),
      field(6, "started_event_id", &M::started_event_id), field(7, "retry_state", &M::retry_state),
      field(8, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ChildWorkflowExecutionCanceledEventAttributes> {
  using M = proto::ChildWorkflowExecutionCanceledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ChildWorkflowExecutionCanceledEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "details", &M::details), field(2, "namespace", &M::namespace_),
                    field(3, "workflow_execution", &M::workflow_execution),
                    field(4, "workflow_type", &M::workflow_type),
                    field(5, "initiated_event_id", &M::initiated_event_id),
                    field(6, "started_event_id", &M::started_event_id),
                    field(7, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ChildWorkflowExecutionTimedOutEventAttributes> {
  using M = proto::ChildWorkflowExecutionTimedOutEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ChildWorkflowExecutionTimedOutEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_execution", &M::workflow_execution),
      field(3, "workflow_type", &M::workflow_type),
      field(4, "initiated_event_id", &M::initiated_event_id),
      field(5, "started_event_id", &M::started_event_id), field(6, "retry_state", &M::retry_state),
      field(7, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ChildWorkflowExecutionTerminatedEventAttributes> {
  using M = proto::ChildWorkflowExecutionTerminatedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ChildWorkflowExecutionTerminatedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_execution", &M::workflow_execution),
      field(3, "workflow_type", &M::workflow_type),
      field(4, "initiated_event_id", &M::initiated_event_id),
      field(5, "started_event_id", &M::started_event_id),
      field(6, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::SignalExternalWorkflowExecutionInitiatedEventAttributes> {
  using M = proto::SignalExternalWorkflowExecutionInitiatedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.SignalExternalWorkflowExecutionInitiatedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(2, "namespace", &M::namespace_), field(3, "workflow_execution", &M::workflow_execution),
      field(4, "signal_name", &M::signal_name), field(5, "input", &M::input),
      field(6, "control", &M::control), field(7, "child_workflow_only", &M::child_workflow_only),
      field(8, "header", &M::header), field(9, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::SignalExternalWorkflowExecutionFailedEventAttributes> {
  using M = proto::SignalExternalWorkflowExecutionFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.SignalExternalWorkflowExecutionFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "cause", &M::cause),
      field(2, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(3, "namespace", &M::namespace_), field(4, "workflow_execution", &M::workflow_execution),
      field(5, "initiated_event_id", &M::initiated_event_id), field(6, "control", &M::control),
      field(7, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::ExternalWorkflowExecutionSignaledEventAttributes> {
  using M = proto::ExternalWorkflowExecutionSignaledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.ExternalWorkflowExecutionSignaledEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "initiated_event_id", &M::initiated_event_id), field(2, "namespace", &M::namespace_),
      field(3, "workflow_execution", &M::workflow_execution), field(4, "control", &M::control),
      field(5, "namespace_id", &M::namespace_id));
};

template <>
struct Description<proto::NexusOperationScheduledEventAttributes> {
  using M = proto::NexusOperationScheduledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationScheduledEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "endpoint", &M::endpoint), field(2, "service", &M::service),
      field(3, "operation", &M::operation), field(4, "input", &M::input),
      field(5, "schedule_to_close_timeout", &M::schedule_to_close_timeout),
      field(6, "nexus_header", &M::nexus_header),
      field(7, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(8, "request_id", &M::request_id), field(9, "endpoint_id", &M::endpoint_id),
      field(10, "schedule_to_start_timeout", &M::schedule_to_start_timeout),
      field(11, "start_to_close_timeout", &M::start_to_close_timeout));
};

template <>
struct Description<proto::NexusOperationStartedEventAttributes> {
  using M = proto::NexusOperationStartedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationStartedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id),
      field(3, "operation_id", &M::operation_id), field(4, "request_id", &M::request_id),
      field(5, "operation_token", &M::operation_token));
};

template <>
struct Description<proto::NexusOperationCompletedEventAttributes> {
  using M = proto::NexusOperationCompletedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationCompletedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id),
                    field(2, "result", &M::result), field(3, "request_id", &M::request_id));
};

template <>
struct Description<proto::NexusOperationFailedEventAttributes> {
  using M = proto::NexusOperationFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationFailedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id),
                    field(2, "failure", &M::failure), field(3, "request_id", &M::request_id));
};

template <>
struct Description<proto::NexusOperationCanceledEventAttributes> {
  using M = proto::NexusOperationCanceledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationCanceledEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id),
                    field(2, "failure", &M::failure), field(3, "request_id", &M::request_id));
};

template <>
struct Description<proto::NexusOperationTimedOutEventAttributes> {
  using M = proto::NexusOperationTimedOutEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationTimedOutEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id),
                    field(2, "failure", &M::failure), field(3, "request_id", &M::request_id));
};

template <>
struct Description<proto::NexusOperationCancelRequestedEventAttributes> {
  using M = proto::NexusOperationCancelRequestedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationCancelRequestedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id),
      field(2, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id));
};

template <>
struct Description<proto::NexusOperationCancelRequestCompletedEventAttributes> {
  using M = proto::NexusOperationCancelRequestCompletedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationCancelRequestCompletedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "requested_event_id", &M::requested_event_id),
      field(2, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(3, "scheduled_event_id", &M::scheduled_event_id));
};

template <>
struct Description<proto::NexusOperationCancelRequestFailedEventAttributes> {
  using M = proto::NexusOperationCancelRequestFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.NexusOperationCancelRequestFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "requested_event_id", &M::requested_event_id),
      field(2, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(3, "failure", &M::failure), field(4, "scheduled_event_id", &M::scheduled_event_id));
};

}  // namespace durasim::inline v0::codec
