// The whole way in one process: build, run, render, report. Each stage is a function; files appear
// whole.
#include "durasim/sim/simulate_local.hpp"

#include "durasim/core/error.hpp"
#include "durasim/sim/checkpoint.hpp"

#include "sim/artifacts.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

void report_progress(const SimulateOptions& options, const StageProgress& progress) {
  if (options.progress) options.progress(progress);
}

Provenance make_provenance(const SimulateOptions& options, const std::string& input_sha256) {
  const Identity identity = current_identity();
  Provenance p{
      .input_sha256 = input_sha256, .seed = options.seed, .fingerprint = fingerprint(identity)};
  p.versions = {
      {"durasim", DURASIM_VERSION_STRING}, {"mujoco", identity.mujoco}, {"libc", identity.libc}};
  return p;
}

Verdict geometry_verdict(const std::vector<geometry::Problem>& problems) {
  Verdict verdict{.outcome = Outcome::Fail, .code = ReasonCode::InvalidGeometry};
  for (const geometry::Problem& p : problems) {
    if (p.severity != geometry::Severity::Error) continue;
    verdict.detail += (verdict.detail.empty() ? "" : "; ") + describe(p);
  }
  return verdict;
}

// One run of one scene, from a compiled source to the files of the output folder.
class Run {
 public:
  Run(const SimulateOptions& options, std::string name, SimulationResult& result)
      : options_(options), name_(std::move(name)), result_(result), artifacts_(options, result) {}

  void simulate(const MjcfSource& source, LoopOptions loop_options) {
    model_ = Model::compile(source);
    result_.provenance.mjcf_sha256 = model_->sha256();
    artifacts_.start_trajectory(*model_);
    SimulationLoop loop(model_, std::move(loop_options));
    loop.set_controller(options_.controller);
    loop.attach(artifacts_.trajectory());
    const auto verdict = loop.run(options_.stop, [&](const Progress& progress) {
      report_progress(options_, {.stage = StageProgress::Stage::Simulate,
                                 .done = progress.step,
                                 .total = progress.total_steps,
                                 .loop = progress});
    });
    if (!verdict)
      throw CancelledError(
          fmt::format("the simulation was cancelled at step {}", loop.step_count()));
    result_.verdict = *verdict;
    result_.metrics = loop.metrics();
    result_.final_state_hash = loop.final_state_hash();
    result_.warnings = loop.warnings();
    loop.attach(nullptr);
    artifacts_.finish_trajectory();
    artifacts_.write_scene(source);
    artifacts_.render(model_);
  }

  void finish() { artifacts_.write_report(name_); }

 private:
  const SimulateOptions& options_;
  std::string name_;
  SimulationResult& result_;
  Artifacts artifacts_;
  std::shared_ptr<const Model> model_;
};

LoopOptions loop_options(const SimulateOptions& options, std::vector<Zone> zones) {
  LoopOptions loop;
  loop.duration = options.duration;
  loop.zones = std::move(zones);
  loop.goal = options.goal;
  loop.motor_overload = options.motor_overload;
  loop.seed = options.seed;
  loop.clock = options.clock;
  return loop;
}

// The body that carries the part with the goal.
std::string target_body(const Assembly& assembly, const BuiltScene& scene,
                        const std::string& target) {
  if (target.empty()) return {};
  const Part& part = assembly.part(target);
  for (const PartReport& report : scene.parts) {
    if (report.name == part.name && report.fixed) {
      throw InvalidArgument(fmt::format(
          "the target \"{}\" is fixed and can never reach a goal; choose a free part", target));
    }
  }
  return scene.rigid_body.empty() ? part.name : scene.rigid_body;
}

}  // namespace

SimulationResult simulate_local(const Assembly& assembly, const SimulateOptions& options) {
  report_progress(options, {.stage = StageProgress::Stage::Build});
  BuiltScene scene = MjcfBuilder(options.scene).build(assembly);
  SimulationResult result;
  result.provenance = make_provenance(options, assembly.input_sha256());
  result.problems = scene.problems;
  result.parts = scene.parts;
  result.notes = scene.notes;
  for (const geometry::Problem& p : scene.problems) {
    if (p.severity == geometry::Severity::Warning) options.log.warning(describe(p));
  }
  Run run(options, assembly.name(), result);
  if (scene.ok()) {
    LoopOptions loop = loop_options(options, std::move(scene.zones));
    loop.goal.target = target_body(assembly, scene, options.goal.target);
    run.simulate(scene.source, std::move(loop));
  } else {
    result.verdict = geometry_verdict(scene.problems);
  }
  run.finish();
  return result;
}

SimulationResult simulate_local(const MjcfInput& input, const SimulateOptions& options) {
  SimulationResult result;
  result.provenance = make_provenance(options, input.input_sha256);
  result.problems = input.problems;
  Run run(options, input.name, result);
  if (!geometry::has_errors(result.problems)) {
    try {
      run.simulate(input.source, loop_options(options, options.scene.zones));
    } catch (const ModelError& error) {
      result.problems.push_back({geometry::Severity::Error, input.name,
                                 geometry::ProblemCode::ModelRejected, error.what()});
    }
  }
  if (geometry::has_errors(result.problems)) result.verdict = geometry_verdict(result.problems);
  run.finish();
  return result;
}

}  // namespace durasim::inline v0::sim
