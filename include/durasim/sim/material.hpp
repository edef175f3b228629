// The table of engineering materials, and the rule for friction between two of them.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/shape.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace durasim::inline v0::sim {

struct Material {
  std::string name;
  double density_kg_m3 = 0;
  double friction = 0;  // Coulomb coefficient against itself, dry
  geometry::Rgba color;
  std::string source;  // where the numbers come from
};

// All known materials. The span is valid for the life of the process. Thread-safe.
DURASIM_EXPORT std::span<const Material> material_table();

// By name, in any case, '-' and ' ' read as '_'; nullptr when there is none. Thread-safe.
DURASIM_EXPORT const Material* find_material(std::string_view name);

// Coulomb coefficient between two materials: the measured value of the pair where the table has one
// and both coefficients are the table's, else the geometric mean of both. (MuJoCo alone would take
// the larger one.) Thread-safe.
DURASIM_EXPORT double pair_friction(const Material& a, const Material& b);

}  // namespace durasim::inline v0::sim
