// Drives the pure core of one run by hand: inputs at chosen instants, history as short lines of
// text. After every input the state is stored, read back and compared, so that each test is a test
// of restarts too.
#pragma once

#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/core/retry_policy.hpp"
#include "durasim/store/memory.hpp"

#include "engine/run_state.hpp"
#include "engine/stored_events.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) all += "\n  [" + line + "]";
    return all.c_str();
  }
};

namespace durasim::inline v0::engine::test {

using Lines = std::vector<std::string>;

inline PayloadList text(std::string data) {
  Payload payload;
  payload.metadata["encoding"] = "binary/plain";
  payload.data = std::move(data);
  return {payload};
}

// ---- commands -----------------------------------------------------------------------------------

struct ActivityTimes {
  Duration start_to_close = std::chrono::seconds{10};
  Duration schedule_to_close{};
  Duration schedule_to_start{};
  Duration heartbeat{};
};

inline proto::Command schedule(const std::string& id, const ActivityTimes& times = {},
                               const RetryPolicy& retry = {}) {
  proto::ScheduleActivityTaskCommandAttributes attributes;
  attributes.activity_id = id;
  attributes.activity_type.emplace().name = "work";
  attributes.start_to_close_timeout = proto::to_message(times.start_to_close);
  attributes.schedule_to_close_timeout = proto::to_message(times.schedule_to_close);
  attributes.schedule_to_start_timeout = proto::to_message(times.schedule_to_start);
  attributes.heartbeat_timeout = proto::to_message(times.heartbeat);
  attributes.retry_policy = proto::to_message(retry);
  return proto::make_command(std::move(attributes));
}
inline proto::Command cancel_activity(std::int64_t scheduled_event_id) {
  proto::RequestCancelActivityTaskCommandAttributes attributes;
  attributes.scheduled_event_id = scheduled_event_id;
  return proto::make_command(std::move(attributes));
}
inline proto::Command timer(const std::string& id, Duration duration) {
  proto::StartTimerCommandAttributes attributes;
  attributes.timer_id = id;
  attributes.start_to_fire_timeout = proto::ProtoDuration::from(duration);
  return proto::make_command(std::move(attributes));
}
inline proto::Command cancel_timer(const std::string& id) {
  proto::CancelTimerCommandAttributes attributes;
  attributes.timer_id = id;
  return proto::make_command(std::move(attributes));
}
inline proto::Command complete(const std::string& result = "done") {
  proto::CompleteWorkflowExecutionCommandAttributes attributes;
  attributes.result = proto::to_message(text(result));
  return proto::make_command(std::move(attributes));
}
inline proto::Command fail(const std::string& message, bool non_retryable = false) {
  proto::FailWorkflowExecutionCommandAttributes attributes;
  attributes.failure =
      ApplicationFailure(message, {.type = "Broken", .non_retryable = non_retryable}).proto();
  return proto::make_command(std::move(attributes));
}
inline proto::Command cancel_run() {
  return proto::make_command(proto::CancelWorkflowExecutionCommandAttributes{});
}
inline proto::Command continue_as_new() {
  return proto::make_command(proto::ContinueAsNewWorkflowExecutionCommandAttributes{});
}

inline ActivityOutcome failed(const std::string& type, ApplicationFailure::Options options = {}) {
  options.type = type;
  return ActivityFailed{ApplicationFailure("attempt failed", options).proto()};
}

// ---- the run ------------------------------------------------------------------------------------

class Core {
 public:
  explicit Core(StartRun start = {}, EngineLimits limits = {})
      : limits_(limits), state_(filled(std::move(start)), limits_, now) {
    saved();
  }

  WallTime now = WallTime(std::chrono::sys_days{std::chrono::January / 1 / 2026});

  RunState& state() { return state_; }

  // A workflow task from its start to its completion, with these commands.
  TaskResult task(const std::vector<proto::Command>& commands) {
    const std::int64_t started = begin_task();
    return end_task(started, commands);
  }
  std::int64_t begin_task() {
    REQUIRE(state_.workflow_task_ready());
    last_task = state_.start_workflow_task("worker", now);
    saved();
    return last_task.started_event_id;
  }
  TaskResult end_task(std::int64_t started, const std::vector<proto::Command>& commands) {
    const TaskResult result =
        state_.complete_workflow_task(started, commands, "worker", "run-2", now);
    saved();
    return result;
  }
  TaskResult fail_task(std::int64_t started) {
    WorkflowTaskFailure failure;
    failure.cause = WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
    failure.failure.message = "bad code";
    const TaskResult result = state_.fail_workflow_task(started, failure, "worker", now);
    saved();
    return result;
  }
  // A completed first task with these commands: events 2 to 4, so that the first command is
  // event 5.
  Core& first(const std::vector<proto::Command>& commands) {
    REQUIRE(task(commands) == TaskResult::Completed);
    return *this;
  }

  void signal(const std::string& name = "go") {
    state_.signal({name, {}, "client", "", std::nullopt}, now);
    saved();
  }
  void terminate() {
    state_.terminate("enough", {}, "client", now);
    saved();
  }
  void cancel() {
    state_.request_cancel("stop", "client", std::nullopt, 0, now);
    saved();
  }
  void begin(std::int64_t scheduled, std::int32_t attempt = 1) {
    REQUIRE(state_.start_activity(scheduled, attempt, now, "worker-7"));
    saved();
  }
  bool end(std::int64_t scheduled, std::int32_t attempt, const ActivityOutcome& outcome) {
    const bool done = state_.close_activity(scheduled, attempt, outcome, "worker-7", now);
    saved();
    return done;
  }
  void lose(std::int64_t scheduled) {
    state_.lose_activity(scheduled, now);
    saved();
  }
  std::optional<bool> heartbeat(std::int64_t scheduled, std::int32_t attempt,
                                const std::string& details) {
    const auto answer = state_.heartbeat(scheduled, attempt, text(details), now);
    saved();
    return answer;
  }
  void pass(Duration duration) {
    now += std::chrono::duration_cast<WallTime::duration>(duration);
    state_.fire_due("run-2", now);
    saved();
  }
  // Moves to the next instant at which something is due; how long that took.
  Duration skip() {
    const auto due = state_.next_due();
    REQUIRE(due);
    const Duration step = *due - now;
    pass(step);
    return step;
  }

  const ActivityRecord& activity(std::int64_t scheduled) {
    return state_.activities().at(scheduled);
  }
  std::vector<Effect> effects() { return std::exchange(effects_, {}); }
  template <class E>
  std::vector<E> effects_of() {
    std::vector<E> found;
    for (const Effect& effect : effects()) {
      if (const auto* one = std::get_if<E>(&effect)) found.push_back(*one);
    }
    return found;
  }

  std::vector<proto::HistoryEvent> events() {
    return codec::decode_history(history_, blobs()).events;
  }
  [[nodiscard]] const store::MemoryStore& store() const { return store_; }
  proto::HistoryEvent event(std::int64_t id) {
    return events().at(static_cast<std::size_t>(id - 1));
  }
  template <class A>
  A attributes(std::int64_t id) {
    const proto::HistoryEvent found = event(id);
    const auto* attributes = found.attributes_if<A>();
    REQUIRE_MESSAGE(attributes != nullptr, to_string(found.event_type));
    return *attributes;
  }
  // Types of the events from `first` on.
  Lines types(std::int64_t first = 5) {
    Lines lines;
    for (const proto::HistoryEvent& e : events()) {
      if (e.event_id >= first) lines.push_back(to_string(e.event_type));
    }
    return lines;
  }

  StartedWorkflowTask last_task;

 private:
  static StartRun filled(StartRun start) {
    if (start.workflow_id.empty()) start.workflow_id = "wf";
    if (start.run_id.empty()) start.run_id = "run-1";
    start.workflow_type = "Type";
    start.task_queue = "queue";
    return start;
  }

  codec::BlobReader blobs() { return blobs_for(store_, state_.row().run_id); }

  // Stores what has happened, and goes on from what the store has.
  void saved() {
    for (Effect& effect : state_.take_effects()) effects_.push_back(std::move(effect));
    if (!state_.changed()) return;
    const auto due = state_.next_due();
    store_.commit(std::vector{state_.take_transition()});
    history_.clear();
    for (const store::HistoryBatch& batch : store_.history(state_.row().run_id))
      history_ += batch.events;
    const proto::HistoryEvent first = events().front();
    state_ = RunState(*store_.run(state_.row().run_id), store_.tasks(state_.row().run_id),
                      *first.attributes_if<proto::WorkflowExecutionStartedEventAttributes>(),
                      limits_, blobs());
    CHECK(state_.next_due() == due);
    CHECK(state_.row().due == due);
  }

  EngineLimits limits_;
  RunState state_;
  store::MemoryStore store_;
  std::string history_;
  std::vector<Effect> effects_;
};

}  // namespace durasim::inline v0::engine::test
