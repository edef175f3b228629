// What a run measures, gathered each step at the cost of a few nanoseconds per body and contact.
#pragma once

#include "durasim/geometry/math.hpp"
#include "durasim/sim/verdict.hpp"

#include <mujoco/mujoco.h>

#include <cstddef>
#include <vector>

namespace durasim::inline v0::sim {

// Bodies that some degree of freedom moves, in order of their ids. Mocap bodies are not among them.
std::vector<int> moving_bodies(const mjModel* model);

// What the moving bodies do at one moment.
struct Motion {
  double speed_m_s = 0;  // of the fastest centre of mass; NaN when one of them is not a number
  // Holds their centres of mass; all of space when a position or velocity is not a finite number.
  geometry::Box centres_m;
};

// Which of `bodies` (at least one) has that speed.
int fastest_body(const mjModel* model, const mjData* data, const std::vector<int>& bodies);

// Two numbers that the processor computes side by side. Bodies are few and their numbers are
// scattered, so that no compiler finds the pairs by itself.
using Two = double __attribute__((vector_size(2 * sizeof(double))));

class MetricsCollector {
 public:
  explicit MetricsCollector(const mjModel* model);

  // Positions, speeds and kinetic energy of the fresh state.
  Motion observe_motion(const mjData* data);
  // Contacts; their forces only when the data comes from a whole step (they are unknown after
  // mj_step1).
  void observe_contacts(const mjData* data, bool with_forces);
  // Work of the actuators in the step that was just made.
  void observe_work(const mjData* data);

  // Everything but sim_time and steps, which the loop counts.
  [[nodiscard]] const Metrics& values() const { return values_; }
  void restore(const Metrics& values) { values_ = values; }

 private:
  void observe_kinetic_energy(const mjData* data, double upper_bound_j);

  struct Places {  // of a body's numbers in mjData's arrays
    std::ptrdiff_t centre = 0, velocity = 0, centre_of_tree = 0;
  };
  struct TwoBodies {
    Places first, second;
    Two mass, max_inertia;
  };

  const mjModel* model_;
  std::vector<TwoBodies> moving_;  // if their number is odd, the last one again without mass
  std::vector<int> armature_dofs_;
  bool bound_is_valid_;  // tendon armature adds energy that the bound below does not see
  std::vector<double> momentum_;
  Metrics values_;
};

}  // namespace durasim::inline v0::sim
