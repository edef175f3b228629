// The order of rendering: pictures, then ranges of the video, some at a time, then their joining.
#include "durasim/core/failure.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/render_steps.hpp"
#include "pipeline/simulation_steps.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
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
  std::int64_t next = 0;
  std::vector<Artifact> segments;
  Rendered* rendered = nullptr;
  std::exception_ptr canceled;
};

// The next range of the video, which there is.
RangeTask take_range(Video& video) {
  RangeTask task = video.task;
  task.first = video.next;
  task.count = std::min(video.range, task.total - task.first);
  video.next += task.count;
  return task;
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
  while (video->next < video->task.total && !video->canceled &&
         !video->rendered->missing.contains("video")) {
    const RangeTask task = take_range(*video);
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

}  // namespace

Workflow<Rendered> render_in_ranges(WorkflowContext ctx, RenderTask task) {
  Rendered rendered;
  try {
    VideoPlan plan = co_await ctx.run(render_pictures, task, rendering_step());
    rendered = std::move(plan.pictures);
    if (plan.frames == 0) co_return rendered;
    Video video{.task = {.render = task, .total = plan.frames},
                .range = frames_in_range(plan.frames, task.format.fps),
                .rendered = &rendered};
    video.segments.resize(static_cast<std::size_t>((plan.frames + video.range - 1) / video.range));
    co_await render_ranges(ctx, &video, plan.at_once);
    if (rendered.missing.contains("video")) co_return rendered;
    rendered.files["video"] =
        co_await ctx.run(join_video, {video.segments, task.format, plan.frames}, rendering_step());
  } catch (const ActivityFailure& failure) {
    for (const char* name : {"picture", "picture_end", "video"})
      if (!rendered.files.contains(name)) rendered.missing.emplace(name, reason_of(failure));
  }
  co_return rendered;
}

}  // namespace durasim::inline v0::pipeline
