// What a completed workflow task asks for, as events and open tasks. Everything is checked first: a
// command that cannot be accepted fails the task as a whole, with a cause, before anything of it is
// written (temporal: workflow_task_completed_handler.go).
#include "durasim/core/message_values.hpp"

#include "engine/command_rules.hpp"
#include "engine/run_state.hpp"
#include "mutants/mutants.hpp"

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

using namespace proto;

std::optional<WorkflowTaskFailure> RunState::refuse(const std::vector<Command>& commands) const {
  CommandRules rules(limits_, *this);
  for (const Command& command : commands) {
    if (auto failure = rules.check(command)) return failure;
    if (is_closing(command)) break;
  }
  return std::nullopt;
}

void RunState::handle(Command& command, const std::string& new_run_id, std::int64_t completed,
                      bool& wants_task, WallTime now) {
  if (auto* activity = command.attributes_if<ScheduleActivityTaskCommandAttributes>()) {
    schedule_activity(*activity, command.user_metadata, completed, now);
  } else if (const auto* cancel =
                 command.attributes_if<RequestCancelActivityTaskCommandAttributes>()) {
    wants_task |= cancel_activity(cancel->scheduled_event_id, completed, now);
  } else if (const auto* timer = command.attributes_if<StartTimerCommandAttributes>()) {
    start_timer(*timer, command.user_metadata, completed, now);
  } else if (const auto* timer_cancel = command.attributes_if<CancelTimerCommandAttributes>()) {
    cancel_timer(timer_cancel->timer_id, completed, now);
  } else if (const auto* signal =
                 command.attributes_if<SignalExternalWorkflowExecutionCommandAttributes>()) {
    signal_external(*signal, completed, now);
  } else if (const auto* external =
                 command.attributes_if<RequestCancelExternalWorkflowExecutionCommandAttributes>()) {
    cancel_external(*external, completed, now);
  } else if (auto* complete = command.attributes_if<CompleteWorkflowExecutionCommandAttributes>()) {
    WorkflowExecutionCompletedEventAttributes attributes;
    attributes.result = std::move(complete->result);
    attributes.workflow_task_completed_event_id = completed;
    close(store::RunStatus::Completed, make_event(std::move(attributes)), now);
  } else if (const auto* fail = command.attributes_if<FailWorkflowExecutionCommandAttributes>()) {
    fail_run(*fail, new_run_id, completed, now);
  } else if (auto* canceled = command.attributes_if<CancelWorkflowExecutionCommandAttributes>()) {
    WorkflowExecutionCanceledEventAttributes attributes;
    attributes.details = std::move(canceled->details);
    attributes.workflow_task_completed_event_id = completed;
    close(store::RunStatus::Canceled, make_event(std::move(attributes)), now);
  } else if (const auto* again =
                 command.attributes_if<ContinueAsNewWorkflowExecutionCommandAttributes>()) {
    continue_as_new(*again, new_run_id, completed, now);
  }
}

void RunState::schedule_activity(ScheduleActivityTaskCommandAttributes& command,
                                 Boxed<UserMetadata>& metadata, std::int64_t completed,
                                 WallTime now) {
  ActivityRecord activity = new_activity(command, row_.task_queue, record_.run_timeout);
  ActivityTaskScheduledEventAttributes attributes;
  attributes.activity_id = std::move(command.activity_id);
  attributes.activity_type = std::move(command.activity_type);
  attributes.task_queue = to_task_queue(activity.task_queue);
  attributes.header = std::move(command.header);
  attributes.input = std::move(command.input);
  attributes.schedule_to_close_timeout = ProtoDuration::from(activity.schedule_to_close);
  attributes.schedule_to_start_timeout = ProtoDuration::from(activity.schedule_to_start);
  attributes.start_to_close_timeout = ProtoDuration::from(activity.start_to_close);
  attributes.heartbeat_timeout = ProtoDuration::from(activity.heartbeat);
  attributes.workflow_task_completed_event_id = completed;
  attributes.retry_policy = to_message(activity.retry);
  HistoryEvent event = make_event(std::move(attributes));
  event.user_metadata = std::move(metadata);
  activity.scheduled_event_id = append(std::move(event), now);
  activity.scheduled_time = record_.last_event_time;
  activity.attempt_scheduled_time = activity.scheduled_time;
  const std::int64_t id = activity.scheduled_event_id;
  activities_.emplace(id, std::move(activity));
  put(store::TaskKind::Activity, id);
  effects_.emplace_back(ActivityReady{id, 1});
}

// True when the activity is over by that: no worker has it, so nobody needs to be asked.
bool RunState::cancel_activity(std::int64_t scheduled_event_id, std::int64_t completed,
                               WallTime now) {
  ActivityTaskCancelRequestedEventAttributes attributes;
  attributes.scheduled_event_id = scheduled_event_id;
  attributes.workflow_task_completed_event_id = completed;
  const std::int64_t requested = append(make_event(std::move(attributes)), now);
  const auto found = activities_.find(scheduled_event_id);
  if (found == activities_.end()) return false;  // its outcome is buffered and follows
  ActivityRecord& activity = found->second;
  activity.cancel_requested = true;
  activity.cancel_requested_event_id = requested;
  if (!activity.started) {
    ActivityTaskCanceledEventAttributes canceled;
    canceled.scheduled_event_id = scheduled_event_id;
    canceled.latest_cancel_requested_event_id = requested;
    append(make_event(std::move(canceled)), now);
    erase_activity(scheduled_event_id);
    return true;
  }
  put(store::TaskKind::Activity, scheduled_event_id);
  if (!mutant(MutantId::CancelNotDelivered))
    effects_.emplace_back(CancelActivity{scheduled_event_id, activity.attempt});
  return false;
}

void RunState::start_timer(const StartTimerCommandAttributes& command,
                           const Boxed<UserMetadata>& metadata, std::int64_t completed,
                           WallTime now) {
  TimerStartedEventAttributes attributes;
  attributes.timer_id = command.timer_id;
  attributes.start_to_fire_timeout = command.start_to_fire_timeout;
  attributes.workflow_task_completed_event_id = completed;
  HistoryEvent event = make_event(std::move(attributes));
  event.user_metadata = metadata;
  TimerRecord timer;
  timer.started_event_id = append(std::move(event), now);
  timer.timer_id = command.timer_id;
  timer.fire_time =
      add_clamped(record_.last_event_time, to_duration(command.start_to_fire_timeout));
  timer_due_.emplace(timer.fire_time, timer.started_event_id);
  timer_ids_.emplace(timer.timer_id, timer.started_event_id);
  const std::int64_t id = timer.started_event_id;
  timers_.emplace(id, std::move(timer));
  if (!mutant(MutantId::TimerRowForgotten)) put(store::TaskKind::Timer, id);
}

void RunState::cancel_timer(const std::string& timer_id, std::int64_t completed, WallTime now) {
  TimerCanceledEventAttributes attributes;
  attributes.timer_id = timer_id;
  attributes.workflow_task_completed_event_id = completed;
  if (const auto found = timer_ids_.find(timer_id); found != timer_ids_.end()) {
    const std::int64_t started = found->second;
    attributes.started_event_id = started;
    timer_due_.erase({timers_.at(started).fire_time, started});
    timers_.erase(started);
    timer_ids_.erase(found);
    remove(store::TaskKind::Timer, started);
  } else {
    // It has fired while the task ran; that is not history yet and never will be.
    attributes.started_event_id = cancel_buffered_timer(timer_id);
  }
  append(make_event(std::move(attributes)), now);
}

void RunState::signal_external(const SignalExternalWorkflowExecutionCommandAttributes& command,
                               std::int64_t completed, WallTime now) {
  SignalExternalWorkflowExecutionInitiatedEventAttributes attributes;
  attributes.workflow_task_completed_event_id = completed;
  attributes.workflow_execution = command.execution;
  attributes.signal_name = command.signal_name;
  attributes.input = command.input;
  attributes.control = command.control;
  attributes.header = command.header;
  ExternalRecord external;
  external.is_signal = true;
  external.initiated_event_id = append(make_event(std::move(attributes)), now);
  external.workflow_id = command.execution ? command.execution->workflow_id : "";
  external.run_id = command.execution ? command.execution->run_id : "";
  external.signal_name = command.signal_name;
  external.input = to_list(command.input).vector();
  send(std::move(external));
}

void RunState::cancel_external(
    const RequestCancelExternalWorkflowExecutionCommandAttributes& command, std::int64_t completed,
    WallTime now) {
  RequestCancelExternalWorkflowExecutionInitiatedEventAttributes attributes;
  attributes.workflow_task_completed_event_id = completed;
  attributes.workflow_execution.emplace();
  attributes.workflow_execution->workflow_id = command.workflow_id;
  attributes.workflow_execution->run_id = command.run_id;
  attributes.control = command.control;
  attributes.reason = command.reason;
  ExternalRecord external;
  external.initiated_event_id = append(make_event(std::move(attributes)), now);
  external.workflow_id = command.workflow_id;
  external.run_id = command.run_id;
  external.reason = command.reason;
  send(std::move(external));
}

void RunState::send(ExternalRecord external) {
  const std::int64_t id = external.initiated_event_id;
  const auto kind =
      external.is_signal ? store::TaskKind::SignalExternal : store::TaskKind::CancelExternal;
  effects_.emplace_back(DeliverExternal{external});
  externals_.emplace(id, std::move(external));
  put(kind, id);
}

void RunState::external_delivered(std::int64_t initiated_event_id, bool found, WallTime now) {
  const auto it = externals_.find(initiated_event_id);
  if (it == externals_.end()) return;
  const ExternalRecord external = std::move(it->second);
  externals_.erase(it);
  remove(external.is_signal ? store::TaskKind::SignalExternal : store::TaskKind::CancelExternal,
         initiated_event_id);
  proto::WorkflowExecution execution;
  execution.workflow_id = external.workflow_id;
  execution.run_id = external.run_id;
  const auto fill = [&](auto attributes) {
    attributes.initiated_event_id = initiated_event_id;
    attributes.workflow_execution = execution;
    add(make_event(std::move(attributes)), now);
  };
  if (external.is_signal && found) {
    fill(ExternalWorkflowExecutionSignaledEventAttributes{});
  } else if (external.is_signal) {
    SignalExternalWorkflowExecutionFailedEventAttributes attributes;
    attributes.cause =
        SignalExternalWorkflowExecutionFailedCause::ExternalWorkflowExecutionNotFound;
    fill(std::move(attributes));
  } else if (found) {
    fill(ExternalWorkflowExecutionCancelRequestedEventAttributes{});
  } else {
    RequestCancelExternalWorkflowExecutionFailedEventAttributes attributes;
    attributes.cause =
        CancelExternalWorkflowExecutionFailedCause::ExternalWorkflowExecutionNotFound;
    fill(std::move(attributes));
  }
  want_workflow_task(now);
}

}  // namespace durasim::inline v0::engine
