// Writing and rendering the artifacts of a run.
#include "sim/artifacts.hpp"

#include "durasim/core/error.hpp"
#include "durasim/sim/video.hpp"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <string_view>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw IoError(fmt::format("cannot make the folder {}: {}", path, error.message()));
}

}  // namespace

std::string file_url(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error) throw IoError(fmt::format("cannot resolve {}: {}", path, error.message()));
  std::string url = "file://";
  for (const char c : absolute) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) != 0 || std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain)
      url += c;
    else
      url += fmt::format("%{:02X}", byte);
  }
  return url;
}

Artifacts::Artifacts(const SimulateOptions& options, SimulationResult& result)
    : options_(options), result_(result) {
  if (enabled()) make_folder(options.output_folder);
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
  make_folder(path("scene"));
  for (const auto& [name, bytes] : source.assets) {
    const std::string file = path("scene/" + name);
    make_folder(file.substr(0, file.rfind('/')));
    write_file(file, bytes);
  }
  write_file(path("scene/scene.xml"), as_bytes(source.xml));
  publish("mjcf", path("scene/scene.xml"));
}

void Artifacts::render(const std::shared_ptr<const Model>& model) {
  if (!enabled() || !options_.video) return;
  const TrajectoryReader reader(path("trajectory.dstraj"), *model);
  render_picture(model, reader, "picture", 0);
  render_picture(model, reader, "picture_end", reader.frame_count() - 1);
  render_video_file(model, reader);
}

void Artifacts::render_picture(const std::shared_ptr<const Model>& model,
                               const TrajectoryReader& reader, const std::string& name,
                               std::int64_t frame) {
  try {
    StillOptions still;
    still.renderer.width = options_.video_format.width;
    still.renderer.height = options_.video_format.height;
    still.renderer.egl_library = options_.egl_library;
    write_png(path(name + ".png"), render_still(model, reader, reader.frame(frame).time, still));
    publish(name, path(name + ".png"));
  } catch (const UnavailableError& error) {
    result_.missing[name] = error.what();
  } catch (const InvalidArgument& error) {
    result_.missing[name] = error.what();
  }
}

void Artifacts::render_video_file(const std::shared_ptr<const Model>& model,
                                  const TrajectoryReader& reader) {
  std::string reason;
  const std::shared_ptr<FrameSinkFactory> encoder = load_video_plugin(reason);
  const std::string file = options_.video_path.empty() ? path("video.mp4") : options_.video_path;
  try {
    if (!encoder) throw UnavailableError(reason);
    VideoOptions video;
    video.format = options_.video_format;
    video.egl_library = options_.egl_library;
    const VideoResult made = render_video(
        model, reader, *encoder, file, video, options_.stop,
        [&](std::int64_t done, std::int64_t total) {
          if (!options_.progress) return;
          options_.progress({.stage = StageProgress::Stage::Render, .done = done, .total = total});
        });
    result_.video_url = file_url(made.file.path);
    result_.artifact_urls["video"] = *result_.video_url;
    result_.provenance.versions["encoder"] = made.file.encoder;
    result_.provenance.versions["renderer"] = made.backend;
  } catch (const CancelledError&) {
    throw;
  } catch (const Error& error) {
    // Neither a missing driver nor a full disk under the video changes the verdict.
    result_.missing["video"] = error.what();
  }
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
