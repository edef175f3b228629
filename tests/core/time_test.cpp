// Texts of times and durations, and the system's clocks.
#include "durasim/core/time.hpp"

#include "durasim/core/error.hpp"

#include <doctest/doctest.h>

#include <chrono>

using durasim::parse_duration;
using durasim::to_rfc3339;
using durasim::WallTime;
using namespace std::chrono_literals;

TEST_CASE("times are written in RFC 3339, UTC, with milliseconds") {
  CHECK(to_rfc3339(WallTime{}) == "1970-01-01T00:00:00.000Z");
  const auto day = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20);
  CHECK(to_rfc3339(day + 12h + 34min + 56s + 789ms) == "2026-11-20T12:34:56.789Z");
  CHECK(to_rfc3339(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)) ==
        "2024-02-29T00:00:00.000Z");
}

TEST_CASE("times before 1970 count forwards within their second") {
  CHECK(to_rfc3339(WallTime{} - 1ms) == "1969-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(WallTime{} - 1s) == "1969-12-31T23:59:59.000Z");
}

TEST_CASE("durations are read in the documented units") {
  CHECK(parse_duration("5").count() == 5);
  CHECK(parse_duration("5s").count() == 5);
  CHECK(parse_duration("250ms").count() == doctest::Approx(0.25).epsilon(1e-15));
  CHECK(parse_duration("40us").count() == doctest::Approx(40e-6).epsilon(1e-15));
  CHECK(parse_duration("2min").count() == 120);
  CHECK(parse_duration("1h").count() == 3600);
  CHECK(parse_duration("1.5h").count() == 5400);
}

TEST_CASE("a text that is no duration is refused with the text quoted") {
  for (const char* text : {"", "s", "5 s", " 5", "5sec", "inf", "nan", "1e999", "0x10", "5s5"}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)parse_duration(text), durasim::InvalidArgument);
  }
  CHECK_THROWS_WITH_AS((void)parse_duration("soon"), doctest::Contains("\"soon\""),
                       durasim::InvalidArgument);
}

TEST_CASE("the steady clock does not run backwards") {
  const durasim::Clock& clock = durasim::system_clock();
  auto last = clock.steady_now();
  for (int i = 0; i < 1000; ++i) {
    const auto now = clock.steady_now();
    CHECK(now >= last);
    last = now;
  }
  CHECK(clock.wall_now() > WallTime(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)));
}
