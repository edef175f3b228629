// What events say about other runs and services: children, external signals and cancellations,
// Nexus operations (temporal.api.history.v1). Part of core/history.hpp.
#pragma once

#include "durasim/core/messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace durasim::inline v0 {

namespace proto {

struct RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
  std::int64_t workflow_task_completed_event_id = 0;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::string control;
  bool child_workflow_only = false;
  std::string reason;
  UnknownFields unknown_fields;
  bool operator==(const RequestCancelExternalWorkflowExecutionInitiatedEventAttributes&) const =
      default;
};

struct RequestCancelExternalWorkflowExecutionFailedEventAttributes {
  CancelExternalWorkflowExecutionFailedCause cause{};
  std::int64_t workflow_task_completed_event_id = 0;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::int64_t initiated_event_id = 0;
  std::string control;
  UnknownFields unknown_fields;
  bool operator==(const RequestCancelExternalWorkflowExecutionFailedEventAttributes&) const =
      default;
};

struct ExternalWorkflowExecutionCancelRequestedEventAttributes {
  std::int64_t initiated_event_id = 0;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  UnknownFields unknown_fields;
  bool operator==(const ExternalWorkflowExecutionCancelRequestedEventAttributes&) const = default;
};

struct StartChildWorkflowExecutionInitiatedEventAttributes {
  std::string namespace_;
  std::string namespace_id;
  std::string workflow_id;
  std::optional<WorkflowType> workflow_type;
  std::optional<TaskQueue> task_queue;
  std::optional<Payloads> input;
  std::optional<ProtoDuration> workflow_execution_timeout;
  std::optional<ProtoDuration> workflow_run_timeout;
  std::optional<ProtoDuration> workflow_task_timeout;
  ParentClosePolicy parent_close_policy{};
  std::string control;
  std::int64_t workflow_task_completed_event_id = 0;
  WorkflowIdReusePolicy workflow_id_reuse_policy{};
  std::optional<RetryPolicy> retry_policy;
  std::string cron_schedule;
  std::optional<Header> header;
  std::optional<Memo> memo;
  std::optional<SearchAttributes> search_attributes;
  bool inherit_build_id = false;
  Boxed<Priority> priority;
  Boxed<TimeSkippingConfig> time_skipping_config;
  Boxed<TimeSkippingStatePropagation> time_skipping_state_propagation;
  Boxed<VersioningOverride> versioning_override;
  UnknownFields unknown_fields;
  bool operator==(const StartChildWorkflowExecutionInitiatedEventAttributes&) const = default;
};

struct StartChildWorkflowExecutionFailedEventAttributes {
  std::string namespace_;
  std::string namespace_id;
  std::string workflow_id;
  std::optional<WorkflowType> workflow_type;
  StartChildWorkflowExecutionFailedCause cause{};
  std::string control;
  std::int64_t initiated_event_id = 0;
  std::int64_t workflow_task_completed_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const StartChildWorkflowExecutionFailedEventAttributes&) const = default;
};

struct ChildWorkflowExecutionStartedEventAttributes {
  std::string namespace_;
  std::string namespace_id;
  std::int64_t initiated_event_id = 0;
  std::optional<WorkflowExecution> workflow_execution;
  std::optional<WorkflowType> workflow_type;
  std::optional<Header> header;
  UnknownFields unknown_fields;
  bool operator==(const ChildWorkflowExecutionStartedEventAttributes&) const = default;
};

struct ChildWorkflowExecutionCompletedEventAttributes {
  std::optional<Payloads> result;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::optional<WorkflowType> workflow_type;
  std::int64_t initiated_event_id = 0;
  std::int64_t started_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const ChildWorkflowExecutionCompletedEventAttributes&) const = default;
};

struct ChildWorkflowExecutionFailedEventAttributes {
  Boxed<Failure> failure;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::optional<WorkflowType> workflow_type;
  std::int64_t initiated_event_id = 0;
  std::int64_t started_event_id = 0;
  RetryState retry_state{};
  UnknownFields unknown_fields;
  bool operator==(const ChildWorkflowExecutionFailedEventAttributes&) const = default;
};

struct ChildWorkflowExecutionCanceledEventAttributes {
  std::optional<Payloads> details;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::optional<WorkflowType> workflow_type;
  std::int64_t initiated_event_id = 0;
  std::int64_t started_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const ChildWorkflowExecutionCanceledEventAttributes&) const = default;
};

struct ChildWorkflowExecutionTimedOutEventAttributes {
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::optional<WorkflowType> workflow_type;
  std::int64_t initiated_event_id = 0;
  std::int64_t started_event_id = 0;
  RetryState retry_state{};
  UnknownFields unknown_fields;
  bool operator==(const ChildWorkflowExecutionTimedOutEventAttributes&) const = default;
};

struct ChildWorkflowExecutionTerminatedEventAttributes {
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::optional<WorkflowType> workflow_type;
  std::int64_t initiated_event_id = 0;
  std::int64_t started_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const ChildWorkflowExecutionTerminatedEventAttributes&) const = default;
};

struct SignalExternalWorkflowExecutionInitiatedEventAttributes {
  std::int64_t workflow_task_completed_event_id = 0;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::string signal_name;
  std::optional<Payloads> input;
  std::string control;
  bool child_workflow_only = false;
  std::optional<Header> header;
  UnknownFields unknown_fields;
  bool operator==(const SignalExternalWorkflowExecutionInitiatedEventAttributes&) const = default;
};

struct SignalExternalWorkflowExecutionFailedEventAttributes {
  SignalExternalWorkflowExecutionFailedCause cause{};
  std::int64_t workflow_task_completed_event_id = 0;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::int64_t initiated_event_id = 0;
  std::string control;
  UnknownFields unknown_fields;
  bool operator==(const SignalExternalWorkflowExecutionFailedEventAttributes&) const = default;
};

struct ExternalWorkflowExecutionSignaledEventAttributes {
  std::int64_t initiated_event_id = 0;
  std::string namespace_;
  std::string namespace_id;
  std::optional<WorkflowExecution> workflow_execution;
  std::string control;
  UnknownFields unknown_fields;
  bool operator==(const ExternalWorkflowExecutionSignaledEventAttributes&) const = default;
};

struct NexusOperationScheduledEventAttributes {
  std::string endpoint;
  std::string service;
  std::string operation;
  std::optional<Payload> input;
  std::optional<ProtoDuration> schedule_to_close_timeout;
  std::map<std::string, std::string> nexus_header;
  std::int64_t workflow_task_completed_event_id = 0;
  std::string request_id;
  std::string endpoint_id;
  std::optional<ProtoDuration> schedule_to_start_timeout;
  std::optional<ProtoDuration> start_to_close_timeout;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationScheduledEventAttributes&) const = default;
};

struct NexusOperationStartedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::string operation_id;
  std::string request_id;
  std::string operation_token;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationStartedEventAttributes&) const = default;
};

struct NexusOperationCompletedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::optional<Payload> result;
  std::string request_id;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationCompletedEventAttributes&) const = default;
};

struct NexusOperationFailedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  Boxed<Failure> failure;
  std::string request_id;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationFailedEventAttributes&) const = default;
};

struct NexusOperationCanceledEventAttributes {
  std::int64_t scheduled_event_id = 0;
  Boxed<Failure> failure;
  std::string request_id;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationCanceledEventAttributes&) const = default;
};

struct NexusOperationTimedOutEventAttributes {
  std::int64_t scheduled_event_id = 0;
  Boxed<Failure> failure;
  std::string request_id;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationTimedOutEventAttributes&) const = default;
};

struct NexusOperationCancelRequestedEventAttributes {
  std::int64_t scheduled_event_id = 0;
  std::int64_t workflow_task_completed_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationCancelRequestedEventAttributes&) const = default;
};

struct NexusOperationCancelRequestCompletedEventAttributes {
  std::int64_t requested_event_id = 0;
  std::int64_t workflow_task_completed_event_id = 0;
  std::int64_t scheduled_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationCancelRequestCompletedEventAttributes&) const = default;
};

struct NexusOperationCancelRequestFailedEventAttributes {
  std::int64_t requested_event_id = 0;
  std::int64_t workflow_task_completed_event_id = 0;
  Boxed<Failure> failure;
  std::int64_t scheduled_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationCancelRequestFailedEventAttributes&) const = default;
};

}  // namespace proto

}  // namespace durasim::inline v0
