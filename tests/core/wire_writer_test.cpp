// The writer of the wire format: numbers of every length, and room that grows towards the front.
#include "core/wire_writer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using durasim::codec::WireWriter;

namespace {

// As the format's description says it, from the front.
std::string varint(std::uint64_t value) {
  std::string bytes;
  while (value >= 0x80) {
    bytes += static_cast<char>(value % 0x80 + 0x80);
    value /= 0x80;
  }
  return bytes + static_cast<char>(value);
}

}  // namespace

TEST_CASE("numbers of every length are written in their shortest form") {
  WireWriter out;
  std::string expected;
  const auto add = [&](std::uint64_t value) {
    out.add_varint(1, value);
    expected.insert(0, "\x08" + varint(value));
  };
  for (int bits = 0; bits < 64; ++bits) {
    const std::uint64_t power = std::uint64_t{1} << bits;
    add(power - 1);
    add(power);
  }
  add(std::numeric_limits<std::uint64_t>::max());
  CHECK(out.written() == expected);
}

TEST_CASE("a message grows to the front, in small steps and in large ones") {
  for (const std::size_t step : {1UL, 3UL, 127UL, 128UL, 1023UL, 1024UL, 1025UL, 100000UL}) {
    WireWriter out;
    std::string expected;
    for (int i = 0; i < 50; ++i) {
      const std::string text(step, static_cast<char>('a' + i % 26));
      out.add_bytes(17, text);
      expected.insert(0, varint(17 << 3 | 2) + varint(step) + text);
    }
    out.close(1, out.size());
    CHECK(out.written() == "\x0a" + varint(expected.size()) + expected);
  }
}

TEST_CASE("fixed-width numbers are little-endian, and nothing is nothing") {
  WireWriter out;
  CHECK(out.written().empty());
  out.add_bytes(3, {});
  out.add_float(2, 1.0F);
  out.add_double(1, -2.0);
  CHECK(out.written() == std::string("\x09\0\0\0\0\0\0\0\xc0\x15\0\0\x80\x3f\x1a\0", 16));
}
