// Placing the parts in the world, and every check that needs no MuJoCo. All problems are collected.
#include "sim/scene_plan.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace durasim::inline v0::sim {
namespace {

using geometry::Box;
using geometry::Pose;
using geometry::ProblemCode;
using geometry::Quat;
using geometry::Vec3;

// The turn that makes the input's up axis +z.
Quat turn_up(Axis up) {
  const double h = std::sqrt(0.5);
  if (up == Axis::Y) return {h, h, 0, 0};   // (x, y, z) -> (x, -z, y)
  if (up == Axis::X) return {h, 0, -h, 0};  // (x, y, z) -> (-z, y, x)
  return {};
}

// The same turn of a box, without rounding.
Box turn_up(Axis up, const Box& b) {
  if (up == Axis::Y) return {{b.min.x, -b.max.z, b.min.y}, {b.max.x, -b.min.z, b.max.y}};
  if (up == Axis::X) return {{-b.max.z, b.min.y, b.min.x}, {-b.min.z, b.max.y, b.max.x}};
  return b;
}

Box own_bounds(const PartGeometry& g) {
  return g.primitive ? geometry::bounding_box(*g.primitive) : geometry::bounding_box(g.mesh);
}

Box world_bounds(const PartGeometry& g, const Pose& pose) {
  if (g.primitive) {
    return geometry::bounding_box(
        geometry::Primitive{g.primitive->shape, pose * g.primitive->pose});
  }
  Box box;
  for (const Vec3& v : g.mesh.vertices_m) box = geometry::include(box, transform(pose, v));
  return box;
}

}  // namespace

void ScenePlan::error(const std::string& part, ProblemCode code, std::string message) {
  problems.push_back({geometry::Severity::Error, part, code, std::move(message)});
}

void ScenePlan::warn(const std::string& part, ProblemCode code, std::string message) {
  problems.push_back({geometry::Severity::Warning, part, code, std::move(message)});
}

std::vector<std::string> collision_geom_names(const ScenePlan& plan, std::size_t part) {
  const std::string& name = plan.parts[part].part->name;
  std::vector<std::string> names{name};
  for (std::size_t k = 1; k < plan.collision[plan.parts[part].shape].hulls.size(); ++k) {
    names.push_back(fmt::format("{}:{}", name, k + 1));
  }
  return names;
}

ScenePlan plan_scene(const Assembly& assembly, const SceneOptions& options) {
  ScenePlan plan;
  plan.name = assembly.name();
  plan.options = options;
  plan.problems.assign(assembly.problems().begin(), assembly.problems().end());
  for (const auto zones : {assembly.zones(), std::span<const Zone>(options.zones)}) {
    for (Zone zone : zones) {
      zone.box_m = turn_up(options.up, zone.box_m);
      plan.zones.push_back(std::move(zone));
    }
  }
  std::set<const Part*> fixed;
  for (const std::string& name : options.fixed) {
    for (const Part* part : assembly.select(name)) fixed.insert(part);
  }
  std::map<const PartGeometry*, std::size_t> shape_index;
  const Pose turn{{}, turn_up(options.up)};
  for (const Part& part : assembly.parts()) {
    PlannedPart planned{.part = &part,
                        .pose = options.up == Axis::Z ? part.pose : turn * part.pose};
    planned.fixed = part.mobility == Mobility::Fixed || fixed.contains(&part);
    const auto [it, added] = shape_index.emplace(part.geometry.get(), plan.shapes.size());
    if (added) plan.shapes.push_back(part.geometry);
    planned.shape = it->second;
    const Vec3 own = own_bounds(*part.geometry).size();
    planned.smallest_m = std::min({own.x, own.y, own.z});
    planned.bounds_m = world_bounds(*part.geometry, planned.pose);
    plan.bounds_m = geometry::include(geometry::include(plan.bounds_m, planned.bounds_m.min),
                                      planned.bounds_m.max);
    plan.parts.push_back(planned);
  }
  plan.floor_m = options.floor.height_m.value_or(plan.bounds_m.min.z);
  if (const Material* floor = find_material(options.floor.material)) plan.floor_material = *floor;
  check_plan(plan);
  return plan;
}

void choose_contact_numbers(ScenePlan& plan) {
  double smallest = 0;
  std::string which;
  for (const PlannedPart& p : plan.parts) {
    if (!p.fixed && (which.empty() || p.smallest_m < smallest)) {
      smallest = p.smallest_m;
      which = p.part->name;
    }
  }
  const SceneOptions& o = plan.options;
  ContactNumbers& c = plan.contact;
  const double size = which.empty() ? 0.01 : smallest;
  const std::string of = which.empty() ? "no part is free"
                                       : fmt::format("smallest free part \"{}\" is {:.4g} mm thick",
                                                     which, 1e3 * size);
  const auto note = [&](std::string_view what, double value, std::string_view unit, bool given,
                        std::string_view why) {
    plan.notes.push_back(
        fmt::format("{} {:.6g} {}: {}", what, value, unit, given ? "as asked" : why));
  };
  c.timestep_s = o.timestep_s.value_or(std::clamp(0.002 * std::sqrt(size / 0.01), 0.0002, 0.002));
  note("timestep", c.timestep_s, "s", o.timestep_s.has_value(),
       fmt::format("{}; 2 ms x sqrt(size / 10 mm), within 0.2..2 ms", of));
  c.time_constant_s = o.contact_time_constant_s.value_or(std::max(0.004, 2 * c.timestep_s));
  note("contact time constant (solref)", c.time_constant_s, "s",
       o.contact_time_constant_s.has_value(),
       "max(4 ms, 2 time steps); MuJoCo's 20 ms lets a ball through a plate");
  c.width_m = o.contact_width_m.value_or(std::min(0.001, size / 10));
  note("contact width (solimp)", 1e3 * c.width_m, "mm", o.contact_width_m.has_value(),
       "at most a tenth of the smallest free part");
  if (c.time_constant_s < 2 * c.timestep_s) {
    plan.error(
        "", ProblemCode::BadOption,
        fmt::format("contact_time_constant_s {} is below two time steps of {} s, which is unstable",
                    c.time_constant_s, c.timestep_s));
  }
  plan.notes.push_back(
      fmt::format("gravity {:.6g} m/s2 along -z; integrator {}; cone elliptic; impratio 10; "
                  "speculative contacts {}",
                  o.gravity_m_s2, o.integrator, o.speculative_contacts ? "on" : "off"));
  if (o.floor.present) {
    plan.notes.push_back(
        fmt::format("floor at {:.6g} m of {}: {}", plan.floor_m, plan.floor_material.name,
                    o.floor.height_m ? "as asked" : "the lowest point of all parts"));
  }
}

}  // namespace durasim::inline v0::sim
