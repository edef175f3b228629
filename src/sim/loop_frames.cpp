// When a frame is due: whole steps and picoseconds, so that no frame is lost to the rounding of
// times.
#include "durasim/core/error.hpp"

#include "sim/loop_impl.hpp"

#include <cmath>

namespace durasim::inline v0::sim {
namespace {

__extension__ using Wide =
    __int128;  // products of steps and picoseconds exceed 64 bits after some hours

constexpr Wide kPicosecondsPerSecond = 1'000'000'000'000;

// Picoseconds per step times frames per second.
Wide frame_rate(int fps, double timestep_s) {
  return static_cast<Wide>(std::llround(timestep_s * 1e12)) * fps;
}

}  // namespace

TrajectorySink::~TrajectorySink() = default;

std::int64_t step_of_frame(std::int64_t frame, int fps, double timestep_s) {
  const Wide rate = frame_rate(fps, timestep_s);
  return static_cast<std::int64_t>((frame * kPicosecondsPerSecond + rate - 1) / rate);
}

FrameSchedule::FrameSchedule(int fps, double timestep_s) : fps_(fps), timestep_s_(timestep_s) {
  if (fps < 1 || fps > 1000)
    throw InvalidArgument("a trajectory sink must ask for 1 to 1000 frames per second");
}

void FrameSchedule::skip_to(std::int64_t step) {
  // The smallest frame k with step_of_frame(k) >= step, that is with k * 1e12 > (step - 1) * rate.
  const Wide rate = frame_rate(fps_, timestep_s_);
  next_frame_ =
      step <= 0 ? 0 : static_cast<std::int64_t>((step - 1) * rate / kPicosecondsPerSecond) + 1;
  next_step_ = step_of_frame(next_frame_, fps_, timestep_s_);
}

}  // namespace durasim::inline v0::sim
