// SimulationWorkflow: the order of the steps, how often each is tried, pausing, what is done when
// it ends early, and that its trace is written however it ends.
#include "durasim/core/failure.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/run_progress.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/trace_steps.hpp"
#include "pipeline/upload_steps.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace durasim::inline v0::pipeline {
using namespace std::chrono_literals;

ActivityOptions brief_step() {
  return {
      .start_to_close = 2min,
      .retry = {.maximum_interval = 1min,
                .maximum_attempts = 10,
                .non_retryable_error_types = {"durasim::InvalidArgument", "durasim::FormatError",
                                              "durasim::LimitError", "durasim::sim::ModelError"}}};
}

ActivityOptions long_step(int attempts) {
  ActivityOptions options = brief_step();
  options.start_to_close = std::chrono::hours(24 * 30);
  options.heartbeat = 1min;
  options.retry.maximum_attempts = attempts;
  options.cancellation_type = ActivityCancellationType::WaitCancellationCompleted;
  return options;
}

// Scripts and the import's process have deadlines of their own. Who cancels waits until they are
// gone.
ActivityOptions import_step() {
  ActivityOptions options = long_step(brief_step().retry.maximum_attempts);
  options.retry.non_retryable_error_types.emplace_back("durasim::pipeline::ArtifactNotFound");
  return options;
}

ActivityOptions uninterrupted_step() {
  ActivityOptions options = import_step();
  options.cancellation_type = ActivityCancellationType::TryCancel;
  return options;
}

std::string reason_of(const Failure& failure) {
  return failure.cause() != nullptr ? failure.cause()->message : failure.what();
}

Workflow<bool> upload(WorkflowContext ctx, UploadTask task, SimulationStage* stage) {
  const SimulationStage before = std::exchange(*stage, SimulationStage::Upload);
  const Uploaded uploaded = co_await ctx.run(upload_files, task, long_step(0));
  *stage = before;
  co_return uploaded.lost.empty();
}

namespace {

struct Run {
  SimulationProgress progress;
  PublishTask made;  // so far
  bool paused = false;
  int pauses = 0;
};

Workflow<Stepped> step_with_pauses(WorkflowContext ctx, SteppingTask task, Run* run) {
  while (true) {
    run->progress.stage = SimulationStage::Paused;
    co_await ctx.wait_until([run] { return !run->paused; });
    run->progress.stage = SimulationStage::Simulate;
    const CancellationScope stepping = ctx.scope();
    auto stepped = stepping.run(step_simulation, task, long_step(0));
    // A cancellation reaches the stepping itself, and is waited for: it still has its folder.
    co_await ctx.shielded().wait_until([&] { return run->paused || stepped.is_ready(); });
    const bool pausing = !stepped.is_ready();
    if (pausing) {
      ++run->pauses;
      stepping.cancel("paused");
    }
    try {
      co_return co_await std::move(stepped);
    } catch (const Failure&) {
      // However it ended that was told to pause, also by the death of its process: what it has
      // saved is there.
      if (!pausing || ctx.is_cancelled()) throw;
    }
  }
}

// The recording, in the artifact store. The verdict is known before it is there.
Workflow<Artifact> step_and_upload(WorkflowContext ctx, SteppingTask task, Run* run) {
  std::optional<Stepped>& stepped = run->made.stepped;
  int attempts = 0;
  for (int losses = 0; losses < kMostLosses; ++losses) {
    const std::string before = stepped ? stepped->restarted_because : "";
    stepped = co_await step_with_pauses(ctx, task, run);
    attempts += stepped->attempts;
    stepped->attempts = attempts + run->pauses;
    if (losses > 0 && stepped->resumed_from_step == 0) {
      stepped->restarted_because = "its recording was lost before it was uploaded";
    } else if (stepped->restarted_because.empty()) {
      stepped->restarted_because = before;
    }
    run->progress.verdict = stepped->verdict;
    if (co_await upload(ctx, {{stepped->trajectory}}, &run->progress.stage))
      co_return stepped->trajectory;
  }
  throw ApplicationFailure(
      fmt::format("its recording was lost before it was uploaded, {} times", kMostLosses),
      {.type = "FilesLost"});
}

Workflow<SimulationResult> all_steps(WorkflowContext ctx, SimulationRequest request, Run* run) {
  run->progress.stage = SimulationStage::Import;
  const ImportedGeometry geometry = co_await ctx.run(import_geometry, request, import_step());
  run->progress.stage = SimulationStage::Compile;
  PublishTask& task = run->made;
  task.scene = co_await ctx.run(compile_mjcf, request, geometry, uninterrupted_step());
  run->progress.verdict = task.scene.result.verdict;
  if (task.scene.mjcf) {
    run->progress.verdict.reset();
    task.trajectory = co_await step_and_upload(
        ctx, {*task.scene.mjcf, task.scene.loop, request.video_format.fps}, run);
    if (request.video) {
      run->progress.stage = SimulationStage::Render;
      task.rendered = co_await render_in_ranges(
          ctx, {*task.scene.mjcf, *task.trajectory, request.video_format}, &run->progress.stage);
    }
  }
  run->progress.stage = SimulationStage::Publish;
  SimulationResult result = co_await ctx.run(publish_result, task, long_step(0));
  run->progress.stage = SimulationStage::Done;
  co_return result;
}

}  // namespace

Workflow<SimulationResult> run_simulation_workflow(WorkflowContext ctx, SimulationRequest request,
                                                   std::shared_ptr<ProgressTable> progress) {
  Run run;
  // What the activities have told changes nothing of the run: only queries see it.
  const std::shared_ptr<const RunProgress> told = progress->of(ctx.info().run_id);
  ctx.on(simulation_progress, [&run, told] {
    SimulationProgress now = run.progress;
    const RunProgress::Count count = told->of(now.stage);
    now.done = count.done;
    now.total = count.total;
    return now;
  });
  ctx.on(pause_simulation, [&run] { run.paused = true; });
  ctx.on(resume_simulation, [&run] { run.paused = false; });
  // A request as any other, so that the run ends as Canceled.
  ctx.on(cancel_simulation, [&ctx] {
    const WorkflowInfo& self = ctx.info();
    static_cast<void>(ctx.cancel_external({self.workflow_id, self.run_id}, "asked by signal"));
  });
  run.made.scene.name = request.name;
  const auto begun = begin_trace(ctx, {.name = request.name});  // beside the work
  std::exception_ptr failure;
  try {
    SimulationResult result = co_await all_steps(ctx, std::move(request), &run);
    const std::string missing =
        co_await write_trace(ctx, completed_trace(run.made.scene.name, result));
    if (!missing.empty()) result.missing["trace"] = missing;
    co_return result;
  } catch (const std::exception&) {
    failure = early_end(ctx, "the simulation");
  }
  try {
    co_await ctx.shielded().run(discard_run, brief_step());
  } catch (const Failure& left_behind) {  // what ended the run counts more
    ctx.logger().warning(left_behind.what());
  }
  co_await write_trace(ctx, failed_trace(run.made, failure));
  std::rethrow_exception(failure);
}

}  // namespace durasim::inline v0::pipeline
