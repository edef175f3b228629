// What core/convert_json.hpp knows about types at compile time, and the functions that its
// templates call, so that little is instantiated in users' files. Nothing here but JsonConversion
// is for users.
#pragma once

#include "durasim/core/describe.hpp"
#include "durasim/core/json.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0 {

// Specialise it to convert a class or enum that cannot be described (not std::string):
//   static void write(JsonWriter&, const T&);
//   static void read(JsonReader&, T&);
template <class T>
struct JsonConversion;

template <class T>
void write_json(JsonWriter& writer, const T& value);
template <class T>
void read_json(JsonReader& reader, T& value);

namespace detail {

template <class T>
concept CustomJson =
    requires(JsonWriter& writer, const T& value) { JsonConversion<T>::write(writer, value); };
// What BOOST_DESCRIBE_STRUCT and BOOST_DESCRIBE_ENUM declare, found by the namespace of T:
// functions whose result is a list of descriptors.
template <class T>
concept DescribedStruct =
    requires(T** type) { boost_public_member_descriptor_fn(type); } && !std::is_union_v<T>;
template <class T>
concept DescribedEnum = requires(T** type) { boost_enum_descriptor_fn(type); };
template <class T>
concept CharacterType =
    std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept ByteVector =
    std::same_as<T, std::vector<std::byte>> || std::same_as<T, std::vector<std::uint8_t>>;
template <class T>
concept MapLike = requires {
  typename T::mapped_type;
  typename T::key_type;
};
template <class T>
concept Container = requires(T& container, const T& constant) {
  typename T::value_type;
  constant.begin() != constant.end();
  container.clear();
};
template <class T>
concept Unordered = requires { typename T::hasher; };
template <class T>
concept UniqueKeys = requires(T& container, typename T::value_type value) {
  { container.insert(std::move(value)).second } -> std::convertible_to<bool>;
};
template <class T>
concept StringMap = MapLike<T> && std::same_as<typename T::key_type, std::string> && UniqueKeys<T>;
template <class T>
concept TupleLike = requires { std::tuple_size<T>::value; };

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVariant = false;
template <class... A>
inline constexpr bool kIsVariant<std::variant<A...>> = true;
template <class T>
inline constexpr bool kIsDuration = false;
template <class R, class P>
inline constexpr bool kIsDuration<std::chrono::duration<R, P>> = true;
template <class T>
inline constexpr bool kIsWallTime = false;
template <class D>
inline constexpr bool kIsWallTime<std::chrono::time_point<std::chrono::system_clock, D>> = true;
template <class T>
inline constexpr bool kIsArray = false;
template <class T, std::size_t N>
inline constexpr bool kIsArray<std::array<T, N>> = true;
// Vectors whose elements have addresses, as those of std::vector<bool> have not.
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = !std::same_as<T, bool>;
template <class T>
inline constexpr bool kIsNull = std::same_as<T, std::monostate> || std::same_as<T, std::nullptr_t>;
template <class T>
inline constexpr bool kUnsupported = false;

// What the templates hand to compiled code.
using WriteValue = void (*)(JsonWriter&, const void* value);
using ReadValue = void (*)(JsonReader&, void* value);
// Every type's conversion as such functions: write_json and read_json only call these.
template <class T>
void write_erased(JsonWriter& writer, const void* value);
template <class T>
void read_erased(JsonReader& reader, void* value);
struct MemberConversion {
  const char* name;
  const void* (*place)(const void* object);  // of the member
  WriteValue write;
  ReadValue read;
};
struct EnumeratorName {
  const char* name;
  std::int64_t value;
};
// A table's rows. std::span would cost each user's file more than the tables themselves.
template <class T>
struct Rows {
  const T* first;
  std::size_t count;
  [[nodiscard]] const T* begin() const { return first; }
  [[nodiscard]] const T* end() const { return first + count; }
  [[nodiscard]] std::size_t size() const { return count; }
  const T& operator[](std::size_t index) const { return first[index]; }
};
// Of what a chrono type counts: num/den seconds.
struct ChronoUnit {
  std::int64_t num;
  std::int64_t den;
};
DURASIM_EXPORT void write_struct(JsonWriter&, const void*, Rows<MemberConversion>);
DURASIM_EXPORT void read_struct(JsonReader&, void*, Rows<MemberConversion>);
DURASIM_EXPORT void write_enum(JsonWriter&, std::int64_t, Rows<EnumeratorName>);
DURASIM_EXPORT std::int64_t read_enum(JsonReader&, Rows<EnumeratorName>);
DURASIM_EXPORT void write_duration(JsonWriter&, std::int64_t count, ChronoUnit);
DURASIM_EXPORT std::int64_t read_duration(JsonReader&, ChronoUnit);
DURASIM_EXPORT void write_seconds(JsonWriter&, double seconds);
DURASIM_EXPORT double read_seconds(JsonReader&);
DURASIM_EXPORT void write_wall_time(JsonWriter&, std::int64_t count, ChronoUnit);
DURASIM_EXPORT std::int64_t read_wall_time(JsonReader&, ChronoUnit);
DURASIM_EXPORT void write_variant(JsonWriter&, std::size_t index, const void* value, WriteValue);
// Calls the alternative's reader on the variant.
DURASIM_EXPORT void read_variant(JsonReader&, void* variant, Rows<ReadValue>);
// The elements of a vector, which lie one behind the other; append makes one more.
DURASIM_EXPORT void write_elements(JsonWriter&, const void* first, std::size_t count,
                                   std::size_t element_size, WriteValue);
DURASIM_EXPORT void read_elements(JsonReader&, void* vector, void* (*append)(void* vector),
                                  ReadValue);
// The next element of an array that must have `size` of them; its end.
DURASIM_EXPORT void require_element(JsonReader&, std::size_t index, std::size_t size);
DURASIM_EXPORT void require_end(JsonReader&, std::size_t size);
[[noreturn]] DURASIM_EXPORT void fail_duplicate_key(JsonReader&);

}  // namespace detail
}  // namespace durasim::inline v0
