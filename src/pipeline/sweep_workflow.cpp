// SweepWorkflow: import and compile once, then batches of scenes side by side, then the summary.
#include "durasim/core/convert.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/simulation_steps.hpp"
#include "pipeline/sweep_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

namespace durasim::inline v0::pipeline {
namespace {

using namespace std::chrono_literals;

// As many activities are open at once; a worker takes those for which it has places.
constexpr int kOpenBatches = 32;
// References to so many results are handed from run to run; they stay far below a payload's limit.
constexpr std::int64_t kMostBatches = 4000;
constexpr std::int64_t kUsualBatch = 20;

ActivityOptions batch_options() {
  return {
      .start_to_close = std::chrono::hours(24),
      .heartbeat = 5min,
      .retry = {.maximum_attempts = 10,
                .non_retryable_error_types = {"durasim::InvalidArgument", "durasim::FormatError"}}};
}

struct Sweep {
  SweepCarried so_far;
  std::int64_t batch = 0;
  std::int64_t runs = 0;
  std::int64_t next = 0;  // the first scene of the next batch
  SweepProgress progress;
};

// Takes batches until there are no more, or until the history is long enough.
Workflow<void> take_batches(WorkflowContext ctx, Sweep* sweep) {
  while (sweep->next < sweep->runs && !ctx.continue_as_new_suggested()) {
    SceneBatch batch = sweep->so_far.scenes;
    batch.first = std::exchange(sweep->next, std::min(sweep->next + sweep->batch, sweep->runs));
    batch.count = sweep->next - batch.first;
    const std::size_t place = sweep->so_far.batches.size();
    sweep->so_far.batches.emplace_back();
    sweep->so_far.batches[place] = co_await ctx.run(run_scenes, batch, batch_options());
    sweep->progress.done += batch.count;
  }
}

// What the first run does once. Nothing: there is nothing to step, and why.
Workflow<std::variant<SweepCarried, std::string>> prepare(WorkflowContext ctx,
                                                          SweepRequest request) {
  const SimulationRequest& simulation = request.simulation;
  const ImportedGeometry geometry =
      co_await ctx.run(import_geometry, simulation, import_step(simulation.geometry));
  const CompiledScene scene = co_await ctx.run(compile_mjcf, simulation, geometry, brief_step());
  if (!scene.mjcf) co_return scene.result.verdict.detail;
  const double metres = simulation.lengths_in_file_unit ? scene.metres_per_unit : 1;
  co_return SweepCarried{.name = scene.name,
                         .scenes = {.mjcf = *scene.mjcf,
                                    .loop = scene.loop,
                                    .jitter_m = metres * request.jitter,
                                    .body = request.jittered,
                                    .seed = request.seed},
                         .batches = {}};
}

std::int64_t batch_size(const SweepRequest& request) {
  return std::max(request.batch > 0 ? request.batch : kUsualBatch,
                  (request.runs + kMostBatches - 1) / kMostBatches);
}

}  // namespace

Workflow<SweepResult> run_sweep_workflow(WorkflowContext ctx, SweepRequest request,
                                         std::optional<SweepCarried> carried) {
  Sweep sweep{.batch = batch_size(request), .runs = request.runs};
  sweep.progress.total = request.runs;
  ctx.on(sweep_progress, [&sweep] { return sweep.progress; });
  if (carried) {
    sweep.so_far = *std::move(carried);
    sweep.next = std::min(std::ssize(sweep.so_far.batches) * sweep.batch, sweep.runs);
    sweep.progress.done = sweep.next;
  } else {
    auto prepared = co_await prepare(ctx, request);
    if (auto* problem = std::get_if<std::string>(&prepared))
      co_return SweepResult{.problem = std::move(*problem)};
    sweep.so_far = std::get<SweepCarried>(std::move(prepared));
  }
  std::vector<Task<void>> takers;
  takers.reserve(kOpenBatches);
  for (int i = 0; i < kOpenBatches; ++i) takers.push_back(ctx.spawn(take_batches(ctx, &sweep)));
  co_await all(std::move(takers));
  if (sweep.next < sweep.runs) ctx.continue_as_new(sweep_on, request, sweep.so_far);
  co_return co_await ctx.run(
      summarise_sweep,
      {.name = sweep.so_far.name, .request = request, .batches = sweep.so_far.batches},
      brief_step());
}

void implement_sweeps(Worker& worker, SimulationServices services) {
  if (services.artifacts == nullptr)
    throw InvalidArgument("a worker of sweeps needs an artifact store");
  const auto shared = std::make_shared<const SimulationServices>(std::move(services));
  worker.implement(sweep_on, run_sweep_workflow);
  worker.implement(run_scenes, [shared](ActivityContext ctx, const SceneBatch& batch) {
    return cancellable(ctx, [&] { return run_batch(ctx, batch, *shared); });
  });
  worker.implement(summarise_sweep, [shared](const SweepSummary& summary) {
    return summarise(summary, *shared->artifacts);
  });
}

WorkflowRun<SweepResult> sweep(const Client& client, const SweepRequest& request) {
  if (request.runs < 1 || request.runs > 1'000'000)
    throw InvalidArgument(fmt::format("a sweep has 1 to 1,000,000 runs, not {}", request.runs));
  const geometry::Vec3& jitter = request.jitter;
  if (!is_finite(jitter) || jitter.x < 0 || jitter.y < 0 || jitter.z < 0)
    throw InvalidArgument("the jitter of a sweep is three numbers of 0 or more");
  if (!(request.pass_threshold >= 0 && request.pass_threshold <= 1))
    throw InvalidArgument("the pass threshold of a sweep is between 0 and 1");
  return start_or_join(client, sweep_workflow, request,
                       "sweep-" + sha256_hex(as_bytes(to_payload(request).data)));
}

std::string to_json(const SweepResult& result) {
  SweepResult brief = result;
  brief.report.clear();
  return to_payload(brief).data;
}

}  // namespace durasim::inline v0::pipeline
