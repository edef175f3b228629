// The persistent names of outcomes and reasons (docs/codes.md).
#include "durasim/sim/verdict.hpp"

namespace durasim::inline v0::sim {

std::string_view to_string(Outcome outcome) {
  return outcome == Outcome::Success ? "SUCCESS" : "FAIL";
}

std::string_view to_string(ReasonCode code) {
  switch (code) {
    case ReasonCode::Stable:
      return "STABLE";
    case ReasonCode::GoalReached:
      return "GOAL_REACHED";
    case ReasonCode::Timeout:
      return "TIMEOUT";
    case ReasonCode::ForbidZoneHit:
      return "FORBID_ZONE_HIT";
    case ReasonCode::OutOfBounds:
      return "OUT_OF_BOUNDS";
    case ReasonCode::PhysicsInstability:
      return "PHYSICS_INSTABILITY";
    case ReasonCode::MotorOverload:
      return "MOTOR_OVERLOAD";
    case ReasonCode::InvalidGeometry:
      return "INVALID_GEOMETRY";
  }
  return "UNKNOWN";
}

}  // namespace durasim::inline v0::sim
