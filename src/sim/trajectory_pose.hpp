// A model posed as a recorded frame says: what the renderer draws and what cameras are fitted to.
#pragma once

#include "durasim/sim/model.hpp"
#include "durasim/sim/trajectory.hpp"

#include <mujoco/mujoco.h>

#include <memory>

namespace durasim::inline v0::sim {

// The parts of a state that decide how a scene looks, and the velocities, by which speeds can be
// told later.
inline constexpr unsigned kRecordedState =
    mjSTATE_QPOS | mjSTATE_QVEL | mjSTATE_ACT | mjSTATE_MOCAP_POS | mjSTATE_MOCAP_QUAT;

// Owns the data and a shallow copy of the model, whose own fields (vis, stat) may be changed
// freely; its arrays are the Model's. All calls are made under a MujocoCall of the caller's.
class TrajectoryPose {
 public:
  // Stands at the model's start.
  explicit TrajectoryPose(std::shared_ptr<const Model> model);
  explicit TrajectoryPose(const Model& model);  // `model` outlives this object
  void reset();
  // Throws InvalidArgument when the frame does not belong to the model or is not finite.
  void apply(const TrajectoryFrame& frame);
  // Takes over what is visible of `data`, whose positions are fresh.
  void copy(const mjData& data);

  [[nodiscard]] mjModel& model() { return view_; }
  [[nodiscard]] const mjModel& model() const { return view_; }
  [[nodiscard]] mjData& data() { return *data_; }

 private:
  struct DeleteData {
    void operator()(mjData* data) const { mj_deleteData(data); }
  };
  void update_positions();

  std::shared_ptr<const Model> owner_;
  mjModel view_;
  std::unique_ptr<mjData, DeleteData> data_;
};

}  // namespace durasim::inline v0::sim
