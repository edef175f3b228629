// The whole way in one process: plan, run, render, report. Files appear whole.
#include "durasim/sim/simulate_local.hpp"

#include "durasim/core/error.hpp"
#include "durasim/sim/run_plan.hpp"

#include "sim/artifacts.hpp"

#include <fmt/format.h>

namespace durasim::inline v0::sim {
namespace {

void report_progress(const SimulateOptions& options, const StageProgress& progress) {
  if (options.progress) options.progress(progress);
}

void run_loop(const RunPlan& plan, const SimulateOptions& options, Artifacts& artifacts,
              SimulationResult& result) {
  SimulationLoop loop(plan.model, plan.loop);
  loop.set_controller(options.controller);
  loop.attach(artifacts.trajectory());
  const auto verdict = loop.run(options.stop, [&](const Progress& progress) {
    report_progress(options, {.stage = StageProgress::Stage::Simulate,
                              .done = progress.step,
                              .total = progress.total_steps,
                              .loop = progress});
  });
  if (!verdict)
    throw CancelledError(fmt::format("the simulation was cancelled at step {}", loop.step_count()));
  result.verdict = *verdict;
  result.metrics = loop.metrics();
  result.final_state_hash = loop.final_state_hash();
  result.warnings = loop.warnings();
}

SimulationResult simulate(const RunPlan& plan, const SimulateOptions& options) {
  SimulationResult result = plan.result;
  Artifacts artifacts(options, result);
  if (plan.model) {
    artifacts.start_trajectory(*plan.model);
    run_loop(plan, options, artifacts, result);
    artifacts.finish_trajectory();
    artifacts.write_scene(plan.source);
    artifacts.render(plan.model);
  }
  artifacts.write_report(plan.name);
  return result;
}

}  // namespace

SimulationResult simulate_local(const Assembly& assembly, const SimulateOptions& options) {
  report_progress(options, {.stage = StageProgress::Stage::Build});
  return simulate(plan_run(assembly, options), options);
}

SimulationResult simulate_local(const MjcfInput& input, const SimulateOptions& options) {
  report_progress(options, {.stage = StageProgress::Stage::Build});
  return simulate(plan_run(input, options), options);
}

}  // namespace durasim::inline v0::sim
