// The loop with everything on (goal, forbidden zone, bounds, metrics, a recorder at 30 Hz, a
// checkpoint a second) against bare mj_step on the same states, and the cost of one checkpoint.
#include "durasim/core/error.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/loop.hpp"
#include "durasim/sim/mjcf_builder.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/trajectory.hpp"

#include "assembly_shapes.hpp"
#include "bench.hpp"

#include <mujoco/mujoco.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace durasim::bench {
namespace {

using sim::Model;
using sim::SimulationLoop;
using ModelPtr = std::shared_ptr<const Model>;

// A file name that is free again at the end.
class TemporaryName {
 public:
  explicit TemporaryName(const std::string& extension)
      : path_("/tmp/durasim-bench-loop-" + std::to_string(getpid()) + extension) {}
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName() { unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct DataDeleter {
  void operator()(mjData* data) const { mj_deleteData(data); }
};

sim::LoopOptions everything_on() {
  sim::LoopOptions options;
  options.duration = Seconds(100'000);
  options.zones = {{sim::ZoneKind::Goal, "goal", {{50, 50, 50}, {51, 51, 51}}},
                   {sim::ZoneKind::Forbid, "forbidden", {{0, 0, 4}, {1, 1, 5}}},
                   {sim::ZoneKind::Bounds, "bounds", {{-1000, -1000, -1000}, {1000, 1000, 1000}}}};
  return options;
}

// One loop with recorder and checkpoints, advanced in blocks.
class FullLoop {
 public:
  explicit FullLoop(const ModelPtr& model)
      : recording_(".traj"),
        recorder_(recording_.path(), *model),
        loop_(model, everything_on()),
        steps_per_second_(std::llround(1 / model->get()->opt.timestep)) {
    loop_.attach(&recorder_);
  }
  void advance(std::int64_t steps) {
    const std::int64_t end = loop_.step_count() + steps;
    while (loop_.step_count() < end) {
      const std::int64_t next_checkpoint =
          (loop_.step_count() / steps_per_second_ + 1) * steps_per_second_;
      if (loop_.advance(std::min(end, next_checkpoint) - loop_.step_count())) {
        throw Error("the benchmark's run ended before its time");
      }
      if (loop_.step_count() == next_checkpoint) loop_.save_state(checkpoint_);
    }
  }
  void save() { loop_.save_state(checkpoint_); }

 private:
  TemporaryName recording_;
  sim::TrajectoryRecorder recorder_;
  SimulationLoop loop_;
  sim::Checkpoint checkpoint_;
  std::int64_t steps_per_second_;
};

struct StepCost {
  double loop_us = 0;
  double bare_us = 0;
};

// Blocks of about 4 ms, so that a block that the machine interrupted is an outlier and the median
// does not see it.
StepCost measure_steps(const ModelPtr& model, int rounds) {
  const std::unique_ptr<mjData, DataDeleter> data(mj_makeData(model->get()));
  FullLoop loop(model);
  const double once = seconds_of([&] {
    for (int i = 0; i < 20; ++i) mj_step(model->get(), data.get());
  });
  mj_resetData(model->get(), data.get());
  const int block = std::max(1, static_cast<int>(0.004 / (once / 20)));
  const Paired pair = measure_pair(
      rounds, [&] { loop.advance(block); },
      [&] {
        for (int i = 0; i < block; ++i) mj_step(model->get(), data.get());
      });
  const double bare = 1e6 * pair.b_s / block;
  return {bare * pair.ratio, bare};
}

double save_us(const ModelPtr& model) {
  FullLoop loop(model);
  loop.advance(100);
  constexpr int kCalls = 50;
  std::vector<double> samples(40);
  for (double& sample : samples) {
    sample = 1e6 / kCalls * seconds_of([&loop] {
               for (int call = 0; call < kCalls; ++call) loop.save();
             });
  }
  return median(samples);
}

ModelPtr data_model(const std::string& name) {
  return Model::compile(sim::load_mjcf_file(data_folder() + "/mjcf/" + name + ".xml"));
}

ModelPtr model_of_100_parts() {
  const TemporaryName file(".step");
  examples::write_part_field(file.path(), 100);
  const sim::BuiltScene scene = sim::MjcfBuilder().build(sim::import_file(file.path()));
  if (!scene.ok()) throw Error("the benchmark's assembly does not build");
  return Model::compile(scene.source);
}

void bench_ratio(BenchContext& context, const std::string& name, ModelPtr (*model)(), int rounds) {
  if (!context.wants(name)) return;
  const StepCost cost = measure_steps(model(), rounds);
  context.add(name, cost.loop_us, "us", "bare mj_step", cost.bare_us, 1.03);
}

}  // namespace

void bench_loop(BenchContext& context) {
  const int rounds = context.quick() ? 300 : 1500;
  if (!data_folder().empty()) {
    bench_ratio(context, "sim/loop_vs_mj_step", [] { return data_model("humanoid"); }, rounds);
    if (const std::string name = "sim/loop_small_model_extra_us"; context.wants(name)) {
      const StepCost cost = measure_steps(data_model("slider_crank"), rounds);
      context.add_absolute(name, std::max(0.0, cost.loop_us - cost.bare_us), "us", 0.6);
    }
    if (const std::string name = "sim/save_state_us"; context.wants(name)) {
      context.add_absolute(name, save_us(data_model("humanoid")), "us", 2);
      context.add_absolute(name + "_whole_image", save_us(data_model("dominos")), "us", 100);
    }
  }
  bench_ratio(context, "sim/loop_vs_mj_step_100_parts", model_of_100_parts, rounds / 3);
}

}  // namespace durasim::bench
