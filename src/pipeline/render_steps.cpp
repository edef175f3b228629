// Pictures, ranges of the video, and the joined video. Segments lie in the run's folder, in a store
// of their own: they are named by their hash, checked when they are read, and go with the folder
// when the result is published.
#include "pipeline/render_steps.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/video.hpp"

#include "pipeline/heartbeat_ticker.hpp"
#include "pipeline/scratch_folder.hpp"
#include "pipeline/simulation_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

constexpr int kSecondsPerGroup = 2;  // of pictures
constexpr std::int64_t kGroupsPerRange = 3;
constexpr std::int64_t kMostRanges = 1000;

// False: it is not there any more, or damaged.
bool fetch_segment(const std::string& store, const Artifact& segment, const std::string& path) {
  try {
    FileArtifactStore(store).get_file(segment, path);
    return true;
  } catch (const UnavailableError&) {
    return false;
  } catch (const FormatError&) {
    return false;
  }
}

}  // namespace

std::int64_t frames_in_range(std::int64_t frames, int fps) {
  const std::int64_t group = std::int64_t{kSecondsPerGroup} * fps;
  const std::int64_t groups = (frames + group - 1) / group;
  return group * std::max(kGroupsPerRange, (groups + kMostRanges - 1) / kMostRanges);
}

void VideoProgress::update(const std::string& run, const RangeTask& range, std::int64_t done,
                           const Report& report) {
  const std::scoped_lock lock(mutex_);
  Video& video = videos_[run];
  const auto here = [&video] {
    std::int64_t sum = 0;
    for (const auto& [first, frames] : video.ranges) sum += frames;
    return sum;
  };
  if (!video.ranges.contains(range.first))
    video.before = std::max(video.before, range.done - here());
  video.ranges[range.first] = done;
  video.reported = std::max(video.reported, std::min(video.before + here(), range.total));
  report(video.reported, range.total);
}

void VideoProgress::forget(const std::string& run) {
  const std::scoped_lock lock(mutex_);
  videos_.erase(run);
}

std::string SimulationSteps::rendering_folder(const ActivityContext& ctx) const {
  std::string folder = folder_of(ctx) + "/render";
  make_folders(folder);
  return folder;
}

// Fetched by whichever activity needs it first. It gets its name when it is durable, since what has
// the name is not looked at again, also after a power loss.
std::string SimulationSteps::recording_of(const ActivityContext& ctx,
                                          const RenderTask& task) const {
  const std::string path = rendering_folder(ctx) + "/" + task.trajectory.sha256 + ".dstraj";
  if (std::filesystem::exists(path)) return path;
  const HeartbeatTicker alive(ctx);
  PendingFile fetched(path);
  services_.artifacts->get_file(task.trajectory, fetched.path());
  sync_file(fetched.path());
  fetched.commit();
  return path;
}

Rendered SimulationSteps::kept(const ActivityContext& ctx, const PayloadList& heartbeat,
                               const sim::RenderedFiles& made) const {
  const HeartbeatTicker alive(ctx, heartbeat);
  Rendered rendered{.files = {}, .missing = made.missing, .versions = made.versions};
  for (const auto& [name, path] : made.files) {
    const std::string file = path.substr(path.rfind('/') + 1);
    rendered.files[name] = services_.artifacts->put_file(file, path);
  }
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
  VideoPlan plan{
      .pictures = kept(ctx, ctx.last_heartbeat(), sim::render_pictures(model, recording, options))};
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
  const auto progress = [&](std::int64_t done, std::int64_t of) {
    ctx.heartbeat(done, of);
    video_progress_.update(
        ctx.info().workflow_run_id, task, done, [this](std::int64_t frames, std::int64_t total) {
          report({.stage = sim::StageProgress::Stage::Render, .done = frames, .total = total});
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
  segment.file = FileArtifactStore(segments_folder(ctx)).put_file("segment.mp4", path);
  return segment;
}

std::string SimulationSteps::segments_folder(const ActivityContext& ctx) const {
  return rendering_folder(ctx) + "/segments";
}

Joined SimulationSteps::join_video(const ActivityContext& ctx, const JoinTask& task) const {
  std::string reason;
  const std::shared_ptr<FrameSinkFactory> encoder = sim::load_video_plugin(reason);
  if (!encoder) throw UnavailableError(reason);
  const ScratchFolder folder(rendering_folder(ctx), "join");
  Joined joined;
  std::vector<std::string> parts;
  for (const Artifact& segment : task.segments) {
    ctx.throw_if_canceled();
    parts.push_back(fmt::format("{}/{}.mp4", folder.path(), parts.size()));
    if (!fetch_segment(segments_folder(ctx), segment, parts.back()))
      joined.lost.push_back(std::ssize(parts) - 1);
    ctx.heartbeat(parts.size(), task.segments.size());
  }
  if (!joined.lost.empty()) return joined;
  const HeartbeatTicker alive(ctx, to_payloads(parts.size(), task.segments.size()));
  const std::string video = folder.path() + "/video.mp4";
  const std::int64_t frames = encoder->join(parts, video, task.format);
  if (frames != task.frames) {
    throw FormatError(
        fmt::format("the segments of a video of {} frames hold {}", task.frames, frames));
  }
  joined.video = services_.artifacts->put_file("video.mp4", video);
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
  return kept(ctx, said, made);
}

}  // namespace durasim::inline v0::pipeline
