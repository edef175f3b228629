// STEP files: units, names, colours, the tree, materials, and every kind of file that is not one.
#include "durasim/cad/import.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/geometry/mesh.hpp"

#include "assembly_writer.hpp"
#include "core/utf8.hpp"
#include "step_bytes.hpp"

#include <BRepBuilderAPI_MakeEdge.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRepPrimAPI_MakeCylinder.hxx>
#include <BRepPrimAPI_MakeSphere.hxx>
#include <BRep_Builder.hxx>
#include <Interface_Static.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Edge.hxx>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <gp_Pnt.hxx>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace durasim;
using examples::AssemblyWriter;
using examples::placed;
using geometry::ImportedScene;
using geometry::ProblemCode;
using geometry::Severity;
using test::compound_of;

namespace {

ImportedScene import_text(const std::string& text) {
  return cad::import_step(as_bytes(text));
}

std::string text_of(AssemblyWriter& writer) {
  const test::TemporaryFolder folder;
  writer.write(folder.file("assembly.step"));
  return std::string(as_text(read_file(folder.file("assembly.step"))));
}

TopoDS_Shape box() {
  return BRepPrimAPI_MakeBox(10, 20, 30).Shape();
}

TopoDS_Edge line() {
  return BRepBuilderAPI_MakeEdge(gp_Pnt(0, 0, 0), gp_Pnt(50, 0, 0)).Edge();
}

std::vector<std::string> paths(const ImportedScene& scene) {
  std::vector<std::string> result;
  result.reserve(scene.instances.size());
  for (const auto& instance : scene.instances) result.push_back(instance.path);
  return result;
}

bool near(const geometry::Vec3& a, const geometry::Vec3& b, double tolerance = 1e-12) {
  return geometry::norm(a - b) <= tolerance;
}

bool near(const geometry::Rgba& a, const geometry::Rgba& b) {
  return std::abs(a.r - b.r) + std::abs(a.g - b.g) + std::abs(a.b - b.b) + std::abs(a.a - b.a) <
         1e-3F;
}

// The file of one part, which becomes an item ("twin") placed with this x axis and scale.
std::string with_placed_item(const std::string& file, std::string_view x_axis,
                             std::string_view scale) {
  REQUIRE(file.find("ADVANCED_BREP_SHAPE_REPRESENTATION('',(#11,#15),#345)") != std::string::npos);
  return test::replaced(
      test::replaced(file, "SHAPE_DEFINITION_REPRESENTATION(#4,#10)",
                     "SHAPE_DEFINITION_REPRESENTATION(#4,#90001)"),
      "DATA;",
      fmt::format(
          "DATA;\n#90001=SHAPE_REPRESENTATION('',(#11,#90002),#345);\n"
          "#90002=MAPPED_ITEM('twin',#90003,#90004);\n#90003=REPRESENTATION_MAP(#11,#10);\n"
          "#90004=CARTESIAN_TRANSFORMATION_OPERATOR_3D('','','',#90005,#90006,#90008,{},#90007);\n"
          "#90005=DIRECTION('',{});\n#90006=DIRECTION('',(0.,1.,0.));\n"
          "#90007=DIRECTION('',(0.,0.,1.));\n#90008=CARTESIAN_POINT('',(100.,0.,0.));",
          scale, x_axis));
}

// The one problem of a file that has no other.
geometry::Problem only_problem(const ImportedScene& scene) {
  REQUIRE(scene.problems.size() == 1);
  return scene.problems.front();
}

std::string header_and(const std::string& data) {
  return "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\n"
         "FILE_NAME('','',(''),(''),'','','');\nFILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\n"
         "DATA;\n" +
         data + "ENDSEC;\nEND-ISO-10303-21;\n";
}

}  // namespace

TEST_CASE("files in millimetres, inches, and metres give the same part") {
  const TopoDS_Shape shape = BRepPrimAPI_MakeCylinder(8, 50).Shape();
  const ImportedScene mm = import_text(test::step_text(shape));
  const ImportedScene in = import_text(test::step_text_in_inches(shape));
  const ImportedScene m = import_text(test::step_text_in_metres(shape));
  CHECK((mm.unit == "mm" && mm.metres_per_unit == 1e-3));
  CHECK((in.unit == "in" && in.metres_per_unit == doctest::Approx(0.0254).epsilon(1e-12)));
  CHECK((m.unit == "m" && m.metres_per_unit == 1));
  const double volume = 3.14159265358979 * 64e-6 * 0.05;
  for (const ImportedScene* scene : {&mm, &in, &m}) {
    REQUIRE(scene->shapes.size() == 1);
    CHECK(scene->problems.empty());
    CHECK(scene->shapes[0].properties.volume_m3 == doctest::Approx(volume).epsilon(1e-9));
    CHECK(near(scene->shapes[0].properties.com_m, {0, 0, 0.025}));
    REQUIRE(scene->shapes[0].primitive);
    CHECK(std::get<geometry::CylinderShape>(scene->shapes[0].primitive->shape).radius_m ==
          doctest::Approx(0.008).epsilon(1e-9));
  }
}

TEST_CASE("the default length unit of a host that uses OpenCASCADE itself changes nothing") {
  const std::string text = test::step_text(box());
  REQUIRE(Interface_Static::SetCVal("xstep.cascade.unit", "M"));
  const ImportedScene scene = import_text(text);
  Interface_Static::SetCVal("xstep.cascade.unit", "MM");
  CHECK(scene.shapes.at(0).properties.volume_m3 == doctest::Approx(6e-6).epsilon(1e-9));
}

TEST_CASE("nested assemblies keep names, paths, places, and share their shapes") {
  AssemblyWriter writer;
  const TDF_Label screw = writer.part(BRepPrimAPI_MakeCylinder(2, 10).Shape(), "screw", {1, 0, 0});
  const TDF_Label plate = writer.part(box(), "plate", {0, 0, 1});
  const TDF_Label arm = writer.assembly("arm");
  writer.place(arm, plate, placed({0, 0, 5}), "");
  writer.place(arm, screw, placed({1, 0, 0}), "left screw");
  writer.place(arm, screw, placed({2, 0, 0}), "right screw");
  const TDF_Label robot = writer.assembly("robot");
  writer.place(robot, arm, placed({100, 0, 0}), "arm 1");
  writer.place(robot, arm, placed({0, 100, 0}, {0, 0, 1}, 90), "arm 2");
  const ImportedScene scene = import_text(text_of(writer));
  CHECK(scene.problems.empty());
  CHECK(scene.shapes.size() == 2);
  CHECK(paths(scene) == std::vector<std::string>{"/robot/arm 1/plate", "/robot/arm 1/left screw",
                                                 "/robot/arm 1/right screw", "/robot/arm 2/plate",
                                                 "/robot/arm 2/left screw",
                                                 "/robot/arm 2/right screw"});
  REQUIRE(scene.instances.size() == 6);
  CHECK(scene.instances[1].shape == scene.instances[5].shape);
  CHECK(scene.shapes[scene.instances[1].shape].name == "screw");
  CHECK(near(scene.instances[2].pose.position_m, {0.102, 0, 0}));
  CHECK(near(scene.instances[5].pose.position_m, {0, 0.102, 0}));
  // The second arm's plate is turned by 90 degrees about z.
  CHECK(near(geometry::transform(scene.instances[3].pose, {0.010, 0.020, 0}),
             {-0.020, 0.110, 0.005}));
}

TEST_CASE("colours of parts, and names in any script, come through") {
  AssemblyWriter writer;
  const TDF_Label root = writer.assembly("Gehäuse");
  writer.place(root, writer.part(box(), "Träger", {0.25, 0.5, 0.75}), gp_Trsf(), "");
  writer.place(root, writer.part(BRepPrimAPI_MakeSphere(5).Shape(), "a/b", {1, 0, 0}), gp_Trsf(),
               "");
  const ImportedScene scene = import_text(text_of(writer));
  REQUIRE(scene.shapes.size() == 2);
  REQUIRE(scene.shapes[0].color);
  CHECK(near(*scene.shapes[0].color, {0.25F, 0.5F, 0.75F, 1}));
  CHECK(near(scene.shapes[1].color.value_or(geometry::Rgba{}), {1, 0, 0, 1}));
  CHECK(paths(scene) == std::vector<std::string>{"/Gehäuse/Träger", "/Gehäuse/a_b"});
}

TEST_CASE("an instance that is mirrored or scaled is an error that names it, never a wrong shape") {
  const std::string plain = test::step_text(box());
  const std::vector<std::pair<std::string, std::string>> distortions{{"(-1.,0.,0.)", "1."},
                                                                     {"(1.,0.,0.)", "2."}};
  for (const auto& [x_axis, scale] : distortions) {
    CAPTURE(x_axis);
    CAPTURE(scale);
    const ImportedScene scene = import_text(with_placed_item(plain, x_axis, scale));
    REQUIRE(scene.problems.size() == 1);
    CHECK(scene.problems[0].severity == Severity::Error);
    CHECK(scene.problems[0].code == ProblemCode::NotRepresented);
    CHECK(scene.problems[0].part == "#90002 'twin'");
  }
  CHECK(import_text(with_placed_item(plain, "(1.,0.,0.)", "1.")).problems.empty());
}

TEST_CASE("names that a translator made up are empty") {
  const ImportedScene scene = import_text(test::step_text(box()));
  REQUIRE(scene.shapes.size() == 1);
  CHECK(scene.shapes[0].name.empty());
  CHECK(paths(scene) == std::vector<std::string>{"/"});
}

TEST_CASE("several solids in one part are parts of their own") {
  AssemblyWriter writer;
  const TopoDS_Shape ball = BRepPrimAPI_MakeSphere(gp_Pnt(100, 0, 0), 5).Shape();
  writer.part(compound_of({box(), ball}), "pair", {1, 0, 0});
  const ImportedScene scene = import_text(text_of(writer));
  CHECK(scene.problems.empty());
  REQUIRE(scene.instances.size() == 2);
  CHECK(paths(scene) == std::vector<std::string>{"/pair", "/pair"});
  CHECK(scene.shapes.at(0).primitive->shape.index() == 0);
  CHECK(scene.shapes.at(1).primitive->shape.index() == 2);
}

TEST_CASE("a density in the file arrives in kg/m3 whatever its unit") {
  AssemblyWriter writer;
  writer.part(box(), "block", {1, 0, 0}, "brass", 8.5);
  const std::string gram_per_cm3 = text_of(writer);
  const ImportedScene scene = import_text(gram_per_cm3);
  REQUIRE(scene.shapes.size() == 1);
  CHECK(scene.shapes[0].material == "brass");
  CHECK(scene.shapes[0].density_kg_m3.value_or(0) == doctest::Approx(8500));
  // The same density in kg/m3, as other systems write it.
  std::string si = test::replaced(gram_per_cm3, "SI_UNIT(.CENTI.,.METRE.)", "SI_UNIT($,.METRE.)");
  si = test::replaced(si, "SI_UNIT($,.GRAM.)", "SI_UNIT(.KILO.,.GRAM.)");
  si = test::replaced(si, "MEASURE(8.5)", "MEASURE(8500.)");
  CHECK(import_text(si).shapes.at(0).density_kg_m3.value_or(0) == doctest::Approx(8500));
  // A density that makes no sense is reported, not used.
  const ImportedScene bad =
      import_text(test::replaced(gram_per_cm3, "MEASURE(8.5)", "MEASURE(-8.5)"));
  CHECK_FALSE(bad.shapes.at(0).density_kg_m3);
  CHECK(only_problem(bad).code == ProblemCode::BadMaterial);
  CHECK(only_problem(bad).part == "/block");
}

TEST_CASE("names are UTF-8, whatever the file's bytes or escapes were") {
  // ISO 10303-21 escapes UTF-16: half a pair is no character. The bytes are that half in UTF-8's
  // scheme, and a character of an old code page.
  for (const char* odd : {"\\X2\\D83D\\X0\\", "\xED\xA0\xBD", "caf\xE9"}) {
    CAPTURE(odd);
    AssemblyWriter writer;
    writer.part(box(), "block", {1, 0, 0}, "brass", 8.5);
    std::string text = test::replaced(text_of(writer), "brass", odd);
    text = test::replaced(text, "block", odd);
    const ImportedScene scene = import_text(text);
    REQUIRE(scene.shapes.size() == 1);
    for (const std::string& name :
         {scene.shapes[0].material, scene.shapes[0].name, scene.instances.at(0).path}) {
      CAPTURE(name);
      CHECK(is_utf8(name));
    }
  }
}

TEST_CASE("parts without a solid are errors that name the part and say what it has") {
  AssemblyWriter writer;
  const TDF_Label root = writer.assembly("root");
  const TDF_Label lid =
      writer.part(TopExp_Explorer(box(), TopAbs_FACE).Current(), "lid", {1, 0, 0});
  writer.place(root, lid, gp_Trsf(), "");
  writer.place(root, writer.part(compound_of({line()}), "axis", {1, 0, 0}), gp_Trsf(), "");
  writer.place(root, writer.part(box(), "body", {1, 0, 0}), gp_Trsf(), "");
  const ImportedScene scene = import_text(text_of(writer));
  CHECK(paths(scene) == std::vector<std::string>{"/root/body"});
  REQUIRE(scene.problems.size() == 2);
  for (const auto& problem : scene.problems) {
    CHECK(problem.severity == Severity::Error);
    CHECK(problem.code == ProblemCode::NoSolid);
  }
  CHECK(scene.problems[0].part == "/root/lid");
  CHECK(scene.problems[0].message.find("1 open surface") != std::string::npos);
  CHECK(scene.problems[1].part == "/root/axis");
}

TEST_CASE("a closed shell is simulated as a solid, and loose wires beside one are reported") {
  AssemblyWriter writer;
  const TDF_Label root = writer.assembly("root");
  const TopoDS_Shape shell = TopExp_Explorer(box(), TopAbs_SHELL).Current();
  writer.place(root, writer.part(shell, "can", {1, 0, 0}), gp_Trsf(), "");
  writer.place(
      root,
      writer.part(compound_of({BRepPrimAPI_MakeSphere(5).Shape(), line()}), "hybrid", {1, 0, 0}),
      gp_Trsf(), "");
  const ImportedScene scene = import_text(text_of(writer));
  CHECK_FALSE(geometry::has_errors(scene.problems));
  REQUIRE(scene.shapes.size() == 2);
  CHECK(scene.shapes[0].properties.volume_m3 == doctest::Approx(6e-6).epsilon(1e-9));
  const auto has = [&](const std::string& part, ProblemCode code) {
    return std::any_of(scene.problems.begin(), scene.problems.end(),
                       [&](const auto& p) { return p.part == part && p.code == code; });
  };
  CHECK(has("/root/can", ProblemCode::ShellMadeSolid));
  CHECK(has("/root/hybrid", ProblemCode::NotRepresented));
}

TEST_CASE("a product without geometry is an error that names it; no product is one too") {
  const std::string product =
      "#1=APPLICATION_CONTEXT('x');\n#2=PRODUCT_CONTEXT('',#1,'mechanical');\n"
      "#3=PRODUCT('bracket','bracket','',(#2));\n";
  const ImportedScene named = import_text(header_and(product));
  CHECK(only_problem(named).code == ProblemCode::NoSolid);
  CHECK(only_problem(named).part == "bracket");
  const ImportedScene nothing = import_text(header_and("#1=APPLICATION_CONTEXT('x');\n"));
  CHECK(only_problem(nothing).code == ProblemCode::EmptyAssembly);
  CHECK(geometry::has_errors(nothing.problems));
}

TEST_CASE("bytes that are no STEP file are refused with the reason") {
  const std::string text = test::step_text(box());
  const auto reason = [](const std::string& bytes) -> std::string {
    try {
      import_text(bytes);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(reason("") == "the file is empty");
  CHECK(reason("solid cube\nfacet normal 0 0 1\n") ==
        "not a STEP file: it does not begin with ISO-10303-21");
  CHECK(reason(text.substr(0, text.size() / 2)).find("cut off") != std::string::npos);
  CHECK(reason(test::replaced(text, "DATA;", "DATA;\n#1=(((")).find("cannot be parsed") !=
        std::string::npos);
}

TEST_CASE("limits on instances and solids are errors, not endless work") {
  AssemblyWriter writer;
  const TDF_Label root = writer.assembly("root");
  const TDF_Label part = writer.part(box(), "part", {1, 0, 0});
  for (int i = 0; i < 5; ++i) writer.place(root, part, placed({100.0 * i, 0, 0}), "");
  const std::string text = text_of(writer);
  cad::StepOptions options;
  options.limits.max_instances = 4;
  CHECK_THROWS_AS(cad::import_step(as_bytes(text), options), LimitError);
  options.limits.max_instances = 5;
  options.limits.max_triangles = 11;
  CHECK_THROWS_AS(cad::import_step(as_bytes(text), options), LimitError);
  options.limits.max_triangles = 12;
  CHECK(cad::import_step(as_bytes(text), options).instances.size() == 5);
}

TEST_CASE("four threads import at the same time and get the same scene") {
  const std::string text = test::step_text(BRepPrimAPI_MakeCylinder(8, 50).Shape());
  std::vector<Bytes> results(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (Bytes& result : results) {
      threads.emplace_back([&] {
        for (int i = 0; i < 4; ++i) result = geometry::encode_scene(import_text(text));
      });
    }
  }
  CHECK(results[0].size() > 1000);
  for (const Bytes& result : results) CHECK(result == results[0]);
}

TEST_CASE("the example parts of the data folder read well") {
  const std::string folder = DURASIM_TEST_DATA "/cad/";
  if (::access(folder.c_str(), R_OK) != 0) {
    MESSAGE("skipped: no " << folder);
    return;
  }
  const auto red_blue = cad::import_step(read_file(folder + "red_cube_blue_cylinder.step"));
  REQUIRE(red_blue.shapes.size() == 2);
  CHECK(red_blue.problems.empty());
  for (const auto& shape : red_blue.shapes) {
    REQUIRE(shape.primitive);
    REQUIRE(shape.color);
    const bool is_cube = shape.primitive->shape.index() == 0;
    CHECK(shape.name == (is_cube ? "red_cube" : "blue_cylinder"));
    CHECK((is_cube ? shape.color->r > 2 * shape.color->b : shape.color->b > 2 * shape.color->r));
    CHECK(shape.properties.volume_m3 ==
          doctest::Approx(is_cube ? 1e-6 : 3.14159265358979 / 4 * 1e-6).epsilon(1e-9));
  }
  for (const char* name : {"screw.step", "linkrods.step"}) {
    const auto scene = cad::import_step(read_file(folder + name));
    REQUIRE(scene.shapes.size() == 1);
    CHECK(scene.problems.empty());
    CHECK(scene.unit == "mm");
    CHECK(scene.shapes[0].name.empty());  // "the product name"
    CHECK(scene.shapes[0].properties.relative_error < 1e-8);
    CHECK(geometry::check_solid(scene.shapes[0].mesh, name).empty());
  }
}
