// Names and field numbers of what events say about the run itself, checked against Temporal's own
// descriptors by a test.
#pragma once

#include "durasim/core/workflow_events.hpp"

#include "core/describe_messages.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::WorkflowExecutionStartedEventAttributes> {
  using M = proto::WorkflowExecutionStartedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionStartedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "workflow_type", &M::workflow_type),
      field(2, "parent_workflow_namespace", &M::parent_workflow_namespace),
      field(3, "parent_workflow_execution", &M::parent_workflow_execution),
      field(4, "parent_initiated_event_id", &M::parent_initiated_event_id),
      field(5, "task_queue", &M::task_queue), field(6, "input", &M::input),
      field(7, "workflow_execution_timeout", &M::workflow_execution_timeout),
      field(8, "workflow_run_timeout", &M::workflow_run_timeout),
      field(9, "workflow_task_timeout", &M::workflow_task_timeout),
      field(10, "continued_execution_run_id", &M::continued_execution_run_id),
      field(11, "initiator", &M::initiator), field(12, "continued_failure", &M::continued_failure),
      field(13, "last_completion_result", &M::last_completion_result),
      field(14, "original_execution_run_id", &M::original_execution_run_id),
      field(15, "identity", &M::identity),
      field(16, "first_execution_run_id", &M::first_execution_run_id),
      field(17, "retry_policy", &M::retry_policy), field(18, "attempt", &M::attempt),
      field(19, "workflow_execution_expiration_time", &M::workflow_execution_expiration_time),
      field(20, "cron_schedule", &M::cron_schedule),
      field(21, "first_workflow_task_backoff", &M::first_workflow_task_backoff),
      field(22, "memo", &M::memo), field(23, "search_attributes", &M::search_attributes),
      field(24, "prev_auto_reset_points", &M::prev_auto_reset_points),
      field(25, "header", &M::header),
      field(26, "parent_initiated_event_version", &M::parent_initiated_event_version),
      field(27, "parent_workflow_namespace_id", &M::parent_workflow_namespace_id),
      field(28, "workflow_id", &M::workflow_id),
      field(29, "source_version_stamp", &M::source_version_stamp),
      field(30, "completion_callbacks", &M::completion_callbacks),
      field(31, "root_workflow_execution", &M::root_workflow_execution),
      field(32, "inherited_build_id", &M::inherited_build_id),
      field(33, "versioning_override", &M::versioning_override),
      field(34, "parent_pinned_worker_deployment_version",
            &M::parent_pinned_worker_deployment_version),
      field(35, "priority", &M::priority),
      field(37, "inherited_pinned_version", &M::inherited_pinned_version),
      field(38, "eager_execution_accepted", &M::eager_execution_accepted),
      field(39, "inherited_auto_upgrade_info", &M::inherited_auto_upgrade_info),
      field(40, "declined_target_version_upgrade", &M::declined_target_version_upgrade),
      field(41, "time_skipping_config", &M::time_skipping_config),
      field(43, "time_skipping_state_propagation", &M::time_skipping_state_propagation),
      field(44, "propagated_nexus_serialization_context",
            &M::propagated_nexus_serialization_context));
};

template <>
struct Description<proto::WorkflowExecutionCompletedEventAttributes> {
  using M = proto::WorkflowExecutionCompletedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionCompletedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "result", &M::result),
      field(2, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(3, "new_execution_run_id", &M::new_execution_run_id));
};

template <>
struct Description<proto::WorkflowExecutionFailedEventAttributes> {
  using M = proto::WorkflowExecutionFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "failure", &M::failure), field(2, "retry_state", &M::retry_state),
      field(3, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(4, "new_execution_run_id", &M::new_execution_run_id));
};

template <>
struct Description<proto::WorkflowExecutionTimedOutEventAttributes> {
  using M = proto::WorkflowExecutionTimedOutEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionTimedOutEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "retry_state", &M::retry_state),
                    field(2, "new_execution_run_id", &M::new_execution_run_id));
};

template <>
struct Description<proto::WorkflowTaskScheduledEventAttributes> {
  using M = proto::WorkflowTaskScheduledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowTaskScheduledEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "task_queue", &M::task_queue),
                    field(2, "start_to_close_timeout", &M::start_to_close_timeout),
                    field(3, "attempt", &M::attempt));
};

template <>
struct Description<proto::WorkflowTaskStartedEventAttributes> {
  using M = proto::WorkflowTaskStartedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowTaskStartedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id), field(2, "identity", &M::identity),
      field(3, "request_id", &M::request_id),
      field(4, "suggest_continue_as_new", &M::suggest_continue_as_new),
      field(5, "history_size_bytes", &M::history_size_bytes),
      field(6, "worker_version", &M::worker_version),
      field(7, "build_id_redirect_counter", &M::build_id_redirect_counter),
      field(8, "suggest_continue_as_new_reasons", &M::suggest_continue_as_new_reasons),
      field(9, "target_worker_deployment_version_changed",
            &M::target_worker_deployment_version_changed));
};

template <>
struct Description<proto::WorkflowTaskCompletedEventAttributes> {
  using M = proto::WorkflowTaskCompletedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowTaskCompletedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id),
      field(2, "started_event_id", &M::started_event_id), field(3, "identity", &M::identity),
      field(4, "binary_checksum", &M::binary_checksum),
      field(5, "worker_version", &M::worker_version), field(6, "sdk_metadata", &M::sdk_metadata),
      field(7, "deployment", &M::deployment),
      field(8, "versioning_behavior", &M::versioning_behavior),
      field(9, "worker_deployment_version", &M::worker_deployment_version),
      field(10, "worker_deployment_name", &M::worker_deployment_name),
      field(11, "deployment_version", &M::deployment_version),
      field(13, "metering_metadata", &M::metering_metadata));
};

template <>
struct Description<proto::WorkflowTaskTimedOutEventAttributes> {
  using M = proto::WorkflowTaskTimedOutEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowTaskTimedOutEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "scheduled_event_id", &M::scheduled_event_id),
                    field(2, "started_event_id", &M::started_event_id),
                    field(3, "timeout_type", &M::timeout_type));
};

template <>
struct Description<proto::WorkflowTaskFailedEventAttributes> {
  using M = proto::WorkflowTaskFailedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowTaskFailedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id),
      field(2, "started_event_id", &M::started_event_id), field(3, "cause", &M::cause),
      field(4, "failure", &M::failure), field(5, "identity", &M::identity),
      field(6, "base_run_id", &M::base_run_id), field(7, "new_run_id", &M::new_run_id),
      field(8, "fork_event_version", &M::fork_event_version),
      field(9, "binary_checksum", &M::binary_checksum),
      field(10, "worker_version", &M::worker_version));
};

template <>
struct Description<proto::WorkflowExecutionSignaledEventAttributes> {
  using M = proto::WorkflowExecutionSignaledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionSignaledEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "signal_name", &M::signal_name), field(2, "input", &M::input),
                    field(3, "identity", &M::identity), field(4, "header", &M::header),
                    field(5, "skip_generate_workflow_task", &M::skip_generate_workflow_task),
                    field(6, "external_workflow_execution", &M::external_workflow_execution),
                    field(7, "request_id", &M::request_id));
};

template <>
struct Description<proto::WorkflowExecutionTerminatedEventAttributes> {
  using M = proto::WorkflowExecutionTerminatedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionTerminatedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "reason", &M::reason), field(2, "details", &M::details),
                    field(3, "identity", &M::identity));
};

template <>
struct Description<proto::WorkflowExecutionCancelRequestedEventAttributes> {
  using M = proto::WorkflowExecutionCancelRequestedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionCancelRequestedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "cause", &M::cause),
                    field(2, "external_initiated_event_id", &M::external_initiated_event_id),
                    field(3, "external_workflow_execution", &M::external_workflow_execution),
                    field(4, "identity", &M::identity));
};

template <>
struct Description<proto::WorkflowExecutionCanceledEventAttributes> {
  using M = proto::WorkflowExecutionCanceledEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionCanceledEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(2, "details", &M::details));
};

template <>
struct Description<proto::WorkflowExecutionContinuedAsNewEventAttributes> {
  using M = proto::WorkflowExecutionContinuedAsNewEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionContinuedAsNewEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "new_execution_run_id", &M::new_execution_run_id),
      field(2, "workflow_type", &M::workflow_type), field(3, "task_queue", &M::task_queue),
      field(4, "input", &M::input), field(5, "workflow_run_timeout", &M::workflow_run_timeout),
      field(6, "workflow_task_timeout", &M::workflow_task_timeout),
      field(7, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(8, "backoff_start_interval", &M::backoff_start_interval),
      field(9, "initiator", &M::initiator), field(10, "failure", &M::failure),
      field(11, "last_completion_result", &M::last_completion_result),
      field(12, "header", &M::header), field(13, "memo", &M::memo),
      field(14, "search_attributes", &M::search_attributes),
      field(15, "inherit_build_id", &M::inherit_build_id),
      field(16, "initial_versioning_behavior", &M::initial_versioning_behavior));
};

template <>
struct Description<proto::UpsertWorkflowSearchAttributesEventAttributes> {
  using M = proto::UpsertWorkflowSearchAttributesEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.UpsertWorkflowSearchAttributesEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(2, "search_attributes", &M::search_attributes));
};

template <>
struct Description<proto::WorkflowExecutionUpdateAcceptedEventAttributes> {
  using M = proto::WorkflowExecutionUpdateAcceptedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionUpdateAcceptedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "protocol_instance_id", &M::protocol_instance_id),
      field(2, "accepted_request_message_id", &M::accepted_request_message_id),
      field(3, "accepted_request_sequencing_event_id", &M::accepted_request_sequencing_event_id),
      field(4, "accepted_request", &M::accepted_request));
};

template <>
struct Description<proto::WorkflowExecutionUpdateRejectedEventAttributes> {
  using M = proto::WorkflowExecutionUpdateRejectedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionUpdateRejectedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "protocol_instance_id", &M::protocol_instance_id),
      field(2, "rejected_request_message_id", &M::rejected_request_message_id),
      field(3, "rejected_request_sequencing_event_id", &M::rejected_request_sequencing_event_id),
      field(4, "rejected_request", &M::rejected_request), field(5, "failure", &M::failure));
};

template <>
struct Description<proto::WorkflowExecutionUpdateCompletedEventAttributes> {
  using M = proto::WorkflowExecutionUpdateCompletedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionUpdateCompletedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "meta", &M::meta), field(2, "outcome", &M::outcome),
                    field(3, "accepted_event_id", &M::accepted_event_id));
};

template <>
struct Description<proto::WorkflowPropertiesModifiedExternallyEventAttributes> {
  using M = proto::WorkflowPropertiesModifiedExternallyEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowPropertiesModifiedExternallyEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "new_task_queue", &M::new_task_queue),
                    field(2, "new_workflow_task_timeout", &M::new_workflow_task_timeout),
                    field(3, "new_workflow_run_timeout", &M::new_workflow_run_timeout),
                    field(4, "new_workflow_execution_timeout", &M::new_workflow_execution_timeout),
                    field(5, "upserted_memo", &M::upserted_memo));
};

template <>
struct Description<proto::WorkflowPropertiesModifiedEventAttributes> {
  using M = proto::WorkflowPropertiesModifiedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowPropertiesModifiedEventAttributes";
  static constexpr auto fields = codec::fields(
      field(1, "workflow_task_completed_event_id", &M::workflow_task_completed_event_id),
      field(2, "upserted_memo", &M::upserted_memo));
};

template <>
struct Description<proto::WorkflowExecutionUpdateAdmittedEventAttributes> {
  using M = proto::WorkflowExecutionUpdateAdmittedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionUpdateAdmittedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "request", &M::request), field(2, "origin", &M::origin));
};

template <>
struct Description<
    proto::WorkflowExecutionOptionsUpdatedEventAttributes::WorkflowUpdateOptionsUpdate> {
  using M = proto::WorkflowExecutionOptionsUpdatedEventAttributes::WorkflowUpdateOptionsUpdate;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionOptionsUpdatedEventAttributes."
      "WorkflowUpdateOptionsUpdate";
  static constexpr auto fields =
      codec::fields(field(1, "update_id", &M::update_id),
                    field(2, "attached_request_id", &M::attached_request_id),
                    field(3, "attached_completion_callbacks", &M::attached_completion_callbacks));
};

template <>
struct Description<proto::WorkflowExecutionOptionsUpdatedEventAttributes> {
  using M = proto::WorkflowExecutionOptionsUpdatedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionOptionsUpdatedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "versioning_override", &M::versioning_override),
                    field(2, "unset_versioning_override", &M::unset_versioning_override),
                    field(3, "attached_request_id", &M::attached_request_id),
                    field(4, "attached_completion_callbacks", &M::attached_completion_callbacks),
                    field(5, "identity", &M::identity), field(6, "priority", &M::priority),
                    field(7, "time_skipping_config", &M::time_skipping_config),
                    field(8, "workflow_update_options", &M::workflow_update_options),
                    field(9, "time_skipping_config_updated", &M::time_skipping_config_updated));
};

template <>
struct Description<proto::WorkflowExecutionPausedEventAttributes> {
  using M = proto::WorkflowExecutionPausedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionPausedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "identity", &M::identity), field(2, "reason", &M::reason),
                    field(3, "request_id", &M::request_id));
};

template <>
struct Description<proto::WorkflowExecutionUnpausedEventAttributes> {
  using M = proto::WorkflowExecutionUnpausedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionUnpausedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "identity", &M::identity), field(2, "reason", &M::reason),
                    field(3, "request_id", &M::request_id));
};

template <>
struct Description<proto::WorkflowExecutionTimeSkippingTransitionedEventAttributes> {
  using M = proto::WorkflowExecutionTimeSkippingTransitionedEventAttributes;
  static constexpr std::string_view name =
      "temporal.api.history.v1.WorkflowExecutionTimeSkippingTransitionedEventAttributes";
  static constexpr auto fields =
      codec::fields(field(1, "target_time", &M::target_time),
                    field(2, "disabled_after_fast_forward", &M::disabled_after_fast_forward),
                    field(3, "wall_clock_time", &M::wall_clock_time));
};

}  // namespace durasim::inline v0::codec
