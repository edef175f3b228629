// The order of rendering: pictures, then ranges of the video, some at a time, then their joining;
// and what is lost on the way is made again.
#include "durasim/core/failure.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/render_steps.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/upload_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace durasim::inline v0::pipeline {
namespace {

// Each attempt begins anew, and each death of the process counts as one.
ActivityOptions rendering_step() {
  ActivityOptions options = long_step(20);
  options.retry.maximum_interval = std::chrono::seconds(10);
  return options;
}

struct Video {
  RangeTask task;  // the template of all
  std::int64_t range = 0;
  std::deque<std::int64_t> wanted;  // segments that are to be rendered
  std::vector<Artifact> segments;
  Rendered* rendered = nullptr;
  std::exception_ptr canceled;
};

RangeTask range_of(const Video& video, std::int64_t segment) {
  RangeTask task = video.task;
  task.first = segment * video.range;
  task.count = std::min(video.range, task.total - task.first);
  return task;
}

Video video_of(const VideoPlan& plan, const RenderTask& task, Rendered* rendered) {
  Video video{.task = {.render = task, .total = plan.frames},
              .range = frames_in_range(plan.frames, task.format.fps),
              .rendered = rendered};
  for (std::int64_t first = 0; first < plan.frames; first += video.range)
    video.wanted.push_back(first / video.range);
  video.segments.resize(video.wanted.size());
  return video;
}

void keep(Video& video, const RangeTask& task, Segment segment) {
  if (!segment.missing.empty()) {
    video.rendered->missing["video"] = std::move(segment.missing);
    return;
  }
  video.segments[static_cast<std::size_t>(task.first / video.range)] = std::move(segment.file);
  video.task.done += task.count;
  video.rendered->versions = {{"encoder", std::move(segment.encoder)},
                              {"renderer", std::move(segment.renderer)}};
}

// Takes ranges until there are no more or one cannot be made; then those of the others are
// cancelled. It ends when its own has ended, so that nothing is rendered any more when all have.
Workflow<void> take_ranges(WorkflowContext ctx, CancellationScope ranges, Video* video) {
  while (!video->wanted.empty() && !video->canceled &&
         !video->rendered->missing.contains("video")) {
    const RangeTask task = range_of(*video, video->wanted.front());
    video->wanted.pop_front();
    try {
      keep(*video, task, co_await ctx.run(render_range, task, rendering_step()));
    } catch (const ActivityFailure& failure) {
      video->rendered->missing.emplace("video", reason_of(failure));
    } catch (const CanceledFailure&) {
      video->canceled = std::current_exception();
    }
  }
  if (video->rendered->missing.contains("video")) ranges.cancel("the video cannot be made");
}

Workflow<void> render_ranges(WorkflowContext ctx, Video* video, int at_once) {
  const CancellationScope ranges = ctx.scope();
  std::vector<Task<void>> takers;
  takers.reserve(static_cast<std::size_t>(at_once));
  for (int i = 0; i < at_once; ++i)
    takers.push_back(ranges.spawn(take_ranges(ranges, ranges, video)));
  co_await all(std::move(takers));
  if (video->canceled && !video->rendered->missing.contains("video"))
    std::rethrow_exception(video->canceled);
}

// False: some segments are lost, and wanted again, or the video is.
Workflow<bool> join(WorkflowContext ctx, Video* video, SimulationStage* stage) {
  const RangeTask& task = video->task;
  Joined joined = co_await ctx.run(join_video, {video->segments, task.render.format, task.total},
                                   rendering_step());
  for (const std::int64_t segment : joined.lost) {
    video->wanted.push_back(segment);
    video->task.done -= range_of(*video, segment).count;
  }
  if (!joined.lost.empty() || !co_await upload(ctx, {{joined.video}}, stage)) co_return false;
  video->rendered->files["video"] = std::move(joined.video);
  co_return true;
}

std::string lost_too_often() {
  return fmt::format("what was rendered of it was lost before it was uploaded, {} times",
                     kMostLosses);
}

// Until there is a video, or a reason why there is none.
Workflow<void> make_video(WorkflowContext ctx, Video* video, int at_once, SimulationStage* stage) {
  for (int losses = 0; losses < kMostLosses; ++losses) {
    co_await render_ranges(ctx, video, at_once);
    if (video->rendered->missing.contains("video")) co_return;
    if (co_await join(ctx, video, stage)) co_return;
  }
  video->rendered->missing["video"] = lost_too_often();
}

Workflow<VideoPlan> make_pictures(WorkflowContext ctx, RenderTask task, SimulationStage* stage) {
  for (int losses = 0; losses < kMostLosses; ++losses) {
    VideoPlan plan = co_await ctx.run(render_pictures, task, rendering_step());
    const std::vector<Artifact> files = files_of(plan.pictures);
    if (files.empty() || co_await upload(ctx, {files}, stage)) co_return plan;
  }
  throw ApplicationFailure(lost_too_often(), {.type = "FilesLost"});
}

}  // namespace

Workflow<Rendered> render_in_ranges(WorkflowContext ctx, RenderTask task, SimulationStage* stage) {
  Rendered rendered;
  try {
    VideoPlan plan = co_await make_pictures(ctx, task, stage);
    rendered = std::move(plan.pictures);
    if (plan.frames == 0) co_return rendered;
    Video video = video_of(plan, task, &rendered);
    co_await make_video(ctx, &video, plan.at_once, stage);
  } catch (const Failure& failure) {
    if (is_canceled(std::current_exception())) throw;
    for (const char* name : {"picture", "picture_end", "video"})
      if (!rendered.files.contains(name)) rendered.missing.emplace(name, reason_of(failure));
  }
  co_return rendered;
}

}  // namespace durasim::inline v0::pipeline
