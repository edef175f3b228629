// Welding, watertightness and the integrals over closed triangle meshes.
#include "durasim/geometry/mesh.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace durasim::inline v0::geometry {
namespace {

struct VertexHash {
  std::size_t operator()(const Vec3& v) const {
    std::uint64_t h = 0x9E3779B97F4A7C15ULL;
    for (const double c : {v.x, v.y, v.z}) {
      h = (h ^ std::bit_cast<std::uint64_t>(c + 0.0)) *
          0xFF51AFD7ED558CCDULL;  // + 0.0: -0 and 0 are one point
      h ^= h >> 32;
    }
    return h;
  }
};

bool has_repeated_vertex(const std::array<std::uint32_t, 3>& t) {
  return t[0] == t[1] || t[1] == t[2] || t[0] == t[2];
}

// How often the triangles run along an edge from its lower to its higher vertex and back.
struct EdgeUse {
  std::uint32_t forward = 0;
  std::uint32_t backward = 0;
};

std::uint64_t edge_key(std::uint32_t a, std::uint32_t b) {
  return (std::uint64_t{std::min(a, b)} << 32) | std::max(a, b);
}

Problem error(const std::string& part, ProblemCode code, std::string message) {
  return {.severity = Severity::Error, .part = part, .code = code, .message = std::move(message)};
}

std::string at(const Vec3& v) {
  return fmt::format("({:.6g}, {:.6g}, {:.6g}) m", v.x, v.y, v.z);
}

void require_indices(const TriangleMesh& mesh) {
  if (const auto problem = check_indices(mesh, "")) throw InvalidArgument(problem->message);
}

struct EdgeDefects {
  std::size_t open = 0, non_manifold = 0, disagreeing = 0;
  std::uint64_t first_open = 0, first_non_manifold = 0, first_disagreeing = 0;
};

EdgeDefects find_edge_defects(const TriangleMesh& mesh) {
  std::unordered_map<std::uint64_t, EdgeUse> edges;
  edges.reserve(mesh.triangles.size() * 3 / 2);
  for (const auto& t : mesh.triangles) {
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t a = t[k];
      const std::uint32_t b = t[(k + 1) % 3];
      EdgeUse& use = edges[edge_key(a, b)];
      ++(a < b ? use.forward : use.backward);
    }
  }
  EdgeDefects found;
  const auto note = [](std::size_t& count, std::uint64_t& first, std::uint64_t key) {
    if (count++ == 0 || key < first)
      first = key;  // the lowest key: the same text whatever the hash order
  };
  for (const auto& [key, use] : edges) {
    const std::uint32_t total = use.forward + use.backward;
    if (total == 1)
      note(found.open, found.first_open, key);
    else if (total > 2 && use.forward != use.backward)
      note(found.non_manifold, found.first_non_manifold, key);
    else if (use.forward != use.backward)
      note(found.disagreeing, found.first_disagreeing, key);
  }
  return found;
}

// Integrals of 1, x, and x x^T over the signed tetrahedra (reference point, a, b, c).
struct VolumeIntegrals {
  double volume = 0;
  Vec3 first;
  SymMat3 second;  // of x_i x_j

  void add(const Vec3& a, const Vec3& b, const Vec3& c) {
    const double d = dot(a, cross(b, c));
    const Vec3 s = a + b + c;
    volume += d / 6;
    first = first + (d / 24) * s;
    const auto moment = [&](auto i, auto j) {
      return d / 120 * (i(a) * j(a) + i(b) * j(b) + i(c) * j(c) + i(s) * j(s));
    };
    const auto x = [](const Vec3& v) { return v.x; };
    const auto y = [](const Vec3& v) { return v.y; };
    const auto z = [](const Vec3& v) { return v.z; };
    second = second + SymMat3{moment(x, x), moment(y, y), moment(z, z),
                              moment(x, y), moment(x, z), moment(y, z)};
  }
};

TriangleMesh cluster(const TriangleMesh& mesh, const Box& box, double cell_m) {
  TriangleMesh result;
  std::unordered_map<Vec3, std::uint32_t, VertexHash> cells;
  std::vector<std::uint32_t> target(mesh.vertices_m.size());
  std::vector<double> weight;
  for (std::size_t i = 0; i < mesh.vertices_m.size(); ++i) {
    const Vec3 p = mesh.vertices_m[i] - box.min;
    const Vec3 cell{std::floor(p.x / cell_m), std::floor(p.y / cell_m), std::floor(p.z / cell_m)};
    const auto [it, added] =
        cells.emplace(cell, static_cast<std::uint32_t>(result.vertices_m.size()));
    target[i] = it->second;
    if (added) {
      result.vertices_m.push_back(mesh.vertices_m[i]);
      weight.push_back(1);
    } else {  // the running mean of the cell's vertices
      Vec3& mean = result.vertices_m[it->second];
      const double n = ++weight[it->second];
      mean = mean + (1 / n) * (mesh.vertices_m[i] - mean);
    }
  }
  for (const auto& t : mesh.triangles) {
    const std::array<std::uint32_t, 3> moved{target[t[0]], target[t[1]], target[t[2]]};
    if (!has_repeated_vertex(moved)) result.triangles.push_back(moved);
  }
  return result;
}

}  // namespace

std::optional<Problem> check_indices(const TriangleMesh& mesh, const std::string& part) {
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    for (const std::uint32_t vertex : mesh.triangles[i]) {
      if (vertex < mesh.vertices_m.size()) continue;
      return error(part, ProblemCode::BadShape,
                   fmt::format("triangle {} of the mesh names vertex {}, and there are {}; "
                               "vertices are counted from 0",
                               i, vertex, mesh.vertices_m.size()));
    }
  }
  return std::nullopt;
}

TriangleMesh weld(const TriangleMesh& mesh, double tolerance_m) {
  require_indices(mesh);
  TriangleMesh result;
  std::unordered_map<Vec3, std::uint32_t, VertexHash> seen;
  seen.reserve(mesh.vertices_m.size());
  std::vector<std::uint32_t> target(mesh.vertices_m.size());
  const auto key = [&](const Vec3& v) {
    if (tolerance_m == 0) return v;
    return Vec3{std::round(v.x / tolerance_m), std::round(v.y / tolerance_m),
                std::round(v.z / tolerance_m)};
  };
  for (std::size_t i = 0; i < mesh.vertices_m.size(); ++i) {
    const auto [it, added] =
        seen.emplace(key(mesh.vertices_m[i]), static_cast<std::uint32_t>(result.vertices_m.size()));
    if (added) result.vertices_m.push_back(mesh.vertices_m[i]);
    target[i] = it->second;
  }
  result.triangles.reserve(mesh.triangles.size());
  for (const auto& t : mesh.triangles) {
    const std::array<std::uint32_t, 3> moved{target[t[0]], target[t[1]], target[t[2]]};
    if (!has_repeated_vertex(moved)) result.triangles.push_back(moved);
  }
  return result;
}

std::vector<Problem> check_solid(const TriangleMesh& mesh, const std::string& part) {
  if (auto problem = check_indices(mesh, part)) return {*std::move(problem)};
  std::vector<Problem> problems;
  const auto bad = std::find_if_not(mesh.vertices_m.begin(), mesh.vertices_m.end(), is_finite);
  if (bad != mesh.vertices_m.end()) {
    return {error(part, ProblemCode::NotFinite,
                  fmt::format("vertex {} is not a finite number; export the mesh again",
                              bad - mesh.vertices_m.begin()))};
  }
  if (mesh.triangles.size() < 4) {
    return {error(part, ProblemCode::ZeroVolume,
                  fmt::format("{} triangles cannot enclose a volume; a solid needs at least 4",
                              mesh.triangles.size()))};
  }
  const EdgeDefects defects = find_edge_defects(mesh);
  const auto where = [&](std::uint64_t key) { return at(mesh.vertices_m[key >> 32]); };
  if (defects.open != 0) {
    problems.push_back(
        error(part, ProblemCode::OpenMesh,
              fmt::format(
                  "the surface has a hole: {} edges belong to one triangle only, the first at {}; "
                  "close it in the CAD program or repair the mesh",
                  defects.open, where(defects.first_open))));
  }
  if (defects.non_manifold != 0) {
    problems.push_back(
        error(part, ProblemCode::NonManifoldMesh,
              fmt::format("{} edges belong to more than two triangles, the first at {}; "
                          "remove inner or doubled faces",
                          defects.non_manifold, where(defects.first_non_manifold))));
  }
  if (defects.disagreeing != 0) {
    problems.push_back(error(
        part, ProblemCode::InconsistentWinding,
        fmt::format("a face is flipped: {} edges are run through twice in the same direction, the "
                    "first at {}; make all normals point outwards",
                    defects.disagreeing, where(defects.first_disagreeing))));
  }
  if (!problems.empty()) return problems;
  const double volume = mass_properties(mesh).volume_m3;
  const Vec3 size = bounding_box(mesh).size();
  const double scale = size.x * size.y * size.z;
  if (!(std::abs(volume) > 1e-12 * scale) || scale == 0) {
    problems.push_back(
        error(part, ProblemCode::ZeroVolume,
              "the surface is closed but encloses no volume; give the part a thickness"));
  } else if (volume < 0) {
    problems.push_back(
        error(part, ProblemCode::InconsistentWinding,
              "the mesh is inside out (its volume is negative); flip all its normals"));
  }
  return problems;
}

MassProperties mass_properties(const TriangleMesh& mesh) {
  require_indices(mesh);
  // About the middle of the box, not the origin: a part far from its origin would lose digits.
  const Vec3 reference = bounding_box(mesh).centre();
  VolumeIntegrals sum;
  for (const auto& t : mesh.triangles) {
    sum.add(mesh.vertices_m[t[0]] - reference, mesh.vertices_m[t[1]] - reference,
            mesh.vertices_m[t[2]] - reference);
  }
  MassProperties result;
  result.volume_m3 = sum.volume;
  result.relative_error =
      static_cast<double>(mesh.triangles.size()) * std::numeric_limits<double>::epsilon();
  if (sum.volume == 0) return result;
  const Vec3 c = (1 / sum.volume) * sum.first;
  result.com_m = c + reference;
  const SymMat3& s = sum.second;
  const SymMat3 about_reference{s.yy + s.zz, s.xx + s.zz, s.xx + s.yy, -s.xy, -s.xz, -s.yz};
  result.unit_inertia_m5 = about_reference + (-sum.volume) * point_inertia(c);
  return result;
}

TriangleMesh reduce(const TriangleMesh& mesh, std::size_t max_triangles) {
  require_indices(mesh);
  if (mesh.triangles.size() <= max_triangles) return mesh;
  const Box box = bounding_box(mesh);
  // A surface of n triangles touches about n / 2 cells; coarser cells until it fits.
  double cell_m = norm(box.size()) / std::sqrt(static_cast<double>(max_triangles));
  TriangleMesh reduced = cluster(mesh, box, cell_m);
  while (reduced.triangles.size() > max_triangles) {
    cell_m *= 1.25;
    reduced = cluster(mesh, box, cell_m);
  }
  return reduced;
}

}  // namespace durasim::inline v0::geometry
