// Properties of typed conversion over random values, and a fuzzer of the reader: truncations,
// changed bytes and random texts end in a value or in a conversion failure, never in anything else.
// Every failure prints its seed; DURASIM_TEST_SEED and DURASIM_TEST_ROUNDS choose others.
#include "durasim/core/convert.hpp"
#include "durasim/core/failure.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <unordered_map>

namespace garden {

enum class Kind { Tree, Bush, Herb };
BOOST_DESCRIBE_ENUM(Kind, Tree, Bush, Herb)

struct Leaf {
  std::int64_t number = 0;
  std::uint64_t bits = 0;
  double length = 0;
  float width = 0;
  bool green = false;
  std::string name;
  bool operator==(const Leaf&) const = default;
};
BOOST_DESCRIBE_STRUCT(Leaf, (), (number, bits, length, width, green, name))

struct Plant : Leaf {
  Kind kind{};
  std::optional<Leaf> first;
  std::vector<Plant> branches;
  std::map<std::string, std::vector<int>> rings;
  std::unordered_map<std::string, std::optional<double>> sizes;
  std::map<int, Kind> neighbours;
  std::set<std::string> names;
  std::variant<std::monostate, std::string, Leaf, std::vector<std::byte>> fruit;
  std::tuple<std::int8_t, std::string> label;
  std::array<std::uint16_t, 3> colour{};
  std::vector<std::byte> genome;
  std::chrono::nanoseconds age{};
  std::chrono::system_clock::time_point planted;
  bool operator==(const Plant&) const = default;
};
BOOST_DESCRIBE_STRUCT(Plant, (Leaf),
                      (kind, first, branches, rings, sizes, neighbours, names, fruit, label, colour,
                       genome, age, planted))

}  // namespace garden

namespace {

using namespace durasim;
using garden::Kind;
using garden::Leaf;
using garden::Plant;

std::uint64_t environment_number(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t bits() { return engine_(); }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(bits() % end); }
  bool flip() { return (bits() & 1U) != 0; }

  // Every finite bit pattern, the awkward ones more often than chance would have them.
  double real() {
    constexpr std::array kAwkward{
        0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e23, 9007199254740993.0};
    if (below(4) == 0) return kAwkward[below(kAwkward.size())];
    const double value = std::bit_cast<double>(bits());
    return std::isfinite(value) ? value : 1.5;
  }
  float short_real() {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits()));
    return std::isfinite(value) ? value : 1.5F;
  }
  std::uint64_t whole() {
    const std::uint64_t value = bits() >> below(64);
    return flip() ? value : ~value;
  }
  std::string text() {
    std::string result;
    for (std::size_t i = below(6); i > 0; --i) {
      constexpr std::array kPieces{"a",
                                   "\"",
                                   "\\",
                                   "\n",
                                   "\x01",
                                   "\x7F",
                                   "\xC3\xA4",
                                   "\xE2\x82\xAC",
                                   "\xF0\x9F\x98\x80",
                                   "\xED\x9F\xBF",
                                   "\xF4\x8F\xBF\xBF",
                                   "/",
                                   " "};
      result += kPieces[below(kPieces.size())];
    }
    return result;
  }
  std::vector<std::byte> bytes() {
    std::vector<std::byte> result(below(5));
    for (std::byte& byte : result) byte = static_cast<std::byte>(bits());
    return result;
  }
  Kind kind() { return static_cast<Kind>(below(3)); }
  Leaf leaf() {
    return {.number = static_cast<std::int64_t>(whole()),
            .bits = whole(),
            .length = real(),
            .width = short_real(),
            .green = flip(),
            .name = text()};
  }
  Plant plant(int depth) {
    Plant plant;
    static_cast<Leaf&>(plant) = leaf();
    plant.kind = kind();
    if (flip()) plant.first = leaf();
    for (std::size_t i = depth > 0 ? below(3) : 0; i > 0; --i)
      plant.branches.push_back(this->plant(depth - 1));
    for (std::size_t i = below(3); i > 0; --i) {
      plant.rings[text()].push_back(static_cast<int>(bits()));
      plant.sizes[text()] = flip() ? std::optional(real()) : std::nullopt;
      plant.neighbours[static_cast<int>(bits())] = kind();
      plant.names.insert(text());
    }
    switch (below(4)) {
      case 0:
        break;
      case 1:
        plant.fruit = text();
        break;
      case 2:
        plant.fruit = leaf();
        break;
      default:
        plant.fruit = bytes();
    }
    plant.label = {static_cast<std::int8_t>(bits()), text()};
    for (std::uint16_t& part : plant.colour) part = static_cast<std::uint16_t>(bits());
    plant.genome = bytes();
    plant.age = std::chrono::nanoseconds(static_cast<std::int64_t>(whole()));
    plant.planted += plant.age;
    return plant;
  }

 private:
  std::mt19937_64 engine_;
};

// Values that compare equal may still differ in their bits: -0.
bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

TEST_CASE("random values of nested types come back as they were") {
  const std::uint64_t first = environment_number("DURASIM_TEST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + environment_number("DURASIM_TEST_ROUNDS", 200);
       ++seed) {
    CAPTURE(seed);
    Generator generator(seed);
    const Plant plant = generator.plant(3);
    const Payload payload = to_payload(plant);
    const auto back = from_payload<Plant>(payload);
    REQUIRE(back == plant);
    REQUIRE(same_bits(back.length, plant.length));
    REQUIRE(to_payload(back) == payload);
  }
}

TEST_CASE("doubles and 64-bit integers are exact") {
  const std::uint64_t seed = environment_number("DURASIM_TEST_SEED", 1);
  CAPTURE(seed);
  Generator generator(seed);
  for (int i = 0; i < 20'000; ++i) {
    const double real = generator.real();
    REQUIRE(same_bits(from_payload<double>(to_payload(real)), real));
    const std::uint64_t whole = generator.whole();
    REQUIRE(from_payload<std::uint64_t>(to_payload(whole)) == whole);
    const auto number = static_cast<std::int64_t>(whole);
    REQUIRE(from_payload<std::int64_t>(to_payload(number)) == number);
  }
}

TEST_CASE("the text of an unordered container does not depend on how it came about") {
  const std::uint64_t seed = environment_number("DURASIM_TEST_SEED", 1);
  CAPTURE(seed);
  Generator generator(seed);
  std::vector<std::pair<std::string, int>> pairs;
  for (int i = 0; i < 200; ++i)
    pairs.emplace_back("key " + std::to_string(generator.below(1000)), i % 7);
  const std::map<std::string, int> unique(pairs.begin(), pairs.end());
  std::unordered_map<std::string, int> forward(unique.begin(), unique.end());
  std::unordered_map<std::string, int> backward(4096);
  backward.insert(unique.rbegin(), unique.rend());
  CHECK(to_payload(forward) == to_payload(backward));
  CHECK(from_payload<std::map<std::string, int>>(to_payload(forward)) == unique);
}

// True when the text was read, false when it was refused as it should be.
template <class T>
bool accepts(const std::string& text) {
  try {
    (void)from_payload<T>(Payload{.metadata = {{"encoding", "json/plain"}}, .data = text});
    return true;
  } catch (const ApplicationFailure& failure) {
    REQUIRE(failure.type() == kPayloadConversion);
    REQUIRE(std::string_view(failure.what()).starts_with("$"));
    return false;
  }
}

TEST_CASE("damaged texts are refused or read, and nothing else happens") {
  const std::uint64_t first = environment_number("DURASIM_TEST_SEED", 1);
  std::size_t refused = 0;
  for (std::uint64_t seed = first; seed < first + environment_number("DURASIM_TEST_ROUNDS", 20);
       ++seed) {
    CAPTURE(seed);
    Generator generator(seed);
    const std::string text = to_payload(generator.plant(1)).data;
    for (std::size_t length = 0; length < text.size(); length += 1 + generator.below(5)) {
      REQUIRE_FALSE(accepts<Plant>(text.substr(0, length)));
    }
    for (int i = 0; i < 200; ++i) {
      std::string damaged = text;
      for (std::size_t changes = 1 + generator.below(3); changes > 0; --changes) {
        damaged[generator.below(damaged.size())] = static_cast<char>(generator.bits());
      }
      refused += accepts<Plant>(damaged) ? 0U : 1U;
    }
    for (int i = 0; i < 200; ++i) {
      std::string random;
      for (std::size_t size = generator.below(40); size > 0; --size) {
        random += "{}[]:,\"\\u0d8e-+.19tfn \x80"[generator.below(24)];
      }
      refused += accepts<Plant>(random) ? 0U : 1U;
    }
  }
  CHECK(refused > 500);
}

}  // namespace
