// Distance between a convex shape and an axis-aligned box by the Gilbert-Johnson-Keerthi algorithm,
// with the closest point of a simplex found as in C. Ericson, Real-Time Collision Detection (2005),
// section 5.1.
#include "sim/zone_test.hpp"

#include "sim/arrays.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace durasim::inline v0::sim {
namespace {

// Where a curved surface is tangent to a face the iteration creeps; closer than this counts as
// touching.
constexpr double kCurvedTouch_m = 1e-7;

using geometry::Box;
using geometry::dot;
using geometry::Vec3;

// Farthest point of a shape in a direction.
struct Shape {
  enum class Kind { Points, Box, Cylinder, Ellipsoid, Segment, HullOfMesh } kind = Kind::Points;
  Vec3 position;
  const double* axes = nullptr;  // row-major rotation, columns are the shape's axes in the world
  Vec3 size;
  double radius = 0;  // the shape is everything within this of its core
  std::array<Vec3, 4> points{};
  int point_count = 0;
  const float* vertices = nullptr;
  const int* hull = nullptr;  // indices into vertices; null: all of them
  int hull_count = 0;

  [[nodiscard]] Vec3 to_local(const Vec3& d) const {
    return {axes[0] * d.x + axes[3] * d.y + axes[6] * d.z,
            axes[1] * d.x + axes[4] * d.y + axes[7] * d.z,
            axes[2] * d.x + axes[5] * d.y + axes[8] * d.z};
  }
  [[nodiscard]] Vec3 to_world(const Vec3& p) const {
    return position + Vec3{axes[0] * p.x + axes[1] * p.y + axes[2] * p.z,
                           axes[3] * p.x + axes[4] * p.y + axes[5] * p.z,
                           axes[6] * p.x + axes[7] * p.y + axes[8] * p.z};
  }
  [[nodiscard]] Vec3 support(const Vec3& direction) const;
  [[nodiscard]] Vec3 local_support(const Vec3& d) const;
};

Vec3 Shape::local_support(const Vec3& d) const {
  switch (kind) {
    case Kind::Box:
      return {std::copysign(size.x, d.x), std::copysign(size.y, d.y), std::copysign(size.z, d.z)};
    case Kind::Segment:
      return {0, 0, std::copysign(size.y, d.z)};
    case Kind::Cylinder: {
      const double r = std::hypot(d.x, d.y);
      const double scale = r > 0 ? size.x / r : 0;
      return {scale * d.x, scale * d.y, std::copysign(size.y, d.z)};
    }
    case Kind::Ellipsoid: {
      const Vec3 scaled{size.x * d.x, size.y * d.y, size.z * d.z};
      const double length = norm(scaled);
      if (length <= 0) return {size.x, 0, 0};
      return {size.x * scaled.x / length, size.y * scaled.y / length, size.z * scaled.z / length};
    }
    case Kind::HullOfMesh: {
      Vec3 best;
      double best_dot = -std::numeric_limits<double>::infinity();
      for (int i = 0; i < hull_count; ++i) {
        const float* p = vertices + at(hull != nullptr ? hull[i] : i, 3);
        const Vec3 v{p[0], p[1], p[2]};
        const double value = dot(v, d);
        if (value > best_dot) {
          best_dot = value;
          best = v;
        }
      }
      return best;
    }
    case Kind::Points:
      break;
  }
  return {};
}

Vec3 Shape::support(const Vec3& direction) const {
  if (kind != Kind::Points) return to_world(local_support(to_local(direction)));
  const auto* end = points.begin() + point_count;
  return *std::max_element(points.begin(), end, [&](const Vec3& a, const Vec3& b) {
    return dot(a, direction) < dot(b, direction);
  });
}

// Up to four points of the difference of two shapes; reduced to those that carry the point closest
// to the origin.
struct Simplex {
  std::array<Vec3, 4> p{};
  int n = 0;
  void keep(std::initializer_list<Vec3> points) {
    n = 0;
    for (const Vec3& point : points) p[static_cast<std::size_t>(n++)] = point;
  }
};

Vec3 only(Simplex& s, const Vec3& a) {
  s.keep({a});
  return a;
}

Vec3 closest_on_segment(Simplex& s, const Vec3& a, const Vec3& b) {
  const Vec3 ab = b - a;
  const double along = -dot(a, ab);
  const double length2 = dot(ab, ab);
  if (along <= 0 || length2 <= 0) return only(s, a);
  if (along >= length2) return only(s, b);
  s.keep({a, b});
  return a + (along / length2) * ab;
}

Vec3 closest_on_triangle(Simplex& s, const Vec3& a, const Vec3& b, const Vec3& c) {
  const Vec3 ab = b - a;
  const Vec3 ac = c - a;
  const double d1 = -dot(ab, a);
  const double d2 = -dot(ac, a);
  const double d3 = -dot(ab, b);
  const double d4 = -dot(ac, b);
  const double d5 = -dot(ab, c);
  const double d6 = -dot(ac, c);
  const double vc = d1 * d4 - d3 * d2;
  const double vb = d5 * d2 - d1 * d6;
  const double va = d3 * d6 - d5 * d4;
  const double sum = va + vb + vc;
  if (d1 <= 0 && d2 <= 0) return only(s, a);
  if (d3 >= 0 && d4 <= d3) return only(s, b);
  if (vc <= 0 && d1 >= 0 && d3 <= 0) return closest_on_segment(s, a, b);
  if (d6 >= 0 && d5 <= d6) return only(s, c);
  if (vb <= 0 && d2 >= 0 && d6 <= 0) return closest_on_segment(s, a, c);
  if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) return closest_on_segment(s, b, c);
  if (!(sum > 0)) return closest_on_segment(s, a, b);  // three points on a line
  s.keep({a, b, c});
  return a + (vb / sum) * ab + (vc / sum) * ac;
}

// The closest point to the origin of the tetrahedron; the origin itself when it is inside.
Vec3 closest_on_tetrahedron(Simplex& s) {
  const std::array<Vec3, 4> p = s.p;
  static constexpr std::array<std::array<std::size_t, 4>, 4> kFaces{
      {{0, 1, 2, 3}, {0, 2, 3, 1}, {0, 3, 1, 2}, {1, 3, 2, 0}}};
  double best = std::numeric_limits<double>::infinity();
  Vec3 closest;
  Simplex best_simplex = s;
  for (const auto& [i, j, k, opposite] : kFaces) {
    const Vec3 normal = cross(p[j] - p[i], p[k] - p[i]);
    const double origin_side = -dot(p[i], normal);
    const double inner_side = dot(p[opposite] - p[i], normal);
    if (origin_side * inner_side > 0) continue;  // the origin lies on the inner side of this face
    Simplex face;
    const Vec3 candidate = closest_on_triangle(face, p[i], p[j], p[k]);
    if (dot(candidate, candidate) < best) {
      best = dot(candidate, candidate);
      closest = candidate;
      best_simplex = face;
    }
  }
  if (best < std::numeric_limits<double>::infinity()) s = best_simplex;
  return closest;
}

Vec3 closest_on(Simplex& s) {
  switch (s.n) {
    case 1:
      return s.p[0];
    case 2:
      return closest_on_segment(s, s.p[0], s.p[1]);
    case 3:
      return closest_on_triangle(s, s.p[0], s.p[1], s.p[2]);
    default:
      return closest_on_tetrahedron(s);
  }
}

Vec3 box_support(const Box& box, const Vec3& d) {
  return {d.x > 0 ? box.max.x : box.min.x, d.y > 0 ? box.max.y : box.min.y,
          d.z > 0 ? box.max.z : box.min.z};
}

bool touches(const Shape& shape, const Box& box) {
  const double reach = shape.radius + kTouch_m;
  constexpr int kMaxIterations = 100;  // smooth shapes need 10 to 30; a polytope fewer
  Simplex simplex;
  Vec3 v = shape.position - box.centre();
  if (dot(v, v) <= 0) return true;  // any shape holds its own position
  for (int i = 0; i < kMaxIterations; ++i) {
    const Vec3 w = shape.support(-1.0 * v) - box_support(box, v);
    if (dot(v, w) > reach * norm(v))
      return false;  // v is an axis along which the gap is larger than the reach
    simplex.p[static_cast<std::size_t>(simplex.n++)] = w;
    const Vec3 next = closest_on(simplex);
    const bool stalled = i > 0 && dot(next, next) >= dot(v, v);
    v = next;
    if (dot(v, v) <= reach * reach) return true;
    if (stalled) break;
  }
  return false;
}

// Half extents in the world of a box with half extents `h` in rotated axes.
Vec3 world_extent(const double* m, const double* h) {
  return {std::abs(m[0]) * h[0] + std::abs(m[1]) * h[1] + std::abs(m[2]) * h[2],
          std::abs(m[3]) * h[0] + std::abs(m[4]) * h[1] + std::abs(m[5]) * h[2],
          std::abs(m[6]) * h[0] + std::abs(m[7]) * h[1] + std::abs(m[8]) * h[2]};
}

bool boxes_apart(const Vec3& low, const Vec3& high, const Box& box) {
  return low.x > box.max.x + kTouch_m || high.x < box.min.x - kTouch_m ||
         low.y > box.max.y + kTouch_m || high.y < box.min.y - kTouch_m ||
         low.z > box.max.z + kTouch_m || high.z < box.min.z - kTouch_m;
}

void use_mesh_hull(const mjModel* model, int mesh, Shape& shape) {
  shape.kind = Shape::Kind::HullOfMesh;
  shape.vertices = model->mesh_vert + at(model->mesh_vertadr[mesh], 3);
  shape.hull_count = model->mesh_vertnum[mesh];
  const int graph = model->mesh_graphadr[mesh];
  if (graph < 0)
    return;  // a mesh that never collides has no hull; all its vertices give the same shape
  // Layout (mjModel.mesh_graph): numvert, numface, vert_edgeadr[numvert], vert_globalid[numvert],
  // ...
  shape.hull_count = model->mesh_graph[graph];
  shape.hull = model->mesh_graph + graph + 2 + shape.hull_count;
}

}  // namespace

bool geom_touches(const mjModel* model, const mjData* data, int geom, const Box& box) {
  const double* position = data->geom_xpos + at(geom, 3);
  const double* size = model->geom_size + at(geom, 3);
  const int type = model->geom_type[geom];
  if (type == mjGEOM_PLANE) return false;
  if (type == mjGEOM_SPHERE) return may_touch(position, size[0], box);
  if (!may_touch(position, model->geom_rbound[geom], box)) return false;

  Shape shape;
  shape.axes = data->geom_xmat + at(geom, 9);
  shape.position = vec(position);
  const double* aabb = model->geom_aabb + at(geom, 6);  // centre, half size, in the geom's frame
  const Vec3 centre = shape.to_world(vec(aabb));
  const Vec3 extent = world_extent(shape.axes, aabb + 3);
  if (boxes_apart(centre - extent, centre + extent, box)) return false;

  shape.size = vec(size);
  switch (type) {
    case mjGEOM_CAPSULE:
      shape.kind = Shape::Kind::Segment;
      shape.radius = size[0];
      break;
    case mjGEOM_CYLINDER:
      shape.kind = Shape::Kind::Cylinder;
      shape.radius = kCurvedTouch_m;
      break;
    case mjGEOM_ELLIPSOID:
      shape.kind = Shape::Kind::Ellipsoid;
      shape.radius = kCurvedTouch_m;
      break;
    case mjGEOM_BOX:
      shape.kind = Shape::Kind::Box;
      break;
    case mjGEOM_MESH:
      use_mesh_hull(model, model->geom_dataid[geom], shape);
      break;
    default:
      shape.kind = Shape::Kind::Box;
      shape.position = centre;
      shape.size = vec(aabb + 3);
  }
  return touches(shape, box);
}

bool flex_touches(const mjModel* model, const mjData* data, int flex, const Box& box) {
  const int corners = model->flex_dim[flex] + 1;
  const double radius = model->flex_radius[flex];
  const double* vertices = data->flexvert_xpos + at(model->flex_vertadr[flex], 3);
  const int* element = model->flex_elem + model->flex_elemdataadr[flex];
  for (int e = 0; e < model->flex_elemnum[flex]; ++e, element += corners) {
    Shape shape;
    shape.radius = radius;
    shape.point_count = corners;
    Vec3 low = vec(vertices + at(element[0], 3));
    Vec3 high = low;
    for (int c = 0; c < corners; ++c) {
      const Vec3 p = vec(vertices + at(element[c], 3));
      shape.points[static_cast<std::size_t>(c)] = p;
      shape.position = shape.position + (1.0 / corners) * p;
      low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
    }
    const Vec3 margin{radius, radius, radius};
    if (boxes_apart(low - margin, high + margin, box)) continue;
    if (touches(shape, box)) return true;
  }
  return false;
}

}  // namespace durasim::inline v0::sim
