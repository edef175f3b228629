// Material data. Densities: ASM Handbook, CRC Handbook of Chemistry and Physics; friction: dry,
// clean surfaces, the middle of the ranges in the CRC Handbook and Marks' Standard Handbook.
#include "durasim/sim/material.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

std::string key(std::string_view name) {
  std::string result;
  for (const char c : name) {
    result += (c == '-' || c == ' ')
                  ? '_'
                  : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

std::vector<Material> make_table() {
  const std::string asm_crc =
      "density: ASM Handbook vol. 1-2; friction: CRC Handbook, dry on itself";
  const std::string polymer = "density and friction: Marks' Standard Handbook, plastics, dry";
  const std::string crc = "density and friction: CRC Handbook of Chemistry and Physics";
  return {
      {"aluminium", 2700, 0.60, {0.77F, 0.79F, 0.81F, 1}, asm_crc},
      {"steel", 7850, 0.60, {0.55F, 0.57F, 0.60F, 1}, asm_crc},
      {"stainless_steel", 8000, 0.55, {0.66F, 0.68F, 0.70F, 1}, asm_crc},
      {"brass", 8500, 0.40, {0.80F, 0.66F, 0.30F, 1}, asm_crc},
      {"copper", 8960, 0.70, {0.78F, 0.49F, 0.32F, 1}, asm_crc},
      {"cast_iron", 7200, 0.40, {0.32F, 0.33F, 0.35F, 1}, asm_crc},
      {"titanium", 4430, 0.45, {0.60F, 0.59F, 0.57F, 1}, asm_crc},
      {"abs", 1050, 0.45, {0.90F, 0.88F, 0.82F, 1}, polymer},
      {"pla", 1240, 0.40, {0.33F, 0.58F, 0.85F, 1}, polymer},
      {"nylon", 1140, 0.25, {0.92F, 0.91F, 0.87F, 1}, polymer},
      {"pom", 1410, 0.20, {0.95F, 0.95F, 0.95F, 1}, polymer},
      {"polycarbonate", 1200, 0.38, {0.80F, 0.86F, 0.90F, 1}, polymer},
      {"ptfe", 2200, 0.04, {0.97F, 0.97F, 0.98F, 1}, polymer},
      {"rubber", 1100, 1.00, {0.13F, 0.13F, 0.14F, 1}, crc},
      {"wood", 700, 0.40, {0.71F, 0.53F, 0.34F, 1}, crc},
      {"glass", 2500, 0.90, {0.70F, 0.82F, 0.84F, 1}, crc},
      {"ice", 917, 0.03, {0.80F, 0.90F, 0.97F, 1}, crc},
      {"concrete", 2400, 0.70, {0.62F, 0.61F, 0.59F, 1}, crc},
  };
}

struct PairFriction {
  std::string_view a, b;
  double friction;
};

// Pairs whose measured value is far from the geometric mean (CRC Handbook, dry).
constexpr std::array<PairFriction, 8> kPairs{{
    {"steel", "ptfe", 0.04},
    {"steel", "brass", 0.45},
    {"steel", "cast_iron", 0.40},
    {"steel", "copper", 0.53},
    {"steel", "aluminium", 0.61},
    {"steel", "ice", 0.03},
    {"rubber", "concrete", 0.85},
    {"wood", "steel", 0.30},
}};

// Whether its coefficient is the table's: one that was given instead says nothing about pairs.
bool has_table_friction(const Material& material) {
  const Material* known = find_material(material.name);
  return known != nullptr && known->friction == material.friction;
}

}  // namespace

std::span<const Material> material_table() {
  static const std::vector<Material> table = make_table();
  return table;
}

const Material* find_material(std::string_view name) {
  const std::string wanted = key(name);
  for (const Material& m : material_table()) {
    if (m.name == wanted) return &m;
  }
  // American spelling of the one name that differs.
  return wanted == "aluminum" ? find_material("aluminium") : nullptr;
}

double pair_friction(const Material& a, const Material& b) {
  for (const PairFriction& p : kPairs) {
    const bool is_pair = (p.a == a.name && p.b == b.name) || (p.a == b.name && p.b == a.name);
    if (is_pair && has_table_friction(a) && has_table_friction(b)) return p.friction;
  }
  return std::sqrt(a.friction * b.friction);
}

}  // namespace durasim::inline v0::sim
