// Mass properties and bounds of primitives, by formula.
#include "durasim/geometry/shape.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace durasim::inline v0::geometry {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

struct Moments {
  double volume_m3;
  SymMat3 unit_inertia_m5;  // own axes
};

Moments moments(const PrimitiveShape& shape) {
  using std::numbers::pi;
  return std::visit(
      Overloaded{[](const BoxShape& b) {
                   const Vec3 h = b.half_extents_m;
                   const double v = 8 * h.x * h.y * h.z;
                   const double k = v / 3;
                   return Moments{v,
                                  {k * (h.y * h.y + h.z * h.z), k * (h.x * h.x + h.z * h.z),
                                   k * (h.x * h.x + h.y * h.y)}};
                 },
                 [](const CylinderShape& c) {
                   const double r2 = c.radius_m * c.radius_m;
                   const double v = 2 * pi * r2 * c.half_length_m;
                   const double across = v * (r2 / 4 + c.half_length_m * c.half_length_m / 3);
                   return Moments{v, {across, across, v * r2 / 2}};
                 },
                 [](const SphereShape& s) {
                   const double v = 4.0 / 3.0 * pi * s.radius_m * s.radius_m * s.radius_m;
                   const double i = 0.4 * v * s.radius_m * s.radius_m;
                   return Moments{v, {i, i, i}};
                 }},
      shape);
}

// Half sizes of the axis-aligned box around the primitive in axes turned by q.
Vec3 half_size(const PrimitiveShape& shape, const Quat& q) {
  const Vec3 x = rotate(q, Vec3{1, 0, 0});
  const Vec3 y = rotate(q, Vec3{0, 1, 0});
  const Vec3 z = rotate(q, Vec3{0, 0, 1});
  return std::visit(
      Overloaded{[&](const BoxShape& b) {
                   const Vec3 h = b.half_extents_m;
                   return Vec3{std::abs(x.x) * h.x + std::abs(y.x) * h.y + std::abs(z.x) * h.z,
                               std::abs(x.y) * h.x + std::abs(y.y) * h.y + std::abs(z.y) * h.z,
                               std::abs(x.z) * h.x + std::abs(y.z) * h.y + std::abs(z.z) * h.z};
                 },
                 [&](const CylinderShape& c) {
                   const auto along = [&](double cosine) {
                     return c.radius_m * std::sqrt(std::max(0.0, 1 - cosine * cosine)) +
                            c.half_length_m * std::abs(cosine);
                   };
                   return Vec3{along(z.x), along(z.y), along(z.z)};
                 },
                 [](const SphereShape& s) { return Vec3{s.radius_m, s.radius_m, s.radius_m}; }},
      shape);
}

}  // namespace

MassProperties mass_properties(const Primitive& primitive) {
  const Moments m = moments(primitive.shape);
  return {.volume_m3 = m.volume_m3,
          .com_m = primitive.pose.position_m,
          .unit_inertia_m5 = rotate(primitive.pose.orientation, m.unit_inertia_m5),
          .relative_error = 4 * std::numeric_limits<double>::epsilon()};
}

Box bounding_box(const TriangleMesh& mesh) {
  Box box;
  for (const Vec3& v : mesh.vertices_m) box = include(box, v);
  return box;
}

Box bounding_box(const Primitive& primitive) {
  const Vec3 half = half_size(primitive.shape, primitive.pose.orientation);
  return {primitive.pose.position_m - half, primitive.pose.position_m + half};
}

}  // namespace durasim::inline v0::geometry
