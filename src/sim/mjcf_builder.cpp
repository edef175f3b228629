// The builder: plan, decide, write, report.
#include "durasim/sim/mjcf_builder.hpp"

#include "sim/scene_plan.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

using WarningsByPart = std::map<std::string, std::vector<std::string>>;

WarningsByPart warnings_of(const ScenePlan& plan) {
  WarningsByPart warnings;
  for (const geometry::Problem& p : plan.problems) {
    if (p.severity == geometry::Severity::Warning)
      warnings[p.part].push_back(fmt::format("{}: {}", to_string(p.code), p.message));
  }
  return warnings;
}

PartReport report(const ScenePlan& plan, const PlannedPart& planned,
                  const WarningsByPart& warnings) {
  const Part& part = *planned.part;
  const geometry::MassProperties& m = part.geometry->properties;
  PartReport r{
      .name = part.name, .path = part.path, .fixed = planned.fixed, .material = part.material.name};
  r.volume_m3 = m.volume_m3;
  r.mass_kg = m.volume_m3 * part.material.density_kg_m3;
  r.com_m = transform(planned.pose, m.com_m);
  r.inertia_kg_m2 =
      part.material.density_kg_m3 * rotate(planned.pose.orientation, m.unit_inertia_m5);
  r.property_error = m.relative_error;
  if (planned.shape < plan.collision.size()) {
    r.collision = plan.collision[planned.shape].how;
    r.collision_volume_ratio = plan.collision[planned.shape].volume_ratio;
  }
  if (const auto own = warnings.find(part.name); own != warnings.end()) r.warnings = own->second;
  return r;
}

}  // namespace

MjcfBuilder::MjcfBuilder(SceneOptions options) : options_(std::move(options)) {}

BuiltScene MjcfBuilder::build(const Assembly& assembly) const {
  ScenePlan plan = plan_scene(assembly, options_);
  if (!plan.has_errors()) choose_contact_numbers(plan);
  if (!plan.has_errors()) decide_collision(plan);
  if (!plan.has_errors()) decide_friction(plan);
  BuiltScene scene;
  if (!plan.has_errors()) scene.source = write_mjcf(plan);
  const WarningsByPart warnings = warnings_of(plan);
  for (const PlannedPart& p : plan.parts) scene.parts.push_back(report(plan, p, warnings));
  scene.timestep_s = plan.contact.timestep_s;
  if (options_.rigid) scene.rigid_body = kRigidBody;
  scene.problems = std::move(plan.problems);
  scene.zones = std::move(plan.zones);
  scene.notes = std::move(plan.notes);
  return scene;
}

}  // namespace durasim::inline v0::sim
