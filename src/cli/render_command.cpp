// durasim render RUN: another video of a durable simulation, from its recording, without simulating
// again.
#include "durasim/core/error.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/video.hpp"

#include "cli/artifact_location.hpp"
#include "cli/commands.hpp"
#include "cli/progress_display.hpp"
#include "cli/store_access.hpp"
#include "cli/video_format_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <memory>

namespace durasim::cli {
namespace {

struct RenderArguments {
  ArtifactLocation artifacts;
  std::string run, store, camera, out = "video.mp4";
  VideoFormatOptions format;
  double speed = 1;
};

// "AZIMUTH,ELEVATION" in degrees, fitted to what moves; or the name of one of the model's cameras.
sim::Camera parse_camera(const std::string& text, const sim::Model& model,
                         const sim::TrajectoryReader& trajectory, const VideoFormat& format) {
  double azimuth = 0;
  double elevation = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, azimuth);
  if (first.ec == std::errc{} && first.ptr != end && *first.ptr == ',') {
    const auto second = std::from_chars(first.ptr + 1, end, elevation);
    if (second.ec == std::errc{} && second.ptr == end) {
      return sim::fit_camera(model, sim::sample_frames(trajectory),
                             {.azimuth_deg = azimuth,
                              .elevation_deg = elevation,
                              .aspect = static_cast<double>(format.width) / format.height});
    }
  }
  const std::vector<std::string> names = sim::camera_names(model);
  if (std::find(names.begin(), names.end(), text) != names.end()) return {.name = text};
  throw InvalidArgument(fmt::format(
      "--camera \"{}\" is neither AZIMUTH,ELEVATION in degrees, e.g. 90,-20, nor a camera of the "
      "model ({})",
      text, names.empty() ? "it has none" : fmt::format("{}", fmt::join(names, ", "))));
}

const pipeline::Artifact& artifact_of(const pipeline::SimulationResult& result,
                                      const std::string& name, const std::string& run) {
  const auto found = result.artifacts.find(name);
  if (found != result.artifacts.end()) return found->second;
  throw InvalidArgument(fmt::format("{} has no recording: {}", run, result.verdict.detail));
}

int render(const RenderArguments& a, const std::stop_token& stop) {
  const StoreAccess store(a.store, false);
  Client client(store.frontend());
  const auto run = client.handle(pipeline::simulation_workflow, a.run);
  if (run.describe().status == WorkflowStatus::Running)
    throw InvalidArgument(fmt::format("{} still runs; its recording is not complete", a.run));
  const pipeline::SimulationResult result = run.result();
  const auto artifacts = a.artifacts.open(a.store, stop);
  const auto model = sim::Model::compile(
      sim::decode_mjcf_bundle(artifacts->get(artifact_of(result, "mjcf", a.run))));
  const std::string recording = a.out + ".dstraj";
  artifacts->get_file(artifact_of(result, "trajectory", a.run), recording);
  const sim::TrajectoryReader trajectory(recording, *model);
  std::error_code ignored;
  std::filesystem::remove(recording, ignored);  // it stays readable as long as it is open
  std::string reason;
  const std::shared_ptr<FrameSinkFactory> encoder = sim::load_video_plugin(reason);
  if (!encoder) throw UnavailableError(reason);
  sim::VideoOptions options;
  options.format = a.format.parse();
  options.speed = a.speed;
  if (!a.camera.empty())
    options.camera = parse_camera(a.camera, *model, trajectory, options.format);
  ProgressDisplay display(false);
  const sim::VideoResult made = sim::render_video(
      model, trajectory, *encoder, a.out, options, stop,
      [&](std::int64_t done, std::int64_t total) {
        display.update({.stage = sim::StageProgress::Stage::Render, .done = done, .total = total});
      });
  fmt::print("{}: {} frames, {}\n", made.file.path, made.file.frames, made.file.encoder);
  return kSuccess;
}

}  // namespace

void add_render(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<RenderArguments>();
  CLI::App* verb =
      app.add_subcommand("render", "Another video of a durable simulation, from its recording");
  verb->footer(
      "RUN is the workflow's id; durasim workflow list --type SimulationWorkflow shows them.\n"
      "Example: durasim render simulation-1f0e... --store sim.db --camera 90,-20 --size 640x480");
  verb->add_option("RUN", a->run, "the simulation's workflow id")->required();
  verb->add_option("--store", a->store, "the store of simulate --durable")
      ->envname("DURASIM_STORE")
      ->required();
  a->artifacts.add_to(*verb);
  verb->add_option("--camera", a->camera,
                   "AZIMUTH,ELEVATION in degrees, or a camera of the model (default: as simulate)");
  verb->add_option("--speed", a->speed, "simulated seconds in one second of video")
      ->capture_default_str();
  verb->add_option("--out", a->out, "the video; its ending picks the container")
      ->capture_default_str();
  a->format.add_to(*verb);
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return render(*a, stop); }; });
}

}  // namespace durasim::cli
