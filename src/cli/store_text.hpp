// Texts out of a store, which may hold any byte, for a terminal and for JSON.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace durasim::cli {

// ASCII as it is; control characters and all other bytes as \xNN, so that no text of a run can
// steer a terminal or break a document.
inline std::string plain(std::string_view text) {
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

}  // namespace durasim::cli
