// Primitives: mass properties and bounds by formula.
#include "durasim/geometry/shape.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

using namespace durasim::geometry;
using std::numbers::pi;

TEST_CASE("box, cylinder and sphere have the textbook volumes and moments") {
  const MassProperties b = mass_properties(Primitive{BoxShape{{1, 2, 3}}, {}});
  CHECK(b.volume_m3 == doctest::Approx(48));
  CHECK(b.unit_inertia_m5.xx == doctest::Approx(48.0 / 12 * (16 + 36)));
  CHECK(b.unit_inertia_m5.zz == doctest::Approx(48.0 / 12 * (4 + 16)));
  const MassProperties c = mass_properties(Primitive{CylinderShape{2, 3}, {}});
  CHECK(c.volume_m3 == doctest::Approx(pi * 4 * 6));
  CHECK(c.unit_inertia_m5.zz == doctest::Approx(pi * 24 * 4 / 2));
  CHECK(c.unit_inertia_m5.xx == doctest::Approx(pi * 24 * (3 * 4 + 36) / 12));
  const MassProperties s = mass_properties(Primitive{SphereShape{2}, {}});
  CHECK(s.volume_m3 == doctest::Approx(4.0 / 3 * pi * 8));
  CHECK(s.unit_inertia_m5.yy == doctest::Approx(0.4 * 4.0 / 3 * pi * 8 * 4));
}

TEST_CASE("a turned cylinder swaps its moments and its bounds") {
  const Primitive p{CylinderShape{1, 4}, {{10, 0, 0}, rotation_from_z({1, 0, 0})}};
  const MassProperties m = mass_properties(p);
  CHECK(m.com_m.x == doctest::Approx(10));
  CHECK(m.unit_inertia_m5.xx < m.unit_inertia_m5.zz);
  const Box box = bounding_box(p);
  CHECK(box.min.x == doctest::Approx(6));
  CHECK(box.max.x == doctest::Approx(14));
  CHECK(box.max.y == doctest::Approx(1));
  CHECK(box.max.z == doctest::Approx(1));
}
