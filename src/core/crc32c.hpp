// The table form of CRC32C, apart so that a test can compare it with the processor's instruction.
#pragma once

#include "durasim/core/config.hpp"

#include <cstdint>
#include <string_view>

namespace durasim::inline v0 {

// As crc32c(), without special instructions.
[[nodiscard]] DURASIM_EXPORT std::uint32_t crc32c_by_table(std::string_view bytes,
                                                           std::uint32_t before = 0);

}  // namespace durasim::inline v0
