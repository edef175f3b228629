// From an assembly or MJCF to a plan: the scene is built and compiled, bad geometry becomes the
// verdict.
#include "durasim/sim/run_plan.hpp"

#include "durasim/core/error.hpp"
#include "durasim/sim/checkpoint.hpp"
#include "durasim/sim/mjcf_builder.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

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

RunPlan plan_run(const Assembly& assembly, const SimulateOptions& options) {
  BuiltScene scene = MjcfBuilder(options.scene).build(assembly);
  RunPlan plan{.name = assembly.name()};
  plan.result.provenance = make_provenance(options, assembly.input_sha256());
  plan.result.problems = scene.problems;
  plan.result.parts = scene.parts;
  plan.result.notes = scene.notes;
  for (const geometry::Problem& p : scene.problems) {
    if (p.severity == geometry::Severity::Warning) options.log.warning(describe(p));
  }
  if (!scene.ok()) {
    plan.result.verdict = geometry_verdict(scene.problems);
    return plan;
  }
  plan.loop = loop_options(options, std::move(scene.zones));
  plan.loop.goal.target = target_body(assembly, scene, options.goal.target);
  plan.model = Model::compile(scene.source);
  plan.source = std::move(scene.source);
  plan.result.provenance.mjcf_sha256 = plan.model->sha256();
  return plan;
}

RunPlan plan_run(const MjcfInput& input, const SimulateOptions& options) {
  RunPlan plan{.name = input.name};
  plan.result.provenance = make_provenance(options, input.input_sha256);
  plan.result.problems = input.problems;
  if (!geometry::has_errors(plan.result.problems)) {
    try {
      plan.model = Model::compile(input.source);
      plan.source = input.source;
      plan.loop = loop_options(options, options.scene.zones);
      plan.result.provenance.mjcf_sha256 = plan.model->sha256();
      return plan;
    } catch (const ModelError& error) {
      plan.result.problems.push_back({geometry::Severity::Error, input.name,
                                      geometry::ProblemCode::ModelRejected, error.what()});
    }
  }
  plan.result.verdict = geometry_verdict(plan.result.problems);
  return plan;
}

}  // namespace durasim::inline v0::sim
