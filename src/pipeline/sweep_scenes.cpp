// Scenes of a sweep: where each begins, and how it ends.
#include "durasim/core/convert.hpp"
#include "durasim/core/error.hpp"
#include "durasim/sim/loop.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/model.hpp"

#include "pipeline/heartbeat_ticker.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/sweep_steps.hpp"

#include <fmt/format.h>

#include <optional>
#include <thread>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

// The output function of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

// SplitMix64 from a state of each scene's own, so that no scene's numbers are another's.
class SceneRandom {
 public:
  SceneRandom(std::uint64_t seed, std::int64_t scene)
      : state_(mixed(seed + mixed(static_cast<std::uint64_t>(scene) + 1))) {}
  // Evenly from -half_range to +half_range.
  double within(double half_range) { return (2 * unit() - 1) * half_range + 0.0; }  // no -0
  double between(double from, double to) { return from + (to - from) * unit(); }

 private:
  double unit() {
    const std::uint64_t z = mixed(state_ += 0x9E3779B97F4A7C15U);
    return static_cast<double>(z >> 11U) * 0x1p-53;
  }

  std::uint64_t state_;
};

// Heartbeats of a batch: far more often than it would be missed, and seldom enough to cost nothing.
class BatchBeat {
 public:
  BatchBeat(const ActivityContext& ctx, const Clock& clock, std::int64_t count)
      : ctx_(ctx), clock_(clock), count_(count), last_(clock.steady_now()) {}
  void scene_done() { ++done_; }
  void operator()() {
    const SteadyTime now = clock_.steady_now();
    if (now - last_ < Seconds(1)) return;
    last_ = now;
    ctx_.heartbeat(done_, count_);
  }

 private:
  const ActivityContext& ctx_;
  const Clock& clock_;
  std::int64_t count_;
  std::int64_t done_ = 0;
  SteadyTime last_;
};

// To look at the clock after each step would cost a small scene 1 % of its time.
void step_to_end(sim::SimulationLoop& loop, std::int64_t scene, BatchBeat& beat,
                 const std::stop_token& stop) {
  constexpr std::int64_t kStepsAtOnce = 16;
  do {
    if (stop.stop_requested())
      throw CancelledError(fmt::format("the sweep was stopped in scene {}", scene));
    beat();
  } while (!loop.advance(kStepsAtOnce));
}

std::vector<std::string> bodies_of(const SceneBatch& batch, const sim::Model& model) {
  if (!batch.body.empty()) return {batch.body};
  if (!batch.loop.goal.target.empty()) return {batch.loop.goal.target};
  return model.free_bodies();
}

// By other numbers than those of the starts.
std::vector<sim::ModelFactor> factors_of(const SceneBatch& batch, std::int64_t index) {
  SceneRandom random(~batch.seed, index);
  std::vector<sim::ModelFactor> factors;
  factors.reserve(batch.ranges.size());
  for (const ParameterRange& range : batch.ranges)
    factors.push_back({range.parameter, range.object, random.between(range.from, range.to)});
  return factors;
}

// The scenes of a batch one after the other, in one memory as long as they have one model.
class SceneLoop {
 public:
  explicit SceneLoop(std::shared_ptr<const sim::Model> model) : model_(std::move(model)) {}

  sim::SimulationLoop& begin(const std::vector<sim::ModelFactor>& factors,
                             sim::LoopOptions options) {
    if (!factors.empty()) {
      loop_.emplace(model_->with(factors), std::move(options));
    } else if (loop_) {
      loop_->restart(std::move(options));
    } else {
      loop_.emplace(model_, std::move(options));
    }
    return *loop_;
  }

 private:
  std::shared_ptr<const sim::Model> model_;
  std::optional<sim::SimulationLoop> loop_;
};

SceneOutcome run_scene(const SceneBatch& batch, std::int64_t index, SceneLoop& scenes,
                       const std::vector<std::string>& bodies, BatchBeat& beat,
                       const std::stop_token& stop) {
  SceneRandom random(batch.seed, index);
  sim::LoopOptions options = batch.loop;
  options.seed += static_cast<std::uint64_t>(index);
  for (const std::string& body : bodies) {
    const geometry::Vec3& range = batch.jitter_m;
    options.start_offsets.push_back(
        {body, {random.within(range.x), random.within(range.y), random.within(range.z)}});
  }
  SceneOutcome outcome{.index = index};
  if (!options.start_offsets.empty()) outcome.offset_m = options.start_offsets.front().offset_m;
  const std::vector<sim::ModelFactor> factors = factors_of(batch, index);
  for (const sim::ModelFactor& factor : factors) outcome.factors.push_back(factor.factor);
  sim::SimulationLoop& loop = scenes.begin(factors, std::move(options));
  step_to_end(loop, index, beat, stop);
  outcome.verdict = loop.verdict().value_or(sim::Verdict{});
  outcome.metrics = loop.metrics();
  outcome.final_state_hash = loop.final_state_hash();
  return outcome;
}

}  // namespace

std::shared_ptr<const sim::Model> SceneRunner::model_of(const ActivityContext& ctx,
                                                        const Artifact& mjcf) {
  const HeartbeatTicker alive(ctx);  // also of those that wait for another batch's compiler
  const std::scoped_lock lock(mutex_);
  if (compiled_ != mjcf.sha256) {
    model_ = sim::Model::compile(sim::decode_mjcf_bundle(services_->artifacts->get(mjcf)));
    compiled_ = mjcf.sha256;
  }
  return model_;
}

DoneBatch SceneRunner::run(const ActivityContext& ctx, const SceneBatch& batch) {
  const Clock& clock = services_->clock != nullptr ? *services_->clock : system_clock();
  const auto model = model_of(ctx, batch.mjcf);
  const std::vector<std::string> bodies = bodies_of(batch, *model);
  const SteadyTime begin = clock.steady_now();
  SceneLoop scenes(model);
  BatchBeat beat(ctx, clock, batch.count);
  std::vector<SceneOutcome> outcomes;
  for (std::int64_t i = 0; i < batch.count; ++i) {
    outcomes.push_back(run_scene(batch, batch.first + i, scenes, bodies, beat, ctx.stop_token()));
    beat.scene_done();
    if (services_->scene_done) services_->scene_done();
  }
  const HeartbeatTicker alive(ctx, to_payloads(batch.count, batch.count));
  return {.outcomes = services_->artifacts->put("scenes.json", as_bytes(to_payload(outcomes).data)),
          .per_scene = Seconds(clock.steady_now() - begin) / static_cast<double>(batch.count),
          .cores = static_cast<int>(std::thread::hardware_concurrency())};
}

}  // namespace durasim::inline v0::pipeline
