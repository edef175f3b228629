// Volume, centre of mass, and inertia against formulas, at 1e-9: of shapes made in code and of the
// same shapes after STEP.
#include "durasim/cad/import.hpp"

#include "step_bytes.hpp"

#include <BRepAlgoAPI_Common.hxx>
#include <BRepAlgoAPI_Cut.hxx>
#include <BRepBuilderAPI_Transform.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRepPrimAPI_MakeCylinder.hxx>
#include <BRepPrimAPI_MakeSphere.hxx>
#include <BRepPrimAPI_MakeTorus.hxx>
#include <doctest/doctest.h>
#include <gp.hxx>
#include <gp_Ax2.hxx>
#include <gp_Pnt.hxx>
#include <gp_Vec.hxx>

#include <cmath>
#include <functional>
#include <numbers>

using namespace durasim;
using geometry::MassProperties;
using geometry::SymMat3;
using geometry::Vec3;
using std::numbers::pi;

namespace {

constexpr double kTolerance = 1e-9;

// Second moments about the centre, as inertia of density 1.
SymMat3 inertia_of(double xx, double yy, double zz) {
  return {yy + zz, xx + zz, xx + yy};
}

void check(const MassProperties& actual, double volume, const Vec3& com, const SymMat3& inertia) {
  const double size = std::cbrt(volume);
  const double mean = (inertia.xx + inertia.yy + inertia.zz) / 3;
  CHECK(std::abs(actual.volume_m3 - volume) <= kTolerance * volume);
  CHECK(geometry::norm(actual.com_m - com) <= kTolerance * size);
  const SymMat3 difference = actual.unit_inertia_m5 + (-1.0) * inertia;
  for (const double d :
       {difference.xx, difference.yy, difference.zz, difference.xy, difference.xz, difference.yz})
    CHECK(std::abs(d) <= kTolerance * mean);
  CHECK(actual.relative_error <= 1e-8);
}

// In code, and written to STEP and read again. Formulas in metres, shapes in millimetres.
void check_both(const TopoDS_Shape& shape, double volume, const Vec3& com, const SymMat3& inertia) {
  check(cad::shape_from(shape, "part").properties, volume, com, inertia);
  const auto scene = cad::import_step(as_bytes(test::step_text(shape)));
  REQUIRE(scene.shapes.size() == 1);
  REQUIRE(scene.problems.empty());
  check(scene.shapes[0].properties, volume, com, inertia);
}

// The trapezoidal rule on a whole period of an analytic function converges faster than any power.
double over_half_turn(const std::function<double(double)>& f) {
  constexpr int kPoints = 400;
  double sum = 0;
  for (int i = 0; i < kPoints; ++i) sum += f(-pi / 2 + pi * i / kPoints);
  return sum * pi / kPoints;
}

}  // namespace

TEST_CASE("a box off the origin has the mass properties of the formula") {
  const double x = 0.01;
  const double y = 0.02;
  const double z = 0.03;
  const double v = x * y * z;
  const TopoDS_Shape box = BRepPrimAPI_MakeBox(gp_Pnt(5, -7, 11), 10, 20, 30).Shape();
  check_both(box, v, {0.010, 0.003, 0.026},
             inertia_of(v * x * x / 12, v * y * y / 12, v * z * z / 12));
}

TEST_CASE("a cylinder has the mass properties of the formula") {
  const double r = 0.008;
  const double h = 0.05;
  const double v = pi * r * r * h;
  check_both(BRepPrimAPI_MakeCylinder(8, 50).Shape(), v, {0, 0, h / 2},
             inertia_of(v * r * r / 4, v * r * r / 4, v * h * h / 12));
}

TEST_CASE("a sphere has the mass properties of the formula") {
  const double r = 0.0125;
  const double v = 4.0 / 3.0 * pi * r * r * r;
  check_both(BRepPrimAPI_MakeSphere(gp_Pnt(1, 2, 3), 12.5).Shape(), v, {0.001, 0.002, 0.003},
             inertia_of(v * r * r / 5, v * r * r / 5, v * r * r / 5));
}

TEST_CASE("a torus has the mass properties of the formula") {
  const double big = 0.02;
  const double r = 0.006;
  const double v = 2 * pi * pi * big * r * r;
  const double axial = v * (4 * big * big + 3 * r * r) / 4;
  const double radial = v * (4 * big * big + 5 * r * r) / 8;
  check_both(BRepPrimAPI_MakeTorus(20, 6).Shape(), v, {}, {radial, radial, axial});
}

// Axis of the cylinder x, of the hole z. At height y the hole is 2a wide and 2b long.
TEST_CASE("a cross-drilled cylinder has the mass properties of the integral") {
  const double big = 0.010;
  const double r = 0.004;
  const double length = 0.040;
  const auto removed = [&](const std::function<double(double, double, double)>& density) {
    return over_half_turn([&](double t) {
      const double y = r * std::sin(t);
      const double a = r * std::cos(t);
      const double b = std::sqrt(big * big - y * y);
      return density(a, b, y) * r * std::cos(t);
    });
  };
  const double full = pi * big * big * length;
  const double v = full - removed([](double a, double b, double) { return 4 * a * b; });
  const double xx = full * length * length / 12 -
                    removed([](double a, double b, double) { return 4.0 / 3.0 * a * a * a * b; });
  const double yy = full * big * big / 4 -
                    removed([](double a, double b, double y) { return 4 * a * b * y * y; });
  const double zz = full * big * big / 4 -
                    removed([](double a, double b, double) { return 4.0 / 3.0 * a * b * b * b; });
  const TopoDS_Shape body =
      BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(-20, 0, 0), gp::DX()), 10, 40).Shape();
  const TopoDS_Shape hole =
      BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(0, 0, -20), gp::DZ()), 4, 40).Shape();
  check_both(BRepAlgoAPI_Cut(body, hole).Shape(), v, {}, inertia_of(xx, yy, zz));
}

TEST_CASE("a sphere with a bore has the mass properties of the formula") {
  const double big = 0.015;
  const double r = 0.006;
  const double s = std::sqrt(big * big - r * r);
  const double axial = 4 * pi * (big * big * s * s * s / 3 - std::pow(s, 5) / 5);
  const double zz = 4 * pi / 15 * std::pow(s, 5);
  const TopoDS_Shape hole =
      BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(0, 0, -20), gp::DZ()), 6, 40).Shape();
  check_both(BRepAlgoAPI_Cut(BRepPrimAPI_MakeSphere(15).Shape(), hole).Shape(),
             4.0 / 3.0 * pi * s * s * s, {}, inertia_of(axial / 2, axial / 2, zz));
}

// The common part of two cylinders of radius R with crossing axes x and y: V = 16/3 R^3.
TEST_CASE("the Steinmetz body has the mass properties of the formula") {
  const double r = 0.010;
  const double r5 = std::pow(r, 5);
  const TopoDS_Shape along_x =
      BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(-20, 0, 0), gp::DX()), 10, 40).Shape();
  const TopoDS_Shape along_y =
      BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(0, -20, 0), gp::DY()), 10, 40).Shape();
  check_both(BRepAlgoAPI_Common(along_x, along_y).Shape(), 16.0 / 3.0 * r * r * r, {},
             inertia_of(64.0 / 45.0 * r5, 64.0 / 45.0 * r5, 16.0 / 15.0 * r5));
}

TEST_CASE("a small part a kilometre from the origin keeps its inertia") {
  gp_Trsf far;
  far.SetTranslation(gp_Vec(1e6, -1e6, 1e6));
  const TopoDS_Shape near = BRepPrimAPI_MakeBox(gp_Pnt(-5, -5, -5), 10, 10, 10).Shape();
  const auto p =
      cad::shape_from(BRepBuilderAPI_Transform(near, far, true).Shape(), "far").properties;
  const double expected = 1e-6 * 1e-4 / 6;
  CHECK(std::abs(p.unit_inertia_m5.xx / expected - 1) < 1e-8);
  CHECK(std::abs(p.unit_inertia_m5.xy / expected) < 1e-8);
}

TEST_CASE("a solid that is inside out is turned, not given a negative mass") {
  const TopoDS_Shape box = BRepPrimAPI_MakeBox(10, 20, 30).Shape().Reversed();
  const auto shape = cad::shape_from(box, "box");
  CHECK(shape.properties.volume_m3 == doctest::Approx(6e-6).epsilon(1e-9));
}
