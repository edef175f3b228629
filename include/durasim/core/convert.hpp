// Typed values <-> payloads, in the encodings of Temporal's SDKs:
//   binary/null    std::monostate, std::nullptr_t, an empty std::optional
//   binary/plain   std::vector<std::byte> and std::vector<std::uint8_t>, as they are
//   json/plain     everything else, as core/convert_json.hpp says
// What cannot be converted throws a non-retryable ApplicationFailure of type kPayloadConversion
// that names the place:
//   "argument 2: $.items[3].name: expected a string, found the number 5"
// Functions are thread-safe.
#pragma once

#include "durasim/core/convert_json.hpp"
#include "durasim/core/payload.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

// ApplicationFailure::type() of values that cannot be converted.
inline constexpr std::string_view kPayloadConversion = "PayloadConversion";

namespace detail {

DURASIM_EXPORT Payload null_payload();
DURASIM_EXPORT Payload plain_payload(const void* bytes, std::size_t size);
DURASIM_EXPORT Payload json_payload(const void* value, WriteValue);
DURASIM_EXPORT bool is_null(const Payload&);
DURASIM_EXPORT bool is_plain(const Payload&);
DURASIM_EXPORT void read_payload(const Payload&, void* value, ReadValue);
// The payload of argument `index` (from 0), or null when there are fewer and it may be left out.
DURASIM_EXPORT const Payload* argument(const PayloadList&, std::size_t index, bool may_be_missing);
[[noreturn]] DURASIM_EXPORT void rethrow_for_argument(std::size_t index);

}  // namespace detail

// The value as a payload; a Payload stays what it is. Throws ApplicationFailure
// (kPayloadConversion).
template <class T>
[[nodiscard]] Payload to_payload(const T& value) {
  if constexpr (std::same_as<T, Payload>) {
    return value;
  } else if constexpr (detail::kIsNull<T> || std::same_as<T, std::nullopt_t>) {
    return detail::null_payload();
  } else if constexpr (detail::kIsOptional<T>) {
    return value ? to_payload(*value) : detail::null_payload();
  } else if constexpr (detail::ByteVector<T>) {
    return detail::plain_payload(value.data(), value.size());
  } else {
    return detail::json_payload(&value, &detail::write_erased<T>);
  }
}

// The value that a payload holds; T must have a default. Throws ApplicationFailure
// (kPayloadConversion).
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
      if (detail::is_plain(payload)) {
        const auto* first = reinterpret_cast<const typename T::value_type*>(payload.data.data());
        value.assign(first, first + payload.data.size());
        return value;
      }
    }
    detail::read_payload(payload, &value, &detail::read_erased<T>);
    return value;
  }
}

// Each value as a payload, in order.
template <class... A>
[[nodiscard]] PayloadList to_payloads(const A&... values) {
  PayloadList list;
  list.reserve(sizeof...(A));
  (list.push_back(to_payload(values)), ...);
  return list;
}

namespace detail {

template <class T>
T from_argument(const PayloadList& payloads, std::size_t index) {
  try {
    const Payload* payload = argument(payloads, index, kIsOptional<T>);
    return payload ? from_payload<T>(*payload) : T{};
  } catch (...) {
    rethrow_for_argument(index);
  }
}
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
// error that names the argument for every other type. Throws ApplicationFailure
// (kPayloadConversion).
template <class Tuple>
[[nodiscard]] Tuple from_payloads(const PayloadList& payloads) {
  return detail::FromPayloads<Tuple>::read(payloads,
                                           std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

// The one value of a result; nothing is looked at for void. Throws as from_payloads.
template <class R>
[[nodiscard]] R result_from_payloads(const PayloadList& payloads) {
  if constexpr (!std::is_void_v<R>) return detail::from_argument<R>(payloads, 0);
}

}  // namespace durasim::inline v0
