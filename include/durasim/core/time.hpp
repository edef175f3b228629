// Durations and the clock seam. Code that needs the time takes a Clock, so that tests can give it
// one that they move by hand.
#pragma once

#include "durasim/core/config.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace durasim::inline v0 {

// Durations of workflow code and options.
using Duration = std::chrono::nanoseconds;
// Simulated and measured durations, as a floating-point count of seconds.
using Seconds = std::chrono::duration<double>;
using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

class DURASIM_EXPORT Clock {
 public:
  virtual ~Clock();
  // The calendar time; may jump. Thread-safe.
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  // Monotonic time for rates and deadlines. Thread-safe.
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;
  // Time since the machine was booted, suspend included (CLOCK_BOOTTIME); setting the wall clock
  // does not change it. Thread-safe. By default what steady_now() counts.
  [[nodiscard]] virtual Duration boot_time() const;
};

// The machine's clocks. The object lives as long as the process. Thread-safe.
DURASIM_EXPORT const Clock& system_clock();

// "2026-11-20T12:34:56.789Z" (RFC 3339, UTC, milliseconds). Thread-safe.
DURASIM_EXPORT std::string to_rfc3339(WallTime time);

// Reads "5", "5s", "250ms", "2min", "1h" as a duration. Throws InvalidArgument that quotes the
// text. Thread-safe.
DURASIM_EXPORT Seconds parse_duration(std::string_view text);

}  // namespace durasim::inline v0
