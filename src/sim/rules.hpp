// The rules that end a run. Names are looked up once; a check costs a few nanoseconds per body,
// geom and zone.
//
// Order within one moment, the first that holds ends the run:
//   1. instability    MuJoCo's counters of bad positions, velocities, accelerations or controls, or
//   of contacts and
//                     constraints that found no memory; a speed above the limit; without Bounds
//                     zones also a centre of mass more than 10 km from the origin
//   2. out of bounds  the centre of mass of a moving body lies outside a zone of kind Bounds
//   3. forbidden zone a moving body's collision geometry (all its geometry if none collides)
//   touches a Forbid zone
//   4. goal           the target has been in one Goal zone for the whole dwell time
//   5. motor overload an actuator has been at its limit for the whole window
//   6. end of time    decided by the loop
// Fixed bodies and mocap bodies are never looked at. Timers belong to one run.
#pragma once

#include "durasim/sim/loop.hpp"

#include "sim/metrics.hpp"

#include <mujoco/mujoco.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

class Rules {
 public:
  // Throws InvalidArgument for an unknown or fixed target and for zones or values that make no
  // sense.
  Rules(const mjModel* model, const LoopOptions& options);

  // Rules 2 to 5, and those parts of 1 that need positions, on the fresh state of `step`.
  std::optional<Verdict> check(const mjData* data, std::int64_t step, const Motion& motion);
  // The same when nothing has moved since check() was last asked: only timers can run out.
  std::optional<Verdict> check_still(const mjData* data, std::int64_t step);
  // Whether MuJoCo has counted a warning that ends the run; after mj_step1 and after mj_step2.
  [[nodiscard]] static bool is_unstable(const mjData* data) {
    int raised = 0;
    for (const int warning : kFatalWarnings) raised |= data->warning[warning].number;
    return raised != 0;
  }
  // What it was.
  [[nodiscard]] Verdict instability(const mjData* data) const;
  // Counts overloaded motors, from the forces of the step that was just made.
  void observe_forces(const mjData* data);
  [[nodiscard]] bool has_goal() const { return !goal_zones_.empty(); }
  [[nodiscard]] Verdict end_of_time(Seconds duration) const;

  // Timers, for checkpoints; restore() takes as many values as timers() gives.
  [[nodiscard]] const std::vector<std::int64_t>& timers() const { return timers_; }
  void restore(std::vector<std::int64_t> timers) { timers_ = std::move(timers); }

 private:
  struct Collider {  // one geom, or one flex
    int body = -1;
    int geom = -1;
    int flex = -1;
  };
  static constexpr std::array kFatalWarnings{mjWARN_BADQPOS, mjWARN_BADQVEL,     mjWARN_BADQACC,
                                             mjWARN_BADCTRL, mjWARN_CONTACTFULL, mjWARN_CNSTRFULL};
  struct Motor {
    int actuator = -1;
    double low = 0, high = 0;  // forces from which it counts as overloaded
  };
  void find_colliders();
  void find_reach();
  void find_goal_candidates(const GoalRule& goal);
  void find_motors(const MotorOverload& overload);
  [[nodiscard]] std::string body_name(int body) const;
  [[nodiscard]] std::string name_of(const Collider& collider) const;
  [[nodiscard]] bool touches(const mjData* data, const Collider& collider, const Zone& zone) const;
  // Whether a moving body can touch the zone with a geom or have its centre of mass in it: false
  // answers for all of them at once.
  [[nodiscard]] bool is_near(const Motion& motion, const Zone& zone) const;
  std::optional<Verdict> check_runaway(const mjData* data, const Motion& motion) const;
  std::optional<Verdict> check_bounds(const mjData* data, const Motion& motion) const;
  std::optional<Verdict> check_forbidden(const mjData* data, const Motion& motion) const;
  // Null `motion`: who was in the goal in the step before is in it now.
  std::optional<Verdict> check_goal(const mjData* data, std::int64_t step, const Motion* motion);
  [[nodiscard]] bool in_goal(const mjData* data, int body, const Zone& zone) const;
  [[nodiscard]] std::optional<Verdict> check_overload() const;

  const mjModel* model_;
  double timestep_s_;
  std::vector<int> moving_;
  std::vector<Zone> bounds_, forbidden_, goal_zones_;
  std::vector<Collider> colliders_;  // of all moving bodies; flexes last
  std::size_t geom_count_ = 0;       // how many of them are geoms
  double reach_m_ = 0;               // of those geoms' surfaces from the centres of mass
  std::optional<double> speed_limit_m_s_;
  GoalTest goal_test_;
  Seconds dwell_;
  std::int64_t dwell_steps_;
  std::vector<int> candidates_;  // bodies that may reach the goal
  Seconds window_{0};
  std::int64_t window_steps_ = 0;
  std::vector<Motor> motors_;
  // First, for each candidate and goal zone, the step since when it has been inside (-1: outside);
  // then, for each motor, the number of steps on end that it has been overloaded.
  std::vector<std::int64_t> timers_;
};

}  // namespace durasim::inline v0::sim
