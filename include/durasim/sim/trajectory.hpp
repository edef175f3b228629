// Recorded motion: the states of a run, streamed to a file while it runs and read back frame by
// frame, so that pictures can be made later from any side without simulating again.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/time.hpp"
#include "durasim/sim/trajectory_sink.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

class Model;

// One recorded moment.
struct TrajectoryFrame {
  std::int64_t step = 0;
  Seconds time{0};            // simulated time
  unsigned signature = 0;     // which components `state` holds, as bits of MuJoCo's mjtState
  std::vector<double> state;  // as mj_getState writes them
};

// The state of `data` as a frame: positions, velocities, activations and mocap poses. `data`
// belongs to `model`. Throws InvalidArgument when a value is not finite: such a state cannot be
// shown. Thread-safe.
DURASIM_EXPORT TrajectoryFrame capture_frame(const Model& model, const mjData_& data,
                                             std::int64_t step);

// Streams frames to a file through a small buffer: memory does not grow with the run. A state that
// is not finite is left out, since it cannot be shown. Not thread-safe.
class DURASIM_EXPORT TrajectoryRecorder final : public TrajectorySink {
 public:
  // Creates or replaces the file. Throws IoError; InvalidArgument for frames per second
  // outside 1..1000.
  TrajectoryRecorder(const std::string& path, const Model& model, int frames_per_second = 30);
  // Goes on with a file at a position that offset() gave, forgetting what comes after it. Throws
  // FormatError when the file is not a recording of `model`, InvalidArgument when `offset` is not
  // the end of a frame in it.
  static std::unique_ptr<TrajectoryRecorder> resume(const std::string& path, const Model& model,
                                                    std::uint64_t offset);
  ~TrajectoryRecorder()
      override;  // writes what is buffered; an error then is lost, so call finish()
  TrajectoryRecorder(const TrajectoryRecorder&) = delete;
  TrajectoryRecorder& operator=(const TrajectoryRecorder&) = delete;

  [[nodiscard]] int frames_per_second() const override;
  // Throws IoError when the file cannot be written, LogicError when `model` is not the one of the
  // file.
  void record(std::int64_t step, const mjModel_* model, const mjData_* data) override;
  // Writes what is buffered and returns the size of the file. Throws IoError.
  std::uint64_t offset() override;
  void rewind(std::uint64_t offset) override;
  // Writes what is buffered; record() may not be called again. Throws IoError.
  void finish();
  [[nodiscard]] std::int64_t frame_count() const;

 private:
  class Impl;
  explicit TrajectoryRecorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Reads a recording. Every byte is checked before it is used: the file may be foreign. Thread-safe.
class DURASIM_EXPORT TrajectoryReader {
 public:
  // Throws IoError; FormatError when the file is not a recording, is damaged, or was made with
  // another model.
  TrajectoryReader(const std::string& path, const Model& model);
  ~TrajectoryReader();
  TrajectoryReader(TrajectoryReader&&) noexcept;
  TrajectoryReader& operator=(TrajectoryReader&&) noexcept;

  [[nodiscard]] int frames_per_second() const;
  [[nodiscard]] std::int64_t frame_count() const;
  // Whether the file ends in a frame that was not written whole (a crash); it is not counted.
  [[nodiscard]] bool torn() const;
  // Frame `index`, 0 <= index < frame_count(). Throws InvalidArgument, FormatError (damage, with
  // the frame's number), IoError.
  [[nodiscard]] TrajectoryFrame frame(std::int64_t index) const;
  // The same into an existing frame, without allocating when it already has the size.
  void read(std::int64_t index, TrajectoryFrame& frame) const;
  // The frame whose time is nearest to `time`. Throws FormatError when the recording is empty.
  [[nodiscard]] std::int64_t index_at(Seconds time) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace durasim::inline v0::sim
