// The bounded codec: what was written reads back, and nothing else is accepted.
#include "durasim/core/bytes.hpp"

#include "durasim/core/error.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <variant>
#include <vector>

using durasim::ByteReader;
using durasim::Bytes;
using durasim::ByteView;
using durasim::ByteWriter;
using durasim::FormatError;
using durasim::LimitError;

namespace {

// One of each kind of value, so that a property test can write and read a random sequence of them.
using Value = std::variant<std::uint8_t, std::uint32_t, std::uint64_t, double, std::string,
                           std::vector<double>, std::vector<std::uint32_t>>;

struct Write {
  ByteWriter& to;
  void operator()(std::uint8_t v) const { to.u8(v); }
  void operator()(std::uint32_t v) const { to.u32(v); }
  void operator()(std::uint64_t v) const { to.u64(v); }
  void operator()(double v) const { to.f64(v); }
  void operator()(const std::string& v) const { to.text(v); }
  void operator()(const std::vector<double>& v) const { to.f64_array(v); }
  void operator()(const std::vector<std::uint32_t>& v) const { to.u32_array(v); }
};

struct ReadLike {
  ByteReader& from;
  Value operator()(std::uint8_t) const { return from.u8(); }
  Value operator()(std::uint32_t) const { return from.u32(); }
  Value operator()(std::uint64_t) const { return from.u64(); }
  Value operator()(double) const { return from.f64(); }
  Value operator()(const std::string&) const { return from.text(); }
  Value operator()(const std::vector<double>&) const { return from.f64_array(); }
  Value operator()(const std::vector<std::uint32_t>&) const { return from.u32_array(); }
};

double random_double(std::mt19937_64& random) {
  const auto value = std::bit_cast<double>(random());
  return std::isnan(value) ? 0.5 : value;  // NaN would not compare equal to itself
}

Value random_value(std::mt19937_64& random) {
  const std::size_t size = random() % 20;
  switch (random() % 7) {
    case 0:
      return static_cast<std::uint8_t>(random());
    case 1:
      return static_cast<std::uint32_t>(random());
    case 2:
      return static_cast<std::uint64_t>(random());
    case 3:
      return random_double(random);
    case 4: {
      std::string text(size, '\0');
      for (char& c : text) c = static_cast<char>(random());
      return text;
    }
    case 5: {
      std::vector<double> values(size);
      for (double& v : values) v = random_double(random);
      return values;
    }
    default: {
      std::vector<std::uint32_t> values(size);
      for (std::uint32_t& v : values) v = static_cast<std::uint32_t>(random());
      return values;
    }
  }
}

std::vector<Value> read_like(const std::vector<Value>& model, ByteView bytes) {
  ByteReader reader(bytes);
  std::vector<Value> values;
  values.reserve(model.size());
  for (const Value& value : model) values.push_back(std::visit(ReadLike{reader}, value));
  CHECK(reader.at_end());
  return values;
}

}  // namespace

TEST_CASE("integers and doubles are little-endian, counts are 32 bits") {
  ByteWriter writer;
  writer.u8(0x01);
  writer.u32(0x05040302);
  writer.u64(0x0D0C0B0A09080706);
  writer.f64(1.0);
  writer.text("hi");
  const std::vector<int> expected{1, 2, 3, 4, 5, 6,    7,    8, 9, 10, 11, 12,  13, 0,
                                  0, 0, 0, 0, 0, 0xF0, 0x3F, 2, 0, 0,  0,  'h', 'i'};
  REQUIRE(writer.bytes().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(std::to_integer<int>(writer.bytes()[i]) == expected[i]);
  }
}

TEST_CASE("special doubles keep their bits") {
  const std::vector<double> special{0.0, -0.0, std::numeric_limits<double>::infinity(),
                                    std::numeric_limits<double>::denorm_min(),
                                    std::numeric_limits<double>::quiet_NaN()};
  ByteWriter writer;
  writer.f64_array(special);
  const auto read = ByteReader(writer.bytes()).f64_array();
  REQUIRE(read.size() == special.size());
  for (std::size_t i = 0; i < special.size(); ++i) {
    CHECK(std::bit_cast<std::uint64_t>(read[i]) == std::bit_cast<std::uint64_t>(special[i]));
  }
}

TEST_CASE("random messages read back equal, and every truncation of them is refused") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<Value> values(1 + random() % 8);
    for (Value& value : values) value = random_value(random);
    ByteWriter writer;
    for (const Value& value : values) std::visit(Write{writer}, value);
    const Bytes bytes = writer.take();

    CHECK(read_like(values, bytes) == values);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A copy of exactly `size` bytes: the address sanitizer sees a read beyond it.
      const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_THROWS_AS(read_like(values, cut), FormatError);
    }
  }
}

TEST_CASE("random bytes are read or refused, never trusted") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Bytes bytes(random() % 64);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random() % 4 == 0 ? 0xFF : random() % 8);
    ByteReader reader(bytes);
    try {
      while (!reader.at_end()) {
        const Value kind = random_value(random);
        (void)std::visit(ReadLike{reader}, kind);
      }
    } catch (const FormatError& error) {
      CHECK(std::string(error.what()).find("offset") != std::string::npos);
    }
    CHECK(reader.offset() <= bytes.size());
  }
}

TEST_CASE("a count that its bytes cannot hold is refused before anything is allocated") {
  ByteWriter writer;
  writer.u32(0xFFFFFFFF);  // would be 32 GiB of doubles
  CHECK_THROWS_AS(ByteReader(writer.bytes()).f64_array(), FormatError);
  CHECK_THROWS_AS(ByteReader(writer.bytes()).u32_array(), FormatError);
  CHECK_THROWS_AS(ByteReader(writer.bytes()).text(), FormatError);
  CHECK_THROWS_AS(ByteReader(writer.bytes()).count(1), FormatError);
}

TEST_CASE("a text longer than the reader's limit is refused") {
  ByteWriter writer;
  writer.text("12345");
  CHECK(ByteReader(writer.bytes()).text(5) == "12345");
  CHECK_THROWS_AS(ByteReader(writer.bytes()).text(4), FormatError);
}

TEST_CASE("the error of a reader says at which offset the bytes end") {
  ByteWriter writer;
  writer.u32(7);
  writer.u8(1);
  ByteReader reader(writer.bytes());
  (void)reader.u32();
  CHECK_THROWS_WITH_AS(reader.u64(), doctest::Contains("offset 4"), FormatError);
}

TEST_CASE("a writer refuses to grow beyond its limit and keeps what it had") {
  ByteWriter writer(8);
  writer.u64(42);
  CHECK_THROWS_AS(writer.u8(1), LimitError);
  CHECK_THROWS_AS(writer.text("x"), LimitError);
  CHECK(ByteReader(writer.bytes()).u64() == 42);
  CHECK(writer.bytes().size() == 8);
}
