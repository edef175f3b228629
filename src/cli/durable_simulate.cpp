// One simulation on the engine that has the store, or on one of this program's own.
#include "cli/durable_simulate.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/mjcf_bundle.hpp"

#include "cli/progress_display.hpp"
#include "cli/work_engine.hpp"

#include <fmt/format.h>

#include <mutex>

namespace durasim::cli {
namespace {

DurableSimulation run_anywhere(const SimulateArguments& a, pipeline::ArtifactStore& artifacts,
                               const std::stop_token& stop) {
  const pipeline::SimulationRequest request = request_for(a, artifacts);
  const std::string id = workflow_id_of(request);
  fmt::print(stderr, "workflow {}\n", id);
  ProgressDisplay display(false);
  std::mutex mutex;
  WorkOptions options = work_options(a, stop);
  options.progress = [&](const sim::StageProgress& progress) {
    const std::scoped_lock lock(mutex);
    display.update(progress);
  };
  return {id, with_engine(options, stop, [&](const Client& client) {
            return result_of(pipeline::simulate(client, request));
          })};
}

// The artifacts as files with names for people, as simulate without --durable leaves them.
void write_out(DurableSimulation& made, const pipeline::ArtifactStore& artifacts,
               const SimulateArguments& a) {
  pipeline::SimulationResult& result = made.result;
  const std::string folder = simulate_options(a, 1, {}).output_folder;
  make_folders(folder);
  for (const auto& [name, artifact] : result.artifacts) {
    std::string path = folder + "/" + artifact.name;
    std::string& url = result.artifact_urls[name];
    try {
      if (name == "mjcf") {
        path = sim::save_mjcf(sim::decode_mjcf_bundle(artifacts.get(artifact)), folder + "/scene");
      } else {
        if (name == "video" && !a.video.empty()) path = a.video;
        artifacts.get_file(artifact, path);
      }
    } catch (const pipeline::ArtifactNotFound& error) {
      throw UnavailableError(
          fmt::format("{}; the simulation, which has ended, put it at {}: name its store with "
                      "--artifacts, or simulate into another --store",
                      error.what(), url));
    }
    url = file_url(path);
  }
  if (result.video_url) result.video_url = result.artifact_urls["video"];
  result.artifact_urls["result"] = file_url(folder + "/result.json");
  write_file(folder + "/result.json", as_bytes(to_json(result, made.workflow_id) + "\n"));
}

}  // namespace

DurableSimulation simulate_durably(const SimulateArguments& a, const std::stop_token& stop) {
  const auto artifacts = a.artifacts.open(a.store, stop);
  DurableSimulation made = run_anywhere(a, *artifacts, stop);
  write_out(made, *artifacts, a);
  return made;
}

}  // namespace durasim::cli
