// Assemblies: names, lookups, materials, what a file states and what it leaves open.
#include "durasim/sim/assembly.hpp"

#include "durasim/core/error.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/part_parameters.hpp"

#include "geometry/meshes.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace durasim;
using namespace durasim::sim;

namespace {

geometry::ImportedScene scene_of(const std::vector<std::string>& paths) {
  geometry::ImportedScene scene;
  scene.unit = "mm";
  scene.metres_per_unit = 1e-3;
  geometry::ImportedShape shape;
  shape.mesh = testing_meshes::box({0, 0, 0}, {0.01, 0.01, 0.01});
  shape.properties.volume_m3 = 1e-6;
  scene.shapes = {shape};
  for (const std::string& path : paths) scene.instances.push_back({0, path, {}, std::nullopt});
  return scene;
}

}  // namespace

TEST_CASE("names from files are short where unique and the instance path where not") {
  const Assembly a = Assembly::from_scene(
      scene_of({"/frame/screw", "/frame/screw", "/frame/plate", "/arm/screw"}), "file");
  REQUIRE(a.parts().size() == 4);
  CHECK(a.parts()[0].name == "/frame/screw");
  CHECK(a.parts()[1].name == "/frame/screw#2");
  CHECK(a.parts()[2].name == "plate");
  CHECK(a.parts()[2].path == "/frame/plate");
  CHECK(a.parts()[3].name == "/arm/screw");
}

TEST_CASE("placeholder names fall back to the file's name") {
  const Assembly a = Assembly::from_scene(scene_of({"/", "", "/robot/"}), "linkrods");
  CHECK(a.parts()[0].path == "/linkrods");
  CHECK(a.parts()[1].path == "/linkrods#2");
  CHECK(a.parts()[2].path == "/robot/linkrods");
}

TEST_CASE("a name in a file that looks like a made one stays unique") {
  const Assembly a = Assembly::from_scene(scene_of({"/s#2", "/s", "/s", "/s"}), "f");
  std::set<std::string> paths;
  for (const Part& p : a.parts()) CHECK(paths.insert(p.path).second);
}

TEST_CASE("parts of a file may be called like things of the scene") {
  const Assembly a = Assembly::from_scene(scene_of({"/house/floor"}), "house");
  CHECK(a.parts()[0].name == "/house/floor");
}

TEST_CASE("a part is found by name, by path and by the end of its path") {
  Assembly a =
      Assembly::from_scene(scene_of({"/frame/screw", "/frame/screw", "/arm/plate"}), "file");
  CHECK(&a.part("plate") == &a.parts()[2]);
  CHECK(&a.part("/arm/plate") == &a.parts()[2]);
  CHECK(&a.part("frame/screw#2") == &a.parts()[1]);
  CHECK(&a.part("/frame/screw") == &a.parts()[0]);
  CHECK_THROWS_WITH_AS(static_cast<void>(a.part("bolt")), doctest::Contains("plate"),
                       InvalidArgument);
}

TEST_CASE("a name that several parts answer to is an error that lists them, never the first") {
  const Assembly file = Assembly::from_scene(scene_of({"/frame/screw", "/frame/screw"}), "file");
  CHECK_THROWS_WITH_AS(static_cast<void>(file.part("screw")), doctest::Contains("/frame/screw#2"),
                       InvalidArgument);
  CHECK_THROWS_AS(static_cast<void>(file.select("frame/screw")), InvalidArgument);
  Assembly code;
  code.add_sphere("ball", 0.01);
  code.add_sphere("ball", 0.02);
  CHECK_THROWS_WITH_AS(static_cast<void>(code.part("ball")), doctest::Contains("2 match"),
                       InvalidArgument);
}

TEST_CASE("a sub-assembly selects all its parts, a part only itself") {
  const Assembly a = Assembly::from_scene(
      scene_of({"/robot/frame/foot", "/robot/frame/leg/shin", "/robot/arm"}), "f");
  CHECK(a.select("frame").size() == 2);
  CHECK(a.select("robot/frame").size() == 2);
  CHECK(a.select("/robot").size() == 3);
  REQUIRE(a.select("arm").size() == 1);
  CHECK(a.select("arm")[0] == &a.parts()[2]);
  CHECK_THROWS_AS(static_cast<void>(a.select("ame")), InvalidArgument);
}

TEST_CASE("a density in the file comes before the material's") {
  geometry::ImportedScene scene = scene_of({"/a"});
  scene.shapes[0].density_kg_m3 = 1234;
  CHECK(Assembly::from_scene(scene, "f", "steel").parts()[0].material.density_kg_m3 == 1234);
  scene.shapes[0].density_kg_m3.reset();
  CHECK(Assembly::from_scene(scene, "f", "steel").parts()[0].material.density_kg_m3 == 7850);
  scene.shapes[0].material = "Brass";
  CHECK(Assembly::from_scene(scene, "f", "steel").parts()[0].material.name == "brass");
}

TEST_CASE("an unknown material is an error that lists the known ones") {
  Assembly a;
  CHECK_THROWS_WITH_AS(a.add_sphere("ball", 0.01, {.material = "unobtainium"}),
                       doctest::Contains("steel"), InvalidArgument);
}

TEST_CASE("pair friction takes the table's pair, else the geometric mean") {
  const Material& steel = *find_material("steel");
  const Material& ptfe = *find_material("PTFE");
  const Material& rubber = *find_material("rubber");
  CHECK(pair_friction(steel, ptfe) == 0.04);
  CHECK(pair_friction(ptfe, steel) == 0.04);
  CHECK(pair_friction(rubber, ptfe) == doctest::Approx(0.2));
  CHECK(find_material("Stainless Steel") != nullptr);
  CHECK(find_material("aluminum") == find_material("aluminium"));
}

TEST_CASE("an open mesh given in code is a problem that names the part") {
  Assembly a;
  geometry::TriangleMesh open = testing_meshes::box({0, 0, 0}, {1, 1, 1});
  open.triangles.pop_back();
  a.add("lid", open);
  REQUIRE(a.problems().size() == 1);
  CHECK(a.problems()[0].part == "lid");
  CHECK(a.problems()[0].code == geometry::ProblemCode::OpenMesh);
}

TEST_CASE("a friction that was given counts in pairs of the table, too") {
  Material slippery = *find_material("rubber");
  slippery.friction = 0.05;
  const Material& concrete = *find_material("concrete");
  CHECK(pair_friction(*find_material("rubber"), concrete) == 0.85);
  CHECK(pair_friction(slippery, concrete) == doctest::Approx(std::sqrt(0.05 * 0.7)));
  CHECK(pair_friction(concrete, slippery) == doctest::Approx(std::sqrt(0.05 * 0.7)));
}

TEST_CASE("indices that lead nowhere are problems of the part") {
  Assembly a;
  geometry::TriangleMesh mesh = testing_meshes::box({0, 0, 0}, {1, 1, 1});
  mesh.triangles[0] = {1, 2, 400'000'000};
  a.add("lid", mesh);
  REQUIRE(a.problems().size() == 1);
  CHECK(a.problems()[0].part == "lid");
  CHECK(a.problems()[0].code == geometry::ProblemCode::BadShape);

  geometry::ImportedScene scene = scene_of({"/frame/screw", "/frame/plate"});
  scene.instances[0].shape = 7;
  const Assembly file = Assembly::from_scene(scene, "file");
  REQUIRE(file.parts().size() == 1);
  CHECK(file.parts()[0].name == "plate");
  REQUIRE(file.problems().size() == 1);
  CHECK(file.problems()[0].part == "/frame/screw");
  CHECK(file.problems()[0].code == geometry::ProblemCode::BadShape);
}

TEST_CASE("parameters: a member that does not exist is refused with its place, not passed over") {
  const auto refusal = [](std::string_view json) -> std::string {
    try {
      (void)parse_parameters(as_bytes(json));
    } catch (const FormatError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal(R"({"unit":"mm","parts":[{"name":"a","postion":{"z":500}}]})") ==
        "$.parts[0].postion: there is no such member; there are name, box, cylinder, sphere, "
        "position, orientation, material, density_kg_m3");
  CHECK(refusal(R"({"units":"mm"})").starts_with("$.units: "));
  CHECK(refusal(R"({"unit":"mm","parts":[{"box":{"size":{"x":1,"Y":2}}}]})")
            .starts_with("$.parts[0].box.size.Y: "));
  CHECK(refusal(R"({"unit":"mm","parts":[{"sphere":{"radius":1},"box":null}]})") == "accepted");
}

TEST_CASE("parameters: what is not given of an orientation is zero") {
  const auto turned = [](const std::string& orientation) {
    const std::string json =
        R"({"unit":"mm","parts":[{"sphere":{"radius":1})" + orientation + "}]}";
    return scene_of(parse_parameters(as_bytes(json)), "f").instances.at(0).pose.orientation;
  };
  CHECK(turned("") == geometry::Quat{1, 0, 0, 0});
  CHECK(turned(R"(,"orientation":null)") == geometry::Quat{1, 0, 0, 0});
  CHECK(turned(R"(,"orientation":{"y":1})") == geometry::Quat{0, 0, 1, 0});
  CHECK(turned(R"(,"orientation":{"w":3,"y":4})") == geometry::Quat{0.6, 0, 0.8, 0});
}

TEST_CASE("parameters: more parts than the limit are one problem") {
  ImportOptions options;
  options.limits.max_shapes = 1;
  const std::string json =
      R"({"unit":"mm","parts":[{"sphere":{"radius":1}},{"sphere":{"radius":2}}]})";
  const Assembly a = import_bytes(as_bytes(json), FileFormat::Json, "f", options);
  CHECK(a.parts().empty());
  REQUIRE(a.problems().size() == 1);
  CHECK(a.problems()[0].code == geometry::ProblemCode::LimitExceeded);
}
