// Geometry as it crosses from an importer (cad, in a child process) to the scene builder (sim):
// exact mass properties, recognised primitives, triangles, and the tree of placed instances. Metres
// everywhere.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/math.hpp"
#include "durasim/geometry/problem.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace durasim::inline v0::geometry {

struct Rgba {
  float r = 0.7F, g = 0.7F, b = 0.7F, a = 1.0F;  // sRGB, 0..1
  friend bool operator==(const Rgba&, const Rgba&) = default;
};

// Triangles over shared vertices, counter-clockwise seen from outside.
struct TriangleMesh {
  std::vector<Vec3> vertices_m;                         // (n_vertex x 3), part frame
  std::vector<std::array<std::uint32_t, 3>> triangles;  // (n_triangle x 3), indices of vertices
};

// Of the solid at density 1 kg/m3, in the part's frame.
struct MassProperties {
  double volume_m3 = 0;
  Vec3 com_m;  // centre of mass
  SymMat3
      unit_inertia_m5;  // about the centre of mass, axes of the part frame; times density = kg m2
  double relative_error = 0;  // achieved, estimated by whoever computed it
};

// Primitive solids, centred on their frame; the axis of a cylinder is z.
struct BoxShape {
  Vec3 half_extents_m;
};
struct CylinderShape {
  double radius_m = 0;
  double half_length_m = 0;
};
struct SphereShape {
  double radius_m = 0;
};
using PrimitiveShape = std::variant<BoxShape, CylinderShape, SphereShape>;

struct Primitive {
  PrimitiveShape shape;
  Pose pose;  // in the part's frame
};

// By formula; relative_error is one rounding. Thread-safe.
DURASIM_EXPORT MassProperties mass_properties(const Primitive& primitive);
DURASIM_EXPORT Box bounding_box(const TriangleMesh& mesh);
// The primitive's axis-aligned bounds in the part's frame.
DURASIM_EXPORT Box bounding_box(const Primitive& primitive);

// One distinct shape; instances share it.
struct ImportedShape {
  std::string name;   // as the file has it; may be empty or repeat
  TriangleMesh mesh;  // for pictures and hulls; closed within the tolerance of the tessellation
  MassProperties properties;
  std::optional<Primitive> primitive;  // when the solid is exactly one
  std::optional<Rgba> color;
  std::optional<double> density_kg_m3;  // a density that the file states
  std::string material;                 // its name in the file, or empty
};

// One placed occurrence of a shape.
struct ImportedInstance {
  std::uint32_t shape = 0;    // index into ImportedScene::shapes
  std::string path;           // "/robot/arm/screw": names from the root down, not yet unique
  Pose pose;                  // in the file's root frame
  std::optional<Rgba> color;  // overrides the shape's
};

// All that a file holds. `problems` with severity Error mean that it cannot be simulated.
struct ImportedScene {
  std::vector<ImportedShape> shapes;
  std::vector<ImportedInstance> instances;
  std::string unit;  // as the file names it, e.g. "mm"
  double metres_per_unit =
      0;  // > 0; coordinates that people give "in the file's unit" are scaled by this
  std::vector<Problem> problems;
};

}  // namespace durasim::inline v0::geometry
