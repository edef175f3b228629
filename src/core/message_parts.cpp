// Conversions between protobuf's instants and lengths, whose range is wide, and std::chrono's,
// which hold 292 years.
#include "durasim/core/message_parts.hpp"

#include <limits>

namespace durasim::inline v0::proto {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// seconds and nanos as a count of nanoseconds, at most what 64 bits hold. Denormal nanos are added
// as they are.
std::int64_t saturated_nanos(std::int64_t seconds, std::int32_t nanos) {
  using Limits = std::numeric_limits<std::int64_t>;
  std::int64_t result = 0;
  // The two may cancel each other out at the ends of the range, so the sum is made one second
  // nearer to zero.
  const std::int64_t step = seconds > 0 ? 1 : seconds < 0 ? -1 : 0;
  const std::int64_t rest = step * kNanosPerSecond + nanos;
  if (__builtin_mul_overflow(seconds - step, kNanosPerSecond, &result) ||
      __builtin_add_overflow(result, rest, &result)) {
    return seconds < 0 ? Limits::min() : Limits::max();
  }
  return result;
}

}  // namespace

const std::string& UnknownFields::bytes() const {
  static const std::string none;
  return bytes_ ? *bytes_ : none;
}

WallTime Timestamp::wall_time() const {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(
      std::chrono::nanoseconds(saturated_nanos(seconds, nanos))));
}

Timestamp Timestamp::from(WallTime time) {
  // By hand: chrono::floor overflows at WallTime's lower end.
  const std::int64_t nanos =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  const std::int64_t rest = nanos % kNanosPerSecond;
  const bool borrow = rest < 0;
  return {nanos / kNanosPerSecond - (borrow ? 1 : 0),
          static_cast<std::int32_t>(borrow ? rest + kNanosPerSecond : rest)};
}

Duration ProtoDuration::duration() const {
  return Duration(saturated_nanos(seconds, nanos));
}

ProtoDuration ProtoDuration::from(Duration duration) {
  return {duration.count() / kNanosPerSecond,
          static_cast<std::int32_t>(duration.count() % kNanosPerSecond)};
}

}  // namespace durasim::inline v0::proto
