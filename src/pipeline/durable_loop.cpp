// Segments of stepping with a checkpoint between them.
#include "pipeline/durable_loop.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

sim::LoopOptions with_clock(sim::LoopOptions options) {
  options.progress_interval = Seconds(0.02);
  if (options.clock == nullptr) options.clock = &system_clock();
  return options;
}

}  // namespace

DurableLoop::DurableLoop(RunFolder& folder, std::shared_ptr<const sim::Model> model,
                         sim::LoopOptions options, int frames_per_second, const Logger& log,
                         CheckpointIntervals intervals)
    : folder_(folder),
      model_(std::move(model)),
      clock_(options.clock != nullptr ? *options.clock : system_clock()),
      intervals_(intervals),
      loop_(model_, with_clock(std::move(options))) {
  resume(log, frames_per_second);
}

void DurableLoop::resume(const Logger& log, int frames_per_second) {
  try {
    for (const RunFolder::Saved& saved : folder_.saved()) {
      if (resume_from(saved, log)) return;
    }
  } catch (const sim::CheckpointMismatch& mismatch) {
    restarted_because_ = mismatch.what();
    log.warning(fmt::format("the simulation begins again: {}", mismatch.what()));
  }
  see_whether_saveable(log, std::filesystem::exists(folder_.trajectory()));
  loop_.attach(nullptr);
  folder_.forget();  // of another run, later checkpoints would push out those of this one
  recorder_ =
      std::make_unique<sim::TrajectoryRecorder>(folder_.trajectory(), *model_, frames_per_second);
  loop_.attach(recorder_.get());
}

// False when the files do not hold what their names say. A checkpoint of another machine or model
// is no such case: those before it are not better.
bool DurableLoop::resume_from(const RunFolder::Saved& saved, const Logger& log) {
  try {
    checkpoint_ = sim::Checkpoint::parse(read_file(saved.path));
    recorder_ = sim::TrajectoryRecorder::resume(folder_.trajectory(), *model_, saved.offset);
    loop_.attach(recorder_.get());
    loop_.load_state(checkpoint_);
  } catch (const sim::CheckpointMismatch&) {
    throw;
  } catch (const Error& error) {
    log.warning(
        fmt::format("the checkpoint of step {} cannot be used: {}", saved.step, error.what()));
    if (restarted_because_.empty()) restarted_because_ = error.what();
    return false;
  }
  restarted_because_.clear();
  resumed_from_step_ = saved.step;
  saved_ = saved;
  return true;
}

// Of some models MuJoCo keeps a part of the state to itself. They are stepped all the same.
void DurableLoop::see_whether_saveable(const Logger& log, bool begun_before) {
  try {
    loop_.save_state(checkpoint_);
  } catch (const UnavailableError& error) {
    saveable_ = false;
    log.warning(fmt::format("there are no checkpoints of the simulation: {}", error.what()));
    if (begun_before) restarted_because_ = error.what();
  }
}

void DurableLoop::save() {
  if (!saveable_) return;
  loop_.save_state(checkpoint_);
  saved_ = folder_.save(checkpoint_, recorder_->offset());
}

bool DurableLoop::run(const std::stop_token& stop, const Beat& beat) {
  Seconds interval = intervals_.first;
  while (!stop.stop_requested()) {
    std::stop_source segment;
    const std::stop_callback forward(stop, [&segment] { segment.request_stop(); });
    const SteadyTime begin = clock_.steady_now();
    const auto verdict = loop_.run(segment.get_token(), [&](const sim::Progress& progress) {
      if (beat) beat(progress, saved_);
      if (clock_.steady_now() - begin >= interval) segment.request_stop();
    });
    if (verdict) {
      loop_.attach(nullptr);
      recorder_->finish();
      return true;
    }
    save();
    interval = std::min(2 * interval, intervals_.longest);
  }
  return false;
}

}  // namespace durasim::inline v0::pipeline
