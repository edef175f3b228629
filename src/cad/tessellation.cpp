// BRepMesh gives each face its own vertices. Faces that share an edge use the same points on it, so
// that joining points that are equal bit for bit closes the surface.
#include "cad/tessellation.hpp"

#include "durasim/geometry/mesh.hpp"

#include <BRepMesh_IncrementalMesh.hxx>
#include <BRepTools.hxx>
#include <BRep_Tool.hxx>
#include <IMeshTools_Parameters.hxx>
#include <Poly_Triangulation.hxx>
#include <TopExp_Explorer.hxx>
#include <TopLoc_Location.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Face.hxx>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace durasim::inline v0::cad {
namespace {

constexpr int kCoarserTries = 3;

// Vertices by their exact coordinates: open addressing in one array, since this is the inner loop
// of an import.
class VertexMap {
 public:
  explicit VertexMap(std::size_t expected)
      : slots_(std::bit_ceil(2 * std::max<std::size_t>(expected, 8)), kFree) {}

  std::uint32_t index_of(const geometry::Vec3& p, std::vector<geometry::Vec3>& vertices) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = hash(p) & mask;; slot = (slot + 1) & mask) {
      if (slots_[slot] == kFree) {
        slots_[slot] = static_cast<std::uint32_t>(vertices.size());
        vertices.push_back(p);
        return slots_[slot];
      }
      if (vertices[slots_[slot]] == p) return slots_[slot];
    }
  }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  static std::size_t hash(const geometry::Vec3& p) {
    std::uint64_t h = 0;
    for (const double c : {p.x, p.y, p.z}) {
      h ^= std::bit_cast<std::uint64_t>(c);
      h *= 0x9E3779B97F4A7C15U;
      h ^= h >> 29U;
    }
    return h;
  }
  std::vector<std::uint32_t> slots_;
};

struct MeshedFace {
  Handle(Poly_Triangulation) triangulation;
  TopLoc_Location location;
  bool reversed = false;
};

// -0.0 would be equal to 0.0 and yet have another hash.
double canonical(double value) {
  return value + 0.0;
}

void append(const MeshedFace& face, double scale, VertexMap& map, geometry::TriangleMesh& mesh) {
  const Poly_Triangulation& t = *face.triangulation;
  const gp_Trsf placement = face.location.Transformation();
  std::vector<std::uint32_t> index(static_cast<std::size_t>(t.NbNodes()) + 1);
  for (int i = 1; i <= t.NbNodes(); ++i) {
    gp_Pnt p = t.Node(i);
    if (!face.location.IsIdentity()) p.Transform(placement);
    index[static_cast<std::size_t>(i)] =
        map.index_of({canonical(scale * p.X()), canonical(scale * p.Y()), canonical(scale * p.Z())},
                     mesh.vertices_m);
  }
  for (int i = 1; i <= t.NbTriangles(); ++i) {
    std::array<int, 3> corner{};
    t.Triangle(i).Get(corner[0], corner[1], corner[2]);
    if (face.reversed) std::swap(corner[1], corner[2]);
    std::array<std::uint32_t, 3> triangle{};
    for (std::size_t k = 0; k < 3; ++k) triangle[k] = index[static_cast<std::size_t>(corner[k])];
    const auto [a, b, c] = triangle;
    if (a != b && b != c && c != a) mesh.triangles.push_back(triangle);
  }
}

// The triangulations that are stored in a shape, as one mesh.
Tessellation extract(const TopoDS_Shape& solid, double scale) {
  Tessellation result;
  std::vector<MeshedFace> faces;
  std::size_t nodes = 0;
  std::size_t triangles = 0;
  for (TopExp_Explorer it(solid, TopAbs_FACE); it.More(); it.Next()) {
    MeshedFace face;
    face.triangulation = BRep_Tool::Triangulation(TopoDS::Face(it.Current()), face.location);
    face.reversed = it.Current().Orientation() == TopAbs_REVERSED;
    if (face.triangulation.IsNull()) {
      ++result.failed_faces;
      continue;
    }
    nodes += static_cast<std::size_t>(face.triangulation->NbNodes());
    triangles += static_cast<std::size_t>(face.triangulation->NbTriangles());
    faces.push_back(std::move(face));
  }
  VertexMap map(nodes);
  result.mesh.vertices_m.reserve(nodes);
  result.mesh.triangles.reserve(triangles);
  for (const MeshedFace& face : faces) append(face, scale, map, result.mesh);
  result.full_triangles = result.mesh.triangles.size();
  return result;
}

double default_deflection_m(double diagonal_m) {
  return std::clamp(diagonal_m / 500, 1e-5, 5e-4);
}

}  // namespace

Tessellation tessellate(const TopoDS_Shape& solid, double diagonal, double metres_per_unit,
                        const TessellationOptions& options) {
  const double deflection_m = options.linear_deflection_m > 0
                                  ? options.linear_deflection_m
                                  : default_deflection_m(diagonal * metres_per_unit);
  IMeshTools_Parameters parameters;
  parameters.Deflection = deflection_m / metres_per_unit;
  parameters.Angle = options.angular_deflection_rad;
  parameters.InParallel = false;
  parameters.Relative = false;
  std::size_t full_triangles = 0;
  for (int attempt = 0;; ++attempt) {
    BRepTools::Clean(solid);  // a triangulation that is there already would be kept if it is finer
    const BRepMesh_IncrementalMesh mesher(solid, parameters);
    Tessellation result = extract(solid, metres_per_unit);
    full_triangles = std::max(full_triangles, result.full_triangles);
    const bool too_many = result.mesh.triangles.size() > options.max_triangles;
    if (too_many && attempt < kCoarserTries) {
      parameters.Deflection *= 4;
      parameters.Angle = std::min(1.5 * parameters.Angle, 1.0);
      continue;
    }
    if (too_many) result.mesh = geometry::reduce(result.mesh, options.max_triangles);
    result.full_triangles = full_triangles;
    BRepTools::Clean(solid);
    return result;
  }
}

}  // namespace durasim::inline v0::cad
