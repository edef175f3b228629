// Tasks between runs and workers. Queue entries are hints: whether something is still to be done,
// the run's state decides.
#include "durasim/core/encoding.hpp"

#include "core/utf8.hpp"
#include "engine/service.hpp"
#include "mutants/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

namespace {

// Throws InvalidArgument for text that is not UTF-8, before anything has changed.
void require_writable(const ActivityOutcome& outcome) {
  const auto require = [](const PayloadList& payloads) {
    for (const Payload& payload : payloads) {
      for (const auto& [key, value] : payload.metadata) {
        if (!is_utf8(key)) throw InvalidArgument("a payload's metadata key is not UTF-8");
      }
    }
  };
  if (const auto* completed = std::get_if<ActivityCompleted>(&outcome)) require(completed->result);
  if (const auto* canceled = std::get_if<ActivityCanceled>(&outcome)) require(canceled->details);
  if (const auto* failed = std::get_if<ActivityFailed>(&outcome))
    static_cast<void>(encode(failed->failure));
}

}  // namespace

Service::Run* Service::open_run(const std::string& run_id) {
  if (quarantined_.contains(run_id)) return nullptr;
  try {
    Run& run = load(run_id);
    return run.state.open() ? &run : nullptr;
  } catch (const WorkflowNotFound&) {
    return nullptr;  // its start was not committed
  } catch (const StoreDamaged& damage) {
    quarantine(run_id, damage);
    return nullptr;
  }
}

// A run that can't be read now is announced again when it can.
Service::Run* Service::open_announced(const std::string& run_id) {
  try {
    return open_run(run_id);
  } catch (const std::exception&) {
    if (!mutant(MutantId::AnnouncementLost)) unread_.push_back(run_id);
    throw;
  }
}

std::optional<WorkflowTask> Service::next_workflow_task(const std::string& task_queue,
                                                        WallTime now) {
  std::deque<std::string>& queue = workflow_queue_[task_queue];
  while (!queue.empty()) {
    const std::string run_id = std::move(queue.front());
    queue.pop_front();
    Run* run = open_announced(run_id);
    if (run == nullptr || run->token != 0 || held_.contains(run_id)) continue;
    // A task that was started by a process that died is started again as it is.
    const bool interrupted =
        run->state.record().task.state == TaskState::Started && !run->state.record().parked;
    if (!interrupted && !run->state.workflow_task_ready()) continue;
    const std::int64_t most = options_.limits.max_history_events;
    if (const std::int64_t events = run->state.row().next_event_id - 1;
        most > 0 && events >= most) {
      run->state.terminate(fmt::format("the history has {} events; at most {}", events, most), {},
                           options_.identity, now);
      changed(run->state, now);
      continue;
    }
    WorkflowTask task;
    task.run_id = run_id;
    task.workflow_type = run->state.row().workflow_type;
    task.started = run->state.start_workflow_task(options_.identity, now);
    task.token = next_token_++;
    run->token = task.token;
    changed(run->state, now);
    return task;
  }
  return std::nullopt;
}

void Service::return_workflow_task(const WorkflowTask& task) {
  Run* run = runs_.find(task.run_id);
  if (run == nullptr || run->token != task.token) return;
  run->token = 0;
  workflow_queue_[run->state.row().task_queue].push_back(task.run_id);
}

void Service::release(const std::string& run_id) {
  held_.erase(run_id);
  try {
    const Run* run = open_run(run_id);
    if (run != nullptr && run->token == 0 && run->state.workflow_task_ready())
      workflow_queue_[run->state.row().task_queue].push_back(run_id);
  } catch (const std::exception&) {
    unread_.push_back(run_id);
  }
}

QueueDepth Service::depth(const std::string& task_queue) const {
  QueueDepth depth;
  if (const auto found = workflow_queue_.find(task_queue); found != workflow_queue_.end())
    depth.workflow_tasks = found->second.size();
  if (const auto found = activity_queue_.find(task_queue); found != activity_queue_.end())
    depth.activities = found->second.size();
  return depth;
}

std::vector<proto::HistoryEvent> Service::events_for(const WorkflowTask& task,
                                                     std::int64_t last_event_id) {
  Run& run = load(task.run_id);
  std::vector<proto::HistoryEvent> events;
  if (const auto recent = run.state.recent_events(last_event_id + 1)) {
    events.assign(recent->begin(), recent->end());
  } else {
    events = history(task.run_id);
    std::erase_if(
        events, [&](const proto::HistoryEvent& event) { return event.event_id <= last_event_id; });
  }
  run.given = run.state.row().next_event_id - 1;
  events.insert(events.end(), task.started.transient_events.begin(),
                task.started.transient_events.end());
  return events;
}

TaskResult Service::complete_workflow_task(const WorkflowTask& task,
                                           std::vector<proto::Command> commands, WallTime now) {
  Run* run = open_run(task.run_id);
  if (run == nullptr || (run->token != task.token && !mutant(MutantId::StaleTaskAccepted)))
    return TaskResult::Stale;
  run->token = 0;
  const TaskResult result = run->state.complete_workflow_task(
      task.started.started_event_id, std::move(commands), options_.identity, new_id(), now);
  changed(run->state, now);
  return result;
}

TaskResult Service::fail_workflow_task(const WorkflowTask& task, const WorkflowTaskFailure& failure,
                                       WallTime now) {
  Run* run = open_run(task.run_id);
  if (run == nullptr || run->token != task.token) return TaskResult::Stale;
  run->token = 0;
  const TaskResult result =
      run->state.fail_workflow_task(task.started.started_event_id, failure, options_.identity, now);
  changed(run->state, now);
  return result;
}

std::optional<ActivityHandle> Service::next_activity(const std::string& task_queue, WallTime now) {
  std::deque<ReadyActivity>& queue = activity_queue_[task_queue];
  while (!queue.empty()) {
    const ReadyActivity ready = std::move(queue.front());
    queue.pop_front();
    Run* run = open_announced(ready.run_id);
    if (run == nullptr) continue;
    if (!run->state.start_activity(ready.scheduled_event_id, ready.attempt, now,
                                   options_.identity)) {
      continue;
    }
    changed(run->state, now);
    return ActivityHandle{ready.run_id, ready.scheduled_event_id, ready.attempt};
  }
  return std::nullopt;
}

void Service::return_activity(const ActivityHandle& handle, WallTime now) {
  Run* run = open_run(handle.run_id);
  if (run == nullptr) return;
  run->state.return_activity(handle.scheduled_event_id, handle.attempt);
  changed(run->state, now);
}

ActivityTask Service::activity_task(const ActivityHandle& handle) {
  const RunState& state = load(handle.run_id).state;
  const ActivityRecord& activity = state.activities().at(handle.scheduled_event_id);
  ActivityTask task;
  task.info.activity_id = activity.activity_id;
  task.info.activity_type = activity.activity_type;
  task.info.attempt = activity.attempt;
  task.info.task_queue = activity.task_queue;
  task.info.workflow_id = state.row().workflow_id;
  task.info.workflow_run_id = state.row().run_id;
  task.info.workflow_type = state.row().workflow_type;
  task.info.scheduled_time = activity.scheduled_time;
  task.info.current_attempt_scheduled_time = activity.attempt_scheduled_time;
  task.info.started_time = activity.started_time;
  task.info.schedule_to_close_timeout = activity.schedule_to_close;
  task.info.start_to_close_timeout = activity.start_to_close;
  task.info.heartbeat_timeout = activity.heartbeat;
  task.info.retry_policy = activity.retry;
  task.info.task_token = to_token(handle);
  task.arguments = PayloadList(activity.input);
  task.heartbeat_details = PayloadList(activity.heartbeat_details);
  return task;
}

void Service::check_size(const PayloadList& payloads, const ActivityHandle& handle,
                         std::string_view what) const {
  if (within_limits(payloads, payload_limits())) return;
  check_payload_sizes(payloads, payload_limits(),
                      fmt::format("run {}, activity scheduled by event {}, {}", handle.run_id,
                                  handle.scheduled_event_id, what));
}

bool Service::close_activity(const ActivityHandle& handle, ActivityOutcome outcome, WallTime now) {
  require_writable(outcome);
  if (const auto* completed = std::get_if<ActivityCompleted>(&outcome))
    check_size(completed->result, handle, "result");
  Run* run = open_run(handle.run_id);
  if (run == nullptr) return false;
  const bool done = run->state.close_activity(handle.scheduled_event_id, handle.attempt,
                                              std::move(outcome), options_.identity, now);
  changed(run->state, now);
  return done;
}

HeartbeatReply Service::heartbeat(const ActivityHandle& handle, const PayloadList& details,
                                  WallTime now) {
  check_size(details, handle, "heartbeat detail");
  Run* run = open_run(handle.run_id);
  if (run == nullptr) return {.cancel_requested = false, .not_found = true};
  const auto cancel_requested =
      run->state.heartbeat(handle.scheduled_event_id, handle.attempt, details, now);
  changed(run->state, now);
  return {.cancel_requested = cancel_requested.value_or(false), .not_found = !cancel_requested};
}

bool Service::fire_due(WallTime now) {
  read_again(std::exchange(unread_, {}));
  std::vector<std::string> due = store_.due_runs(now, 1000 + quarantined_.size());
  std::erase_if(due, [&](const std::string& run_id) { return quarantined_.contains(run_id); });
  for (const std::string& run_id : due) {
    Run* run = open_run(run_id);
    if (run == nullptr) continue;
    if (run->token != 0 && held_.contains(run_id)) run->state.prolong_workflow_task(now);
    run->state.fire_due(new_id(), now);
    changed(run->state, now);
  }
  return !due.empty();
}

std::optional<WallTime> Service::next_due() const {
  if (quarantined_.empty()) return store_.next_due();
  // A damaged run stays due for ever; it must not hide the others.
  for (const std::string& run_id : store_.due_runs(WallTime::max(), 1 + quarantined_.size())) {
    if (quarantined_.contains(run_id)) continue;
    if (const auto row = store_.run(run_id)) return row->due;
  }
  return std::nullopt;
}

// Three fields; opaque to everybody else.
std::string to_token(const ActivityHandle& handle) {
  return handle.run_id + "/" + std::to_string(handle.scheduled_event_id) + "/" +
         std::to_string(handle.attempt);
}

ActivityHandle handle_of(std::string_view token) {
  const std::size_t second = token.rfind('/');
  const std::size_t first =
      second == std::string_view::npos ? second : token.rfind('/', second - 1);
  ActivityHandle handle;
  try {
    if (first == std::string_view::npos || first == 0) throw std::invalid_argument("");
    handle.run_id = std::string(token.substr(0, first));
    handle.scheduled_event_id =
        std::stoll(std::string(token.substr(first + 1, second - first - 1)));
    handle.attempt = std::stoi(std::string(token.substr(second + 1)));
  } catch (const std::logic_error&) {
    throw InvalidArgument("task token: not one that an activity was given");
  }
  return handle;
}

}  // namespace durasim::inline v0::engine
