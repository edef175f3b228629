// Described structs (core/message_description.hpp) <-> canonical proto3 JSON. The reader also takes
// what older tools wrote (core/encoding.hpp says what) and ignores members that it does not know.
#pragma once

#include "durasim/core/encoding.hpp"
#include "durasim/core/json.hpp"

#include "core/enum_names.hpp"
#include "core/message_description.hpp"

#include <limits>
#include <string>
#include <string_view>

namespace durasim::inline v0::codec {

// Where the form of a message in JSON is not that of its fields, this is specialised.
template <class M>
struct JsonForm {
  static void write(JsonWriter& out, const M& message);
  static void read(JsonReader& in, M& message, std::size_t& elements);
};

// ---- writing ------------------------------------------------------------------------------------

DURASIM_EXPORT void write_int64(JsonWriter& out, std::int64_t value);
DURASIM_EXPORT void write_uint64(JsonWriter& out, std::uint64_t value);
// NaN and the infinities as strings.
DURASIM_EXPORT void write_double(JsonWriter& out, double value);
DURASIM_EXPORT void write_float(JsonWriter& out, float value);
DURASIM_EXPORT void write_enum(JsonWriter& out, const EnumTable& table, std::int32_t value);
DURASIM_EXPORT void write_timestamp(JsonWriter& out, const proto::Timestamp& value);
DURASIM_EXPORT void write_duration(JsonWriter& out, const proto::ProtoDuration& value);

template <Strings S, class T>
void write_value(JsonWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    S == Strings::Text ? out.string(value) : out.base64(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out.boolean(value);
  } else if constexpr (std::is_same_v<T, double>) {
    write_double(out, value);
  } else if constexpr (std::is_same_v<T, float>) {
    write_float(out, value);
  } else if constexpr (requires { enum_table(value); }) {
    write_enum(out, enum_table(value), static_cast<std::int32_t>(value));
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    write_uint64(out, value);
  } else if constexpr (kIsVarint<T> && sizeof(T) == 8) {
    write_int64(out, as_integer(value));
  } else if constexpr (kIsVarint<T>) {
    out.integer(as_integer(value));
  } else if constexpr (std::is_same_v<T, proto::Timestamp>) {
    write_timestamp(out, value);
  } else if constexpr (std::is_same_v<T, proto::ProtoDuration>) {
    write_duration(out, value);
  } else {
    JsonForm<T>::write(out, value);
  }
}

template <Strings S, class K, class V>
void write_map(JsonWriter& out, const std::map<K, V>& map) {
  out.begin_object();
  for (const auto& [key, value] : map) {
    if constexpr (std::is_same_v<K, std::string>) {
      out.key(key);
      write_value<S>(out, value);
    } else {
      const std::string text = std::to_string(as_integer(key));
      out.key(text);
      write_value<S>(out, value);
    }
  }
  out.end_object();
}

template <Strings S, class T>
void write_member(JsonWriter& out, std::string_view name, const T& member) {
  if constexpr (kIsOptional<T>) {
    if (!member.has_value()) return;
    out.key(name);
    write_value<S>(out, *member);
  } else {
    if (is_default(member)) return;
    out.key(name);
    if constexpr (kIsVector<T>) {
      out.begin_array();
      for (const typename T::value_type& value : member) write_value<S>(out, value);
      out.end_array();
    } else if constexpr (kIsMap<T>) {
      write_map<S>(out, member);
    } else {
      write_value<S>(out, member);
    }
  }
}

template <class O, class V>
void write_one_of(JsonWriter& out, const O& one_of, const V& variant) {
  any_alternative<O>([&]<std::size_t I>() {
    const auto* value = std::get_if<I + 1>(&variant);
    if (value == nullptr) return false;
    const std::string_view name = std::get<I>(one_of.alternatives).name.json();
    if constexpr (kIsOptional<std::variant_alternative_t<I + 1, VariantOf<V>>>) {
      write_member<Strings::Text>(out, name, *value);
    } else {
      out.key(name);
      write_value<Strings::Text>(out, *value);
    }
    return true;
  });
}

template <class M>
void write_fields(JsonWriter& out, const M& message) {
  out.begin_object();
  for_each_field<M>([&]<std::size_t I>() {
    constexpr const auto& field = kField<M, I>;
    using F = std::remove_cvref_t<decltype(field)>;
    if constexpr (kIsOneOf<F>) {
      write_one_of(out, field, message.*field.member);
    } else {
      write_member<F::kStrings>(out, field.name.json(), message.*field.member);
    }
  });
  out.end_object();
}

template <class M>
void JsonForm<M>::write(JsonWriter& out, const M& message) {
  write_fields(out, message);
}

// ---- reading ------------------------------------------------------------------------------------

// Numbers, or strings of them.
DURASIM_EXPORT std::int64_t read_integer(JsonReader& in, std::int64_t low, std::int64_t high);
DURASIM_EXPORT std::uint64_t read_uint64(JsonReader& in);
DURASIM_EXPORT double read_double(JsonReader& in);
DURASIM_EXPORT float read_float(JsonReader& in);
// Base64 of either alphabet, padded or not.
DURASIM_EXPORT std::string read_bytes(JsonReader& in);
DURASIM_EXPORT std::int32_t read_enum(JsonReader& in, const EnumTable& table);
DURASIM_EXPORT proto::Timestamp read_timestamp(JsonReader& in);
DURASIM_EXPORT proto::ProtoDuration read_duration(JsonReader& in);
// A map's key that is a number.
DURASIM_EXPORT std::int64_t key_as_integer(const JsonReader& in);
DURASIM_EXPORT void take_json_element(std::size_t& elements);
[[noreturn]] DURASIM_EXPORT void fail_second_alternative(const JsonReader& in);

template <Strings S, class T>
void read_value(JsonReader& in, T& value, std::size_t& elements) {
  if constexpr (std::is_same_v<T, std::string>) {
    value = S == Strings::Text ? in.string() : read_bytes(in);
  } else if constexpr (std::is_same_v<T, bool>) {
    value = in.boolean();
  } else if constexpr (std::is_same_v<T, double>) {
    value = read_double(in);
  } else if constexpr (std::is_same_v<T, float>) {
    value = read_float(in);
  } else if constexpr (requires { enum_table(value); }) {
    value = static_cast<T>(read_enum(in, enum_table(value)));
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    value = read_uint64(in);
  } else if constexpr (kIsVarint<T>) {
    using N = std::conditional_t<std::is_same_v<T, std::uint32_t>, std::uint32_t,
                                 std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>>;
    using Limits = std::numeric_limits<N>;
    value = from_integer<T>(read_integer(in, Limits::min(), Limits::max()));
  } else if constexpr (std::is_same_v<T, proto::Timestamp>) {
    value = read_timestamp(in);
  } else if constexpr (std::is_same_v<T, proto::ProtoDuration>) {
    value = read_duration(in);
  } else {
    JsonForm<T>::read(in, value, elements);
  }
}

template <Strings S, class K, class V>
void read_map(JsonReader& in, std::map<K, V>& map, std::size_t& elements) {
  for (in.begin_object(); in.next_member();) {
    take_json_element(elements);
    K key{};
    if constexpr (std::is_same_v<K, std::string>) {
      key = in.key();
    } else {
      key = from_integer<K>(key_as_integer(in));
    }
    read_value<S>(in, map[key], elements);
  }
}

template <Strings S, class T>
void read_member(JsonReader& in, T& member, std::size_t& elements) {
  if (in.peek() == JsonKind::Null) return in.null();
  if constexpr (kIsVector<T>) {
    for (in.begin_array(); in.next_element();) {
      take_json_element(elements);
      typename T::value_type value{};
      read_value<S>(in, value, elements);
      member.push_back(std::move(value));
    }
  } else if constexpr (kIsMap<T>) {
    read_map<S>(in, member, elements);
  } else {
    read_value<S>(in, held(member), elements);
  }
}

template <std::size_t N>
bool is_named(const FieldName<N>& name, std::string_view key) {
  return key == name.json() || key == name.proto();
}

template <class O, class V>
bool read_one_of(JsonReader& in, const O& one_of, V& variant, std::size_t& elements) {
  return any_alternative<O>([&]<std::size_t I>() {
    if (!is_named(std::get<I>(one_of.alternatives).name, in.key())) return false;
    if (in.peek() == JsonKind::Null) {
      in.null();
      return true;
    }
    if (variant.index() != 0) fail_second_alternative(in);
    read_value<Strings::Text>(in, held(variant.template emplace<I + 1>()), elements);
    return true;
  });
}

// The value of the member whose name has been read; false when it names no field of M.
template <class M>
bool read_field(JsonReader& in, M& message, std::size_t& elements) {
  return any_field<M>([&]<std::size_t I>() {
    constexpr const auto& field = kField<M, I>;
    using F = std::remove_cvref_t<decltype(field)>;
    if constexpr (kIsOneOf<F>) {
      return read_one_of(in, field, message.*field.member, elements);
    } else {
      if (!is_named(field.name, in.key())) return false;
      read_member<F::kStrings>(in, message.*field.member, elements);
      return true;
    }
  });
}

template <class M>
void JsonForm<M>::read(JsonReader& in, M& message, std::size_t& elements) {
  for (in.begin_object(); in.next_member();) {
    if (!read_field(in, message, elements)) in.skip();
  }
}

}  // namespace durasim::inline v0::codec
