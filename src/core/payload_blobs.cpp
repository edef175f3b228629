// Taking payloads out of messages, and putting them back.
#include "core/payload_blobs.hpp"

#include "durasim/core/bytes.hpp"
#include "durasim/core/sha256.hpp"

#include "core/describe_failure.hpp"
#include "core/message_codec.hpp"

#include <cstring>

namespace durasim::inline v0::codec {

namespace {

bool has_blob_encoding(const proto::Payload& payload) {
  const auto encoding = payload.metadata.find("encoding");
  return encoding != payload.metadata.end() && encoding->second == kBlobEncoding;
}

proto::Payload reference_to(const BlobHash& hash, std::size_t size) {
  proto::Payload reference;
  reference.metadata["encoding"] = kBlobEncoding;
  reference.metadata["hash"] = as_text(hash);
  reference.metadata["size"] = std::to_string(size);
  return reference;
}

BlobHash hash_in(const proto::Payload& reference) {
  BlobHash hash{};
  const auto found = reference.metadata.find("hash");
  if (found == reference.metadata.end() || found->second.size() != hash.size()) {
    throw Problem("a reference to a payload without its hash");
  }
  std::memcpy(hash.data(), found->second.data(), hash.size());
  return hash;
}

}  // namespace

BlobHash PayloadBlobs::add(std::string_view bytes) {
  ++added_;
  const BlobHash hash = Sha256().update(as_bytes(bytes)).finish_bytes();
  if (known_.contains(hash)) return hash;
  new_.push_back({hash, std::string(bytes)});
  known_.insert(hash);
  return hash;
}

// The payload is written as everywhere, so that only what is too large costs more.
void encode_fields(Encoder& out, const proto::Payload& payload) {
  const std::size_t before = out.size();
  encode_fields<proto::Payload>(out, payload);
  if (out.blobs == nullptr) return;
  const std::size_t size = out.size() - before;
  if (size <= out.blobs->most_inline_bytes() && !has_blob_encoding(payload)) return;
  const BlobHash hash = out.blobs->add(out.written().substr(0, size));
  out.drop(size);
  encode_fields<proto::Payload>(out, reference_to(hash, size));
}

void decode_fields(protozero::data_view bytes, proto::Payload& payload, DecodeBudget& budget) {
  decode_fields<proto::Payload>(bytes, payload, budget);
  if (budget.blobs == nullptr || !has_blob_encoding(payload)) return;
  const std::string whole = (*budget.blobs)(hash_in(payload));
  if (payload.metadata["size"] != std::to_string(whole.size())) {
    throw Problem("a payload of another size than its reference says");
  }
  payload = {};
  decode_fields<proto::Payload>({whole.data(), whole.size()}, payload, budget);
}

bool may_hold_references(std::string_view wire) {
  return wire.find(kBlobEncoding) != std::string_view::npos;
}

}  // namespace durasim::inline v0::codec
