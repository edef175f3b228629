// Recorded states back to positions that can be drawn.
#include "sim/trajectory_pose.hpp"

#include "durasim/core/error.hpp"

#include "sim/mujoco_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace durasim::inline v0::sim {

TrajectoryPose::TrajectoryPose(std::shared_ptr<const Model> model) : TrajectoryPose(*model) {
  owner_ = std::move(model);
}

TrajectoryPose::TrajectoryPose(const Model& model) : view_(*model.get()) {
  data_.reset(mj_makeData(&view_));
  if (!data_) throw MujocoError("MuJoCo: no memory for the model's data");
  update_positions();
}

void TrajectoryPose::reset() {
  mj_resetData(&view_, data_.get());
  update_positions();
}

void TrajectoryPose::apply(const TrajectoryFrame& frame) {
  constexpr unsigned kKnown = (1U << mjNSTATE) - 1;
  const auto signature = static_cast<int>(frame.signature);
  if ((frame.signature & ~kKnown) != 0 || (frame.signature & mjSTATE_QPOS) == 0 ||
      std::cmp_not_equal(mj_stateSize(&view_, signature), frame.state.size())) {
    throw InvalidArgument(fmt::format(
        "frame of step {} does not belong to this model: it has {} values in the components {:#x}",
        frame.step, frame.state.size(), frame.signature));
  }
  if (!std::ranges::all_of(frame.state, [](double value) { return std::isfinite(value); })) {
    throw InvalidArgument(
        fmt::format("frame of step {} has a value that is not finite", frame.step));
  }
  mj_setState(&view_, data_.get(), frame.state.data(), signature);
  data_->time = frame.time.count();
  update_positions();
}

void TrajectoryPose::copy(const mjData& data) {
  if (mjv_copyData(data_.get(), &view_, &data) == nullptr)
    throw MujocoError("MuJoCo: no memory for the model's data");
}

// The part of mj_fwdPosition that pictures need, in its order: no collisions, no inertia.
void TrajectoryPose::update_positions() {
  mj_kinematics(&view_, data_.get());
  mj_comPos(&view_, data_.get());
  mj_camlight(&view_, data_.get());
  mj_flex(&view_, data_.get());
  mj_tendon(&view_, data_.get());
}

TrajectoryFrame capture_frame(const Model& model, const mjData& data, std::int64_t step) {
  const MujocoCall call;
  constexpr int kSignature = kRecordedState;
  TrajectoryFrame frame{
      .step = step, .time = Seconds(data.time), .signature = kRecordedState, .state = {}};
  frame.state.resize(static_cast<std::size_t>(mj_stateSize(model.get(), kSignature)));
  mj_getState(model.get(), &data, frame.state.data(), kSignature);
  if (!std::ranges::all_of(frame.state, [](double value) { return std::isfinite(value); })) {
    throw InvalidArgument(fmt::format("the state of step {} has a value that is not finite", step));
  }
  return frame;
}

}  // namespace durasim::inline v0::sim
