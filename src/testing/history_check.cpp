// Each rule is a walk over the events; the replay is that of a worker whose cache is empty.
#include "testing/history_check.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/replay/workflow_machines.hpp"
#include "durasim/store/integrity.hpp"

#include "engine/stored_events.hpp"
#include "testing/violation.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

namespace durasim::inline v0::testing {

namespace {

using proto::HistoryEvent;

bool is_terminal(const HistoryEvent& event) {
  switch (event.event_type) {
    case EventType::WorkflowExecutionCompleted:
    case EventType::WorkflowExecutionFailed:
    case EventType::WorkflowExecutionTimedOut:
    case EventType::WorkflowExecutionCanceled:
    case EventType::WorkflowExecutionTerminated:
    case EventType::WorkflowExecutionContinuedAsNew:
      return true;
    default:
      return false;
  }
}

bool is_outcome(const HistoryEvent& event) {
  return event.event_type == EventType::ActivityTaskCompleted ||
         event.event_type == EventType::ActivityTaskFailed ||
         event.event_type == EventType::ActivityTaskTimedOut ||
         event.event_type == EventType::ActivityTaskCanceled;
}

bool ends_task(const HistoryEvent& event) {
  return event.event_type == EventType::WorkflowTaskCompleted ||
         event.event_type == EventType::WorkflowTaskFailed ||
         event.event_type == EventType::WorkflowTaskTimedOut;
}

void check_numbers(const store::RunRow& row, std::span<const HistoryEvent> events) {
  std::int64_t id = 0;
  for (const HistoryEvent& event : events) {
    if (event.event_id != ++id)
      throw Violation(fmt::format("event {} stands where {} should", event.event_id, id));
  }
  if (row.next_event_id != id + 1)
    throw Violation(fmt::format("next event {} after {} events", row.next_event_id, id));
}

void check_ends(const store::RunRow& row, std::span<const HistoryEvent> events) {
  if (events.front().event_type != EventType::WorkflowExecutionStarted)
    throw Violation("the first event is not the start");
  for (const HistoryEvent& event : events) {
    const bool last = &event == &events.back();
    if (is_terminal(event) && !last)
      throw Violation(fmt::format("event {} closes the run and is not the last", event.event_id));
  }
  const bool open = row.status == store::RunStatus::Running;
  if (is_terminal(events.back()) == open)
    throw Violation(open ? "an open run has a closing event" : "a closed run has no closing event");
}

// Scheduled, started, ended, in turns; started tasks' times never go back.
void check_tasks(std::span<const HistoryEvent> events) {
  EventType before = EventType::WorkflowTaskCompleted;
  WallTime time{};
  const auto expect = [&](const HistoryEvent& event, bool fits) {
    if (!fits) throw Violation(fmt::format("event {}: workflow tasks overlap", event.event_id));
    before = event.event_type;
  };
  for (const HistoryEvent& event : events) {
    if (event.event_type == EventType::WorkflowTaskScheduled) {
      expect(event, before != EventType::WorkflowTaskScheduled &&
                        before != EventType::WorkflowTaskStarted);
    } else if (event.event_type == EventType::WorkflowTaskStarted) {
      expect(event, before == EventType::WorkflowTaskScheduled);
      if (to_time(event.event_time) < time)
        throw Violation(fmt::format("event {}: workflow time goes back", event.event_id));
      time = to_time(event.event_time);
    } else if (ends_task(event)) {
      expect(event, before == EventType::WorkflowTaskStarted);
    }
  }
}

// What was buffered during a task follows it with the outcomes of activities last. An activity that
// is cancelled before its start is no outcome in this sense: the command itself ends it.
void check_order(std::span<const HistoryEvent> events) {
  bool behind_task = false;
  bool seen_outcome = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const HistoryEvent& event = events[i];
    if (ends_task(event) || event.event_type == EventType::WorkflowTaskScheduled ||
        is_terminal(event)) {
      behind_task = ends_task(event);
      seen_outcome = false;
      continue;
    }
    const bool by_command = event.event_type == EventType::ActivityTaskCanceled &&
                            events[i - 1].event_type == EventType::ActivityTaskCancelRequested;
    if (!behind_task || by_command) continue;
    if (is_outcome(event)) {
      seen_outcome = true;
    } else if (seen_outcome) {
      throw Violation(
          fmt::format("event {} stands behind the outcome of an activity that was "
                      "buffered with it",
                      event.event_id));
    }
  }
}

}  // namespace

std::vector<proto::HistoryEvent> events_of(const store::Store& store, const store::RunRow& row) {
  const auto batches = store.history(row.run_id);
  store::verify(batches, row);
  return engine::events_of(store, row.run_id, batches);
}

void check_history(const store::RunRow& row, std::span<const proto::HistoryEvent> events) {
  if (events.empty()) throw Violation("a run without history");
  check_numbers(row, events);
  check_ends(row, events);
  check_tasks(events);
  check_order(events);
}

void check_replay(const store::RunRow& row, std::span<const proto::HistoryEvent> events,
                  const WorkflowImplementation& implementation) {
  const bool open = row.status == store::RunStatus::Running;
  if (open && events.back().event_type == EventType::WorkflowTaskStarted)
    events = events.first(events.size() - 1);
  const auto instance = implementation.create({});
  replay::MachineOptions options;
  options.strict = true;
  replay::WorkflowMachines machines(row.run_id, options);
  try {
    machines.apply(events,
                   [&](const Activation& activation) { return instance->activate(activation); });
  } catch (const std::exception& error) {
    throw Violation(std::string("its history cannot be replayed: ") + error.what());
  }
  const bool by_code = !open && row.status != store::RunStatus::Terminated &&
                       row.status != store::RunStatus::TimedOut;
  if (by_code && !machines.closed()) throw Violation("its replay does not end");
}

}  // namespace durasim::inline v0::testing
