// Every check of an assembly that needs no MuJoCo. All problems are collected, none stops the
// others.
#include "durasim/geometry/mesh.hpp"

#include "core/utf8.hpp"
#include "sim/scene_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

using geometry::Box;
using geometry::ProblemCode;
using geometry::Quat;
using geometry::Vec3;

constexpr double kLargest_m = 20.0;
constexpr double kSmallest_m = 1e-4;
constexpr double kHeaviest_kg = 1e5;
// MuJoCo rejects eigenvalues of the inertia up to 1e-15 kg m2 with a misleading text; twice that is
// safe.
constexpr double kSmallestInertia_kg_m2 = 2e-15;

bool inside(const Box& outer, const Box& inner) {
  return outer.contains(inner.min) && outer.contains(inner.max);
}

bool overlap(const Box& a, const Box& b) {
  return a.min.x < b.max.x && b.min.x < a.max.x && a.min.y < b.max.y && b.min.y < a.max.y &&
         a.min.z < b.max.z && b.min.z < a.max.z;
}

// XML and JSON take no other names.
bool is_printable(const std::string& name) {
  return is_utf8(name) && std::all_of(name.begin(), name.end(),
                                      [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
}

void check_names(ScenePlan& plan) {
  std::set<std::string> seen;
  for (const PlannedPart& p : plan.parts) {
    const std::string& name = p.part->name;
    if (name.empty() || !is_printable(name)) {
      plan.error(name, ProblemCode::ReservedName,
                 "a part needs a name of printable characters; give it one");
    } else if (is_reserved_name(name)) {
      plan.error(name, ProblemCode::ReservedName,
                 "this name is used by the scene itself (world, assembly, floor, zone_...); choose "
                 "another");
    }
    if (!seen.insert(name).second) {
      plan.error(name, ProblemCode::DuplicateName,
                 "another part has the same name; names given in code must be unique");
    }
  }
}

// The parts, by name, or by path as files have it, that have an error already.
using Reported = std::set<std::string, std::less<>>;

Reported reported_parts(const ScenePlan& plan) {
  Reported names;
  for (const geometry::Problem& p : plan.problems)
    if (p.severity == geometry::Severity::Error) names.insert(p.part);
  return names;
}

bool is_reported(const Reported& names, const Part& part) {
  const std::string_view path = without_number(part.path);
  return names.contains(part.name) || names.contains(path) ||
         names.contains(path.substr(path.rfind('/') + 1));
}

void check_indices(ScenePlan& plan, const Part& part) {
  auto problem = geometry::check_indices(part.geometry->mesh, part.name);
  for (const geometry::TriangleMesh& mesh : part.geometry->collision_meshes)
    if (!problem) problem = geometry::check_indices(mesh, part.name);
  if (problem) plan.problems.push_back(*std::move(problem));
}

// Dimensions of primitives and numbers of meshes. False when nothing more can be said about the
// part.
bool check_shape(ScenePlan& plan, const Part& part, const Reported& reported) {
  const auto& g = *part.geometry;
  if (g.primitive) {
    std::vector<double> sizes;
    if (const auto* b = std::get_if<geometry::BoxShape>(&g.primitive->shape)) {
      sizes = {b->half_extents_m.x, b->half_extents_m.y, b->half_extents_m.z};
    } else if (const auto* c = std::get_if<geometry::CylinderShape>(&g.primitive->shape)) {
      sizes = {c->radius_m, c->half_length_m};
    } else {
      sizes = {std::get<geometry::SphereShape>(g.primitive->shape).radius_m};
    }
    for (const double s : sizes) {
      if (!std::isfinite(s) || s < 0) {
        plan.error(part.name, ProblemCode::BadShape,
                   fmt::format("a dimension is {}; it must be positive and finite", s));
        return false;
      }
    }
    if (std::count(sizes.begin(), sizes.end(), 0.0) != 0) {
      plan.error(part.name, ProblemCode::ZeroVolume,
                 "a dimension is 0, so the part has no volume; give it a thickness");
      return false;
    }
  }
  const geometry::MassProperties& m = g.properties;
  if (!std::isfinite(m.volume_m3) || !is_finite(m.com_m)) {
    plan.error(part.name, ProblemCode::NotFinite,
               "the mass properties are not finite numbers; check the shape");
    return false;
  }
  if (m.volume_m3 > 0) return true;
  if (!is_reported(reported, part)) {
    plan.error(part.name, ProblemCode::ZeroVolume,
               fmt::format("its volume is {} m3; it must be positive", m.volume_m3));
  }
  return false;
}

bool check_material(ScenePlan& plan, const Part& part) {
  const Material& m = part.material;
  const bool density_ok = std::isfinite(m.density_kg_m3) && m.density_kg_m3 > 0;
  if (!density_ok) {
    plan.error(
        part.name, ProblemCode::BadMaterial,
        fmt::format("its density is {} kg/m3; it must be positive and finite", m.density_kg_m3));
  }
  if (!std::isfinite(m.friction) || m.friction < 0) {
    plan.error(part.name, ProblemCode::BadMaterial,
               fmt::format("its friction is {}; it must be finite and not negative", m.friction));
  }
  return density_ok;
}

void check_pose(ScenePlan& plan, const Part& part) {
  const Quat& q = part.pose.orientation;
  const double n2 = q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z;
  if (!is_finite(part.pose.position_m) || !std::isfinite(n2)) {
    plan.error(part.name, ProblemCode::NotFinite, "its pose is not finite; give it numbers");
  } else if (std::abs(n2 - 1) > 1e-6) {
    plan.error(part.name, ProblemCode::BadShape,
               fmt::format("its orientation is not a unit quaternion (length {:.6g}); normalise it",
                           std::sqrt(n2)));
  }
}

void check_mass(ScenePlan& plan, const PlannedPart& planned) {
  const Part& part = *planned.part;
  const auto& m = part.geometry->properties;
  const double density = part.material.density_kg_m3;
  const auto moments = geometry::eigenvalues(m.unit_inertia_m5);
  const bool moves_alone = !planned.fixed && !plan.options.rigid;
  if (moments[0] <= 0 || moments[0] + moments[1] < moments[2] * (1 - 1e-6)) {
    plan.error(part.name, ProblemCode::InertiaInvalid,
               "its inertia is impossible (a moment is not positive, or larger than the sum of the "
               "other two); "
               "check the shape for inside-out faces");
  } else if (moves_alone && moments[0] * density < kSmallestInertia_kg_m2) {
    plan.error(part.name, ProblemCode::PartTooSmall,
               fmt::format("its smallest moment of inertia is {:.3g} kg m2, and MuJoCo needs more "
                           "than 1e-15; check the unit of the input, let all parts move as one "
                           "(--rigid), or fix it",
                           moments[0] * density));
  }
  if (m.relative_error > 1e-6) {
    plan.warn(part.name, ProblemCode::PropertyError,
              fmt::format("its mass properties are exact to {:.1e} only", m.relative_error));
  }
  const double mass = m.volume_m3 * density;
  const Vec3 size = planned.bounds_m.size();
  const double largest = std::max({size.x, size.y, size.z});
  const std::string check_unit =
      "check the unit of the input (a model in millimetres read as metres is 1000 times too large)";
  if (largest > kLargest_m || largest < kSmallest_m) {
    plan.warn(part.name, ProblemCode::ImplausibleSize,
              fmt::format("it is {:.4g} m large; {}", largest, check_unit));
  }
  if (mass > kHeaviest_kg) {
    plan.warn(part.name, ProblemCode::ImplausibleMass,
              fmt::format("it weighs {:.4g} kg ({:.4g} t); {}", mass, mass / 1000, check_unit));
  }
}

// All parts as one body.
void check_rigid_mass(ScenePlan& plan) {
  const double smallest = geometry::eigenvalues(combined_inertial(plan).inertia_kg_m2)[0];
  if (smallest < kSmallestInertia_kg_m2) {
    plan.error(kRigidBody, ProblemCode::PartTooSmall,
               fmt::format("the smallest moment of inertia of all parts together is {:.3g} kg m2, "
                           "and MuJoCo needs more than 1e-15; check the unit of the input",
                           smallest));
  }
}

void check_zones(ScenePlan& plan) {
  std::set<std::string> seen;
  for (const Zone& z : plan.zones) {
    if (!is_printable(z.name) || !seen.insert(z.name).second) {
      plan.error(z.name, ProblemCode::BadZone,
                 "a zone needs a name of printable characters that no other zone has; it is shown "
                 "in verdicts");
    }
    if (!is_finite(z.box_m.min) || !is_finite(z.box_m.max) || z.box_m.empty()) {
      plan.error(z.name, ProblemCode::BadZone,
                 "the zone's corners are not finite, or the first is above the second");
      continue;
    }
    for (const Zone& other : plan.zones) {
      if (z.kind == ZoneKind::Goal && other.kind == ZoneKind::Forbid &&
          overlap(z.box_m, other.box_m)) {
        plan.error(
            z.name, ProblemCode::BadZone,
            fmt::format("the goal overlaps the forbidden zone \"{}\"; separate them", other.name));
      }
    }
    for (const PlannedPart& p : plan.parts) {
      if (p.fixed) continue;
      const bool start_ok = z.kind != ZoneKind::Start ||
                            z.box_m.contains(transform(p.pose, p.part->geometry->properties.com_m));
      if (!start_ok || (z.kind == ZoneKind::Build && !inside(z.box_m, p.bounds_m))) {
        plan.error(
            p.part->name, ProblemCode::BadZone,
            fmt::format("at the start it is not inside the zone \"{}\"; move the part or the zone",
                        z.name));
      }
    }
  }
}

void check_options(ScenePlan& plan) {
  const SceneOptions& o = plan.options;
  const auto bad = [&](std::string message) {
    plan.error("", ProblemCode::BadOption, std::move(message));
  };
  const auto positive = [&](std::optional<double> value, std::string_view name) {
    if (value && (!std::isfinite(*value) || *value <= 0))
      bad(fmt::format("{} is {}; it must be positive", name, *value));
  };
  positive(o.timestep_s, "timestep_s");
  positive(o.contact_time_constant_s, "contact_time_constant_s");
  positive(o.contact_width_m, "contact_width_m");
  if (o.floor.present && find_material(o.floor.material) == nullptr) {
    bad(fmt::format("unknown floor material \"{}\"", o.floor.material));
  }
  if (!std::isfinite(o.gravity_m_s2)) bad("gravity_m_s2 is not finite");
  if (o.floor.height_m && !std::isfinite(*o.floor.height_m))
    bad("the floor's height is not finite");
  if (o.max_hull_vertices < 4 || o.max_hull_vertices > 1000)
    bad("max_hull_vertices must be 4..1000");
  const std::set<std::string> integrators{"implicitfast", "implicit", "Euler", "RK4"};
  if (!integrators.contains(o.integrator))
    bad(fmt::format("unknown integrator \"{}\"", o.integrator));
  if (o.integrator == "RK4" && o.speculative_contacts) {
    bad("RK4 has no speculative contacts, and fast parts would pass through thin ones; choose "
        "implicitfast, or switch "
        "speculative_contacts off");
  }
  const auto fixed = [](const PlannedPart& p) { return p.fixed; };
  if (o.rigid && std::any_of(plan.parts.begin(), plan.parts.end(), fixed)) {
    bad("rigid moves all parts as one body, so none of them can be fixed; leave one of the two "
        "away");
  }
}

}  // namespace

bool is_reserved_name(std::string_view name) {
  return name == "world" || name == kRigidBody || name == kFloorGeom || name.starts_with("zone_");
}

void check_plan(ScenePlan& plan) {
  const Reported reported = reported_parts(plan);
  std::size_t shapes = 0;  // of those that are checked; they are in the order of their first use
  for (const PlannedPart& planned : plan.parts) {
    if (planned.shape == shapes) {
      check_indices(plan, *planned.part);
      ++shapes;
    }
    check_pose(plan, *planned.part);
    const bool material_ok = check_material(plan, *planned.part);
    if (check_shape(plan, *planned.part, reported) && material_ok) check_mass(plan, planned);
  }
  if (plan.options.rigid && !plan.parts.empty() && !plan.has_errors()) check_rigid_mass(plan);
  check_names(plan);
  check_zones(plan);
  check_options(plan);
  if (plan.parts.empty() && !plan.has_errors()) {
    plan.error("", ProblemCode::EmptyAssembly,
               "there is no part to simulate; the file holds no solid");
  }
}

}  // namespace durasim::inline v0::sim
