// Length units: one table of names and factors.
#include "durasim/core/units.hpp"

#include "durasim/core/error.hpp"

#include <array>
#include <cctype>
#include <string>

namespace durasim::inline v0 {
namespace {

struct Row {
  LengthUnit unit;
  double metres;
  std::array<std::string_view, 5> names;  // the first one is the name that is printed
};

constexpr std::array<Row, 6> kUnits{{
    {LengthUnit::Micrometre, 1e-6, {"um", "micrometre", "micrometer", "micron", ""}},
    {LengthUnit::Millimetre,
     1e-3,
     {"mm", "millimetre", "millimeter", "millimetres", "millimeters"}},
    {LengthUnit::Centimetre,
     1e-2,
     {"cm", "centimetre", "centimeter", "centimetres", "centimeters"}},
    {LengthUnit::Metre, 1.0, {"m", "metre", "meter", "metres", "meters"}},
    {LengthUnit::Inch, 0.0254, {"in", "inch", "inches", "\"", ""}},
    {LengthUnit::Foot, 0.3048, {"ft", "foot", "feet", "'", ""}},
}};

const Row& row(LengthUnit unit) {
  for (const Row& r : kUnits) {
    if (r.unit == unit) return r;
  }
  throw LogicError("length unit has a value outside its enumeration");
}

}  // namespace

double metres_per(LengthUnit unit) {
  return row(unit).metres;
}

std::string_view to_string(LengthUnit unit) {
  return row(unit).names[0];
}

std::optional<LengthUnit> parse_length_unit(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const Row& r : kUnits) {
    for (const std::string_view name : r.names) {
      if (!name.empty() && name == lower) return r.unit;
    }
  }
  return std::nullopt;
}

}  // namespace durasim::inline v0
