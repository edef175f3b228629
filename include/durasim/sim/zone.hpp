// Boxes in the world that rules look at. Axis-aligned, metres; faces belong to the zone.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/math.hpp"

#include <string>

namespace durasim::inline v0::sim {

enum class ZoneKind {
  Goal,    // reaching it is the success
  Forbid,  // touching it is a failure
  Build,   // where parts may stand at the start; checked before the run
  Bounds,  // leaving it is a failure
  Start,   // where the parts that move begin; checked before the run
};

struct Zone {
  ZoneKind kind = ZoneKind::Goal;
  std::string name;  // shown in verdicts; unique
  geometry::Box box_m;
};

}  // namespace durasim::inline v0::sim
