// The beginning of a run, its reloading, and what clients do to it: signal, cancel, terminate.
#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"

#include "engine/command_rules.hpp"
#include "engine/run_codec.hpp"
#include "engine/run_state.hpp"
#include "mutants/mutants.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0::engine {

namespace {

using namespace proto;
using namespace std::chrono_literals;

// Temporal's default and maximum for a workflow task (common/primitives, dynamicconfig).
Duration task_timeout(const StartRun& start) {
  const Duration wanted =
      start.task_timeout == Duration::zero() ? Duration(10s) : start.task_timeout;
  return std::min<Duration>(wanted, 120s);
}

// The run timeout lies within the execution timeout.
Duration run_timeout(const StartRun& start) {
  if (start.execution_timeout == Duration::zero()) return start.run_timeout;
  if (start.run_timeout == Duration::zero()) return start.execution_timeout;
  return std::min(start.run_timeout, start.execution_timeout);
}

HistoryEvent started_event(const StartRun& start, const RunRecord& record) {
  WorkflowExecutionStartedEventAttributes attributes;
  attributes.workflow_id = start.workflow_id;
  attributes.workflow_type.emplace().name = start.workflow_type;
  attributes.task_queue = to_task_queue(start.task_queue);
  attributes.input = to_message(start.input);
  attributes.workflow_execution_timeout = ProtoDuration::from(record.execution_timeout);
  attributes.workflow_run_timeout = ProtoDuration::from(record.run_timeout);
  attributes.workflow_task_timeout = ProtoDuration::from(record.task_timeout);
  attributes.continued_execution_run_id = start.continued_execution_run_id;
  attributes.initiator = start.initiator;
  attributes.continued_failure = start.continued_failure;
  attributes.original_execution_run_id = start.run_id;
  attributes.first_execution_run_id = record.first_execution_run_id;
  attributes.identity = start.identity;
  if (start.retry) attributes.retry_policy = to_message(*start.retry);
  attributes.attempt = start.attempt;
  if (record.execution_deadline) {
    attributes.workflow_execution_expiration_time = Timestamp::from(*record.execution_deadline);
  }
  attributes.first_workflow_task_backoff = ProtoDuration::from(start.first_task_delay);
  if (!start.memo.empty()) attributes.memo.emplace().fields = start.memo;
  if (!start.search_attributes.empty())
    attributes.search_attributes.emplace().indexed_fields = start.search_attributes;
  attributes.header.emplace().fields = start.headers;
  return make_event(std::move(attributes));
}

HistoryEvent signaled_event(const SignalRun& signal) {
  WorkflowExecutionSignaledEventAttributes attributes;
  attributes.signal_name = signal.name;
  attributes.input = to_message(signal.input);
  attributes.identity = signal.identity;
  attributes.request_id = signal.request_id;
  attributes.external_workflow_execution = signal.external;
  return make_event(std::move(attributes));
}

StartRun start_of(const WorkflowExecutionStartedEventAttributes& started,
                  const store::RunRow& row) {
  StartRun start;
  start.workflow_id = row.workflow_id;
  start.run_id = row.run_id;
  start.workflow_type = row.workflow_type;
  start.task_queue = row.task_queue;
  start.input = to_list(started.input);
  start.execution_timeout = to_duration(started.workflow_execution_timeout);
  start.run_timeout = to_duration(started.workflow_run_timeout);
  start.task_timeout = to_duration(started.workflow_task_timeout);
  if (started.retry_policy) start.retry = to_policy(*started.retry_policy);
  if (started.memo) start.memo = started.memo->fields;
  if (started.search_attributes)
    start.search_attributes = started.search_attributes->indexed_fields;
  if (started.header) start.headers = started.header->fields;
  start.identity = started.identity;
  start.attempt = started.attempt;
  start.first_execution_run_id = started.first_execution_run_id;
  if (started.workflow_execution_expiration_time) {
    start.execution_deadline = started.workflow_execution_expiration_time->wall_time();
  }
  return start;
}

}  // namespace

void require_writable(const StartRun& start, const std::optional<SignalRun>& signal) {
  static_cast<void>(encode(started_event(start, RunRecord{})));
  if (signal) static_cast<void>(encode(signaled_event(*signal)));
}

RunState::RunState(const StartRun& start, const EngineLimits& limits, WallTime now,
                   const std::optional<SignalRun>& signal)
    : limits_(limits), start_(start) {
  row_.run_id = start.run_id;
  row_.workflow_id = start.workflow_id;
  row_.workflow_type = start.workflow_type;
  row_.task_queue = start.task_queue;
  row_.status = store::RunStatus::Running;
  row_.start_time = now;
  record_.first_execution_run_id =
      start.first_execution_run_id.empty() ? start.run_id : start.first_execution_run_id;
  record_.attempt = start.attempt;
  record_.execution_timeout = start.execution_timeout;
  record_.run_timeout = run_timeout(start);
  record_.task_timeout = task_timeout(start);
  record_.execution_deadline = start.execution_deadline;
  if (!record_.execution_deadline && start.execution_timeout != Duration::zero()) {
    record_.execution_deadline =
        add_clamped(add_clamped(now, start.first_task_delay), start.execution_timeout);
  }
  if (record_.run_timeout != Duration::zero()) {
    record_.run_deadline =
        add_clamped(add_clamped(now, start.first_task_delay), record_.run_timeout);
  }
  record_.first_task_not_before = add_clamped(now, start.first_task_delay);
  record_.retry = start.retry;
  start_->first_execution_run_id = record_.first_execution_run_id;
  start_->execution_deadline = record_.execution_deadline;
  append(started_event(start, record_), now);
  if (signal) this->signal(*signal, now);
  want_workflow_task(now);
}

RunState::RunState(store::RunRow row, const std::vector<store::TaskRow>& tasks,
                   const WorkflowExecutionStartedEventAttributes& started,
                   const EngineLimits& limits, const codec::BlobReader& blobs)
    : limits_(limits),
      row_(std::move(row)),
      record_(decode_run(row_.state, blobs)),
      start_(start_of(started, row_)) {
  stored_version_ = row_.version;
  for (const store::TaskRow& task : tasks) {
    const std::int64_t id = task.key.event_id;
    switch (task.key.kind) {
      case store::TaskKind::Activity:
        index_due(activities_.emplace(id, decode_activity(task.state, blobs)).first->second);
        break;
      case store::TaskKind::Timer: {
        const TimerRecord& timer = timers_.emplace(id, decode_timer(task.state)).first->second;
        timer_due_.emplace(timer.fire_time, id);
        timer_ids_.emplace(timer.timer_id, id);
        break;
      }
      case store::TaskKind::SignalExternal:
      case store::TaskKind::CancelExternal:
        externals_.emplace(id, decode_external(task.state, blobs));
        break;
    }
    stored_.emplace(task.key.kind, id);
  }
}

void RunState::signal(const SignalRun& signal, WallTime now) {
  add(signaled_event(signal), now);
  ++record_.signals;
  mark_changed();
  end_task_if_buffer_full(now);
  if (!mutant(MutantId::SignalWakesNobody)) want_workflow_task(now);
}

void RunState::request_cancel(const std::string& cause, const std::string& identity,
                              const std::optional<proto::WorkflowExecution>& external,
                              std::int64_t external_event_id, WallTime now) {
  if (record_.cancel_requested && !mutant(MutantId::CancelTwice)) return;  // once is enough
  WorkflowExecutionCancelRequestedEventAttributes attributes;
  attributes.cause = cause;
  attributes.identity = identity;
  attributes.external_workflow_execution = external;
  attributes.external_initiated_event_id = external_event_id;
  add(make_event(std::move(attributes)), now);  // throws for a cause that is not UTF-8
  record_.cancel_requested = true;
  want_workflow_task(now);
}

void RunState::terminate(const std::string& reason, const PayloadList& details,
                         const std::string& identity, WallTime now) {
  WorkflowExecutionTerminatedEventAttributes attributes;
  attributes.reason = reason;
  attributes.details = to_message(details);
  attributes.identity = identity;
  HistoryEvent event = make_event(std::move(attributes));
  static_cast<void>(encode(event));  // throws for text that is not UTF-8, before anything changes
  abandon_workflow_task(now);
  close(store::RunStatus::Terminated, std::move(event), now);
}

// A task that is overtaken by too much news is ended, so that the news are not held up for ever.
void RunState::end_task_if_buffer_full(WallTime now) {
  if (record_.task.state != TaskState::Started) return;
  std::size_t bytes = 0;
  for (const HistoryEvent& event : record_.buffered_events) bytes += encode(event).size();
  if (record_.buffered_events.size() < limits_.max_buffered_events &&
      bytes < limits_.max_buffered_bytes)
    return;
  WorkflowTaskFailure failure;
  failure.cause = WorkflowTaskFailedCause::ForceCloseCommand;
  failure.failure.message = "too many events arrived while the workflow task ran";
  fail_workflow_task(record_.task.started_event_id, failure, "durasim", now);
}

}  // namespace durasim::inline v0::engine
