// Length units: exact factors, names both ways.
#include "durasim/core/units.hpp"

#include "durasim/core/error.hpp"

#include <doctest/doctest.h>

using durasim::LengthUnit;
using durasim::metres_per;
using durasim::parse_length_unit;

TEST_CASE("a unit's factor is exact by definition") {
  CHECK(metres_per(LengthUnit::Micrometre) == 1e-6);
  CHECK(metres_per(LengthUnit::Millimetre) == 1e-3);
  CHECK(metres_per(LengthUnit::Centimetre) == 1e-2);
  CHECK(metres_per(LengthUnit::Metre) == 1.0);
  CHECK(metres_per(LengthUnit::Inch) == 0.0254);
  CHECK(metres_per(LengthUnit::Foot) == 0.3048);
}

TEST_CASE("every printed name reads back as its unit") {
  for (const LengthUnit unit :
       {LengthUnit::Micrometre, LengthUnit::Millimetre, LengthUnit::Centimetre, LengthUnit::Metre,
        LengthUnit::Inch, LengthUnit::Foot}) {
    CHECK(parse_length_unit(to_string(unit)) == unit);
  }
}

TEST_CASE("long names and any case are understood") {
  CHECK(parse_length_unit("MilliMetre") == LengthUnit::Millimetre);
  CHECK(parse_length_unit("millimeters") == LengthUnit::Millimetre);
  CHECK(parse_length_unit("INCH") == LengthUnit::Inch);
  CHECK(parse_length_unit("Feet") == LengthUnit::Foot);
  CHECK(parse_length_unit("micron") == LengthUnit::Micrometre);
}

TEST_CASE("any other text is no unit") {
  for (const char* text : {"", " ", "mm ", "km", "yard", "m m", "\xff"}) {
    CHECK_MESSAGE(!parse_length_unit(text).has_value(), text);
  }
}

TEST_CASE("a value outside the enumeration is a logic error, not a factor") {
  CHECK_THROWS_AS((void)metres_per(static_cast<LengthUnit>(99)), durasim::LogicError);
}
