// Recognises solids that are exactly a box, a full cylinder or a sphere.
#pragma once

#include "durasim/geometry/shape.hpp"

#include <TopoDS_Shape.hxx>

#include <optional>

namespace durasim::inline v0::cad {

// The primitive in the solid's frame, or nothing. By the surfaces of all faces (not by sampling),
// and only when its volume is `volume` to 1e-9. All lengths in the shape's own unit.
std::optional<geometry::Primitive> recognise_primitive(const TopoDS_Shape& solid, double volume);

}  // namespace durasim::inline v0::cad
