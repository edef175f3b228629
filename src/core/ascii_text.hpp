// Foreign text for terminals and reports: what a run or a store holds may be any bytes. Unlike what
// JSON's error messages show (json_text.hpp), each byte stays recognisable and nothing is cut off.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace durasim::inline v0 {

// ASCII as it is; control characters and all other bytes as \xNN, so that no text can steer a
// terminal or break a document.
inline std::string ascii_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

}  // namespace durasim::inline v0
