// Which file systems a store may live on.
#pragma once

#include "durasim/core/config.hpp"

#include <cstdint>
#include <string_view>

namespace durasim::inline v0::store::sqlite {

// Why a store may not lie on a file system of this magic number (statfs), or nothing.
[[nodiscard]] DURASIM_EXPORT std::string_view unsuitable_file_system(std::int64_t magic);

}  // namespace durasim::inline v0::store::sqlite
