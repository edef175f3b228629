// Typed values <-> lists of payloads, in the encodings of Temporal's SDKs:
//   binary/null    std::monostate, std::nullptr_t, an empty std::optional
//   binary/plain   std::vector<std::byte> and std::vector<std::uint8_t>, as they are
//   json/plain     everything else, as core/convert_json.hpp says
// What cannot be converted throws a non-retryable ApplicationFailure of type kPayloadConversion
// that names the place:
//   "argument 2: $.items[3].name: expected a string, found the number 5"
// Functions are thread-safe. Single payloads: core/convert.hpp.
#pragma once

#include "durasim/core/convert_json.hpp"
#include "durasim/core/payload_list.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

// ApplicationFailure::type() of values that cannot be converted.
inline constexpr std::string_view kPayloadConversion = "PayloadConversion";

namespace detail {

DURASIM_EXPORT void append_null(PayloadList&);
DURASIM_EXPORT void append_plain(PayloadList&, const void* bytes, std::size_t size);
DURASIM_EXPORT void append_json(PayloadList&, const void* value, WriteValue);
DURASIM_EXPORT void append_payload(PayloadList&, const Payload&);
DURASIM_EXPORT bool is_null(const Payload&);
// The bytes of a payload in binary/plain, or null.
DURASIM_EXPORT const std::string* plain_bytes(const Payload&);
DURASIM_EXPORT void read_payload(const Payload&, void* value, ReadValue);
// The payload of argument `index` (from 0), or null when there are fewer and it may be left out.
DURASIM_EXPORT const Payload* argument(const PayloadList&, std::size_t index, bool may_be_missing);
// Reads it into `value`; what is wrong with it is said of argument `index`.
DURASIM_EXPORT void read_argument(const PayloadList&, std::size_t index, void* value, ReadValue);
[[noreturn]] DURASIM_EXPORT void rethrow_for_argument(std::size_t index);

template <class T>
void append_value(PayloadList& list, const T& value) {
  if constexpr (std::same_as<T, Payload>) {
    append_payload(list, value);
  } else if constexpr (kIsNull<T> || std::same_as<T, std::nullopt_t>) {
    append_null(list);
  } else if constexpr (kIsOptional<T>) {
    value ? append_value(list, *value) : append_null(list);
  } else if constexpr (ByteVector<T>) {
    append_plain(list, value.data(), value.size());
  } else {
    append_json(list, &value, &write_erased<T>);
  }
}

}  // namespace detail

// Each value as a payload, in order; a Payload stays what it is.
template <class... A>
[[nodiscard]] PayloadList to_payloads(const A&... values) {
  PayloadList list;
  list.reserve(sizeof...(A));
  (detail::append_value(list, values), ...);
  return list;
}

// The value that a payload holds; T must have a default.
template <class T>
[[nodiscard]] T from_payload(const Payload& payload) {
  if constexpr (std::same_as<T, Payload>) {
    return payload;
  } else if constexpr (detail::kIsOptional<T>) {
    if (detail::is_null(payload)) return std::nullopt;
    return from_payload<typename T::value_type>(payload);
  } else {
    static_assert(std::is_default_constructible_v<T>,
                  "a type that is read from a payload needs a default value");
    T value{};
    if constexpr (detail::ByteVector<T>) {
      if (const std::string* bytes = detail::plain_bytes(payload)) {
        const auto* first = reinterpret_cast<const typename T::value_type*>(bytes->data());
        value.assign(first, first + bytes->size());
        return value;
      }
    }
    detail::read_payload(payload, &value, &detail::read_erased<T>);
    return value;
  }
}

namespace detail {

// Payloads that are not always json/plain.
template <class T>
inline constexpr bool kHasOwnEncoding = std::same_as<T, Payload> || kIsOptional<T> || ByteVector<T>;

template <class T>
T from_argument(const PayloadList& payloads, std::size_t index) {
  if constexpr (kHasOwnEncoding<T>) {
    try {
      const Payload* payload = argument(payloads, index, kIsOptional<T>);
      return payload ? from_payload<T>(*payload) : T{};
    } catch (...) {
      rethrow_for_argument(index);
    }
  } else {
    static_assert(std::is_default_constructible_v<T>,
                  "a type that is read from a payload needs a default value");
    T value{};
    read_argument(payloads, index, &value, &read_erased<T>);
    return value;
  }
}

// The result of f(x...), where making each x reads an argument: written with braces, which are
// evaluated from the left, so that of several wrong arguments the first is named. Reading them into
// a std::tuple first would cost users' files more.
template <class R>
struct CallInOrder {
  template <class F, class... X>
  explicit CallInOrder(F& f, X&&... x) : result(f(std::forward<X>(x)...)) {}
  R result;
};
template <>
struct CallInOrder<void> {
  template <class F, class... X>
  explicit CallInOrder(F& f, X&&... x) {
    f(std::forward<X>(x)...);
  }
};
template <class X, class R>
concept ConvertibleOrIgnored = std::is_void_v<R> || std::is_convertible_v<X, R>;
// Whether f(a...) is an R: std::is_invocable_r for what is called as a function.
template <class R, class F, class... A>
concept CallableAs = requires(F& f) {
  { f(std::declval<A>()...) } -> ConvertibleOrIgnored<R>;
};

template <class T>
struct FromPayloads;
template <class... A>
struct FromPayloads<std::tuple<A...>> {
  template <std::size_t... I>
  static std::tuple<A...> read([[maybe_unused]] const PayloadList& payloads,
                               std::index_sequence<I...>) {
    return std::tuple<A...>{from_argument<A>(payloads, I)...};
  }
};

}  // namespace detail

// A std::tuple of arguments. Surplus payloads are ignored; missing ones are empty optionals, and an
// error that names the argument for every other type.
template <class Tuple>
[[nodiscard]] Tuple from_payloads(const PayloadList& payloads) {
  return detail::FromPayloads<Tuple>::read(payloads,
                                           std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

// The one value of a result; nothing is looked at for void.
template <class R>
[[nodiscard]] R result_from_payloads(const PayloadList& payloads) {
  if constexpr (!std::is_void_v<R>) return detail::from_argument<R>(payloads, 0);
}

}  // namespace durasim::inline v0
