// Temporal's event history (temporal.api.history.v1): what happened in a run, in order. Plain
// values; encodings are in core/encoding.hpp. A message that is large or rare is Boxed, which reads
// like std::optional.
#pragma once

#include "durasim/core/activity_events.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/enums.hpp"
#include "durasim/core/external_events.hpp"
#include "durasim/core/messages.hpp"
#include "durasim/core/workflow_events.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0 {

namespace proto {

// What an event of a type that this version does not know says: the whole event as JSON text. Only
// events that a worker may ignore are kept so; they cannot be written in wire format.
struct UnknownEvent {
  std::string json;
  bool operator==(const UnknownEvent&) const = default;
};

// What an event carries. The place of an alternative is the number of its EventType.
using EventAttributesVariant = std::variant<
    std::monostate, Boxed<WorkflowExecutionStartedEventAttributes>,
    WorkflowExecutionCompletedEventAttributes, WorkflowExecutionFailedEventAttributes,
    WorkflowExecutionTimedOutEventAttributes, WorkflowTaskScheduledEventAttributes,
    WorkflowTaskStartedEventAttributes, Boxed<WorkflowTaskCompletedEventAttributes>,
    WorkflowTaskTimedOutEventAttributes, Boxed<WorkflowTaskFailedEventAttributes>,
    Boxed<ActivityTaskScheduledEventAttributes>, ActivityTaskStartedEventAttributes,
    ActivityTaskCompletedEventAttributes, ActivityTaskFailedEventAttributes,
    ActivityTaskTimedOutEventAttributes, ActivityTaskCancelRequestedEventAttributes,
    ActivityTaskCanceledEventAttributes, TimerStartedEventAttributes, TimerFiredEventAttributes,
    TimerCanceledEventAttributes, WorkflowExecutionCancelRequestedEventAttributes,
    WorkflowExecutionCanceledEventAttributes,
    Boxed<RequestCancelExternalWorkflowExecutionInitiatedEventAttributes>,
    Boxed<RequestCancelExternalWorkflowExecutionFailedEventAttributes>,
    ExternalWorkflowExecutionCancelRequestedEventAttributes, Boxed<MarkerRecordedEventAttributes>,
    Boxed<WorkflowExecutionSignaledEventAttributes>, WorkflowExecutionTerminatedEventAttributes,
    Boxed<WorkflowExecutionContinuedAsNewEventAttributes>,
    Boxed<StartChildWorkflowExecutionInitiatedEventAttributes>,
    Boxed<StartChildWorkflowExecutionFailedEventAttributes>,
    Boxed<ChildWorkflowExecutionStartedEventAttributes>,
    Boxed<ChildWorkflowExecutionCompletedEventAttributes>,
    Boxed<ChildWorkflowExecutionFailedEventAttributes>,
    Boxed<ChildWorkflowExecutionCanceledEventAttributes>,
    Boxed<ChildWorkflowExecutionTimedOutEventAttributes>,
    Boxed<ChildWorkflowExecutionTerminatedEventAttributes>,
    Boxed<SignalExternalWorkflowExecutionInitiatedEventAttributes>,
    Boxed<SignalExternalWorkflowExecutionFailedEventAttributes>,
    Boxed<ExternalWorkflowExecutionSignaledEventAttributes>,
    UpsertWorkflowSearchAttributesEventAttributes, WorkflowExecutionUpdateAcceptedEventAttributes,
    WorkflowExecutionUpdateRejectedEventAttributes, WorkflowExecutionUpdateCompletedEventAttributes,
    Boxed<WorkflowPropertiesModifiedExternallyEventAttributes>,
    ActivityPropertiesModifiedExternallyEventAttributes, WorkflowPropertiesModifiedEventAttributes,
    WorkflowExecutionUpdateAdmittedEventAttributes, Boxed<NexusOperationScheduledEventAttributes>,
    NexusOperationStartedEventAttributes, Boxed<NexusOperationCompletedEventAttributes>,
    NexusOperationFailedEventAttributes, NexusOperationCanceledEventAttributes,
    NexusOperationTimedOutEventAttributes, NexusOperationCancelRequestedEventAttributes,
    WorkflowExecutionOptionsUpdatedEventAttributes,
    NexusOperationCancelRequestCompletedEventAttributes,
    NexusOperationCancelRequestFailedEventAttributes, WorkflowExecutionPausedEventAttributes,
    WorkflowExecutionUnpausedEventAttributes,
    WorkflowExecutionTimeSkippingTransitionedEventAttributes, UnknownEvent>;

using EventAttributes = OneOf<EventAttributesVariant>;
extern template class DURASIM_EXPORT_TEMPLATE OneOf<EventAttributesVariant>;

// temporal.api.history.v1.HistoryEvent
struct HistoryEvent {
  std::int64_t event_id = 0;
  std::optional<Timestamp> event_time;
  EventType event_type{};
  std::int64_t version = 0;
  std::int64_t task_id = 0;
  bool worker_may_ignore = false;
  Boxed<UserMetadata> user_metadata;
  std::vector<Link> links;
  Boxed<Principal> principal;
  std::vector<EventGroupMarker> event_group_markers;
  EventAttributes attributes;
  UnknownFields unknown_fields;
  bool operator==(const HistoryEvent&) const = default;

  // The attributes if they are an A (say, TimerFiredEventAttributes), else null.
  template <class A>
  [[nodiscard]] const A* attributes_if() const {
    return alternative_if<A>(attributes);
  }
  template <class A>
  [[nodiscard]] A* attributes_if() {
    return alternative_if<A>(attributes);
  }
};

// temporal.api.history.v1.History
struct History {
  std::vector<HistoryEvent> events;
  UnknownFields unknown_fields;
  bool operator==(const History&) const = default;
};

// The type of the events that carry an A.
template <class A>
inline constexpr EventType event_type_of =
    static_cast<EventType>(alternative_index<A, EventAttributesVariant>);

// An event that carries `attributes` and has their type; id and time are the caller's to set.
template <class A>
  requires is_held_by<A, EventAttributesVariant>
[[nodiscard]] HistoryEvent make_event(A&& attributes) {
  return {.event_time = {},
          .event_type = event_type_of<A>,
          .user_metadata = {},
          .links = {},
          .principal = {},
          .event_group_markers = {},
          .attributes = std::forward<A>(attributes),
          .unknown_fields = {}};
}

}  // namespace proto

}  // namespace durasim::inline v0
