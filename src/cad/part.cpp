// B-rep integrals by OpenCASCADE's adaptive quadrature: its default one is 1e-6 off on parts with
// crossing holes, the Gauss-Kronrod one takes thousands of times longer for nothing.
#include "cad/part.hpp"

#include "durasim/core/error.hpp"

#include "cad/occt_session.hpp"
#include "cad/primitives.hpp"
#include "cad/tessellation.hpp"

#include <BRepAdaptor_Surface.hxx>
#include <BRepBndLib.hxx>
#include <BRepGProp_Domain.hxx>
#include <BRepGProp_Face.hxx>
#include <BRepGProp_Vinert.hxx>
#include <BRep_Tool.hxx>
#include <Bnd_Box.hxx>
#include <GProp_GProps.hxx>
#include <GeomAbs_SurfaceType.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Face.hxx>
#include <TopoDS_Vertex.hxx>
#include <fmt/format.h>
#include <gp_Mat.hxx>
#include <gp_Pnt.hxx>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <utility>

namespace durasim::inline v0::cad {
namespace {

using geometry::ProblemCode;
using geometry::Severity;

// Asked of the integration of one face. It controls the face's volume only: at 1e-9 the inertia of
// a torus is 2e-7 off, at 1e-12 3e-11. Free-form faces would take four times as long for that.
constexpr double kWantedElementary = 1e-12;
constexpr double kWantedFreeForm = 1e-9;
constexpr double kReported = 1e-6;  // achieved errors above this are worth a warning

double diagonal_of(const TopoDS_Shape& solid) {
  Bnd_Box box;
  BRepBndLib::Add(solid, box, false);
  return box.IsVoid() || box.IsOpen() ? 0 : box.CornerMin().Distance(box.CornerMax());
}

// The mean of the vertices, as OpenCASCADE takes it: in a file whose faces meet only within a
// tolerance the volume depends on this point, by 1e-7 to 1e-6 on real parts.
gp_Pnt reference_point(const TopoDS_Shape& solid) {
  gp_XYZ sum(0, 0, 0);
  int count = 0;
  for (TopExp_Explorer it(solid, TopAbs_VERTEX); it.More(); it.Next(), ++count)
    sum += BRep_Tool::Pnt(TopoDS::Vertex(it.Current())).XYZ();
  return {count > 0 ? sum / count : sum};
}

double wanted(const TopoDS_Face& face) {
  switch (BRepAdaptor_Surface(face, false).GetType()) {
    case GeomAbs_Plane:
    case GeomAbs_Cylinder:
    case GeomAbs_Cone:
    case GeomAbs_Sphere:
    case GeomAbs_Torus:
      return kWantedElementary;
    default:
      return kWantedFreeForm;
  }
}

// What BRepGProp::VolumeProperties does, face by face, with an accuracy for each kind of surface.
// The sum is about a point in the solid too: about the origin, as OpenCASCADE does it, the inertia
// of a small part far away loses digits in the parallel axis theorem. Own units.
geometry::MassProperties integrate(const TopoDS_Shape& solid) {
  const gp_Pnt reference = reference_point(solid);
  GProp_GProps sum(reference);
  double error = 0;
  for (TopExp_Explorer it(solid, TopAbs_FACE); it.More(); it.Next()) {
    const TopoDS_Face& face = TopoDS::Face(it.Current());
    if (face.Orientation() != TopAbs_FORWARD && face.Orientation() != TopAbs_REVERSED) continue;
    BRepGProp_Face surface(face);
    BRepGProp_Domain domain(face);
    BRepGProp_Vinert part(surface, domain, reference, wanted(face));
    error = std::max(error, part.GetEpsilon());
    sum.Add(part);
  }
  const gp_Mat inertia = sum.MatrixOfInertia();
  const gp_Pnt com = sum.CentreOfMass();
  return {.volume_m3 = sum.Mass(),
          .com_m = {com.X(), com.Y(), com.Z()},
          .unit_inertia_m5 = {inertia(1, 1), inertia(2, 2), inertia(3, 3), inertia(1, 2),
                              inertia(1, 3), inertia(2, 3)},
          .relative_error =
              std::isfinite(error) ? std::abs(error) : std::numeric_limits<double>::max()};
}

geometry::MassProperties to_metres(const geometry::MassProperties& p, double scale) {
  return {.volume_m3 = p.volume_m3 * scale * scale * scale,
          .com_m = scale * p.com_m,
          .unit_inertia_m5 = (scale * scale * scale * scale * scale) * p.unit_inertia_m5,
          .relative_error = p.relative_error};
}

geometry::Primitive to_metres(geometry::Primitive p, double scale) {
  p.pose.position_m = scale * p.pose.position_m;
  if (auto* box = std::get_if<geometry::BoxShape>(&p.shape))
    box->half_extents_m = scale * box->half_extents_m;
  if (auto* cylinder = std::get_if<geometry::CylinderShape>(&p.shape)) {
    cylinder->radius_m *= scale;
    cylinder->half_length_m *= scale;
  }
  if (auto* sphere = std::get_if<geometry::SphereShape>(&p.shape)) sphere->radius_m *= scale;
  return p;
}

bool is_finite(const geometry::MassProperties& p) {
  const geometry::SymMat3& m = p.unit_inertia_m5;
  return std::isfinite(p.volume_m3) && geometry::is_finite(p.com_m) &&
         std::isfinite(m.xx + m.yy + m.zz + m.xy + m.xz + m.yz);
}

class PartComputation {
 public:
  PartComputation(const std::string& part, double metres_per_unit,
                  const TessellationOptions& options)
      : part_(part), scale_(metres_per_unit), options_(options) {}

  void run(TopoDS_Shape solid) {
    geometry::MassProperties properties = integrate(solid);
    if (properties.volume_m3 < 0) {  // inside out
      solid.Reverse();
      properties = integrate(solid);
    }
    if (!is_finite(properties) || !(properties.volume_m3 > 0)) {
      result.shape.properties = {};
      report(Severity::Error, ProblemCode::ZeroVolume,
             "the solid encloses no volume; give the part a thickness or repair it");
      return;
    }
    if (const auto primitive = recognise_primitive(solid, properties.volume_m3))
      result.shape.primitive = to_metres(*primitive, scale_);
    result.shape.properties = to_metres(properties, scale_);
    if (properties.relative_error > kReported) {
      report(Severity::Warning, ProblemCode::PropertyError,
             fmt::format("mass and inertia are exact only to {:.1e}", properties.relative_error));
    }
    mesh(solid, diagonal_of(solid));
  }

  void report(Severity severity, ProblemCode code, std::string message) {
    result.problems.push_back({severity, part_, code, std::move(message)});
  }

  PartResult result;

 private:
  void mesh(const TopoDS_Shape& solid, double diagonal) {
    Tessellation tessellation = tessellate(solid, diagonal, scale_, options_);
    if (tessellation.mesh.triangles.empty()) {
      report(Severity::Error, ProblemCode::NoSolid,
             "the solid's surface could not be triangulated; repair it or export it anew");
      return;
    }
    if (tessellation.failed_faces > 0) {
      report(Severity::Warning, ProblemCode::OpenMesh,
             fmt::format("{} faces could not be triangulated and are missing in pictures and "
                         "collision geometry (mass is not affected)",
                         tessellation.failed_faces));
    }
    if (tessellation.mesh.triangles.size() < tessellation.full_triangles) {
      report(Severity::Warning, ProblemCode::MeshReduced,
             fmt::format("the mesh for pictures and hulls has {} of {} triangles (limit {})",
                         tessellation.mesh.triangles.size(), tessellation.full_triangles,
                         options_.max_triangles));
    }
    result.shape.mesh = std::move(tessellation.mesh);
  }

  const std::string& part_;
  double scale_;
  const TessellationOptions& options_;
};

}  // namespace

PartResult compute_part(const TopoDS_Shape& solid, const std::string& part, double metres_per_unit,
                        const TessellationOptions& options) {
  PartComputation computation(part, metres_per_unit, options);
  try {
    translate_failures("OpenCASCADE cannot process the solid", [&] { computation.run(solid); });
  } catch (const FormatError& failure) {
    computation.report(Severity::Error, ProblemCode::NoSolid,
                       fmt::format("{}; repair the part or export it anew", failure.what()));
  }
  return std::move(computation.result);
}

void check_options(const TessellationOptions& options) {
  const auto range = [](bool ok, const char* what) {
    if (!ok) throw InvalidArgument(what);
  };
  range(std::isfinite(options.linear_deflection_m) && options.linear_deflection_m >= 0,
        "linear_deflection_m must be 0 (by size) or positive");
  range(options.angular_deflection_rad >= 0.01 && options.angular_deflection_rad <= 1.6,
        "angular_deflection_rad must be in 0.01..1.6");
  range(options.max_triangles >= 100, "max_triangles must be at least 100");
}

}  // namespace durasim::inline v0::cad
