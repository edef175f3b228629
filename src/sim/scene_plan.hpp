// What the builder has decided before it writes text: placed parts, collision geometry, contact
// numbers, friction pairs, exclusions. Filled step by step by the functions below, in their order.
#pragma once

#include "durasim/geometry/problem.hpp"
#include "durasim/sim/assembly.hpp"
#include "durasim/sim/mjcf_builder.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {

// How a distinct PartGeometry touches others.
struct CollisionGeometry {
  std::string how;                            // PartReport::collision
  std::vector<geometry::TriangleMesh> hulls;  // convex, capped; empty for a primitive
  double volume_ratio = 1;
};

struct PlannedPart {
  const Part* part = nullptr;
  geometry::Pose pose;  // in the world of the scene
  bool fixed = false;
  std::size_t shape = 0;   // index into ScenePlan::shapes
  geometry::Box bounds_m;  // in the world
  double smallest_m = 0;   // smallest edge of the part's own box
};

struct ContactNumbers {
  double timestep_s = 0;
  double time_constant_s = 0;  // solref[0]
  double width_m = 0;          // solimp[2]
};

struct FrictionPair {
  std::string geom1, geom2;
  double friction = 0;
};

struct ScenePlan {
  std::string name;
  SceneOptions options;
  std::vector<PlannedPart> parts;
  std::vector<std::shared_ptr<const PartGeometry>> shapes;  // distinct ones, in order of first use
  std::vector<CollisionGeometry> collision;                 // per shape
  std::vector<Zone> zones;                                  // in the world
  geometry::Box bounds_m;                                   // of all parts
  double floor_m = 0;
  Material floor_material;
  ContactNumbers contact;
  std::vector<std::pair<std::size_t, std::size_t>> excluded;  // parts
  std::vector<FrictionPair> friction_pairs;
  bool friction_by_priority = false;
  std::vector<geometry::Problem> problems;
  std::vector<std::string> notes;

  void error(const std::string& part, geometry::ProblemCode code, std::string message);
  void warn(const std::string& part, geometry::ProblemCode code, std::string message);
  [[nodiscard]] bool has_errors() const { return geometry::has_errors(problems); }
};

inline constexpr const char* kRigidBody = "assembly";
inline constexpr const char* kFloorGeom = "floor";

struct Inertial {
  double mass_kg = 0;
  geometry::Vec3 com_m;
  geometry::SymMat3 inertia_kg_m2;  // about com_m
};

// All parts as one body, in the world's frame.
Inertial combined_inertial(const ScenePlan& plan);

// "/frame/screw" of "/frame/screw#2": what the instances of one path have in common.
std::string_view without_number(std::string_view path);

// Names that the scene uses itself.
bool is_reserved_name(std::string_view name);

// Names of the geoms of one part that collide: the part's name, with ":2", ":3" for more than one.
std::vector<std::string> collision_geom_names(const ScenePlan& plan, std::size_t part);

// Places parts and zones in the world (up becomes +z) and checks all that can be known without
// MuJoCo.
ScenePlan plan_scene(const Assembly& assembly, const SceneOptions& options);
// Appends every problem of the plan's parts, zones and options that can be seen without MuJoCo.
void check_plan(ScenePlan& plan);
// Time step and contact numbers by the size of the parts, with the reasons as notes.
void choose_contact_numbers(ScenePlan& plan);
// Primitives, given meshes or hulls per shape; overlaps at the start. Compiles the scene once in
// MuJoCo.
void decide_collision(ScenePlan& plan);
// Friction per pair of parts, as <pair> elements or by priority.
void decide_friction(ScenePlan& plan);
// The text and mesh files of a plan without errors.
MjcfSource write_mjcf(const ScenePlan& plan);
// Only what touches: the scene that decide_collision compiles.
MjcfSource write_collision_mjcf(const ScenePlan& plan);

}  // namespace durasim::inline v0::sim
