// Mesh files: three small readers, then unit, welding, checks and mass properties.
#include "sim/mesh_import.hpp"

#include "durasim/core/error.hpp"
#include "durasim/geometry/mesh.hpp"

#include "core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

using geometry::TriangleMesh;
using geometry::Vec3;

// One solid of a file, in the file's unit.
struct NamedMesh {
  std::string name;
  TriangleMesh mesh;
};

void check_count(std::size_t count, std::size_t limit, std::string_view what) {
  if (count > limit)
    throw LimitError(fmt::format("the file has more than {} {}, the limit", limit, what));
}

// Every triangle can have corners of its own.
std::size_t max_vertices(const geometry::SceneLimits& limits) {
  return 3 * limits.max_triangles;
}

void check_stop(const std::stop_token& stop) {
  if (stop.stop_requested()) throw CancelledError("the import was cancelled");
}

void add_triangle(TriangleMesh& mesh, const Vec3& a, const Vec3& b, const Vec3& c) {
  const auto first = static_cast<std::uint32_t>(mesh.vertices_m.size());
  mesh.vertices_m.insert(mesh.vertices_m.end(), {a, b, c});
  mesh.triangles.push_back({first, first + 1, first + 2});
}

void add_solid(std::vector<NamedMesh>& solids, std::string name,
               const geometry::SceneLimits& limits) {
  check_count(solids.size() + 1, std::min(limits.max_shapes, limits.max_instances), "solids");
  solids.push_back({std::move(name), {}});
}

// Words of a text, line by line; never reads past its end.
class LineReader {
 public:
  LineReader(std::string_view text, std::stop_token stop) : rest_(text), stop_(std::move(stop)) {}

  // The next line that is not blank; false at the end.
  bool next_line() {
    check_stop(stop_);
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      ++number_;
      if (line_.find_first_not_of(" \t\r") != std::string_view::npos) return true;
    }
    return false;
  }
  std::string_view word() {
    line_.remove_prefix(std::min(line_.find_first_not_of(" \t\r"), line_.size()));
    const std::size_t end = std::min(line_.find_first_of(" \t\r"), line_.size());
    const std::string_view result = line_.substr(0, end);
    line_.remove_prefix(end);
    return result;
  }
  // The rest of the line, as a name. Old programs write it in the code page of their machine.
  std::string name() {
    line_.remove_prefix(std::min(line_.find_first_not_of(" \t\r"), line_.size()));
    return to_utf8(line_.substr(0, line_.find_last_not_of(" \t\r") + 1));
  }
  double number() {
    std::string_view text = word();
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) fail("is not a number", text);
    return value;
  }
  Vec3 vector() {
    const double x = number();
    const double y = number();
    return {x, y, number()};
  }
  [[noreturn]] void fail(std::string_view what, std::string_view text) const {
    throw FormatError(fmt::format("line {}: \"{}\" {}", number_, text.substr(0, 40), what));
  }

 private:
  std::string_view rest_;
  std::stop_token stop_;
  std::string_view line_;
  std::size_t number_ = 0;
};

std::vector<NamedMesh> read_ascii_stl(std::string_view text, const ImportOptions& options) {
  std::vector<NamedMesh> solids;
  std::vector<Vec3> corners;
  std::size_t triangles = 0;
  bool open = false;
  LineReader lines(text, options.stop);
  while (lines.next_line()) {
    const std::string_view word = lines.word();
    if (word == "solid") {
      add_solid(solids, lines.name(), options.limits);
      open = true;
    } else if (word == "vertex") {
      if (!open) lines.fail("stands outside of a solid", word);
      if (corners.size() == 3) lines.fail("is the fourth of a facet", word);
      corners.push_back(lines.vector());
    } else if (word == "endfacet") {
      if (corners.size() != 3) lines.fail("ends a facet that has not exactly 3 vertices", word);
      check_count(++triangles, options.limits.max_triangles, "triangles");
      add_triangle(solids.back().mesh, corners[0], corners[1], corners[2]);
      corners.clear();
    } else if (word == "endsolid") {
      open = false;
    } else if (word != "facet" && word != "outer" && word != "endloop") {
      lines.fail("is not a word of an ASCII STL file", word);
    }
  }
  if (open || !corners.empty())
    throw FormatError("the ASCII STL file ends before its endsolid; it is cut off");
  return solids;
}

bool is_binary_stl(ByteView bytes) {
  std::uint32_t count = 0;
  if (bytes.size() < 84) return false;
  std::memcpy(&count, bytes.data() + 80, 4);
  return bytes.size() == 84 + std::size_t{50} * count;
}

std::vector<NamedMesh> read_stl(ByteView bytes, const ImportOptions& options) {
  if (is_binary_stl(bytes)) {
    std::vector<NamedMesh> solids(1);
    const std::size_t count = (bytes.size() - 84) / 50;
    check_count(count, options.limits.max_triangles, "triangles");
    for (std::size_t i = 0; i < count; ++i) {
      std::array<float, 9> v{};  // three corners, after the normal that everybody ignores
      std::memcpy(v.data(), bytes.data() + 84 + 50 * i + 12, sizeof v);
      add_triangle(solids[0].mesh, {v[0], v[1], v[2]}, {v[3], v[4], v[5]}, {v[6], v[7], v[8]});
    }
    return solids;
  }
  if (as_text(bytes.first(std::min<std::size_t>(5, bytes.size()))) == "solid")
    return read_ascii_stl(as_text(bytes), options);
  throw FormatError(
      "not an STL file, or cut off: it neither starts with \"solid\" nor has 84 + 50 x (number of "
      "triangles) bytes");
}

// "7", "7/2/3" or "-1": an index of a vertex, 1-based or from the end.
std::uint32_t obj_vertex(LineReader& lines, std::string_view word, std::size_t vertex_count) {
  const std::string_view digits = word.substr(0, word.find('/'));
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  const auto n = static_cast<std::int64_t>(vertex_count);
  if (error != std::errc{} || end != digits.data() + digits.size() || index == 0 || index > n ||
      index < -n) {
    lines.fail("is not the index of a vertex above it", word);
  }
  return static_cast<std::uint32_t>(index > 0 ? index - 1 : n + index);
}

std::vector<NamedMesh> read_obj(std::string_view text, const ImportOptions& options) {
  std::vector<NamedMesh> objects(1);
  std::vector<Vec3> vertices;
  std::size_t triangles = 0;
  LineReader lines(text, options.stop);
  while (lines.next_line()) {
    const std::string_view word = lines.word();
    if (word == "v") {
      check_count(vertices.size() + 1, max_vertices(options.limits), "vertices");
      vertices.push_back(lines.vector());
    } else if (word == "o") {
      if (objects.back().mesh.triangles.empty()) objects.pop_back();
      add_solid(objects, lines.name(), options.limits);
    } else if (word == "f") {
      std::vector<std::uint32_t> loop;
      for (std::string_view w = lines.word(); !w.empty(); w = lines.word()) {
        loop.push_back(obj_vertex(lines, w, vertices.size()));
      }
      if (loop.size() < 3) lines.fail("has fewer than 3 vertices", word);
      check_count(triangles += loop.size() - 2, options.limits.max_triangles, "triangles");
      for (std::size_t k = 2; k < loop.size(); ++k) {
        add_triangle(objects.back().mesh, vertices[loop[0]], vertices[loop[k - 1]],
                     vertices[loop[k]]);
      }
    }
    // Everything else (normals, texture, groups, materials, comments) does not change the solid.
  }
  if (vertices.empty() || triangles == 0)
    throw FormatError("not an OBJ file with faces, or it is cut off");
  return objects;
}

// MuJoCo's legacy binary mesh: four counts, then vertices, normals, texture coordinates, faces.
std::vector<NamedMesh> read_msh(ByteView bytes, const geometry::SceneLimits& limits) {
  std::array<std::int32_t, 4> counts{};
  if (bytes.size() < sizeof counts)
    throw FormatError("not an MSH file: shorter than its header of 16 bytes");
  std::memcpy(counts.data(), bytes.data(), sizeof counts);
  const auto [vertices, normals, texcoords, faces] = counts;
  const bool plausible =
      std::all_of(counts.begin(), counts.end(), [](std::int32_t n) { return n >= 0; });
  const std::uint64_t expected = 16 +
                                 12 * (std::uint64_t(std::uint32_t(vertices)) +
                                       std::uint32_t(normals) + std::uint32_t(faces)) +
                                 8 * std::uint64_t(std::uint32_t(texcoords));
  if (!plausible || expected != bytes.size()) {
    throw FormatError(
        fmt::format("not an MSH file, or cut off: its header asks for {} bytes, it has {}",
                    expected, bytes.size()));
  }
  check_count(static_cast<std::size_t>(faces), limits.max_triangles, "triangles");
  check_count(static_cast<std::size_t>(vertices), max_vertices(limits), "vertices");
  std::vector<NamedMesh> result(1);
  TriangleMesh& mesh = result[0].mesh;
  const std::byte* at = bytes.data() + 16;
  for (std::int32_t i = 0; i < vertices; ++i, at += 12) {
    std::array<float, 3> v{};
    std::memcpy(v.data(), at, sizeof v);
    mesh.vertices_m.push_back({v[0], v[1], v[2]});
  }
  at += std::size_t{12} * static_cast<std::size_t>(normals) +
        std::size_t{8} * static_cast<std::size_t>(texcoords);
  for (std::int32_t i = 0; i < faces; ++i, at += 12) {
    std::array<std::int32_t, 3> f{};
    std::memcpy(f.data(), at, sizeof f);
    std::array<std::uint32_t, 3> triangle{};
    for (std::size_t k = 0; k < 3; ++k) {
      if (f[k] < 0 || f[k] >= vertices)
        throw FormatError(fmt::format("face {} of the MSH file has no vertex {}", i, f[k]));
      triangle[k] = static_cast<std::uint32_t>(f[k]);
    }
    mesh.triangles.push_back(triangle);
  }
  return result;
}

std::vector<NamedMesh> read_raw(ByteView bytes, FileFormat format, const ImportOptions& options) {
  switch (format) {
    case FileFormat::Stl:
      return read_stl(bytes, options);
    case FileFormat::Obj:
      return read_obj(as_text(bytes), options);
    case FileFormat::Msh:
      return read_msh(bytes, options.limits);
    case FileFormat::Step:
    case FileFormat::Mjcf:
    case FileFormat::Json:
      break;
  }
  throw LogicError("read_mesh was given a format that is no mesh");
}

geometry::Problem unit_required(const std::vector<NamedMesh>& meshes, const std::string& name) {
  geometry::Box box;
  for (const NamedMesh& m : meshes) {
    for (const Vec3& v : m.mesh.vertices_m) box = geometry::include(box, v);
  }
  const Vec3 s = box.size();
  const auto size_in = [&](LengthUnit unit) {
    const double k = metres_per(unit) * 1000;
    return fmt::format("{:.4g} x {:.4g} x {:.4g} mm if it is in {}", k * s.x, k * s.y, k * s.z,
                       to_string(unit));
  };
  return {
      .severity = geometry::Severity::Error,
      .part = name,
      .code = geometry::ProblemCode::UnitRequired,
      .message = fmt::format(
          "a mesh does not say its unit: it is {}, {}, or {}; state it with --unit or "
          "ImportOptions::unit",
          size_in(LengthUnit::Millimetre), size_in(LengthUnit::Inch), size_in(LengthUnit::Metre))};
}

}  // namespace

geometry::ImportedScene read_mesh(ByteView bytes, FileFormat format, const std::string& name,
                                  const ImportOptions& options) {
  std::vector<NamedMesh> meshes = read_raw(bytes, format, options);
  geometry::ImportedScene scene;
  scene.metres_per_unit = metres_per(options.unit.value_or(LengthUnit::Metre));
  scene.unit = to_string(options.unit.value_or(LengthUnit::Metre));
  if (!options.unit) {
    scene.problems.push_back(unit_required(meshes, name));
    return scene;
  }
  for (NamedMesh& m : meshes) {
    check_stop(options.stop);
    const std::string part = m.name.empty() ? name : m.name;
    geometry::ImportedShape shape;
    shape.name = m.name;
    // Programs write the same corner with noise in the last bit of a float; one such bit at the
    // mesh's size.
    shape.mesh =
        geometry::weld(m.mesh, std::ldexp(norm(geometry::bounding_box(m.mesh).size()), -23));
    for (Vec3& v : shape.mesh.vertices_m) v = scene.metres_per_unit * v;
    const auto problems = geometry::check_solid(shape.mesh, part);
    scene.problems.insert(scene.problems.end(), problems.begin(), problems.end());
    if (problems.empty()) shape.properties = geometry::mass_properties(shape.mesh);
    scene.instances.push_back(
        {.shape = static_cast<std::uint32_t>(scene.shapes.size()), .path = "/" + m.name});
    scene.shapes.push_back(std::move(shape));
  }
  return scene;
}

}  // namespace durasim::inline v0::sim
