// A whole engine for one simulation, or a client of the engine that has the store.
#include "cli/durable_simulate.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/engine/remote.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/store/sqlite.hpp"

#include "cli/progress_display.hpp"
#include "cli/simulation_engine.hpp"

#include <fmt/format.h>

#include <mutex>
#include <optional>

namespace durasim::cli {
namespace {

// Another process has the store: its engine does the work.
pipeline::SimulationResult run_remotely(const std::string& store,
                                        const pipeline::SimulationRequest& request) {
  RemoteEngine remote(store);
  return result_of(pipeline::simulate(remote.client(), request));
}

pipeline::SimulationResult run_anywhere(const SimulateArguments& a,
                                        pipeline::ArtifactStore& artifacts,
                                        const std::stop_token& stop) {
  const pipeline::SimulationRequest request = request_for(a, artifacts);
  ProgressDisplay display(false);
  std::mutex mutex;
  std::optional<SimulationEngine> local;
  try {
    local.emplace(a, artifacts, 0, stop,
                  SimulationEngine::Hooks{.progress = [&](const sim::StageProgress& progress) {
                    const std::scoped_lock lock(mutex);
                    display.update(progress);
                  }});
  } catch (const StoreInUse&) {
    return run_remotely(a.store, request);
  }
  return result_of(pipeline::simulate(local->client(), request));
}

// The artifacts as files with names for people, as simulate without --durable leaves them.
void write_out(pipeline::SimulationResult& result, const pipeline::ArtifactStore& artifacts,
               const SimulateArguments& a) {
  const std::string folder = simulate_options(a, 1, {}).output_folder;
  make_folders(folder);
  for (const auto& [name, artifact] : result.artifacts) {
    std::string path = folder + "/" + artifact.name;
    if (name == "mjcf") {
      sim::save_mjcf(sim::decode_mjcf_bundle(artifacts.get(artifact)), folder + "/scene");
      path = folder + "/scene/scene.xml";
    } else {
      if (name == "video" && !a.video.empty()) path = a.video;
      artifacts.get_file(artifact, path);
    }
    result.artifact_urls[name] = file_url(path);
  }
  if (result.video_url) result.video_url = result.artifact_urls["video"];
  result.artifact_urls["result"] = file_url(folder + "/result.json");
  write_file(folder + "/result.json", as_bytes(to_json(result) + "\n"));
}

}  // namespace

pipeline::SimulationResult simulate_durably(const SimulateArguments& a,
                                            const std::stop_token& stop) {
  pipeline::FileArtifactStore artifacts(a.store + ".artifacts");
  pipeline::SimulationResult result = run_anywhere(a, artifacts, stop);
  write_out(result, artifacts, a);
  return result;
}

}  // namespace durasim::cli
