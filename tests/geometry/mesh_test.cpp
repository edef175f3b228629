// Closed meshes: integrals against formulas, and every defect found and named.
#include "durasim/geometry/mesh.hpp"

#include "durasim/core/error.hpp"

#include "geometry/meshes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace durasim::geometry;
using durasim::testing_meshes::box;
using durasim::testing_meshes::l_profile;

namespace {

bool has(const std::vector<Problem>& problems, ProblemCode code) {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const Problem& p) { return p.code == code && p.part == "part"; });
}

// A sphere of many triangles by subdividing an octahedron: the count is 8 * 4^levels.
TriangleMesh sphere(int levels) {
  std::vector<std::array<Vec3, 3>> faces;
  for (const double x : {-1.0, 1.0}) {
    for (const double y : {-1.0, 1.0}) {
      for (const double z : {-1.0, 1.0}) {
        std::array<Vec3, 3> f{Vec3{x, 0, 0}, Vec3{0, y, 0}, Vec3{0, 0, z}};
        if (x * y * z < 0) std::swap(f[1], f[2]);
        faces.push_back(f);
      }
    }
  }
  const auto unit = [](const Vec3& v) { return (1 / norm(v)) * v; };
  for (int level = 0; level < levels; ++level) {
    std::vector<std::array<Vec3, 3>> finer;
    for (const auto& [a, b, c] : faces) {
      const Vec3 ab = unit(a + b);
      const Vec3 bc = unit(b + c);
      const Vec3 ca = unit(c + a);
      for (const auto& f : {std::array{a, ab, ca}, std::array{ab, b, bc}, std::array{ca, bc, c},
                            std::array{ab, bc, ca}}) {
        finer.push_back(f);
      }
    }
    faces = std::move(finer);
  }
  TriangleMesh mesh;
  for (const auto& [a, b, c] : faces) {
    const auto n = static_cast<std::uint32_t>(mesh.vertices_m.size());
    mesh.vertices_m.insert(mesh.vertices_m.end(), {a, b, c});
    mesh.triangles.push_back({n, n + 1, n + 2});
  }
  return mesh;
}

}  // namespace

TEST_CASE("a box far from the origin has the volume, centre and inertia of the formula") {
  const TriangleMesh mesh = box({100.0, 200.0, -300.0}, {100.1, 200.2, -299.7});
  CHECK(check_solid(mesh, "part").empty());
  const MassProperties m = mass_properties(mesh);
  const double v = 0.1 * 0.2 * 0.3;
  CHECK(m.volume_m3 == doctest::Approx(v).epsilon(1e-11));
  CHECK(m.com_m.x == doctest::Approx(100.05).epsilon(1e-12));
  CHECK(m.com_m.y == doctest::Approx(200.1).epsilon(1e-12));
  CHECK(m.com_m.z == doctest::Approx(-299.85).epsilon(1e-12));
  CHECK(m.unit_inertia_m5.xx == doctest::Approx(v / 12 * (0.04 + 0.09)).epsilon(1e-9));
  CHECK(m.unit_inertia_m5.yy == doctest::Approx(v / 12 * (0.01 + 0.09)).epsilon(1e-9));
  CHECK(m.unit_inertia_m5.zz == doctest::Approx(v / 12 * (0.01 + 0.04)).epsilon(1e-9));
  CHECK(std::abs(m.unit_inertia_m5.xy) < 1e-12 * v);
}

TEST_CASE("an L-profile equals the sum of its two boxes") {
  const double a = 0.08, t = 0.01, w = 0.03;
  const MassProperties whole = mass_properties(l_profile(a, t, w));
  const MassProperties foot = mass_properties(box({0, 0, 0}, {a, w, t}));
  const MassProperties leg = mass_properties(box({0, 0, t}, {t, w, a}));
  CHECK(whole.volume_m3 == doctest::Approx(foot.volume_m3 + leg.volume_m3).epsilon(1e-12));
  const Vec3 com =
      (1 / whole.volume_m3) * (foot.volume_m3 * foot.com_m + leg.volume_m3 * leg.com_m);
  CHECK(whole.com_m.x == doctest::Approx(com.x).epsilon(1e-12));
  CHECK(whole.com_m.z == doctest::Approx(com.z).epsilon(1e-12));
  const SymMat3 sum = foot.unit_inertia_m5 + foot.volume_m3 * point_inertia(foot.com_m - com) +
                      leg.unit_inertia_m5 + leg.volume_m3 * point_inertia(leg.com_m - com);
  CHECK(whole.unit_inertia_m5.xx == doctest::Approx(sum.xx).epsilon(1e-12));
  CHECK(whole.unit_inertia_m5.xz == doctest::Approx(sum.xz).epsilon(1e-12));
}

TEST_CASE("a fine sphere comes close to the formula and is closed after welding") {
  const TriangleMesh mesh = weld(sphere(5));
  CHECK(mesh.vertices_m.size() == mesh.triangles.size() / 2 + 2);  // Euler
  CHECK(check_solid(mesh, "part").empty());
  CHECK(mass_properties(mesh).volume_m3 == doctest::Approx(4.0 / 3 * M_PI).epsilon(2e-3));
}

TEST_CASE("a missing face is an open mesh") {
  TriangleMesh mesh = box({0, 0, 0}, {1, 1, 1});
  mesh.triangles.pop_back();
  CHECK(has(check_solid(mesh, "part"), ProblemCode::OpenMesh));
}

TEST_CASE("one flipped face is found") {
  TriangleMesh mesh = box({0, 0, 0}, {1, 1, 1});
  std::swap(mesh.triangles[4][0], mesh.triangles[4][1]);
  const auto problems = check_solid(mesh, "part");
  CHECK(has(problems, ProblemCode::InconsistentWinding));
  CHECK_FALSE(has(problems, ProblemCode::OpenMesh));
}

TEST_CASE("an inside-out mesh is found") {
  TriangleMesh mesh = box({0, 0, 0}, {1, 1, 1});
  for (auto& t : mesh.triangles) std::swap(t[0], t[1]);
  CHECK(has(check_solid(mesh, "part"), ProblemCode::InconsistentWinding));
}

TEST_CASE("a fin on an edge is not manifold") {
  TriangleMesh mesh = box({0, 0, 0}, {1, 1, 1});
  mesh.vertices_m.push_back({2, 2, 2});
  mesh.triangles.push_back({0, 1, 8});
  CHECK(has(check_solid(mesh, "part"), ProblemCode::NonManifoldMesh));
}

TEST_CASE("NaN, too few triangles and a flat closed mesh are found") {
  TriangleMesh nan = box({0, 0, 0}, {1, 1, 1});
  nan.vertices_m[3].y = std::numeric_limits<double>::quiet_NaN();
  CHECK(has(check_solid(nan, "part"), ProblemCode::NotFinite));
  TriangleMesh few = box({0, 0, 0}, {1, 1, 1});
  few.triangles.resize(2);
  CHECK(has(check_solid(few, "part"), ProblemCode::ZeroVolume));
  CHECK(has(check_solid(box({0, 0, 0}, {1, 1, 0}), "part"), ProblemCode::ZeroVolume));
}

TEST_CASE("welding joins equal corners, with 0 and -0 as one, and drops what loses an edge") {
  TriangleMesh mesh;
  mesh.vertices_m = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {-0.0, 0, 0}, {1, 0, 0}};
  mesh.triangles = {{0, 1, 2}, {3, 4, 2}, {0, 3, 1}};
  const TriangleMesh welded = weld(mesh);
  CHECK(welded.vertices_m.size() == 3);
  CHECK(welded.triangles.size() == 2);
}

TEST_CASE("reduce keeps the bounds and the limit") {
  const TriangleMesh mesh = weld(sphere(6));
  const TriangleMesh small = reduce(mesh, 2000);
  CHECK(small.triangles.size() <= 2000);
  CHECK(small.triangles.size() > 200);
  const Vec3 size = bounding_box(small).size();
  CHECK(size.x == doctest::Approx(2).epsilon(0.1));
  CHECK(reduce(mesh, mesh.triangles.size()).triangles.size() == mesh.triangles.size());
}

TEST_CASE("property: mass properties turn and move with the mesh") {
  const unsigned seed = 20261120;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> u(-1, 1);
  for (int i = 0; i < 50; ++i) {
    const TriangleMesh mesh = l_profile(0.05 + 0.04 * u(random), 0.005, 0.02);
    const Quat q = rotation_from_z({u(random), u(random), u(random)});
    const Pose pose{{u(random), u(random), u(random)}, q};
    TriangleMesh moved = mesh;
    for (Vec3& v : moved.vertices_m) v = transform(pose, v);
    const MassProperties a = mass_properties(mesh);
    const MassProperties b = mass_properties(moved);
    CHECK(b.volume_m3 == doctest::Approx(a.volume_m3).epsilon(1e-9));
    CHECK(norm(b.com_m - transform(pose, a.com_m)) < 1e-12);
    const SymMat3 turned = rotate(q, a.unit_inertia_m5);
    CHECK(std::abs(b.unit_inertia_m5.xy - turned.xy) < 1e-9 * turned.xx);
    CHECK(std::abs(b.unit_inertia_m5.zz - turned.zz) < 1e-9 * turned.xx);
  }
}

TEST_CASE(
    "a triangle whose vertex is not there is a problem, and no function reads behind the end") {
  TriangleMesh mesh = box({0, 0, 0}, {1, 1, 1});
  CHECK_FALSE(check_indices(mesh, "part").has_value());
  mesh.triangles[5][1] = 400'000'000;
  REQUIRE(check_indices(mesh, "part").has_value());
  CHECK(
      check_indices(mesh, "part")->message.find("triangle 5 of the mesh names vertex 400000000") !=
      std::string::npos);
  CHECK(has(check_solid(mesh, "part"), ProblemCode::BadShape));
  CHECK_THROWS_AS((void)weld(mesh), durasim::InvalidArgument);
  CHECK_THROWS_AS((void)mass_properties(mesh), durasim::InvalidArgument);
  CHECK_THROWS_AS((void)reduce(mesh, 4), durasim::InvalidArgument);
}
