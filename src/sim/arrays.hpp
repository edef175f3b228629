// Reading MuJoCo's flat arrays.
#pragma once

#include "durasim/geometry/math.hpp"

#include <cstddef>

namespace durasim::inline v0::sim {

// Where item `index` begins in an array of `width` numbers an item, counted in 64 bits: the product
// of two ints can exceed 32.
constexpr std::ptrdiff_t at(int index, int width) {
  return static_cast<std::ptrdiff_t>(index) * width;
}

constexpr geometry::Vec3 vec(const double* p) {
  return {p[0], p[1], p[2]};
}
constexpr geometry::Vec3 vec(const float* p) {
  return {double{p[0]}, double{p[1]}, double{p[2]}};
}

}  // namespace durasim::inline v0::sim
