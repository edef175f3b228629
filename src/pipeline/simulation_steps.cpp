// Import, compile, step, publish: the functions of durasim::sim between artifacts.
#include "pipeline/simulation_steps.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/core/units.hpp"
#include "durasim/geometry/message.hpp"
#include "durasim/sim/mjcf_bundle.hpp"

#include "pipeline/activity_trace.hpp"
#include "pipeline/counted_attempt.hpp"
#include "pipeline/durable_loop.hpp"
#include "pipeline/heartbeat_ticker.hpp"
#include "pipeline/obtain_geometry.hpp"
#include "pipeline/scratch_folder.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <utility>
#include <variant>

namespace durasim::inline v0::pipeline {
namespace {

sim::SimulateOptions options_of(const SimulationRequest& request, double metres_per_unit) {
  sim::SimulateOptions options;
  options.scene = request.scene;
  options.duration = request.duration;
  options.goal = request.goal;
  options.motor_overload = request.motor_overload;
  options.seed = request.seed;
  if (!request.lengths_in_file_unit) return options;
  if (auto& height = options.scene.floor.height_m) *height *= metres_per_unit;
  for (sim::Zone& zone : options.scene.zones) {
    zone.box_m = {metres_per_unit * zone.box_m.min, metres_per_unit * zone.box_m.max};
  }
  return options;
}

}  // namespace

SimulationSteps::SimulationSteps(SimulationServices services) : services_(std::move(services)) {
  if (services_.artifacts == nullptr)
    throw InvalidArgument("a simulation worker needs an artifact store");
  if (services_.work_folder.empty())
    throw InvalidArgument("a simulation worker needs a work folder");
  make_folders(services_.work_folder);
  std::error_code error;
  std::filesystem::permissions(services_.work_folder, std::filesystem::perms::owner_all, error);
  if (error) throw IoError(fmt::format("{}: {}", services_.work_folder, error.message()));
  ScratchFolder::sweep(scratch_root(services_), services_.log);
}

std::string SimulationSteps::folder_of(const ActivityContext& ctx) const {
  const ActivityInfo& info = ctx.info();
  // A workflow may have several of those at a time.
  const bool alone = info.activity_type == run_simulation.name;
  return services_.work_folder + "/" + (alone ? run_in_activity(info) : info.workflow_run_id);
}

// Fetched once for all: neither attempts nor ranges need a server then.
std::shared_ptr<const sim::Model> SimulationSteps::model_of(const ActivityContext& ctx,
                                                            const Artifact& mjcf) const {
  const HeartbeatTicker alive(ctx);
  FileArtifactStore local = made(ctx);
  const std::optional<std::string> path = local.whole_file(mjcf);
  const Bytes bundle = path ? read_file(*path) : services_.artifacts->get(mjcf);
  if (!path) (void)local.put(mjcf.name, bundle);
  return sim::Model::compile(sim::decode_mjcf_bundle(bundle));
}

ImportedGeometry SimulationSteps::import(const ActivityContext& ctx,
                                         const SimulationRequest& request) const {
  const HeartbeatTicker alive(ctx);
  report({.stage = sim::StageProgress::Stage::Build});
  ObtainedGeometry obtained = obtain_geometry(ctx, request, services_);
  ImportedGeometry imported{.is_mjcf = obtained.format == sim::FileFormat::Mjcf,
                            .problems = std::move(obtained.problems)};
  if (!imported.problems.empty()) return imported;
  sim::ImportOptions options = services_.import;
  options.stop = ctx.stop_token();
  if (!obtained.unit.empty()) options.unit = parse_length_unit(obtained.unit);
  if (imported.is_mjcf) {
    sim::MjcfInput input =
        sim::import_mjcf(sim::decode_mjcf_bundle(obtained.bytes), request.name, options);
    imported.input_sha256 = sha256_hex(as_bytes(input.source.xml));
    imported.problems = std::move(input.problems);
    imported.content = obtained.stored ? *obtained.stored
                                       : services_.artifacts->put("model.dsmjcf", obtained.bytes);
    return imported;
  }
  sim::SceneInput input = sim::import_scene(obtained.bytes, obtained.format, request.name, options);
  imported.input_sha256 = obtained.stored ? obtained.stored->sha256 : sha256_hex(obtained.bytes);
  imported.problems = std::move(input.problems);
  if (imported.problems.empty())
    imported.content = services_.artifacts->put("scene.dsgeo", geometry::encode_scene(input.scene));
  return imported;
}

CompiledScene SimulationSteps::compile(const ActivityContext& ctx, const SimulationRequest& request,
                                       const ImportedGeometry& geometry) const {
  const HeartbeatTicker alive(ctx);
  sim::RunPlan plan;
  double metres_per_unit = 1;
  if (geometry.is_mjcf) {
    sim::MjcfInput input{
        .name = request.name, .input_sha256 = geometry.input_sha256, .problems = geometry.problems};
    if (input.problems.empty())
      input.source = sim::decode_mjcf_bundle(services_.artifacts->get(geometry.content));
    plan = sim::plan_run(input, options_of(request, 1));
  } else {
    sim::Assembly assembly(request.name);
    if (geometry.problems.empty()) {
      assembly = sim::Assembly::from_scene(
          geometry::decode_scene(services_.artifacts->get(geometry.content),
                                 services_.import.limits),
          request.name, material_of(request.geometry));
    }
    for (const geometry::Problem& problem : geometry.problems) assembly.add_problem(problem);
    assembly.set_input_sha256(geometry.input_sha256);
    metres_per_unit = assembly.metres_per_unit();
    plan = sim::plan_run(assembly, options_of(request, metres_per_unit));
  }
  CompiledScene scene{.name = plan.name,
                      .loop = std::move(plan.loop),
                      .metres_per_unit = metres_per_unit,
                      .result = std::move(plan.result)};
  if (plan.model)
    scene.mjcf = services_.artifacts->put("scene.dsmjcf", sim::encode_mjcf_bundle(plan.source));
  return scene;
}

Stepped SimulationSteps::step(const ActivityContext& ctx, const SteppingTask& task) const {
  return counted_attempt(folder_of(ctx),
                         [&](RunFolder& folder) { return step_in(folder, ctx, task); });
}

Stepped SimulationSteps::step_in(RunFolder& folder, const ActivityContext& ctx,
                                 const SteppingTask& task) const {
  ctx.throw_if_canceled();  // it may have waited for its disk until others have done its work
  const std::shared_ptr<const sim::Model> model = model_of(ctx, task.mjcf);
  sim::LoopOptions options = task.loop;
  options.clock = services_.clock;
  const bool recorded = std::filesystem::exists(folder.trajectory());
  DurableLoop durable(folder, model, std::move(options), task.frames_per_second, services_.log);
  const std::shared_ptr<RunProgress> counts = progress_->of(ctx.info().workflow_run_id);
  SteppingBeat said;
  const auto beat = [&](const sim::Progress& progress,
                        const std::optional<RunFolder::Saved>& saved) {
    said = {.step = progress.step,
            .total_steps = progress.total_steps,
            .sim_time = progress.sim_time,
            .metrics = durable.loop().metrics()};
    if (saved) said.checkpoint_step = saved->step;
    ctx.heartbeat(said);
    counts->set_steps({progress.step, progress.total_steps});
    report({.stage = sim::StageProgress::Stage::Simulate,
            .done = progress.step,
            .total = progress.total_steps,
            .loop = progress});
  };
  if (!durable.run(ctx.stop_token(), beat)) {
    throw CancelledError(
        fmt::format("the simulation was stopped at step {}", durable.loop().step_count()));
  }
  const sim::SimulationLoop& loop = durable.loop();
  // An attempt records before its first heartbeat.
  const bool lost = !recorded && !ctx.last_heartbeat().empty();
  const HeartbeatTicker alive(ctx, to_payloads(said));
  return {.verdict = loop.verdict().value_or(sim::Verdict{}),
          .metrics = loop.metrics(),
          .final_state_hash = loop.final_state_hash(),
          .warnings = loop.warnings(),
          .trajectory = keep(ctx, "trajectory.dstraj", folder.trajectory()),
          .resumed_from_step = durable.resumed_from_step(),
          .attempts = ctx.info().attempt,
          .restarted_because =
              lost ? "the folder of its checkpoints is gone" : durable.restarted_because()};
}

SimulationResult SimulationSteps::publish(const ActivityContext& ctx,
                                          const PublishTask& task) const {
  SimulationResult result = counted_attempt(folder_of(ctx), [&](const RunFolder&) {
    const HeartbeatTicker alive(ctx);
    return result_of(task);
  });
  ctx.throw_if_canceled();
  discard(ctx);
  return result;
}

SimulationResult SimulationSteps::result_of(const PublishTask& task) const {
  SimulationResult result;
  static_cast<sim::SimulationResult&>(result) = task.scene.result;
  if (task.scene.mjcf) result.artifacts["mjcf"] = *task.scene.mjcf;
  if (const auto& stepped = task.stepped) {
    result.verdict = stepped->verdict;
    result.metrics = stepped->metrics;
    result.final_state_hash = stepped->final_state_hash;
    result.warnings = stepped->warnings;
    result.resumed_from_step = stepped->resumed_from_step;
    result.attempts = stepped->attempts;
    result.restarted_because = stepped->restarted_because;
  }
  if (task.trajectory) result.artifacts["trajectory"] = *task.trajectory;
  if (const auto& rendered = task.rendered) {
    result.artifacts.insert(rendered->files.begin(), rendered->files.end());
    result.missing = rendered->missing;
    result.provenance.versions.insert(rendered->versions.begin(), rendered->versions.end());
  }
  for (const auto& [name, artifact] : result.artifacts)
    result.artifact_urls[name] = services_.artifacts->url(artifact);
  if (result.artifacts.contains("video")) {
    result.video_url = result.artifact_urls["video"];
  } else if (!result.missing.contains("video")) {
    result.missing["video"] = task.stepped ? "not asked for" : "no step was simulated";
  }
  result.report = sim::to_markdown(result, task.scene.name);
  result.artifacts["report"] = services_.artifacts->put("report.md", as_bytes(result.report));
  result.artifact_urls["report"] = services_.artifacts->url(result.artifacts["report"]);
  return result;
}

void SimulationSteps::discard(const ActivityContext& ctx) const {
  RunFolder::remove(folder_of(ctx));
}

SimulationResult SimulationSteps::run(const ActivityContext& ctx,
                                      const SimulationRequest& request) const {
  ActivityTrace trace(services_, ctx, request.name);
  PublishTask task{.scene = {.name = request.name}};
  try {
    SimulationResult result = run_steps(ctx, request, task, trace);
    if (const std::string missing = trace.complete(result); !missing.empty())
      result.missing["trace"] = missing;
    return result;
  } catch (const std::exception&) {
    trace.fail(task);
    throw;
  }
}

SimulationResult SimulationSteps::run_steps(const ActivityContext& ctx,
                                            const SimulationRequest& request, PublishTask& task,
                                            ActivityTrace& trace) const {
  const ImportedGeometry geometry =
      trace.step(import_geometry.name, [&] { return import(ctx, request); });
  task.scene = trace.step(compile_mjcf.name, [&] { return compile(ctx, request, geometry); });
  if (task.scene.mjcf) {
    task.stepped = trace.step(step_simulation.name, [&] {
      return step(ctx, {*task.scene.mjcf, task.scene.loop, request.video_format.fps});
    });
    const Artifact& trajectory = task.stepped->trajectory;
    task.trajectory = trace.step(upload_files.name, [&] {
      upload_all(ctx, {{trajectory}});
      return trajectory;
    });
    if (request.video) {
      Rendered rendered = trace.step("render", [&] {
        return render(ctx, {*task.scene.mjcf, trajectory, request.video_format});
      });
      task.rendered = trace.step(upload_files.name, [&] {
        upload_all(ctx, {files_of(rendered)});
        return std::move(rendered);
      });
    }
  }
  return trace.step(publish_result.name, [&] { return publish(ctx, task); });
}

}  // namespace durasim::inline v0::pipeline
