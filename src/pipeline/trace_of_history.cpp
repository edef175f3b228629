// A run's history, read from its first event to the one that asks for the trace.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/core/message_values.hpp"

#include "pipeline/trace_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

WallTime instant_of(const proto::HistoryEvent& event) {
  return std::chrono::floor<std::chrono::milliseconds>(proto::to_time(event.event_time));
}

std::string message_of(const proto::Boxed<proto::Failure>& failure) {
  return failure ? failure->message : std::string();
}

// The steps by the events that scheduled them.
using Steps = std::map<std::int64_t, TraceStep>;

void end_step(Steps& steps, std::int64_t scheduled, TraceStepStatus status,
              const proto::HistoryEvent& event, std::string detail = {}) {
  const auto found = steps.find(scheduled);
  if (found == steps.end()) return;  // of an update_trace
  found->second.status = status;
  found->second.ended_at = instant_of(event);
  if (!detail.empty()) found->second.detail = std::move(detail);
}

void start_step(Steps& steps, const proto::ActivityTaskStartedEventAttributes& started,
                const proto::HistoryEvent& event) {
  const auto found = steps.find(started.scheduled_event_id);
  if (found == steps.end()) return;
  found->second.attempts = started.attempt;
  found->second.started_at = instant_of(event);
  found->second.detail = message_of(started.last_failure);
}

// An event is of one kind.
void read_step(Steps& steps, const proto::HistoryEvent& event) {
  using namespace proto;
  if (const auto* a = event.attributes_if<ActivityTaskScheduledEventAttributes>()) {
    const std::string name = a->activity_type ? a->activity_type->name : std::string();
    if (name != update_trace.name && name != update_script_trace.name) {
      steps[event.event_id] = {
          .event_id = event.event_id, .name = name, .scheduled_at = instant_of(event)};
    }
  }
  if (const auto* a = event.attributes_if<ActivityTaskStartedEventAttributes>())
    start_step(steps, *a, event);
  if (const auto* a = event.attributes_if<ActivityTaskCompletedEventAttributes>())
    end_step(steps, a->scheduled_event_id, TraceStepStatus::Completed, event);
  if (const auto* a = event.attributes_if<ActivityTaskFailedEventAttributes>())
    end_step(steps, a->scheduled_event_id, TraceStepStatus::Failed, event, message_of(a->failure));
  if (const auto* a = event.attributes_if<ActivityTaskTimedOutEventAttributes>()) {
    end_step(steps, a->scheduled_event_id, TraceStepStatus::TimedOut, event,
             message_of(a->failure));
  }
  if (const auto* a = event.attributes_if<ActivityTaskCanceledEventAttributes>())
    end_step(steps, a->scheduled_event_id, TraceStepStatus::Canceled, event);
  // What nobody waits for has no further event; all else has, which then counts.
  if (const auto* a = event.attributes_if<ActivityTaskCancelRequestedEventAttributes>())
    end_step(steps, a->scheduled_event_id, TraceStepStatus::Canceled, event);
}

// Nothing for events that are no rows of the trace.
std::optional<std::string> detail_of(const proto::HistoryEvent& event) {
  using namespace proto;
  if (const auto* a = event.attributes_if<WorkflowExecutionSignaledEventAttributes>())
    return a->signal_name;
  if (const auto* a = event.attributes_if<WorkflowExecutionCancelRequestedEventAttributes>())
    return a->cause;
  if (const auto* a = event.attributes_if<WorkflowTaskFailedEventAttributes>())
    return message_of(a->failure);
  if (const auto* a = event.attributes_if<WorkflowTaskTimedOutEventAttributes>())
    return to_string(a->timeout_type);
  return std::nullopt;
}

// Whether the event scheduled the activity that writes the trace.
bool is_this_update(const proto::HistoryEvent& event, std::string_view activity_id) {
  const auto* a = event.attributes_if<proto::ActivityTaskScheduledEventAttributes>();
  return a != nullptr && a->activity_id == activity_id;
}

// What closed the run says why.
std::string reason_of_end(const proto::HistoryEvent& last) {
  if (const auto* a = last.attributes_if<proto::WorkflowExecutionTerminatedEventAttributes>())
    return a->reason;
  if (const auto* a = last.attributes_if<proto::WorkflowExecutionFailedEventAttributes>()) {
    return a->failure && a->failure->cause ? a->failure->cause->message : message_of(a->failure);
  }
  return {};
}

// The events up to `last`, which is the trace's moment and itself no part of it.
Trace trace_up_to(std::span<const proto::HistoryEvent> before, const proto::HistoryEvent& last,
                  const TraceUpdate& update, const UrlOfArtifact& url) {
  Trace trace = trace_of(update, url);
  Steps steps;
  trace.run.revision = last.event_id;
  if (update.status != TraceStatus::Running) trace.run.ended_at = instant_of(last);
  for (const proto::HistoryEvent& event : before) {
    if (const auto* a = event.attributes_if<proto::WorkflowExecutionStartedEventAttributes>()) {
      trace.run.started_at = instant_of(event);
      if (a->workflow_type) trace.run.workflow_type = a->workflow_type->name;
    }
    read_step(steps, event);
    if (const auto detail = detail_of(event)) {
      trace.events.push_back(
          {event.event_id, instant_of(event), to_string(event.event_type), *detail});
    }
  }
  for (auto& [event, step] : steps) trace.steps.push_back(std::move(step));
  return trace;
}

}  // namespace

Trace trace_of(const proto::History& history, std::string_view activity_id,
               const TraceUpdate& update, const UrlOfArtifact& url) {
  const auto asks =
      std::ranges::find_if(history.events, [activity_id](const proto::HistoryEvent& event) {
        return is_this_update(event, activity_id);
      });
  if (asks == history.events.end())
    throw LogicError(fmt::format("no event schedules the activity {}", activity_id));
  return trace_up_to({history.events.begin(), asks}, *asks, update, url);
}

Trace trace_of_closed(const proto::History& history, TraceUpdate update, const UrlOfArtifact& url) {
  if (history.events.empty()) throw FormatError("a history without events");
  const proto::HistoryEvent& last = history.events.back();
  if (update.reason.empty()) update.reason = reason_of_end(last);
  Trace trace = trace_up_to(history.events, last, update, url);
  for (TraceStep& step : trace.steps) {
    if (step.status != TraceStepStatus::Open) continue;
    step.status = TraceStepStatus::Canceled;  // nobody waits for it any more
    step.ended_at = trace.run.ended_at;
  }
  return trace;
}

}  // namespace durasim::inline v0::pipeline
