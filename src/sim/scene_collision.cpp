// Collision geometry and overlaps at the start. The hulls are MuJoCo's own, read back from one
// compilation of the scene, so that the reported volume ratio is that of the geometry which really
// collides.
#include "durasim/geometry/mesh.hpp"

#include "sim/arrays.hpp"
#include "sim/mujoco_guard.hpp"
#include "sim/scene_plan.hpp"

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace durasim::inline v0::sim {
namespace {

using geometry::ProblemCode;
using geometry::TriangleMesh;
using geometry::Vec3;

constexpr double kConcaveRatio = 1.05;

std::string primitive_name(const geometry::PrimitiveShape& shape) {
  if (std::holds_alternative<geometry::BoxShape>(shape)) return "box";
  return std::holds_alternative<geometry::CylinderShape>(shape) ? "cylinder" : "sphere";
}

// The convex hull that MuJoCo made of mesh `id`, in the coordinates of the mesh file.
TriangleMesh read_hull(const mjModel* m, int id) {
  TriangleMesh hull;
  const int graph = m->mesh_graphadr[id];
  if (graph < 0) return hull;
  const int vertices = m->mesh_graph[graph];
  const int faces = m->mesh_graph[graph + 1];
  // Layout (mjmodel.h): numvert, numface, vert_edgeadr[numvert], vert_globalid[numvert],
  // edge_localid[numvert + 3 numface], face_globalid[3 numface].
  const int* global = m->mesh_graph + graph + 2 + vertices;
  const int* face = global + vertices + vertices + at(faces, 3);
  std::map<int, std::uint32_t> local;
  const mjtNum* q = m->mesh_quat + at(id, 4);
  const mjtNum* p = m->mesh_pos + at(id, 3);
  const geometry::Pose to_file{{p[0], p[1], p[2]}, {q[0], q[1], q[2], q[3]}};
  for (int i = 0; i < vertices; ++i) {
    local.emplace(global[i], static_cast<std::uint32_t>(i));
    const float* v = m->mesh_vert + at(m->mesh_vertadr[id] + global[i], 3);
    hull.vertices_m.push_back(transform(to_file, Vec3{v[0], v[1], v[2]}));
  }
  for (int i = 0; i < faces; ++i) {
    const int* corner = face + at(i, 3);
    hull.triangles.push_back({local.at(corner[0]), local.at(corner[1]), local.at(corner[2])});
  }
  return hull;
}

// What each shape collides as before MuJoCo is asked: whole meshes stand for their hulls.
void choose_kinds(ScenePlan& plan) {
  for (const auto& shape : plan.shapes) {
    CollisionGeometry c;
    if (!shape->collision_meshes.empty()) {
      c.how = "given";
      c.hulls = shape->collision_meshes;
    } else if (const auto& primitive = shape->primitive) {
      c.how = primitive_name(primitive->shape);
    } else {
      c.how = "hull";
      c.hulls = {shape->mesh};
    }
    plan.collision.push_back(std::move(c));
  }
}

void read_hulls(ScenePlan& plan, const mjModel* m) {
  for (std::size_t s = 0; s < plan.shapes.size(); ++s) {
    CollisionGeometry& c = plan.collision[s];
    double volume = 0;
    for (std::size_t k = 0; k < c.hulls.size(); ++k) {
      const int id = mj_name2id(m, mjOBJ_MESH, fmt::format("hull{}_{}", s, k).c_str());
      TriangleMesh hull = id < 0 ? TriangleMesh{} : read_hull(m, id);
      if (!hull.triangles.empty()) c.hulls[k] = std::move(hull);
      volume += std::abs(geometry::mass_properties(c.hulls[k]).volume_m3);
    }
    if (!c.hulls.empty()) c.volume_ratio = volume / plan.shapes[s]->properties.volume_m3;
  }
}

void report_concave(ScenePlan& plan) {
  for (const PlannedPart& p : plan.parts) {
    const CollisionGeometry& c = plan.collision[p.shape];
    if (c.volume_ratio <= kConcaveRatio) continue;
    std::string message = fmt::format(
        "it is concave, but collides as {} of {:.3g} times its volume: holes and hollows are "
        "filled; give convex "
        "collision meshes for it",
        c.how == "given" ? "given meshes" : "its convex hull", c.volume_ratio);
    if (plan.options.require_exact_collision) {
      plan.error(p.part->name, ProblemCode::ConcaveAsHull,
                 message + ", or allow the hull (no --require-exact-collision)");
    } else {
      plan.warn(p.part->name, ProblemCode::ConcaveAsHull, message);
    }
  }
}

// Deepest contact per pair of bodies in the start pose; body 0 is the world with the floor.
std::map<std::pair<int, int>, double> start_depths(const mjModel* m) {
  const std::unique_ptr<mjData, void (*)(mjData*)> d(mj_makeData(m), mj_deleteData);
  mj_kinematics(m, d.get());
  mj_comPos(m, d.get());
  mj_collision(m, d.get());
  std::map<std::pair<int, int>, double> depths;
  for (int i = 0; i < d->ncon; ++i) {
    const mjContact& contact = d->contact[i];
    const int b1 = m->geom_bodyid[contact.geom[0]];
    const int b2 = m->geom_bodyid[contact.geom[1]];
    double& depth = depths[{std::min(b1, b2), std::max(b1, b2)}];
    depth = std::max(depth, -contact.dist);
  }
  return depths;
}

void report_overlap(ScenePlan& plan, std::size_t a, std::size_t b, double depth) {
  const std::string& first = plan.parts[a].part->name;
  const std::string message = fmt::format("at the start it overlaps \"{}\" by {:.3g} mm",
                                          plan.parts[b].part->name, 1e3 * depth);
  switch (plan.options.overlap) {
    case OverlapPolicy::Exclude:
      plan.excluded.emplace_back(a, b);
      plan.warn(
          first, ProblemCode::OverlapAtStart,
          message +
              "; the two do not touch each other in this run (--overlap keep|error changes that)");
      return;
    case OverlapPolicy::Keep:
      plan.warn(first, ProblemCode::OverlapAtStart, message + "; the contact will push them apart");
      return;
    case OverlapPolicy::Error:
      plan.error(first, ProblemCode::OverlapAtStart,
                 message + "; move one of them, or allow it with --overlap exclude|keep");
      return;
  }
}

void find_overlaps(ScenePlan& plan, const mjModel* m) {
  for (const auto& [bodies, depth] : start_depths(m)) {
    // Touching is no overlap: a thousandth of the smaller part, between 0.1 um and 0.1 mm.
    const auto tolerance = [&](std::size_t part) {
      return std::clamp(1e-3 * plan.parts[part].smallest_m, 1e-7, 1e-4);
    };
    const auto second = static_cast<std::size_t>(bodies.second - 1);
    if (bodies.first == 0) {
      const double allowed = plan.options.rigid ? 1e-4 : tolerance(second);
      if (depth > allowed) {
        plan.warn(plan.options.rigid ? kRigidBody : plan.parts[second].part->name,
                  ProblemCode::OverlapAtStart,
                  fmt::format("at the start it stands {:.3g} mm deep in the floor and will be "
                              "pushed out; lower the floor",
                              1e3 * depth));
      }
      continue;
    }
    const auto first = static_cast<std::size_t>(bodies.first - 1);
    if (depth > std::min(tolerance(first), tolerance(second)))
      report_overlap(plan, first, second, depth);
  }
}

}  // namespace

void decide_collision(ScenePlan& plan) {
  choose_kinds(plan);
  std::shared_ptr<const Model> model;
  try {
    model = Model::compile(write_collision_mjcf(plan));
    const MujocoCall guard;
    read_hulls(plan, model->get());
    report_concave(plan);
    find_overlaps(plan, model->get());
  } catch (const ModelError& error) {
    plan.error("", ProblemCode::ModelRejected,
               fmt::format("MuJoCo refused the collision geometry: {}", error.what()));
  } catch (const MujocoError& error) {
    plan.error("", ProblemCode::ModelRejected,
               fmt::format("MuJoCo failed on the collision geometry: {}", error.what()));
  }
}

}  // namespace durasim::inline v0::sim
