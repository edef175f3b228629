// Mesh files: STL in both forms, OBJ and MSH give the same solid; damaged ones give a message.

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/import.hpp"

#include "geometry/meshes.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <random>
#include <stop_token>

using namespace durasim;
using namespace durasim::sim;
using geometry::TriangleMesh;
using geometry::Vec3;

namespace {

// A 10 x 20 x 30 block in file units.
TriangleMesh block() {
  return testing_meshes::box({0, 0, 0}, {10, 20, 30});
}

std::string ascii_stl(const TriangleMesh& mesh) {
  std::string text = "solid block\n";
  for (const auto& t : mesh.triangles) {
    text += " facet normal 0 0 0\n  outer loop\n";
    for (const auto i : t) {
      const Vec3& v = mesh.vertices_m[i];
      text += fmt::format("   vertex {:e} {:e} {:e}\n", v.x, v.y, v.z);
    }
    text += "  endloop\n endfacet\n";
  }
  return text + "endsolid block\n";
}

std::string binary_stl(const TriangleMesh& mesh) {
  std::string bytes(80, 'b');
  const auto append = [&](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
  };
  const auto n = static_cast<std::uint32_t>(mesh.triangles.size());
  append(&n, 4);
  for (const auto& t : mesh.triangles) {
    std::array<float, 12> v{};
    for (std::size_t k = 0; k < 3; ++k) {
      const Vec3& p = mesh.vertices_m[t[k]];
      v[3 + 3 * k] = static_cast<float>(p.x);
      v[4 + 3 * k] = static_cast<float>(p.y);
      v[5 + 3 * k] = static_cast<float>(p.z);
    }
    append(v.data(), sizeof v);
    bytes.append(2, '\0');
  }
  return bytes;
}

std::string obj(const TriangleMesh& mesh) {
  std::string text = "# a block\no block\n";
  for (const Vec3& v : mesh.vertices_m) text += fmt::format("v {} {} {}\n", v.x, v.y, v.z);
  text += "vn 0 0 1\n";
  for (const auto& t : mesh.triangles)
    text += fmt::format("f {}/1/1 {}//1 {}\n", t[0] + 1, t[1] + 1, t[2] + 1);
  return text;
}

std::string msh(const TriangleMesh& mesh) {
  std::string bytes;
  const auto append = [&](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
  };
  const std::array<std::int32_t, 4> counts{static_cast<std::int32_t>(mesh.vertices_m.size()), 0, 0,
                                           static_cast<std::int32_t>(mesh.triangles.size())};
  append(counts.data(), sizeof counts);
  for (const Vec3& v : mesh.vertices_m) {
    const std::array<float, 3> f{static_cast<float>(v.x), static_cast<float>(v.y),
                                 static_cast<float>(v.z)};
    append(f.data(), sizeof f);
  }
  append(mesh.triangles.data(), 12 * mesh.triangles.size());
  return bytes;
}

Assembly read(const std::string& bytes, FileFormat format,
              std::optional<LengthUnit> unit = LengthUnit::Millimetre) {
  return import_bytes(as_bytes(bytes), format, "file", {.unit = unit});
}

// The one problem of a file that is refused.
std::string refusal(const std::string& bytes, FileFormat format) {
  const Assembly a = read(bytes, format);
  REQUIRE(a.problems().size() == 1);
  CHECK(a.problems()[0].code == geometry::ProblemCode::UnreadableFile);
  CHECK(a.problems()[0].part == "file");
  CHECK(a.parts().empty());
  return a.problems()[0].message;
}

}  // namespace

TEST_CASE("STL, OBJ and MSH of the same block in millimetres give the same solid in metres") {
  const TriangleMesh mesh = block();
  for (const auto& [bytes, format] :
       {std::pair{ascii_stl(mesh), FileFormat::Stl}, std::pair{binary_stl(mesh), FileFormat::Stl},
        std::pair{obj(mesh), FileFormat::Obj}, std::pair{msh(mesh), FileFormat::Msh}}) {
    const Assembly scene = read(bytes, format);
    CHECK(scene.problems().empty());
    REQUIRE(scene.parts().size() == 1);
    CHECK(scene.parts()[0].geometry->mesh.vertices_m.size() == 8);
    CHECK(scene.parts()[0].geometry->properties.volume_m3 == doctest::Approx(6e-6).epsilon(1e-9));
    CHECK(scene.parts()[0].geometry->properties.com_m.z == doctest::Approx(0.015).epsilon(1e-9));
  }
}

TEST_CASE("the same numbers in mm, inch and m differ by the cube of the unit") {
  const std::string bytes = binary_stl(block());
  CHECK(read(bytes, FileFormat::Stl, LengthUnit::Inch).parts()[0].geometry->properties.volume_m3 ==
        doctest::Approx(6000 * 0.0254 * 0.0254 * 0.0254));
  CHECK(read(bytes, FileFormat::Stl, LengthUnit::Metre).parts()[0].geometry->properties.volume_m3 ==
        doctest::Approx(6000));
}

TEST_CASE("without a unit the problem shows the size in mm, inch and m") {
  const Assembly scene = read(binary_stl(block()), FileFormat::Stl, std::nullopt);
  REQUIRE(scene.problems().size() == 1);
  CHECK(scene.problems()[0].code == geometry::ProblemCode::UnitRequired);
  CHECK(scene.problems()[0].message.find("10 x 20 x 30 mm if it is in mm") != std::string::npos);
  CHECK(scene.problems()[0].message.find("254 x 508 x 762 mm if it is in in") != std::string::npos);
}

TEST_CASE("polygons, negative indices and several objects of an OBJ file are read") {
  std::string text;
  for (const char* name : {"one", "two"}) {
    text += fmt::format("o {}\n", name);
    for (const Vec3& v : block().vertices_m) text += fmt::format("v {} {} {}\n", v.x, v.y, v.z);
    text +=
        "f -8 -6 -5 -7\nf -4 -3 -1 -2\nf -8 -7 -3 -4\nf -6 -2 -1 -5\nf -8 -4 -2 -6\nf -7 -5 -1 "
        "-3\n";
  }
  const Assembly scene = read(text, FileFormat::Obj);
  CHECK(scene.problems().empty());
  REQUIRE(scene.parts().size() == 2);
  CHECK(scene.parts()[1].path == "/two");
  CHECK(scene.parts()[1].geometry->properties.volume_m3 == doctest::Approx(6e-6));
}

TEST_CASE("damaged files are refused with the place") {
  refusal("", FileFormat::Stl);
  refusal("solid a\n facet normal 0 0 1\n", FileFormat::Stl);
  CHECK(refusal("solid a\nvertex 1 2 x\nendsolid a\n", FileFormat::Stl).find("line 2") !=
        std::string::npos);
  refusal("v 0 0 0\nf 1 2 3\n", FileFormat::Obj);
  refusal("hello", FileFormat::Obj);
  const std::string stl = binary_stl(block());
  refusal(stl.substr(0, stl.size() - 1), FileFormat::Stl);
  std::string bomb(84, 'x');
  const std::uint32_t huge = 0xFFFFFFFF;
  std::memcpy(bomb.data() + 80, &huge, 4);
  refusal(bomb, FileFormat::Stl);
  const std::string m = msh(block());
  refusal(m.substr(0, m.size() - 4), FileFormat::Msh);
}

TEST_CASE("a hole in the file's mesh is a problem of the part, with its name") {
  TriangleMesh open = block();
  open.triangles.pop_back();
  const Assembly scene = read(ascii_stl(open), FileFormat::Stl);
  REQUIRE_FALSE(scene.problems().empty());
  CHECK(scene.problems()[0].code == geometry::ProblemCode::OpenMesh);
  CHECK(scene.problems()[0].part == "block");
}

TEST_CASE("corners that differ by noise in a float's last bit are one corner") {
  TriangleMesh noisy = block();
  noisy.vertices_m.push_back({-3e-9, 0, 0});  // a second writing of corner 0
  noisy.triangles[0][0] = 8;
  const Assembly scene = read(ascii_stl(noisy), FileFormat::Stl);
  CHECK(scene.problems().empty());
  CHECK(scene.parts()[0].geometry->mesh.vertices_m.size() == 8);
}

TEST_CASE("more triangles than the limit are refused") {
  ImportOptions options{.unit = LengthUnit::Metre};
  options.limits.max_triangles = 11;
  const Assembly a = import_bytes(as_bytes(binary_stl(block())), FileFormat::Stl, "f", options);
  REQUIRE(a.problems().size() == 1);
  CHECK(a.problems()[0].code == geometry::ProblemCode::LimitExceeded);
}

TEST_CASE("property: mutated mesh files give parts or problems, never a crash") {
  const unsigned seed = 11;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const TriangleMesh mesh = block();
  const std::vector<std::pair<std::string, FileFormat>> originals{
      {ascii_stl(mesh), FileFormat::Stl},
      {binary_stl(mesh), FileFormat::Stl},
      {obj(mesh), FileFormat::Obj},
      {msh(mesh), FileFormat::Msh}};
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    auto [bytes, format] = originals[random() % originals.size()];
    for (unsigned k = 0; k <= random() % 4; ++k) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 20);
          break;
        default:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 30));
          break;
      }
      if (bytes.empty()) bytes = "x";
    }
    refused += read(bytes, format).problems().empty() ? 0 : 1;
  }
  CHECK(refused > 1000);
}

TEST_CASE("more solids, corners or vertices than the limits allow are refused while reading") {
  ImportOptions options{.unit = LengthUnit::Metre};
  const auto problem = [&](const std::string& text, FileFormat format) {
    const Assembly a = import_bytes(as_bytes(text), format, "f", options);
    CHECK(a.parts().empty());
    REQUIRE(a.problems().size() == 1);
    return std::string(to_string(a.problems()[0].code)) + " " + a.problems()[0].message;
  };
  std::string solids;
  for (int i = 0; i < 30'000; ++i) solids += "solid\n";
  CHECK(problem(solids + "endsolid\n", FileFormat::Stl) ==
        "LIMIT_EXCEEDED the file has more than 20000 solids, the limit");
  options.limits.max_instances = 2;
  std::string objects;
  for (const char* name : {"a", "b", "c"})
    objects += fmt::format("o {}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf -1 -2 -3\n", name);
  CHECK(problem(objects, FileFormat::Obj) ==
        "LIMIT_EXCEEDED the file has more than 2 solids, the limit");
  options.limits = {};
  options.limits.max_triangles = 2;
  CHECK(problem("v 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nv 0 0 0\nf 1 2 3\n",
                FileFormat::Obj) == "LIMIT_EXCEEDED the file has more than 6 vertices, the limit");
  const std::string corner = "vertex 0 0 0\n";
  CHECK(problem("solid a\n" + corner + corner + corner + corner, FileFormat::Stl)
            .starts_with("UNREADABLE_FILE line 5: "));
}

TEST_CASE("reading a mesh can be stopped") {
  std::stop_source stop;
  stop.request_stop();
  const ImportOptions options{.unit = LengthUnit::Metre, .stop = stop.get_token()};
  for (const auto& [bytes, format] : {std::pair{ascii_stl(block()), FileFormat::Stl},
                                      std::pair{binary_stl(block()), FileFormat::Stl}}) {
    CHECK_THROWS_AS((void)import_bytes(as_bytes(bytes), format, "f", options), CancelledError);
  }
}

TEST_CASE("names and messages are UTF-8, whatever code page a file was written in") {
  std::string latin = ascii_stl(block());
  latin.replace(latin.find("block"), 5, "caf\xE9");
  const Assembly stl = read(latin, FileFormat::Stl);
  REQUIRE(stl.parts().size() == 1);
  CHECK(stl.parts()[0].name == "caf\uFFFD");
  std::string object = obj(block());
  object.replace(object.find("o block"), 7, "o caf\xE9");
  CHECK(read(object, FileFormat::Obj).parts().at(0).name == "caf\uFFFD");
  CHECK(refusal("solid a\ncaf\xE9\n", FileFormat::Stl) ==
        "line 2: \"caf\uFFFD\" is not a word of an ASCII STL file");
  const durasim_test::TemporaryFolder folder;
  const std::string path = folder.file("caf\xE9.stl");
  write_file(path, as_bytes(binary_stl(block())));
  CHECK(import_file(path, {.unit = LengthUnit::Metre}).parts().at(0).name == "caf\uFFFD");
}
