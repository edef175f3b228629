// A solid all of whose faces lie on the six planes of a box is that box, because no other bounded
// region has its boundary there; the same holds for a cylinder with two planes, and for a sphere.
#include "cad/primitives.hpp"

#include <BRepAdaptor_Surface.hxx>
#include <GeomAbs_SurfaceType.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <gp_Ax3.hxx>
#include <gp_Cylinder.hxx>
#include <gp_Dir.hxx>
#include <gp_Mat.hxx>
#include <gp_Pln.hxx>
#include <gp_Pnt.hxx>
#include <gp_Quaternion.hxx>
#include <gp_Sphere.hxx>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace durasim::inline v0::cad {
namespace {

constexpr double kAngle = 1e-7;     // between directions that are meant to be parallel
constexpr double kRelative = 1e-9;  // between lengths that are meant to be equal

// Not gp_XYZ::Coord(index), which indexes past a member: undefined, and clang makes use of that.
double component(const gp_XYZ& v, std::size_t axis) {
  return std::array{v.X(), v.Y(), v.Z()}.at(axis);
}

geometry::Vec3 to_vec3(const gp_XYZ& v) {
  return {v.X(), v.Y(), v.Z()};
}

bool same_length(double a, double b) {
  return std::abs(a - b) <= kRelative * std::max(std::abs(a), std::abs(b));
}

bool parallel(const gp_Dir& a, const gp_Dir& b) {
  return std::min(a.Angle(b), a.Angle(b.Reversed())) < kAngle;
}

// Planes that are parallel to each other, by their distance from the origin along one direction.
struct Slab {
  gp_Dir direction;
  double low = 0;
  double high = 0;
  bool has_two = false;

  // False when this would be a third plane.
  bool add(double distance, double tolerance) {
    if (std::abs(distance - low) <= tolerance) return true;
    if (has_two) return std::abs(distance - high) <= tolerance;
    high = distance;
    has_two = true;
    return true;
  }
  void sort() {
    if (low > high) std::swap(low, high);
  }
  [[nodiscard]] double thickness() const { return high - low; }
  [[nodiscard]] double middle() const { return 0.5 * (low + high); }
};

struct Surfaces {
  std::vector<Slab> slabs;
  std::vector<gp_Cylinder> cylinders;
  std::vector<gp_Sphere> spheres;
};

bool add_plane(std::vector<Slab>& slabs, const gp_Pln& plane) {
  for (Slab& slab : slabs) {
    if (!parallel(slab.direction, plane.Axis().Direction())) continue;
    const double distance = plane.Location().XYZ().Dot(slab.direction.XYZ());
    const double scale = plane.Location().XYZ().Modulus() + std::abs(slab.low);
    return slab.add(distance, kRelative * scale);
  }
  const gp_Dir direction = plane.Axis().Direction();
  const double distance = plane.Location().XYZ().Dot(direction.XYZ());
  slabs.push_back({.direction = direction, .low = distance});
  return slabs.size() <= 3;
}

bool same_cylinder(const gp_Cylinder& a, const gp_Cylinder& b) {
  const gp_XYZ between = b.Location().XYZ() - a.Location().XYZ();
  return same_length(a.Radius(), b.Radius()) &&
         parallel(a.Axis().Direction(), b.Axis().Direction()) &&
         between.Crossed(a.Axis().Direction().XYZ()).Modulus() <= kRelative * a.Radius();
}

bool same_sphere(const gp_Sphere& a, const gp_Sphere& b) {
  return same_length(a.Radius(), b.Radius()) &&
         a.Location().Distance(b.Location()) <= kRelative * a.Radius();
}

// Nothing when there is a face that no primitive has.
std::optional<Surfaces> surfaces_of(const TopoDS_Shape& solid) {
  Surfaces found;
  for (TopExp_Explorer it(solid, TopAbs_FACE); it.More(); it.Next()) {
    const BRepAdaptor_Surface surface(TopoDS::Face(it.Current()), false);
    switch (surface.GetType()) {
      case GeomAbs_Plane:
        if (!add_plane(found.slabs, surface.Plane())) return std::nullopt;
        break;
      case GeomAbs_Cylinder:
        if (found.cylinders.empty()) found.cylinders.push_back(surface.Cylinder());
        if (!same_cylinder(found.cylinders.front(), surface.Cylinder())) return std::nullopt;
        break;
      case GeomAbs_Sphere:
        if (found.spheres.empty()) found.spheres.push_back(surface.Sphere());
        if (!same_sphere(found.spheres.front(), surface.Sphere())) return std::nullopt;
        break;
      default:
        return std::nullopt;
    }
  }
  for (Slab& slab : found.slabs) {
    if (!slab.has_two) return std::nullopt;
    slab.sort();
  }
  return found;
}

// The rotation whose columns are the three directions, chosen among the 24 equal ones so that it is
// nearest to no rotation: an upright box stays upright.
geometry::Primitive box_from(std::vector<Slab> slabs) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto along = [&](const Slab& s) { return std::abs(component(s.direction.XYZ(), axis)); };
    const auto first = slabs.begin() + static_cast<std::ptrdiff_t>(axis);
    std::iter_swap(first, std::max_element(first, slabs.end(), [&](const Slab& a, const Slab& b) {
                     return along(a) < along(b);
                   }));
  }
  std::array<gp_XYZ, 3> axes;
  for (std::size_t i = 0; i < 3; ++i) {
    axes[i] = slabs[i].direction.XYZ();
    if (component(axes[i], i) < 0) axes[i].Reverse();
  }
  if (axes[0].Crossed(axes[1]).Dot(axes[2]) < 0) axes[2].Reverse();
  gp_XYZ centre(0, 0, 0);
  for (const Slab& s : slabs) centre += s.direction.XYZ() * s.middle();
  const gp_Quaternion q(gp_Mat(axes[0], axes[1], axes[2]));
  const double n = std::sqrt(q.X() * q.X() + q.Y() * q.Y() + q.Z() * q.Z() + q.W() * q.W());
  return {
      .shape = geometry::BoxShape{0.5 * geometry::Vec3{slabs[0].thickness(), slabs[1].thickness(),
                                                       slabs[2].thickness()}},
      .pose = {to_vec3(centre), {q.W() / n, q.X() / n, q.Y() / n, q.Z() / n}}};
}

bool orthogonal(const std::vector<Slab>& slabs) {
  for (std::size_t i = 0; i < slabs.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (std::abs(slabs[i].direction.Dot(slabs[k].direction)) > kAngle) return false;
  return true;
}

std::optional<geometry::Primitive> classify(const Surfaces& s) {
  if (s.cylinders.empty() && s.spheres.empty() && s.slabs.size() == 3 && orthogonal(s.slabs))
    return box_from(s.slabs);
  if (s.spheres.size() == 1 && s.slabs.empty() && s.cylinders.empty()) {
    const gp_Sphere& sphere = s.spheres.front();
    return geometry::Primitive{.shape = geometry::SphereShape{sphere.Radius()},
                               .pose = {to_vec3(sphere.Location().XYZ()), {}}};
  }
  if (s.cylinders.size() != 1 || s.slabs.size() != 1 || !s.spheres.empty()) return std::nullopt;
  const gp_Cylinder& cylinder = s.cylinders.front();
  const Slab& slab = s.slabs.front();
  if (!parallel(cylinder.Axis().Direction(), slab.direction)) return std::nullopt;
  const gp_XYZ axis = slab.direction.XYZ();
  const gp_XYZ on_axis = cylinder.Location().XYZ();
  const gp_XYZ centre = on_axis + axis * (slab.middle() - on_axis.Dot(axis));
  const double sign = axis.Z() < -1e-12 ? -1.0 : 1.0;
  return geometry::Primitive{
      .shape = geometry::CylinderShape{cylinder.Radius(), 0.5 * slab.thickness()},
      .pose = {to_vec3(centre), geometry::rotation_from_z(sign * to_vec3(axis))}};
}

}  // namespace

std::optional<geometry::Primitive> recognise_primitive(const TopoDS_Shape& solid, double volume) {
  const auto surfaces = surfaces_of(solid);
  if (!surfaces) return std::nullopt;
  auto primitive = classify(*surfaces);
  if (!primitive) return std::nullopt;
  const double expected = geometry::mass_properties(*primitive).volume_m3;  // in cubed own units
  if (!(std::abs(volume - expected) <= kRelative * expected)) return std::nullopt;
  return primitive;
}

}  // namespace durasim::inline v0::cad
