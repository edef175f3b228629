// What a workflow says of itself, and the activity that writes it down.
#include "pipeline/trace_steps.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/engine/frontend.hpp"

#include <fmt/format.h>

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

// By the names that `durasim simulate --json` has for them.
std::map<std::string, double> metrics_of(const sim::Metrics& metrics) {
  return {{"sim_time_s", metrics.sim_time.count()},
          {"steps", static_cast<double>(metrics.steps)},
          {"energy_j", metrics.energy_j},
          {"max_speed_m_s", metrics.max_speed_m_s},
          {"max_contact_force_n", metrics.max_contact_force_n},
          {"max_penetration_m", metrics.max_penetration_m},
          {"max_kinetic_energy_j", metrics.max_kinetic_energy_j},
          {"max_contacts", static_cast<double>(metrics.max_contacts)}};
}

void set_verdict(TraceUpdate& update, const sim::Verdict& verdict) {
  update.outcome = to_string(verdict.outcome);
  update.code = to_string(verdict.code);
  update.reason = verdict.detail;
}

std::string_view outcome_of(bool success) {
  return to_string(success ? sim::Outcome::Success : sim::Outcome::Fail);
}

void require_histories(const TraceServices& services) {
  if (services.traces != nullptr && services.history == nullptr)
    throw InvalidArgument("a worker with a trace store needs histories, too");
}

void write_trace_of(const ActivityInfo& info, const TraceUpdate& update,
                    const TraceServices& services) {
  const WorkflowExecution run{info.workflow_id, info.workflow_run_id};
  Trace trace = trace_of(decode_history(services.history->history(run)), info.activity_id, update,
                         services.url);
  trace.run.workflow_id = run.workflow_id;
  trace.run.run_id = run.run_id;
  services.traces->update(trace);
}

}  // namespace

TraceUpdate completed_trace(const std::string& name, const SimulationResult& result) {
  TraceUpdate update{.name = name, .status = TraceStatus::Completed};
  set_verdict(update, result.verdict);
  update.input_sha256 = result.provenance.input_sha256;
  update.final_state_hash = result.final_state_hash;
  update.artifacts = result.artifacts;
  if (result.attempts > 0) update.metrics = metrics_of(result.metrics);
  return update;
}

TraceUpdate completed_trace(const std::string& name, const SweepResult& result) {
  TraceUpdate update{.name = name, .status = TraceStatus::Completed};
  update.outcome = outcome_of(result.passed);
  update.reason = result.problem.empty()
                      ? fmt::format("{} of {} scenes succeeded", result.successes, result.runs)
                      : result.problem;
  update.artifacts = result.artifacts;
  if (!result.problem.empty()) return update;
  update.metrics = {{"scenes", static_cast<double>(result.runs)},
                    {"successes", static_cast<double>(result.successes)}};
  for (const auto& [code, scenes] : result.reasons)
    update.metrics["scenes." + code] = static_cast<double>(scenes);
  for (const auto& [metric, of] : result.metrics) {
    update.metrics.insert({{metric + ".least", of.least},
                           {metric + ".p5", of.p5},
                           {metric + ".median", of.median},
                           {metric + ".p95", of.p95},
                           {metric + ".largest", of.largest}});
  }
  return update;
}

TraceUpdate completed_trace(const std::string& name, const ScriptResult& result) {
  TraceUpdate update{.name = name, .status = TraceStatus::Completed};
  update.outcome = outcome_of(result.exit_code == 0 && !result.timed_out);
  update.reason = result.signal.empty() ? fmt::format("exit code {}", result.exit_code)
                                        : fmt::format("ended by {}", result.signal);
  if (result.timed_out) update.reason = "timed out: " + update.reason;
  if (result.signal.empty()) update.metrics["exit_code"] = result.exit_code;
  update.metrics["attempts"] = result.attempts;
  return update;
}

std::exception_ptr early_end(const WorkflowContext& ctx, std::string_view what) {
  std::exception_ptr failure = std::current_exception();
  if (!ctx.is_cancelled() || is_canceled(failure)) return failure;
  return std::make_exception_ptr(CanceledFailure(fmt::format("{} was cancelled", what)));
}

TraceUpdate failed_trace(const std::string& name, const std::exception_ptr& failure) {
  TraceUpdate update{.name = name,
                     .status = is_canceled(failure) ? TraceStatus::Canceled : TraceStatus::Failed};
  try {
    std::rethrow_exception(failure);
  } catch (const Failure& known) {
    update.reason = reason_of(known);
  } catch (const std::exception& other) {
    update.reason = other.what();
  }
  return update;
}

TraceUpdate failed_trace(const PublishTask& so_far, const std::exception_ptr& failure) {
  TraceUpdate update = failed_trace(so_far.scene.name, failure);
  update.input_sha256 = so_far.scene.result.provenance.input_sha256;
  if (so_far.scene.mjcf) update.artifacts["mjcf"] = *so_far.scene.mjcf;
  if (const auto& stepped = so_far.stepped) {
    const std::string reason = std::move(update.reason);
    set_verdict(update, stepped->verdict);
    if (!reason.empty()) update.reason = reason;
    update.metrics = metrics_of(stepped->metrics);
    update.final_state_hash = stepped->final_state_hash;
  }
  if (so_far.trajectory) update.artifacts["trajectory"] = *so_far.trajectory;
  if (so_far.rendered)
    update.artifacts.insert(so_far.rendered->files.begin(), so_far.rendered->files.end());
  return update;
}

std::string name_of(const ScriptRequest& request) {
  return fmt::format("{}", fmt::join(request.argv, " "));
}

Awaitable<void> begin_trace(const WorkflowContext& ctx, const TraceUpdate& update,
                            const TraceActivity& activity) {
  return ctx.shielded().run(activity, update, trace_step());
}

Workflow<std::string> write_trace(WorkflowContext ctx, TraceUpdate update, TraceActivity activity) {
  std::string reason;
  try {
    co_await begin_trace(ctx, update, activity);
  } catch (const Failure& failure) {
    reason = reason_of(failure);
    ctx.logger().warning("there is no trace of the run's end: " + reason);
  }
  co_return reason;
}

Trace trace_of(const TraceUpdate& update, const UrlOfArtifact& url) {
  Trace trace{.run = {.name = update.name,
                      .status = update.status,
                      .outcome = update.outcome,
                      .code = update.code,
                      .reason = update.reason,
                      .input_sha256 = update.input_sha256,
                      .final_state_hash = update.final_state_hash},
              .metrics = update.metrics};
  for (const auto& [role, artifact] : update.artifacts)
    trace.assets.push_back({role, artifact.name, artifact.sha256, artifact.size, url(artifact)});
  return trace;
}

TraceServices trace_services(const SimulationServices& services) {
  TraceServices made{.traces = services.traces, .history = services.history, .log = services.log};
  made.url = [artifacts = services.artifacts](const Artifact& artifact) {
    return artifacts->url(artifact);
  };
  require_histories(made);
  return made;
}

TraceServices trace_services(const ScriptOptions& options) {
  const TraceServices made{
      .traces = options.traces, .history = options.history, .log = options.log};
  require_histories(made);
  return made;
}

std::function<void(const ActivityContext&, const TraceUpdate&)> trace_writer(
    const TraceServices& services, std::function<void(const Client&)> clear_up) {
  return [services, clear_up = std::move(clear_up)](const ActivityContext& ctx,
                                                    const TraceUpdate& update) {
    if (services.traces != nullptr) write_trace_of(ctx.info(), update, services);
    if (services.history != nullptr && update.status == TraceStatus::Running)
      clear_up(Client(*services.history));
  };
}

}  // namespace durasim::inline v0::pipeline
