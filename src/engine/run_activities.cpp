// An activity from its first attempt to its outcome: starts, retries, heartbeats, timeouts
// (temporal: workflow/activity.go, retry.go, timer_queue_active_task_executor.go). A start enters
// history only together with the outcome, so that attempts cost no events.
#include "durasim/core/message_values.hpp"

#include "engine/command_rules.hpp"
#include "engine/retry.hpp"
#include "engine/run_state.hpp"
#include "mutants/mutants.hpp"

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

using namespace proto;

namespace {

// Temporal keeps as much of an attempt's failure (limit.mutableStateActivityFailureSize.error).
constexpr std::size_t max_last_failure_bytes = 4096;

// Far below what a message may hold: failures stand within events, and within each other.
constexpr int kMostCauses = 32;

void limit_causes(proto::Failure& failure) {
  proto::Failure* at = &failure;
  for (int left = kMostCauses; left > 0 && at->cause; --left) at = &*at->cause;
  at->cause.reset();
}

proto::Failure truncated(proto::Failure failure) {
  if (failure.message.size() + failure.stack_trace.size() <= max_last_failure_bytes) return failure;
  failure.stack_trace.clear();
  if (failure.message.size() > max_last_failure_bytes) {
    std::size_t end = max_last_failure_bytes;
    while (end > 0 && (static_cast<unsigned char>(failure.message[end]) & 0xc0U) == 0x80U)
      --end;  // whole characters
    failure.message.resize(end);
  }
  return failure;
}

}  // namespace

ActivityRecord* RunState::running(std::int64_t scheduled_event_id, std::int32_t attempt) {
  const auto found = activities_.find(scheduled_event_id);
  if (found == activities_.end() || !found->second.started) return nullptr;
  if (found->second.attempt != attempt && !mutant(MutantId::StaleAttemptAccepted)) return nullptr;
  return &found->second;
}

bool RunState::start_activity(std::int64_t scheduled_event_id, std::int32_t attempt, WallTime now,
                              const std::string& identity) {
  const auto found = activities_.find(scheduled_event_id);
  if (found == activities_.end()) return false;
  ActivityRecord& activity = found->second;
  if (activity.started || activity.attempt != attempt || activity.backing_off) return false;
  activity.started = true;
  activity.started_time = std::max(record_.last_event_time, now);
  activity.last_heartbeat = WallTime{};
  activity.identity = identity;
  if (mutant(MutantId::AttemptNotDurable)) {
    index_due(activity);
  } else {
    put(store::TaskKind::Activity, scheduled_event_id);
  }
  return true;
}

void RunState::return_activity(std::int64_t scheduled_event_id, std::int32_t attempt) {
  ActivityRecord* activity = running(scheduled_event_id, attempt);
  if (activity == nullptr || activity->asynchronous) return;
  activity->started = false;
  activity->started_time = WallTime{};
  activity->identity.clear();
  put(store::TaskKind::Activity, scheduled_event_id);
  effects_.emplace_back(ActivityReady{scheduled_event_id, attempt});
}

void RunState::write_activity_started(const ActivityRecord& activity, WallTime now) {
  ActivityTaskStartedEventAttributes attributes;
  attributes.scheduled_event_id = activity.scheduled_event_id;
  attributes.identity = activity.identity;
  attributes.attempt = activity.attempt;
  attributes.last_failure = activity.last_failure;
  HistoryEvent event = make_event(std::move(attributes));
  event.event_time = Timestamp::from(activity.started_time);
  add(std::move(event), now);
}

void RunState::erase_activity(std::int64_t scheduled_event_id) {
  const auto found = activities_.find(scheduled_event_id);
  activity_due_.erase({found->second.indexed_due, scheduled_event_id});
  activities_.erase(found);
  remove(store::TaskKind::Activity, scheduled_event_id);
}

// The number of the start that was just written; one that is buffered gets it with the flush.
std::int64_t RunState::last_started_event() const {
  return record_.task.state == TaskState::Started ? 0 : row_.next_event_id - 1;
}

bool RunState::close_activity(std::int64_t scheduled_event_id, std::int32_t attempt,
                              ActivityOutcome outcome, const std::string& identity, WallTime now) {
  ActivityRecord* activity = running(scheduled_event_id, attempt);
  if (activity == nullptr) return false;
  if (std::holds_alternative<ActivityWillCompleteAsync>(outcome)) {
    // Somebody else has its token: it does not die with this process.
    activity->asynchronous = true;
    put(store::TaskKind::Activity, scheduled_event_id);
    return true;
  }
  if (auto* completed = std::get_if<ActivityCompleted>(&outcome)) {
    write_activity_started(*activity, now);
    ActivityTaskCompletedEventAttributes attributes;
    attributes.result = to_message(std::move(completed->result));
    attributes.scheduled_event_id = scheduled_event_id;
    attributes.started_event_id = last_started_event();
    attributes.identity = identity;
    add(make_event(std::move(attributes)), now);
    if (!mutant(MutantId::CompletionNotFenced)) erase_activity(scheduled_event_id);
    want_workflow_task(now);
    return true;
  }
  const auto* canceled = std::get_if<ActivityCanceled>(&outcome);
  if (canceled != nullptr && activity->cancel_requested) {
    cancel_running(*activity, canceled->details, identity, now);
    return true;
  }
  // A cancellation that nobody asked for is a failure.
  proto::Failure failure = canceled != nullptr
                               ? CanceledFailure("canceled", canceled->details).proto()
                               : std::get<ActivityFailed>(std::move(outcome)).failure;
  limit_causes(failure);
  const RetryState state = retry_activity(*activity, failure, false, now);
  if (state != RetryState::InProgress) fail_activity(*activity, failure, identity, state, now);
  return true;
}

void RunState::cancel_running(ActivityRecord& activity, const PayloadList& details,
                              const std::string& identity, WallTime now) {
  write_activity_started(activity, now);
  ActivityTaskCanceledEventAttributes attributes;
  attributes.details = to_message(details);
  attributes.latest_cancel_requested_event_id = activity.cancel_requested_event_id;
  attributes.scheduled_event_id = activity.scheduled_event_id;
  attributes.started_event_id = last_started_event();
  attributes.identity = identity;
  add(make_event(std::move(attributes)), now);
  erase_activity(activity.scheduled_event_id);
  want_workflow_task(now);
}

RetryState RunState::retry_activity(ActivityRecord& activity, const proto::Failure& failure,
                                    bool at_once, WallTime now) {
  if (activity.cancel_requested) return RetryState::CancelRequested;
  const auto deadline = activity.schedule_to_close == Duration::zero()
                            ? WallTime::max()
                            : add_clamped(activity.scheduled_time, activity.schedule_to_close);
  const WallTime from = std::max(record_.last_event_time, now);
  const RetryDecision decision =
      decide_retry(activity.retry, activity.attempt, failure, from, deadline, at_once);
  if (decision.state != RetryState::InProgress) return decision.state;
  ++activity.attempt;
  activity.started = false;
  activity.asynchronous = false;
  activity.attempt_scheduled_time = add_clamped(from, decision.delay);
  activity.backing_off = decision.delay > Duration::zero();
  activity.last_failure = truncated(failure);
  if (mutant(MutantId::HeartbeatLostOnRetry)) {
    activity.has_heartbeat_details = false;
    activity.heartbeat_details.clear();
  }
  put(store::TaskKind::Activity, activity.scheduled_event_id);
  if (!activity.backing_off) {
    effects_.emplace_back(ActivityReady{activity.scheduled_event_id, activity.attempt});
  }
  return RetryState::InProgress;
}

void RunState::fail_activity(ActivityRecord& activity, const proto::Failure& failure,
                             const std::string& identity, RetryState state, WallTime now) {
  write_activity_started(activity, now);
  ActivityTaskFailedEventAttributes attributes;
  attributes.failure = failure;
  attributes.scheduled_event_id = activity.scheduled_event_id;
  attributes.started_event_id = last_started_event();
  attributes.identity = identity;
  attributes.retry_state = state;
  add(make_event(std::move(attributes)), now);
  erase_activity(activity.scheduled_event_id);
  want_workflow_task(now);
}

std::optional<bool> RunState::heartbeat(std::int64_t scheduled_event_id, std::int32_t attempt,
                                        PayloadList details, WallTime now) {
  ActivityRecord* activity = running(scheduled_event_id, attempt);
  if (activity == nullptr) return std::nullopt;
  activity->last_heartbeat = std::max(record_.last_event_time, now);
  activity->has_heartbeat_details = true;
  activity->heartbeat_details = std::move(details).vector();
  put(store::TaskKind::Activity, scheduled_event_id);
  return activity->cancel_requested;
}

void RunState::lose_activity(std::int64_t scheduled_event_id, WallTime now) {
  const auto found = activities_.find(scheduled_event_id);
  if (found == activities_.end() || !found->second.started || found->second.asynchronous) return;
  ActivityRecord& activity = found->second;
  proto::Failure failure;
  failure.message = "the process in which the activity ran is gone";
  failure.source = "durasim";
  ApplicationFailureInfo info;
  info.type = "ProcessLost";
  failure.info = std::move(info);
  const RetryState state = retry_activity(activity, failure, true, now);
  if (state != RetryState::InProgress) fail_activity(activity, failure, "", state, now);
}

void RunState::time_out_activity(std::int64_t scheduled_event_id, TimeoutType type, WallTime now) {
  ActivityRecord& activity = activities_.at(scheduled_event_id);
  proto::Failure failure = timeout_failure(type, activity);
  const std::int32_t attempt = activity.attempt;
  const bool was_started = activity.started;
  const RetryState state = retry_activity(activity, failure, false, now);
  if (was_started) effects_.emplace_back(CancelActivity{scheduled_event_id, attempt});
  if (state == RetryState::InProgress) return;
  // No time for another attempt: what has run out is the activity as a whole.
  if (state == RetryState::Timeout && !mutant(MutantId::TimeoutNotConverted)) {
    failure = timeout_failure(TimeoutType::ScheduleToClose, activity);
    failure.message = "not enough time for another attempt before the schedule-to-close timeout";
  }
  failure.cause = activity.last_failure;  // of the attempt before
  if (was_started) write_activity_started(activity, now);
  ActivityTaskTimedOutEventAttributes attributes;
  attributes.failure = std::move(failure);
  attributes.scheduled_event_id = scheduled_event_id;
  attributes.started_event_id = was_started ? last_started_event() : 0;
  attributes.retry_state = state;
  add(make_event(std::move(attributes)), now);
  erase_activity(scheduled_event_id);
  want_workflow_task(now);
}

}  // namespace durasim::inline v0::engine
