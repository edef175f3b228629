// Names and field numbers of the messages that events and commands share, checked against
// Temporal's own descriptors by a test.
#pragma once

#include "durasim/core/messages.hpp"

#include "core/describe_failure.hpp"
#include "core/describe_versioning.hpp"

#include <string_view>

namespace durasim::inline v0::codec {

template <>
struct Description<proto::UserMetadata> {
  using M = proto::UserMetadata;
  static constexpr std::string_view name = "temporal.api.sdk.v1.UserMetadata";
  static constexpr auto fields =
      codec::fields(field(1, "summary", &M::summary), field(2, "details", &M::details));
};

template <>
struct Description<proto::Execution> {
  using M = proto::Execution;
  static constexpr std::string_view name = "temporal.api.common.v1.Execution";
  static constexpr auto fields =
      codec::fields(field(1, "type", &M::type), field(2, "business_id", &M::business_id),
                    field(3, "run_id", &M::run_id));
};

template <>
struct Description<proto::Link::WorkflowEvent::EventReference> {
  using M = proto::Link::WorkflowEvent::EventReference;
  static constexpr std::string_view name =
      "temporal.api.common.v1.Link.WorkflowEvent.EventReference";
  static constexpr auto fields =
      codec::fields(field(1, "event_id", &M::event_id), field(2, "event_type", &M::event_type));
};

template <>
struct Description<proto::Link::WorkflowEvent::RequestIdReference> {
  using M = proto::Link::WorkflowEvent::RequestIdReference;
  static constexpr std::string_view name =
      "temporal.api.common.v1.Link.WorkflowEvent.RequestIdReference";
  static constexpr auto fields =
      codec::fields(field(1, "request_id", &M::request_id), field(2, "event_type", &M::event_type));
};

template <>
struct Description<proto::Link::WorkflowEvent> {
  using M = proto::Link::WorkflowEvent;
  static constexpr std::string_view name = "temporal.api.common.v1.Link.WorkflowEvent";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "workflow_id", &M::workflow_id),
      field(3, "run_id", &M::run_id),
      one_of(&M::reference, alternative(100, "event_ref"), alternative(101, "request_id_ref")));
};

template <>
struct Description<proto::Link::BatchJob> {
  using M = proto::Link::BatchJob;
  static constexpr std::string_view name = "temporal.api.common.v1.Link.BatchJob";
  static constexpr auto fields = codec::fields(field(1, "job_id", &M::job_id));
};

template <>
struct Description<proto::Link::Activity> {
  using M = proto::Link::Activity;
  static constexpr std::string_view name = "temporal.api.common.v1.Link.Activity";
  static constexpr auto fields =
      codec::fields(field(1, "namespace", &M::namespace_), field(2, "activity_id", &M::activity_id),
                    field(3, "run_id", &M::run_id));
};

template <>
struct Description<proto::Link::NexusOperation> {
  using M = proto::Link::NexusOperation;
  static constexpr std::string_view name = "temporal.api.common.v1.Link.NexusOperation";
  static constexpr auto fields =
      codec::fields(field(1, "namespace", &M::namespace_),
                    field(2, "operation_id", &M::operation_id), field(3, "run_id", &M::run_id));
};

template <>
struct Description<proto::Link::Workflow> {
  using M = proto::Link::Workflow;
  static constexpr std::string_view name = "temporal.api.common.v1.Link.Workflow";
  static constexpr auto fields =
      codec::fields(field(1, "namespace", &M::namespace_), field(2, "workflow_id", &M::workflow_id),
                    field(3, "run_id", &M::run_id), field(4, "reason", &M::reason));
};

template <>
struct Description<proto::Link::Callback> {
  using M = proto::Link::Callback;
  static constexpr std::string_view name = "temporal.api.common.v1.Link.Callback";
  static constexpr auto fields = codec::fields(
      field(1, "namespace", &M::namespace_), field(2, "execution", &M::execution),
      field(3, "component_path", &M::component_path), field(4, "request_id", &M::request_id));
};

template <>
struct Description<proto::Link> {
  using M = proto::Link;
  static constexpr std::string_view name = "temporal.api.common.v1.Link";
  static constexpr auto fields = codec::fields(
      one_of(&M::variant, alternative(1, "workflow_event"), alternative(2, "batch_job"),
             alternative(3, "activity"), alternative(4, "nexus_operation"),
             alternative(5, "workflow"), alternative(6, "callback")));
};

template <>
struct Description<proto::Principal> {
  using M = proto::Principal;
  static constexpr std::string_view name = "temporal.api.common.v1.Principal";
  static constexpr auto fields =
      codec::fields(field(1, "type", &M::type), field(2, "name", &M::name));
};

template <>
struct Description<proto::EventGroupMarker::Label> {
  using M = proto::EventGroupMarker::Label;
  static constexpr std::string_view name = "temporal.api.sdk.v1.EventGroupMarker.Label";
  static constexpr auto fields =
      codec::fields(field(1, "id", &M::id), field(2, "label", &M::label));
};

template <>
struct Description<proto::EventGroupMarker::InboundEvent> {
  using M = proto::EventGroupMarker::InboundEvent;
  static constexpr std::string_view name = "temporal.api.sdk.v1.EventGroupMarker.InboundEvent";
  static constexpr auto fields = codec::fields(field(1, "inbound_event_id", &M::inbound_event_id));
};

template <>
struct Description<proto::EventGroupMarker::InboundUpdate> {
  using M = proto::EventGroupMarker::InboundUpdate;
  static constexpr std::string_view name = "temporal.api.sdk.v1.EventGroupMarker.InboundUpdate";
  static constexpr auto fields =
      codec::fields(field(1, "inbound_update_id", &M::inbound_update_id));
};

template <>
struct Description<proto::EventGroupMarker> {
  using M = proto::EventGroupMarker;
  static constexpr std::string_view name = "temporal.api.sdk.v1.EventGroupMarker";
  static constexpr auto fields =
      codec::fields(one_of(&M::variant, alternative(1, "label"), alternative(2, "inbound_event"),
                           alternative(3, "inbound_update")));
};

template <>
struct Description<proto::TaskQueue> {
  using M = proto::TaskQueue;
  static constexpr std::string_view name = "temporal.api.taskqueue.v1.TaskQueue";
  static constexpr auto fields =
      codec::fields(field(1, "name", &M::name), field(2, "kind", &M::kind),
                    field(3, "normal_name", &M::normal_name));
};

template <>
struct Description<proto::RetryPolicy> {
  using M = proto::RetryPolicy;
  static constexpr std::string_view name = "temporal.api.common.v1.RetryPolicy";
  static constexpr auto fields =
      codec::fields(field(1, "initial_interval", &M::initial_interval),
                    field(2, "backoff_coefficient", &M::backoff_coefficient),
                    field(3, "maximum_interval", &M::maximum_interval),
                    field(4, "maximum_attempts", &M::maximum_attempts),
                    field(5, "non_retryable_error_types", &M::non_retryable_error_types));
};

template <>
struct Description<proto::Memo> {
  using M = proto::Memo;
  static constexpr std::string_view name = "temporal.api.common.v1.Memo";
  static constexpr auto fields = codec::fields(field(1, "fields", &M::fields));
};

template <>
struct Description<proto::SearchAttributes> {
  using M = proto::SearchAttributes;
  static constexpr std::string_view name = "temporal.api.common.v1.SearchAttributes";
  static constexpr auto fields = codec::fields(field(1, "indexed_fields", &M::indexed_fields));
};

template <>
struct Description<proto::ResetPointInfo> {
  using M = proto::ResetPointInfo;
  static constexpr std::string_view name = "temporal.api.workflow.v1.ResetPointInfo";
  static constexpr auto fields = codec::fields(
      field(1, "binary_checksum", &M::binary_checksum), field(2, "run_id", &M::run_id),
      field(3, "first_workflow_task_completed_id", &M::first_workflow_task_completed_id),
      field(4, "create_time", &M::create_time), field(5, "expire_time", &M::expire_time),
      field(6, "resettable", &M::resettable), field(7, "build_id", &M::build_id));
};

template <>
struct Description<proto::ResetPoints> {
  using M = proto::ResetPoints;
  static constexpr std::string_view name = "temporal.api.workflow.v1.ResetPoints";
  static constexpr auto fields = codec::fields(field(1, "points", &M::points));
};

template <>
struct Description<proto::Header> {
  using M = proto::Header;
  static constexpr std::string_view name = "temporal.api.common.v1.Header";
  static constexpr auto fields = codec::fields(field(1, "fields", &M::fields));
};

template <>
struct Description<proto::WorkerVersionStamp> {
  using M = proto::WorkerVersionStamp;
  static constexpr std::string_view name = "temporal.api.common.v1.WorkerVersionStamp";
  static constexpr auto fields = codec::fields(field(1, "build_id", &M::build_id),
                                               field(3, "use_versioning", &M::use_versioning));
};

template <>
struct Description<proto::Callback::Nexus> {
  using M = proto::Callback::Nexus;
  static constexpr std::string_view name = "temporal.api.common.v1.Callback.Nexus";
  static constexpr auto fields =
      codec::fields(field(1, "url", &M::url), field(2, "header", &M::header));
};

template <>
struct Description<proto::Callback::Internal> {
  using M = proto::Callback::Internal;
  static constexpr std::string_view name = "temporal.api.common.v1.Callback.Internal";
  static constexpr auto fields = codec::fields(bytes(1, "data", &M::data));
};

template <>
struct Description<proto::Callback::NexusHandler> {
  using M = proto::Callback::NexusHandler;
  static constexpr std::string_view name = "temporal.api.common.v1.Callback.NexusHandler";
  static constexpr auto fields = codec::fields(
      field(1, "task_queue_name", &M::task_queue_name), field(2, "service", &M::service),
      field(3, "operation", &M::operation), field(4, "source_context", &M::source_context));
};

template <>
struct Description<proto::Callback> {
  using M = proto::Callback;
  static constexpr std::string_view name = "temporal.api.common.v1.Callback";
  static constexpr auto fields =
      codec::fields(one_of(&M::variant, alternative(2, "nexus"), alternative(3, "internal"),
                           alternative(4, "nexus_handler")),
                    field(100, "links", &M::links));
};

template <>
struct Description<proto::WorkflowTaskCompletedMetadata> {
  using M = proto::WorkflowTaskCompletedMetadata;
  static constexpr std::string_view name = "temporal.api.sdk.v1.WorkflowTaskCompletedMetadata";
  static constexpr auto fields =
      codec::fields(field(1, "core_used_flags", &M::core_used_flags),
                    field(2, "lang_used_flags", &M::lang_used_flags),
                    field(3, "sdk_name", &M::sdk_name), field(4, "sdk_version", &M::sdk_version));
};

template <>
struct Description<proto::MeteringMetadata> {
  using M = proto::MeteringMetadata;
  static constexpr std::string_view name = "temporal.api.common.v1.MeteringMetadata";
  static constexpr auto fields =
      codec::fields(field(13, "nonfirst_local_activity_execution_attempts",
                          &M::nonfirst_local_activity_execution_attempts));
};

template <>
struct Description<proto::UpdateMeta> {
  using M = proto::UpdateMeta;
  static constexpr std::string_view name = "temporal.api.update.v1.Meta";
  static constexpr auto fields =
      codec::fields(field(1, "update_id", &M::update_id), field(2, "identity", &M::identity));
};

template <>
struct Description<proto::UpdateInput> {
  using M = proto::UpdateInput;
  static constexpr std::string_view name = "temporal.api.update.v1.Input";
  static constexpr auto fields = codec::fields(
      field(1, "header", &M::header), field(2, "name", &M::name), field(3, "args", &M::args));
};

template <>
struct Description<proto::UpdateRequest> {
  using M = proto::UpdateRequest;
  static constexpr std::string_view name = "temporal.api.update.v1.Request";
  static constexpr auto fields = codec::fields(
      field(1, "meta", &M::meta), field(2, "input", &M::input),
      field(3, "request_id", &M::request_id),
      field(4, "completion_callbacks", &M::completion_callbacks), field(5, "links", &M::links),
      field(6, "propagated_nexus_serialization_context",
            &M::propagated_nexus_serialization_context));
};

template <>
struct Description<proto::UpdateOutcome> {
  using M = proto::UpdateOutcome;
  static constexpr std::string_view name = "temporal.api.update.v1.Outcome";
  static constexpr auto fields =
      codec::fields(one_of(&M::value, alternative(1, "success"), alternative(2, "failure")));
};

}  // namespace durasim::inline v0::codec
