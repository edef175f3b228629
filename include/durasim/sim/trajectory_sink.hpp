// Where the loop sends the states that become video frames. The loop decides when; the sink decides
// how.
#pragma once

#include "durasim/core/config.hpp"

#include <cstdint>

struct mjModel_;
struct mjData_;

namespace durasim::inline v0::sim {

// Receives states in rising order of steps, on the thread that runs the loop. Frame k is the first
// step whose time is >= k / fps (integer arithmetic, so no frame is lost to rounding); frame 0 is
// the start, and the last state of a run comes too, even between two frames (but not one that the
// physics ruined). What record() throws ends the run and reaches its caller.
class DURASIM_EXPORT TrajectorySink {
 public:
  virtual ~TrajectorySink();
  // Frames per simulated second, 1..1000; asked once, when the sink is attached.
  [[nodiscard]] virtual int frames_per_second() const = 0;
  // One state. Positions (xpos, geom_xpos, contacts) and velocities in `data` belong to the state
  // of `step`; actuator and contact forces do not (they are known only after the step). Must not
  // change `data`.
  virtual void record(std::int64_t step, const mjModel_* model, const mjData_* data) = 0;
  // A position to which rewind() can return, after everything recorded so far has left this
  // object's buffers (checkpoints hold it). Called by save_state.
  virtual std::uint64_t offset() = 0;
  // Forgets what was recorded after `offset`; called by load_state. Throws Error when it is not
  // there.
  virtual void rewind(std::uint64_t offset) = 0;
};

// The step at which frame `frame` is due: ceil(frame / (fps * timestep)), computed in picoseconds.
// `timestep_s` > 0, 1 <= fps <= 1000, 0 <= frame < 2^31. Thread-safe.
DURASIM_EXPORT std::int64_t step_of_frame(std::int64_t frame, int fps, double timestep_s);

}  // namespace durasim::inline v0::sim
