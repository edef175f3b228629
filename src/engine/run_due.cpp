// What time does to a run: timers, timeouts, backoffs, and the end of the run itself. Everything
// that is due happens in one transition (temporal: workflow/timer_sequence.go,
// timer_queue_active_task_executor.go).
#include "durasim/core/message_values.hpp"

#include "engine/command_rules.hpp"
#include "engine/run_state.hpp"
#include "mutants/mutants.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace durasim::inline v0::engine {

using namespace proto;

namespace {

struct Deadline {
  WallTime time;
  TimeoutType type;
};

// The first of an activity's timeouts.
std::optional<Deadline> first_timeout(const ActivityRecord& activity) {
  std::optional<Deadline> first;
  const auto consider = [&](WallTime from, Duration timeout, TimeoutType type) {
    if (timeout == Duration::zero()) return;
    const WallTime time = add_clamped(from, timeout);
    if (!first || time < first->time) first = Deadline{time, type};
  };
  consider(activity.scheduled_time, activity.schedule_to_close, TimeoutType::ScheduleToClose);
  if (activity.started) {
    consider(activity.started_time, activity.start_to_close, TimeoutType::StartToClose);
    consider(mutant(MutantId::HeartbeatFromStart)
                 ? activity.started_time
                 : std::max(activity.started_time, activity.last_heartbeat),
             activity.heartbeat, TimeoutType::Heartbeat);
  } else {
    consider(activity.attempt_scheduled_time, activity.schedule_to_start,
             TimeoutType::ScheduleToStart);
  }
  return first;
}

}  // namespace

void RunState::index_due(ActivityRecord& activity) {
  const auto timeout = first_timeout(activity);
  WallTime due = timeout ? timeout->time : WallTime::max();
  if (activity.backing_off) due = std::min(due, activity.attempt_scheduled_time);
  if (due == activity.indexed_due) return;
  activity_due_.erase({activity.indexed_due, activity.scheduled_event_id});
  activity.indexed_due = due;
  if (due != WallTime::max()) activity_due_.emplace(due, activity.scheduled_event_id);
}

std::optional<WallTime> RunState::next_due() const {
  if (!open()) return std::nullopt;
  std::optional<WallTime> due;
  const auto consider = [&](WallTime time) {
    if (time != WallTime::max() && (!due || time < *due)) due = time;
  };
  if (record_.execution_deadline) consider(*record_.execution_deadline);
  if (record_.run_deadline) consider(*record_.run_deadline);
  if (!timer_due_.empty()) consider(timer_due_.begin()->first);
  const WorkflowTaskRecord& task = record_.task;
  if (task.state == TaskState::None && record_.completed_tasks == 0)
    consider(record_.first_task_not_before);
  if (task.state == TaskState::Scheduled && task.not_before != WallTime{})
    consider(task.not_before);
  if (task.state == TaskState::Started)
    consider(add_clamped(task.started_time, workflow_task_timeout()));
  if (!activity_due_.empty()) consider(activity_due_.begin()->first);
  return due;
}

void RunState::fire_due(const std::string& new_run_id, WallTime now) {
  if (!open()) return;
  const bool execution_over = record_.execution_deadline && now >= *record_.execution_deadline;
  if (execution_over || (record_.run_deadline && now >= *record_.run_deadline)) {
    time_out_run(execution_over ? "" : new_run_id, now);
    return;
  }
  fire_first_task(now);
  fire_timers(now);
  fire_activities(now);
  if (open() && !time_out_workflow_task(now)) end_task_backoff(now);
}

void RunState::end_task_backoff(WallTime now) {
  WorkflowTaskRecord& task = record_.task;
  if (task.state != TaskState::Scheduled || task.not_before == WallTime{} || now < task.not_before)
    return;
  task.not_before = WallTime{};
  mark_changed();
  effects_.emplace_back(WorkflowTaskReady{});
}

// The backoff before the first task is over (start delay, retry of a run).
void RunState::fire_first_task(WallTime now) {
  if (record_.completed_tasks != 0 || record_.task.state != TaskState::None ||
      now < record_.first_task_not_before) {
    return;
  }
  want_workflow_task(now);
}

void RunState::fire_timers(WallTime now) {
  bool fired = false;
  const WallTime until =
      mutant(MutantId::TimerEarly) ? add_clamped(now, std::chrono::milliseconds{50}) : now;
  while (!timer_due_.empty() && timer_due_.begin()->first <= until) {
    const std::int64_t started = timer_due_.begin()->second;
    TimerFiredEventAttributes attributes;
    attributes.timer_id = timers_.at(started).timer_id;
    attributes.started_event_id = started;
    add(make_event(std::move(attributes)), now);
    timer_due_.erase(timer_due_.begin());
    timer_ids_.erase(timers_.at(started).timer_id);
    timers_.erase(started);
    remove(store::TaskKind::Timer, started);
    fired = true;
  }
  if (fired) want_workflow_task(now);
}

void RunState::fire_activities(WallTime now) {
  // Those that are due now; what a timeout makes due in its turn waits for the next call.
  std::vector<std::int64_t> due;
  for (const auto& [time, id] : activity_due_) {
    if (time > now) break;
    due.push_back(id);
  }
  for (const std::int64_t id : due) {
    ActivityRecord& activity = activities_.at(id);
    const auto timeout = first_timeout(activity);
    if (timeout && timeout->time <= now) {
      time_out_activity(id, timeout->type, now);
    } else {
      activity.backing_off = false;
      put(store::TaskKind::Activity, id);
      effects_.emplace_back(ActivityReady{id, activity.attempt});
    }
  }
}

void RunState::announce() {
  if (!open()) return;
  if (workflow_task_ready() || (record_.task.state == TaskState::Started && !record_.parked)) {
    effects_.emplace_back(WorkflowTaskReady{});
  }
  for (const auto& [id, activity] : activities_) {
    if (!activity.started && !activity.backing_off)
      effects_.emplace_back(ActivityReady{id, activity.attempt});
  }
  for (const auto& [id, external] : externals_) effects_.emplace_back(DeliverExternal{external});
}

void RunState::time_out_run(const std::string& new_run_id, WallTime now) {
  proto::Failure failure;
  failure.message = "workflow run timeout";
  failure.source = "durasim";
  failure.info = TimeoutFailureInfo{.timeout_type = TimeoutType::StartToClose,
                                    .last_heartbeat_details = std::nullopt,
                                    .unknown_fields = {}};
  RetryState state = RetryState::Timeout;
  std::optional<StartRun> successor;
  if (!new_run_id.empty()) successor = successor_after(failure, state, new_run_id, now);
  abandon_workflow_task(now);
  WorkflowExecutionTimedOutEventAttributes attributes;
  attributes.retry_state = state;
  if (successor) attributes.new_execution_run_id = successor->run_id;
  close(store::RunStatus::TimedOut, make_event(std::move(attributes)), now);
  if (successor) effects_.emplace_back(StartSuccessor{std::move(*successor)});
}

}  // namespace durasim::inline v0::engine
