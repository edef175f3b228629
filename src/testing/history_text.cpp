// The events that user code causes or waits for are shown with what they carry, others by name.
#include "testing/history_text.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/core/time.hpp"

#include "core/ascii_text.hpp"

#include <fmt/format.h>

#include <optional>

namespace durasim::inline v0::testing {

namespace {

constexpr std::size_t kLongestValue = 80;

std::string shown(const std::optional<proto::Payloads>& values) {
  std::string text;
  if (!values) return text;
  for (const Payload& payload : values->payloads) {
    const auto encoding = payload.metadata.find("encoding");
    const bool json = encoding != payload.metadata.end() && encoding->second == "json/plain";
    std::string value =
        json ? ascii_text(payload.data) : fmt::format("<{} bytes>", payload.data.size());
    if (value.size() > kLongestValue) value = value.substr(0, kLongestValue) + "...";
    text += (text.empty() ? "" : ", ") + value;
  }
  return text;
}

std::string shown(const proto::Failure* failure) {
  std::string text;
  for (; failure != nullptr; failure = failure->cause ? &*failure->cause : nullptr)
    text += (text.empty() ? "" : ": ") + ascii_text(failure->message);
  return text;
}

template <class T>
const T* pointer(const proto::Boxed<T>& boxed) {
  return boxed ? &*boxed : nullptr;
}

std::string of_activity(const proto::HistoryEvent& event) {
  using namespace proto;
  if (const auto* a = event.attributes_if<ActivityTaskScheduledEventAttributes>())
    return fmt::format("{}({}), activity {}", a->activity_type ? a->activity_type->name : "",
                       shown(a->input), a->activity_id);
  if (const auto* a = event.attributes_if<ActivityTaskStartedEventAttributes>())
    return fmt::format("of {}, attempt {}", a->scheduled_event_id, a->attempt);
  if (const auto* a = event.attributes_if<ActivityTaskCompletedEventAttributes>())
    return fmt::format("of {}: {}", a->scheduled_event_id, shown(a->result));
  if (const auto* a = event.attributes_if<ActivityTaskFailedEventAttributes>())
    return fmt::format("of {}: {}", a->scheduled_event_id, shown(pointer(a->failure)));
  if (const auto* a = event.attributes_if<ActivityTaskTimedOutEventAttributes>())
    return fmt::format("of {}: {}", a->scheduled_event_id, shown(pointer(a->failure)));
  if (const auto* a = event.attributes_if<ActivityTaskCancelRequestedEventAttributes>())
    return fmt::format("of {}", a->scheduled_event_id);
  if (const auto* a = event.attributes_if<ActivityTaskCanceledEventAttributes>())
    return fmt::format("of {}", a->scheduled_event_id);
  return {};
}

std::string of_workflow(const proto::HistoryEvent& event) {
  using namespace proto;
  if (const auto* a = event.attributes_if<WorkflowExecutionStartedEventAttributes>())
    return fmt::format("{}({})", a->workflow_type ? a->workflow_type->name : "", shown(a->input));
  if (const auto* a = event.attributes_if<WorkflowExecutionCompletedEventAttributes>())
    return shown(a->result);
  if (const auto* a = event.attributes_if<WorkflowExecutionFailedEventAttributes>())
    return shown(pointer(a->failure));
  if (const auto* a = event.attributes_if<WorkflowExecutionTerminatedEventAttributes>())
    return a->reason;
  if (const auto* a = event.attributes_if<WorkflowExecutionSignaledEventAttributes>())
    return fmt::format("{}({})", a->signal_name, shown(a->input));
  if (const auto* a = event.attributes_if<WorkflowExecutionCancelRequestedEventAttributes>())
    return a->cause;
  if (const auto* a = event.attributes_if<WorkflowTaskFailedEventAttributes>())
    return shown(pointer(a->failure));
  if (const auto* a = event.attributes_if<TimerStartedEventAttributes>())
    return fmt::format("timer {}, {} s", a->timer_id,
                       Seconds(to_duration(a->start_to_fire_timeout)).count());
  if (const auto* a = event.attributes_if<TimerFiredEventAttributes>())
    return fmt::format("of {}", a->started_event_id);
  if (const auto* a = event.attributes_if<TimerCanceledEventAttributes>())
    return fmt::format("of {}", a->started_event_id);
  return {};
}

}  // namespace

std::string history_text(const proto::History& history) {
  std::string text;
  for (const proto::HistoryEvent& event : history.events) {
    std::string detail = of_activity(event);
    if (detail.empty()) detail = ascii_text(of_workflow(event));
    text += fmt::format("  {:>5}  {}  {}{}{}\n", event.event_id,
                        to_rfc3339(proto::to_time(event.event_time)), to_string(event.event_type),
                        detail.empty() ? "" : "  ", detail);
  }
  return text;
}

}  // namespace durasim::inline v0::testing
