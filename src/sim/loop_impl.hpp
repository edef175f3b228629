// The inside of SimulationLoop: stepping (loop.cpp), saving and loading (loop_state.cpp), frames
// (loop_frames.cpp).
#pragma once

#include "durasim/sim/loop.hpp"

#include "sim/metrics.hpp"
#include "sim/mujoco_guard.hpp"
#include "sim/rules.hpp"

#include <mujoco/mujoco.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// Which step the next frame of a sink belongs to.
class FrameSchedule {
 public:
  FrameSchedule(int fps, double timestep_s);
  [[nodiscard]] bool due(std::int64_t step) const { return step >= next_step_; }
  // The next frame is the first one that is due at `step` or later.
  void skip_to(std::int64_t step);

 private:
  int fps_;
  double timestep_s_;
  std::int64_t next_frame_ = 0;
  std::int64_t next_step_ = 0;
};

// SplitMix64 (Steele, Lea, Flood 2014): one word of state, which checkpoints hold.
class SplitMix64 : public RandomSource {
 public:
  explicit SplitMix64(std::uint64_t seed) : state(seed) {}
  std::uint64_t next() override;
  std::uint64_t state;
};

class SimulationLoop::Impl {
 public:
  // Takes the memory of a predecessor, which has the same model and is of no use afterwards.
  Impl(std::shared_ptr<const Model> model, LoopOptions options, Impl* predecessor = nullptr);

  std::optional<Verdict> run(const std::stop_token& stop, const ProgressCallback& progress);
  bool advance(std::int64_t max_steps);
  void attach(TrajectorySink* sink);
  void save_state(Bytes& bytes);
  void load_state(ByteView bytes);
  [[nodiscard]] std::string state_hash() const;
  [[nodiscard]] Metrics metrics() const;

  Controller controller;
  std::optional<Verdict> verdict;
  std::vector<std::string> warnings;
  std::int64_t step = 0;
  std::int64_t total_steps = 0;
  [[nodiscard]] const mjData* data() const { return data_.get(); }
  [[nodiscard]] const std::shared_ptr<const Model>& model() const { return owner_; }

 private:
  struct DataDeleter {
    void operator()(mjData* data) const { mj_deleteData(data); }
  };
  // Set while steps are made; stays set when an exception left the state half-way.
  class Stepping;

  void take_memory(Impl& predecessor);
  void step_once();
  void make_state_fresh();
  // Everything sleeps, as it did in the step before: what was measured and judged then still holds.
  bool is_still();
  void finish(Verdict decided);
  void record();
  void collect_warnings(MujocoCall& call);
  [[nodiscard]] Seconds time_of(std::int64_t steps) const {
    return Seconds(static_cast<double>(steps) * timestep_s_);
  }
  void require_usable() const;
  void require_saveable() const;
  [[nodiscard]] Bytes identity_prefix() const;
  [[nodiscard]] std::string rules_hash() const;

  std::shared_ptr<const Model> owner_;
  const mjModel* model_;
  LoopOptions options_;
  double timestep_s_;
  bool splits_;       // mj_step1 and mj_step2 make a step; false for RK4
  bool whole_image_;  // checkpoints hold all of mjData
  std::unique_ptr<mjData, DataDeleter> data_;
  MetricsCollector metrics_;
  Rules rules_;
  SplitMix64 random_;
  TrajectorySink* sink_ = nullptr;
  std::optional<FrameSchedule> frames_;
  bool broken_ = false;
  bool was_asleep_ = false;
  std::uint32_t prefix_mode_ = 0;  // floating-point control under which prefix_ was made
  Bytes prefix_;
  std::vector<double> physics_;  // scratch of save and load
};

}  // namespace durasim::inline v0::sim
