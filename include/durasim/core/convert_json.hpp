// Typed values <-> JSON, without a tree in between: write_json and read_json, and how each kind of
// type looks:
// - bool; integers, exact to 64 bits; float and double, finite, the shortest text that reads back
//   the same; std::string, UTF-8; byte vectors as Base64
// - structs described by BOOST_DESCRIBE_STRUCT: an object, members of base classes first; enums
//   described by BOOST_DESCRIBE_ENUM: their names
// - optional: null or the value; std::monostate, std::nullptr_t: null
// - vector, deque, list, set, array: an array; pair, tuple: an array of fixed length
// - maps with string keys: an object; other maps: an array of [key, value]; unordered ones sorted
//   by their text
// - variant: {"index":i,"value":...}, so alternatives may be appended but not reordered
// - durations: "1.5s"; time points of the system clock: RFC 3339, UTC, up to nanoseconds
// - any type for which JsonConversion is specialised
// Reading: unknown members are ignored, missing ones keep what their default member initialiser
// says, null is an empty container, a member or key that comes twice is an error.
#pragma once

#include "durasim/core/convert_traits.hpp"
#include "durasim/core/described_members.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace durasim::inline v0 {
namespace detail {

template <class T, auto Pointer>
const void* place_of(const void* object) {
  return &(static_cast<const T*>(object)->*Pointer);
}
template <class T, auto Pointer>
using MemberType = std::remove_reference_t<decltype(std::declval<T&>().*Pointer)>;
template <std::size_t N>
consteval bool has_unique_names(const MemberConversion (&rows)[N]) {
  for (std::size_t i = 1; i + 1 < N; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (std::string_view(rows[i].name) == rows[j].name) return false;
    }
  }
  return true;
}

template <class T, class... D>
Rows<MemberConversion> member_rows(Descriptors<D...>) {
  // One more than there are, because an array must not be empty.
  static constexpr MemberConversion rows[] = {
      {D::name, &place_of<T, D::pointer>, &write_erased<MemberType<T, D::pointer>>,
       &read_erased<MemberType<T, D::pointer>>}...,
      {}};
  static_assert(has_unique_names(rows), "two described members, one inherited, have one name");
  return {rows, sizeof...(D)};
}
template <class T>
Rows<MemberConversion> members() {
  return member_rows<T>(decltype(all_members<T>()){});
}

template <template <class...> class L, class... D>
Rows<EnumeratorName> enumerator_rows(L<D...>) {
  static constexpr EnumeratorName rows[] = {{D::name, static_cast<std::int64_t>(D::value)}..., {}};
  return {rows, sizeof...(D)};
}
template <class E>
Rows<EnumeratorName> enumerators() {
  return enumerator_rows(decltype(boost_enum_descriptor_fn(static_cast<E**>(nullptr))){});
}

template <class T>
void write_number(JsonWriter& writer, T value) {
  static_assert(!CharacterType<T>,
                "use std::string for text and std::int8_t or std::byte for numbers");
  static_assert(!std::same_as<T, long double> && sizeof(T) <= 8,
                "JSON carries numbers up to 64 bits");
  if constexpr (std::floating_point<T>) {
    writer.number(value);
  } else if constexpr (std::signed_integral<T>) {
    writer.integer(value);
  } else {
    writer.unsigned_integer(value);
  }
}

template <class T>
void read_number(JsonReader& reader, T& value) {
  static_assert(!CharacterType<T>,
                "use std::string for text and std::int8_t or std::byte for numbers");
  static_assert(!std::same_as<T, long double> && sizeof(T) <= 8,
                "JSON carries numbers up to 64 bits");
  using Limits = std::numeric_limits<T>;
  if constexpr (std::same_as<T, float>) {
    value = reader.number_as_float();
  } else if constexpr (std::floating_point<T>) {
    value = reader.number();
  } else if constexpr (std::signed_integral<T>) {
    value = static_cast<T>(reader.integer(Limits::min(), Limits::max()));
  } else {
    value = static_cast<T>(reader.unsigned_integer(Limits::max()));
  }
}

template <class T>
void write_container(JsonWriter& writer, const T& container) {
  constexpr auto order = Unordered<T> ? JsonWriter::Order::Sorted : JsonWriter::Order::AsWritten;
  if constexpr (StringMap<T>) {
    writer.begin_object(order);
    for (const auto& [key, value] : container) {
      writer.key(key);
      write_json(writer, value);
    }
    writer.end_object();
  } else {
    writer.begin_array(order);
    for (const auto& element : container) write_json<typename T::value_type>(writer, element);
    writer.end_array();
  }
}

// A container's element as it is read: the key of a map's is not const.
template <class T>
struct ElementOf {
  using type = typename T::value_type;
};
template <MapLike T>
struct ElementOf<T> {
  using type = std::pair<typename T::key_type, typename T::mapped_type>;
};

template <class T>
void* append_element(void* vector) {
  return &static_cast<T*>(vector)->emplace_back();
}

template <class T>
void insert_elements(JsonReader& reader, T& container) {
  for (reader.begin_array(); reader.next_element();) {
    typename ElementOf<T>::type element{};
    read_json(reader, element);
    if constexpr (MapLike<T> && UniqueKeys<T>) {
      if (!container.insert(std::move(element)).second) fail_duplicate_key(reader);
    } else if constexpr (requires { container.push_back(std::move(element)); }) {
      container.push_back(std::move(element));
    } else {
      container.insert(std::move(element));
    }
  }
}

template <class T>
void read_container(JsonReader& reader, T& container) {
  container.clear();
  if (reader.peek() == JsonKind::Null) return reader.null();
  if constexpr (StringMap<T>) {
    for (reader.begin_object(); reader.next_member();) {
      const auto [place, is_new] = container.try_emplace(reader.key());
      if (!is_new) fail_duplicate_key(reader);
      read_json(reader, place->second);
    }
  } else {
    insert_elements(reader, container);
  }
}

template <class T, std::size_t... I>
void write_tuple(JsonWriter& writer, const T& value, std::index_sequence<I...>) {
  writer.begin_array();
  (write_json(writer, std::get<I>(value)), ...);
  writer.end_array();
}
template <class T, std::size_t... I>
void read_tuple(JsonReader& reader, T& value, std::index_sequence<I...>) {
  reader.begin_array();
  ((require_element(reader, I, sizeof...(I)), read_json(reader, std::get<I>(value))), ...);
  require_end(reader, sizeof...(I));
}

template <class T>
void write_array(JsonWriter& writer, const T& value) {
  writer.begin_array();
  for (const auto& element : value) write_json(writer, element);
  writer.end_array();
}
template <class T>
void read_array(JsonReader& reader, T& value) {
  reader.begin_array();
  for (std::size_t i = 0; i < value.size(); ++i) {
    require_element(reader, i, value.size());
    read_json(reader, value[i]);
  }
  require_end(reader, value.size());
}

template <class V, std::size_t... I>
void write_alternative(JsonWriter& writer, const V& value, std::index_sequence<I...>) {
  if (value.valueless_by_exception()) writer.fail("the variant holds no value");
  ((value.index() == I ? write_variant(writer, I, std::get_if<I>(&value),
                                       &write_erased<std::variant_alternative_t<I, V>>)
                       : void()),
   ...);
}
template <class V, std::size_t I>
void read_alternative(JsonReader& reader, void* variant) {
  read_json(reader, static_cast<V*>(variant)->template emplace<I>());
}
template <class V, std::size_t... I>
void read_alternatives(JsonReader& reader, V& value, std::index_sequence<I...>) {
  static constexpr ReadValue readers[] = {&read_alternative<V, I>...};
  read_variant(reader, &value, {readers, sizeof...(I)});
}

// Counts times unit times 10^9 must fit into 128 bits.
template <class P>
inline constexpr bool kIsChronoUnit = P::num <= 1'000'000'000 && P::den <= 1'000'000'000'000;

template <class R, class P>
void write_chrono(JsonWriter& writer, std::chrono::duration<R, P> value) {
  if constexpr (std::floating_point<R>) {
    static_assert(P::num == 1 && P::den == 1,
                  "a duration with a floating-point count must count seconds");
    write_seconds(writer, static_cast<double>(value.count()));
  } else {
    write_duration(writer, static_cast<std::int64_t>(value.count()), {P::num, P::den});
  }
}
template <class R, class P>
void read_chrono(JsonReader& reader, std::chrono::duration<R, P>& value) {
  if constexpr (std::floating_point<R>) {
    static_assert(P::num == 1 && P::den == 1,
                  "a duration with a floating-point count must count seconds");
    value = std::chrono::duration<R, P>(static_cast<R>(read_seconds(reader)));
  } else {
    static_assert(sizeof(R) == 8 && kIsChronoUnit<P>, "use a duration with a 64-bit count");
    value = std::chrono::duration<R, P>(static_cast<R>(read_duration(reader, {P::num, P::den})));
  }
}

template <class T>
void write_erased(JsonWriter& writer, const void* object) {
  [[maybe_unused]] const T& value = *static_cast<const T*>(object);
  if constexpr (std::same_as<T, bool>) {
    writer.boolean(value);
  } else if constexpr (std::same_as<T, std::byte>) {
    writer.unsigned_integer(std::to_integer<std::uint64_t>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    write_number(writer, value);
  } else if constexpr (kIsNull<T>) {
    writer.null();
  } else if constexpr (CustomJson<T>) {
    JsonConversion<T>::write(writer, value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    writer.string(value);
  } else if constexpr (DescribedEnum<T>) {
    write_enum(writer, static_cast<std::int64_t>(value), enumerators<T>());
  } else if constexpr (DescribedStruct<T>) {
    write_struct(writer, &value, members<T>());
  } else if constexpr (kIsOptional<T>) {
    static_assert(!kIsOptional<typename T::value_type> && !kIsNull<typename T::value_type>,
                  "an optional of something that can itself be null cannot be told apart in JSON");
    value ? write_erased<typename T::value_type>(writer, &*value) : writer.null();
  } else if constexpr (kIsVariant<T>) {
    write_alternative(writer, value, std::make_index_sequence<std::variant_size_v<T>>{});
  } else if constexpr (kIsDuration<T>) {
    write_chrono(writer, value);
  } else if constexpr (kIsWallTime<T>) {
    write_wall_time(writer, value.time_since_epoch().count(), {T::period::num, T::period::den});
  } else if constexpr (ByteVector<T>) {
    writer.base64({reinterpret_cast<const char*>(value.data()), value.size()});
  } else if constexpr (kIsVector<T>) {
    using Element = typename T::value_type;
    write_elements(writer, value.data(), value.size(), sizeof(Element), &write_erased<Element>);
  } else if constexpr (Container<T>) {
    write_container(writer, value);
  } else if constexpr (kIsArray<T>) {
    write_array(writer, value);
  } else if constexpr (TupleLike<T>) {
    write_tuple(writer, value, std::make_index_sequence<std::tuple_size_v<T>>{});
  } else {
    static_assert(kUnsupported<T>,
                  "durasim cannot convert this type: describe it with BOOST_DESCRIBE_STRUCT or "
                  "BOOST_DESCRIBE_ENUM "
                  "next to its definition, or specialise durasim::JsonConversion for it");
  }
}

template <class T>
void read_erased(JsonReader& reader, void* object) {
  [[maybe_unused]] T& value = *static_cast<T*>(object);
  if constexpr (std::same_as<T, bool>) {
    value = reader.boolean();
  } else if constexpr (std::same_as<T, std::byte>) {
    value = static_cast<std::byte>(reader.unsigned_integer(255));
  } else if constexpr (std::is_arithmetic_v<T>) {
    read_number(reader, value);
  } else if constexpr (kIsNull<T>) {
    reader.null();
  } else if constexpr (std::same_as<T, std::string>) {
    value = reader.string();
  } else if constexpr (CustomJson<T>) {
    JsonConversion<T>::read(reader, value);
  } else if constexpr (DescribedEnum<T>) {
    value = static_cast<T>(read_enum(reader, enumerators<T>()));
  } else if constexpr (DescribedStruct<T>) {
    read_struct(reader, &value, members<T>());
  } else if constexpr (kIsOptional<T>) {
    if (reader.peek() == JsonKind::Null) {
      reader.null();
      value.reset();
    } else {
      read_erased<typename T::value_type>(reader, &value.emplace());
    }
  } else if constexpr (kIsVariant<T>) {
    read_alternatives(reader, value, std::make_index_sequence<std::variant_size_v<T>>{});
  } else if constexpr (kIsDuration<T>) {
    read_chrono(reader, value);
  } else if constexpr (kIsWallTime<T>) {
    using Length = typename T::duration;
    const ChronoUnit unit{T::period::num, T::period::den};
    value = T(Length(static_cast<typename T::rep>(read_wall_time(reader, unit))));
  } else if constexpr (ByteVector<T>) {
    const std::string bytes = reader.base64();
    const auto* first = reinterpret_cast<const typename T::value_type*>(bytes.data());
    value.assign(first, first + bytes.size());
  } else if constexpr (kIsVector<T>) {
    value.clear();
    read_elements(reader, &value, &append_element<T>, &read_erased<typename T::value_type>);
  } else if constexpr (Container<T>) {
    read_container(reader, value);
  } else if constexpr (kIsArray<T>) {
    read_array(reader, value);
  } else if constexpr (TupleLike<T>) {
    read_tuple(reader, value, std::make_index_sequence<std::tuple_size_v<T>>{});
  } else {
    static_assert(kUnsupported<T>,
                  "durasim cannot convert this type: describe it with BOOST_DESCRIBE_STRUCT or "
                  "BOOST_DESCRIBE_ENUM "
                  "next to its definition, or specialise durasim::JsonConversion for it");
  }
}

// The types of most members and arguments are compiled once (convert.cpp) and not in every file.
extern template DURASIM_EXPORT_TEMPLATE void write_erased<bool>(JsonWriter&, const void*);
extern template DURASIM_EXPORT_TEMPLATE void read_erased<bool>(JsonReader&, void*);
extern template DURASIM_EXPORT_TEMPLATE void write_erased<int>(JsonWriter&, const void*);
extern template DURASIM_EXPORT_TEMPLATE void read_erased<int>(JsonReader&, void*);
extern template DURASIM_EXPORT_TEMPLATE void write_erased<std::int64_t>(JsonWriter&, const void*);
extern template DURASIM_EXPORT_TEMPLATE void read_erased<std::int64_t>(JsonReader&, void*);
extern template DURASIM_EXPORT_TEMPLATE void write_erased<double>(JsonWriter&, const void*);
extern template DURASIM_EXPORT_TEMPLATE void read_erased<double>(JsonReader&, void*);
extern template DURASIM_EXPORT_TEMPLATE void write_erased<std::string>(JsonWriter&, const void*);
extern template DURASIM_EXPORT_TEMPLATE void read_erased<std::string>(JsonReader&, void*);

}  // namespace detail

// Appends the value as JSON. Throws JsonError.
template <class T>
void write_json(JsonWriter& writer, const T& value) {
  detail::write_erased<T>(writer, &value);
}

// Reads the next value into `value`, whose described members keep what they hold where the text has
// none. Throws JsonError; `value` is then partly read.
template <class T>
void read_json(JsonReader& reader, T& value) {
  detail::read_erased<T>(reader, &value);
}

}  // namespace durasim::inline v0
