// Stepping that outlives its process: the loop of durasim::sim, a recording, and checkpoints of
// both, from the newest of which the next attempt goes on, bit for bit.
#pragma once

#include "durasim/core/log.hpp"
#include "durasim/core/time.hpp"
#include "durasim/sim/loop.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/trajectory.hpp"

#include "pipeline/run_folder.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::inline v0::pipeline {

// How often the state is saved, in wall time: soon after the start, then less and less often.
struct CheckpointIntervals {
  Seconds first{0.08};
  Seconds longest{1};
};

class DURASIM_EXPORT DurableLoop {
 public:
  // Goes on from the newest checkpoint in `folder` that is whole and of this machine, model and set
  // of rules; begins at the start when there is none, and says why in the log. Borrows `folder`.
  DurableLoop(RunFolder& folder, std::shared_ptr<const sim::Model> model, sim::LoopOptions options,
              int frames_per_second, const Logger& log, CheckpointIntervals intervals = {});

  // Called between steps, at most every 20 ms, with the newest checkpoint, if any.
  using Beat = std::function<void(const sim::Progress&, const std::optional<RunFolder::Saved>&)>;

  // Runs to the verdict, whose recording then lies in the folder. False when `stop` was requested:
  // it has stopped after a whole step and saved the state, unless the model's state cannot be saved
  // (SimulationLoop::save_state).
  bool run(const std::stop_token& stop, const Beat& beat);

  [[nodiscard]] const sim::SimulationLoop& loop() const { return loop_; }
  [[nodiscard]] std::int64_t resumed_from_step() const { return resumed_from_step_; }
  // Empty, or what did not fit of a checkpoint that was left, or why there was none.
  [[nodiscard]] const std::string& restarted_because() const { return restarted_because_; }

 private:
  void resume(const Logger& log, int frames_per_second);
  [[nodiscard]] bool resume_from(const RunFolder::Saved& saved, const Logger& log);
  void see_whether_saveable(const Logger& log, bool begun_before);
  void save();

  RunFolder& folder_;
  std::shared_ptr<const sim::Model> model_;
  const Clock& clock_;
  CheckpointIntervals intervals_;
  sim::SimulationLoop loop_;
  std::unique_ptr<sim::TrajectoryRecorder> recorder_;
  sim::Checkpoint checkpoint_;
  std::optional<RunFolder::Saved> saved_;
  bool saveable_ = true;
  std::int64_t resumed_from_step_ = 0;
  std::string restarted_because_;
};

}  // namespace durasim::inline v0::pipeline
