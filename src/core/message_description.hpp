// How a struct is described, once, so that wire format and JSON follow from the same place:
//
//   template <>
//   struct codec::Description<TimerRow> {
//     static constexpr std::string_view name = "durasim.engine.TimerRow";
//     static constexpr auto fields = codec::fields(
//         codec::field(1, "timer_id", &TimerRow::timer_id),
//         codec::bytes(2, "token", &TimerRow::token),
//         codec::one_of(&TimerRow::outcome, codec::alternative(3, "fired"), codec::alternative(4,
//         "canceled")));
//   };
//
// Field numbers ascend and are never reused. Members may be bool, integers, enums, floating point,
// std::string (text, which is UTF-8, or bytes), durations and time points of <chrono>
// (nanoseconds), described structs; std::optional or Boxed of these; std::vector of these;
// std::map; std::variant<std::monostate, ...> for a one-of, whose alternatives are described in
// their order (trailing ones may be left out: they exist in memory only). A member
// `proto::UnknownFields unknown_fields` keeps the fields that the description does not know;
// without it they are dropped.
#pragma once

#include "durasim/core/message_parts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0::codec {

template <class M>
struct Description;

// A field's name in .proto files and the lowerCamelCase one of JSON.
template <std::size_t N>
struct FieldName {
  std::array<char, N> proto_text{};
  std::array<char, N> json_text{};
  std::size_t json_size = 0;

  consteval explicit FieldName(const char (&text)[N]) {
    bool upper = false;
    for (std::size_t i = 0; i + 1 < N; ++i) {
      proto_text[i] = text[i];
      if (text[i] == '_') {
        upper = true;
        continue;
      }
      const bool raise = upper && text[i] >= 'a' && text[i] <= 'z';
      json_text[json_size++] = raise ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
      upper = false;
    }
  }
  [[nodiscard]] constexpr std::string_view proto() const { return {proto_text.data(), N - 1}; }
  [[nodiscard]] constexpr std::string_view json() const { return {json_text.data(), json_size}; }
};

// What the strings of a field are: JSON shows bytes in Base64 and protobuf wants text to be UTF-8.
enum class Strings { Text, Bytes };

template <Strings S, std::size_t N, class M, class T>
struct Field {
  static constexpr Strings kStrings = S;
  using Type = T;
  std::uint32_t number;
  FieldName<N> name;
  T M::* member;
};

template <std::size_t N, class M, class T>
consteval auto field(std::uint32_t number, const char (&name)[N], T M::* member) {
  return Field<Strings::Text, N, M, T>{number, FieldName<N>(name), member};
}
template <std::size_t N, class M, class T>
consteval auto bytes(std::uint32_t number, const char (&name)[N], T M::* member) {
  return Field<Strings::Bytes, N, M, T>{number, FieldName<N>(name), member};
}

template <std::size_t N>
struct Alternative {
  std::uint32_t number;
  FieldName<N> name;
};
template <class M, class V, class... A>
struct OneOf {
  using Type = V;
  V M::* member;
  std::tuple<A...> alternatives;
};

namespace detail {
template <class... T>
std::variant<T...> variant_of(const std::variant<T...>&);
}  // namespace detail
// The std::variant that a one-of is, or is derived from.
template <class V>
using VariantOf = decltype(detail::variant_of(std::declval<V>()));

template <std::size_t N>
consteval auto alternative(std::uint32_t number, const char (&name)[N]) {
  return Alternative<N>{number, FieldName<N>(name)};
}
template <class M, class V, std::size_t... N>
consteval auto one_of(V M::* member, Alternative<N>... alternatives) {
  static_assert(sizeof...(N) < std::variant_size_v<VariantOf<V>>,
                "the first alternative is std::monostate");
  return OneOf<M, V, Alternative<N>...>{member, {alternatives...}};
}

template <class F>
inline constexpr bool kIsOneOf = false;
template <class M, class V, class... A>
inline constexpr bool kIsOneOf<OneOf<M, V, A...>> = true;

namespace detail {

template <Strings S, std::size_t N, class M, class T>
consteval std::pair<std::uint32_t, std::uint32_t> number_range(const Field<S, N, M, T>& field) {
  return {field.number, field.number};
}
template <class M, class V, class... A>
consteval std::pair<std::uint32_t, std::uint32_t> number_range(const OneOf<M, V, A...>& one_of) {
  return std::apply(
      [](const auto&... alternative) {
        return std::pair{std::min({alternative.number...}), std::max({alternative.number...})};
      },
      one_of.alternatives);
}

}  // namespace detail

// Stops the compilation when the numbers do not ascend.
template <class... F>
consteval auto fields(F... field) {
  std::uint32_t last = 0;
  const auto check = [&](std::pair<std::uint32_t, std::uint32_t> range) {
    if (range.first <= last) throw "field numbers must ascend";
    last = range.second;
  };
  (check(detail::number_range(field)), ...);
  return std::tuple<F...>{field...};
}

template <class M>
inline constexpr std::size_t kFieldCount = std::tuple_size_v<decltype(Description<M>::fields)>;
template <class M, std::size_t I>
inline constexpr const auto& kField = std::get<I>(Description<M>::fields);

// Calls f.operator()<I>() for each field of M, in order.
template <class M, class F>
constexpr void for_each_field(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f.template operator()<I>(), ...);
  }(std::make_index_sequence<kFieldCount<M>>{});
}

// The same from the last field to the first, as one piece of code: a call for each field would cost
// more than what is done with it.
template <class M, class F>
constexpr void for_each_field_reversed(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
    (f.template operator()<kFieldCount<M> - 1 - I>(), ...);
  }(std::make_index_sequence<kFieldCount<M>>{});
}

// As for_each_field until one call returns true; false if none does.
template <class M, class F>
constexpr bool any_field(F&& f) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (f.template operator()<I>() || ...);
  }(std::make_index_sequence<kFieldCount<M>>{});
}

// Calls f.operator()<I>() for each described alternative of a one-of until one call returns true.
template <class O, class F>
constexpr bool any_alternative(F&& f) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (f.template operator()<I>() || ...);
  }(std::make_index_sequence<std::tuple_size_v<decltype(O::alternatives)>>{});
}

// A field or alternative without its type, for what needs no template.
struct FieldLabel {
  std::uint32_t number;
  std::string_view proto_name;
  std::string_view json_name;
};

namespace detail {

template <class T>
inline constexpr std::size_t kLabelCount = 1;
template <class M, class V, class... A>
inline constexpr std::size_t kLabelCount<OneOf<M, V, A...>> = sizeof...(A);

template <class M>
consteval auto make_labels() {
  constexpr std::size_t count = []<class... F>(const std::tuple<F...>&) {
    return (std::size_t{0} + ... + kLabelCount<F>);
  }(Description<M>::fields);
  std::array<FieldLabel, count> labels{};
  std::size_t next = 0;
  const auto add = [&](const auto& named) {
    labels[next++] = {named.number, named.name.proto(), named.name.json()};
  };
  for_each_field<M>([&]<std::size_t I>() {
    constexpr const auto& field = kField<M, I>;
    if constexpr (kIsOneOf<std::remove_cvref_t<decltype(field)>>) {
      std::apply([&](const auto&... each) { (add(each), ...); }, field.alternatives);
    } else {
      add(field);
    }
  });
  return labels;
}

}  // namespace detail

// All fields and alternatives of M.
template <class M>
inline constexpr auto kLabels = detail::make_labels<M>();

// ---- kinds of members ---------------------------------------------------------------------------

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsOptional<proto::Boxed<T>> = true;

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
inline constexpr bool kIsMap = false;
template <class K, class V>
inline constexpr bool kIsMap<std::map<K, V>> = true;

template <class T>
inline constexpr bool kIsChrono = false;
template <>
inline constexpr bool kIsChrono<Duration> = true;
template <>
inline constexpr bool kIsChrono<WallTime> = true;

// Written as a varint: what as_integer() and from_integer() convert.
template <class T>
inline constexpr bool kIsVarint = std::is_integral_v<T> || std::is_enum_v<T> || kIsChrono<T>;
template <class T>
inline constexpr bool kIsScalar = kIsVarint<T> || std::is_floating_point_v<T>;

// A message of numbers alone, as an instant or a length is.
template <class M>
inline constexpr bool kIsAllNumbers = [] {
  bool numbers = true;
  for_each_field<M>([&]<std::size_t I>() {
    numbers &= kIsScalar<typename std::remove_cvref_t<decltype(kField<M, I>)>::Type>;
  });
  return numbers;
}();

template <class T>
constexpr std::int64_t as_integer(const T& value) {
  if constexpr (std::is_same_v<T, Duration>) {
    return value.count();
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return std::chrono::duration_cast<Duration>(value.time_since_epoch()).count();
  } else {
    return static_cast<std::int64_t>(value);
  }
}
template <class T>
constexpr T from_integer(std::int64_t value) {
  if constexpr (std::is_same_v<T, WallTime>) {
    return WallTime(std::chrono::duration_cast<WallTime::duration>(Duration(value)));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value != 0;
  } else {
    return static_cast<T>(value);
  }
}

// Equal to the default of a field without presence: such fields are not written.
template <class T>
bool is_default(const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::uint64_t>(value) == 0;  // not -0.0
  } else if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<std::uint32_t>(value) == 0;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value.empty();
  } else {
    return value == T{};
  }
}

// What an optional or a box holds; the type itself otherwise.
template <class T>
struct Held {
  using type = T;
};
template <class T>
struct Held<std::optional<T>> {
  using type = T;
};
template <class T>
struct Held<proto::Boxed<T>> {
  using type = T;
};

// Makes sure that an optional or a box holds a value, and returns it.
template <class T>
auto& held(T& member) {
  if constexpr (kIsOptional<T>) {
    if (!member.has_value()) member.emplace();
    return *member;
  } else {
    return member;
  }
}

}  // namespace durasim::inline v0::codec
