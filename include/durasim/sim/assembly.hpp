// What is simulated: parts with exact mass properties, materials and places, plus zones. Read from
// a file (import.hpp) or built in code. Metres everywhere; nothing here touches MuJoCo or
// OpenCASCADE.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/geometry/shape.hpp"
#include "durasim/sim/material.hpp"
#include "durasim/sim/zone.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::sim {

// The shape of one or more parts. Shared and immutable, so that instances share one mesh.
struct PartGeometry {
  geometry::TriangleMesh mesh;          // for pictures and hulls; may be empty for a primitive
  geometry::MassProperties properties;  // at density 1
  std::optional<geometry::Primitive> primitive;
  // Closed convex meshes given by the user instead of a hull; empty: primitive or hull.
  std::vector<geometry::TriangleMesh> collision_meshes;
};

enum class Mobility {
  Free,   // six degrees of freedom
  Fixed,  // part of the world
};

struct Part {
  std::string name;  // unique in the assembly
  std::string path;  // "/frame/screw#2" for parts of a file, else the name
  std::shared_ptr<const PartGeometry> geometry;
  geometry::Pose pose;  // of the part's frame in the world
  Material material;
  std::optional<geometry::Rgba> color;  // instead of the material's
  Mobility mobility = Mobility::Free;
};

struct PartOptions {
  geometry::Pose pose;
  std::string material = "aluminium";   // a name of material_table()
  std::optional<double> density_kg_m3;  // instead of the material's
  std::optional<double> friction;       // instead of the material's, also in its pairs
  std::optional<geometry::Rgba> color;
  Mobility mobility = Mobility::Free;
};

// An ordered collection of parts and zones. A value; not thread-safe while it is being changed.
// Wrong values are kept and reported together, by part name, when a scene is built (MjcfBuilder).
class DURASIM_EXPORT Assembly {
 public:
  explicit Assembly(std::string name = "assembly");

  // Parts from code. The reference stays valid for the life of the assembly. A name that repeats,
  // or is empty, is a problem of the built scene. Throws InvalidArgument for an unknown material,
  // naming it.
  Part& add(std::string name, const geometry::PrimitiveShape& shape,
            const PartOptions& options = {});
  Part& add_box(std::string name, const geometry::Vec3& size_m,
                const PartOptions& options = {});  // full edges
  Part& add_cylinder(std::string name, double radius_m, double length_m,
                     const PartOptions& options = {});  // along z
  Part& add_sphere(std::string name, double radius_m, const PartOptions& options = {});
  // Any shape: a closed mesh, or an imported B-rep (cad::shape_from). Defects become problems.
  Part& add(std::string name, const geometry::ImportedShape& shape,
            const PartOptions& options = {});
  Part& add(std::string name, const geometry::TriangleMesh& mesh, const PartOptions& options = {});

  void add_zone(Zone zone);

  // By name, by path, or by the last components of a path when only one part ends so; instances
  // that only a number tells apart ("/frame/screw", "/frame/screw#2") all end with "screw". Throws
  // InvalidArgument that lists near or all names when there is none or more than one.
  [[nodiscard]] Part& part(std::string_view name);
  [[nodiscard]] const Part& part(std::string_view name) const;

  // The part that part() finds, or every part of the sub-assembly of that name ("frame" or
  // "robot/frame"). Throws as part() does.
  [[nodiscard]] std::vector<const Part*> select(std::string_view name) const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::deque<Part>& parts() const { return parts_; }
  [[nodiscard]] std::deque<Part>& parts() { return parts_; }
  [[nodiscard]] std::span<const Zone> zones() const { return zones_; }
  // Problems that are known before a scene is built: of the import, and of meshes that are not
  // solids.
  [[nodiscard]] std::span<const geometry::Problem> problems() const { return problems_; }
  void add_problem(geometry::Problem problem);

  // The unit that the file is in ("mm") and its size; metres for assemblies from code.
  [[nodiscard]] const std::string& unit() const { return unit_; }
  [[nodiscard]] double metres_per_unit() const { return metres_per_unit_; }

  // SHA-256 of the file that it was read from; empty for assemblies from code.
  [[nodiscard]] const std::string& input_sha256() const { return input_sha256_; }
  void set_input_sha256(std::string sha256);

  // An assembly from an imported scene: names made unique by instance path, placeholders replaced
  // by `fallback_name`, a density in the file before `material`'s. An instance of a shape that is
  // not there is a problem. Throws InvalidArgument for an unknown material.
  static Assembly from_scene(const geometry::ImportedScene& scene, const std::string& fallback_name,
                             const std::string& material = "aluminium");

 private:
  Part& insert(std::string name, std::shared_ptr<const PartGeometry> geometry,
               const PartOptions& options);

  std::string name_;
  std::string unit_ = "m";
  double metres_per_unit_ = 1;
  std::string input_sha256_;
  std::deque<Part> parts_;
  std::vector<Zone> zones_;
  std::vector<geometry::Problem> problems_;
};

}  // namespace durasim::inline v0::sim
