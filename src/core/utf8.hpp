// UTF-8: protobuf's and JSON's texts must be, what() of an exception and names from outside need
// not be.
#pragma once

#include "durasim/core/config.hpp"

#include <string>
#include <string_view>

namespace durasim::inline v0 {

// True for well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] DURASIM_EXPORT bool is_utf8(std::string_view text);

// The text with each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
[[nodiscard]] DURASIM_EXPORT std::string to_utf8(std::string_view text);

}  // namespace durasim::inline v0
