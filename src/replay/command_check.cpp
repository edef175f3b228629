// Field by field, one function per kind of command.
#include "replay/command_check.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace durasim::inline v0::replay {

namespace {

using namespace proto;
using durasim::ActivationJob;
using durasim::RetryPolicy;

std::string quote(std::string_view text) {
  return fmt::format("\"{}\"", text);
}
std::string show(Duration duration) {
  return fmt::format("{} s", std::chrono::duration<double>(duration).count());
}
// Payloads as one would read them: text encodings literally, the rest by size.
std::string show(const PayloadList& list) {
  std::string text;
  for (const Payload& payload : list) {
    const auto encoding = payload.metadata.find("encoding");
    const bool readable =
        encoding != payload.metadata.end() && encoding->second.starts_with("json/");
    if (!text.empty()) text += ", ";
    text += readable && payload.data.size() <= 200 ? payload.data
                                                   : fmt::format("<{} bytes>", payload.data.size());
  }
  return text.empty() ? "nothing" : text;
}
std::string show(const RetryPolicy& policy) {
  return fmt::format("{{initial {}, coefficient {}, maximum {}, attempts {}, {} types}}",
                     show(policy.initial_interval), policy.backoff_coefficient,
                     show(policy.maximum_interval), policy.maximum_attempts,
                     policy.non_retryable_error_types.size());
}

class Comparison {
 public:
  explicit Comparison(const HistoryEvent& event) : event_(event) {}

  void must_equal(std::string field, std::string_view expected, std::string_view actual) {
    if (expected != actual) add(result_.fatal, std::move(field), quote(expected), quote(actual));
  }
  template <class T>
  void should_equal(std::string field, const T& expected, const T& actual) {
    if (!(expected == actual)) add(result_.warning, std::move(field), show(expected), show(actual));
  }
  void must_be(bool same, std::string field, std::string expected, std::string actual) {
    if (!same) add(result_.fatal, std::move(field), std::move(expected), std::move(actual));
  }
  Differences take() { return std::move(result_); }

 private:
  void add(std::vector<Mismatch>& to, std::string field, std::string expected,
           std::string actual) const {
    to.push_back({event_.event_id, to_string(event_.event_type), std::move(field),
                  std::move(expected), std::move(actual)});
  }
  const HistoryEvent& event_;
  Differences result_;
};

void check(Comparison& c, const TimerStartedEventAttributes& event,
           const StartTimerCommand& command) {
  c.must_equal("timer_id", event.timer_id, std::to_string(command.seq));
  c.should_equal("start_to_fire_timeout", to_duration(event.start_to_fire_timeout),
                 command.start_to_fire_timeout);
}

void check(Comparison& c, const ActivityTaskScheduledEventAttributes& event,
           const ScheduleActivityCommand& command) {
  c.must_equal("activity_id", event.activity_id, command.activity_id);
  c.must_equal("activity_type", event.activity_type ? event.activity_type->name : "",
               command.activity_type);
  c.should_equal("input", to_list(event.input), command.arguments);
  // The engine fills in and clamps timeouts that the code left open; what it set shows as it was
  // set.
  if (command.start_to_close_timeout != Duration::zero() &&
      to_duration(event.start_to_close_timeout) > command.start_to_close_timeout) {
    c.should_equal("start_to_close_timeout", to_duration(event.start_to_close_timeout),
                   command.start_to_close_timeout);
  }
  if (event.retry_policy) {
    const RetryPolicy recorded = to_policy(*event.retry_policy);
    RetryPolicy issued = command.retry_policy.value_or(RetryPolicy{});
    // Recorded as it was resolved.
    if (issued.maximum_interval == Duration::zero())
      issued.maximum_interval = recorded.maximum_interval;
    c.should_equal("retry_policy", recorded, issued);
  }
}

void check(Comparison& c, const SignalExternalWorkflowExecutionInitiatedEventAttributes& event,
           const SignalExternalWorkflowCommand& command) {
  c.must_equal("workflow_id", event.workflow_execution ? event.workflow_execution->workflow_id : "",
               command.workflow_id);
  c.must_equal("signal_name", event.signal_name, command.signal_name);
  c.should_equal("input", to_list(event.input), command.arguments);
}

void check(Comparison& c,
           const RequestCancelExternalWorkflowExecutionInitiatedEventAttributes& event,
           const RequestCancelExternalWorkflowCommand& command) {
  c.must_equal("workflow_id", event.workflow_execution ? event.workflow_execution->workflow_id : "",
               command.workflow_id);
}

void check(Comparison& c, const WorkflowExecutionCompletedEventAttributes& event,
           const CompleteWorkflowCommand& command) {
  c.should_equal("result", to_list(event.result), command.result);
}

void check(Comparison& c, const WorkflowExecutionContinuedAsNewEventAttributes& event,
           const ContinueAsNewCommand& command) {
  c.should_equal("input", to_list(event.input), command.arguments);
}

struct NameOfCommand {
  std::string_view operator()(const StartTimerCommand&) const { return "TimerStarted"; }
  std::string_view operator()(const CancelTimerCommand&) const { return "TimerCanceled"; }
  std::string_view operator()(const ScheduleActivityCommand&) const {
    return "ActivityTaskScheduled";
  }
  std::string_view operator()(const RequestCancelActivityCommand&) const {
    return "ActivityTaskCancelRequested";
  }
  std::string_view operator()(const SignalExternalWorkflowCommand&) const {
    return "SignalExternalWorkflowExecutionInitiated";
  }
  std::string_view operator()(const RequestCancelExternalWorkflowCommand&) const {
    return "RequestCancelExternalWorkflowExecutionInitiated";
  }
  std::string_view operator()(const CompleteWorkflowCommand&) const {
    return "WorkflowExecutionCompleted";
  }
  std::string_view operator()(const FailWorkflowCommand&) const {
    return "WorkflowExecutionFailed";
  }
  std::string_view operator()(const CancelWorkflowCommand&) const {
    return "WorkflowExecutionCanceled";
  }
  std::string_view operator()(const ContinueAsNewCommand&) const {
    return "WorkflowExecutionContinuedAsNew";
  }
  std::string_view operator()(const QueryResultCommand&) const { return "query result"; }
};

}  // namespace

std::string_view command_name(const WorkflowCommand& command) {
  return std::visit(NameOfCommand{}, command);
}

bool is_command_event(const HistoryEvent& event) {
  switch (event.event_type) {
    case EventType::TimerStarted:
    case EventType::TimerCanceled:
    case EventType::ActivityTaskScheduled:
    case EventType::ActivityTaskCancelRequested:
    case EventType::SignalExternalWorkflowExecutionInitiated:
    case EventType::RequestCancelExternalWorkflowExecutionInitiated:
    case EventType::MarkerRecorded:
    case EventType::StartChildWorkflowExecutionInitiated:
    case EventType::UpsertWorkflowSearchAttributes:
    case EventType::WorkflowPropertiesModified:
    case EventType::WorkflowExecutionUpdateAccepted:
    case EventType::WorkflowExecutionUpdateCompleted:
    case EventType::NexusOperationScheduled:
    case EventType::NexusOperationCancelRequested:
    case EventType::WorkflowExecutionCompleted:
    case EventType::WorkflowExecutionFailed:
    case EventType::WorkflowExecutionCanceled:
    case EventType::WorkflowExecutionContinuedAsNew:
      return true;
    default:
      return false;
  }
}

Differences compare(const HistoryEvent& event, const WorkflowCommand& command,
                    std::int64_t opened_event_id) {
  Comparison c(event);
  const std::string recorded = to_string(event.event_type);
  const std::string_view issued = command_name(command);
  if (recorded != issued) {
    c.must_be(false, "command", recorded, std::string(issued));
    return c.take();
  }
  if (const auto* timer = event.attributes_if<TimerStartedEventAttributes>()) {
    check(c, *timer, std::get<StartTimerCommand>(command));
  } else if (const auto* activity = event.attributes_if<ActivityTaskScheduledEventAttributes>()) {
    check(c, *activity, std::get<ScheduleActivityCommand>(command));
  } else if (const auto* timer_cancel = event.attributes_if<TimerCanceledEventAttributes>()) {
    c.must_equal("timer_id", timer_cancel->timer_id,
                 std::to_string(std::get<CancelTimerCommand>(command).seq));
  } else if (const auto* cancel =
                 event.attributes_if<ActivityTaskCancelRequestedEventAttributes>()) {
    c.must_be(cancel->scheduled_event_id == opened_event_id, "scheduled_event_id",
              std::to_string(cancel->scheduled_event_id), std::to_string(opened_event_id));
  } else if (const auto* signal =
                 event.attributes_if<SignalExternalWorkflowExecutionInitiatedEventAttributes>()) {
    check(c, *signal, std::get<SignalExternalWorkflowCommand>(command));
  } else if (const auto* external =
                 event.attributes_if<
                     RequestCancelExternalWorkflowExecutionInitiatedEventAttributes>()) {
    check(c, *external, std::get<RequestCancelExternalWorkflowCommand>(command));
  } else if (const auto* completed =
                 event.attributes_if<WorkflowExecutionCompletedEventAttributes>()) {
    check(c, *completed, std::get<CompleteWorkflowCommand>(command));
  } else if (const auto* continued =
                 event.attributes_if<WorkflowExecutionContinuedAsNewEventAttributes>()) {
    check(c, *continued, std::get<ContinueAsNewCommand>(command));
  }
  return c.take();
}

}  // namespace durasim::inline v0::replay
