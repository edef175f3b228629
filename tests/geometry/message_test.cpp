// The import message: what goes in comes out, and nothing else is accepted.
#include "durasim/geometry/message.hpp"

#include "durasim/core/error.hpp"

#include "geometry/meshes.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>

using namespace durasim;
using namespace durasim::geometry;

namespace {

ImportedScene sample() {
  ImportedScene scene;
  scene.unit = "mm";
  scene.metres_per_unit = 1e-3;
  ImportedShape shape;
  shape.name = "plate";
  shape.mesh = testing_meshes::box({0, 0, 0}, {0.1, 0.2, 0.3});
  shape.properties = {0.006, {0.05, 0.1, 0.15}, {1, 2, 3, 0.1, 0.2, 0.3}, 1e-12};
  shape.primitive = Primitive{BoxShape{{0.05, 0.1, 0.15}}, {{0.05, 0.1, 0.15}, {}}};
  shape.color = Rgba{1, 0.5F, 0.25F, 1};
  shape.density_kg_m3 = 7850;
  shape.material = "steel";
  scene.shapes = {shape, shape};
  scene.shapes[1].primitive.reset();
  scene.shapes[1].color.reset();
  scene.instances = {{0, "/a/plate", {{1, 2, 3}, {}}, std::nullopt}, {1, "/a/plate", {}, Rgba{}}};
  scene.problems = {{Severity::Warning, "plate", ProblemCode::ShellMadeSolid, "sewn"}};
  return scene;
}

}  // namespace

TEST_CASE("a scene comes back as it was") {
  const ImportedScene a = sample();
  const ImportedScene b = decode_scene(encode_scene(a));
  CHECK(b.unit == "mm");
  CHECK(b.metres_per_unit == 1e-3);
  CHECK(b.problems == a.problems);
  REQUIRE(b.shapes.size() == 2);
  CHECK(b.shapes[0].mesh.vertices_m == a.shapes[0].mesh.vertices_m);
  CHECK(b.shapes[0].mesh.triangles == a.shapes[0].mesh.triangles);
  CHECK(b.shapes[0].properties.unit_inertia_m5 == a.shapes[0].properties.unit_inertia_m5);
  CHECK(b.shapes[0].color == a.shapes[0].color);
  CHECK(b.shapes[0].density_kg_m3 == a.shapes[0].density_kg_m3);
  REQUIRE(b.shapes[0].primitive.has_value());
  CHECK(std::get<BoxShape>(b.shapes[0].primitive->shape).half_extents_m == Vec3{0.05, 0.1, 0.15});
  CHECK_FALSE(b.shapes[1].primitive.has_value());
  REQUIRE(b.instances.size() == 2);
  CHECK(b.instances[0].pose == a.instances[0].pose);
  CHECK(b.instances[0].path == "/a/plate");
  CHECK(b.instances[1].color == Rgba{});
}

TEST_CASE("every truncation is refused") {
  const Bytes whole = encode_scene(sample());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CHECK_THROWS_AS(decode_scene(ByteView(whole).first(n)), FormatError);
  }
}

TEST_CASE("bytes behind the end are refused") {
  Bytes bytes = encode_scene(sample());
  bytes.push_back(std::byte{0});
  CHECK_THROWS_AS(decode_scene(bytes), FormatError);
}

TEST_CASE("property: flipped bits give a scene or a FormatError, never anything else") {
  const unsigned seed = 7;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const Bytes whole = encode_scene(sample());
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    Bytes bytes = whole;
    for (int k = 0; k < 3; ++k)
      bytes[random() % bytes.size()] ^= static_cast<std::byte>(1U << (random() % 8));
    try {
      const ImportedScene scene = decode_scene(bytes);
      for (const auto& shape : scene.shapes) {
        for (const auto& t : shape.mesh.triangles) CHECK(t[0] < shape.mesh.vertices_m.size());
      }
    } catch (const FormatError&) {
      ++refused;
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("impossible values are refused by name") {
  const auto refuses = [](auto&& change, const char* text) {
    ImportedScene scene = sample();
    change(scene);
    CHECK_THROWS_WITH_AS(decode_scene(encode_scene(scene)), doctest::Contains(text), FormatError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refuses([&](ImportedScene& s) { s.shapes[0].mesh.vertices_m[2].z = nan; }, "vertex");
  refuses([](ImportedScene& s) { s.shapes[0].mesh.triangles[0][1] = 99; }, "triangle");
  refuses([](ImportedScene& s) { s.instances[0].shape = 5; }, "instance");
  refuses([](ImportedScene& s) { s.instances[0].pose.orientation.w = 2; }, "quaternion");
  refuses([](ImportedScene& s) { s.metres_per_unit = 0; }, "unit");
  refuses([](ImportedScene& s) { s.shapes[0].primitive->shape = SphereShape{-1}; }, "size");
  refuses([&](ImportedScene& s) { s.shapes[0].properties.com_m.x = nan; }, "centre of mass");
}

TEST_CASE("limits hold on both sides") {
  SceneLimits limits;
  limits.max_triangles = 20;
  CHECK_THROWS_AS(decode_scene(encode_scene(sample()), limits), LimitError);
  limits = {};
  limits.max_instances = 1;
  CHECK_THROWS_AS(decode_scene(encode_scene(sample()), limits), LimitError);
  limits = {};
  limits.max_message_bytes = 100;
  CHECK_THROWS_AS(encode_scene(sample(), limits), LimitError);
}

TEST_CASE("a solid has a volume, unless the scene says what is wrong with it") {
  ImportedScene scene = sample();
  for (const double volume : {0.0, -0.006}) {
    scene.shapes[1].properties.volume_m3 = volume;
    CHECK_THROWS_WITH_AS(decode_scene(encode_scene(scene)),
                         "geometry message: a volume is not positive", FormatError);
  }
  scene.problems[0].severity = Severity::Error;
  CHECK(decode_scene(encode_scene(scene)).shapes.size() == 2);
}
