// What closed runs have left that could not see to it themselves: folders in which nobody will go
// on, and traces that say Running.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/engine/frontend.hpp"

#include "pipeline/obtain_geometry.hpp"
#include "pipeline/run_folder.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/trace_steps.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace durasim::inline v0::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTraces = 1000;  // of one sweep, which begins with the newest

std::set<std::string> open_runs(const Client& client) {
  std::set<std::string> open;
  ListOptions page{.status = WorkflowStatus::Running};
  while (true) {
    const std::vector<WorkflowDescription> runs = client.list(page);
    for (const WorkflowDescription& run : runs) open.insert(run.run_id);
    if (runs.size() < page.limit) return open;
    page.after_run_id = runs.back().run_id;
  }
}

// They are named by their runs. Who made one is open in every later list until it is closed.
std::size_t remove_folders(const Client& client, const SimulationServices& services) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(services.work_folder)) {
    if (entry.is_directory() && entry.path() != scratch_root(services))
      found.push_back(entry.path());
  }
  const std::set<std::string> open = open_runs(client);
  std::size_t removed = 0;
  for (const fs::path& path : found) {
    if (!open.contains(path.filename().string()) && RunFolder::remove_unused(path)) ++removed;
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
    default:
      return TraceStatus::Failed;
  }
}

TraceUpdate ending_of(const Client& client, const TraceRun& run, WorkflowStatus status) {
  if (status == WorkflowStatus::Completed && run.workflow_type == simulation_workflow.name) {
    return completed_trace(
        run.name, client.handle(simulation_workflow, run.workflow_id, run.run_id).result());
  }
  return {.name = run.name, .status = status_of(status), .input_sha256 = run.input_sha256};
}

// False: it is still open, or a run of another engine that keeps its traces there, too.
bool tell_end(const Client& client, const SimulationServices& services, const TraceRun& run) {
  const WorkflowExecution execution{run.workflow_id, run.run_id};
  try {
    const WorkflowStatus status =
        client.handle(simulation_workflow, run.workflow_id, run.run_id).describe().status;
    if (status == WorkflowStatus::Running) return false;
    Trace trace = trace_of_closed(
        decode_history(services.history->history(execution)), ending_of(client, run, status),
        [&](const Artifact& artifact) { return services.artifacts->url(artifact); });
    trace.run.workflow_id = run.workflow_id;
    trace.run.run_id = run.run_id;
    services.traces->update(trace);
    return true;
  } catch (const WorkflowNotFound&) {
    return false;
  }
}

std::size_t tell_ends(const Client& client, const SimulationServices& services) {
  std::size_t told = 0;
  for (const TraceRun& run : services.traces->running(kMostTraces))
    told += tell_end(client, services, run) ? 1 : 0;
  return told;
}

}  // namespace

std::size_t sweep_simulations(const Client& client, const SimulationServices& services) {
  std::size_t swept = remove_folders(client, services);
  try {
    if (services.traces != nullptr) swept += tell_ends(client, services);
  } catch (const UnavailableError& error) {  // a trace is in nobody's way
    services.log.warning(fmt::format("traces of closed runs stay as they are: {}", error.what()));
  }
  return swept;
}

}  // namespace durasim::inline v0::pipeline
