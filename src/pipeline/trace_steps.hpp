// The trace of a workflow's run: what the workflow tells of itself, what the activity that writes
// it adds from the run's history, who calls it, and what becomes of the traces of those that
// cannot.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/core/config.hpp"
#include "durasim/pipeline/script.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/pipeline/sweep.hpp"
#include "durasim/pipeline/trace.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/simulation_steps.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace durasim::inline v0::proto {
struct History;
}  // namespace durasim::inline v0::proto

namespace durasim::inline v0::pipeline {

// What history does not tell without payloads being decoded; the members are TraceRun's.
struct TraceUpdate {
  std::string name;
  TraceStatus status = TraceStatus::Running;
  std::string outcome;
  std::string code;
  std::string reason;
  std::string input_sha256;
  std::string final_state_hash;
  std::map<std::string, Artifact> artifacts;
  std::map<std::string, double> metrics;
};
BOOST_DESCRIBE_STRUCT(TraceUpdate, (),
                      (name, status, outcome, code, reason, input_sha256, final_state_hash,
                       artifacts, metrics))

using TraceActivity = Activity<void(TraceUpdate)>;
inline constexpr TraceActivity update_trace{"update_trace"};
// The same for workers of scripts, which may have no artifacts.
inline constexpr TraceActivity update_script_trace{"update_script_trace"};

// Of a run that has made its result.
[[nodiscard]] DURASIM_EXPORT TraceUpdate completed_trace(const std::string& name,
                                                         const SimulationResult& result);
[[nodiscard]] TraceUpdate completed_trace(const std::string& name, const SweepResult& result);
[[nodiscard]] TraceUpdate completed_trace(const std::string& name, const ScriptResult& result);
// Why a run ends early: the exception that is being handled, unless the run was cancelled. For an
// engine, an activity whose process dies while it is being cancelled has failed; of `what` it is a
// cancellation all the same.
[[nodiscard]] std::exception_ptr early_end(const WorkflowContext& ctx, std::string_view what);
// Of one that ends early, and of a simulation with what it had come to by then.
[[nodiscard]] TraceUpdate failed_trace(const std::string& name, const std::exception_ptr& failure);
[[nodiscard]] DURASIM_EXPORT TraceUpdate failed_trace(const PublishTask& so_far,
                                                      const std::exception_ptr& failure);
// What a script's run is called.
[[nodiscard]] std::string name_of(const ScriptRequest& request);

// Schedules the activity where no cancellation reaches it. Nobody needs to wait.
[[nodiscard]] Awaitable<void> begin_trace(const WorkflowContext& ctx, const TraceUpdate& update,
                                          const TraceActivity& activity = update_trace);
// The same and waits. Why it could not be written, which is logged, too; empty: it was. Never
// throws a Failure.
[[nodiscard]] Workflow<std::string> write_trace(WorkflowContext ctx, TraceUpdate update,
                                                TraceActivity activity = update_trace);

using UrlOfArtifact = std::function<std::string(const Artifact&)>;  // where people find it

// The trace as far as the update tells it.
[[nodiscard]] Trace trace_of(const TraceUpdate& update, const UrlOfArtifact& url);

// The trace as of the event that scheduled the activity `activity_id`, which is no step of it: all
// attempts of an update write the same. Throws LogicError when the history has no such activity.
[[nodiscard]] DURASIM_EXPORT Trace trace_of(const proto::History& history,
                                            std::string_view activity_id, const TraceUpdate& update,
                                            const UrlOfArtifact& url);

// The trace of a run that was closed without telling it: to its last event, with the reason that
// this one has. Throws FormatError for a history without events.
[[nodiscard]] Trace trace_of_closed(const proto::History& history, TraceUpdate update,
                                    const UrlOfArtifact& url);

// Where a worker's runs leave traces.
struct TraceServices {
  TraceStore* traces = nullptr;  // null: nowhere
  Frontend* history = nullptr;
  UrlOfArtifact url;
  Logger log{};
};
// Throws InvalidArgument when there are `traces` without `history`.
[[nodiscard]] TraceServices trace_services(const SimulationServices& services);
[[nodiscard]] TraceServices trace_services(const ScriptOptions& options);

// The activity's code: writes the trace where there is a trace store. At a run's beginning it also
// calls `clear_up`, where there are histories: what closed runs could not see to themselves waits
// no longer than for the next run. (An activity of its own would change the history of every run.)
[[nodiscard]] std::function<void(const ActivityContext&, const TraceUpdate&)> trace_writer(
    const TraceServices& services, std::function<void(const Client&)> clear_up);

// Completes the traces that say Running of runs that are closed, of that workflow type alone or of
// any; how many. What goes wrong is logged: a trace is in nobody's way.
std::size_t complete_traces(const Client& client, const TraceServices& services,
                            std::string_view workflow_type = {});

}  // namespace durasim::inline v0::pipeline
