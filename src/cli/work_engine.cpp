// Engine, workers and services of the program over one store and the folders beside it.
#include "cli/work_engine.hpp"

#include "durasim/pipeline/sweep.hpp"

#include "cli/store_option.hpp"
#include "cli/trace_options.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace durasim::cli {
namespace {

// Scripts wait in places for activities, which cost a sleeping thread each; a script may start
// others on the same store.
constexpr int kMostScripts = 256;

// While one place waits for the disk, the others compute.
int places() {
  return static_cast<int>(std::thread::hardware_concurrency()) + 1;
}

Logger logger_of(const WorkOptions& options) {
  return Logger(stderr_log_sink(), options.level, "durasim");
}

}  // namespace

WorkEngine::WorkEngine(const WorkOptions& options, const std::stop_token& stop)
    : artifacts_(options.artifacts.open(options.store, stop)),
      traces_(open_traces(options.trace, options.store)),
      engine_({.store = options.store,
               .standby = OwnerPatience::kStandby,
               .standby_stop = stop,
               .logger = logger_of(options)}) {
  const pipeline::SimulationServices simulations = simulation_services(options, stop);
  Worker& worker = engine_.worker(std::string(pipeline::kSimulationQueue),
                                  {.max_concurrent_activities = places()});
  pipeline::implement_simulation(worker, simulations);
  pipeline::implement_sweeps(worker, simulations);
  const pipeline::ScriptOptions scripts{.store = options.store,
                                        .traces = traces_.get(),
                                        .history = &engine_.frontend(),
                                        .log = logger_of(options).for_module("script")};
  pipeline::implement_scripts(engine_.worker(std::string(pipeline::kScriptTaskQueue),
                                             {.max_concurrent_activities = kMostScripts}),
                              scripts);
  engine_.start();
  end_.emplace(stop, [this] { engine_.stop(std::chrono::seconds(10)); });
  pipeline::sweep_scripts(engine_.client(), scripts);
  pipeline::sweep_simulations(engine_.client(), simulations);
}

pipeline::SimulationServices WorkEngine::simulation_services(const WorkOptions& options,
                                                             const std::stop_token& stop) {
  pipeline::SimulationServices services{.artifacts = artifacts_.get(),
                                        .work_folder = options.store + ".work",
                                        .import = options.import};
  services.import.unit.reset();  // it is the request's
  services.import.stop = stop;
  services.traces = traces_.get();
  services.history = &engine_.frontend();
  services.log = logger_of(options).for_module("sim");
  services.progress = options.progress;
  services.scene_done = options.scene_done;
  return services;
}

WorkOptions work_options(const SimulateArguments& a, const std::stop_token& stop) {
  return {.store = a.store,
          .artifacts = a.artifacts,
          .trace = a.trace,
          .import = a.input.import_options(stop),
          .level = a.json ? LogLevel::Warning : LogLevel::Error,
          .json = a.json};
}

pipeline::SimulationRequest request_for(const SimulateArguments& a,
                                        pipeline::ArtifactStore& artifacts) {
  require_utf8("the file name", a.input.file.substr(a.input.file.rfind('/') + 1));
  for (const std::string& part : a.input.fixed) require_utf8("--fixed", part);
  require_utf8("--target", a.target);
  const sim::SimulateOptions options = simulate_options(a, 1, {});  // in the file's unit
  pipeline::SimulationRequest request = pipeline::request_of(a.input.file, artifacts, a.input.unit);
  std::get<pipeline::GeometryFile>(request.geometry).material = a.input.material;
  request.scene = options.scene;
  request.duration = options.duration;
  request.goal = options.goal;
  request.seed = options.seed;
  request.video = options.video;
  request.video_format = options.video_format;
  return request;
}

}  // namespace durasim::cli
