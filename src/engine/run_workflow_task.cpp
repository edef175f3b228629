// The workflow task of a run: scheduled, started, completed, failed, timed out (temporal:
// workflow_task_state_machine.go). From its second attempt on it is transient: nothing of it is in
// history until it completes, so that a task that fails for ever costs no events.
#include "durasim/core/message_values.hpp"

#include "engine/command_rules.hpp"
#include "engine/run_state.hpp"
#include "mutants/mutants.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0::engine {

namespace {

using namespace proto;
using namespace std::chrono_literals;

HistoryEvent scheduled_event(const std::string& queue, Duration timeout, std::int32_t attempt) {
  WorkflowTaskScheduledEventAttributes attributes;
  attributes.task_queue = to_task_queue(queue);
  attributes.start_to_close_timeout = ProtoDuration::from(timeout);
  attributes.attempt = attempt;
  return make_event(std::move(attributes));
}

HistoryEvent started_event(const WorkflowTaskRecord& task, const std::string& identity) {
  WorkflowTaskStartedEventAttributes attributes;
  attributes.scheduled_event_id = task.scheduled_event_id;
  attributes.identity = identity;
  attributes.history_size_bytes = task.history_size_bytes;
  attributes.suggest_continue_as_new = task.suggest_continue_as_new;
  return make_event(std::move(attributes));
}

// How long a failed attempt waits for the next one: not after the first; then the task's own
// timeout (a worker that fails it again says nothing, so that it times out), growing from the
// fourth on, at most 10 minutes.
Duration backoff_after(std::int32_t failed_attempt, Duration timeout) {
  if (failed_attempt < 2) return Duration::zero();
  Duration wait = timeout;
  if (failed_attempt >= 4)
    wait += std::chrono::seconds{5} * (1LL << std::min(failed_attempt - 4, 10));
  return std::min<Duration>(wait, 10min);
}

}  // namespace

Duration RunState::workflow_task_timeout() const {
  return record_.task_timeout;
}

void RunState::schedule_workflow_task(WallTime now) {
  WorkflowTaskRecord& task = record_.task;
  // Events that came in between make a task that failed before an ordinary one again.
  if (flush_buffered(now)) task.attempt = 1;
  task.state = TaskState::Scheduled;
  task.scheduled_time = std::max(record_.last_event_time, now);
  task.scheduled_event_id = 0;
  if (task.attempt == 1) {
    task.not_before = WallTime{};
    task.scheduled_event_id =
        append(scheduled_event(row_.task_queue, workflow_task_timeout(), task.attempt), now);
  }
  mark_changed();
  if (task.not_before == WallTime{}) effects_.emplace_back(WorkflowTaskReady{});
}

// Something has happened that the code has not seen.
void RunState::want_workflow_task(WallTime now) {
  if (!open()) return;
  WorkflowTaskRecord& task = record_.task;
  // The delay before the first task; later the clock may have gone back behind its end.
  const bool begun = record_.completed_tasks > 0 || task.state != TaskState::None;
  if (!begun && now < record_.first_task_not_before) return;
  if (task.state == TaskState::None) schedule_workflow_task(now);
  // News end the waiting of a transient attempt: with them the code may well succeed.
  if (task.state == TaskState::Scheduled && task.attempt > 1) {
    task.attempt = 1;
    schedule_workflow_task(now);
  }
}

bool RunState::workflow_task_ready() const {
  return open() && !record_.parked && record_.task.state == TaskState::Scheduled &&
         record_.task.not_before == WallTime{};
}

StartedWorkflowTask RunState::start_workflow_task(const std::string& identity, WallTime now) {
  WorkflowTaskRecord& task = record_.task;
  // A task that was started by a process that died goes on as it is: recovery writes no history.
  const bool again = task.state == TaskState::Started;
  if (!again) {
    task.history_size_bytes = row_.history_bytes;
    task.suggest_continue_as_new =
        row_.next_event_id - 1 >= limits_.suggest_continue_as_new_events ||
        row_.history_bytes >= limits_.suggest_continue_as_new_bytes;
    if (task.attempt == 1) {
      task.started_event_id = append(started_event(task, identity), now);
    } else {
      task.scheduled_event_id = row_.next_event_id;
      task.started_event_id = row_.next_event_id + 1;
    }
  }
  task.state = TaskState::Started;
  task.started_time = std::max(record_.last_event_time, now);
  mark_changed();
  StartedWorkflowTask started;
  started.started_event_id = task.started_event_id;
  started.attempt = task.attempt;
  if (task.attempt > 1) started.transient_events = transient_events(identity);
  return started;
}

std::vector<HistoryEvent> RunState::transient_events(const std::string& identity) const {
  const WorkflowTaskRecord& task = record_.task;
  std::vector<HistoryEvent> events{
      scheduled_event(row_.task_queue, workflow_task_timeout(), task.attempt),
      started_event(task, identity)};
  events[0].event_id = task.scheduled_event_id;
  events[0].event_time = Timestamp::from(task.scheduled_time);
  events[1].event_id = task.started_event_id;
  events[1].event_time = Timestamp::from(task.started_time);
  return events;
}

TaskResult RunState::complete_workflow_task(std::int64_t started_event_id,
                                            std::vector<Command> commands,
                                            const std::string& identity,
                                            const std::string& new_run_id, WallTime now) {
  WorkflowTaskRecord& task = record_.task;
  const bool current =
      open() && task.state == TaskState::Started && task.started_event_id == started_event_id;
  if (!current) return TaskResult::Stale;
  if (const auto refused = refuse(commands)) {
    return fail_workflow_task(started_event_id, *refused, identity, now);
  }
  // A transient attempt has come to something: now its events are history.
  if (task.attempt > 1) {
    for (HistoryEvent& event : transient_events(identity)) append(std::move(event), now);
  }
  WorkflowTaskCompletedEventAttributes attributes;
  attributes.scheduled_event_id = task.scheduled_event_id;
  attributes.started_event_id = task.started_event_id;
  attributes.identity = identity;
  // Flags are recorded where they are used first, as SDKs do.
  if (record_.completed_tasks == 0) {
    attributes.sdk_metadata.emplace();
    attributes.sdk_metadata->core_used_flags = {1, 2, 3};
    attributes.sdk_metadata->sdk_name = "durasim";
    attributes.sdk_metadata->sdk_version = DURASIM_VERSION_STRING;
  }
  const std::int64_t completed = append(make_event(std::move(attributes)), now);
  task = {};
  ++record_.completed_tasks;
  record_.crashes = 0;
  bool wants_task = false;
  for (Command& command : commands) {
    if (!open()) break;  // the first closing command wins
    handle(command, new_run_id, completed, wants_task, now);
  }
  if (!open()) return TaskResult::Completed;
  wants_task |= flush_buffered(now);
  if (wants_task && !mutant(MutantId::ForgetTaskAfterBuffered)) want_workflow_task(now);
  return TaskResult::Completed;
}

TaskResult RunState::fail_workflow_task(std::int64_t started_event_id,
                                        const WorkflowTaskFailure& failure,
                                        const std::string& identity, WallTime now) {
  WorkflowTaskRecord& task = record_.task;
  const bool current =
      open() && task.state == TaskState::Started && task.started_event_id == started_event_id;
  if (!current) return TaskResult::Stale;
  if (task.attempt == 1) {
    WorkflowTaskFailedEventAttributes attributes;
    attributes.scheduled_event_id = task.scheduled_event_id;
    attributes.started_event_id = task.started_event_id;
    attributes.cause = failure.cause;
    attributes.failure = failure.failure;
    attributes.identity = identity;
    append(make_event(std::move(attributes)), now);
  }
  end_failed_attempt(now);
  return TaskResult::Failed;
}

bool RunState::workflow_task_over(WallTime now) const {
  const WorkflowTaskRecord& task = record_.task;
  return task.state == TaskState::Started &&
         now >= add_clamped(task.started_time, workflow_task_timeout());
}

void RunState::prolong_workflow_task(WallTime now) {
  if (!workflow_task_over(now)) return;
  record_.task.started_time = now;
  mark_changed();
}

bool RunState::time_out_workflow_task(WallTime now) {
  if (!workflow_task_over(now)) return false;
  const WorkflowTaskRecord& task = record_.task;
  if (task.attempt == 1) {
    WorkflowTaskTimedOutEventAttributes attributes;
    attributes.scheduled_event_id = task.scheduled_event_id;
    attributes.started_event_id = task.started_event_id;
    attributes.timeout_type = TimeoutType::StartToClose;
    append(make_event(std::move(attributes)), now);
  }
  end_failed_attempt(now);
  return true;
}

void RunState::end_failed_attempt(WallTime now) {
  WorkflowTaskRecord& task = record_.task;
  const std::int32_t failed = task.attempt;
  task = {};
  task.attempt = failed + 1;
  if (const Duration backoff = backoff_after(failed, workflow_task_timeout());
      backoff > Duration::zero()) {
    task.not_before = add_clamped(now, backoff);
  }
  schedule_workflow_task(now);
}

// Before a run is closed from outside, the task that is being worked on is ended in history.
void RunState::abandon_workflow_task(WallTime now) {
  WorkflowTaskRecord& task = record_.task;
  if (task.state != TaskState::Started || task.attempt != 1) return;
  WorkflowTaskFailedEventAttributes attributes;
  attributes.scheduled_event_id = task.scheduled_event_id;
  attributes.started_event_id = task.started_event_id;
  attributes.cause = WorkflowTaskFailedCause::ForceCloseCommand;
  append(make_event(std::move(attributes)), now);
}

void RunState::count_crash(WallTime now) {
  if (!open()) return;
  record_.last_event_time = std::max(record_.last_event_time, now);
  ++record_.crashes;
  record_.parked = record_.crashes >= limits_.crashes_before_parking;
  mark_changed();
}

void RunState::resume_parked() {
  if (!record_.parked) return;
  record_.parked = false;
  record_.crashes = 0;
  mark_changed();
  if (workflow_task_ready() || record_.task.state == TaskState::Started)
    effects_.emplace_back(WorkflowTaskReady{});
}

}  // namespace durasim::inline v0::engine
