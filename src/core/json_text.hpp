// What JsonWriter and JsonReader share: the place that an error names, foreign text in a message,
// and the characters behind escapes.
#pragma once

#include "durasim/core/json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::detail {

// One open array or object of a document that is written or read.
struct JsonStep {
  bool is_object = false;
  bool sorted = false;                // the writer puts the elements in order at the end
  bool named = false;                 // the writer has written a key and owes its value
  std::size_t count = 0;              // elements or members begun so far
  std::string_view name;              // of the current member
  std::size_t start = 0;              // offset behind the opening bracket
  std::vector<std::size_t> pieces{};  // offsets at which the elements begin, when sorted
};

// "$.items[3].name" for the innermost open step.
std::string path_text(const JsonPath& path);

// The text for an error message: control characters become '?', what is not UTF-8 becomes U+FFFD,
// and what lies beyond `max_bytes` becomes "...".
std::string printable(std::string_view text, std::size_t max_bytes);

void append_utf8(std::string& text, std::uint32_t code_point);

DURASIM_EXPORT void append_base64(std::string& text, std::string_view bytes);
// Nothing when the text is not Base64 with its padding (RFC 4648, section 4).
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace durasim::inline v0::detail
