// Does a geometry of the model touch a box? To a nanometre for spheres, capsules, boxes, meshes'
// convex hulls and flexes, to 0.1 um for cylinders and ellipsoids; height fields and distance
// fields count as their bounding box.
#pragma once

#include "durasim/geometry/math.hpp"

#include <mujoco/mujoco.h>

#include <algorithm>

namespace durasim::inline v0::sim {

// Faces belong to the box: a gap of at most this counts as touching, so that rounding does not hide
// a contact.
inline constexpr double kTouch_m = 1e-9;

// Can be false only when the bounding sphere of the geom is clear of the box; a few nanoseconds.
inline bool may_touch(const double centre[3], double radius_m, const geometry::Box& box) {
  const double x = std::max({box.min.x - centre[0], 0.0, centre[0] - box.max.x});
  const double y = std::max({box.min.y - centre[1], 0.0, centre[1] - box.max.y});
  const double z = std::max({box.min.z - centre[2], 0.0, centre[2] - box.max.z});
  const double reach = radius_m + kTouch_m;
  return !(x * x + y * y + z * z > reach * reach);
}

// The geom's position must be fresh (mj_kinematics). Planes never touch: they belong to the world.
bool geom_touches(const mjModel* model, const mjData* data, int geom, const geometry::Box& box);

// Any element of the flex, with its radius.
bool flex_touches(const mjModel* model, const mjData* data, int flex, const geometry::Box& box);

}  // namespace durasim::inline v0::sim
