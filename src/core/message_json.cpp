// Values as proto3 JSON writes them, and as it and older tools may have written them.
#include "core/message_json.hpp"

#include "durasim/core/error.hpp"

#include "core/json_text.hpp"
#include "core/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

namespace durasim::inline v0::codec {
namespace {

using durasim::detail::kMaxInstant;
using durasim::detail::kMaxSeconds;
using durasim::detail::kMinInstant;
using durasim::detail::kNanosPerSecond;
using durasim::detail::Length;

// "", ".500", ".000001" or ".000000001": as many groups of three digits as are needed.
std::string fraction_text(std::int64_t nanos) {
  if (nanos == 0) return "";
  if (nanos % 1'000'000 == 0) return fmt::format(".{:03}", nanos / 1'000'000);
  if (nanos % 1'000 == 0) return fmt::format(".{:06}", nanos / 1'000);
  return fmt::format(".{:09}", nanos);
}

// The whole of `text` as a number; nothing if it is not one.
template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = result.ptr == text.data() + text.size();
  return result.ec == std::errc{} && is_whole ? std::optional(value) : std::nullopt;
}

template <class T>
void write_floating(JsonWriter& out, T value) {
  if (std::isfinite(value)) return out.number(value);
  out.string(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

// A string that says a number; numbers themselves are read by the caller.
template <class T>
T read_floating_text(JsonReader& in) {
  if (in.peek() != JsonKind::String) in.mismatch("a number");
  const std::string text = in.string();
  using Limits = std::numeric_limits<T>;
  if (text == "NaN") return Limits::quiet_NaN();
  if (text == "Infinity") return Limits::infinity();
  if (text == "-Infinity") return -Limits::infinity();
  const std::optional<T> value = parse<T>(text);
  if (!value || !std::isfinite(*value)) in.mismatch("a number");
  return *value;
}

}  // namespace

void write_int64(JsonWriter& out, std::int64_t value) {
  out.string(std::to_string(value));
}
void write_uint64(JsonWriter& out, std::uint64_t value) {
  out.string(std::to_string(value));
}
void write_double(JsonWriter& out, double value) {
  write_floating(out, value);
}
void write_float(JsonWriter& out, float value) {
  write_floating(out, value);
}

void write_enum(JsonWriter& out, const EnumTable& table, std::int32_t value) {
  const std::string name = full_name(table, value);
  name.empty() ? out.integer(value) : out.string(name);
}

void write_timestamp(JsonWriter& out, const proto::Timestamp& value) {
  if (value.seconds < kMinInstant || value.seconds > kMaxInstant || value.nanos < 0 ||
      value.nanos >= kNanosPerSecond) {
    out.fail(fmt::format("an instant of {} s and {} ns is outside of the years 1 to 9999",
                         value.seconds, value.nanos));
  }
  out.string(durasim::detail::instant_text(value.seconds) + fraction_text(value.nanos) + "Z");
}

void write_duration(JsonWriter& out, const proto::ProtoDuration& value) {
  const bool signs_differ =
      (value.seconds > 0 && value.nanos < 0) || (value.seconds < 0 && value.nanos > 0);
  if (value.seconds < -kMaxSeconds || value.seconds > kMaxSeconds || signs_differ ||
      value.nanos <= -kNanosPerSecond || value.nanos >= kNanosPerSecond) {
    out.fail(fmt::format("a duration of {} s and {} ns is not one within 10,000 years",
                         value.seconds, value.nanos));
  }
  const bool negative = value.seconds < 0 || value.nanos < 0;
  out.string(fmt::format("{}{}{}s", negative ? "-" : "", std::abs(value.seconds),
                         fraction_text(std::abs(value.nanos))));
}

std::int64_t read_integer(JsonReader& in, std::int64_t low, std::int64_t high) {
  if (in.peek() != JsonKind::String) return in.integer(low, high);
  const std::optional<std::int64_t> value = parse<std::int64_t>(in.string());
  if (!value || *value < low || *value > high) {
    in.mismatch(fmt::format("a whole number from {} to {}", low, high));
  }
  return *value;
}

std::uint64_t read_uint64(JsonReader& in) {
  constexpr std::uint64_t kHighest = std::numeric_limits<std::uint64_t>::max();
  if (in.peek() != JsonKind::String) return in.unsigned_integer(kHighest);
  const std::optional<std::uint64_t> value = parse<std::uint64_t>(in.string());
  if (!value) in.mismatch("a whole number of 64 bits");
  return *value;
}

double read_double(JsonReader& in) {
  return in.peek() == JsonKind::Number ? in.number() : read_floating_text<double>(in);
}
float read_float(JsonReader& in) {
  return in.peek() == JsonKind::Number ? in.number_as_float() : read_floating_text<float>(in);
}

std::string read_bytes(JsonReader& in) {
  std::string text = in.string();
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  if (text.size() % 4 != 0) text.append(4 - text.size() % 4, '=');
  std::optional<std::string> bytes = durasim::detail::decode_base64(text);
  if (!bytes) in.mismatch("a string in Base64");
  return *std::move(bytes);
}

std::int32_t read_enum(JsonReader& in, const EnumTable& table) {
  if (in.peek() != JsonKind::String) {
    using Limits = std::numeric_limits<std::int32_t>;
    return static_cast<std::int32_t>(in.integer(Limits::min(), Limits::max()));
  }
  const std::optional<std::int32_t> number = number_of(table, in.string());
  if (!number) in.mismatch(fmt::format("the name of a {}", table.type));
  return *number;
}

proto::Timestamp read_timestamp(JsonReader& in) {
  constexpr std::string_view kExpected = "an instant such as \"2026-11-20T12:34:56.500Z\"";
  if (in.peek() != JsonKind::String) in.mismatch(kExpected);
  const std::optional<Length> instant = durasim::detail::parse_instant(in.string());
  if (!instant || instant->seconds < kMinInstant || instant->seconds > kMaxInstant) {
    in.mismatch(kExpected);
  }
  return {instant->seconds, static_cast<std::int32_t>(instant->nanos)};
}

proto::ProtoDuration read_duration(JsonReader& in) {
  constexpr std::string_view kExpected = "a duration such as \"1.500s\"";
  if (in.peek() != JsonKind::String) in.mismatch(kExpected);
  const std::optional<Length> length = durasim::detail::parse_length(in.string());
  if (!length) in.mismatch(kExpected);
  return {length->seconds, static_cast<std::int32_t>(length->nanos)};
}

std::int64_t key_as_integer(const JsonReader& in) {
  const std::optional<std::int64_t> value = parse<std::int64_t>(in.key());
  if (!value) in.fail("the name of this member must be a whole number");
  return *value;
}

void take_json_element(std::size_t& elements) {
  if (elements-- == 0) throw LimitError("a message has more elements than the limit allows");
}

void fail_second_alternative(const JsonReader& in) {
  in.fail("this excludes a member that came before");
}

}  // namespace durasim::inline v0::codec
