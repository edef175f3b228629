// What a workflow says of itself, and the activity that writes it down.
#include "pipeline/trace_steps.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/engine/frontend.hpp"

#include <chrono>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {
using namespace std::chrono_literals;

// Half a minute of patience with a database that is restarted: 1 + 2 + 4 + 8 + 16 s.
ActivityOptions trace_step() {
  return {
      .start_to_close = 30s,
      .retry = {.initial_interval = 1s,
                .backoff_coefficient = 2,
                .maximum_attempts = 6,
                .non_retryable_error_types = {"durasim::InvalidArgument", "durasim::FormatError"}}};
}

}  // namespace

TraceUpdate completed_trace(const std::string& name, const SimulationResult& result) {
  TraceUpdate update{.name = name,
                     .status = TraceStatus::Completed,
                     .failure = {},
                     .verdict = result.verdict,
                     .metrics = {},
                     .input_sha256 = result.provenance.input_sha256,
                     .final_state_hash = result.final_state_hash,
                     .artifacts = result.artifacts};
  if (result.attempts > 0) update.metrics = result.metrics;
  return update;
}

TraceUpdate failed_trace(const PublishTask& so_far, const std::exception_ptr& failure) {
  TraceUpdate update{.name = so_far.scene.name,
                     .status = is_canceled(failure) ? TraceStatus::Canceled : TraceStatus::Failed,
                     .input_sha256 = so_far.scene.result.provenance.input_sha256};
  try {
    std::rethrow_exception(failure);
  } catch (const Failure& known) {
    update.failure = reason_of(known);
  } catch (const std::exception& other) {
    update.failure = other.what();
  }
  if (so_far.scene.mjcf) update.artifacts["mjcf"] = *so_far.scene.mjcf;
  if (const auto& stepped = so_far.stepped) {
    update.verdict = stepped->verdict;
    update.metrics = stepped->metrics;
    update.final_state_hash = stepped->final_state_hash;
    update.artifacts["trajectory"] = stepped->trajectory;
  }
  if (so_far.rendered)
    update.artifacts.insert(so_far.rendered->files.begin(), so_far.rendered->files.end());
  return update;
}

Awaitable<void> begin_trace(const WorkflowContext& ctx, const TraceUpdate& update) {
  return ctx.shielded().run(update_trace, update, trace_step());
}

Workflow<std::string> write_trace(WorkflowContext ctx, TraceUpdate update) {
  std::string reason;
  try {
    co_await begin_trace(ctx, update);
  } catch (const Failure& failure) {
    reason = reason_of(failure);
  }
  co_return reason;
}

std::function<void(const ActivityContext&, const TraceUpdate&)> trace_writer(
    const SimulationServices& services) {
  if ((services.traces == nullptr) != (services.history == nullptr))
    throw InvalidArgument("a simulation worker needs both a trace store and histories, or neither");
  if (services.traces == nullptr) return [](const ActivityContext&, const TraceUpdate&) {};
  return [traces = services.traces, history = services.history, artifacts = services.artifacts](
             const ActivityContext& ctx, const TraceUpdate& update) {
    const WorkflowExecution run{ctx.info().workflow_id, ctx.info().workflow_run_id};
    Trace trace =
        trace_of(decode_history(history->history(run)), ctx.info().activity_id, update,
                 [artifacts](const Artifact& artifact) { return artifacts->url(artifact); });
    trace.run.workflow_id = run.workflow_id;
    trace.run.run_id = run.run_id;
    traces->update(trace);
  };
}

}  // namespace durasim::inline v0::pipeline
