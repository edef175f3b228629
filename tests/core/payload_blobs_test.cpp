// Large payloads are taken out of what is stored and come back as they were, wherever they stand;
// what a user calls a reference stays the user's. DURASIM_SEED repeats a run.
#include "core/payload_blobs.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"

#include "core/describe_history.hpp"
#include "core/random_message.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <string>

using namespace durasim;
using codec::BlobHash;
using codec::PayloadBlobs;
using proto::HistoryEvent;

namespace {

Payload payload_of(std::size_t bytes, char content = 'x') {
  Payload payload;
  payload.metadata["encoding"] = "binary/plain";
  payload.data = std::string(bytes, content);
  return payload;
}

// The payload of so many bytes, encoded.
Payload of_encoded_size(std::size_t bytes) {
  Payload payload = payload_of(bytes);
  while (encode(payload).size() > bytes) payload.data.pop_back();
  REQUIRE(encode(payload).size() == bytes);
  return payload;
}

HistoryEvent signaled(std::vector<Payload> input) {
  proto::WorkflowExecutionSignaledEventAttributes attributes;
  attributes.signal_name = "s";
  attributes.input.emplace().payloads = std::move(input);
  HistoryEvent event = proto::make_event(std::move(attributes));
  event.event_id = 3;
  return event;
}

std::vector<Payload> input_of(const HistoryEvent& event) {
  return event.attributes_if<proto::WorkflowExecutionSignaledEventAttributes>()->input->payloads;
}

// A history as it is stored, with its blobs beside it.
struct Stored {
  PayloadBlobs blobs;
  std::map<BlobHash, std::string> kept;
  std::string history;
  std::size_t bytes = 0;  // as append_event says

  void append(const HistoryEvent& event) {
    bytes += codec::append_event(history, event, blobs);
    for (codec::PayloadBlob& blob : blobs.take()) {
      CHECK(kept.emplace(blob.hash, std::move(blob.bytes)).second);
    }
  }
  [[nodiscard]] std::vector<HistoryEvent> events() const {
    return codec::decode_history(history, [&](const BlobHash& hash) { return kept.at(hash); })
        .events;
  }
};

// What a reader of the store would see that knows of no blobs.
Payload raw_input(const Stored& stored) {
  return input_of(decode_history(stored.history).events.at(0)).at(0);
}

std::uint64_t seed() {
  const char* given = std::getenv("DURASIM_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

// Makes one payload in three a large one.
class Enlarger {
 public:
  explicit Enlarger(test::RandomMessages& random) : random_(random) {}
  template <class M>
  void walk(M& message) {
    if constexpr (std::is_same_v<M, Payload>) {
      if (random_.below(3) == 0)
        message.data = std::string(9000 + random_.below(3), static_cast<char>(random_.below(3)));
    } else if constexpr (requires { codec::Description<M>::fields; }) {
      codec::for_each_field<M>([&]<std::size_t I>() {
        constexpr const auto& field = codec::kField<M, I>;
        if constexpr (codec::kIsOneOf<std::remove_cvref_t<decltype(field)>>) {
          std::visit(
              [&](auto& alternative) { member(alternative); },
              static_cast<codec::VariantOf<typename std::remove_cvref_t<decltype(field)>::Type>&>(
                  message.*field.member));
        } else {
          member(message.*field.member);
        }
      });
    }
  }

 private:
  template <class T>
  void member(T& value) {
    if constexpr (codec::kIsOptional<T>) {
      if (value.has_value()) walk(*value);
    } else if constexpr (codec::kIsVector<T>) {
      if constexpr (!codec::kIsScalar<typename T::value_type>)
        for (auto& each : value) walk(each);
    } else if constexpr (codec::kIsMap<T>) {
      for (auto& [key, each] : value) walk(each);
    } else {
      walk(value);
    }
  }
  test::RandomMessages& random_;
};

}  // namespace

TEST_CASE("a payload of 8 KiB stays in its event, one of a byte more becomes a reference") {
  Stored stays;
  stays.append(signaled({of_encoded_size(codec::kMostInlinePayloadBytes)}));
  CHECK(stays.kept.empty());
  Stored goes;
  const Payload large = of_encoded_size(codec::kMostInlinePayloadBytes + 1);
  goes.append(signaled({large}));
  REQUIRE(goes.kept.size() == 1);
  CHECK(goes.history.size() < 200);
  CHECK(goes.kept.begin()->second == encode(large));
  const Payload reference = raw_input(goes);
  CHECK(reference.data.empty());
  CHECK(reference.metadata.at("encoding") == "durasim/blob");
  CHECK(reference.metadata.at("size") == "8193");
  CHECK(reference.metadata.at("hash").size() == 32);
  CHECK(goes.events().at(0) == signaled({large}));
}

TEST_CASE("an event counts the bytes that it has with its payloads in place") {
  Stored stored;
  proto::History whole;
  for (const std::size_t bytes : {5U, 9000U, 20'000U, 300'000U}) {
    whole.events.push_back(signaled({payload_of(bytes), payload_of(10), payload_of(bytes, 'y')}));
    stored.append(whole.events.back());
    CHECK(stored.bytes == encode(whole).size());
  }
  CHECK(stored.kept.size() == 6);
  CHECK(stored.history.size() < 2000);
}

TEST_CASE("a content is given out once, whichever message brings it again") {
  Stored stored;
  stored.append(signaled({payload_of(9000), payload_of(9000)}));
  stored.append(signaled({payload_of(9000)}));
  CHECK(stored.kept.size() == 1);
  CHECK(stored.blobs.added() == 3);
  stored.append(signaled({payload_of(9000, 'y')}));
  CHECK(stored.kept.size() == 2);
}

TEST_CASE("a user's payload that looks like a reference comes back as it is") {
  Stored first;
  first.append(signaled({payload_of(9000)}));
  Payload copied = raw_input(first);  // a true reference, in a user's hands
  Payload invented = payload_of(3);
  invented.metadata["encoding"] = "durasim/blob";
  Payload large = payload_of(20'000);
  large.metadata = copied.metadata;
  for (const Payload& payload : {copied, invented, large}) {
    Stored stored;
    stored.append(signaled({payload}));
    CHECK(stored.kept.size() == 1);
    CHECK(stored.events().at(0) == signaled({payload}));
    CHECK(stored.bytes == encode(proto::History{{signaled({payload})}, {}}).size());
    // And where somebody puts that form into a store once more.
    Stored again;
    again.append(signaled({raw_input(stored)}));
    CHECK(input_of(again.events().at(0)).at(0) == raw_input(stored));
  }
}

TEST_CASE("what is no reference, or leads to something else, is refused with its path") {
  const auto refusal = [](const Payload& payload, const std::string& content) -> std::string {
    const std::string wire = encode(proto::History{{signaled({payload})}, {}});
    try {
      static_cast<void>(codec::decode_history(wire, [&](const BlobHash&) { return content; }));
    } catch (const FormatError& error) {
      return error.what();
    }
    return "taken";
  };
  Payload reference;
  reference.metadata = {{"encoding", "durasim/blob"}, {"size", "3"}};
  const std::string where =
      "not a temporal.api.history.v1.History: "
      "events[0].workflow_execution_signaled_event_attributes.input.payloads[0]: ";
  CHECK(refusal(reference, "") == where + "a reference to a payload without its hash");
  reference.metadata["hash"] = std::string(31, 'h');
  CHECK(refusal(reference, "") == where + "a reference to a payload without its hash");
  reference.metadata["hash"] = std::string(32, 'h');
  CHECK(refusal(reference, "four") == where + "a payload of another size than its reference says");
  CHECK(refusal(reference, "bad").find("input.payloads[0].field 12: ") != std::string::npos);
  CHECK(refusal(reference, std::string("\x12\x01x")) == "taken");
}

TEST_CASE("what the reader throws reaches the caller as it is") {
  Stored stored;
  stored.append(signaled({payload_of(9000)}));
  struct Gone : Error {
    using Error::Error;
  };
  const auto read = [](const BlobHash&) -> std::string { throw Gone("gone"); };
  CHECK_THROWS_AS(static_cast<void>(codec::decode_history(stored.history, read)), Gone);
}

TEST_CASE("an event that cannot be written leaves the history as it was") {
  Stored stored;
  stored.append(signaled({payload_of(9000)}));
  const std::string before = stored.history;
  HistoryEvent bad = signaled({payload_of(9000, 'y')});
  bad.attributes_if<proto::WorkflowExecutionSignaledEventAttributes>()->signal_name = "\xff";
  CHECK_THROWS_AS(stored.append(bad), InvalidArgument);
  CHECK(stored.history == before);
}

TEST_CASE("large payloads come back wherever they stand in an event") {
  const std::uint64_t chosen = seed();
  CAPTURE(chosen);
  test::RandomMessages random(chosen);
  Enlarger enlarger(random);
  std::size_t taken_out = 0;
  for (int round = 0; round < 300; ++round) {
    HistoryEvent event;
    random.fill(event);
    enlarger.walk(event);
    Stored stored;
    stored.append(event);
    taken_out += stored.blobs.added();
    REQUIRE(stored.events().at(0) == event);
    REQUIRE(stored.bytes == encode(proto::History{{event}, {}}).size());
    REQUIRE(stored.history.find(std::string(8500, '\0')) == std::string::npos);
    REQUIRE(stored.history.find(std::string(8500, '\1')) == std::string::npos);
  }
  CHECK(taken_out > 50);
}
