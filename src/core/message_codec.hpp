// Described structs (core/message_description.hpp) <-> protobuf wire format, as templates: the
// compiler turns each description into straight code. Encoding is deterministic and goes from the
// last field to the first (core/wire_writer.hpp). Decoding keeps unknown fields in order, merges
// what comes twice as protobuf does, and spends from a budget, so that small inputs cannot become
// large objects.
#pragma once

#include "durasim/core/encoding.hpp"

#include "core/message_description.hpp"
#include "core/payload_blobs.hpp"
#include "core/utf8.hpp"
#include "core/wire_writer.hpp"

#include <protozero/pbf_reader.hpp>

#include <exception>
#include <ranges>
#include <span>
#include <string>
#include <string_view>

namespace durasim::inline v0::codec {

// Something is wrong inside a message; the path is put together on the way out.
class DURASIM_EXPORT Problem : public std::exception {
 public:
  explicit Problem(std::string reason) : reason_(std::move(reason)) {}
  ~Problem() override;
  void prepend(std::string_view step);
  // "events[3].user_metadata: reason"
  [[nodiscard]] std::string text() const;
  [[nodiscard]] const char* what() const noexcept override { return reason_.c_str(); }

 private:
  std::string path_;
  std::string reason_;
};

// Within a catch block: throws the exception on, a Problem or one of protozero's as a Problem
// behind `step`.
[[noreturn]] DURASIM_EXPORT void rethrow_behind(std::string_view step);

// "user_metadata", or "field 7" for a number without a name; nothing for 0.
DURASIM_EXPORT std::string name_of_field(std::span<const FieldLabel> labels, std::uint32_t number);

[[noreturn]] DURASIM_EXPORT void fail_depth();
[[noreturn]] DURASIM_EXPORT void fail_utf8();
inline void require_utf8(std::string_view text) {
  if (!is_utf8(text)) fail_utf8();
}

// ---- encoding -----------------------------------------------------------------------------------

// The message that is being written, from its last field to its first.
struct Encoder : WireWriter {
  std::size_t depth = 0;
  PayloadBlobs* blobs = nullptr;  // where large payloads go; null: they stay
};

template <class M>
void encode_fields(Encoder& out, const M& message);
// Chosen before the template, wherever a payload stands (payload_blobs.cpp).
DURASIM_EXPORT void encode_fields(Encoder& out, const proto::Payload& payload);

template <Strings S, class T>
void encode_always(Encoder& out, std::uint32_t number, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    if constexpr (S == Strings::Text) require_utf8(value);
    out.add_bytes(number, value);
  } else if constexpr (std::is_same_v<T, double>) {
    out.add_double(number, value);
  } else if constexpr (std::is_same_v<T, float>) {
    out.add_float(number, value);
  } else if constexpr (kIsVarint<T>) {
    out.add_varint(number, static_cast<std::uint64_t>(as_integer(value)));
  } else {
    const std::size_t before = out.size();
    ++out.depth;
    encode_fields(out, value);
    --out.depth;
    out.close(number, out.size() - before);
  }
}

template <Strings S, class K, class V>
void encode_entry(Encoder& out, std::uint32_t number, const K& key, const V& value) {
  const std::size_t before = out.size();
  ++out.depth;
  encode_always<S>(out, 2, value);
  encode_always<Strings::Text>(out, 1, key);
  --out.depth;
  out.close(number, out.size() - before);
}

template <Strings S, class T>
void encode_repeated(Encoder& out, std::uint32_t number, const std::vector<T>& values) {
  if constexpr (kIsScalar<T>) {
    static_assert(kIsVarint<T>, "only varints are packed");
    const std::size_t before = out.size();
    for (std::size_t i = values.size(); i-- > 0;) {
      out.varint(static_cast<std::uint64_t>(as_integer(T{values[i]})));
    }
    out.close(number, out.size() - before);
  } else {
    for (std::size_t i = values.size(); i-- > 0;) {
      try {
        encode_always<S>(out, number, values[i]);
      } catch (...) {
        rethrow_behind("[" + std::to_string(i) + "]");
      }
    }
  }
}

template <Strings S, class T>
void encode_member(Encoder& out, std::uint32_t number, const T& member) {
  if constexpr (kIsOptional<T>) {
    if (member.has_value()) encode_always<S>(out, number, *member);
  } else if constexpr (kIsVector<T>) {
    if (!member.empty()) encode_repeated<S>(out, number, member);
  } else if constexpr (kIsMap<T>) {
    for (const auto& [key, value] : std::views::reverse(member)) {
      encode_entry<S>(out, number, key, value);
    }
  } else {
    if (!is_default(member)) encode_always<S>(out, number, member);
  }
}

[[noreturn]] DURASIM_EXPORT void fail_not_described();

// `number` is set before anything can go wrong.
template <class O, class V>
void encode_one_of(Encoder& out, const O& one_of, const V& variant, std::uint32_t& number) {
  if (variant.index() == 0) return;
  const bool found = any_alternative<O>([&]<std::size_t I>() {
    const auto* value = std::get_if<I + 1>(&variant);
    if (value == nullptr) return false;
    number = std::get<I>(one_of.alternatives).number;
    if constexpr (kIsOptional<std::variant_alternative_t<I + 1, VariantOf<V>>>) {
      if (value->has_value()) encode_always<Strings::Text>(out, number, **value);
    } else {
      encode_always<Strings::Text>(out, number, *value);
    }
    return true;
  });
  if (found) return;
  number = 0;  // it has none
  fail_not_described();
}

template <class M>
void encode_fields(Encoder& out, const M& message) {
  if (out.depth >= kMaxMessageDepth) fail_depth();
  if constexpr (requires { message.unknown_fields; }) {
    if (!message.unknown_fields.empty()) {
      const std::string& unknown = message.unknown_fields.bytes();
      out.raw(unknown.data(), unknown.size());
    }
  }
  std::uint32_t number = 0;  // of the field at work
  const auto encode = [&]<std::size_t I>() __attribute__((always_inline)) {
    constexpr const auto& field = kField<M, I>;
    using F = std::remove_cvref_t<decltype(field)>;
    if constexpr (kIsOneOf<F>) {
      encode_one_of(out, field, message.*field.member, number);
    } else {
      number = field.number;
      encode_member<F::kStrings>(out, field.number, message.*field.member);
    }
  };
  if constexpr (kIsAllNumbers<M>) {
    for_each_field_reversed<M>(encode);  // in place: nothing can be wrong in it
  } else {
    try {
      for_each_field_reversed<M>(encode);
    } catch (...) {
      rethrow_behind(name_of_field(kLabels<M>, number));
    }
  }
}

[[noreturn]] DURASIM_EXPORT void fail_encoding(std::string_view message, const Problem& problem);

// The message in wire format. Throws InvalidArgument that names the path.
template <class M>
[[nodiscard]] std::string encode_message(const M& message, PayloadBlobs* blobs = nullptr) {
  Encoder out;
  out.blobs = blobs;
  try {
    encode_fields(out, message);
  } catch (const Problem& problem) {
    fail_encoding(Description<M>::name, problem);
  }
  return std::string(out.written());
}

// ---- decoding -----------------------------------------------------------------------------------

// What a decoder may still spend, for the whole input.
struct DecodeBudget {
  std::size_t elements;
  std::size_t depth = 0;
  const BlobReader* blobs = nullptr;  // null: references stay as they are
};

[[noreturn]] DURASIM_EXPORT void fail_elements();
DURASIM_EXPORT void decode_text(protozero::pbf_reader& in, std::string& value);
DURASIM_EXPORT void decode_bytes(protozero::pbf_reader& in, std::string& value);

inline void take_element(DecodeBudget& budget) {
  if (budget.elements-- == 0) fail_elements();
}

template <class M>
void decode_fields(protozero::data_view bytes, M& message, DecodeBudget& budget);
DURASIM_EXPORT void decode_fields(protozero::data_view bytes, proto::Payload& payload,
                                  DecodeBudget& budget);

template <class T>
inline constexpr protozero::pbf_wire_type kWireType =
    std::is_same_v<T, double>  ? protozero::pbf_wire_type::fixed64
    : std::is_same_v<T, float> ? protozero::pbf_wire_type::fixed32
    : kIsVarint<T>             ? protozero::pbf_wire_type::varint
                               : protozero::pbf_wire_type::length_delimited;

// The field's wire type is known to be right.
template <Strings S, class T>
void decode_value(protozero::pbf_reader& in, T& value, DecodeBudget& budget) {
  if constexpr (std::is_same_v<T, std::string>) {
    S == Strings::Text ? decode_text(in, value) : decode_bytes(in, value);
  } else if constexpr (std::is_same_v<T, double>) {
    value = in.get_double();
  } else if constexpr (std::is_same_v<T, float>) {
    value = in.get_float();
  } else if constexpr (kIsVarint<T>) {
    value = from_integer<T>(in.get_int64());
  } else {
    decode_fields(in.get_view(), value, budget);
  }
}

template <class T>
void decode_packed(protozero::data_view bytes, std::vector<T>& values) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    const std::uint64_t value = protozero::decode_varint(&at, end);
    values.push_back(from_integer<T>(static_cast<std::int64_t>(value)));
  }
}

template <Strings S, class T>
bool decode_element(protozero::pbf_reader& in, std::vector<T>& values, DecodeBudget& budget) {
  if constexpr (kIsVarint<T>) {
    if (in.wire_type() == protozero::pbf_wire_type::length_delimited) {
      decode_packed(in.get_view(), values);
      return true;
    }
  }
  if (in.wire_type() != kWireType<T>) return false;
  take_element(budget);
  try {
    decode_value<S>(in, values.emplace_back(), budget);
  } catch (...) {
    rethrow_behind("[" + std::to_string(values.size() - 1) + "]");
  }
  return true;
}

template <Strings S, class K, class V>
void decode_entry(protozero::data_view bytes, std::map<K, V>& map, DecodeBudget& budget) {
  take_element(budget);
  K key{};
  V value{};
  for (protozero::pbf_reader in(bytes); in.next();) {
    if (in.tag() == 1 && in.wire_type() == kWireType<K>) {
      decode_value<Strings::Text>(in, key, budget);
    } else if (in.tag() == 2 && in.wire_type() == kWireType<V>) {
      decode_value<S>(in, value, budget);
    } else {
      in.skip();
    }
  }
  map.insert_or_assign(std::move(key), std::move(value));
}

// False when the wire type does not fit: the field counts as unknown then.
template <Strings S, class T>
bool decode_member(protozero::pbf_reader& in, T& member, DecodeBudget& budget) {
  if constexpr (kIsVector<T>) {
    return decode_element<S>(in, member, budget);
  } else if constexpr (kIsMap<T>) {
    if (in.wire_type() != protozero::pbf_wire_type::length_delimited) return false;
    decode_entry<S>(in.get_view(), member, budget);
    return true;
  } else {
    if (in.wire_type() != kWireType<typename Held<T>::type>) return false;
    decode_value<S>(in, held(member), budget);
    return true;
  }
}

template <class O, class V>
bool decode_one_of(protozero::pbf_reader& in, const O& one_of, V& variant, DecodeBudget& budget) {
  return any_alternative<O>([&]<std::size_t I>() {
    if (in.tag() != std::get<I>(one_of.alternatives).number) return false;
    using A = std::variant_alternative_t<I + 1, VariantOf<V>>;
    if (in.wire_type() != kWireType<typename Held<A>::type>) return false;
    if (variant.index() != I + 1) variant.template emplace<I + 1>();
    decode_value<Strings::Text>(in, held(*std::get_if<I + 1>(&variant)), budget);
    return true;
  });
}

template <class M>
bool decode_field(protozero::pbf_reader& in, M& message, DecodeBudget& budget) {
  return any_field<M>([&]<std::size_t I>() {
    constexpr const auto& field = kField<M, I>;
    using F = std::remove_cvref_t<decltype(field)>;
    if constexpr (kIsOneOf<F>) {
      return decode_one_of(in, field, message.*field.member, budget);
    } else {
      return in.tag() == field.number &&
             decode_member<F::kStrings>(in, message.*field.member, budget);
    }
  });
}

template <class M>
void decode_fields(protozero::data_view bytes, M& message, DecodeBudget& budget) {
  if (++budget.depth > kMaxMessageDepth) fail_depth();
  protozero::pbf_reader in(bytes);
  std::uint32_t number = 0;
  try {
    for (const char* start = bytes.data(); in.next(); start = in.data().data()) {
      number = in.tag();
      if (decode_field(in, message, budget)) continue;
      in.skip();
      if constexpr (requires { message.unknown_fields; }) {
        const auto size = static_cast<std::size_t>(in.data().data() - start);
        message.unknown_fields.append({start, size});
      }
    }
  } catch (...) {
    rethrow_behind(name_of_field(kLabels<M>, number));
  }
  --budget.depth;
}

DURASIM_EXPORT void require_size(std::string_view message, std::size_t size,
                                 const DecodeLimits& limits);
[[noreturn]] DURASIM_EXPORT void fail_decoding(std::string_view message, const Problem& problem);

// The message in `wire`. Throws FormatError that names the path, LimitError beyond the limits.
template <class M>
[[nodiscard]] M decode_message(std::string_view wire, const DecodeLimits& limits = {},
                               const BlobReader* blobs = nullptr) {
  require_size(Description<M>::name, wire.size(), limits);
  M message;
  DecodeBudget budget{.elements = limits.max_elements, .blobs = blobs};
  try {
    decode_fields({wire.data(), wire.size()}, message, budget);
  } catch (const Problem& problem) {
    fail_decoding(Description<M>::name, problem);
  }
  return message;
}

}  // namespace durasim::inline v0::codec
