// Paths, messages, UTF-8 and Base64 for the JSON writer and reader.
#include "core/json_text.hpp"

#include "core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace durasim::inline v0::detail {
namespace {

constexpr std::size_t kMaxShownName = 64;
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

constexpr std::array<std::int8_t, 256> make_base64_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64Digits.size(); ++i) {
    values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> kBase64Values = make_base64_values();

}  // namespace

std::string path_text(const JsonPath& path) {
  std::string text = "$";
  for (const JsonStep& step : path) {
    if (step.count == 0) break;  // the bracket is open, nothing has begun in it
    if (!step.is_object) {
      text += fmt::format("[{}]", step.count - 1);
    } else if (is_plain_name(step.name)) {
      text += fmt::format(".{}", printable(step.name, kMaxShownName));
    } else {
      text += fmt::format("[\"{}\"]", printable(step.name, kMaxShownName));
    }
  }
  return text;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  const bool clipped = text.size() > max_bytes;
  if (clipped) {
    // Not in the middle of a character: its first byte is the one that is no continuation.
    while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0U) == 0x80U) {
      --max_bytes;
    }
    text = text.substr(0, max_bytes);
  }
  std::string shown = to_utf8(text);
  std::ranges::replace_if(
      shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return clipped ? shown + "..." : shown;
}

void append_utf8(std::string& text, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
  };
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    text += static_cast<char>(0xC0U | (code_point >> 6U));
    tail(0);
  } else if (code_point < 0x10000) {
    text += static_cast<char>(0xE0U | (code_point >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | (code_point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

void append_base64(std::string& text, std::string_view bytes) {
  text.reserve(text.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t size = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      word = word << 8U | (i < size ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= size ? kBase64Digits[word >> (18 - 6 * i) & 63U] : '=';
    }
  }
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const bool last = at + 4 == text.size();
    const std::size_t padding = !last || text[at + 3] != '=' ? 0 : text[at + 2] != '=' ? 1 : 2;
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const int value =
          i < 4 - padding ? kBase64Values[static_cast<unsigned char>(text[at + i])] : 0;
      if (value < 0) return std::nullopt;
      word = word << 6U | static_cast<std::uint32_t>(value);
    }
    // Bits that padding leaves over must be zero, else two texts would mean the same bytes.
    if (padding > 0 && (word & ((1U << (8 * padding)) - 1)) != 0) return std::nullopt;
    for (std::size_t i = 0; i < 3 - padding; ++i) {
      bytes += static_cast<char>(word >> (16 - 8 * i) & 0xFFU);
    }
  }
  return bytes;
}

}  // namespace durasim::inline v0::detail
