// The few vectors, rotations and boxes that geometry and simulation exchange. Right-handed; SI
// units inside.
#pragma once

#include "durasim/core/config.hpp"

#include <array>
#include <cmath>

namespace durasim::inline v0::geometry {

struct Vec3 {
  double x = 0, y = 0, z = 0;
  friend bool operator==(const Vec3&, const Vec3&) = default;
};

constexpr Vec3 operator+(const Vec3& a, const Vec3& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
constexpr Vec3 operator-(const Vec3& a, const Vec3& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
constexpr Vec3 operator*(double s, const Vec3& a) {
  return {s * a.x, s * a.y, s * a.z};
}
constexpr double dot(const Vec3& a, const Vec3& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
constexpr Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline double norm(const Vec3& a) {
  return std::sqrt(dot(a, a));
}
inline bool is_finite(const Vec3& a) {
  return std::isfinite(a.x) && std::isfinite(a.y) && std::isfinite(a.z);
}

// Unit quaternion, scalar first (MuJoCo's order).
struct Quat {
  double w = 1, x = 0, y = 0, z = 0;
  friend bool operator==(const Quat&, const Quat&) = default;
};

// Hamilton product: rotate by b, then by a.
constexpr Quat operator*(const Quat& a, const Quat& b) {
  return {
      a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
      a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}
constexpr Quat conjugate(const Quat& q) {
  return {q.w, -q.x, -q.y, -q.z};
}
constexpr Vec3 rotate(const Quat& q, const Vec3& v) {
  const Vec3 u{q.x, q.y, q.z};
  const Vec3 t = 2.0 * cross(u, v);
  return v + q.w * t + cross(u, t);
}

// The rotation that turns unit vector +z into `direction` (any length but zero).
DURASIM_EXPORT Quat rotation_from_z(const Vec3& direction);

// Where a frame stands in its parent: p_parent = rotate(orientation, p) + position_m.
struct Pose {
  Vec3 position_m;
  Quat orientation;
  friend bool operator==(const Pose&, const Pose&) = default;
};

constexpr Vec3 transform(const Pose& pose, const Vec3& p) {
  return rotate(pose.orientation, p) + pose.position_m;
}
constexpr Pose operator*(const Pose& a, const Pose& b) {
  return {transform(a, b.position_m), a.orientation * b.orientation};
}
constexpr Pose inverse(const Pose& pose) {
  const Quat q = conjugate(pose.orientation);
  return {rotate(q, -1.0 * pose.position_m), q};
}

// Axis-aligned box; empty when any max is below its min.
struct Box {
  Vec3 min{1, 1, 1};
  Vec3 max{-1, -1, -1};
  [[nodiscard]] constexpr bool empty() const {
    return max.x < min.x || max.y < min.y || max.z < min.z;
  }
  [[nodiscard]] constexpr Vec3 centre() const { return 0.5 * (min + max); }
  [[nodiscard]] constexpr Vec3 size() const { return max - min; }
  [[nodiscard]] constexpr bool contains(const Vec3& p) const {  // faces belong to the box
    return p.x >= min.x && p.x <= max.x && p.y >= min.y && p.y <= max.y && p.z >= min.z &&
           p.z <= max.z;
  }
  friend bool operator==(const Box&, const Box&) = default;
};

// The smallest box that holds `box` and `p`.
DURASIM_EXPORT Box include(const Box& box, const Vec3& p);

// Symmetric 3 x 3 matrix, the six entries in MJCF's fullinertia order.
struct SymMat3 {
  double xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0;
  friend bool operator==(const SymMat3&, const SymMat3&) = default;
};

constexpr SymMat3 operator+(const SymMat3& a, const SymMat3& b) {
  return {a.xx + b.xx, a.yy + b.yy, a.zz + b.zz, a.xy + b.xy, a.xz + b.xz, a.yz + b.yz};
}
constexpr SymMat3 operator*(double s, const SymMat3& a) {
  return {s * a.xx, s * a.yy, s * a.zz, s * a.xy, s * a.xz, s * a.yz};
}

// R m R^T: the same tensor in axes of the parent, when q turns the child's axes into the parent's.
DURASIM_EXPORT SymMat3 rotate(const Quat& q, const SymMat3& m);

// Inertia of a point of mass 1 at `r` about the origin (parallel axis theorem).
constexpr SymMat3 point_inertia(const Vec3& r) {
  return {r.y * r.y + r.z * r.z,
          r.x * r.x + r.z * r.z,
          r.x * r.x + r.y * r.y,
          -r.x * r.y,
          -r.x * r.z,
          -r.y * r.z};
}

// Eigenvalues in ascending order, by Jacobi rotations.
DURASIM_EXPORT std::array<double, 3> eigenvalues(const SymMat3& m);

}  // namespace durasim::inline v0::geometry
