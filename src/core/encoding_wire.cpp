// Temporal's messages in wire format. The one place where the codec is instantiated for them.
#include "durasim/core/encoding.hpp"

#include "core/describe_command.hpp"
#include "core/describe_failure.hpp"
#include "core/describe_history.hpp"
#include "core/event_codec.hpp"

namespace durasim::inline v0 {

namespace codec {

void encode_fields(Encoder& out, const proto::HistoryEvent& event) {
  encode_fields<proto::HistoryEvent>(out, event);
}
void encode_fields(Encoder& out, const proto::Failure& failure) {
  encode_fields<proto::Failure>(out, failure);
}
void decode_fields(protozero::data_view bytes, proto::HistoryEvent& event, DecodeBudget& budget) {
  decode_fields<proto::HistoryEvent>(bytes, event, budget);
}
void decode_fields(protozero::data_view bytes, proto::Failure& failure, DecodeBudget& budget) {
  decode_fields<proto::Failure>(bytes, failure, budget);
}

namespace {

// As the next element of a History.
void encode_event(Encoder& out, const proto::HistoryEvent& event) {
  try {
    encode_always<Strings::Text>(out, 1, event);
  } catch (const Problem& problem) {
    fail_encoding(Description<proto::HistoryEvent>::name, problem);
  }
}

}  // namespace

std::size_t append_event(std::string& history, const proto::HistoryEvent& event,
                         PayloadBlobs& blobs) {
  const std::size_t before = blobs.added();
  Encoder out;
  out.blobs = &blobs;
  encode_event(out, event);
  history += out.written();
  if (blobs.added() == before) return out.size();
  Encoder whole;  // rare, and the hash costs more
  encode_event(whole, event);
  return whole.size();
}

proto::History decode_history(std::string_view wire, const BlobReader& blobs) {
  return decode_message<proto::History>(wire, {}, &blobs);
}

}  // namespace codec

std::string encode(const proto::History& history) {
  return codec::encode_message(history);
}
std::string encode(const proto::HistoryEvent& event) {
  return codec::encode_message(event);
}
void append_event(std::string& history, const proto::HistoryEvent& event) {
  codec::Encoder out;
  codec::encode_event(out, event);
  history += out.written();
}
std::string encode(const proto::Command& command) {
  return codec::encode_message(command);
}
std::string encode(const proto::Failure& failure) {
  return codec::encode_message(failure);
}
std::string encode(const proto::Payloads& payloads) {
  return codec::encode_message(payloads);
}
std::string encode(const proto::Payload& payload) {
  return codec::encode_message(payload);
}

proto::History decode_history(std::string_view wire, const DecodeLimits& limits) {
  return codec::decode_message<proto::History>(wire, limits);
}
proto::HistoryEvent decode_event(std::string_view wire, const DecodeLimits& limits) {
  return codec::decode_message<proto::HistoryEvent>(wire, limits);
}
proto::Command decode_command(std::string_view wire, const DecodeLimits& limits) {
  return codec::decode_message<proto::Command>(wire, limits);
}
proto::Failure decode_failure(std::string_view wire, const DecodeLimits& limits) {
  return codec::decode_message<proto::Failure>(wire, limits);
}
proto::Payloads decode_payloads(std::string_view wire, const DecodeLimits& limits) {
  return codec::decode_message<proto::Payloads>(wire, limits);
}
proto::Payload decode_payload(std::string_view wire, const DecodeLimits& limits) {
  return codec::decode_message<proto::Payload>(wire, limits);
}

}  // namespace durasim::inline v0
