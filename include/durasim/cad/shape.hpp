// One OpenCASCADE shape as the scene builder wants it: exact mass properties, triangles, and the
// primitive that it is. For code that makes shapes with OpenCASCADE in the same process.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/geometry/shape.hpp"

#include <cstddef>
#include <string>
#include <vector>

class TopoDS_Shape;

namespace durasim::inline v0::cad {

struct TessellationOptions {
  // Largest distance of a chord from its curve. 0 chooses by size: the part's diagonal / 500, but
  // at least 0.01 mm and at most 0.5 mm.
  double linear_deflection_m = 0;
  double angular_deflection_rad = 0.5;  // largest angle between neighbouring chords
  // A finer mesh is made again more coarsely, then reduced, with warning MeshReduced.
  std::size_t max_triangles = 200'000;
};

// All solids of `shape` as one body, in the frame that `shape` stands in with its location;
// `metres_per_unit` scales its coordinates (OpenCASCADE's habit is millimetres). The shape is not
// changed, but a triangulation is not stored in it either: it is copied. Warnings (ShellMadeSolid,
// NotRepresented, MeshReduced) are appended to `warnings` when given. Throws InvalidArgument for a
// shape without a solid and for options out of range. Thread-safe for shapes that no other thread
// changes or meshes.
DURASIM_EXPORT geometry::ImportedShape shape_from(
    const TopoDS_Shape& shape, const std::string& name, const TessellationOptions& options = {},
    double metres_per_unit = 1e-3, std::vector<geometry::Problem>* warnings = nullptr);

// The version of the OpenCASCADE that is linked, e.g. "7.6.3". Thread-safe.
DURASIM_EXPORT std::string occt_version();

}  // namespace durasim::inline v0::cad
