// Everything that is computed from one solid: mass properties, primitive, triangles.
#pragma once

#include "durasim/cad/shape.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/geometry/shape.hpp"

#include <TopoDS_Shape.hxx>

#include <string>
#include <vector>

namespace durasim::inline v0::cad {

struct PartResult {
  geometry::ImportedShape shape;  // without name, colour, and material
  std::vector<geometry::Problem> problems;
};

// Never throws for what is wrong with the shape; std::bad_alloc only. The shape is meshed, so the
// rule of tessellate() about threads holds. `part` goes into the problems.
PartResult compute_part(const TopoDS_Shape& solid, const std::string& part, double metres_per_unit,
                        const TessellationOptions& options);

// Throws InvalidArgument for options out of range.
void check_options(const TessellationOptions& options);

}  // namespace durasim::inline v0::cad
