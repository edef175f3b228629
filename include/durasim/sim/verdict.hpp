// How a run ended and what was measured on the way. A verdict is about physics or geometry; a fault
// of the machine is an exception, and a missing picture is neither.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace durasim::inline v0::sim {

enum class Outcome { Success, Fail };

// Printed in upper snake case (GOAL_REACHED). docs/codes.md explains each; names are persistent.
enum class ReasonCode {
  Stable,  // no goal was set and the full duration passed without a failure
  GoalReached,
  Timeout,  // the duration passed and the goal was not reached
  ForbidZoneHit,
  OutOfBounds,
  PhysicsInstability,  // MuJoCo's warnings of bad position, velocity or acceleration, or a
                       // non-finite state
  MotorOverload,
  InvalidGeometry,  // no step was made; the detail lists every problem
};

DURASIM_EXPORT std::string_view to_string(Outcome outcome);  // "SUCCESS", "FAIL"
DURASIM_EXPORT std::string_view to_string(ReasonCode code);

struct Verdict {
  Outcome outcome = Outcome::Fail;
  ReasonCode code = ReasonCode::PhysicsInstability;
  std::string detail;  // a sentence that names the parts and zones
  Seconds time{0};     // simulated time at which it was decided
};

struct Metrics {
  Seconds sim_time{0};
  std::int64_t steps = 0;
  double energy_j = 0;             // work of all actuators: sum over steps of |force x velocity| dt
  double max_speed_m_s = 0;        // of any moving body's centre of mass (mj_objectVelocity)
  double max_contact_force_n = 0;  // largest normal force of one contact
  double max_penetration_m = 0;    // deepest contact
  double max_kinetic_energy_j = 0;  // of the whole model
  std::int64_t max_contacts = 0;    // at one moment
};

}  // namespace durasim::inline v0::sim
