// Durations and instants as JSON strings: "1.5s" as proto3 JSON has them, and RFC 3339 in UTC. Both
// are exact to the nanosecond, whatever unit the C++ type counts in.
#include "durasim/core/convert.hpp"

#include "core/time_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

namespace durasim::inline v0::detail {
namespace {

// Products of a count, a unit and 10^9 do not fit into 64 bits.
__extension__ using Wide = __int128;

Wide floor_divide(Wide a, Wide b) {
  const Wide quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

// Rounded down to whole seconds, nanoseconds above them. Nothing when there is a fraction of a
// nanosecond or the seconds are out of [low, high].
std::optional<Length> to_length(std::int64_t count, ChronoUnit unit, std::int64_t low,
                                std::int64_t high) {
  const Wide scaled = Wide{count} * unit.num * kNanosPerSecond;
  if (scaled % unit.den != 0) return std::nullopt;
  const Wide nanos = scaled / unit.den;
  const Wide seconds = floor_divide(nanos, kNanosPerSecond);
  if (seconds < low || seconds > high) return std::nullopt;
  return Length{static_cast<std::int64_t>(seconds),
                static_cast<std::int64_t>(nanos - seconds * kNanosPerSecond)};
}

// The count of units, if it is a whole one of 64 bits.
std::optional<std::int64_t> to_count(Length length, ChronoUnit unit) {
  const Wide nanos = Wide{length.seconds} * kNanosPerSecond + length.nanos;
  const Wide scaled = nanos * unit.den;
  const Wide divisor = Wide{unit.num} * kNanosPerSecond;
  if (scaled % divisor != 0) return std::nullopt;
  const Wide count = scaled / divisor;
  if (count < std::numeric_limits<std::int64_t>::min() ||
      count > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(count);
}

std::string unit_text(ChronoUnit unit) {
  return unit.den == 1 ? fmt::format("{} s", unit.num) : fmt::format("{}/{} s", unit.num, unit.den);
}

// ".5", without zeros at the end; nothing for 0.
std::string fraction_text(std::int64_t nanos) {
  if (nanos == 0) return {};
  std::string text = fmt::format(".{:09}", nanos);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace

void write_duration(JsonWriter& writer, std::int64_t count, ChronoUnit unit) {
  const std::optional<Length> length = to_length(count, unit, -kMaxSeconds, kMaxSeconds);
  if (!length) {
    writer.fail(
        fmt::format("a duration of {} times {} is no whole number of nanoseconds within "
                    "10,000 years",
                    count, unit_text(unit)));
  }
  // Rounded down, -0.5 s is -1 s and 500,000,000 ns; written, sign and magnitude are apart.
  const bool borrowed = length->seconds < 0 && length->nanos > 0;
  const std::int64_t seconds = borrowed ? length->seconds + 1 : length->seconds;
  const std::int64_t nanos = borrowed ? kNanosPerSecond - length->nanos : length->nanos;
  writer.string(fmt::format("{}{}{}s", length->seconds < 0 ? "-" : "", std::abs(seconds),
                            fraction_text(nanos)));
}

std::int64_t read_duration(JsonReader& reader, ChronoUnit unit) {
  constexpr std::string_view kExpected = "a duration such as \"1.5s\"";
  if (reader.peek() != JsonKind::String) reader.mismatch(kExpected);
  const std::optional<Length> length = parse_length(reader.string());
  if (!length) reader.mismatch(kExpected);
  const std::optional<std::int64_t> count = to_count(*length, unit);
  if (!count) reader.mismatch(fmt::format("a duration that is a multiple of {}", unit_text(unit)));
  return *count;
}

void write_seconds(JsonWriter& writer, double seconds) {
  if (!std::isfinite(seconds))
    writer.fail(fmt::format("{} s is not a duration that JSON can hold", seconds));
  char text[512];  // the longest double without an exponent has some 340 characters
  const auto end = std::to_chars(text, text + sizeof text, seconds, std::chars_format::fixed);
  writer.string(std::string(text, end.ptr) + "s");
}

double read_seconds(JsonReader& reader) {
  constexpr std::string_view kExpected = "a duration such as \"1.5s\"";
  if (reader.peek() != JsonKind::String) reader.mismatch(kExpected);
  const std::string text = reader.string();
  double seconds = 0;
  const char* last = text.data() + text.size();
  const auto end = std::from_chars(text.data(), last, seconds, std::chars_format::fixed);
  if (end.ec != std::errc{} || end.ptr + 1 != last || *end.ptr != 's' || !std::isfinite(seconds)) {
    reader.mismatch(kExpected);
  }
  return seconds;
}

void write_wall_time(JsonWriter& writer, std::int64_t count, ChronoUnit unit) {
  const std::optional<Length> length = to_length(count, unit, kMinInstant, kMaxInstant);
  if (!length) {
    writer.fail(
        fmt::format("an instant at {} times {} is no whole nanosecond of the years 1 to 9999",
                    count, unit_text(unit)));
  }
  writer.string(instant_text(length->seconds) + fraction_text(length->nanos) + "Z");
}

std::int64_t read_wall_time(JsonReader& reader, ChronoUnit unit) {
  constexpr std::string_view kExpected = "an instant such as \"2026-11-20T12:34:56.5Z\"";
  if (reader.peek() != JsonKind::String) reader.mismatch(kExpected);
  const std::optional<Length> length = parse_instant(reader.string());
  if (!length) reader.mismatch(kExpected);
  const std::optional<std::int64_t> count = to_count(*length, unit);
  if (!count)
    reader.mismatch(fmt::format("an instant that a clock of {} can hold", unit_text(unit)));
  return *count;
}

}  // namespace durasim::inline v0::detail
