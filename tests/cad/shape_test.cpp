// Shapes from code: primitives, triangles, limits, and what is refused.
#include "durasim/cad/shape.hpp"

#include "durasim/core/error.hpp"
#include "durasim/geometry/mesh.hpp"

#include "step_bytes.hpp"

#include <BRepAlgoAPI_Cut.hxx>
#include <BRepBuilderAPI_MakeEdge.hxx>
#include <BRepBuilderAPI_Transform.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRepPrimAPI_MakeCone.hxx>
#include <BRepPrimAPI_MakeCylinder.hxx>
#include <BRepPrimAPI_MakeSphere.hxx>
#include <BRepPrimAPI_MakeTorus.hxx>
#include <BRep_Builder.hxx>
#include <BRep_Tool.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Edge.hxx>
#include <TopoDS_Face.hxx>
#include <TopoDS_Shell.hxx>
#include <doctest/doctest.h>
#include <gp.hxx>
#include <gp_Ax1.hxx>
#include <gp_Ax2.hxx>
#include <gp_Dir.hxx>
#include <gp_Pnt.hxx>
#include <gp_Trsf.hxx>

#include <cmath>
#include <limits>
#include <numbers>
#include <variant>
#include <vector>

using namespace durasim;
using geometry::Problem;
using geometry::ProblemCode;
using geometry::Vec3;
using test::compound_of;

namespace {

TopoDS_Shape turned(const TopoDS_Shape& shape, const gp_Dir& axis, double angle) {
  gp_Trsf t;
  t.SetRotation(gp_Ax1(gp_Pnt(3, -4, 5), axis), angle);
  return BRepBuilderAPI_Transform(shape, t, true).Shape();
}

TopoDS_Shape shell_of(const TopoDS_Shape& solid) {
  return TopExp_Explorer(solid, TopAbs_SHELL).Current();
}

std::vector<TopoDS_Shape> faces_of(const TopoDS_Shape& shape) {
  std::vector<TopoDS_Shape> faces;
  for (TopExp_Explorer it(shape, TopAbs_FACE); it.More(); it.Next()) faces.push_back(it.Current());
  return faces;
}

double distance(const Vec3& a, const Vec3& b) {
  return geometry::norm(a - b);
}

}  // namespace

TEST_CASE("an upright box is recognised with its size and place, not turned") {
  const auto shape =
      cad::shape_from(BRepPrimAPI_MakeBox(gp_Pnt(10, 20, 30), 2, 4, 6).Shape(), "box");
  REQUIRE(shape.primitive);
  const auto* box = std::get_if<geometry::BoxShape>(&shape.primitive->shape);
  REQUIRE(box != nullptr);
  CHECK(distance(box->half_extents_m, {0.001, 0.002, 0.003}) < 1e-15);
  CHECK(distance(shape.primitive->pose.position_m, {0.011, 0.022, 0.033}) < 1e-15);
  CHECK(shape.primitive->pose.orientation == geometry::Quat{1, 0, 0, 0});
}

TEST_CASE("a turned box is recognised with a pose that carries its corners onto the solid's") {
  const TopoDS_Shape solid = turned(BRepPrimAPI_MakeBox(8, 4, 2).Shape(), gp_Dir(1, 2, 3), 0.7);
  const auto shape = cad::shape_from(solid, "box");
  REQUIRE(shape.primitive);
  const auto* box = std::get_if<geometry::BoxShape>(&shape.primitive->shape);
  REQUIRE(box != nullptr);
  const Vec3 h = box->half_extents_m;
  for (const double sx : {-1.0, 1.0})
    for (const double sy : {-1.0, 1.0})
      for (const double sz : {-1.0, 1.0}) {
        const Vec3 corner =
            geometry::transform(shape.primitive->pose, {sx * h.x, sy * h.y, sz * h.z});
        double nearest = 1;
        for (const Vec3& v : shape.mesh.vertices_m)
          nearest = std::min(nearest, distance(v, corner));
        CHECK(nearest < 1e-12);
      }
}

TEST_CASE("a cylinder in any direction and a sphere are recognised") {
  const auto cylinder = cad::shape_from(
      BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(1, 2, 3), gp_Dir(-1, 0, -1)), 4, 10).Shape(), "pin");
  REQUIRE(cylinder.primitive);
  const auto* c = std::get_if<geometry::CylinderShape>(&cylinder.primitive->shape);
  REQUIRE(c != nullptr);
  CHECK(c->radius_m == doctest::Approx(0.004).epsilon(1e-12));
  CHECK(c->half_length_m == doctest::Approx(0.005).epsilon(1e-12));
  const Vec3 axis = geometry::rotate(cylinder.primitive->pose.orientation, Vec3{0, 0, 1});
  CHECK(std::abs(geometry::dot(axis, {std::numbers::sqrt2 / 2, 0, std::numbers::sqrt2 / 2})) ==
        doctest::Approx(1).epsilon(1e-12));
  CHECK(distance(cylinder.primitive->pose.position_m, cylinder.properties.com_m) < 1e-12);
  const auto sphere = cad::shape_from(BRepPrimAPI_MakeSphere(gp_Pnt(1, 2, 3), 5).Shape(), "ball");
  REQUIRE(sphere.primitive);
  CHECK(std::get<geometry::SphereShape>(sphere.primitive->shape).radius_m ==
        doctest::Approx(0.005).epsilon(1e-12));
}

TEST_CASE("what only resembles a primitive is not taken for one") {
  const TopoDS_Shape box = BRepPrimAPI_MakeBox(10, 20, 30).Shape();
  const auto hole = [](double x, double y) {
    return BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(x, y, -1), gp::DZ()), 1, 50).Shape();
  };
  CHECK_FALSE(cad::shape_from(BRepAlgoAPI_Cut(box, hole(5, 5)).Shape(), "drilled").primitive);
  const TopoDS_Shape half = BRepPrimAPI_MakeCylinder(5, 10, std::numbers::pi).Shape();
  CHECK_FALSE(cad::shape_from(half, "half cylinder").primitive);
  const TopoDS_Shape tube =
      BRepAlgoAPI_Cut(BRepPrimAPI_MakeCylinder(5, 40).Shape(), hole(0, 0)).Shape();
  CHECK_FALSE(cad::shape_from(tube, "tube").primitive);
  CHECK_FALSE(cad::shape_from(BRepPrimAPI_MakeCone(5, 3, 10).Shape(), "cone").primitive);
  CHECK_FALSE(cad::shape_from(BRepPrimAPI_MakeTorus(10, 3).Shape(), "ring").primitive);
  const TopoDS_Shape notched =
      BRepAlgoAPI_Cut(box, BRepPrimAPI_MakeBox(gp_Pnt(5, 10, 15), 50, 50, 50).Shape()).Shape();
  CHECK_FALSE(cad::shape_from(notched, "notched").primitive);
}

TEST_CASE("meshes are closed, point outwards, and are as fine as asked") {
  const TopoDS_Shape ring = BRepPrimAPI_MakeTorus(20, 6).Shape();
  double previous = 1;
  for (const double deflection_m : {1e-3, 1e-4, 1e-5}) {
    const auto shape = cad::shape_from(ring, "ring", {.linear_deflection_m = deflection_m});
    CHECK(geometry::check_solid(shape.mesh, "ring").empty());
    const double error =
        1 - geometry::mass_properties(shape.mesh).volume_m3 / shape.properties.volume_m3;
    CHECK(error > 0);
    CHECK(error < previous);
    previous = error;
  }
  CHECK(previous < 5e-3);
}

TEST_CASE("cone and sphere poles leave no degenerate triangle and no open edge") {
  for (const TopoDS_Shape& solid :
       {BRepPrimAPI_MakeCone(5, 0, 10).Shape(), BRepPrimAPI_MakeSphere(7).Shape()}) {
    const auto shape = cad::shape_from(solid, "pole");
    CHECK(geometry::check_solid(shape.mesh, "pole").empty());
    for (const auto& t : shape.mesh.triangles)
      CHECK((t[0] != t[1] && t[1] != t[2] && t[2] != t[0]));
  }
}

TEST_CASE("a mesh over the limit is made coarser or reduced with a warning, and mass stays exact") {
  const TopoDS_Shape ring = BRepPrimAPI_MakeTorus(20, 6).Shape();
  const std::size_t full = cad::shape_from(ring, "ring").mesh.triangles.size();
  for (const std::size_t limit : {full / 2, std::size_t{100}}) {
    std::vector<Problem> warnings;
    const auto shape = cad::shape_from(ring, "ring", {.max_triangles = limit}, 1e-3, &warnings);
    CHECK(shape.mesh.triangles.size() <= limit);
    CHECK(shape.mesh.triangles.size() > limit / 10);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].code == ProblemCode::MeshReduced);
    CHECK(shape.properties.volume_m3 ==
          doctest::Approx(2 * std::numbers::pi * std::numbers::pi * 0.02 * 36e-6).epsilon(1e-9));
  }
}

TEST_CASE("the unit of the shape is what the caller says") {
  const TopoDS_Shape box = BRepPrimAPI_MakeBox(1, 2, 3).Shape();
  CHECK(cad::shape_from(box, "b", {}, 1.0).properties.volume_m3 == doctest::Approx(6));
  CHECK(cad::shape_from(box, "b", {}, 0.0254).properties.volume_m3 ==
        doctest::Approx(6 * 0.0254 * 0.0254 * 0.0254));
}

TEST_CASE("a closed shell is made a solid with a warning") {
  std::vector<Problem> warnings;
  const TopoDS_Shape shell = shell_of(BRepPrimAPI_MakeBox(10, 20, 30).Shape());
  const auto shape = cad::shape_from(shell, "box", {}, 1e-3, &warnings);
  CHECK(shape.properties.volume_m3 == doctest::Approx(6e-6).epsilon(1e-9));
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].code == ProblemCode::ShellMadeSolid);
}

TEST_CASE("loose faces that close are sewn, whichever way they point") {
  std::vector<TopoDS_Shape> faces;
  for (const TopoDS_Shape& face : faces_of(BRepPrimAPI_MakeBox(10, 20, 30).Shape()))
    faces.push_back(turned(faces.size() % 2 == 0 ? face : face.Reversed(), gp_Dir(1, 1, 1), 0.3));
  std::vector<Problem> warnings;
  const auto shape = cad::shape_from(compound_of(faces), "box", {}, 1e-3, &warnings);
  CHECK(shape.properties.volume_m3 == doctest::Approx(6e-6).epsilon(1e-9));
  CHECK(geometry::check_solid(shape.mesh, "box").empty());
  CHECK(warnings.size() == 1);
}

TEST_CASE("open surfaces, wires, and nothing are refused by name") {
  std::vector<TopoDS_Shape> five = faces_of(BRepPrimAPI_MakeBox(10, 20, 30).Shape());
  five.pop_back();
  CHECK_THROWS_WITH_AS(cad::shape_from(compound_of(five), "lid"),
                       "lid: the shape has no solid (1 open surface)", InvalidArgument);
  const TopoDS_Edge edge = BRepBuilderAPI_MakeEdge(gp_Pnt(0, 0, 0), gp_Pnt(1, 0, 0)).Edge();
  CHECK_THROWS_WITH_AS(cad::shape_from(edge, "line"), "line: the shape has no solid (1 loose edge)",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS(cad::shape_from(compound_of({}), "void"),
                       "void: the shape has no solid (it is empty)", InvalidArgument);
  CHECK_THROWS_AS(cad::shape_from(TopoDS_Shape(), "null"), InvalidArgument);
}

TEST_CASE("options out of range are refused") {
  const TopoDS_Shape box = BRepPrimAPI_MakeBox(1, 2, 3).Shape();
  CHECK_THROWS_AS(cad::shape_from(box, "b", {.linear_deflection_m = -1}), InvalidArgument);
  CHECK_THROWS_AS(cad::shape_from(box, "b", {.angular_deflection_rad = 0}), InvalidArgument);
  CHECK_THROWS_AS(cad::shape_from(box, "b", {}, 0), InvalidArgument);
  CHECK_THROWS_AS(cad::shape_from(box, "b", {}, std::numeric_limits<double>::quiet_NaN()),
                  InvalidArgument);
}

TEST_CASE("the caller's shape is left without a triangulation") {
  const TopoDS_Shape box = BRepPrimAPI_MakeBox(1, 2, 3).Shape();
  static_cast<void>(cad::shape_from(box, "b"));
  TopLoc_Location location;
  CHECK(BRep_Tool::Triangulation(TopoDS::Face(faces_of(box).front()), location).IsNull());
}
