// What closed runs have left that could not see to it themselves: folders in which nobody will go
// on, and traces that say Running.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/engine/frontend.hpp"

#include "pipeline/activity_trace.hpp"
#include "pipeline/obtain_geometry.hpp"
#include "pipeline/run_folder.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/trace_steps.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTraces = 1000;  // of one sweep, which begins with the newest

bool is_closed(const Client& client, const std::string& run_id) {
  try {
    const auto run = client.handle(simulation_workflow, {}, run_id);  // of whatever type it is
    return run.describe().status != WorkflowStatus::Running;
  } catch (const WorkflowNotFound&) {
    return true;
  }
}

// They are named by their runs. What cannot be judged or removed is left.
std::size_t remove_folders(const Client& client, const SimulationServices& services) {
  std::size_t removed = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(services.work_folder)) {
    const fs::path& path = entry.path();
    if (!entry.is_directory() || path == scratch_root(services)) continue;
    try {
      if (is_closed(client, workflow_run_of(path.filename().string())) &&
          RunFolder::remove_unused(path))
        ++removed;
    } catch (const Error& error) {
      if (fs::exists(path))  // else its own run has removed it
        services.log.warning(fmt::format("{} stays there: {}", path.string(), error.what()));
    }
  }
  return removed;
}

TraceStatus status_of(WorkflowStatus status) {
  switch (status) {
    case WorkflowStatus::Completed:
      return TraceStatus::Completed;
    case WorkflowStatus::Canceled:
      return TraceStatus::Canceled;
    case WorkflowStatus::Terminated:
      return TraceStatus::Terminated;
    case WorkflowStatus::TimedOut:
      return TraceStatus::TimedOut;
    case WorkflowStatus::ContinuedAsNew:
      return TraceStatus::ContinuedAsNew;
    default:
      return TraceStatus::Failed;
  }
}

template <class R, class... A>
TraceUpdate completed(const Client& client, const WorkflowType<R(A...)>& type,
                      const TraceRun& run) {
  return completed_trace(run.name, client.handle(type, run.workflow_id, run.run_id).result());
}

TraceUpdate ending_of(const Client& client, const TraceRun& run, WorkflowStatus status) {
  if (status == WorkflowStatus::Completed) {
    if (run.workflow_type == simulation_workflow.name)
      return completed(client, simulation_workflow, run);
    if (run.workflow_type == sweep_workflow.name) return completed(client, sweep_workflow, run);
    if (run.workflow_type == script_execution.name) return completed(client, script_execution, run);
  }
  return {.name = run.name, .status = status_of(status), .input_sha256 = run.input_sha256};
}

Trace trace_of_end(const Client& client, const TraceServices& services, const TraceRun& run,
                   WorkflowStatus status) {
  const WorkflowExecution execution{run.workflow_id, run.run_id};
  Trace trace = trace_of_closed(decode_history(services.history->history(execution)),
                                ending_of(client, run, status), services.url);
  trace.run.workflow_id = run.workflow_id;
  trace.run.run_id = run.run_id;
  return trace;
}

// Of a run_simulation that was not heard of again before its workflow ended.
Trace outlived(const TraceRun& run, const WorkflowDescription& workflow) {
  Trace trace{.run = run};
  trace.run.status = workflow.status == WorkflowStatus::Completed ? TraceStatus::Failed
                                                                  : status_of(workflow.status);
  trace.run.reason = "its workflow has ended meanwhile";
  trace.run.ended_at = workflow.close_time;
  ++trace.run.revision;
  return trace;
}

// Nothing: it is still open, damaged, or a run of another engine that keeps its traces there, too.
std::optional<Trace> ended(const Client& client, const TraceServices& services,
                           const TraceRun& run) {
  try {
    const std::string workflow_run = workflow_run_of(run.run_id);
    const WorkflowDescription found =
        client.handle(simulation_workflow, run.workflow_id, workflow_run).describe();
    if (found.status == WorkflowStatus::Running) return std::nullopt;
    const bool in_activity = workflow_run != run.run_id;
    return in_activity ? outlived(run, found) : trace_of_end(client, services, run, found.status);
  } catch (const WorkflowNotFound&) {
    return std::nullopt;
  } catch (const Error& error) {
    services.log.warning(
        fmt::format("the trace of {} stays as it is: {}", run.run_id, error.what()));
    return std::nullopt;
  }
}

}  // namespace

std::size_t complete_traces(const Client& client, const TraceServices& services,
                            std::string_view workflow_type) {
  std::size_t completed = 0;
  if (services.traces == nullptr) return completed;
  try {
    for (const TraceRun& run : services.traces->running(kMostTraces)) {
      if (!workflow_type.empty() && run.workflow_type != workflow_type) continue;
      const std::optional<Trace> trace = ended(client, services, run);
      if (!trace) continue;
      services.traces->update(*trace);
      ++completed;
    }
  } catch (const Error& error) {  // a trace is in nobody's way
    services.log.warning(fmt::format("traces of closed runs stay as they are: {}", error.what()));
  }
  return completed;
}

std::size_t sweep_simulations(const Client& client, const SimulationServices& services) {
  const std::size_t removed = remove_folders(client, services);
  return removed + complete_traces(client, trace_services(services));
}

}  // namespace durasim::inline v0::pipeline
