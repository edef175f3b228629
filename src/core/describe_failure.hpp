// Names and field numbers of payloads and failures (temporal.api.common.v1, failure.v1), checked
// against Temporal's own descriptors by a test.
#pragma once

#include "durasim/core/failure_message.hpp"

#include "core/message_description.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::Timestamp> {
  using M = proto::Timestamp;
  static constexpr std::string_view name = "google.protobuf.Timestamp";
  static constexpr auto fields =
      codec::fields(field(1, "seconds", &M::seconds), field(2, "nanos", &M::nanos));
};

template <>
struct Description<proto::ProtoDuration> {
  using M = proto::ProtoDuration;
  static constexpr std::string_view name = "google.protobuf.Duration";
  static constexpr auto fields =
      codec::fields(field(1, "seconds", &M::seconds), field(2, "nanos", &M::nanos));
};

template <>
struct Description<proto::Payload::ExternalPayloadDetails> {
  using M = proto::Payload::ExternalPayloadDetails;
  static constexpr std::string_view name = "temporal.api.common.v1.Payload.ExternalPayloadDetails";
  static constexpr auto fields = codec::fields(field(1, "size_bytes", &M::size_bytes));
};

template <>
struct Description<proto::Payload> {
  using M = proto::Payload;
  static constexpr std::string_view name = "temporal.api.common.v1.Payload";
  static constexpr auto fields =
      codec::fields(bytes(1, "metadata", &M::metadata), bytes(2, "data", &M::data),
                    field(3, "external_payloads", &M::external_payloads));
};

template <>
struct Description<proto::Payloads> {
  using M = proto::Payloads;
  static constexpr std::string_view name = "temporal.api.common.v1.Payloads";
  static constexpr auto fields = codec::fields(field(1, "payloads", &M::payloads));
};

template <>
struct Description<proto::WorkflowExecution> {
  using M = proto::WorkflowExecution;
  static constexpr std::string_view name = "temporal.api.common.v1.WorkflowExecution";
  static constexpr auto fields =
      codec::fields(field(1, "workflow_id", &M::workflow_id), field(2, "run_id", &M::run_id));
};

template <>
struct Description<proto::WorkflowType> {
  using M = proto::WorkflowType;
  static constexpr std::string_view name = "temporal.api.common.v1.WorkflowType";
  static constexpr auto fields = codec::fields(field(1, "name", &M::name));
};

template <>
struct Description<proto::ActivityType> {
  using M = proto::ActivityType;
  static constexpr std::string_view name = "temporal.api.common.v1.ActivityType";
  static constexpr auto fields = codec::fields(field(1, "name", &M::name));
};

template <>
struct Description<proto::ApplicationFailureInfo> {
  using M = proto::ApplicationFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.ApplicationFailureInfo";
  static constexpr auto fields = codec::fields(
      field(1, "type", &M::type), field(2, "non_retryable", &M::non_retryable),
      field(3, "details", &M::details), field(4, "next_retry_delay", &M::next_retry_delay),
      field(5, "category", &M::category));
};

template <>
struct Description<proto::TimeoutFailureInfo> {
  using M = proto::TimeoutFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.TimeoutFailureInfo";
  static constexpr auto fields =
      codec::fields(field(1, "timeout_type", &M::timeout_type),
                    field(2, "last_heartbeat_details", &M::last_heartbeat_details));
};

template <>
struct Description<proto::CanceledFailureInfo> {
  using M = proto::CanceledFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.CanceledFailureInfo";
  static constexpr auto fields =
      codec::fields(field(1, "details", &M::details), field(2, "identity", &M::identity));
};

template <>
struct Description<proto::TerminatedFailureInfo> {
  using M = proto::TerminatedFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.TerminatedFailureInfo";
  static constexpr auto fields = codec::fields(field(1, "identity", &M::identity));
};

template <>
struct Description<proto::ServerFailureInfo> {
  using M = proto::ServerFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.ServerFailureInfo";
  static constexpr auto fields = codec::fields(field(1, "non_retryable", &M::non_retryable));
};

template <>
struct Description<proto::ResetWorkflowFailureInfo> {
  using M = proto::ResetWorkflowFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.ResetWorkflowFailureInfo";
  static constexpr auto fields =
      codec::fields(field(1, "last_heartbeat_details", &M::last_heartbeat_details));
};

template <>
struct Description<proto::ActivityFailureInfo> {
  using M = proto::ActivityFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.ActivityFailureInfo";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id),
      field(2, "started_event_id", &M::started_event_id), field(3, "identity", &M::identity),
      field(4, "activity_type", &M::activity_type), field(5, "activity_id", &M::activity_id),
      field(6, "retry_state", &M::retry_state));
};

template <>
struct Description<proto::ChildWorkflowExecutionFailureInfo> {
  using M = proto::ChildWorkflowExecutionFailureInfo;
  static constexpr std::string_view name =
      "temporal.api.failure.v1.ChildWorkflowExecutionFailureInfo";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_execution", &M::workflow_execution),
      field(3, "workflow_type", &M::workflow_type),
      field(4, "initiated_event_id", &M::initiated_event_id),
      field(5, "started_event_id", &M::started_event_id), field(6, "retry_state", &M::retry_state));
};

template <>
struct Description<proto::NexusOperationFailureInfo> {
  using M = proto::NexusOperationFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.NexusOperationFailureInfo";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id), field(2, "endpoint", &M::endpoint),
      field(3, "service", &M::service), field(4, "operation", &M::operation),
      field(5, "operation_id", &M::operation_id), field(6, "operation_token", &M::operation_token));
};

template <>
struct Description<proto::NexusHandlerFailureInfo> {
  using M = proto::NexusHandlerFailureInfo;
  static constexpr std::string_view name = "temporal.api.failure.v1.NexusHandlerFailureInfo";
  static constexpr auto fields =
      codec::fields(field(1, "type", &M::type), field(2, "retry_behavior", &M::retry_behavior));
};

template <>
struct Description<proto::Failure> {
  using M = proto::Failure;
  static constexpr std::string_view name = "temporal.api.failure.v1.Failure";
  static constexpr auto fields = codec::fields(
      field(1, "message", &M::message), field(2, "source", &M::source),
      field(3, "stack_trace", &M::stack_trace), field(4, "cause", &M::cause),
      one_of(&M::info, alternative(5, "application_failure_info"),
             alternative(6, "timeout_failure_info"), alternative(7, "canceled_failure_info"),
             alternative(8, "terminated_failure_info"), alternative(9, "server_failure_info"),
             alternative(10, "reset_workflow_failure_info"),
             alternative(11, "activity_failure_info"),
             alternative(12, "child_workflow_execution_failure_info"),
             alternative(13, "nexus_operation_execution_failure_info"),
             alternative(14, "nexus_handler_failure_info")),
      field(20, "encoded_attributes", &M::encoded_attributes));
};

}  // namespace durasim::inline v0::codec
