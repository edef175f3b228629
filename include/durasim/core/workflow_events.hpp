// What events say about the run itself: its start and its ends, its workflow tasks, signals,
// updates and changed properties (temporal.api.history.v1). Part of core/history.hpp.
#pragma once

#include "durasim/core/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0 {

namespace proto {

struct WorkflowExecutionStartedEventAttributes {
  std::optional<WorkflowType> workflow_type;
  std::string parent_workflow_namespace;
  std::string parent_workflow_namespace_id;
  std::optional<WorkflowExecution> parent_workflow_execution;
  std::int64_t parent_initiated_event_id = 0;
  std::optional<TaskQueue> task_queue;
  std::optional<Payloads> input;
  std::optional<ProtoDuration> workflow_execution_timeout;
  std::optional<ProtoDuration> workflow_run_timeout;
  std::optional<ProtoDuration> workflow_task_timeout;
  std::string continued_execution_run_id;
  ContinueAsNewInitiator initiator{};
  Boxed<Failure> continued_failure;
  std::optional<Payloads> last_completion_result;
  std::string original_execution_run_id;
  std::string identity;
  std::string first_execution_run_id;
  std::optional<RetryPolicy> retry_policy;
  std::int32_t attempt = 0;
  std::optional<Timestamp> workflow_execution_expiration_time;
  std::string cron_schedule;
  std::optional<ProtoDuration> first_workflow_task_backoff;
  std::optional<Memo> memo;
  std::optional<SearchAttributes> search_attributes;
  Boxed<ResetPoints> prev_auto_reset_points;
  std::optional<Header> header;
  std::int64_t parent_initiated_event_version = 0;
  std::string workflow_id;
  Boxed<WorkerVersionStamp> source_version_stamp;
  std::vector<Callback> completion_callbacks;
  std::optional<WorkflowExecution> root_workflow_execution;
  std::string inherited_build_id;
  Boxed<VersioningOverride> versioning_override;
  std::string parent_pinned_worker_deployment_version;
  Boxed<Priority> priority;
  Boxed<WorkerDeploymentVersion> inherited_pinned_version;
  Boxed<InheritedAutoUpgradeInfo> inherited_auto_upgrade_info;
  bool eager_execution_accepted = false;
  Boxed<DeclinedTargetVersionUpgrade> declined_target_version_upgrade;
  Boxed<TimeSkippingConfig> time_skipping_config;
  Boxed<TimeSkippingStatePropagation> time_skipping_state_propagation;
  Boxed<PropagatedSerializationContext> propagated_nexus_serialization_context;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionStartedEventAttributes&) const = default;
};

struct WorkflowExecutionCompletedEventAttributes {
  std::optional<Payloads> result;
  std::int64_t workflow_task_completed_event_id = 0;
  std::string new_execution_run_id;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionCompletedEventAttributes&) const = default;
};

struct WorkflowExecutionFailedEventAttributes {
  Boxed<Failure> failure;
  RetryState retry_state{};
  std::int64_t workflow_task_completed_event_id = 0;
  std::string new_execution_run_id;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionFailedEventAttributes&) const = default;
};

struct WorkflowExecutionTimedOutEventAttributes {
  RetryState retry_state{};
  std::string new_execution_run_id;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionTimedOutEventAttributes&) const = default;
};

struct WorkflowTaskScheduledEventAttributes {
  std::optional<TaskQueue> task_queue;
  std::optional<ProtoDuration> start_to_close_timeout;
  std::int32_t attempt = 0;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowTaskScheduledEventAttributes&) const = default;
};

struct WorkflowTaskStartedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::string identity;
  std::string request_id;
  bool suggest_continue_as_new = false;
  std::vector<SuggestContinueAsNewReason> suggest_continue_as_new_reasons;
  bool target_worker_deployment_version_changed = false;
  std::int64_t history_size_bytes = 0;
  Boxed<WorkerVersionStamp> worker_version;
  std::int64_t build_id_redirect_counter = 0;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowTaskStartedEventAttributes&) const = default;
};

struct WorkflowTaskCompletedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  std::string identity;
  std::string binary_checksum;
  Boxed<WorkerVersionStamp> worker_version;
  Boxed<WorkflowTaskCompletedMetadata> sdk_metadata;
  Boxed<MeteringMetadata> metering_metadata;
  Boxed<Deployment> deployment;
  VersioningBehavior versioning_behavior{};
  std::string worker_deployment_version;
  std::string worker_deployment_name;
  Boxed<WorkerDeploymentVersion> deployment_version;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowTaskCompletedEventAttributes&) const = default;
};

struct WorkflowTaskTimedOutEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  TimeoutType timeout_type{};
  UnknownFields unknown_fields;
  bool operator==(const WorkflowTaskTimedOutEventAttributes&) const = default;
};

struct WorkflowTaskFailedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  WorkflowTaskFailedCause cause{};
  Boxed<Failure> failure;
  std::string identity;
  std::string base_run_id;
  std::string new_run_id;
  std::int64_t fork_event_version = 0;
  std::string binary_checksum;
  Boxed<WorkerVersionStamp> worker_version;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowTaskFailedEventAttributes&) const = default;
};

struct WorkflowExecutionSignaledEventAttributes {
  std::string signal_name;
  std::optional<Payloads> input;
  std::string identity;
  std::optional<Header> header;
  bool skip_generate_workflow_task = false;
  std::optional<WorkflowExecution> external_workflow_execution;
  std::string request_id;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionSignaledEventAttributes&) const = default;
};

struct WorkflowExecutionTerminatedEventAttributes {
  std::string reason;
  std::optional<Payloads> details;
  std::string identity;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionTerminatedEventAttributes&) const = default;
};

struct WorkflowExecutionCancelRequestedEventAttributes {
  std::string cause;
  std::int64_t external_initiated_event_id = 0;
  std::optional<WorkflowExecution> external_workflow_execution;
  std::string identity;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionCancelRequestedEventAttributes&) const = default;
};

struct WorkflowExecutionCanceledEventAttributes {
  std::int64_t workflow_task_completed_event_id = 0;
  std::optional<Payloads> details;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionCanceledEventAttributes&) const = default;
};

struct WorkflowExecutionContinuedAsNewEventAttributes {
  std::string new_execution_run_id;
  std::optional<WorkflowType> workflow_type;
  std::optional<TaskQueue> task_queue;
  std::optional<Payloads> input;
  std::optional<ProtoDuration> workflow_run_timeout;
  std::optional<ProtoDuration> workflow_task_timeout;
  std::int64_t workflow_task_completed_event_id = 0;
  std::optional<ProtoDuration> backoff_start_interval;
  ContinueAsNewInitiator initiator{};
  Boxed<Failure> failure;
  std::optional<Payloads> last_completion_result;
  std::optional<Header> header;
  std::optional<Memo> memo;
  std::optional<SearchAttributes> search_attributes;
  bool inherit_build_id = false;
  ContinueAsNewVersioningBehavior initial_versioning_behavior{};
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionContinuedAsNewEventAttributes&) const = default;
};

struct UpsertWorkflowSearchAttributesEventAttributes {
  std::int64_t workflow_task_completed_event_id = 0;
  std::optional<SearchAttributes> search_attributes;
  UnknownFields unknown_fields;
  bool operator==(const UpsertWorkflowSearchAttributesEventAttributes&) const = default;
};

struct WorkflowExecutionUpdateAcceptedEventAttributes {
  std::string protocol_instance_id;
  std::string accepted_request_message_id;
  std::int64_t accepted_request_sequencing_event_id = 0;
  Boxed<UpdateRequest> accepted_request;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionUpdateAcceptedEventAttributes&) const = default;
};

struct WorkflowExecutionUpdateRejectedEventAttributes {
  std::string protocol_instance_id;
  std::string rejected_request_message_id;
  std::int64_t rejected_request_sequencing_event_id = 0;
  Boxed<UpdateRequest> rejected_request;
  Boxed<Failure> failure;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionUpdateRejectedEventAttributes&) const = default;
};

struct WorkflowExecutionUpdateCompletedEventAttributes {
  std::optional<UpdateMeta> meta;
  std::int64_t accepted_event_id = 0;
  std::optional<UpdateOutcome> outcome;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionUpdateCompletedEventAttributes&) const = default;
};

struct WorkflowPropertiesModifiedExternallyEventAttributes {
  std::string new_task_queue;
  std::optional<ProtoDuration> new_workflow_task_timeout;
  std::optional<ProtoDuration> new_workflow_run_timeout;
  std::optional<ProtoDuration> new_workflow_execution_timeout;
  std::optional<Memo> upserted_memo;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowPropertiesModifiedExternallyEventAttributes&) const = default;
};

struct WorkflowPropertiesModifiedEventAttributes {
  std::int64_t workflow_task_completed_event_id = 0;
  std::optional<Memo> upserted_memo;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowPropertiesModifiedEventAttributes&) const = default;
};

struct WorkflowExecutionUpdateAdmittedEventAttributes {
  Boxed<UpdateRequest> request;
  UpdateAdmittedEventOrigin origin{};
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionUpdateAdmittedEventAttributes&) const = default;
};

struct WorkflowExecutionOptionsUpdatedEventAttributes {
  struct WorkflowUpdateOptionsUpdate {
    std::string update_id;
    std::string attached_request_id;
    std::vector<Callback> attached_completion_callbacks;
    UnknownFields unknown_fields;
    bool operator==(const WorkflowUpdateOptionsUpdate&) const = default;
  };
  Boxed<VersioningOverride> versioning_override;
  bool unset_versioning_override = false;
  std::string attached_request_id;
  std::vector<Callback> attached_completion_callbacks;
  std::string identity;
  Boxed<Priority> priority;
  Boxed<TimeSkippingConfig> time_skipping_config;
  bool time_skipping_config_updated = false;
  std::vector<WorkflowUpdateOptionsUpdate> workflow_update_options;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionOptionsUpdatedEventAttributes&) const = default;
};

struct WorkflowExecutionPausedEventAttributes {
  std::string identity;
  std::string reason;
  std::string request_id;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionPausedEventAttributes&) const = default;
};

struct WorkflowExecutionUnpausedEventAttributes {
  std::string identity;
  std::string reason;
  std::string request_id;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionUnpausedEventAttributes&) const = default;
};

struct WorkflowExecutionTimeSkippingTransitionedEventAttributes {
  std::optional<Timestamp> target_time;
  bool disabled_after_fast_forward = false;
  std::optional<Timestamp> wall_clock_time;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecutionTimeSkippingTransitionedEventAttributes&) const = default;
};

}  // namespace proto

}  // namespace durasim::inline v0
