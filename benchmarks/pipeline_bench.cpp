// What durability costs a simulation: stepping with a checkpoint a second against the same loop and
// recorder without, going on after a death, and a sweep as a workflow against plain loops.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/sweep.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/trajectory.hpp"

#include "bench.hpp"
#include "pipeline/durable_loop.hpp"
#include "temporary_folder.hpp"

#include <mujoco/mjbatch.h>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace durasim::bench {
namespace {

using ModelPtr = std::shared_ptr<const sim::Model>;

constexpr int kFrameRate = 30;

std::string humanoid() {
  return data_folder() + "/mjcf/humanoid.xml";
}

sim::LoopOptions without_end() {
  sim::LoopOptions options;
  options.duration = Seconds(1'000'000);
  options.progress_interval = Seconds(0.02);
  return options;
}

// Rates of two things that are measured one after the other, first the one and then the other, in
// rounds, because the speed of a machine changes. What counts is the median of the rounds' ratios.
struct Pairs {
  double ours = 0;
  double theirs = 0;
};
Pairs measure_in_turns(int rounds, const std::function<double()>& ours,
                       const std::function<double()>& theirs) {
  std::vector<double> rates;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const double before = round % 2 == 0 ? theirs() : 0;
    rates.push_back(ours());
    ratios.push_back((round % 2 == 0 ? before : theirs()) / rates.back());
  }
  return {.ours = median(rates), .theirs = median(rates) * median(ratios)};
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

void bench_durable_vs_local(BenchContext& context) {
  const std::string name = "pipeline/durable_vs_local";
  if (!context.wants(name) || data_folder().empty()) return;
  const ModelPtr model = sim::Model::compile(sim::load_mjcf_file(humanoid()));
  // In turns of ten seconds, because machines drift; sixty seconds of each.
  const Seconds turn(context.quick() ? 2 : 10);
  const Pairs pairs = measure_in_turns(
      context.quick() ? 3 : 6, [&] { return durable_rate(model, turn); },
      [&] { return local_rate(model, turn); });
  context.add(context.quick() ? name + "_quick" : name, 1e6 / pairs.ours, "us",
              "a step without checkpoints", 1e6 / pairs.theirs, 1.03);
}

// On two cores, as durasim has it: while one place waits for the disk, the others compute.
constexpr int kPlaces = 3;

// A store, and engines for it one after the other.
class Workshop {
 public:
  // Until `use` has returned.
  void with_engine(const std::function<void(Engine&)>& use,
                   std::function<void(const sim::StageProgress&)> progress = {},
                   std::function<void()> scene_done = {}) const {
    Engine engine({.store = files_.file("sim.db")});
    Worker& worker = engine.worker(std::string(pipeline::kSimulationQueue),
                                   {.max_concurrent_activities = kPlaces});
    const pipeline::SimulationServices services{.artifacts = &artifacts,
                                                .work_folder = files_.file("work"),
                                                .progress = std::move(progress),
                                                .scene_done = std::move(scene_done)};
    pipeline::implement_simulation(worker, services);
    pipeline::implement_sweeps(worker, services);
    engine.start();
    use(engine);
  }
  [[nodiscard]] std::string file(const char* name) const { return files_.file(name); }

 private:
  durasim_test::TemporaryFolder files_;

 public:
  mutable pipeline::FileArtifactStore artifacts{files_.file("artifacts")};
};

// Holds the thread that reports progress up to its first step, whose time it keeps.
class FirstStep {
 public:
  void operator()(const sim::StageProgress& progress) {
    const std::scoped_lock lock(mutex_);
    if (progress.stage != sim::StageProgress::Stage::Simulate || done_ > 0) return;
    at_ = system_clock().steady_now();
    done_ = progress.done;
    stepped_.notify_all();
  }
  SteadyTime await() {
    std::unique_lock lock(mutex_);
    stepped_.wait(lock, [this] { return done_ > 0; });
    return at_;
  }
  [[nodiscard]] std::int64_t step() const { return done_; }

 private:
  std::mutex mutex_;
  std::condition_variable stepped_;
  SteadyTime at_;
  std::int64_t done_ = 0;
};

// From before the engine exists to the first step of an attempt that goes on from a checkpoint.
void bench_restart(BenchContext& context) {
  const std::string name = "pipeline/restart_to_first_step";
  if (!context.wants(name) || data_folder().empty()) return;
  std::vector<double> beyond_load;
  for (int round = 0; round < (context.quick() ? 1 : 5); ++round) {
    const Workshop shop;
    auto request = pipeline::request_of(humanoid(), shop.artifacts);
    request.duration = Seconds(1'000'000);
    request.video = false;
    FirstStep begun;
    // Stopping with activities under way leaves the store as a death does: the attempt is open.
    shop.with_engine(
        [&](Engine& engine) {
          (void)pipeline::simulate(engine.client(), request);
          begun.await();
        },
        std::ref(begun));
    const double load = seconds_of([&] {
      (void)sim::Model::compile(sim::decode_mjcf_bundle(
          shop.artifacts.get(std::get<pipeline::GeometryFile>(request.geometry).file)));
    });
    FirstStep again;
    const SteadyTime restart = system_clock().steady_now();
    shop.with_engine(
        [&](Engine&) {
          const Seconds waited = again.await() - restart;
          beyond_load.push_back(1e3 * (waited.count() - load));
        },
        std::ref(again));
    if (again.step() < begun.step()) throw Error("the benchmark's run began again");
  }
  context.add_absolute(name, median(beyond_load), "ms", 300);
}

// A ball that rolls down a ramp and over the floor: eighth of a second of work for a thousand
// steps.
constexpr const char* kSmallScene = R"(<mujoco><option timestep="0.002"/><worldbody>
  <geom type="plane" size="5 5 1"/>
  <geom type="box" size=".4 .2 .01" pos="0 0 .2" euler="0 20 0"/>
  <body name="ball" pos="-.2 0 .4"><freejoint/><geom type="sphere" size=".03"/></body>
  </worldbody></mujoco>)";
constexpr int kScenes = 1000;
constexpr int kScenesOfATurn = 250;
constexpr Seconds kSceneLength{1};

// Scenes as a sweep steps them, without an engine; scenes a second.
double loop_rate(const ModelPtr& model, int scenes, int threads, bool with_rules) {
  std::atomic<int> next = 0;
  sim::LoopOptions options;
  options.duration = kSceneLength;
  if (!with_rules) options.motor_overload.reset();
  const auto work = [&] {
    sim::SimulationLoop loop(model, options);
    for (; next++ < scenes; loop.restart(options)) {
      while (!loop.advance(16)) {
      }
    }
  };
  return scenes / seconds_of([&] {
           std::vector<std::jthread> others;
           for (int i = 1; i < threads; ++i) others.emplace_back(work);
           work();
         });
}

double rollout_rate(const ModelPtr& model, int scenes, int threads) {
  mjBatchConfig config;
  mjb_defaultConfig(&config);
  config.nthread = threads;
  const std::unique_ptr<mjBatch, void (*)(mjBatch*)> batch(
      mjb_makeBatch(model->get(), scenes, &config, nullptr, 0), mjb_deleteBatch);
  if (!batch) throw Error("mjb_makeBatch failed");
  const int steps =
      static_cast<int>(std::lround(kSceneLength.count() / model->get()->opt.timestep));
  return scenes / seconds_of([&] {
           if (mjb_rollout(batch.get(), nullptr, scenes, steps, nullptr, 0, nullptr, 0) != 0)
             throw Error("mjb_rollout failed");
         });
}

double sweep_rate(int round) {
  const Workshop shop;
  write_file(shop.file("scene.xml"), as_bytes(std::string_view(kSmallScene)));
  pipeline::SweepRequest request{
      .simulation = pipeline::request_of(shop.file("scene.xml"), shop.artifacts),
      .runs = kScenes,
      .seed = static_cast<std::uint64_t>(round)};
  request.simulation.duration = kSceneLength;
  // From the first scene to the last: import, compilation and the report are a sweep's fixed cost.
  std::mutex mutex;
  std::vector<SteadyTime> ends;
  shop.with_engine([&](Engine& engine) { (void)sweep(engine.client(), request).result(); }, {},
                   [&] {
                     const std::scoped_lock lock(mutex);
                     ends.push_back(system_clock().steady_now());
                   });
  return (kScenes - 1) / Seconds(ends.back() - ends.front()).count();
}

void bench_sweep(BenchContext& context) {
  const std::string whole = "pipeline/sweep_1000";
  const std::string open_loop = "pipeline/sweep_loop_vs_mjb_rollout";
  if (!context.wants(whole) && !context.wants(open_loop)) return;
  const ModelPtr model = sim::Model::compile({.xml = kSmallScene});
  if (context.wants(whole)) {
    int round = 0;
    const Pairs pairs = measure_in_turns(
        context.quick() ? 1 : 6, [&] { return sweep_rate(round++); },
        [&] { return 2 * loop_rate(model, kScenes, 1, true); });
    context.add_rate(whole, pairs.ours, "1/s", "2 x scenes of one thread", pairs.theirs, 0.9);
  }
  if (context.wants(open_loop)) {
    const Pairs pairs = measure_in_turns(
        context.quick() ? 4 : 20, [&] { return loop_rate(model, kScenesOfATurn, 2, false); },
        [&] { return rollout_rate(model, kScenesOfATurn, 2); });
    context.add_rate(open_loop, pairs.ours, "1/s", "mjb_rollout, 2 threads", pairs.theirs, 0.95);
  }
}

}  // namespace

void bench_pipeline(BenchContext& context) {
  bench_durable_vs_local(context);
  bench_restart(context);
  bench_sweep(context);
}

}  // namespace durasim::bench
