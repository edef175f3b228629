// What the code's commands do to the machines, and how they are written for the service.
#include "durasim/core/convert.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/replay/workflow_machines.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace durasim::inline v0::replay {

namespace {

// What people read beside the event; nothing for an empty text.
proto::Boxed<proto::UserMetadata> with_summary(const std::string& summary) {
  if (summary.empty()) return {};
  return proto::UserMetadata{.summary = to_payload(summary)};
}

proto::Command activity_command(const ScheduleActivityCommand& command) {
  proto::ScheduleActivityTaskCommandAttributes attributes;
  attributes.activity_id = command.activity_id;
  attributes.activity_type.emplace().name = command.activity_type;
  if (!command.task_queue.empty()) attributes.task_queue = proto::to_task_queue(command.task_queue);
  attributes.input = proto::to_message(command.arguments);
  attributes.schedule_to_close_timeout = proto::to_message(command.schedule_to_close_timeout);
  attributes.schedule_to_start_timeout = proto::to_message(command.schedule_to_start_timeout);
  attributes.start_to_close_timeout = proto::to_message(command.start_to_close_timeout);
  attributes.heartbeat_timeout = proto::to_message(command.heartbeat_timeout);
  if (command.retry_policy) attributes.retry_policy = proto::to_message(*command.retry_policy);
  proto::Command message = proto::make_command(std::move(attributes));
  message.user_metadata = with_summary(command.summary);
  return message;
}

proto::Command signal_command(const SignalExternalWorkflowCommand& command) {
  proto::SignalExternalWorkflowExecutionCommandAttributes attributes;
  attributes.execution.emplace();
  attributes.execution->workflow_id = command.workflow_id;
  attributes.execution->run_id = command.run_id;
  attributes.signal_name = command.signal_name;
  attributes.input = proto::to_message(command.arguments);
  return proto::make_command(std::move(attributes));
}

proto::Command cancel_command(const RequestCancelExternalWorkflowCommand& command) {
  proto::RequestCancelExternalWorkflowExecutionCommandAttributes attributes;
  attributes.workflow_id = command.workflow_id;
  attributes.run_id = command.run_id;
  attributes.reason = command.reason;
  return proto::make_command(std::move(attributes));
}

proto::Command continue_command(const ContinueAsNewCommand& command) {
  proto::ContinueAsNewWorkflowExecutionCommandAttributes attributes;
  if (!command.workflow_type.empty())
    attributes.workflow_type.emplace().name = command.workflow_type;
  if (!command.task_queue.empty()) attributes.task_queue = proto::to_task_queue(command.task_queue);
  attributes.input = proto::to_message(command.arguments);
  attributes.workflow_run_timeout = proto::to_message(command.run_timeout);
  attributes.workflow_task_timeout = proto::to_message(command.task_timeout);
  if (command.memo) attributes.memo.emplace().fields = command.memo->fields().values;
  if (command.retry_policy) attributes.retry_policy = proto::to_message(*command.retry_policy);
  attributes.initiator = ContinueAsNewInitiator::Workflow;
  return proto::make_command(std::move(attributes));
}

struct ToMessage {
  std::int64_t opened_event_id;

  proto::Command operator()(const StartTimerCommand& command) const {
    proto::StartTimerCommandAttributes attributes;
    attributes.timer_id = std::to_string(command.seq);
    attributes.start_to_fire_timeout = proto::ProtoDuration::from(command.start_to_fire_timeout);
    proto::Command message = proto::make_command(std::move(attributes));
    message.user_metadata = with_summary(command.summary);
    return message;
  }
  proto::Command operator()(const CancelTimerCommand& command) const {
    proto::CancelTimerCommandAttributes attributes;
    attributes.timer_id = std::to_string(command.seq);
    return proto::make_command(std::move(attributes));
  }
  proto::Command operator()(const ScheduleActivityCommand& command) const {
    return activity_command(command);
  }
  proto::Command operator()(const RequestCancelActivityCommand&) const {
    proto::RequestCancelActivityTaskCommandAttributes attributes;
    attributes.scheduled_event_id = opened_event_id;
    return proto::make_command(std::move(attributes));
  }
  proto::Command operator()(const SignalExternalWorkflowCommand& command) const {
    return signal_command(command);
  }
  proto::Command operator()(const RequestCancelExternalWorkflowCommand& command) const {
    return cancel_command(command);
  }
  proto::Command operator()(const CompleteWorkflowCommand& command) const {
    proto::CompleteWorkflowExecutionCommandAttributes attributes;
    attributes.result = proto::to_message(command.result);
    return proto::make_command(std::move(attributes));
  }
  proto::Command operator()(const FailWorkflowCommand& command) const {
    proto::FailWorkflowExecutionCommandAttributes attributes;
    attributes.failure = command.failure;
    return proto::make_command(std::move(attributes));
  }
  proto::Command operator()(const CancelWorkflowCommand&) const {
    return proto::make_command(proto::CancelWorkflowExecutionCommandAttributes{});
  }
  proto::Command operator()(const ContinueAsNewCommand& command) const {
    return continue_command(command);
  }
  proto::Command operator()(const QueryResultCommand&) const {
    throw LogicError("a query's result is not a command of a workflow task");
  }
};

// What an activity that never left this task resolves to when the code waits for its cancellation.
proto::Failure canceled_before_sent(const std::string& activity_id,
                                    const std::string& activity_type) {
  proto::ActivityFailureInfo info;
  info.activity_id = activity_id;
  info.activity_type.emplace().name = activity_type;
  info.retry_state = RetryState::CancelRequested;
  proto::Failure cause;
  cause.message = "Activity canceled before it was scheduled";
  cause.info = proto::CanceledFailureInfo{};
  proto::Failure failure;
  failure.message = "Activity task failed";
  failure.info = std::move(info);
  failure.cause = std::move(cause);
  return failure;
}

}  // namespace

proto::Command WorkflowMachines::to_message(const Outgoing& outgoing) {
  return std::visit(ToMessage{outgoing.opened_event_id}, outgoing.command);
}

void WorkflowMachines::accept_command(const WorkflowCommand& command) {
  if (const auto* timer = std::get_if<StartTimerCommand>(&command)) {
    open(MachineKind::Timer, timer->seq, {}, command);
  } else if (const auto* cancel_timer = std::get_if<CancelTimerCommand>(&command)) {
    cancel(MachineKind::Timer, cancel_timer->seq, command);
  } else if (const auto* activity = std::get_if<ScheduleActivityCommand>(&command)) {
    Operation operation;
    operation.waits_for_cancel =
        activity->cancellation_type == ActivityCancellationType::WaitCancellationCompleted;
    operation.activity_id = activity->activity_id;
    operation.activity_type = activity->activity_type;
    open(MachineKind::Activity, activity->seq, std::move(operation), command);
  } else if (const auto* cancel_activity = std::get_if<RequestCancelActivityCommand>(&command)) {
    cancel(MachineKind::Activity, cancel_activity->seq, command);
  } else if (const auto* signal = std::get_if<SignalExternalWorkflowCommand>(&command)) {
    open(MachineKind::SignalExternal, signal->seq, {}, command);
  } else if (const auto* external = std::get_if<RequestCancelExternalWorkflowCommand>(&command)) {
    open(MachineKind::CancelExternal, external->seq, {}, command);
  } else {
    if (closed_) throw LogicError("a run closes only once");
    closed_ = true;
    open(MachineKind::Close, 0, {}, command);
  }
}

void WorkflowMachines::open(MachineKind kind, std::uint32_t seq, Operation operation,
                            const WorkflowCommand& command) {
  if (!operations(kind).emplace(seq, std::move(operation)).second) {
    throw LogicError("the run used the sequence number " + std::to_string(seq) + " of a " +
                     std::string(to_string(kind)) + " twice");
  }
  outgoing_.push_back(
      {.kind = kind, .cancels = false, .seq = seq, .opened_event_id = 0, .command = command});
}

void WorkflowMachines::cancel(MachineKind kind, std::uint32_t seq, const WorkflowCommand& command) {
  const auto found = operations(kind).find(seq);
  if (found == operations(kind).end()) return;  // its outcome came first
  Operation& operation = found->second;
  const bool waits = kind == MachineKind::Activity && operation.waits_for_cancel;
  operation.observed = waits;
  const Operation before = operation;
  const Action action = take(kind, seq, waits ? Input::CancelAndWait : Input::Cancel);
  if (action == Action::EmitCancel) {
    outgoing_.push_back({.kind = kind,
                         .cancels = true,
                         .seq = seq,
                         .opened_event_id = before.recorded_event_id,
                         .command = command});
    return;
  }
  std::erase_if(outgoing_,
                [&](const Outgoing& o) { return o.kind == kind && o.seq == seq && !o.cancels; });
  if (action == Action::ElideCommandAndResolve) {
    jobs_.emplace_back(
        ResolveActivity{seq, canceled_before_sent(before.activity_id, before.activity_type)});
  }
}

}  // namespace durasim::inline v0::replay
