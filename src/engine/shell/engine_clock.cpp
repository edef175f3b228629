// Engine time from a machine's clocks.
#include "engine/shell/engine_clock.hpp"

#include <algorithm>

namespace durasim::inline v0::engine {

EngineClock::EngineClock(const Clock& machine, const store::Store& store)
    : machine_(machine),
      origin_(store.time_at_boot().value_or(std::max(machine.wall_now(), store.last_time()) -
                                            machine.boot_time())) {}

WallTime EngineClock::wall_now() const {
  return origin_ + machine_.boot_time();
}

SteadyTime EngineClock::steady_now() const {
  return machine_.steady_now();
}

Duration EngineClock::boot_time() const {
  return machine_.boot_time();
}

}  // namespace durasim::inline v0::engine
