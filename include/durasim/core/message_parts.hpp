// What the structs of Temporal's messages are made of: instants and durations exactly as protobuf
// has them, members on the heap with value semantics, and fields that this version does not know,
// kept byte for byte.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/time.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace durasim::inline v0 {

namespace proto {

// An optional T on the heap that copies deeply: for members that are recursive, rare or large.
// Reads like std::optional.
template <class T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(T&& value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: as std::optional
  Boxed(const T& value) : value_(std::make_unique<T>(value)) {}        // NOLINT: as std::optional
  Boxed(const Boxed& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) { return *this = Boxed(other); }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  template <class... A>
  T& emplace(A&&... arguments) {
    value_ = std::make_unique<T>(std::forward<A>(arguments)...);
    return *value_;
  }
  void reset() { value_.reset(); }
  [[nodiscard]] bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  bool operator==(const Boxed& other) const {
    return has_value() == other.has_value() && (!has_value() || **this == *other);
  }

 private:
  std::unique_ptr<T> value_;
};

// Fields of a message that this version does not know, in wire format, in their order.
class UnknownFields {
 public:
  [[nodiscard]] bool empty() const { return !bytes_; }
  [[nodiscard]] DURASIM_EXPORT const std::string& bytes() const;
  void append(std::string_view wire) {
    if (wire.empty()) return;
    if (bytes_) {
      *bytes_ += wire;
    } else {
      bytes_.emplace(wire);
    }
  }
  bool operator==(const UnknownFields&) const = default;

 private:
  Boxed<std::string> bytes_;
};

// google.protobuf.Timestamp and Duration: their range is wider than std::chrono's nanoseconds
// (histories made by Go contain the year 1).
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  // The instant; one that WallTime cannot hold becomes its nearest end.
  [[nodiscard]] DURASIM_EXPORT WallTime wall_time() const;
  [[nodiscard]] DURASIM_EXPORT static Timestamp from(WallTime time);
  auto operator<=>(const Timestamp&) const = default;
};

struct ProtoDuration {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  // The length; one that Duration cannot hold becomes its nearest end.
  [[nodiscard]] DURASIM_EXPORT Duration duration() const;
  [[nodiscard]] DURASIM_EXPORT static ProtoDuration from(Duration duration);
  auto operator<=>(const ProtoDuration&) const = default;
};

template <class A, class T>
inline constexpr bool is_alternative = std::is_same_v<A, T> || std::is_same_v<Boxed<A>, T>;

// The place of A, plain or Boxed, among the alternatives of a message's one-of.
template <class A, class OneOf>
inline constexpr std::size_t alternative_index = 0;
template <class A, class... T>
inline constexpr std::size_t alternative_index<A, std::variant<T...>> = [] {
  constexpr bool found[] = {is_alternative<A, T>...};
  static_assert((is_alternative<A, T> + ...) == 1, "A is not an alternative of this one-of");
  std::size_t index = 0;
  while (!found[index]) ++index;
  return index;
}();

// What an alternative holds: itself, or what is Boxed in it.
template <class T>
struct Unboxed {
  using type = T;
};
template <class T>
struct Unboxed<Boxed<T>> {
  using type = T;
};

// True for what the alternatives of a std::variant hold.
template <class A, class Variant>
inline constexpr bool is_held_by = false;
template <class A, class... T>
inline constexpr bool is_held_by<A, std::variant<T...>> =
    (std::is_same_v<A, typename Unboxed<T>::type> || ...);

// A one-of whose copying, comparison and destruction are compiled once, in libdurasim_core: sixty
// alternatives cost every source that holds events ten seconds otherwise. Reads as the std::variant
// that it is. Its members are defined in src/core/one_of.hpp, for explicit instantiation.
template <class Variant>
class DURASIM_EXPORT OneOf : public Variant {
 public:
  OneOf();
  template <class A>
    requires is_held_by<A, Variant>
  OneOf(A&& value)  // NOLINT: as std::variant
      : OneOf(alternative_index<A, Variant>, &value) {}
  template <class A>
    requires is_held_by<A, Variant>
  OneOf(const A& value)  // NOLINT: as std::variant
      : OneOf(A(value)) {}
  OneOf(const OneOf& other);
  OneOf(OneOf&& other) noexcept;
  OneOf& operator=(const OneOf& other);
  OneOf& operator=(OneOf&& other) noexcept;
  ~OneOf();
  bool operator==(const OneOf& other) const;

 private:
  // Moves from the value that the alternative of that index holds.
  OneOf(std::size_t index, void* value);
};

// The value of a one-of if it is an A, plain or Boxed, else null. OneOf may be const.
template <class A, class OneOf>
[[nodiscard]] auto* alternative_if(OneOf& one_of) {
  auto* value = std::get_if<alternative_index<A, std::remove_const_t<OneOf>>>(&one_of);
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(*value)>, A>) {
    return value;
  } else {
    return value && *value ? &**value : nullptr;
  }
}
template <class A, class Variant>
[[nodiscard]] const A* alternative_if(const OneOf<Variant>& one_of) {
  return alternative_if<A>(static_cast<const Variant&>(one_of));
}
template <class A, class Variant>
[[nodiscard]] A* alternative_if(OneOf<Variant>& one_of) {
  return alternative_if<A>(static_cast<Variant&>(one_of));
}

}  // namespace proto

}  // namespace durasim::inline v0
