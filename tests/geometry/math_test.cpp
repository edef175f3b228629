// Rotations, poses, tensors and boxes against the same thing written out long-hand.
#include "durasim/geometry/math.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <numbers>
#include <random>
#include <vector>

using namespace durasim::geometry;

namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

double uniform(std::mt19937_64& random) {
  return std::uniform_real_distribution<double>(-1, 1)(random);
}

Vec3 random_vector(std::mt19937_64& random) {
  return {uniform(random), uniform(random), uniform(random)};
}

Quat random_rotation(std::mt19937_64& random) {
  const Quat q{uniform(random), uniform(random), uniform(random), uniform(random)};
  const double n = std::sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
  return {q.w / n, q.x / n, q.y / n, q.z / n};
}

// The textbook rotation matrix of a unit quaternion.
Matrix matrix_of(const Quat& q) {
  return {
      {{1 - 2 * (q.y * q.y + q.z * q.z), 2 * (q.x * q.y - q.w * q.z), 2 * (q.x * q.z + q.w * q.y)},
       {2 * (q.x * q.y + q.w * q.z), 1 - 2 * (q.x * q.x + q.z * q.z), 2 * (q.y * q.z - q.w * q.x)},
       {2 * (q.x * q.z - q.w * q.y), 2 * (q.y * q.z + q.w * q.x),
        1 - 2 * (q.x * q.x + q.y * q.y)}}};
}

Matrix matrix_of(const SymMat3& m) {
  return {{{m.xx, m.xy, m.xz}, {m.xy, m.yy, m.yz}, {m.xz, m.yz, m.zz}}};
}

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 3; ++k) c[i][j] += a[i][k] * b[k][j];
    }
  }
  return c;
}

Matrix transpose(const Matrix& a) {
  Matrix t{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) t[i][j] = a[j][i];
  }
  return t;
}

void check_close(const Vec3& a, const Vec3& b) {
  CHECK(norm(a - b) < 1e-14);
}

void check_close(const Matrix& a, const Matrix& b) {
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) CHECK(std::abs(a[i][j] - b[i][j]) < 1e-14);
  }
}

}  // namespace

TEST_CASE("rotate by a quaternion is the rotation matrix times the vector") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Quat q = random_rotation(random);
    const Vec3 v = random_vector(random);
    const Matrix r = matrix_of(q);
    check_close(rotate(q, v), {r[0][0] * v.x + r[0][1] * v.y + r[0][2] * v.z,
                               r[1][0] * v.x + r[1][1] * v.y + r[1][2] * v.z,
                               r[2][0] * v.x + r[2][1] * v.y + r[2][2] * v.z});
  }
}

TEST_CASE("a product of quaternions rotates by the right one first") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Quat a = random_rotation(random);
    const Quat b = random_rotation(random);
    const Vec3 v = random_vector(random);
    check_close(rotate(a * b, v), rotate(a, rotate(b, v)));
  }
}

TEST_CASE("a quarter turn about z turns x into y") {
  const double h = std::numbers::sqrt2 / 2;
  check_close(rotate(Quat{h, 0, 0, h}, Vec3{1, 0, 0}), {0, 1, 0});
}

TEST_CASE("rotation_from_z turns z into the direction, also straight down and nearly so") {
  std::mt19937_64 random(7);
  std::vector<Vec3> directions{{0, 0, 1},     {0, 0, -1},     {0, 0, -1e-9}, {3, 0, 0},
                               {0, -2, 0},    {1e-9, 0, -1},  {0, 1e-5, -1}, {1e-7, 1e-7, -1},
                               {1e-6, 0, -1}, {1e-300, 0, -1}};
  for (int i = 0; i < 100; ++i) directions.push_back(random_vector(random));
  for (const Vec3& direction : directions) {
    CAPTURE(direction.x);
    CAPTURE(direction.y);
    CAPTURE(direction.z);
    const Quat q = rotation_from_z(direction);
    CHECK(std::abs(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z - 1) < 1e-14);
    const Vec3 wanted = (1.0 / norm(direction)) * direction;
    CHECK(norm(rotate(q, Vec3{0, 0, 1}) - wanted) < 1e-15);
  }
}

TEST_CASE("the inverse of a pose undoes it on both sides") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Pose pose{random_vector(random), random_rotation(random)};
    const Vec3 p = random_vector(random);
    check_close(transform(inverse(pose), transform(pose, p)), p);
    check_close(transform(pose * inverse(pose), p), p);
    check_close(transform(inverse(pose) * pose, p), p);
  }
}

TEST_CASE("a product of poses transforms by the right one first") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Pose a{random_vector(random), random_rotation(random)};
    const Pose b{random_vector(random), random_rotation(random)};
    const Vec3 p = random_vector(random);
    check_close(transform(a * b, p), transform(a, transform(b, p)));
  }
}

TEST_CASE("a rotated tensor is R m R^T written out") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Quat q = random_rotation(random);
    const SymMat3 m{uniform(random), uniform(random), uniform(random),
                    uniform(random), uniform(random), uniform(random)};
    const Matrix r = matrix_of(q);
    check_close(matrix_of(rotate(q, m)), product(product(r, matrix_of(m)), transpose(r)));
  }
}

TEST_CASE("the inertia of points turns with the points") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 50; ++i) {
    const Quat q = random_rotation(random);
    const Vec3 p = random_vector(random);
    check_close(matrix_of(rotate(q, point_inertia(p))), matrix_of(point_inertia(rotate(q, p))));
  }
}

TEST_CASE("eigenvalues are those that the tensor was made from, in ascending order") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    // Sizes as far apart as inertias of flat parts are, and equal ones.
    std::array<double, 3> wanted{1, seed % 3 == 0 ? 1 : 1e-8, seed % 2 == 0 ? 2 : 1e-3};
    const SymMat3 m = rotate(random_rotation(random), SymMat3{wanted[0], wanted[1], wanted[2]});
    std::sort(wanted.begin(), wanted.end());
    const auto found = eigenvalues(m);
    for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(found[i] - wanted[i]) < 1e-14);
  }
}

TEST_CASE("eigenvalues of tiny and of zero tensors are finite and scale") {
  const auto zero = eigenvalues(SymMat3{});
  CHECK(zero == std::array<double, 3>{0, 0, 0});
  const auto tiny = eigenvalues(1e-200 * SymMat3{2, 2, 2, 1, 0, 0});
  CHECK(tiny[0] == doctest::Approx(1e-200));
  CHECK(tiny[1] == doctest::Approx(2e-200));
  CHECK(tiny[2] == doctest::Approx(3e-200));
}

TEST_CASE("a box grows to hold its points and is empty before the first") {
  Box box;
  CHECK(box.empty());
  CHECK(!box.contains({0, 0, 0}));
  box = include(box, {1, -2, 3});
  CHECK(box == Box{{1, -2, 3}, {1, -2, 3}});
  CHECK(!box.empty());
  box = include(box, {-1, 5, 0});
  CHECK(box == Box{{-1, -2, 0}, {1, 5, 3}});
  CHECK(box.contains({-1, 5, 0}));  // faces belong to the box
  CHECK(!box.contains({0, 0, 3.001}));
  CHECK(box.centre() == Vec3{0, 1.5, 1.5});
  CHECK(box.size() == Vec3{2, 7, 3});
}
