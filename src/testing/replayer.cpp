// Histories from wherever they are, through the replay machines, with nothing behind them.
#include "durasim/testing/replayer.hpp"

#include "durasim/core/bytes.hpp"
#include "durasim/core/encoding.hpp"
#include "durasim/core/files.hpp"
#include "durasim/replay/workflow_machines.hpp"
#include "durasim/store/integrity.hpp"
#include "durasim/workflow/instance.hpp"

#include "engine/payload_coding.hpp"
#include "testing/history_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>

namespace durasim::inline v0::testing {

namespace {

const proto::WorkflowExecutionStartedEventAttributes& start_of(const proto::History& history) {
  const auto* started =
      history.events.empty()
          ? nullptr
          : history.events.front().attributes_if<proto::WorkflowExecutionStartedEventAttributes>();
  if (started == nullptr)
    throw FormatError("history: its first event is not a WorkflowExecutionStarted");
  return *started;
}

proto::History history_of(const store::Store& store, const store::RunRow& row) {
  store::verify(row);
  proto::History history;
  history.events = events_of(store, row);
  return history;
}

}  // namespace

Replayer::Replayer(ReplayerOptions options) : options_(std::move(options)) {}

std::vector<replay::Mismatch> Replayer::replay_run(const proto::History& history,
                                                   const std::string& workflow_id,
                                                   const std::string& run_id) const {
  const std::optional<proto::WorkflowType>& named = start_of(history).workflow_type;
  if (!named) throw FormatError("history: its start names no workflow type");
  const std::string& type = named->name;
  const auto found = implementations_.find(type);
  if (found == implementations_.end())
    throw InvalidArgument("replay: workflow type " + type + " was not implemented");

  std::vector<replay::Mismatch> warnings;
  replay::MachineOptions machine_options;
  machine_options.strict = options_.strict;
  machine_options.observer = options_.observer;
  machine_options.warn = [&](const replay::Mismatch& mismatch) { warnings.push_back(mismatch); };
  replay::WorkflowMachines machines(run_id, std::move(machine_options));
  const std::unique_ptr<WorkflowInstance> instance =
      found->second.create({.logger = options_.logger.for_module("workflow"),
                            .fail_task_on_exception = options_.fail_task_on_exception});

  std::vector<proto::HistoryEvent> decoded;
  std::span events(history.events);
  if (options_.codec != nullptr) {
    decoded = history.events;
    const engine::PayloadCoding coding(options_.codec);
    for (proto::HistoryEvent& event : decoded) coding.decode(event, workflow_id);
    events = decoded;
  }
  if (events.back().event_type == EventType::WorkflowTaskStarted)
    events = events.first(events.size() - 1);
  machines.apply(events,
                 [&](const Activation& activation) { return instance->activate(activation); });
  if (const auto& failure = machines.task_failure()) {
    const std::string message = fmt::format("event {}: the workflow task fails: {}",
                                            machines.last_event_id(), failure->failure.message);
    if (failure->cause == WorkflowTaskFailedCause::NonDeterministicError)
      throw NonDeterminismError(message);
    throw Error(message);
  }
  machines.expect_no_more_commands();
  return warnings;
}

std::vector<replay::Mismatch> Replayer::replay(const proto::History& history) const {
  const auto& start = start_of(history);
  return replay_run(history, start.workflow_id, start.original_execution_run_id);
}

std::vector<replay::Mismatch> Replayer::replay_json(std::string_view json) const {
  return replay(history_from_json(json));
}

std::vector<replay::Mismatch> Replayer::replay_file(const std::string& path) const {
  return replay_json(as_text(read_file(path)));
}

std::vector<ReplayedRun> Replayer::replay_store(const store::Store& store,
                                                std::string_view workflow_type) const {
  std::vector<ReplayedRun> runs;
  store::RunFilter filter;
  filter.workflow_type = std::string(workflow_type);
  for (auto page = store.runs(filter); !page.empty(); page = store.runs(filter)) {
    filter.after_run_id = page.back().run_id;
    for (const store::RunRow& row : page) {
      ReplayedRun& run = runs.emplace_back();
      run.workflow_id = row.workflow_id;
      run.run_id = row.run_id;
      run.workflow_type = row.workflow_type;
      try {
        run.warnings = replay_run(history_of(store, row), row.workflow_id, row.run_id);
      } catch (const HistoryMismatch& error) {
        run.error = error.what();
        run.mismatch = error.mismatch();
      } catch (const Error& error) {
        run.error = error.what();
      }
    }
  }
  return runs;
}

}  // namespace durasim::inline v0::testing
