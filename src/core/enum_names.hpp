// Names of Temporal's enumerators: "EVENT_TYPE_TIMER_FIRED" in canonical JSON, "TimerFired" in
// messages for people and in histories of old tools.
#pragma once

#include "durasim/core/encoding.hpp"
#include "durasim/core/enums.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace durasim::inline v0::codec {

struct EnumName {
  template <class E>
  constexpr EnumName(E value, std::string_view text)
      : number(static_cast<std::int32_t>(value)), name(text) {}
  std::int32_t number;
  std::string_view name;  // without the prefix that all have: "TIMER_FIRED"
};

struct EnumTable {
  std::string_view type;            // "temporal.api.enums.v1.EventType"
  std::string_view prefix;          // "EVENT_TYPE_"
  std::span<const EnumName> names;  // numbers ascend
  std::string_view old_prefix{};    // which some recorded histories have instead
};

// "EVENT_TYPE_TIMER_FIRED", or nothing for a number without a name.
DURASIM_EXPORT std::string full_name(const EnumTable& table, std::int32_t number);
// "TimerFired", or "EventType(99)".
DURASIM_EXPORT std::string short_name(const EnumTable& table, std::int32_t number);
// The number of a full name or of "TimerFired".
DURASIM_EXPORT std::optional<std::int32_t> number_of(const EnumTable& table, std::string_view name);

// The table of an enumeration, chosen by its type; the value does not matter.
DURASIM_EXPORT const EnumTable& enum_table(EventType);
DURASIM_EXPORT const EnumTable& enum_table(CommandType);
DURASIM_EXPORT const EnumTable& enum_table(TimeoutType);
DURASIM_EXPORT const EnumTable& enum_table(RetryState);
DURASIM_EXPORT const EnumTable& enum_table(ApplicationErrorCategory);
DURASIM_EXPORT const EnumTable& enum_table(WorkflowTaskFailedCause);
DURASIM_EXPORT const EnumTable& enum_table(ActivityTaskFailedCause);
DURASIM_EXPORT const EnumTable& enum_table(ContinueAsNewInitiator);
DURASIM_EXPORT const EnumTable& enum_table(ParentClosePolicy);
DURASIM_EXPORT const EnumTable& enum_table(WorkflowIdReusePolicy);
DURASIM_EXPORT const EnumTable& enum_table(TaskQueueKind);
DURASIM_EXPORT const EnumTable& enum_table(CancelExternalWorkflowExecutionFailedCause);
DURASIM_EXPORT const EnumTable& enum_table(ContinueAsNewVersioningBehavior);
DURASIM_EXPORT const EnumTable& enum_table(ExecutionType);
DURASIM_EXPORT const EnumTable& enum_table(NexusHandlerErrorRetryBehavior);
DURASIM_EXPORT const EnumTable& enum_table(PinnedOverrideBehavior);
DURASIM_EXPORT const EnumTable& enum_table(SignalExternalWorkflowExecutionFailedCause);
DURASIM_EXPORT const EnumTable& enum_table(StartChildWorkflowExecutionFailedCause);
DURASIM_EXPORT const EnumTable& enum_table(SuggestContinueAsNewReason);
DURASIM_EXPORT const EnumTable& enum_table(UpdateAdmittedEventOrigin);
DURASIM_EXPORT const EnumTable& enum_table(VersioningBehavior);

}  // namespace durasim::inline v0::codec
