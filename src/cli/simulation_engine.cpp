// Engine, worker and services of durable simulation over one store and the folders beside it.
#include "cli/simulation_engine.hpp"

#include "durasim/pipeline/sweep.hpp"

#include "cli/trace_options.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <variant>

namespace durasim::cli {
namespace {

Logger logger_for(const SimulateArguments& a) {
  return Logger(stderr_log_sink(), a.json ? LogLevel::Warning : LogLevel::Error, "durasim");
}

}  // namespace

SimulationEngine::SimulationEngine(const SimulateArguments& a, pipeline::ArtifactStore& artifacts,
                                   int places, const std::stop_token& stop, Hooks hooks)
    : traces_(open_traces(a.trace, a.store)), engine_({.store = a.store, .logger = logger_for(a)}) {
  pipeline::SimulationServices services{.artifacts = &artifacts,
                                        .work_folder = a.store + ".work",
                                        .import = a.input.import_options(stop)};
  services.import.unit.reset();  // it is the request's
  services.traces = traces_.get();
  services.history = &engine_.frontend();
  services.log = logger_for(a).for_module("sim");
  services.progress = std::move(hooks.progress);
  services.scene_done = std::move(hooks.scene_done);
  Worker& worker = engine_.worker(std::string(pipeline::kSimulationQueue),
                                  {.max_concurrent_activities = places});
  pipeline::implement_simulation(worker, services);
  pipeline::implement_sweeps(worker, services);
  engine_.start();
  end_.emplace(stop, [this] { engine_.stop(std::chrono::seconds(10)); });
}

pipeline::SimulationRequest request_for(const SimulateArguments& a,
                                        pipeline::ArtifactStore& artifacts) {
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
