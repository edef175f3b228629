// Progress for people, on standard error: a bar with rate and ETA on a terminal, plain lines
// elsewhere.
#pragma once

#include "durasim/core/time.hpp"
#include "durasim/sim/simulate_local.hpp"

#include <cstdint>
#include <string>

namespace durasim::cli {

class ProgressDisplay {
 public:
  // A quiet one shows nothing.
  explicit ProgressDisplay(bool quiet, const Clock& clock = system_clock());
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;
  void update(const sim::StageProgress& progress);
  // Of a sweep.
  void update_scenes(std::int64_t done, std::int64_t total);

 private:
  // Whether it is time to show something again.
  bool begin_update(bool new_stage, bool finished);
  void show(const std::string& line, bool finished);

  bool quiet_;
  bool terminal_;
  const Clock& clock_;
  SteadyTime stage_start_;
  SteadyTime last_shown_;
  sim::StageProgress::Stage stage_ = sim::StageProgress::Stage::Build;
  std::int64_t first_scene_ = 0;  // that this process shows
  bool line_open_ = false;
};

}  // namespace durasim::cli
