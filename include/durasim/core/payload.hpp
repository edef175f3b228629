// Temporal's Payload: bytes with metadata that say how they are encoded. Everything that enters a
// history (arguments, results, details) is a list of these. Typed conversion: core/convert.hpp.
#pragma once

#include "durasim/core/message_parts.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace durasim::inline v0 {

namespace proto {

// temporal.api.common.v1.Payload. `data` and the metadata's values are bytes, not text.
struct Payload {
  // Of a payload that is stored elsewhere.
  struct ExternalPayloadDetails {
    std::int64_t size_bytes = 0;
    UnknownFields unknown_fields;
    bool operator==(const ExternalPayloadDetails&) const = default;
  };
  std::map<std::string, std::string> metadata;
  std::string data;
  std::vector<ExternalPayloadDetails> external_payloads;
  UnknownFields unknown_fields;
  bool operator==(const Payload&) const = default;
};

// temporal.api.common.v1.Payloads
struct Payloads {
  std::vector<Payload> payloads;
  UnknownFields unknown_fields;
  bool operator==(const Payloads&) const = default;
};

}  // namespace proto

using proto::Payload;
using PayloadList = std::vector<Payload>;

}  // namespace durasim::inline v0
