// Temporal's Failure message: why an activity, a run or a request failed, and what caused that.
// Exceptions that carry it: core/failure.hpp.
#pragma once

#include "durasim/core/enums.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/payload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace durasim::inline v0::proto {

// temporal.api.failure.v1: the alternatives of Failure.failure_info.
struct ApplicationFailureInfo {
  std::string type;
  bool non_retryable = false;
  std::optional<Payloads> details;
  std::optional<ProtoDuration> next_retry_delay;
  ApplicationErrorCategory category{};
  UnknownFields unknown_fields;
  bool operator==(const ApplicationFailureInfo&) const = default;
};
struct TimeoutFailureInfo {
  TimeoutType timeout_type{};
  std::optional<Payloads> last_heartbeat_details;
  UnknownFields unknown_fields;
  bool operator==(const TimeoutFailureInfo&) const = default;
};
struct CanceledFailureInfo {
  std::optional<Payloads> details;
  std::string identity;
  UnknownFields unknown_fields;
  bool operator==(const CanceledFailureInfo&) const = default;
};
struct TerminatedFailureInfo {
  std::string identity;
  UnknownFields unknown_fields;
  bool operator==(const TerminatedFailureInfo&) const = default;
};
struct ServerFailureInfo {
  bool non_retryable = false;
  UnknownFields unknown_fields;
  bool operator==(const ServerFailureInfo&) const = default;
};
struct ResetWorkflowFailureInfo {
  std::optional<Payloads> last_heartbeat_details;
  UnknownFields unknown_fields;
  bool operator==(const ResetWorkflowFailureInfo&) const = default;
};
struct ActivityType {
  std::string name;
  UnknownFields unknown_fields;
  bool operator==(const ActivityType&) const = default;
};
struct WorkflowType {
  std::string name;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowType&) const = default;
};
struct WorkflowExecution {
  std::string workflow_id;
  std::string run_id;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowExecution&) const = default;
};
struct ActivityFailureInfo {
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  std::string identity;
  std::optional<ActivityType> activity_type;
  std::string activity_id;
  RetryState retry_state{};
  UnknownFields unknown_fields;
  bool operator==(const ActivityFailureInfo&) const = default;
};
struct ChildWorkflowExecutionFailureInfo {
  std::string namespace_;
  std::optional<WorkflowExecution> workflow_execution;
  std::optional<WorkflowType> workflow_type;
  std::int64_t initiated_event_id = 0;
  std::int64_t started_event_id = 0;
  RetryState retry_state{};
  UnknownFields unknown_fields;
  bool operator==(const ChildWorkflowExecutionFailureInfo&) const = default;
};
struct NexusOperationFailureInfo {
  std::int64_t scheduled_event_id = 0;
  std::string endpoint;
  std::string service;
  std::string operation;
  std::string operation_id;
  std::string operation_token;
  UnknownFields unknown_fields;
  bool operator==(const NexusOperationFailureInfo&) const = default;
};
struct NexusHandlerFailureInfo {
  std::string type;
  NexusHandlerErrorRetryBehavior retry_behavior{};
  UnknownFields unknown_fields;
  bool operator==(const NexusHandlerFailureInfo&) const = default;
};

using FailureInfoVariant =
    std::variant<std::monostate, ApplicationFailureInfo, TimeoutFailureInfo, CanceledFailureInfo,
                 TerminatedFailureInfo, ServerFailureInfo, ResetWorkflowFailureInfo,
                 ActivityFailureInfo, ChildWorkflowExecutionFailureInfo, NexusOperationFailureInfo,
                 NexusHandlerFailureInfo>;

extern template class DURASIM_EXPORT_TEMPLATE OneOf<FailureInfoVariant>;

// temporal.api.failure.v1.Failure
struct Failure {
  using Info = OneOf<FailureInfoVariant>;
  std::string message;
  std::string source;
  std::string stack_trace;
  std::optional<Payload> encoded_attributes;
  Boxed<Failure> cause;
  Info info;
  UnknownFields unknown_fields;
  bool operator==(const Failure&) const = default;
};

}  // namespace durasim::inline v0::proto
