// JsonReader: one pass, no tree, bounded depth, exact integers.
#include "durasim/core/json.hpp"

#include "core/json_text.hpp"
#include "core/utf8.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

namespace durasim::inline v0 {
namespace {

constexpr std::size_t kMaxShownValue = 48;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A JSON number taken apart: the value is digits * 10^exponent, without zeros at either end of
// `digits`.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
};

// `text` is known to follow JSON's grammar of numbers.
Decimal take_apart(std::string_view text) {
  // Far beyond every number that is compared with it, and far from overflow.
  constexpr std::int64_t kLargestExponent = std::int64_t{1} << 40;
  Decimal decimal;
  std::size_t at = 0;
  if (text[at] == '-') decimal.negative = ++at > 0;
  bool fraction = false;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      fraction = true;
      continue;
    }
    if (!decimal.digits.empty() || text[at] != '0') decimal.digits += text[at];
    if (fraction) --decimal.exponent;
  }
  if (at < text.size()) {
    std::string_view exponent = text.substr(at + 1);
    const bool down = exponent.front() == '-';
    if (down || exponent.front() == '+') exponent.remove_prefix(1);
    std::int64_t value = 0;
    const auto result = std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    if (result.ec != std::errc{} || value > kLargestExponent) value = kLargestExponent;
    decimal.exponent += down ? -value : value;
  }
  while (!decimal.digits.empty() && decimal.digits.back() == '0') {
    decimal.digits.pop_back();
    ++decimal.exponent;
  }
  return decimal;
}

// The magnitude, if it is a whole number of 64 bits.
std::optional<std::uint64_t> whole(const Decimal& decimal) {
  if (decimal.digits.empty()) return 0;
  constexpr std::int64_t kMaxDigits = std::numeric_limits<std::uint64_t>::digits10 + 1;
  if (decimal.exponent < 0 || decimal.exponent > kMaxDigits) return std::nullopt;
  const std::string all =
      decimal.digits + std::string(static_cast<std::size_t>(decimal.exponent), '0');
  std::uint64_t value = 0;
  const auto result = std::from_chars(all.data(), all.data() + all.size(), value);
  return result.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace

JsonReader::JsonReader(std::string_view text) : text_(text) {}
JsonReader::JsonReader(const JsonReader& other) = default;
JsonReader& JsonReader::operator=(const JsonReader& other) = default;
JsonReader::~JsonReader() = default;

void JsonReader::fail(const std::string& problem) const {
  throw JsonError(detail::path_text(path_), problem);
}

void JsonReader::syntax(const std::string& problem) const {
  fail(fmt::format("not JSON: {} at byte {}", problem, at_));
}

void JsonReader::skip_space() {
  while (at_ < text_.size() &&
         std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos)
    ++at_;
}

char JsonReader::next_char() {
  skip_space();
  if (at_ == text_.size()) syntax("the text ends too early");
  return text_[at_];
}

JsonKind JsonReader::peek() {
  const char c = next_char();
  value_at_ = at_;
  switch (c) {
    case 'n':
      return JsonKind::Null;
    case 't':
    case 'f':
      return JsonKind::Boolean;
    case '"':
      return JsonKind::String;
    case '[':
      return JsonKind::Array;
    case '{':
      return JsonKind::Object;
    default:
      if (c == '-' || is_digit(c)) return JsonKind::Number;
      syntax("a value is missing");
  }
}

void JsonReader::mismatch(std::string_view expected) {
  JsonReader value(*this);
  value.at_ = value_at_;
  std::string found;
  switch (value.peek()) {
    case JsonKind::Null:
      found = "null";
      break;
    case JsonKind::Boolean:
      found = value.boolean() ? "true" : "false";
      break;
    case JsonKind::Number:
      found = fmt::format("the number {}", detail::printable(value.number_text(), kMaxShownValue));
      break;
    case JsonKind::String:
      found = fmt::format("the string \"{}\"", detail::printable(value.string(), kMaxShownValue));
      break;
    case JsonKind::Array:
      found = "an array";
      break;
    case JsonKind::Object:
      found = "an object";
      break;
  }
  fail(fmt::format("expected {}, found {}", expected, found));
}

void JsonReader::literal(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) syntax(fmt::format("{} is misspelt", word));
  at_ += word.size();
}

void JsonReader::null() {
  if (peek() != JsonKind::Null) mismatch("null");
  literal("null");
}

bool JsonReader::boolean() {
  if (peek() != JsonKind::Boolean) mismatch("true or false");
  const bool value = text_[at_] == 't';
  literal(value ? "true" : "false");
  return value;
}

std::string_view JsonReader::number_text() {
  const std::size_t start = at_;
  const auto digits = [&] {
    const std::size_t first = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    if (at_ == first) syntax("a digit is missing");
  };
  const auto accept = [&](std::string_view any) {
    const bool there = at_ < text_.size() && any.find(text_[at_]) != std::string_view::npos;
    if (there) ++at_;
    return there;
  };
  accept("-");
  if (!accept("0")) digits();
  if (accept(".")) digits();
  if (accept("eE")) {
    accept("+-");
    digits();
  }
  return text_.substr(start, at_ - start);
}

std::int64_t JsonReader::integer(std::int64_t low, std::int64_t high) {
  const std::string expected = fmt::format("a whole number from {} to {}", low, high);
  if (peek() != JsonKind::Number) mismatch(expected);
  const Decimal decimal = take_apart(number_text());
  const std::optional<std::uint64_t> magnitude = whole(decimal);
  constexpr std::uint64_t kLowest = std::uint64_t{1} << 63U;
  if (!magnitude || *magnitude > (decimal.negative ? kLowest : kLowest - 1)) mismatch(expected);
  const auto value = static_cast<std::int64_t>(decimal.negative ? 0 - *magnitude : *magnitude);
  if (value < low || value > high) mismatch(expected);
  return value;
}

std::uint64_t JsonReader::unsigned_integer(std::uint64_t high) {
  const std::string expected = fmt::format("a whole number from 0 to {}", high);
  if (peek() != JsonKind::Number) mismatch(expected);
  const Decimal decimal = take_apart(number_text());
  const std::optional<std::uint64_t> magnitude = whole(decimal);
  if (!magnitude || *magnitude > high || (decimal.negative && *magnitude != 0)) mismatch(expected);
  return *magnitude;
}

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace

double JsonReader::number() {
  if (peek() != JsonKind::Number) mismatch("a number");
  const std::optional<double> value = parse_number<double>(number_text());
  if (!value) mismatch("a number that a double can hold");
  return *value;
}

float JsonReader::number_as_float() {
  if (peek() != JsonKind::Number) mismatch("a number");
  const std::optional<float> value = parse_number<float>(number_text());
  if (!value) mismatch("a number that a float can hold");
  return *value;
}

std::string JsonReader::string() {
  if (peek() != JsonKind::String) mismatch("a string");
  return parse_string();
}

std::string JsonReader::base64() {
  if (peek() != JsonKind::String) mismatch("a string in Base64");
  const std::optional<std::string> bytes = detail::decode_base64(parse_string());
  if (!bytes) mismatch("a string in Base64");
  return *bytes;
}

std::string JsonReader::parse_string() {
  std::string value;
  ++at_;  // the quotation mark
  while (true) {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      ++at_;
    }
    const std::string_view plain = text_.substr(start, at_ - start);
    if (!is_utf8(plain)) syntax("a string that is not UTF-8 ends");
    value += plain;
    if (at_ == text_.size()) syntax("a string without an end");
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return value;
    }
    if (c != '\\') syntax("a control character in a string");
    ++at_;
    parse_escape(value);
  }
}

void JsonReader::parse_escape(std::string& value) {
  if (at_ == text_.size()) syntax("a string without an end");
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = text_[at_++];
  if (c != 'u') {
    const std::size_t which = kNames.find(c);
    if (which == std::string_view::npos) syntax("an unknown escape");
    value += kMeanings[which];
    return;
  }
  std::uint32_t code_point = parse_hex4();
  if (code_point >= 0xDC00 && code_point < 0xE000) syntax("half of a surrogate pair");
  if (code_point >= 0xD800 && code_point < 0xDC00) {
    if (text_.substr(at_, 2) != "\\u") syntax("half of a surrogate pair");
    at_ += 2;
    const std::uint32_t low = parse_hex4();
    if (low < 0xDC00 || low >= 0xE000) syntax("half of a surrogate pair");
    code_point = 0x10000 + ((code_point - 0xD800) << 10U) + (low - 0xDC00);
  }
  detail::append_utf8(value, code_point);
}

std::uint32_t JsonReader::parse_hex4() {
  const std::string_view digits = text_.substr(at_, 4);
  std::uint32_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 4 || result.ptr != digits.data() + 4) syntax("\\u without four digits");
  at_ += 4;
  return value;
}

void JsonReader::begin(bool is_object, std::string_view expected) {
  const JsonKind kind = is_object ? JsonKind::Object : JsonKind::Array;
  if (peek() != kind) mismatch(expected);
  if (path_.size() >= kMaxJsonDepth)
    fail(fmt::format("nested deeper than {} levels", kMaxJsonDepth));
  ++at_;
  path_.push_back({.is_object = is_object, .name = {}});
}

bool JsonReader::next(char bracket) {
  if (path_.empty() || path_.back().is_object != (bracket == '}')) {
    throw LogicError("JSON: the reader is not in this kind of bracket");
  }
  detail::JsonStep& step = path_.back();
  if (next_char() == bracket) {
    ++at_;
    path_.pop_back();
    return false;
  }
  if (step.count > 0) {
    if (text_[at_] != ',') syntax("a comma is missing");
    ++at_;
    if (next_char() == bracket) syntax("a value is missing");
  }
  ++step.count;
  return true;
}

void JsonReader::begin_array() {
  begin(false, "an array");
}
bool JsonReader::next_element() {
  return next(']');
}
void JsonReader::begin_object() {
  begin(true, "an object");
}

bool JsonReader::next_member() {
  if (!next('}')) return false;
  if (text_[at_] != '"') syntax("the name of a member is missing");
  const std::size_t start = at_ + 1;
  key_ = parse_string();
  // The path shows the name as it stands in the text, which outlives the step.
  path_.back().name = text_.substr(start, at_ - start - 1);
  if (next_char() != ':') syntax("a colon is missing");
  ++at_;
  return true;
}

void JsonReader::skip() {
  switch (peek()) {
    case JsonKind::Null:
      return null();
    case JsonKind::Boolean:
      boolean();
      return;
    case JsonKind::Number:
      number_text();
      return;
    case JsonKind::String:
      parse_string();
      return;
    case JsonKind::Array:
      for (begin_array(); next_element();) skip();
      return;
    case JsonKind::Object:
      for (begin_object(); next_member();) skip();
      return;
  }
}

std::string_view JsonReader::raw() {
  next_char();
  const std::size_t start = at_;
  skip();
  return text_.substr(start, at_ - start);
}

void JsonReader::end() {
  skip_space();
  if (at_ != text_.size()) syntax("something behind the value");
}

}  // namespace durasim::inline v0
