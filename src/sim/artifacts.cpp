// Writing and rendering the artifacts of a run.
#include "sim/artifacts.hpp"

#include "durasim/core/error.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/render_files.hpp"

#include <utility>

namespace durasim::inline v0::sim {

Artifacts::Artifacts(const SimulateOptions& options, SimulationResult& result)
    : options_(options), result_(result) {
  if (enabled()) make_folders(options.output_folder);
}

void Artifacts::publish(const std::string& name, const std::string& path) {
  result_.artifact_urls[name] = file_url(path);
}

void Artifacts::start_trajectory(const Model& model) {
  if (!enabled()) return;
  const PendingFile& file = pending_trajectory_.emplace(path("trajectory.dstraj"));
  recorder_ = std::make_unique<TrajectoryRecorder>(file.path(), model, options_.video_format.fps);
}

void Artifacts::finish_trajectory() {
  if (!recorder_ || !pending_trajectory_) return;
  recorder_->finish();
  recorder_.reset();
  pending_trajectory_->commit();
  publish("trajectory", path("trajectory.dstraj"));
}

void Artifacts::write_scene(const MjcfSource& source) {
  if (!enabled()) return;
  publish("mjcf", save_mjcf(source, path("scene")));
}

void Artifacts::render(const std::shared_ptr<const Model>& model) {
  if (!enabled() || !options_.video) return;
  RenderFilesOptions render{.folder = options_.output_folder,
                            .video_path = options_.video_path,
                            .format = options_.video_format,
                            .egl_library = options_.egl_library,
                            .stop = options_.stop};
  render.progress = [this](std::int64_t done, std::int64_t total) {
    if (!options_.progress) return;
    options_.progress({.stage = StageProgress::Stage::Render, .done = done, .total = total});
  };
  const RenderedFiles made =
      render_files(model, TrajectoryReader(path("trajectory.dstraj"), *model), render);
  for (const auto& [name, file] : made.files) publish(name, file);
  if (made.files.contains("video")) result_.video_url = result_.artifact_urls["video"];
  result_.missing.insert(made.missing.begin(), made.missing.end());
  result_.provenance.versions.insert(made.versions.begin(), made.versions.end());
}

void Artifacts::write_report(const std::string& name) {
  if (enabled()) {
    publish("report", path("report.md"));
    publish("result", path("result.json"));
  }
  if (!result_.video_url && !result_.missing.contains("video")) {
    result_.missing["video"] =
        result_.final_state_hash.empty() ? "no step was simulated" : "not asked for";
  }
  result_.report = to_markdown(result_, name);
  if (!enabled()) return;
  write_file(path("report.md"), as_bytes(result_.report));
  write_file(path("result.json"), as_bytes(to_json(result_) + "\n"));
}

}  // namespace durasim::inline v0::sim
