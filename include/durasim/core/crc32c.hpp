// CRC32C (Castagnoli): finds every flipped bit in what was stored. No protection against intent;
// that is what sha256.hpp is for.
#pragma once

#include "durasim/core/config.hpp"

#include <cstdint>
#include <string_view>

namespace durasim::inline v0 {

// Of the bytes, or of `before` and the bytes when the checksum of `before` is given. Thread-safe.
[[nodiscard]] DURASIM_EXPORT std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace durasim::inline v0
