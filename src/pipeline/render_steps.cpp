// Pictures, ranges of the video, and the joined video. Each lies in the run's own store: named by
// its hash, checked when it is read, and gone with the run's folder when the result is published.
#include "pipeline/render_steps.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/video.hpp"

#include "pipeline/heartbeat_ticker.hpp"
#include "pipeline/scratch_folder.hpp"
#include "pipeline/simulation_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <thread>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

constexpr int kSecondsPerGroup = 2;  // of pictures
constexpr std::int64_t kGroupsPerRange = 3;
constexpr std::int64_t kMostRanges = 1000;

}  // namespace

std::int64_t frames_in_range(std::int64_t frames, int fps) {
  const std::int64_t group = std::int64_t{kSecondsPerGroup} * fps;
  const std::int64_t groups = (frames + group - 1) / group;
  return group * std::max(kGroupsPerRange, (groups + kMostRanges - 1) / kMostRanges);
}

std::vector<Artifact> files_of(const Rendered& rendered) {
  std::vector<Artifact> files;
  files.reserve(rendered.files.size());
  for (const auto& [name, file] : rendered.files) files.push_back(file);
  return files;
}

std::string SimulationSteps::rendering_folder(const ActivityContext& ctx) const {
  std::string folder = folder_of(ctx) + "/render";
  make_folders(folder);
  return folder;
}

// Where stepping has left it; if it is lost, fetched by whichever activity needs it first.
std::string SimulationSteps::recording_of(const ActivityContext& ctx,
                                          const RenderTask& task) const {
  const HeartbeatTicker alive(ctx);
  if (auto path = made(ctx).whole_file(task.trajectory)) return *std::move(path);
  const PendingFile fetched(rendering_folder(ctx) + "/fetched.dstraj");
  services_.artifacts->get_file(task.trajectory, fetched.path());
  (void)keep(ctx, task.trajectory.name, fetched.path());
  if (auto path = made(ctx).whole_file(task.trajectory)) return *std::move(path);
  throw IoError("the recording was damaged while it was fetched");
}

Rendered SimulationSteps::keep_all(const ActivityContext& ctx, const PayloadList& heartbeat,
                                   const sim::RenderedFiles& made) const {
  const HeartbeatTicker alive(ctx, heartbeat);
  Rendered rendered{.files = {}, .missing = made.missing, .versions = made.versions};
  for (const auto& [name, path] : made.files)
    rendered.files[name] = keep(ctx, path.substr(path.rfind('/') + 1), path);
  return rendered;
}

VideoPlan SimulationSteps::render_pictures(const ActivityContext& ctx,
                                           const RenderTask& task) const {
  const std::shared_ptr<const sim::Model> model = model_of(ctx, task.mjcf);
  const sim::TrajectoryReader recording(recording_of(ctx, task), *model);
  const sim::RenderFilesOptions options{.folder = rendering_folder(ctx),
                                        .video_path = {},
                                        .format = task.format,
                                        .egl_library = services_.egl_library,
                                        .stop = ctx.stop_token(),
                                        .progress = {}};
  VideoPlan plan{.pictures = keep_all(ctx, ctx.last_heartbeat(),
                                      sim::render_pictures(model, recording, options))};
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  plan.at_once = services_.ranges_at_once > 0 ? services_.ranges_at_once : std::max(1, cores / 2);
  try {
    plan.frames = sim::video_frames(recording, {.format = task.format});
  } catch (const InvalidArgument& error) {
    plan.pictures.missing["video"] = error.what();
  }
  return plan;
}

Segment SimulationSteps::render_range(const ActivityContext& ctx, const RangeTask& task) const {
  const RenderTask& render = task.render;
  const std::shared_ptr<const sim::Model> model = model_of(ctx, render.mjcf);
  const sim::TrajectoryReader recording(recording_of(ctx, render), *model);
  const ScratchFolder folder(rendering_folder(ctx), fmt::format("range-{}", task.first));
  Segment segment;
  const std::shared_ptr<FrameSinkFactory> encoder = sim::load_video_plugin(segment.missing);
  if (!encoder) return segment;
  const std::string path = folder.path() + "/segment.mp4";
  const std::shared_ptr<RunProgress> counts = progress_->of(ctx.info().workflow_run_id);
  const auto progress = [&](std::int64_t done, std::int64_t of) {
    ctx.heartbeat(done, of);
    counts->set_frames(task, done, [this](const RunProgress::Count& video) {
      report(
          {.stage = sim::StageProgress::Stage::Render, .done = video.done, .total = video.total});
    });
  };
  try {
    const sim::VideoResult made = sim::render_video(model, recording, *encoder, path,
                                                    {.format = render.format,
                                                     .first = task.first,
                                                     .count = task.count,
                                                     .egl_library = services_.egl_library},
                                                    ctx.stop_token(), progress);
    segment.encoder = made.file.encoder;
    segment.renderer = made.backend;
  } catch (const UnavailableError& error) {  // neither a driver nor an encoder comes with time
    segment.missing = error.what();
    return segment;
  }
  segment.file = keep(ctx, "segment.mp4", path);
  return segment;
}

Joined SimulationSteps::join_video(const ActivityContext& ctx, const JoinTask& task) const {
  std::string reason;
  const std::shared_ptr<FrameSinkFactory> encoder = sim::load_video_plugin(reason);
  if (!encoder) throw UnavailableError(reason);
  const FileArtifactStore local = made(ctx);
  Joined joined;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < task.segments.size(); ++i) {
    ctx.throw_if_canceled();
    if (auto path = local.whole_file(task.segments[i])) {
      parts.push_back(*std::move(path));
    } else {
      joined.lost.push_back(static_cast<std::int64_t>(i));
    }
    ctx.heartbeat(i + 1, task.segments.size());
  }
  if (!joined.lost.empty()) return joined;
  const HeartbeatTicker alive(ctx, to_payloads(parts.size(), task.segments.size()));
  const ScratchFolder folder(rendering_folder(ctx), "join");
  const std::string video = folder.path() + "/video.mp4";
  const std::int64_t frames = encoder->join(parts, video, task.format);
  if (frames != task.frames) {
    throw FormatError(
        fmt::format("the segments of a video of {} frames hold {}", task.frames, frames));
  }
  joined.video = keep(ctx, "video.mp4", video);
  return joined;
}

Rendered SimulationSteps::render(const ActivityContext& ctx, const RenderTask& task) const {
  const std::shared_ptr<const sim::Model> model = model_of(ctx, task.mjcf);
  const sim::TrajectoryReader recording(recording_of(ctx, task), *model);
  sim::RenderFilesOptions options{.folder = rendering_folder(ctx),
                                  .video_path = {},
                                  .format = task.format,
                                  .egl_library = services_.egl_library,
                                  .stop = ctx.stop_token()};
  PayloadList said = ctx.last_heartbeat();
  options.progress = [&](std::int64_t done, std::int64_t total) {
    said = to_payloads(done, total);
    ctx.heartbeat_payloads(said);
    report({.stage = sim::StageProgress::Stage::Render, .done = done, .total = total});
  };
  const sim::RenderedFiles made = sim::render_files(model, recording, options);
  return keep_all(ctx, said, made);
}

}  // namespace durasim::inline v0::pipeline
