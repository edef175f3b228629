// SweepWorkflow: import and compile once, then batches of scenes side by side, then the summary.
#include "durasim/core/convert.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/simulation_steps.hpp"
#include "pipeline/sweep_steps.hpp"
#include "pipeline/trace_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0::pipeline {
namespace {

using namespace std::chrono_literals;

// As many activities are open at once, or two for each core if those are more; a worker takes those
// for which it has places.
constexpr int kOpenBatches = 32;
// References to so many results are handed from run to run; they stay far below a payload's limit.
constexpr std::int64_t kMostBatches = 4000;
// A few batches of one scene show how long a scene takes; where that is longer than a moment, the
// others do not wait for it. Later batches are so long that what a batch costs beside its scenes
// does not count, but no longer than half of each core's share of what is left, so that all
// places end together.
constexpr int kFirstBatches = 4;
constexpr auto kMoment = 100ms;
constexpr Seconds kShortestBatch{0.02};
constexpr Seconds kLongestBatch{1};
constexpr std::int64_t kBatchesOfShare = 2;

// It may take as long as its scenes do, or as there are batches; its silence shows that it is dead.
ActivityOptions long_work() {
  return {
      .start_to_close = std::chrono::hours(24),
      .heartbeat = 2min,
      .retry = {.maximum_attempts = 10,
                .non_retryable_error_types = {"durasim::InvalidArgument", "durasim::FormatError"}}};
}

struct Sweep {
  SweepCarried so_far;
  std::int64_t batch = 0;  // as asked for; 0: by measurement
  std::int64_t runs = 0;
  std::int64_t next = 0;  // the first scene of the next batch
};

std::int64_t next_batch_size(const Sweep& sweep) {
  const std::int64_t least = (sweep.runs + kMostBatches - 1) / kMostBatches;
  if (sweep.batch > 0) return std::max(sweep.batch, least);
  const Seconds per_scene = sweep.so_far.per_scene;
  if (!(per_scene.count() > 0)) return std::max(std::int64_t{1}, least);
  const auto scenes_in = [&](Seconds time) {
    return static_cast<std::int64_t>(std::clamp(time / per_scene, 1.0, 1e9));
  };
  const std::int64_t share = (sweep.runs - sweep.next) / (kBatchesOfShare * sweep.so_far.cores);
  return std::max(std::clamp(share, scenes_in(kShortestBatch), scenes_in(kLongestBatch)), least);
}

// At once, so that no two take the same scenes; there is one left. Its place among the results is
// the last one.
SceneBatch take_batch(Sweep& sweep) {
  SceneBatch batch = sweep.so_far.scenes;
  batch.first =
      std::exchange(sweep.next, std::min(sweep.next + next_batch_size(sweep), sweep.runs));
  batch.count = sweep.next - batch.first;
  sweep.so_far.batches.emplace_back();
  return batch;
}

Workflow<void> run_batch(WorkflowContext ctx, Sweep* sweep, SceneBatch batch, std::size_t place) {
  const DoneBatch done = co_await ctx.run(run_scenes, batch, long_work());
  sweep->so_far.batches[place] = done.outcomes;
  sweep->so_far.per_scene = done.per_scene;
  sweep->so_far.cores = std::max(1, done.cores);
  sweep->so_far.done += batch.count;
}

// Takes batches until there are no more scenes, or until the history is long enough.
Workflow<void> take_batches(WorkflowContext ctx, Sweep* sweep) {
  while (sweep->next < sweep->runs && !ctx.continue_as_new_suggested()) {
    const SceneBatch batch = take_batch(*sweep);
    co_await run_batch(ctx, sweep, batch, sweep->so_far.batches.size() - 1);
  }
}

Workflow<void> take_all_batches(WorkflowContext ctx, Sweep* sweep) {
  std::vector<Task<void>> takers;
  const auto add_takers_up_to = [&](int number) {
    while (std::ssize(takers) < number) takers.push_back(ctx.spawn(take_batches(ctx, sweep)));
  };
  bool failed = false;
  if (sweep->so_far.batches.empty()) {
    add_takers_up_to(kFirstBatches);
    co_await ctx.wait_until([&] { return sweep->so_far.done > 0 || takers.front().is_ready(); },
                            kMoment);
    failed = sweep->so_far.done == 0 && takers.front().is_ready();
  }
  if (!failed) add_takers_up_to(std::max(kOpenBatches, 2 * sweep->so_far.cores));
  co_await all(std::move(takers));
}

// What the first run does once. Nothing: there is nothing to step, and why.
Workflow<std::variant<SweepCarried, std::string>> prepare(WorkflowContext ctx,
                                                          SweepRequest request) {
  const SimulationRequest& simulation = request.simulation;
  const ImportedGeometry geometry = co_await ctx.run(import_geometry, simulation, import_step());
  const CompiledScene scene =
      co_await ctx.run(compile_mjcf, simulation, geometry, uninterrupted_step());
  if (!scene.mjcf) co_return scene.result.verdict.detail;
  const double metres = simulation.lengths_in_file_unit ? scene.metres_per_unit : 1;
  co_return SweepCarried{.name = scene.name,
                         .input_sha256 = scene.result.provenance.input_sha256,
                         .scenes = {.mjcf = *scene.mjcf,
                                    .loop = scene.loop,
                                    .jitter_m = metres * request.jitter,
                                    .body = request.jittered,
                                    .seed = request.seed,
                                    .ranges = request.ranges},
                         .batches = {},
                         .done = 0,
                         .per_scene = Seconds(0)};
}

// Nothing: the history is long enough, and scenes are left.
Workflow<std::optional<SweepResult>> run_all(WorkflowContext ctx, SweepRequest request,
                                             Sweep* sweep) {
  SweepCarried& so_far = sweep->so_far;
  if (so_far.batches.empty()) {
    auto prepared = co_await prepare(ctx, request);
    if (auto* problem = std::get_if<std::string>(&prepared))
      co_return SweepResult{.problem = std::move(*problem)};
    so_far = std::get<SweepCarried>(std::move(prepared));
  }
  co_await take_all_batches(ctx, sweep);
  if (sweep->next < sweep->runs) co_return std::nullopt;
  co_return co_await ctx.run(summarise_sweep,
                             {.name = so_far.name, .request = request, .batches = so_far.batches},
                             long_work());
}

void check_ranges(const std::vector<ParameterRange>& ranges) {
  std::set<std::string> names;
  for (const ParameterRange& range : ranges) {
    const bool mass = range.parameter == sim::ModelParameter::Mass;
    if (!std::isfinite(range.to) || !(range.from <= range.to) || range.from < 0 ||
        (mass && range.from == 0)) {
      throw InvalidArgument(
          fmt::format("{} cannot be varied from {} to {}: factors are two numbers of 0 or more "
                      "(of a mass: more), the smaller one first",
                      name_of(range), range.from, range.to));
    }
    if (range.parameter == sim::ModelParameter::Gravity && !range.object.empty())
      throw InvalidArgument(fmt::format("{}: gravity is of no part alone", name_of(range)));
    if (!names.insert(name_of(range)).second)
      throw InvalidArgument(fmt::format("{} is varied twice", name_of(range)));
  }
}

TraceUpdate with_input(TraceUpdate update, const Sweep& sweep) {
  update.input_sha256 = sweep.so_far.input_sha256;
  return update;
}

}  // namespace

Workflow<SweepResult> run_sweep_workflow(WorkflowContext ctx, SweepRequest request,
                                         std::optional<SweepCarried> carried) {
  Sweep sweep{.batch = request.batch, .runs = request.runs};
  ctx.on(sweep_progress, [&sweep] { return SweepProgress{sweep.so_far.done, sweep.runs}; });
  if (carried) sweep.so_far = *std::move(carried);
  sweep.next = sweep.so_far.done;
  const std::string name = request.simulation.name;
  const auto begun = begin_trace(ctx, with_input({.name = name}, sweep));  // beside the work
  const CancellationScope work = ctx.scope();
  std::exception_ptr failure;
  try {
    const std::optional<SweepResult> result = co_await run_all(work, request, &sweep);
    TraceUpdate end{.name = name, .status = TraceStatus::ContinuedAsNew};
    if (result) end = completed_trace(name, *result);
    (void)co_await write_trace(ctx, with_input(std::move(end), sweep));
    if (!result) ctx.continue_as_new(sweep_on, request, sweep.so_far);
    co_return *result;
  } catch (const std::exception&) {
    failure = early_end(ctx, "the sweep");
  }
  work.cancel("a batch has failed");  // the others are of no use any more
  (void)co_await write_trace(ctx, with_input(failed_trace(name, failure), sweep));
  std::rethrow_exception(failure);
}

void implement_sweeps(Worker& worker, SimulationServices services) {
  if (services.artifacts == nullptr)
    throw InvalidArgument("a worker of sweeps needs an artifact store");
  const auto shared = std::make_shared<const SimulationServices>(std::move(services));
  const auto runner = std::make_shared<SceneRunner>(shared);
  worker.implement(sweep_on, run_sweep_workflow);
  worker.implement(run_scenes, [runner](ActivityContext ctx, const SceneBatch& batch) {
    return cancellable(ctx, [&] { return runner->run(ctx, batch); });
  });
  worker.implement(summarise_sweep,
                   [shared](const ActivityContext& ctx, const SweepSummary& summary) {
                     return summarise(ctx, summary, *shared->artifacts);
                   });
}

std::string name_of(const ParameterRange& range) {
  const std::string_view parameter = to_string(range.parameter);
  return range.object.empty() ? std::string(parameter)
                              : fmt::format("{}:{}", parameter, range.object);
}

WorkflowRun<SweepResult> sweep(const Client& client, const SweepRequest& request) {
  if (request.runs < 1 || request.runs > 1'000'000)
    throw InvalidArgument(fmt::format("a sweep has 1 to 1,000,000 runs, not {}", request.runs));
  const geometry::Vec3& jitter = request.jitter;
  if (!is_finite(jitter) || jitter.x < 0 || jitter.y < 0 || jitter.z < 0)
    throw InvalidArgument("the jitter of a sweep is three numbers of 0 or more");
  if (!(request.pass_threshold >= 0 && request.pass_threshold <= 1))
    throw InvalidArgument("the pass threshold of a sweep is between 0 and 1");
  check_ranges(request.ranges);
  return start_or_join(client, sweep_workflow, request,
                       "sweep-" + sha256_hex(as_bytes(to_payload(request).data)));
}

std::string to_json(const SweepResult& result, const std::string& workflow_id) {
  SweepResult brief = result;
  brief.report.clear();
  std::string json = to_payload(brief).data;
  if (workflow_id.empty()) return json;
  json.pop_back();  // its closing brace
  json += R"(,"workflow_id":)";
  JsonWriter writer(json);
  write_json(writer, workflow_id);
  return json + "}";
}

}  // namespace durasim::inline v0::pipeline
