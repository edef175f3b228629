// Durations and instants as JSON strings: "1.5s" as proto3 JSON has them, and RFC 3339 in UTC. Both
// are exact to the nanosecond, whatever unit the C++ type counts in.
#include "durasim/core/convert.hpp"

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

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// protobuf's bounds: 10,000 years for a duration, the years 1 to 9999 for an instant.
constexpr std::int64_t kMaxSeconds = 315'576'000'000;
constexpr std::int64_t kMinInstant = -62'135'596'800;
constexpr std::int64_t kMaxInstant = 253'402'300'799;

// A length as whole seconds, rounded down, and the nanoseconds above them.
struct Length {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
};

Wide floor_divide(Wide a, Wide b) {
  const Wide quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

// Nothing when there is a fraction of a nanosecond or the seconds are out of [low, high].
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

// Takes `text` apart from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  bool accept(char c) {
    const bool there = !rest_.empty() && rest_.front() == c;
    if (there) rest_.remove_prefix(1);
    return there;
  }
  // A number of `min_digits` to `max_digits` digits, in [0, high].
  bool digits(std::size_t min_digits, std::size_t max_digits, std::int64_t high,
              std::int64_t& value) {
    std::size_t count = 0;
    while (count < rest_.size() && count <= max_digits && rest_[count] >= '0' &&
           rest_[count] <= '9')
      ++count;
    if (count < min_digits || count > max_digits) return false;
    value = 0;
    for (const char c : rest_.substr(0, count)) value = value * 10 + (c - '0');
    digits_ = count;
    rest_.remove_prefix(count);
    return value <= high;
  }
  // ".5": up to nine digits behind a point, or nothing at all.
  bool fraction(std::int64_t& nanos) {
    nanos = 0;
    if (!accept('.')) return true;
    if (!digits(1, 9, kNanosPerSecond, nanos)) return false;
    for (std::size_t i = digits_; i < 9; ++i) nanos *= 10;
    return true;
  }

 private:
  std::string_view rest_;
  std::size_t digits_ = 0;  // of the last number
};

std::optional<Length> parse_length(std::string_view text) {
  Scanner scanner(text);
  const bool negative = scanner.accept('-');
  Length length;
  if (!scanner.digits(1, 12, kMaxSeconds, length.seconds) || !scanner.fraction(length.nanos) ||
      !scanner.accept('s') || !scanner.at_end()) {
    return std::nullopt;
  }
  if (negative) {
    length.seconds = -length.seconds;
    length.nanos = -length.nanos;
  }
  return length;
}

// "+02:00", "-00:30" or "Z", as seconds east of Greenwich.
bool parse_offset(Scanner& scanner, std::int64_t& seconds) {
  seconds = 0;
  if (scanner.accept('Z') || scanner.accept('z')) return true;
  const bool west = scanner.accept('-');
  if (!west && !scanner.accept('+')) return false;
  std::int64_t hours = 0, minutes = 0;
  if (!scanner.digits(2, 2, 23, hours) || !scanner.accept(':') ||
      !scanner.digits(2, 2, 59, minutes)) {
    return false;
  }
  seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
  return true;
}

std::optional<Length> parse_instant(std::string_view text) {
  Scanner scanner(text);
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offset = 0;
  Length length;
  const bool well_formed =
      scanner.digits(4, 4, 9999, year) && scanner.accept('-') && scanner.digits(2, 2, 12, month) &&
      scanner.accept('-') && scanner.digits(2, 2, 31, day) &&
      (scanner.accept('T') || scanner.accept('t')) && scanner.digits(2, 2, 23, hour) &&
      scanner.accept(':') && scanner.digits(2, 2, 59, minute) && scanner.accept(':') &&
      scanner.digits(2, 2, 59, second) && scanner.fraction(length.nanos) &&
      parse_offset(scanner, offset) && scanner.at_end();
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!well_formed || !date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  length.seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  return length;
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
  using std::chrono::seconds;
  const std::optional<Length> length = to_length(count, unit, kMinInstant, kMaxInstant);
  if (!length) {
    writer.fail(
        fmt::format("an instant at {} times {} is no whole nanosecond of the years 1 to 9999",
                    count, unit_text(unit)));
  }
  const std::chrono::sys_seconds instant{seconds(length->seconds)};
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{midnight};
  const std::int64_t of_day = (instant - midnight).count();
  writer.string(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                            of_day / 3600, of_day / 60 % 60, of_day % 60,
                            fraction_text(length->nanos)));
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
