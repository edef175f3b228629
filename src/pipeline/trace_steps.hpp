// The trace of a SimulationWorkflow's run: what the workflow tells of itself, what the activity
// `update_trace` adds from the run's history, and who calls it.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/core/config.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/simulation_steps.hpp"

#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace durasim::inline v0::proto {
struct History;
}  // namespace durasim::inline v0::proto

namespace durasim::inline v0::pipeline {

// What history does not tell without payloads being decoded.
struct TraceUpdate {
  std::string name;
  TraceStatus status = TraceStatus::Running;
  std::string failure;  // why it failed or was cancelled
  std::optional<sim::Verdict> verdict;
  std::optional<sim::Metrics> metrics;
  std::string input_sha256;
  std::string final_state_hash;
  std::map<std::string, Artifact> artifacts;
};
BOOST_DESCRIBE_STRUCT(TraceUpdate, (),
                      (name, status, failure, verdict, metrics, input_sha256, final_state_hash,
                       artifacts))

inline constexpr Activity<void(TraceUpdate)> update_trace{"update_trace"};

// Of a run that has made its result, and of one that ends early with what it had come to by then.
[[nodiscard]] DURASIM_EXPORT TraceUpdate completed_trace(const std::string& name,
                                                         const SimulationResult& result);
[[nodiscard]] DURASIM_EXPORT TraceUpdate failed_trace(const PublishTask& so_far,
                                                      const std::exception_ptr& failure);

// Schedules the activity where no cancellation reaches it. Nobody needs to wait.
[[nodiscard]] Awaitable<void> begin_trace(const WorkflowContext& ctx, const TraceUpdate& update);
// The same and waits. Why it could not be written; empty: it was. Never throws a Failure.
[[nodiscard]] Workflow<std::string> write_trace(WorkflowContext ctx, TraceUpdate update);

// The trace as of the event that scheduled the activity `activity_id`, which is no step of it: all
// attempts of an update write the same. `url` says where people find an artifact. Throws LogicError
// when the history has no such activity.
[[nodiscard]] DURASIM_EXPORT Trace trace_of(const proto::History& history,
                                            std::string_view activity_id, const TraceUpdate& update,
                                            const std::function<std::string(const Artifact&)>& url);

// The trace of a run that was closed without telling it: to its last event, with the reason that
// this one has. Throws FormatError for a history without events.
[[nodiscard]] Trace trace_of_closed(const proto::History& history, TraceUpdate update,
                                    const std::function<std::string(const Artifact&)>& url);

// The activity's code; without a trace store it does nothing. Throws InvalidArgument when only one
// of `traces` and `history` is there.
[[nodiscard]] std::function<void(const ActivityContext&, const TraceUpdate&)> trace_writer(
    const SimulationServices& services);

}  // namespace durasim::inline v0::pipeline
