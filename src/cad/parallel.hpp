// Work on many solids over a few threads, such that no two threads touch the same face or edge.
#pragma once

#include <TopoDS_Shape.hxx>

#include <cstddef>
#include <functional>
#include <vector>

namespace durasim::inline v0::cad {

// Calls work(i) once for every index of `shapes`, on this thread and a few others. Shapes that
// share a face, edge or vertex are done by one thread in their order. Rethrows the first exception
// after all threads have ended.
void for_each_shape(const std::vector<TopoDS_Shape>& shapes,
                    const std::function<void(std::size_t)>& work);

}  // namespace durasim::inline v0::cad
