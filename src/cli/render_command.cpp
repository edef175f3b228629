// durasim render RUN: another video of a durable simulation, from its recording, without simulating
// again.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/video.hpp"

#include "cli/artifact_location.hpp"
#include "cli/commands.hpp"
#include "cli/progress_display.hpp"
#include "cli/run_choice.hpp"
#include "cli/store_access.hpp"
#include "cli/store_option.hpp"
#include "cli/video_format_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <string>
#include <vector>

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

// Empty: there is no workflow of that id.
std::string type_of(Frontend& frontend, const std::string& workflow_id) {
  try {
    return frontend.describe({workflow_id, {}}).workflow_type;
  } catch (const WorkflowNotFound&) {
    return {};
  }
}

// `text`: its workflow id, the beginning of that, or its run id.
WorkflowExecution find_simulation(Frontend& frontend, const std::string& text) {
  const std::string type(pipeline::simulation_workflow.name);
  const std::string found = type_of(frontend, text);
  if (found == type) return {text, {}};
  if (!found.empty()) {
    throw InvalidArgument(
        fmt::format("{} is a run of {}, not of {}: there is nothing to render", text, found, type));
  }
  std::set<std::string> ids;
  ListOptions page{.workflow_type = type};
  for (;;) {
    const std::vector<WorkflowDescription> runs = frontend.list(page);
    for (const WorkflowDescription& run : runs) {
      if (run.run_id == text) return {run.workflow_id, run.run_id};
      ids.insert(run.workflow_id);
    }
    if (runs.size() < page.limit) return {choose_workflow(ids, text, "simulation"), {}};
    page.after_run_id = runs.back().run_id;
  }
}

// Others have the store again when this returns.
pipeline::SimulationResult read_result(const RenderArguments& a, const std::stop_token& stop) {
  const StoreAccess store(a.store, false, stop);
  Client client(store.frontend());
  const WorkflowExecution found = find_simulation(store.frontend(), a.run);
  const auto run = client.handle(pipeline::simulation_workflow, found.workflow_id, found.run_id);
  if (run.describe().status == WorkflowStatus::Running)
    throw InvalidArgument(fmt::format("{} still runs; its recording is not complete", a.run));
  return run.result();
}

int render(const RenderArguments& a, const std::stop_token& stop) {
  const pipeline::SimulationResult result = read_result(a, stop);
  const auto artifacts = a.artifacts.open(a.store, stop);
  const auto model = sim::Model::compile(
      sim::decode_mjcf_bundle(artifacts->get(artifact_of(result, "mjcf", a.run))));
  const PendingFile recording(a.out + ".dstraj");  // never committed: removed in the end
  artifacts->get_file(artifact_of(result, "trajectory", a.run), recording.path());
  const sim::TrajectoryReader trajectory(recording.path(), *model);
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
      app.add_subcommand("render", "Make another video of a durable simulation from its recording");
  verb->footer(
      "RUN is the workflow id that simulate --durable prints, the beginning of one, or a run id;\n"
      "durasim workflow list --store sim.db --type SimulationWorkflow lists them.\n"
      "Example: durasim render simulation-1f0e --store sim.db --camera 90,-20 --size 640x480");
  verb->add_option("RUN", a->run, "workflow id of the simulation, its beginning, or a run id")
      ->required();
  add_store_option(*verb, a->store, "path of the store's database")->required();
  a->artifacts.add_to(*verb);
  verb->add_option(
      "--camera", a->camera,
      "AZIMUTH,ELEVATION in degrees, or a camera of the model by name (default: the view "
      "of simulate)");
  verb->add_option("--speed", a->speed, "simulated seconds per second of video")
      ->capture_default_str();
  verb->add_option("--out", a->out, "video file; its extension selects the container")
      ->capture_default_str();
  a->format.add_to(*verb);
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return render(*a, stop); }; });
}

}  // namespace durasim::cli
