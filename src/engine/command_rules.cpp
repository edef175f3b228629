// The checks, one function per kind of command, and the arithmetic of activity timeouts.
#include "engine/command_rules.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/core/payload_limits.hpp"

#include "mutants/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

using namespace proto;

namespace {

WorkflowTaskFailure refusal(WorkflowTaskFailedCause cause, std::string message) {
  WorkflowTaskFailure failure;
  failure.cause = cause;
  failure.failure.message = std::move(message);
  failure.failure.source = "durasim";
  failure.failure.info = ServerFailureInfo{.non_retryable = true, .unknown_fields = {}};
  return failure;
}

Duration shorter(Duration timeout, Duration limit) {
  if (limit == Duration::zero()) return timeout;
  return timeout == Duration::zero() ? limit : std::min(timeout, limit);
}

bool negative(const std::optional<ProtoDuration>& timeout) {
  return timeout && (timeout->seconds < 0 || timeout->nanos < 0);
}

}  // namespace

bool is_closing(const Command& command) {
  switch (command.command_type) {
    case CommandType::CompleteWorkflowExecution:
    case CommandType::FailWorkflowExecution:
    case CommandType::CancelWorkflowExecution:
    case CommandType::ContinueAsNewWorkflowExecution:
      return true;
    default:
      return false;
  }
}

WallTime add_clamped(WallTime time, Duration duration) {
  if (duration > WallTime::max() - time) return WallTime::max();
  return time + std::chrono::duration_cast<WallTime::duration>(duration);
}

ActivityRecord new_activity(const ScheduleActivityTaskCommandAttributes& command,
                            const std::string& workflow_task_queue, Duration run_timeout) {
  ActivityRecord activity;
  activity.activity_id = command.activity_id;
  activity.activity_type = command.activity_type ? command.activity_type->name : "";
  activity.task_queue = command.task_queue ? command.task_queue->name : workflow_task_queue;
  activity.input = to_list(command.input).vector();
  activity.schedule_to_close = to_duration(command.schedule_to_close_timeout);
  activity.schedule_to_start = to_duration(command.schedule_to_start_timeout);
  activity.start_to_close = to_duration(command.start_to_close_timeout);
  activity.heartbeat = to_duration(command.heartbeat_timeout);
  // What is not set is bounded by the whole; without a whole, by the run.
  activity.schedule_to_close = shorter(activity.schedule_to_close, run_timeout);
  activity.schedule_to_start = shorter(activity.schedule_to_start, activity.schedule_to_close);
  activity.start_to_close = shorter(activity.start_to_close, activity.schedule_to_close);
  if (activity.heartbeat != Duration::zero()) {
    activity.heartbeat = shorter(activity.heartbeat, activity.start_to_close);
  }
  if (command.retry_policy) activity.retry = to_policy(*command.retry_policy);
  if (activity.retry.maximum_interval == Duration::zero()) {
    activity.retry.maximum_interval = 100 * activity.retry.initial_interval;
  }
  return activity;
}

CommandRules::CommandRules(const EngineLimits& limits, const RunState& run)
    : limits_(limits), run_(run) {}

// `what` says whose payloads they are; it is asked only when they are too large.
template <class What>
std::optional<WorkflowTaskFailure> CommandRules::check_sizes(
    const std::optional<Payloads>& payloads, const What& what) const {
  const PayloadLimits limits{.max_payload_bytes = limits_.max_payload_bytes};
  if (!payloads || within_limits(payloads->payloads, limits)) return std::nullopt;
  try {
    check_payload_sizes(payloads->payloads, limits,
                        fmt::format("workflow {} ({}), {}", run_.row().workflow_type,
                                    run_.row().workflow_id, what()));
  } catch (const LimitError& error) {
    return refusal(WorkflowTaskFailedCause::PayloadsTooLarge, error.what());
  }
  return std::nullopt;
}

std::optional<WorkflowTaskFailure> CommandRules::check(const Command& command) {
  if (auto unwritable = check_texts(command)) return unwritable;
  if (const auto* activity = command.attributes_if<ScheduleActivityTaskCommandAttributes>()) {
    return check_activity(*activity);
  }
  if (const auto* timer = command.attributes_if<StartTimerCommandAttributes>())
    return check_timer(*timer);
  if (const auto* cancel = command.attributes_if<CancelTimerCommandAttributes>()) {
    return check_cancel_timer(cancel->timer_id);
  }
  if (const auto* cancel = command.attributes_if<RequestCancelActivityTaskCommandAttributes>()) {
    return check_cancel_activity(cancel->scheduled_event_id);
  }
  const std::size_t unseen = run_.record().buffered_events.size() - fired_unseen_;
  if (is_closing(command) && unseen > 0 && !mutant(MutantId::CloseOverUnseen)) {
    return refusal(WorkflowTaskFailedCause::UnhandledCommand,
                   fmt::format("{} events arrived that the workflow has not seen", unseen));
  }
  if (const auto* complete = command.attributes_if<CompleteWorkflowExecutionCommandAttributes>())
    return check_sizes(complete->result, [] { return "result"; });
  if (const auto* next = command.attributes_if<ContinueAsNewWorkflowExecutionCommandAttributes>())
    return check_sizes(next->input, [] { return "continue as new, argument"; });
  if (const auto* signal =
          command.attributes_if<SignalExternalWorkflowExecutionCommandAttributes>())
    return check_sizes(signal->input,
                       [&] { return "signal " + signal->signal_name + ", argument"; });
  return std::nullopt;
}

// Of what cannot be written nothing may be begun.
std::optional<WorkflowTaskFailure> CommandRules::check_texts(const Command& command) {
  try {
    static_cast<void>(encode(command));
    return std::nullopt;
  } catch (const InvalidArgument& error) {
    return refusal(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure, error.what());
  }
}

std::optional<WorkflowTaskFailure> CommandRules::check_activity(
    const ScheduleActivityTaskCommandAttributes& command) {
  constexpr auto bad = WorkflowTaskFailedCause::BadScheduleActivityAttributes;
  const auto name = [&command] {
    return fmt::format("activity {} ({})", command.activity_id,
                       command.activity_type ? command.activity_type->name : "");
  };
  if (command.activity_id.empty() || !command.activity_type ||
      command.activity_type->name.empty()) {
    return refusal(bad, name() + ": an activity needs an id and a type");
  }
  if (negative(command.schedule_to_close_timeout) || negative(command.schedule_to_start_timeout) ||
      negative(command.start_to_close_timeout) || negative(command.heartbeat_timeout)) {
    return refusal(bad, name() + ": a timeout is negative");
  }
  if (to_duration(command.start_to_close_timeout) == Duration::zero() &&
      to_duration(command.schedule_to_close_timeout) == Duration::zero()) {
    return refusal(bad,
                   name() + ": set start_to_close or schedule_to_close, or it could hang for ever");
  }
  if (command.retry_policy) {
    try {
      validate(to_policy(*command.retry_policy));
    } catch (const InvalidArgument& error) {
      return refusal(bad, name() + ": " + error.what());
    }
  }
  if (auto too_large = check_sizes(command.input, [&] { return name() + ", argument"; }))
    return too_large;
  const bool taken = std::ranges::any_of(run_.activities(), [&](const auto& entry) {
    return entry.second.activity_id == command.activity_id;
  });
  if (taken || !new_activities_.insert(command.activity_id).second) {
    return refusal(WorkflowTaskFailedCause::ScheduleActivityDuplicateId,
                   name() + ": this id is running already");
  }
  if (run_.activities().size() + new_activities_.size() > limits_.max_pending_activities) {
    return refusal(WorkflowTaskFailedCause::PendingActivitiesLimitExceeded,
                   fmt::format("{}: more than {} activities would be open", name(),
                               limits_.max_pending_activities));
  }
  return std::nullopt;
}

std::optional<WorkflowTaskFailure> CommandRules::check_timer(
    const StartTimerCommandAttributes& command) {
  if (command.timer_id.empty() || negative(command.start_to_fire_timeout)) {
    return refusal(
        WorkflowTaskFailedCause::BadStartTimerAttributes,
        fmt::format("timer {}: needs an id and a duration that is not negative", command.timer_id));
  }
  const bool open =
      run_.has_timer(command.timer_id) && !canceled_timers_.contains(command.timer_id);
  if (open || !new_timers_.insert(command.timer_id).second) {
    return refusal(WorkflowTaskFailedCause::StartTimerDuplicateId,
                   fmt::format("timer {}: this id is running already", command.timer_id));
  }
  if (run_.timers().size() + new_timers_.size() > limits_.max_pending_timers) {
    return refusal(WorkflowTaskFailedCause::BadStartTimerAttributes,
                   fmt::format("timer {}: more than {} timers would be open", command.timer_id,
                               limits_.max_pending_timers));
  }
  return std::nullopt;
}

std::optional<WorkflowTaskFailure> CommandRules::check_cancel_timer(const std::string& timer_id) {
  const bool fired_unseen =
      std::ranges::any_of(run_.record().buffered_events, [&](const HistoryEvent& event) {
        const auto* fired = event.attributes_if<TimerFiredEventAttributes>();
        return fired != nullptr && fired->timer_id == timer_id;
      });
  if (!fired_unseen && !run_.has_timer(timer_id) && !new_timers_.contains(timer_id)) {
    return refusal(WorkflowTaskFailedCause::BadCancelTimerAttributes,
                   fmt::format("timer {}: is not running", timer_id));
  }
  if (fired_unseen) ++fired_unseen_;
  canceled_timers_.insert(timer_id);
  return std::nullopt;
}

std::optional<WorkflowTaskFailure> CommandRules::check_cancel_activity(
    std::int64_t scheduled_event_id) {
  const auto found = run_.activities().find(scheduled_event_id);
  const bool finished_unseen = run_.has_buffered_outcome(scheduled_event_id);
  const bool twice = !canceled_activities_.insert(scheduled_event_id).second ||
                     (found != run_.activities().end() && found->second.cancel_requested);
  if ((found == run_.activities().end() && !finished_unseen) || twice) {
    return refusal(
        WorkflowTaskFailedCause::BadRequestCancelActivityAttributes,
        fmt::format("activity scheduled by event {}: is not running, or is being canceled already",
                    scheduled_event_id));
  }
  return std::nullopt;
}

}  // namespace durasim::inline v0::engine
