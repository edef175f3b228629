// Parts from numbers: boxes, cylinders and spheres with a material and a place, as JSON that people
// and programs write.
//   {"unit": "mm", "parts": [
//     {"name": "ramp", "box": {"size": {"x": 300, "y": 80, "z": 10}}, "material": "steel",
//      "orientation": {"w": 0.966, "y": 0.259}},
//     {"name": "ball", "sphere": {"radius": 10}, "position": {"x": -90, "z": 80}}]}
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/describe.hpp"
#include "durasim/geometry/describe_math.hpp"
#include "durasim/geometry/message.hpp"
#include "durasim/geometry/shape.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// Solids centred on their frame; lengths in AssemblyParameters::unit.
struct BoxParameters {
  geometry::Vec3 size;  // full edges
};
BOOST_DESCRIBE_STRUCT(BoxParameters, (), (size))
struct CylinderParameters {
  double radius = 0;
  double length = 0;  // along z
};
BOOST_DESCRIBE_STRUCT(CylinderParameters, (), (radius, length))
struct SphereParameters {
  double radius = 0;
};
BOOST_DESCRIBE_STRUCT(SphereParameters, (), (radius))

// A quaternion of any length but zero; what is not given is 0, also `w`.
struct OrientationParameters {
  double w = 0, x = 0, y = 0, z = 0;
};
BOOST_DESCRIBE_STRUCT(OrientationParameters, (), (w, x, y, z))

struct PartParameters {
  std::string name;
  // One of the three.
  std::optional<BoxParameters> box;
  std::optional<CylinderParameters> cylinder;
  std::optional<SphereParameters> sphere;
  geometry::Vec3 position;  // of its frame in the world
  std::optional<OrientationParameters> orientation;
  std::string material;                 // of material_table(); empty: the input's default
  std::optional<double> density_kg_m3;  // instead of the material's
};
BOOST_DESCRIBE_STRUCT(PartParameters, (),
                      (name, box, cylinder, sphere, position, orientation, material, density_kg_m3))

struct AssemblyParameters {
  std::string unit;  // "mm", "m", ...: of every length; required
  std::vector<PartParameters> parts;
};
BOOST_DESCRIBE_STRUCT(AssemblyParameters, (), (unit, parts))

inline constexpr std::size_t kMaxParameterBytes = std::size_t{4} << 20;

// Throws FormatError that names the place in the text, also for a member that is none of the above
// (in a payload it is passed over), and LimitError beyond kMaxParameterBytes. Thread-safe.
DURASIM_EXPORT AssemblyParameters parse_parameters(ByteView json);

// As a file's: what is wrong with a part is a problem of the scene. `name` is the input's. Throws
// LimitError for more parts than the limits allow. Thread-safe.
DURASIM_EXPORT geometry::ImportedScene scene_of(const AssemblyParameters& parameters,
                                                const std::string& name,
                                                const geometry::SceneLimits& limits = {});

}  // namespace durasim::inline v0::sim
