// Triangles of a solid: OpenCASCADE's mesher, welded into one closed surface.
#pragma once

#include "durasim/cad/shape.hpp"
#include "durasim/geometry/shape.hpp"

#include <TopoDS_Shape.hxx>

#include <cstddef>

namespace durasim::inline v0::cad {

struct Tessellation {
  geometry::TriangleMesh mesh;     // in metres
  std::size_t full_triangles = 0;  // before it was reduced; mesh has fewer when it was
  std::size_t failed_faces = 0;    // faces that could not be triangulated and are missing
};

// Stores the triangulation in the shape, so no other thread may use the shape or one that shares
// faces or edges with it. `diagonal` is the shape's size in its own unit.
Tessellation tessellate(const TopoDS_Shape& solid, double diagonal, double metres_per_unit,
                        const TessellationOptions& options);

}  // namespace durasim::inline v0::cad
