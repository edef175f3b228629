// What JsonWriter and JsonReader share: the place that an error names, foreign text in a message,
// and the characters behind escapes.
#pragma once

#include "durasim/core/json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace durasim::inline v0::detail {

// "$.items[3].name" for the innermost open step.
std::string path_text(const JsonPath& path);

// The text for an error message: control characters become '?', what is not UTF-8 becomes U+FFFD,
// and what lies beyond `max_bytes` becomes "...".
std::string printable(std::string_view text, std::size_t max_bytes);

void append_utf8(std::string& text, std::uint32_t code_point);

void append_base64(std::string& text, std::string_view bytes);
// Nothing when the text is not Base64 with its padding (RFC 4648, section 4).
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace durasim::inline v0::detail
