// Counting over ranges, attempts and processes.
#include "pipeline/run_progress.hpp"

#include <algorithm>

namespace durasim::inline v0::pipeline {

RunProgress::Count RunProgress::of(SimulationStage stage) const {
  const std::scoped_lock lock(mutex_);
  switch (stage) {
    case SimulationStage::Simulate:
    case SimulationStage::Paused:
      return steps_;
    case SimulationStage::Render:
      return frames_;
    default:
      return {};
  }
}

void RunProgress::set_steps(Count steps) {
  const std::scoped_lock lock(mutex_);
  steps_ = steps;
}

void RunProgress::set_frames(const RangeTask& range, std::int64_t done, const Report& report) {
  const std::scoped_lock lock(reporting_);
  report(count(range, done));
}

RunProgress::Count RunProgress::count(const RangeTask& range, std::int64_t done) {
  const std::scoped_lock lock(mutex_);
  const auto here = [this] {
    std::int64_t sum = 0;
    for (const auto& [first, frames] : ranges_) sum += frames;
    return sum;
  };
  if (!ranges_.contains(range.first)) before_ = std::max(before_, range.done - here());
  ranges_[range.first] = done;
  frames_.done = std::max(frames_.done, std::min(before_ + here(), range.total));
  frames_.total = range.total;
  return frames_;
}

std::shared_ptr<RunProgress> ProgressTable::of(const std::string& run) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<RunProgress> found = runs_[run].lock();
  if (found) return found;
  std::erase_if(runs_, [](const auto& entry) { return entry.second.expired(); });
  found = std::make_shared<RunProgress>();
  runs_[run] = found;
  return found;
}

}  // namespace durasim::inline v0::pipeline
