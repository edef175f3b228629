// The system's clocks, and texts of times and durations.
#include "durasim/core/time.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

namespace durasim::inline v0 {
namespace {

class SystemClock final : public Clock {
 public:
  WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
  Duration boot_time() const override {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  }
};

struct Suffix {
  std::string_view text;
  double seconds;
};
constexpr std::array<Suffix, 6> kSuffixes{
    {{"", 1.0}, {"s", 1.0}, {"ms", 1e-3}, {"us", 1e-6}, {"min", 60.0}, {"h", 3600.0}}};

}  // namespace

Clock::~Clock() = default;

Duration Clock::boot_time() const {
  return steady_now().time_since_epoch();
}

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string to_rfc3339(WallTime time) {
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto second = static_cast<std::time_t>(std::floor(static_cast<double>(millis) / 1000.0));
  std::tm utc{};
  gmtime_r(&second, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     millis - second * 1000);
}

Seconds parse_duration(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && std::isfinite(value)) {
    for (const Suffix& suffix : kSuffixes) {
      if (suffix.text == rest) return Seconds(value * suffix.seconds);
    }
  }
  throw InvalidArgument(
      fmt::format("\"{}\" is not a duration; write for example 5, 5s, 250ms, 2min or 1h", text));
}

}  // namespace durasim::inline v0
