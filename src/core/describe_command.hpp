// Names and field numbers of commands, checked against Temporal's own descriptors by a test.
#pragma once

#include "durasim/core/command.hpp"

#include "core/describe_messages.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::ScheduleActivityTaskCommandAttributes> {
  using M = proto::ScheduleActivityTaskCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.ScheduleActivityTaskCommandAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "activity_id", &M::activity_id), field(2, "activity_type", &M::activity_type),
      field(4, "task_queue", &M::task_queue), field(5, "header", &M::header),
      field(6, "input", &M::input),
      field(7, "schedule_to_close_timeout", &M::schedule_to_close_timeout),
      field(8, "schedule_to_start_timeout", &M::schedule_to_start_timeout),
      field(9, "start_to_close_timeout", &M::start_to_close_timeout),
      field(10, "heartbeat_timeout", &M::heartbeat_timeout),
      field(11, "retry_policy", &M::retry_policy),
      field(12, "request_eager_execution", &M::request_eager_execution),
      field(13, "use_workflow_build_id", &M::use_workflow_build_id),
      field(14, "priority", &M::priority));
};

template <>
struct Description<proto::RequestCancelActivityTaskCommandAttributes> {
  using M = proto::RequestCancelActivityTaskCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.RequestCancelActivityTaskCommandAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id));
};

template <>
struct Description<proto::StartTimerCommandAttributes> {
  using M = proto::StartTimerCommandAttributes;
  static constexpr std::string_view name = "temporal.api.command.v1.StartTimerCommandAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "timer_id", &M::timer_id),
                    field(2, "start_to_fire_timeout", &M::start_to_fire_timeout));
};

template <>
struct Description<proto::CompleteWorkflowExecutionCommandAttributes> {
  using M = proto::CompleteWorkflowExecutionCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.CompleteWorkflowExecutionCommandAttributes";
  static constexpr auto fields = codec::fields(field(1, "result", &M::result));
};

template <>
struct Description<proto::FailWorkflowExecutionCommandAttributes> {
  using M = proto::FailWorkflowExecutionCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.FailWorkflowExecutionCommandAttributes";
  static constexpr auto fields = codec::fields(field(1, "failure", &M::failure));
};

template <>
struct Description<proto::CancelTimerCommandAttributes> {
  using M = proto::CancelTimerCommandAttributes;
  static constexpr std::string_view name = "temporal.api.command.v1.CancelTimerCommandAttributes";
  static constexpr auto fields = codec::fields(field(1, "timer_id", &M::timer_id));
};

template <>
struct Description<proto::CancelWorkflowExecutionCommandAttributes> {
  using M = proto::CancelWorkflowExecutionCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.CancelWorkflowExecutionCommandAttributes";
  static constexpr auto fields = codec::fields(field(1, "details", &M::details));
};

template <>
struct Description<proto::RequestCancelExternalWorkflowExecutionCommandAttributes> {
  using M = proto::RequestCancelExternalWorkflowExecutionCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.RequestCancelExternalWorkflowExecutionCommandAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_id", &M::workflow_id),
      field(3, "run_id", &M::run_id), field(4, "control", &M::control),
      field(5, "child_workflow_only", &M::child_workflow_only), field(6, "reason", &M::reason));
};

template <>
struct Description<proto::RecordMarkerCommandAttributes> {
  using M = proto::RecordMarkerCommandAttributes;
  static constexpr std::string_view name = "temporal.api.command.v1.RecordMarkerCommandAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "marker_name", &M::marker_name), field(2, "details", &M::details),
                    field(3, "header", &M::header), field(4, "failure", &M::failure));
};

template <>
struct Description<proto::ContinueAsNewWorkflowExecutionCommandAttributes> {
  using M = proto::ContinueAsNewWorkflowExecutionCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.ContinueAsNewWorkflowExecutionCommandAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "workflow_type", &M::workflow_type), field(2, "task_queue", &M::task_queue),
      field(3, "input", &M::input), field(4, "workflow_run_timeout", &M::workflow_run_timeout),
      field(5, "workflow_task_timeout", &M::workflow_task_timeout),
      field(6, "backoff_start_interval", &M::backoff_start_interval),
      field(7, "retry_policy", &M::retry_policy), field(8, "initiator", &M::initiator),
      field(9, "failure", &M::failure),
      field(10, "last_completion_result", &M::last_completion_result),
      field(11, "cron_schedule", &M::cron_schedule), field(12, "header", &M::header),
      field(13, "memo", &M::memo), field(14, "search_attributes", &M::search_attributes),
      field(15, "inherit_build_id", &M::inherit_build_id),
      field(16, "initial_versioning_behavior", &M::initial_versioning_behavior));
};

template <>
struct Description<proto::StartChildWorkflowExecutionCommandAttributes> {
  using M = proto::StartChildWorkflowExecutionCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.StartChildWorkflowExecutionCommandAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_id", &M::workflow_id),
      field(3, "workflow_type", &M::workflow_type), field(4, "task_queue", &M::task_queue),
      field(5, "input", &M::input),
      field(6, "workflow_execution_timeout", &M::workflow_execution_timeout),
      field(7, "workflow_run_timeout", &M::workflow_run_timeout),
      field(8, "workflow_task_timeout", &M::workflow_task_timeout),
      field(9, "parent_close_policy", &M::parent_close_policy), field(10, "control", &M::control),
      field(11, "workflow_id_reuse_policy", &M::workflow_id_reuse_policy),
      field(12, "retry_policy", &M::retry_policy), field(13, "cron_schedule", &M::cron_schedule),
      field(14, "header", &M::header), field(15, "memo", &M::memo),
      field(16, "search_attributes", &M::search_attributes),
      field(17, "inherit_build_id", &M::inherit_build_id), field(18, "priority", &M::priority),
      field(19, "versioning_override", &M::versioning_override));
};

template <>
struct Description<proto::SignalExternalWorkflowExecutionCommandAttributes> {
  using M = proto::SignalExternalWorkflowExecutionCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.SignalExternalWorkflowExecutionCommandAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "execution", &M::execution),
      field(3, "signal_name", &M::signal_name), field(4, "input", &M::input),
      field(5, "control", &M::control), field(6, "child_workflow_only", &M::child_workflow_only),
      field(7, "header", &M::header));
};

template <>
struct Description<proto::UpsertWorkflowSearchAttributesCommandAttributes> {
  using M = proto::UpsertWorkflowSearchAttributesCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.UpsertWorkflowSearchAttributesCommandAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "search_attributes", &M::search_attributes));
};

template <>
struct Description<proto::ProtocolMessageCommandAttributes> {
  using M = proto::ProtocolMessageCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.ProtocolMessageCommandAttributes";
  static constexpr auto fields = codec::fields(field(1, "message_id", &M::message_id));
};

template <>
struct Description<proto::ModifyWorkflowPropertiesCommandAttributes> {
  using M = proto::ModifyWorkflowPropertiesCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.ModifyWorkflowPropertiesCommandAttributes";
  static constexpr auto fields = codec::fields(field(1, "upserted_memo", &M::upserted_memo));
};

template <>
struct Description<proto::ScheduleNexusOperationCommandAttributes> {
  using M = proto::ScheduleNexusOperationCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.ScheduleNexusOperationCommandAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "endpoint", &M::endpoint), field(2, "service", &M::service),
                    field(3, "operation", &M::operation), field(4, "input", &M::input),
                    field(5, "schedule_to_close_timeout", &M::schedule_to_close_timeout),
                    field(6, "nexus_header", &M::nexus_header),
                    field(7, "schedule_to_start_timeout", &M::schedule_to_start_timeout),
                    field(8, "start_to_close_timeout", &M::start_to_close_timeout));
};

template <>
struct Description<proto::RequestCancelNexusOperationCommandAttributes> {
  using M = proto::RequestCancelNexusOperationCommandAttributes;
  static constexpr std::string_view name =
      "temporal.api.command.v1.RequestCancelNexusOperationCommandAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id));
};

template <>
struct Description<proto::Command> {
  using M = proto::Command;
  static constexpr std::string_view name = "temporal.api.command.v1.Command";
  static constexpr auto fields = codec::fields(
      field(1, "command_type", &M::command_type),
      one_of(&M::attributes, alternative(2, "schedule_activity_task_command_attributes"),
             alternative(6, "request_cancel_activity_task_command_attributes"),
             alternative(3, "start_timer_command_attributes"),
             alternative(4, "complete_workflow_execution_command_attributes"),
             alternative(5, "fail_workflow_execution_command_attributes"),
             alternative(7, "cancel_timer_command_attributes"),
             alternative(8, "cancel_workflow_execution_command_attributes"),
             alternative(9, "request_cancel_external_workflow_execution_command_attributes"),
             alternative(10, "record_marker_command_attributes"),
             alternative(11, "continue_as_new_workflow_execution_command_attributes"),
             alternative(12, "start_child_workflow_execution_command_attributes"),
             alternative(13, "signal_external_workflow_execution_command_attributes"),
             alternative(14, "upsert_workflow_search_attributes_command_attributes"),
             alternative(15, "protocol_message_command_attributes"),
             alternative(17, "modify_workflow_properties_command_attributes"),
             alternative(18, "schedule_nexus_operation_command_attributes"),
             alternative(19, "request_cancel_nexus_operation_command_attributes")),
      field(301, "user_metadata", &M::user_metadata),
      field(302, "event_group_markers", &M::event_group_markers));
};

}  // namespace durasim::inline v0::codec
