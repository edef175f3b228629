// Rotations of tensors, eigenvalues, boxes.
#include "durasim/geometry/math.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace durasim::inline v0::geometry {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

Matrix to_matrix(const SymMat3& m) {
  return {{{m.xx, m.xy, m.xz}, {m.xy, m.yy, m.yz}, {m.xz, m.yz, m.zz}}};
}

double off_diagonal(const Matrix& a) {
  return std::abs(a[0][1]) + std::abs(a[0][2]) + std::abs(a[1][2]);
}

// One Jacobi rotation that makes a[p][q] zero.
void annihilate(Matrix& a, std::size_t p, std::size_t q) {
  if (a[p][q] == 0) return;
  const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1);
  const double s = t * c;
  for (std::size_t k = 0; k < 3; ++k) {
    const double kp = a[k][p];
    const double kq = a[k][q];
    a[k][p] = c * kp - s * kq;
    a[k][q] = s * kp + c * kq;
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const double pk = a[p][k];
    const double qk = a[q][k];
    a[p][k] = c * pk - s * qk;
    a[q][k] = s * pk + c * qk;
  }
}

}  // namespace

Quat rotation_from_z(const Vec3& direction) {
  const Vec3 d = (1.0 / norm(direction)) * direction;
  const double across2 = d.x * d.x + d.y * d.y;
  // Half-way quaternion between (0,0,1) and d. Beside straight down 1 + d.z would lose its digits.
  const Quat q{d.z < 0 ? across2 / (1 - d.z) : 1 + d.z, -d.y, d.x, 0};
  const double n = std::sqrt(q.w * q.w + across2);
  if (n == 0) return {0, 1, 0, 0};  // straight down: half a turn about x
  return {q.w / n, q.x / n, q.y / n, 0};
}

Box include(const Box& box, const Vec3& p) {
  if (box.empty()) return {p, p};
  return {{std::min(box.min.x, p.x), std::min(box.min.y, p.y), std::min(box.min.z, p.z)},
          {std::max(box.max.x, p.x), std::max(box.max.y, p.y), std::max(box.max.z, p.z)}};
}

SymMat3 rotate(const Quat& q, const SymMat3& m) {
  const std::array<Vec3, 3> r{rotate(q, Vec3{1, 0, 0}), rotate(q, Vec3{0, 1, 0}),
                              rotate(q, Vec3{0, 0, 1})};
  // Sum over the tensor's entries of outer products of the rotated axes.
  const auto entry = [&](auto get_row, auto get_column) {
    return m.xx * get_row(r[0]) * get_column(r[0]) + m.yy * get_row(r[1]) * get_column(r[1]) +
           m.zz * get_row(r[2]) * get_column(r[2]) +
           m.xy * (get_row(r[0]) * get_column(r[1]) + get_row(r[1]) * get_column(r[0])) +
           m.xz * (get_row(r[0]) * get_column(r[2]) + get_row(r[2]) * get_column(r[0])) +
           m.yz * (get_row(r[1]) * get_column(r[2]) + get_row(r[2]) * get_column(r[1]));
  };
  const auto x = [](const Vec3& v) { return v.x; };
  const auto y = [](const Vec3& v) { return v.y; };
  const auto z = [](const Vec3& v) { return v.z; };
  return {entry(x, x), entry(y, y), entry(z, z), entry(x, y), entry(x, z), entry(y, z)};
}

std::array<double, 3> eigenvalues(const SymMat3& m) {
  Matrix a = to_matrix(m);
  const double scale = std::abs(m.xx) + std::abs(m.yy) + std::abs(m.zz) + off_diagonal(a);
  for (int sweep = 0;
       sweep < 50 && off_diagonal(a) > scale * std::numeric_limits<double>::epsilon() * 1e-2;
       ++sweep) {
    annihilate(a, 0, 1);
    annihilate(a, 0, 2);
    annihilate(a, 1, 2);
  }
  std::array<double, 3> values{a[0][0], a[1][1], a[2][2]};
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace durasim::inline v0::geometry
