// For random events and commands of every type: wire format and JSON give back the same struct;
// damaged bytes and texts are refused or read as something that can be written again, never worse.
// DURASIM_SEED repeats a run.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"

#include "core/describe_command.hpp"
#include "core/describe_history.hpp"
#include "core/random_message.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <string>

using namespace durasim;
using test::RandomMessages;

namespace {

constexpr int kRounds = 12;

std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* given = std::getenv("DURASIM_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }();
  return value;
}

template <class M>
struct OneOfOf;
template <>
struct OneOfOf<proto::HistoryEvent> {
  using type = std::remove_cvref_t<decltype(codec::kField<proto::HistoryEvent, 5>)>;
};
template <>
struct OneOfOf<proto::Command> {
  using type = std::remove_cvref_t<decltype(codec::kField<proto::Command, 1>)>;
};

// A random M that carries the attributes of its `which`-th type, from 1.
template <class M>
M random_of_type(RandomMessages& random, std::size_t which) {
  M message;
  random.fill(message);
  message.attributes = std::monostate{};
  random.fill_alternative<typename OneOfOf<M>::type>(message.attributes, which, 0);
  return message;
}

proto::HistoryEvent random_event(RandomMessages& random, std::size_t which) {
  auto event = random_of_type<proto::HistoryEvent>(random, which);
  event.event_type = static_cast<EventType>(which);
  return event;
}

constexpr std::size_t kEventTypes = std::variant_size_v<proto::EventAttributesVariant> - 2;
constexpr std::size_t kCommandTypes = std::variant_size_v<proto::CommandAttributesVariant> - 1;

// Something small happens to the bytes.
std::string damaged(std::string bytes, RandomMessages& random) {
  switch (bytes.empty() ? 3 : random.below(4)) {
    case 0:
      bytes.resize(random.below(bytes.size()));
      break;
    case 1:
      bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
      break;
    case 2:
      bytes.erase(random.below(bytes.size()), 1 + random.below(4));
      break;
    default:
      bytes.insert(random.below(bytes.size() + 1), 1, static_cast<char>(random.below(256)));
  }
  return bytes;
}

}  // namespace

TEST_CASE("random events of every type survive both forms") {
  MESSAGE("DURASIM_SEED=", seed());
  RandomMessages random(seed());
  CHECK(kEventTypes == 60);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t which = 1; which <= kEventTypes; ++which) {
      const proto::HistoryEvent event = random_event(random, which);
      const std::string wire = encode(event);
      REQUIRE(decode_event(wire) == event);
      REQUIRE(encode(decode_event(wire)) == wire);
      REQUIRE(event_from_json(to_json(event)) == event);
      REQUIRE(event_from_json(to_json(event, JsonStyle::Indented)) == event);
    }
  }
}

TEST_CASE("random commands of every type survive both forms") {
  RandomMessages random(seed() + 1);
  CHECK(kCommandTypes == 17);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t which = 1; which <= kCommandTypes; ++which) {
      const auto command = random_of_type<proto::Command>(random, which);
      REQUIRE(decode_command(encode(command)) == command);
      REQUIRE(command_from_json(to_json(command)) == command);
    }
  }
}

TEST_CASE("damaged wire format is refused or read as something that can be written again") {
  RandomMessages random(seed() + 2);
  int refused = 0;
  for (int round = 0; round < 40 * kRounds; ++round) {
    const std::string wire = encode(random_event(random, 1 + random.below(kEventTypes)));
    for (int i = 0; i < 10; ++i) {
      const std::string bytes = damaged(damaged(wire, random), random);
      try {
        const proto::HistoryEvent event = decode_event(bytes);
        REQUIRE(encode(decode_event(encode(event))) == encode(event));
      } catch (const FormatError&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("damaged JSON is refused or read as something that can be written again") {
  RandomMessages random(seed() + 3);
  int refused = 0;
  for (int round = 0; round < 40 * kRounds; ++round) {
    const std::string json = to_json(random_event(random, 1 + random.below(kEventTypes)));
    for (int i = 0; i < 10; ++i) {
      const std::string text = damaged(json, random);
      try {
        const proto::HistoryEvent event = event_from_json(text);
        REQUIRE(event_from_json(to_json(event)) == event);
      } catch (const FormatError&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 0);
}
