// Temporal's commands (temporal.api.command.v1): what a workflow task asks the service to do. Plain
// values; encodings are in core/encoding.hpp.
#pragma once

#include "durasim/core/enums.hpp"
#include "durasim/core/messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0 {

namespace proto {

struct ScheduleActivityTaskCommandAttributes {
  std::string activity_id;
  std::optional<ActivityType> activity_type;
  std::optional<TaskQueue> task_queue;
  std::optional<Header> header;
  std::optional<Payloads> input;
  std::optional<ProtoDuration> schedule_to_close_timeout;
  std::optional<ProtoDuration> schedule_to_start_timeout;
  std::optional<ProtoDuration> start_to_close_timeout;
  std::optional<ProtoDuration> heartbeat_timeout;
  std::optional<RetryPolicy> retry_policy;
  bool request_eager_execution = false;
  bool use_workflow_build_id = false;
  Boxed<Priority> priority;
  UnknownFields unknown_fields;
  bool operator==(const ScheduleActivityTaskCommandAttributes&) const = default;
};

struct RequestCancelActivityTaskCommandAttributes {
  std::int64_t scheduled_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const RequestCancelActivityTaskCommandAttributes&) const = default;
};

struct StartTimerCommandAttributes {
  std::string timer_id;
  std::optional<ProtoDuration> start_to_fire_timeout;
  UnknownFields unknown_fields;
  bool operator==(const StartTimerCommandAttributes&) const = default;
};

struct CompleteWorkflowExecutionCommandAttributes {
  std::optional<Payloads> result;
  UnknownFields unknown_fields;
  bool operator==(const CompleteWorkflowExecutionCommandAttributes&) const = default;
};

struct FailWorkflowExecutionCommandAttributes {
  Boxed<Failure> failure;
  UnknownFields unknown_fields;
  bool operator==(const FailWorkflowExecutionCommandAttributes&) const = default;
};

struct CancelTimerCommandAttributes {
  std::string timer_id;
  UnknownFields unknown_fields;
  bool operator==(const CancelTimerCommandAttributes&) const = default;
};

struct CancelWorkflowExecutionCommandAttributes {
  std::optional<Payloads> details;
  UnknownFields unknown_fields;
  bool operator==(const CancelWorkflowExecutionCommandAttributes&) const = default;
};

struct RequestCancelExternalWorkflowExecutionCommandAttributes {
  std::string namespace_;
  std::string workflow_id;
  std::string run_id;
  std::string control;
  bool child_workflow_only = false;
  std::string reason;
  UnknownFields unknown_fields;
  bool operator==(const RequestCancelExternalWorkflowExecutionCommandAttributes&) const = default;
};

struct RecordMarkerCommandAttributes {
  std::string marker_name;
  std::map<std::string, Payloads> details;
  std::optional<Header> header;
  Boxed<Failure> failure;
  UnknownFields unknown_fields;
  bool operator==(const RecordMarkerCommandAttributes&) const = default;
};

struct ContinueAsNewWorkflowExecutionCommandAttributes {
  std::optional<WorkflowType> workflow_type;
  std::optional<TaskQueue> task_queue;
  std::optional<Payloads> input;
  std::optional<ProtoDuration> workflow_run_timeout;
  std::optional<ProtoDuration> workflow_task_timeout;
  std::optional<ProtoDuration> backoff_start_interval;
  std::optional<RetryPolicy> retry_policy;
  ContinueAsNewInitiator initiator{};
  Boxed<Failure> failure;
  std::optional<Payloads> last_completion_result;
  std::string cron_schedule;
  std::optional<Header> header;
  std::optional<Memo> memo;
  std::optional<SearchAttributes> search_attributes;
  bool inherit_build_id = false;
  ContinueAsNewVersioningBehavior initial_versioning_behavior{};
  UnknownFields unknown_fields;
  bool operator==(const ContinueAsNewWorkflowExecutionCommandAttributes&) const = default;
};

struct StartChildWorkflowExecutionCommandAttributes {
  std::string namespace_;
  std::string workflow_id;
  std::optional<WorkflowType> workflow_type;
  std::optional<TaskQueue> task_queue;
  std::optional<Payloads> input;
  std::optional<ProtoDuration> workflow_execution_timeout;
  std::optional<ProtoDuration> workflow_run_timeout;
  std::optional<ProtoDuration> workflow_task_timeout;
  ParentClosePolicy parent_close_policy{};
  std::string control;
  WorkflowIdReusePolicy workflow_id_reuse_policy{};
  std::optional<RetryPolicy> retry_policy;
  std::string cron_schedule;
  std::optional<Header> header;
  std::optional<Memo> memo;
  std::optional<SearchAttributes> search_attributes;
  bool inherit_build_id = false;
  Boxed<Priority> priority;
  Boxed<VersioningOverride> versioning_override;
  UnknownFields unknown_fields;
  bool operator==(const StartChildWorkflowExecutionCommandAttributes&) const = default;
};

struct SignalExternalWorkflowExecutionCommandAttributes {
  std::string namespace_;
  std::optional<WorkflowExecution> execution;
  std::string signal_name;
  std::optional<Payloads> input;
  std::string control;
  bool child_workflow_only = false;
  std::optional<Header> header;
  UnknownFields unknown_fields;
  bool operator==(const SignalExternalWorkflowExecutionCommandAttributes&) const = default;
};

struct UpsertWorkflowSearchAttributesCommandAttributes {
  std::optional<SearchAttributes> search_attributes;
  UnknownFields unknown_fields;
  bool operator==(const UpsertWorkflowSearchAttributesCommandAttributes&) const = default;
};

struct ProtocolMessageCommandAttributes {
  std::string message_id;
  UnknownFields unknown_fields;
  bool operator==(const ProtocolMessageCommandAttributes&) const = default;
};

struct ModifyWorkflowPropertiesCommandAttributes {
  std::optional<Memo> upserted_memo;
  UnknownFields unknown_fields;
  bool operator==(const ModifyWorkflowPropertiesCommandAttributes&) const = default;
};

struct ScheduleNexusOperationCommandAttributes {
  std::string endpoint;
  std::string service;
  std::string operation;
  std::optional<Payload> input;
  std::optional<ProtoDuration> schedule_to_close_timeout;
  std::map<std::string, std::string> nexus_header;
  std::optional<ProtoDuration> schedule_to_start_timeout;
  std::optional<ProtoDuration> start_to_close_timeout;
  UnknownFields unknown_fields;
  bool operator==(const ScheduleNexusOperationCommandAttributes&) const = default;
};

struct RequestCancelNexusOperationCommandAttributes {
  std::int64_t scheduled_event_id = 0;
  UnknownFields unknown_fields;
  bool operator==(const RequestCancelNexusOperationCommandAttributes&) const = default;
};

// What a command carries, in the order of CommandType.
using CommandAttributesVariant = std::variant<
    std::monostate, Boxed<ScheduleActivityTaskCommandAttributes>,
    RequestCancelActivityTaskCommandAttributes, StartTimerCommandAttributes,
    CompleteWorkflowExecutionCommandAttributes, FailWorkflowExecutionCommandAttributes,
    CancelTimerCommandAttributes, CancelWorkflowExecutionCommandAttributes,
    Boxed<RequestCancelExternalWorkflowExecutionCommandAttributes>, RecordMarkerCommandAttributes,
    Boxed<ContinueAsNewWorkflowExecutionCommandAttributes>,
    Boxed<StartChildWorkflowExecutionCommandAttributes>,
    Boxed<SignalExternalWorkflowExecutionCommandAttributes>,
    UpsertWorkflowSearchAttributesCommandAttributes, ProtocolMessageCommandAttributes,
    ModifyWorkflowPropertiesCommandAttributes, Boxed<ScheduleNexusOperationCommandAttributes>,
    RequestCancelNexusOperationCommandAttributes>;

extern template class DURASIM_EXPORT_TEMPLATE OneOf<CommandAttributesVariant>;

// temporal.api.command.v1.Command
struct Command {
  using Attributes = OneOf<CommandAttributesVariant>;

  CommandType command_type{};
  Boxed<UserMetadata> user_metadata;
  std::vector<EventGroupMarker> event_group_markers;
  Attributes attributes;
  UnknownFields unknown_fields;
  bool operator==(const Command&) const = default;

  // The attributes if they are an A (say, StartTimerCommandAttributes), else null.
  template <class A>
  [[nodiscard]] const A* attributes_if() const {
    return alternative_if<A>(attributes);
  }
  template <class A>
  [[nodiscard]] A* attributes_if() {
    return alternative_if<A>(attributes);
  }
};

// The type of the commands that carry an A. Temporal has given up the number 15.
template <class A>
inline constexpr CommandType command_type_of = [] {
  constexpr auto index = static_cast<std::int32_t>(alternative_index<A, CommandAttributesVariant>);
  return static_cast<CommandType>(index < 15 ? index : index + 1);
}();

// A command that carries `attributes` and has their type.
template <class A>
[[nodiscard]] Command make_command(A attributes) {
  Command command;
  command.command_type = command_type_of<A>;
  command.attributes = std::move(attributes);
  return command;
}

}  // namespace proto

}  // namespace durasim::inline v0
