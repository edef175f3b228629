// How large a payload may be. Checked where values are made, before anything is written.
#pragma once

#include "durasim/core/payload.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace durasim::inline v0 {

struct PayloadLimits {
  // Data and metadata of one payload, before any codec.
  std::size_t max_payload_bytes = std::size_t{64} << 20;
};

// Whether none of them is too large. Thread-safe.
[[nodiscard]] DURASIM_EXPORT bool within_limits(std::span<const Payload> payloads,
                                                const PayloadLimits& limits);

// Throws LimitError when one of them is too large: names `owner` ("workflow ResearchDigest
// (digest-1), argument"), its position from 1, its size and the limit. Thread-safe.
DURASIM_EXPORT void check_payload_sizes(std::span<const Payload> payloads,
                                        const PayloadLimits& limits, std::string_view owner);

}  // namespace durasim::inline v0
