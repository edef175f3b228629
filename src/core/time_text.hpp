// Lengths and instants as JSON writes them: "-1.5s", and RFC 3339 in UTC, exact to the nanosecond.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace durasim::inline v0::detail {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// protobuf's bounds: 10,000 years for a duration, the years 1 to 9999 for an instant.
inline constexpr std::int64_t kMaxSeconds = 315'576'000'000;
inline constexpr std::int64_t kMinInstant = -62'135'596'800;
inline constexpr std::int64_t kMaxInstant = 253'402'300'799;

// A length, or an instant as the length since 1970. Negative lengths have both parts negative or
// zero; in instants the nanoseconds count forwards.
struct Length {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
};

// Nothing when the text is not of the form "-1.5s", with up to nine digits behind the point.
std::optional<Length> parse_length(std::string_view text);

// Nothing when the text is not RFC 3339, with any offset and up to nine digits of a second.
std::optional<Length> parse_instant(std::string_view text);

// "2026-11-20T12:34:56" for seconds since 1970, the years 1 to 9999.
std::string instant_text(std::int64_t seconds);

}  // namespace durasim::inline v0::detail
