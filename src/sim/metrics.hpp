// What a run measures, gathered each step at the cost of a few nanoseconds per body and contact.
#pragma once

#include "durasim/sim/verdict.hpp"

#include <mujoco/mujoco.h>

#include <vector>

namespace durasim::inline v0::sim {

// Bodies that some degree of freedom moves, in order of their ids. Mocap bodies are not among them.
std::vector<int> moving_bodies(const mjModel* model);

// The fastest centre of mass at one moment.
struct Fastest {
  int body = -1;
  double speed_m_s = 0;
};

class MetricsCollector {
 public:
  explicit MetricsCollector(const mjModel* model);

  // Speeds and kinetic energy of the fresh state. A speed that is not a number counts as the
  // fastest.
  Fastest observe_motion(const mjData* data);
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

  const mjModel* model_;
  std::vector<int> moving_;
  std::vector<double> max_inertia_;  // of each moving body
  std::vector<int> armature_dofs_;
  bool bound_is_valid_;  // tendon armature adds energy that the bound below does not see
  std::vector<double> momentum_;
  Metrics values_;
};

}  // namespace durasim::inline v0::sim
