// Temporal's Payload: bytes with metadata that say how they are encoded. Lists of them:
// core/payload_list.hpp; typed conversion: core/convert.hpp.
#pragma once

#include "durasim/core/message_parts.hpp"
#include "durasim/core/payload_list.hpp"

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

// Payloads by name, as Temporal's Memo, Header and SearchAttributes hold them.
struct PayloadFields {
  std::map<std::string, Payload> values;
  bool operator==(const PayloadFields&) const = default;
};

}  // namespace proto

}  // namespace durasim::inline v0
