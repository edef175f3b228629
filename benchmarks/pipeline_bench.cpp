// What durability costs a simulation: stepping with a checkpoint a second against the same loop and
// recorder without.
#include "durasim/core/error.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/trajectory.hpp"

#include "bench.hpp"
#include "pipeline/durable_loop.hpp"
#include "temporary_folder.hpp"

#include <memory>

namespace durasim::bench {
namespace {

using ModelPtr = std::shared_ptr<const sim::Model>;

constexpr int kFrameRate = 30;

sim::LoopOptions without_end() {
  sim::LoopOptions options;
  options.duration = Seconds(1'000'000);
  options.progress_interval = Seconds(0.02);
  return options;
}

// Steps a second from the start on, over so much wall time.
double durable_rate(const ModelPtr& model, Seconds wall) {
  const durasim_test::TemporaryFolder files;
  pipeline::RunFolder folder(files.file("run"));
  pipeline::DurableLoop durable(folder, model, without_end(), kFrameRate, Logger());
  std::stop_source stop;
  const SteadyTime end =
      system_clock().steady_now() + std::chrono::duration_cast<SteadyTime::duration>(wall);
  const double seconds = seconds_of([&] {
    const bool ended = durable.run(stop.get_token(), [&](const auto&, const auto&) {
      if (system_clock().steady_now() >= end) stop.request_stop();
    });
    if (ended) throw Error("the benchmark's run ended before its time");
  });
  return static_cast<double>(durable.loop().step_count()) / seconds;
}

double local_rate(const ModelPtr& model, Seconds wall) {
  const durasim_test::TemporaryFolder files;
  sim::TrajectoryRecorder recorder(files.file("run.dstraj"), *model, kFrameRate);
  sim::SimulationLoop loop(model, without_end());
  loop.attach(&recorder);
  std::stop_source stop;
  const SteadyTime end =
      system_clock().steady_now() + std::chrono::duration_cast<SteadyTime::duration>(wall);
  const double seconds = seconds_of([&] {
    (void)loop.run(stop.get_token(), [&](const auto&) {
      if (system_clock().steady_now() >= end) stop.request_stop();
    });
  });
  return static_cast<double>(loop.step_count()) / seconds;
}

}  // namespace

void bench_pipeline(BenchContext& context) {
  const std::string name = "pipeline/durable_vs_local";
  if (!context.wants(name) || data_folder().empty()) return;
  const ModelPtr model =
      sim::Model::compile(sim::load_mjcf_file(data_folder() + "/mjcf/humanoid.xml"));
  // In turns of ten seconds, because machines drift; sixty seconds of each.
  const Seconds turn(context.quick() ? 2 : 10);
  std::vector<double> ratios;
  std::vector<double> durable;
  for (int round = 0; round < (context.quick() ? 3 : 6); ++round) {
    durable.push_back(durable_rate(model, turn));
    ratios.push_back(local_rate(model, turn) / durable.back());
  }
  const double cost = 1e6 / median(durable);
  context.add(context.quick() ? name + "_quick" : name, cost, "us", "a step without checkpoints",
              cost / median(ratios), 1.03);
}

}  // namespace durasim::bench
