// How vectors, rotations and boxes look in JSON and payloads.
#pragma once

#include "durasim/core/describe.hpp"
#include "durasim/geometry/math.hpp"

namespace durasim::inline v0::geometry {

BOOST_DESCRIBE_STRUCT(Vec3, (), (x, y, z))
BOOST_DESCRIBE_STRUCT(Quat, (), (w, x, y, z))
BOOST_DESCRIBE_STRUCT(SymMat3, (), (xx, yy, zz, xy, xz, yz))
BOOST_DESCRIBE_STRUCT(Box, (), (min, max))

}  // namespace durasim::inline v0::geometry
