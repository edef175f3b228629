// Lengths and instants as the texts of JSON, taken apart and put together.
#include "core/time_text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>

namespace durasim::inline v0::detail {
namespace {

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

}  // namespace

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

std::string instant_text(std::int64_t seconds) {
  const std::chrono::sys_seconds instant{std::chrono::seconds(seconds)};
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{midnight};
  const std::int64_t of_day = (instant - midnight).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     of_day / 3600, of_day / 60 % 60, of_day % 60);
}

}  // namespace durasim::inline v0::detail
