// The steps of a durable simulation: what each takes, gives and does. Every one may be repeated: it
// writes to the folder of its run, and under hashes to the artifact store.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/core/error.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/sim/render_files.hpp"
#include "durasim/sim/run_plan.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/render_steps.hpp"
#include "pipeline/run_folder.hpp"
#include "pipeline/run_progress.hpp"
#include "pipeline/upload_steps.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::pipeline {

struct ImportedGeometry {
  Artifact content;  // a scene message (geometry::encode_scene), or an MJCF bundle
  bool is_mjcf = false;
  std::string input_sha256;
  std::vector<geometry::Problem> problems;  // with an error among them there is no content
};
BOOST_DESCRIBE_STRUCT(ImportedGeometry, (), (content, is_mjcf, input_sha256, problems))

struct CompiledScene {
  std::string name;
  std::optional<Artifact> mjcf;  // a bundle; empty: nothing can be stepped, the result says why
  sim::LoopOptions loop;
  double metres_per_unit = 1;    // of the file
  sim::SimulationResult result;  // as sim::RunPlan
};
BOOST_DESCRIBE_STRUCT(CompiledScene, (), (name, mjcf, loop, metres_per_unit, result))

struct SteppingTask {
  Artifact mjcf;
  sim::LoopOptions loop;
  int frames_per_second = 30;
};
BOOST_DESCRIBE_STRUCT(SteppingTask, (), (mjcf, loop, frames_per_second))

// What a heartbeat of the stepping says.
struct SteppingBeat {
  std::int64_t step = 0;
  std::int64_t total_steps = 0;
  Seconds sim_time{0};
  std::optional<std::int64_t> checkpoint_step;  // the newest, which is durable
  sim::Metrics metrics;                         // so far
};
BOOST_DESCRIBE_STRUCT(SteppingBeat, (), (step, total_steps, sim_time, checkpoint_step, metrics))

struct Stepped {
  sim::Verdict verdict;
  sim::Metrics metrics;
  std::string final_state_hash;
  std::vector<std::string> warnings;
  Artifact trajectory;  // in the run's own store
  std::int64_t resumed_from_step = 0;
  int attempts = 0;
  std::string restarted_because;
};
BOOST_DESCRIBE_STRUCT(Stepped, (),
                      (verdict, metrics, final_state_hash, warnings, trajectory, resumed_from_step,
                       attempts, restarted_because))

struct PublishTask {
  CompiledScene scene;
  std::optional<Stepped> stepped;
  std::optional<Artifact> trajectory;  // in the artifact store
  std::optional<Rendered> rendered;    // likewise
};
BOOST_DESCRIBE_STRUCT(PublishTask, (), (scene, stepped, trajectory, rendered))

inline constexpr Activity<ImportedGeometry(SimulationRequest)> import_geometry{"import_geometry"};
inline constexpr Activity<CompiledScene(SimulationRequest, ImportedGeometry)> compile_mjcf{
    "compile_mjcf"};
inline constexpr Activity<Stepped(SteppingTask)> step_simulation{"step_simulation"};
inline constexpr Activity<SimulationResult(PublishTask)> publish_result{"publish_result"};
// Of a run that ends early: its checkpoints and recordings.
inline constexpr Activity<void()> discard_run{"discard_run"};

class ActivityTrace;

// The activities' code. Thread-safe.
class DURASIM_EXPORT SimulationSteps {
 public:
  // Throws as implement_simulation.
  explicit SimulationSteps(SimulationServices services);

  [[nodiscard]] ImportedGeometry import(const ActivityContext& ctx,
                                        const SimulationRequest& request) const;
  [[nodiscard]] CompiledScene compile(const ActivityContext& ctx, const SimulationRequest& request,
                                      const ImportedGeometry& geometry) const;
  [[nodiscard]] Stepped step(const ActivityContext& ctx, const SteppingTask& task) const;
  [[nodiscard]] Uploaded upload(const ActivityContext& ctx, const UploadTask& task) const;
  // The video in ranges, and all of it in one piece.
  [[nodiscard]] VideoPlan render_pictures(const ActivityContext& ctx, const RenderTask& task) const;
  [[nodiscard]] Segment render_range(const ActivityContext& ctx, const RangeTask& task) const;
  [[nodiscard]] Joined join_video(const ActivityContext& ctx, const JoinTask& task) const;
  [[nodiscard]] Rendered render(const ActivityContext& ctx, const RenderTask& task) const;
  [[nodiscard]] SimulationResult publish(const ActivityContext& ctx, const PublishTask& task) const;
  void discard(const ActivityContext& ctx) const;
  // All of them.
  [[nodiscard]] SimulationResult run(const ActivityContext& ctx,
                                     const SimulationRequest& request) const;

  // What they have told.
  [[nodiscard]] const std::shared_ptr<ProgressTable>& progress() const { return progress_; }

 private:
  [[nodiscard]] SimulationResult run_steps(const ActivityContext& ctx,
                                           const SimulationRequest& request, PublishTask& task,
                                           ActivityTrace& trace) const;
  [[nodiscard]] Stepped step_in(RunFolder& folder, const ActivityContext& ctx,
                                const SteppingTask& task) const;
  [[nodiscard]] std::string folder_of(const ActivityContext& ctx) const;
  [[nodiscard]] std::shared_ptr<const sim::Model> model_of(const ActivityContext& ctx,
                                                           const Artifact& mjcf) const;
  [[nodiscard]] std::string rendering_folder(const ActivityContext& ctx) const;
  [[nodiscard]] std::string recording_of(const ActivityContext& ctx, const RenderTask& task) const;
  // The heartbeat is what was said last.
  [[nodiscard]] Rendered keep_all(const ActivityContext& ctx, const PayloadList& heartbeat,
                                  const sim::RenderedFiles& made) const;
  // The run's own store, in which everything is that it makes, until its folder is removed.
  [[nodiscard]] FileArtifactStore made(const ActivityContext& ctx) const;
  // Puts the file at `path` there; durable when it returns.
  [[nodiscard]] Artifact keep(const ActivityContext& ctx, const std::string& name,
                              const std::string& path) const;
  // upload(), and throws UnavailableError when something is lost.
  void upload_all(const ActivityContext& ctx, const UploadTask& task) const;
  [[nodiscard]] SimulationResult result_of(const PublishTask& task) const;
  void report(const sim::StageProgress& progress) const {
    if (services_.progress) services_.progress(progress);
  }

  SimulationServices services_;
  std::shared_ptr<ProgressTable> progress_ = std::make_shared<ProgressTable>();
};

// How often a step of seconds is tried: each death of the process counts as an attempt, and more
// than a few may fall into one step. What is wrong with the request is wrong in every attempt.
[[nodiscard]] ActivityOptions brief_step();
// One whose length is the request's: silence shows that it is dead, not its duration. Each death of
// the process counts as an attempt. 0 attempts: any number, as of what counts them itself.
[[nodiscard]] ActivityOptions long_step(int attempts);
// Such a one that is tried as often as a brief one, but does not wait for an input that the
// artifact store does not have, and its like that cannot be interrupted, so
// that nobody waits for it when it is cancelled.
[[nodiscard]] ActivityOptions import_step();
[[nodiscard]] ActivityOptions uninterrupted_step();

// The reason that people can do something about: an activity's own.
[[nodiscard]] std::string reason_of(const Failure& failure);

// Work that was told to stop says so as a cancelled activity does.
template <class Work>
auto cancellable(const ActivityContext& ctx, const Work& work) {
  try {
    return work();
  } catch (const CancelledError&) {
    ctx.throw_if_canceled();
    throw;
  }
}

// The run of that id, open or completed; a new one if there is none, or if it ended badly: what
// failed by a full disk may be asked for again.
template <class R, class Request>
WorkflowRun<R> start_or_join(const Client& client, const WorkflowType<R(Request)>& type,
                             const Request& request, const std::string& id) {
  StartOptions options{.id = id, .task_queue = std::string(kSimulationQueue)};
  WorkflowRun<R> run = client.start_or_attach(type, request, options);
  const WorkflowStatus status = run.describe().status;
  if (status == WorkflowStatus::Running || status == WorkflowStatus::Completed) return run;
  options.id_reuse_policy = IdReusePolicy::AllowDuplicateFailedOnly;
  options.id_conflict_policy = IdConflictPolicy::UseExisting;
  return client.start(type, request, options);
}

// The workflow's code. Its queries ask `progress`.
Workflow<SimulationResult> run_simulation_workflow(WorkflowContext ctx, SimulationRequest request,
                                                   std::shared_ptr<ProgressTable> progress);

}  // namespace durasim::inline v0::pipeline
