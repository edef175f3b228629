// Messages that events and commands share: temporal.api.common.v1 and its neighbours (taskqueue,
// deployment, sdk, update, nexus, workflow). Members are named as in Temporal's .proto files, where
// their meaning is documented; a name that is a keyword of C++ ends in `_`. Update* are Temporal's
// update.v1.Request, Meta, Input and Outcome.
#pragma once

#include "durasim/core/enums.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/core/message_parts.hpp"
#include "durasim/core/payload.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace durasim::inline v0 {

namespace proto {

struct UserMetadata {
  std::optional<Payload> summary;
  std::optional<Payload> details;
  UnknownFields unknown_fields;
  bool operator==(const UserMetadata&) const = default;
};

struct Execution {
  ExecutionType type{};
  std::string business_id;
  std::string run_id;
  UnknownFields unknown_fields;
  bool operator==(const Execution&) const = default;
};

struct Link {
  struct WorkflowEvent {
    struct EventReference {
      std::int64_t event_id = 0;
      EventType event_type{};
      UnknownFields unknown_fields;
      bool operator==(const EventReference&) const = default;
    };
    struct RequestIdReference {
      std::string request_id;
      EventType event_type{};
      UnknownFields unknown_fields;
      bool operator==(const RequestIdReference&) const = default;
    };
    std::string namespace_;
    std::string workflow_id;
    std::string run_id;
    std::variant<std::monostate, EventReference, RequestIdReference> reference;
    UnknownFields unknown_fields;
    bool operator==(const WorkflowEvent&) const = default;
  };
  struct BatchJob {
    std::string job_id;
    UnknownFields unknown_fields;
    bool operator==(const BatchJob&) const = default;
  };
  struct Activity {
    std::string namespace_;
    std::string activity_id;
    std::string run_id;
    UnknownFields unknown_fields;
    bool operator==(const Activity&) const = default;
  };
  struct NexusOperation {
    std::string namespace_;
    std::string operation_id;
    std::string run_id;
    UnknownFields unknown_fields;
    bool operator==(const NexusOperation&) const = default;
  };
  struct Workflow {
    std::string namespace_;
    std::string workflow_id;
    std::string run_id;
    std::string reason;
    UnknownFields unknown_fields;
    bool operator==(const Workflow&) const = default;
  };
  struct Callback {
    std::string namespace_;
    std::optional<Execution> execution;
    std::vector<std::string> component_path;
    std::string request_id;
    UnknownFields unknown_fields;
    bool operator==(const Callback&) const = default;
  };
  using Variant = std::variant<std::monostate, WorkflowEvent, BatchJob, Activity, NexusOperation,
                               Workflow, Callback>;
  OneOf<Variant> variant;
  UnknownFields unknown_fields;
  bool operator==(const Link&) const = default;
};
extern template class DURASIM_EXPORT_TEMPLATE OneOf<Link::Variant>;

struct Principal {
  std::string type;
  std::string name;
  UnknownFields unknown_fields;
  bool operator==(const Principal&) const = default;
};

struct EventGroupMarker {
  struct Label {
    std::string id;
    std::optional<Payload> label;
    UnknownFields unknown_fields;
    bool operator==(const Label&) const = default;
  };
  struct InboundEvent {
    std::int64_t inbound_event_id = 0;
    UnknownFields unknown_fields;
    bool operator==(const InboundEvent&) const = default;
  };
  struct InboundUpdate {
    std::string inbound_update_id;
    UnknownFields unknown_fields;
    bool operator==(const InboundUpdate&) const = default;
  };
  using Variant = std::variant<std::monostate, Label, InboundEvent, InboundUpdate>;
  OneOf<Variant> variant;
  UnknownFields unknown_fields;
  bool operator==(const EventGroupMarker&) const = default;
};
extern template class DURASIM_EXPORT_TEMPLATE OneOf<EventGroupMarker::Variant>;

struct TaskQueue {
  std::string name;
  TaskQueueKind kind{};
  std::string normal_name;
  UnknownFields unknown_fields;
  bool operator==(const TaskQueue&) const = default;
};

struct RetryPolicy {
  std::optional<ProtoDuration> initial_interval;
  double backoff_coefficient = 0;
  std::optional<ProtoDuration> maximum_interval;
  std::int32_t maximum_attempts = 0;
  std::vector<std::string> non_retryable_error_types;
  UnknownFields unknown_fields;
  bool operator==(const RetryPolicy&) const = default;
};

struct Memo {
  std::map<std::string, Payload> fields;
  UnknownFields unknown_fields;
  bool operator==(const Memo&) const = default;
};

struct SearchAttributes {
  std::map<std::string, Payload> indexed_fields;
  UnknownFields unknown_fields;
  bool operator==(const SearchAttributes&) const = default;
};

struct ResetPointInfo {
  std::string build_id;
  std::string binary_checksum;
  std::string run_id;
  std::int64_t first_workflow_task_completed_id = 0;
  std::optional<Timestamp> create_time;
  std::optional<Timestamp> expire_time;
  bool resettable = false;
  UnknownFields unknown_fields;
  bool operator==(const ResetPointInfo&) const = default;
};

struct ResetPoints {
  std::vector<ResetPointInfo> points;
  UnknownFields unknown_fields;
  bool operator==(const ResetPoints&) const = default;
};

struct Header {
  std::map<std::string, Payload> fields;
  UnknownFields unknown_fields;
  bool operator==(const Header&) const = default;
};

struct WorkerVersionStamp {
  std::string build_id;
  bool use_versioning = false;
  UnknownFields unknown_fields;
  bool operator==(const WorkerVersionStamp&) const = default;
};

struct Callback {
  struct Nexus {
    std::string url;
    std::map<std::string, std::string> header;
    UnknownFields unknown_fields;
    bool operator==(const Nexus&) const = default;
  };
  struct Internal {
    std::string data;
    UnknownFields unknown_fields;
    bool operator==(const Internal&) const = default;
  };
  struct NexusHandler {
    std::string task_queue_name;
    std::string service;
    std::string operation;
    std::optional<Payload> source_context;
    UnknownFields unknown_fields;
    bool operator==(const NexusHandler&) const = default;
  };
  using Variant = std::variant<std::monostate, Nexus, Internal, NexusHandler>;
  OneOf<Variant> variant;
  std::vector<Link> links;
  UnknownFields unknown_fields;
  bool operator==(const Callback&) const = default;
};
extern template class DURASIM_EXPORT_TEMPLATE OneOf<Callback::Variant>;

struct WorkerDeploymentVersion {
  std::string build_id;
  std::string deployment_name;
  UnknownFields unknown_fields;
  bool operator==(const WorkerDeploymentVersion&) const = default;
};

struct Deployment {
  std::string series_name;
  std::string build_id;
  UnknownFields unknown_fields;
  bool operator==(const Deployment&) const = default;
};

struct VersioningOverride {
  struct PinnedOverride {
    PinnedOverrideBehavior behavior{};
    Boxed<WorkerDeploymentVersion> version;
    UnknownFields unknown_fields;
    bool operator==(const PinnedOverride&) const = default;
  };
  struct OneTimeOverride {
    Boxed<WorkerDeploymentVersion> target_deployment_version;
    UnknownFields unknown_fields;
    bool operator==(const OneTimeOverride&) const = default;
  };
  using Variant = std::variant<std::monostate, PinnedOverride, bool, OneTimeOverride>;
  OneOf<Variant> override;
  VersioningBehavior behavior{};
  Boxed<Deployment> deployment;
  std::string pinned_version;
  UnknownFields unknown_fields;
  bool operator==(const VersioningOverride&) const = default;
};
extern template class DURASIM_EXPORT_TEMPLATE OneOf<VersioningOverride::Variant>;

struct Priority {
  std::int32_t priority_key = 0;
  std::string fairness_key;
  float fairness_weight = 0;
  UnknownFields unknown_fields;
  bool operator==(const Priority&) const = default;
};

struct InheritedAutoUpgradeInfo {
  Boxed<WorkerDeploymentVersion> source_deployment_version;
  std::int64_t source_deployment_revision_number = 0;
  ContinueAsNewVersioningBehavior continue_as_new_initial_versioning_behavior{};
  UnknownFields unknown_fields;
  bool operator==(const InheritedAutoUpgradeInfo&) const = default;
};

struct DeclinedTargetVersionUpgrade {
  Boxed<WorkerDeploymentVersion> deployment_version;
  std::int64_t revision_number = 0;
  UnknownFields unknown_fields;
  bool operator==(const DeclinedTargetVersionUpgrade&) const = default;
};

struct FastForwardConfig {
  std::string id;
  std::optional<ProtoDuration> duration;
  UnknownFields unknown_fields;
  bool operator==(const FastForwardConfig&) const = default;
};

struct TimeSkippingConfig {
  bool enabled = false;
  Boxed<FastForwardConfig> fast_forward_config;
  bool disable_propagation = false;
  std::int32_t max_session_skip_count = 0;
  UnknownFields unknown_fields;
  bool operator==(const TimeSkippingConfig&) const = default;
};

struct TimeSkippingStatePropagation {
  std::optional<ProtoDuration> initial_skipped_duration;
  std::optional<Timestamp> fast_forward_target_time;
  std::int32_t initial_skip_count = 0;
  UnknownFields unknown_fields;
  bool operator==(const TimeSkippingStatePropagation&) const = default;
};

struct PropagatedSerializationContext {
  std::string endpoint;
  std::string service;
  std::string operation;
  UnknownFields unknown_fields;
  bool operator==(const PropagatedSerializationContext&) const = default;
};

struct WorkflowTaskCompletedMetadata {
  std::vector<std::uint32_t> core_used_flags;
  std::vector<std::uint32_t> lang_used_flags;
  std::string sdk_name;
  std::string sdk_version;
  UnknownFields unknown_fields;
  bool operator==(const WorkflowTaskCompletedMetadata&) const = default;
};

struct MeteringMetadata {
  std::uint32_t nonfirst_local_activity_execution_attempts = 0;
  UnknownFields unknown_fields;
  bool operator==(const MeteringMetadata&) const = default;
};

struct UpdateMeta {
  std::string update_id;
  std::string identity;
  UnknownFields unknown_fields;
  bool operator==(const UpdateMeta&) const = default;
};

struct UpdateInput {
  std::optional<Header> header;
  std::string name;
  std::optional<Payloads> args;
  UnknownFields unknown_fields;
  bool operator==(const UpdateInput&) const = default;
};

struct UpdateRequest {
  std::optional<UpdateMeta> meta;
  std::optional<UpdateInput> input;
  std::string request_id;
  std::vector<Callback> completion_callbacks;
  std::vector<Link> links;
  Boxed<PropagatedSerializationContext> propagated_nexus_serialization_context;
  UnknownFields unknown_fields;
  bool operator==(const UpdateRequest&) const = default;
};

struct UpdateOutcome {
  std::variant<std::monostate, Payloads, Boxed<Failure>> value;
  UnknownFields unknown_fields;
  bool operator==(const UpdateOutcome&) const = default;
};

}  // namespace proto

}  // namespace durasim::inline v0
