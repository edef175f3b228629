// How far runs are, as far as their activities in this process have told: what a workflow cannot
// know, since it does not hear of heartbeats, but a query may answer.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/pipeline/simulation.hpp"

#include "pipeline/render_steps.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace durasim::inline v0::pipeline {

// Of one run. Thread-safe.
class DURASIM_EXPORT RunProgress {
 public:
  struct Count {
    std::int64_t done = 0;
    std::int64_t total = 0;  // 0: nothing was told
  };
  // The stage's own: steps or frames. Of the others nothing.
  [[nodiscard]] Count of(SimulationStage stage) const;

  void set_steps(Count steps);
  using Report = std::function<void(const Count&)>;
  // So many frames of a range are done. Reports how many of the video are, never fewer than before,
  // from one thread at a time; meanwhile others may ask.
  void set_frames(const RangeTask& range, std::int64_t done, const Report& report);

 private:
  Count count(const RangeTask& range, std::int64_t done);

  std::mutex reporting_;
  mutable std::mutex mutex_;  // guards what follows
  Count steps_;
  Count frames_;
  std::map<std::int64_t, std::int64_t> ranges_;  // by their first frame: what is done of them here
  std::int64_t before_ = 0;                      // done by processes before this one
};

// Of all runs that this process works on. Thread-safe.
class DURASIM_EXPORT ProgressTable {
 public:
  // The same for everyone who asks, until none of them has it any more: the run's code, or one of
  // its activities.
  [[nodiscard]] std::shared_ptr<RunProgress> of(const std::string& run);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<RunProgress>> runs_;
};

}  // namespace durasim::inline v0::pipeline
