// The size check of payloads.
#include "durasim/core/payload_limits.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace durasim::inline v0 {
namespace {

std::size_t size_of(const Payload& payload) {
  std::size_t size = payload.data.size();
  for (const auto& [name, value] : payload.metadata) size += name.size() + value.size();
  return size;
}

}  // namespace

bool within_limits(std::span<const Payload> payloads, const PayloadLimits& limits) {
  return std::ranges::all_of(payloads, [&](const Payload& payload) {
    return size_of(payload) <= limits.max_payload_bytes;
  });
}

void check_payload_sizes(std::span<const Payload> payloads, const PayloadLimits& limits,
                         std::string_view owner) {
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const std::size_t size = size_of(payloads[i]);
    if (size <= limits.max_payload_bytes) continue;
    throw LimitError(
        fmt::format("{} {} has {} bytes; the limit is {}: pass a reference to the data, or raise "
                    "EngineLimits::max_payload_bytes",
                    owner, i + 1, size, limits.max_payload_bytes));
  }
}

}  // namespace durasim::inline v0
