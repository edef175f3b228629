// Engine time: wall time when the machine's first engine was opened, moved on by CLOCK_BOOTTIME,
// which goes on through suspend and does not follow those who set the wall clock.
#pragma once

#include "durasim/core/time.hpp"
#include "durasim/store/store.hpp"

namespace durasim::inline v0::engine {

// Thread-safe.
class EngineClock final : public Clock {
 public:
  // Goes on where the store's last engine was; where that is not kept, from the wall clock, but
  // never behind what the store has seen. The machine's clock is borrowed.
  EngineClock(const Clock& machine, const store::Store& store);
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] SteadyTime steady_now() const override;
  [[nodiscard]] Duration boot_time() const override;
  // The machine's boot_time() at which it will be that late.
  [[nodiscard]] Duration boot_time_at(WallTime time) const { return time - origin_; }

 private:
  const Clock& machine_;
  WallTime origin_;  // engine time at boot
};

}  // namespace durasim::inline v0::engine
