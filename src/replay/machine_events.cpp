// What each event of a history does: most become a job for the code, those that record a command
// are compared with it.
#include "durasim/core/bytes.hpp"
#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/replay/workflow_machines.hpp"

#include "replay/command_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace durasim::inline v0::replay {

namespace {

using namespace proto;

// The seed of the run's random stream: equal on every replay, different for every chain of runs.
std::uint64_t seed_of(const std::string& run_id) {
  return std::stoull(sha256_hex(as_bytes(run_id)).substr(0, 16), nullptr, 16);
}

PayloadMap map_of(const std::map<std::string, Payload>& values) {
  return PayloadMap({.values = values});
}

WorkflowInfo info_of(const WorkflowExecutionStartedEventAttributes& started,
                     const std::string& run_id, WallTime start_time) {
  WorkflowInfo info;
  info.workflow_id = started.workflow_id;
  info.run_id = run_id;
  info.workflow_type = started.workflow_type ? started.workflow_type->name : "";
  info.task_queue = started.task_queue ? started.task_queue->name : "";
  info.attempt = started.attempt;
  info.start_time = start_time;
  info.execution_timeout = to_duration(started.workflow_execution_timeout);
  info.run_timeout = to_duration(started.workflow_run_timeout);
  info.task_timeout = to_duration(started.workflow_task_timeout);
  if (started.retry_policy) info.retry_policy = to_policy(*started.retry_policy);
  info.first_execution_run_id = started.first_execution_run_id;
  info.continued_execution_run_id = started.continued_execution_run_id;
  info.original_execution_run_id = started.original_execution_run_id;
  info.cron_schedule = started.cron_schedule;
  if (started.memo) info.memo = map_of(started.memo->fields);
  if (started.search_attributes)
    info.search_attributes = map_of(started.search_attributes->indexed_fields);
  if (started.header) info.headers = map_of(started.header->fields);
  if (started.continued_failure) info.continued_failure = *started.continued_failure;
  info.last_completion_result = to_list(started.last_completion_result);
  return info;
}

// What the code sees of an activity that did not complete (sdk-core: activity_state_machine.rs).
struct Outcome {
  std::int64_t scheduled_event_id = 0;
  std::int64_t started_event_id = 0;
  std::string identity;
  RetryState retry_state{};
  std::string message;
  proto::Failure cause;
};

Outcome outcome_of(const HistoryEvent& event) {
  Outcome outcome;
  if (const auto* failed = event.attributes_if<ActivityTaskFailedEventAttributes>()) {
    outcome = {failed->scheduled_event_id, failed->started_event_id,
               failed->identity,           failed->retry_state,
               "Activity task failed",     failed->failure ? *failed->failure : proto::Failure{}};
  } else if (const auto* late = event.attributes_if<ActivityTaskTimedOutEventAttributes>()) {
    outcome = {late->scheduled_event_id,
               late->started_event_id,
               "",
               late->retry_state,
               "Activity task timed out",
               late->failure ? *late->failure : proto::Failure{}};
  } else if (const auto* canceled = event.attributes_if<ActivityTaskCanceledEventAttributes>()) {
    outcome = {canceled->scheduled_event_id, canceled->started_event_id, canceled->identity,
               RetryState::Unspecified,      "Activity task failed",     proto::Failure{}};
    outcome.cause.message = "Activity canceled";
    CanceledFailureInfo info;
    info.details = canceled->details;
    outcome.cause.info = std::move(info);
  }
  return outcome;
}

proto::Failure external_failure(std::string_view what, const HistoryEvent& event) {
  proto::Failure failure;
  failure.message =
      fmt::format("{}: event {} {}", what, event.event_id, to_string(event.event_type));
  ApplicationFailureInfo info;
  info.type = "ExternalWorkflowExecutionNotFound";
  info.non_retryable = true;
  failure.info = std::move(info);
  return failure;
}

}  // namespace

void WorkflowMachines::apply_event(const HistoryEvent& event) {
  if (event.event_id != last_event_id_ + 1) {
    throw FormatError(
        fmt::format("history: event {} follows event {}", event.event_id, last_event_id_));
  }
  last_event_id_ = event.event_id;
  if (is_command_event(event)) {
    apply_command_event(event);
    return;
  }
  switch (event.event_type) {
    case EventType::WorkflowExecutionStarted:
      apply_start(event);
      break;
    case EventType::WorkflowTaskCompleted:
      apply_task_completed(event);
      break;
    case EventType::TimerFired:
      resolve_timer(event);
      break;
    case EventType::ActivityTaskStarted:
      if (const auto* started = event.attributes_if<ActivityTaskStartedEventAttributes>()) {
        take(MachineKind::Activity, opened_by(MachineKind::Activity, started->scheduled_event_id),
             Input::StartedEvent);
      }
      break;
    case EventType::ActivityTaskCompleted:
    case EventType::ActivityTaskFailed:
    case EventType::ActivityTaskTimedOut:
    case EventType::ActivityTaskCanceled:
      resolve_activity(event);
      break;
    case EventType::ExternalWorkflowExecutionSignaled:
    case EventType::SignalExternalWorkflowExecutionFailed:
    case EventType::ExternalWorkflowExecutionCancelRequested:
    case EventType::RequestCancelExternalWorkflowExecutionFailed:
      resolve_external(event);
      break;
    case EventType::WorkflowExecutionSignaled:
      if (const auto* signal = event.attributes_if<WorkflowExecutionSignaledEventAttributes>()) {
        jobs_.emplace_back(
            SignalWorkflow{signal->signal_name, to_list(signal->input), signal->identity});
      }
      break;
    case EventType::WorkflowExecutionCancelRequested:
      if (const auto* cancel =
              event.attributes_if<WorkflowExecutionCancelRequestedEventAttributes>()) {
        jobs_.emplace_back(CancelWorkflow{cancel->cause});
      }
      break;
    // Nothing that code could see.
    case EventType::WorkflowTaskScheduled:
    case EventType::WorkflowTaskStarted:
    case EventType::WorkflowTaskFailed:
    case EventType::WorkflowTaskTimedOut:
    case EventType::WorkflowExecutionTerminated:
    case EventType::WorkflowExecutionTimedOut:
    case EventType::WorkflowExecutionOptionsUpdated:
    case EventType::WorkflowExecutionPaused:
    case EventType::WorkflowExecutionUnpaused:
    case EventType::WorkflowPropertiesModifiedExternally:
    case EventType::ActivityPropertiesModifiedExternally:
    case EventType::WorkflowExecutionTimeSkippingTransitioned:
      break;
    default:
      if (!event.worker_may_ignore) {
        throw FormatError(
            fmt::format("history: event {} has the type {}, which this version cannot replay",
                        event.event_id, to_string(event.event_type)));
      }
  }
}

void WorkflowMachines::apply_start(const HistoryEvent& event) {
  const auto* started = event.attributes_if<WorkflowExecutionStartedEventAttributes>();
  if (started == nullptr || event.event_id != 1) {
    throw FormatError("history: WorkflowExecutionStarted must be event 1 and carry its attributes");
  }
  InitializeWorkflow job;
  job.info = info_of(*started, run_id_, to_time(event.event_time));
  job.arguments = to_list(started->input);
  job.randomness_seed = seed_of(
      started->original_execution_run_id.empty() ? run_id_ : started->original_execution_run_id);
  jobs_.emplace_back(std::move(job));
}

void WorkflowMachines::apply_task_completed(const HistoryEvent& event) {
  const auto* completed = event.attributes_if<WorkflowTaskCompletedEventAttributes>();
  if (completed == nullptr || !completed->sdk_metadata) return;
  // 1-3 are sdk-core's rules for checking ids, patches and the place of closing commands: all kept
  // here.
  for (const auto flag : completed->sdk_metadata->core_used_flags) {
    if (flag >= 1 && flag <= 3) continue;
    throw FormatError(fmt::format(
        "history: event {} uses flag {}, which this version does not know: replay it with the "
        "version that wrote it, or a later one",
        event.event_id, flag));
  }
}

void WorkflowMachines::apply_command_event(const HistoryEvent& event) {
  if (outgoing_.empty()) {
    throw HistoryMismatch({event.event_id, to_string(event.event_type), "command",
                           to_string(event.event_type), "nothing"});
  }
  const Outgoing outgoing = std::move(outgoing_.front());
  outgoing_.pop_front();
  const Differences differences = compare(event, outgoing.command, outgoing.opened_event_id);
  if (!differences.fatal.empty()) throw HistoryMismatch(differences.fatal.front());
  for (const Mismatch& mismatch : differences.warning) {
    if (options_.strict) throw HistoryMismatch(mismatch);
    if (options_.warn) options_.warn(mismatch);
  }
  if (!outgoing.cancels) {
    const auto found = operations(outgoing.kind).find(outgoing.seq);
    if (found != operations(outgoing.kind).end()) {
      found->second.recorded_event_id = event.event_id;
      by_event_[static_cast<std::size_t>(outgoing.kind)].emplace(event.event_id, outgoing.seq);
    }
  }
  take(outgoing.kind, outgoing.seq, outgoing.cancels ? Input::CancelEvent : Input::CommandEvent);
}

void WorkflowMachines::resolve_timer(const HistoryEvent& event) {
  const auto* fired = event.attributes_if<TimerFiredEventAttributes>();
  if (fired == nullptr) return;
  if (const auto timer = take_outcome(MachineKind::Timer, fired->started_event_id)) {
    jobs_.emplace_back(FireTimer{timer->first});
  }
}

void WorkflowMachines::resolve_activity(const HistoryEvent& event) {
  if (const auto* completed = event.attributes_if<ActivityTaskCompletedEventAttributes>()) {
    if (const auto activity = take_outcome(MachineKind::Activity, completed->scheduled_event_id)) {
      jobs_.emplace_back(ResolveActivity{activity->first, to_list(completed->result)});
    }
    return;
  }
  Outcome outcome = outcome_of(event);
  const auto activity = take_outcome(MachineKind::Activity, outcome.scheduled_event_id);
  if (!activity) return;
  ActivityFailureInfo info;
  info.scheduled_event_id = outcome.scheduled_event_id;
  info.started_event_id = outcome.started_event_id;
  info.identity = std::move(outcome.identity);
  info.activity_type.emplace().name = activity->second.activity_type;
  info.activity_id = activity->second.activity_id;
  info.retry_state = outcome.retry_state;
  proto::Failure failure;
  failure.message = std::move(outcome.message);
  failure.cause = std::move(outcome.cause);
  failure.info = std::move(info);
  jobs_.emplace_back(ResolveActivity{activity->first, std::move(failure)});
}

void WorkflowMachines::resolve_external(const HistoryEvent& event) {
  if (const auto* signaled =
          event.attributes_if<ExternalWorkflowExecutionSignaledEventAttributes>()) {
    if (const auto done = take_outcome(MachineKind::SignalExternal, signaled->initiated_event_id)) {
      jobs_.emplace_back(ResolveSignalExternalWorkflow{done->first, std::nullopt});
    }
  } else if (const auto* unsent =
                 event.attributes_if<SignalExternalWorkflowExecutionFailedEventAttributes>()) {
    if (const auto done = take_outcome(MachineKind::SignalExternal, unsent->initiated_event_id)) {
      jobs_.emplace_back(ResolveSignalExternalWorkflow{
          done->first,
          external_failure("the workflow to signal is not there or is closed", event)});
    }
  } else if (const auto* canceled =
                 event.attributes_if<ExternalWorkflowExecutionCancelRequestedEventAttributes>()) {
    if (const auto done = take_outcome(MachineKind::CancelExternal, canceled->initiated_event_id)) {
      jobs_.emplace_back(ResolveRequestCancelExternalWorkflow{done->first, std::nullopt});
    }
  } else if (const auto* uncanceled =
                 event.attributes_if<
                     RequestCancelExternalWorkflowExecutionFailedEventAttributes>()) {
    if (const auto done =
            take_outcome(MachineKind::CancelExternal, uncanceled->initiated_event_id)) {
      jobs_.emplace_back(ResolveRequestCancelExternalWorkflow{
          done->first,
          external_failure("the workflow to cancel is not there or is closed", event)});
    }
  }
}

}  // namespace durasim::inline v0::replay
