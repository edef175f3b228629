// Protobuf's instants and lengths against std::chrono's, at the ends of both ranges; boxes; UTF-8.
#include "durasim/core/message_parts.hpp"

#include "core/utf8.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>

using durasim::Duration;
using durasim::WallTime;
using durasim::proto::Boxed;
using durasim::proto::ProtoDuration;
using durasim::proto::Timestamp;
using namespace std::chrono_literals;

TEST_CASE("instants go to protobuf and back, before 1970 too") {
  CHECK(Timestamp::from(WallTime{}) == Timestamp{0, 0});
  CHECK(Timestamp::from(WallTime{} - 1ns) == Timestamp{-1, 999'999'999});
  for (const WallTime time :
       {WallTime{} + 1234567890123456789ns, WallTime{} - 1234567890123456789ns, WallTime::min(),
        WallTime::max()}) {
    CHECK(Timestamp::from(time).wall_time() == time);
  }
  // Go's zero time, and the other end of protobuf's range.
  CHECK(Timestamp{-62'135'596'800, 0}.wall_time() == WallTime::min());
  CHECK(Timestamp{253'402'300'799, 999'999'999}.wall_time() == WallTime::max());
}

TEST_CASE("lengths go to protobuf and back, and saturate") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(ProtoDuration::from(-1500ms) == ProtoDuration{-1, -500'000'000});
  for (const Duration length :
       {Duration{0}, Duration{1500ms}, Duration{-1500ms}, Duration::min(), Duration::max()}) {
    CHECK(ProtoDuration::from(length).duration() == length);
  }
  CHECK(ProtoDuration{kMost, 999'999'999}.duration() == Duration::max());
  CHECK(ProtoDuration{-kMost - 1, -999'999'999}.duration() == Duration::min());
  CHECK(ProtoDuration{315'576'000'000, 0}.duration() == Duration::max());
}

TEST_CASE("a box copies deeply and compares by value") {
  Boxed<std::string> first(std::string("x"));
  Boxed<std::string> second = first;
  CHECK(first == second);
  *second = "y";
  CHECK(*first == "x");
  CHECK(!(first == second));
  second.reset();
  CHECK(!second);
  CHECK(!(first == second));
  CHECK(second == Boxed<std::string>());
}

TEST_CASE("well-formed UTF-8 is told from the rest by the bounds of the Unicode standard") {
  using durasim::is_utf8;
  for (const char* good : {"", "ascii only, longer than a word", "\xC2\x80", "\xDF\xBF",
                           "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF", "12345678\xC3\xA9"}) {
    CAPTURE(good);
    CHECK(is_utf8(good));
    CHECK(durasim::to_utf8(good) == good);
  }
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE1\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "12345678\xE2\x82"}) {
    CAPTURE(std::string(bad).size());
    CHECK(!is_utf8(bad));
    CHECK(is_utf8(durasim::to_utf8(bad)));
  }
  CHECK(durasim::to_utf8("a\xE2\x82z") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}
