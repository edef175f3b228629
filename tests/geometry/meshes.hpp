// Small meshes that tests share.
#pragma once

#include "durasim/geometry/shape.hpp"

namespace durasim::testing_meshes {

// A box from `min` to `max` of 12 triangles, outside out.
inline geometry::TriangleMesh box(const geometry::Vec3& min, const geometry::Vec3& max) {
  geometry::TriangleMesh mesh;
  for (const double z : {min.z, max.z}) {
    for (const double y : {min.y, max.y}) {
      for (const double x : {min.x, max.x}) mesh.vertices_m.push_back({x, y, z});
    }
  }
  mesh.triangles = {{0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4},
                    {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5}};
  return mesh;
}

// An L-profile: arms of length a along +x and +z, thickness t, width w along y; concave.
inline geometry::TriangleMesh l_profile(double a, double t, double w) {
  // The polygon of the profile in x, z, counter-clockwise seen from -y.
  const std::array<std::array<double, 2>, 6> p{{{0, 0}, {a, 0}, {a, t}, {t, t}, {t, a}, {0, a}}};
  geometry::TriangleMesh mesh;
  for (const double y : {0.0, w}) {
    for (const auto& [x, z] : p) mesh.vertices_m.push_back({x, y, z});
  }
  // Both ends, cut into four triangles that fan from the inner corner 3.
  const std::array<std::array<std::uint32_t, 3>, 4> fan{
      {{3, 4, 5}, {3, 5, 0}, {3, 0, 1}, {3, 1, 2}}};
  for (const auto& [i, j, k] : fan) {
    mesh.triangles.push_back({i, j, k});
    mesh.triangles.push_back({i + 6, k + 6, j + 6});
  }
  for (std::uint32_t i = 0; i < 6; ++i) {
    const std::uint32_t j = (i + 1) % 6;
    mesh.triangles.push_back({i, i + 6, j});
    mesh.triangles.push_back({j, i + 6, j + 6});
  }
  return mesh;
}

}  // namespace durasim::testing_meshes
