// The walk over a history: which events belong to which workflow task, the step of the code that
// each task is, and what becomes of the code's commands. What single events and commands do is in
// machine_events.cpp and machine_commands.cpp.
#include "durasim/replay/workflow_machines.hpp"

#include "replay/command_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::replay {

namespace {

// sdk-core's order of jobs: the start, then signals, then everything else as it happened.
void order(std::vector<ActivationJob>& jobs) {
  if (jobs.size() < 2) return;
  const auto rank = [](const ActivationJob& job) {
    return std::holds_alternative<InitializeWorkflow>(job) ? 0
           : std::holds_alternative<SignalWorkflow>(job)   ? 1
                                                           : 2;
  };
  std::vector<ActivationJob> ordered;
  ordered.reserve(jobs.size());
  for (int wanted = 0; wanted < 3; ++wanted) {
    for (ActivationJob& job : jobs) {
      if (rank(job) == wanted) ordered.push_back(std::move(job));
    }
  }
  jobs = std::move(ordered);
}

}  // namespace

WorkflowMachines::WorkflowMachines(std::string run_id, MachineOptions options)
    : run_id_(std::move(run_id)), options_(std::move(options)) {}

void WorkflowMachines::apply(std::span<const proto::HistoryEvent> events,
                             const Activate& activate) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < events.size() && !failure_; ++i) {
    if (events[i].event_type != EventType::WorkflowTaskStarted) continue;
    const bool last = i + 1 == events.size();
    // A task that was not completed left no trace in the code; its events belong to the next one.
    if (!last && events[i + 1].event_type != EventType::WorkflowTaskCompleted) continue;
    for (; next <= i; ++next) apply_event(events[next]);
    run_task(events[i], !last, activate);
  }
  if (failure_) return;
  for (; next < events.size(); ++next) apply_event(events[next]);
}

void WorkflowMachines::expect_no_more_commands() const {
  expect_drained(0, "");
}

void WorkflowMachines::expect_drained(std::int64_t event_id, const char* event_type) const {
  if (outgoing_.empty()) return;
  throw HistoryMismatch({.event_id = event_id,
                         .event_type = event_type,
                         .field = "command",
                         .expected = "no further command",
                         .actual = std::string(command_name(outgoing_.front().command))});
}

void WorkflowMachines::run_task(const proto::HistoryEvent& started, bool replaying,
                                const Activate& activate) {
  expect_drained(started.event_id, "WorkflowTaskStarted");
  const auto* attributes = started.attributes_if<proto::WorkflowTaskStartedEventAttributes>();
  header_.run_id = run_id_;
  if (started.event_time) {
    header_.timestamp = std::max(header_.timestamp, started.event_time->wall_time());
  }
  header_.is_replaying = replaying;
  header_.history_length = started.event_id;
  if (attributes != nullptr) {
    header_.history_size_bytes = attributes->history_size_bytes;
    header_.continue_as_new_suggested = attributes->suggest_continue_as_new;
  }
  order(jobs_);
  // A command that is taken back can resolve something at once: then the code goes on within the
  // same task.
  while (!jobs_.empty() && !failure_) {
    Activation activation = header_;
    activation.jobs = std::exchange(jobs_, {});
    accept(activate(activation));
  }
}

Completion WorkflowMachines::query(const QueryWorkflow& query, const Activate& activate) const {
  Activation activation = header_;
  activation.is_replaying = true;
  activation.jobs.emplace_back(query);
  return activate(activation);
}

void WorkflowMachines::accept(const Completion& completion) {
  if (completion.failure) {
    failure_ = completion.failure;
    return;
  }
  for (const WorkflowCommand& command : completion.commands) accept_command(command);
}

Action WorkflowMachines::take(MachineKind kind, std::uint32_t seq, Input input) {
  const auto found = operations(kind).find(seq);
  if (found == operations(kind).end()) {
    throw FormatError(fmt::format("history: {} {} is not open, but {} comes for it",
                                  to_string(kind), seq, to_string(input)));
  }
  Operation& operation = found->second;
  const auto rows = table(kind);
  const auto row = std::ranges::find_if(
      rows, [&](const Transition& t) { return t.from == operation.state && t.input == input; });
  if (row == rows.end()) {
    // Commands of a task stand before what happens to them: the code wants one that is not there.
    if (input != Input::Cancel && input != Input::CancelAndWait && !outgoing_.empty()) {
      throw HistoryMismatch({.event_id = last_event_id_,
                             .event_type = std::string(to_string(input)),
                             .field = "command",
                             .expected = "no further command",
                             .actual = std::string(command_name(outgoing_.front().command))});
    }
    throw FormatError(fmt::format("history: {} {} is {}, but {} comes for it", to_string(kind), seq,
                                  to_string(operation.state), to_string(input)));
  }
  if (options_.observer != nullptr) {
    options_.observer->taken(kind, static_cast<std::size_t>(row - rows.begin()));
  }
  operation.state = row->to;
  if (row->to == State::Resolved || row->to == State::Canceled) {
    by_event_[static_cast<std::size_t>(kind)].erase(operation.recorded_event_id);
    operations(kind).erase(found);
  }
  return row->action;
}

std::uint32_t WorkflowMachines::opened_by(MachineKind kind, std::int64_t event_id) const {
  const auto& index = by_event_[static_cast<std::size_t>(kind)];
  const auto found = index.find(event_id);
  if (found == index.end()) {
    throw FormatError(fmt::format("history: event {} did not open a {} that is still open",
                                  event_id, to_string(kind)));
  }
  return found->second;
}

std::optional<std::pair<std::uint32_t, WorkflowMachines::Operation>> WorkflowMachines::take_outcome(
    MachineKind kind, std::int64_t opened_event_id) {
  const std::uint32_t seq = opened_by(kind, opened_event_id);
  Operation operation = operations(kind).at(seq);
  const Input input = operation.observed ? Input::OutcomeEvent : Input::OutcomeEventUnobserved;
  if (take(kind, seq, input) != Action::Resolve) return std::nullopt;
  return std::pair{seq, std::move(operation)};
}

std::vector<proto::Command> WorkflowMachines::commands() const {
  std::vector<proto::Command> result;
  result.reserve(outgoing_.size());
  for (const Outgoing& outgoing : outgoing_) result.push_back(to_message(outgoing));
  return result;
}

}  // namespace durasim::inline v0::replay
