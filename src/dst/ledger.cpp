// The ledger's rules about attempts: invariants 14 to 18 and 20 of the simulator's list
// (docs/simulator.md).
#include "dst/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace durasim::inline v0::dst {

namespace {

using engine::ActivityHandle;

constexpr std::chrono::microseconds kRounding{1};  // of delays that are products

// An own reading of the retry policy, on purpose not the engine's.
Duration delay_after(const ActivityPlan& plan, int attempt) {
  const RetryPolicy& policy = plan.options.retry;
  const Duration limit = policy.maximum_interval == Duration::zero() ? 100 * policy.initial_interval
                                                                     : policy.maximum_interval;
  const double factor = std::pow(policy.backoff_coefficient, attempt - 1);
  const double wanted = static_cast<double>(policy.initial_interval.count()) * factor;
  return std::min(limit, Duration(static_cast<Duration::rep>(wanted)));
}

const proto::ApplicationFailureInfo* application(const proto::Failure& failure) {
  return std::get_if<proto::ApplicationFailureInfo>(&failure.info);
}

bool may_be_retried(const ActivityPlan& plan, const proto::Failure& failure) {
  const auto* info = application(failure);
  return info != nullptr && !info->non_retryable &&
         std::ranges::find(plan.options.retry.non_retryable_error_types, info->type) ==
             plan.options.retry.non_retryable_error_types.end();
}

}  // namespace

Ledger::Attempt* Ledger::find(const ActivityHandle& handle) {
  const auto activity = activities_.find({handle.run_id, handle.scheduled_event_id});
  if (activity == activities_.end()) return nullptr;
  const auto attempt = activity->second.attempts.find(handle.attempt);
  return attempt == activity->second.attempts.end() ? nullptr : &attempt->second;
}

void Ledger::attempt_begins(const ActivityHandle& handle, const ActivityTask& task,
                            const ActivityPlan& plan, WallTime now) {
  Activity& activity = activities_[{handle.run_id, handle.scheduled_event_id}];
  const std::string name = fmt::format("activity {} (event {}), attempt {}", task.info.activity_id,
                                       handle.scheduled_event_id, handle.attempt);
  if (activity.closed)
    throw Violation(name + ": begins although its outcome was acknowledged or may not be retried");
  if (!activity.attempts.empty()) {
    const auto& [last, before] = *activity.attempts.rbegin();
    if (handle.attempt <= last)
      throw Violation(fmt::format("{}: begins although attempt {} has run", name, last));
    check_times(activity, before, now, name);
  }
  activity.plan = plan;
  const int most = plan.options.retry.maximum_attempts;
  if (most > 0 && handle.attempt > most)
    throw Violation(fmt::format("{}: at most {} are allowed", name, most));
  const auto& doubtful = activity.doubtful_details;
  if (task.heartbeat_details != activity.details) {
    if (std::ranges::find(doubtful, task.heartbeat_details) == doubtful.end())
      throw Violation(name + ": does not get the details of the last heartbeat");
    activity.details = task.heartbeat_details;
  }
  activity.doubtful_details.clear();
  activity.attempts.emplace(handle.attempt,
                            Attempt{.task = task, .process = process_, .started = now});
}

// A next attempt needs a reason: a failure and its delay, a timeout, or the death of the process.
void Ledger::check_times(const Activity& activity, const Attempt& before, WallTime now,
                         const std::string& name) const {
  if (before.doubtful || (before.process != process_ && !before.asynchronous)) return;
  if (before.failed) {
    if (now + kRounding < *before.failed + before.delay)
      throw Violation(
          fmt::format("{}: begins {} ms after the failure, {} ms too early", name,
                      (now - *before.failed) / std::chrono::milliseconds(1),
                      (*before.failed + before.delay - now) / std::chrono::milliseconds(1)));
    return;
  }
  const ActivityInfo& info = before.task.info;
  WallTime end = WallTime::max();
  if (info.start_to_close_timeout != Duration::zero())
    end = before.started + info.start_to_close_timeout;
  if (info.heartbeat_timeout != Duration::zero())
    end = std::min(end, std::max(before.started, before.last_heartbeat) + info.heartbeat_timeout);
  if (end == WallTime::max() || now + kRounding < end + delay_after(activity.plan, info.attempt))
    throw Violation(name + ": begins although the attempt before neither failed nor timed out");
}

void Ledger::report_taken(const ActivityHandle& handle, bool taken) {
  if (!taken) return;
  const auto found = activities_.find({handle.run_id, handle.scheduled_event_id});
  Attempt* attempt = find(handle);
  if (attempt == nullptr) throw Violation("a report of an attempt that never began was accepted");
  if (attempt->taken)
    throw Violation(fmt::format("event {}, attempt {}: two reports were accepted",
                                handle.scheduled_event_id, handle.attempt));
  if (found->second.attempts.rbegin()->first != handle.attempt)
    throw Violation(fmt::format(
        "event {}: the report of attempt {} was accepted after attempt {} "
        "had begun",
        handle.scheduled_event_id, handle.attempt, found->second.attempts.rbegin()->first));
  attempt->taken = true;
}

void Ledger::report_answered(const ActivityHandle& handle, const ActivityOutcome& outcome,
                             Answer answer, WallTime now) {
  Attempt* attempt = find(handle);
  if (attempt == nullptr) return;
  Activity& activity = activities_[{handle.run_id, handle.scheduled_event_id}];
  const bool async = std::holds_alternative<ActivityWillCompleteAsync>(outcome);
  if (answer == Answer::Rejected || async) attempt->taken = false;
  if (answer == Answer::Unknown) {
    attempt->doubtful = true;
    attempt->taken = false;  // the same report may be accepted again if it was not applied
  }
  if (answer != Answer::Ok) return;
  if (async) {
    attempt->asynchronous = true;
    return;
  }
  const auto* failed = std::get_if<ActivityFailed>(&outcome);
  if (failed == nullptr || !may_be_retried(activity.plan, failed->failure)) {
    activity.closed = true;
    return;
  }
  attempt->failed = now;
  attempt->delay = delay_after(activity.plan, handle.attempt);
  if (const auto& delay = application(failed->failure)->next_retry_delay)
    attempt->delay = delay->duration();
  const int most = activity.plan.options.retry.maximum_attempts;
  const ActivityInfo& info = attempt->task.info;
  const bool too_late = info.schedule_to_close_timeout != Duration::zero() &&
                        now + attempt->delay > info.scheduled_time + info.schedule_to_close_timeout;
  activity.closed = (most > 0 && handle.attempt >= most) || too_late;
}

void Ledger::heartbeat_answered(const ActivityHandle& handle, const PayloadList& details,
                                Answer answer, WallTime now) {
  Attempt* attempt = find(handle);
  if (attempt == nullptr || answer == Answer::Rejected) return;
  Activity& activity = activities_[{handle.run_id, handle.scheduled_event_id}];
  if (answer == Answer::Unknown) {
    activity.doubtful_details.push_back(details);
    return;
  }
  attempt->last_heartbeat = now;
  activity.details = details;
  activity.doubtful_details.clear();
}

void Ledger::process_died() {
  ++process_;
}

bool Ledger::is_lost(const ActivityHandle& handle) const {
  const auto activity = activities_.find({handle.run_id, handle.scheduled_event_id});
  if (activity == activities_.end()) return false;
  const auto attempt = activity->second.attempts.find(handle.attempt);
  return attempt != activity->second.attempts.end() && attempt->second.process != process_ &&
         !attempt->second.asynchronous && !attempt->second.doubtful;
}

bool Ledger::is_closed(const std::string& run_id, std::int64_t scheduled_event_id) const {
  const auto activity = activities_.find({run_id, scheduled_event_id});
  return activity != activities_.end() && activity->second.closed;
}

}  // namespace durasim::inline v0::dst
