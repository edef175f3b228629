// Random messages of every described type, for property tests: each member gets a value with some
// probability, lists and maps a few elements, one-ofs one of their alternatives. Unknown fields
// stay empty.
#pragma once

#include "core/message_description.hpp"

#include <cstdint>
#include <random>
#include <string>

namespace durasim::test {

class RandomMessages {
 public:
  explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  template <class M>
  void fill(M& message, int depth = 0) {
    codec::for_each_field<M>([&]<std::size_t I>() {
      constexpr const auto& field = codec::kField<M, I>;
      using F = std::remove_cvref_t<decltype(field)>;
      if constexpr (codec::kIsOneOf<F>) {
        constexpr std::size_t count = std::tuple_size_v<decltype(F::alternatives)>;
        fill_alternative<F>(message.*field.member, below(count + 1), depth);
      } else if (below(3) != 0) {
        fill_member<F::kStrings>(message.*field.member, depth);
      }
    });
  }

  // Alternative `which` of a one-of, from 1; 0 leaves it empty.
  template <class O, class V>
  void fill_alternative(V& variant, std::size_t which, int depth) {
    codec::any_alternative<O>([&]<std::size_t I>() {
      if (which != I + 1) return false;
      fill_value<codec::Strings::Text>(codec::held(variant.template emplace<I + 1>()), depth);
      return true;
    });
  }

 private:
  static constexpr int kDeepest = 6;

  std::string text() {
    static constexpr const char* kPieces[] = {"a",
                                              "Z",
                                              "0",
                                              " ",
                                              "\"",
                                              "\\",
                                              "\n",
                                              "\x01",
                                              "\xC3\xA9",
                                              "\xE2\x82\xAC",
                                              "\xF0\x9F\x98\x80",
                                              "/",
                                              "\x7F"};
    std::string result;
    for (std::uint64_t i = below(6); i > 0; --i) result += kPieces[below(std::size(kPieces))];
    return result;
  }
  std::string bytes() {
    std::string result;
    for (std::uint64_t i = below(9); i > 0; --i) result += static_cast<char>(below(256));
    return result;
  }
  // Small and large magnitudes of both signs.
  std::int64_t integer() { return static_cast<std::int64_t>(random_()) >> below(64); }

  template <codec::Strings S, class T>
  void fill_value(T& value, int depth) {
    if constexpr (std::is_same_v<T, std::string>) {
      value = S == codec::Strings::Text ? text() : bytes();
    } else if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 0;
    } else if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(integer()) / static_cast<T>(1 + below(1000));
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(below(8) == 0 ? integer() : static_cast<std::int64_t>(below(5)));
    } else if constexpr (codec::kIsVarint<T>) {
      value = codec::from_integer<T>(integer());
    } else if constexpr (std::is_same_v<T, proto::Timestamp>) {
      value = {static_cast<std::int64_t>(below(315'537'897'600)) - 62'135'596'800, nanos()};
    } else if constexpr (std::is_same_v<T, proto::ProtoDuration>) {
      const std::int32_t sign = below(2) == 0 ? 1 : -1;
      value = {sign * static_cast<std::int64_t>(below(315'576'000'000)), sign * nanos()};
    } else {
      if (depth < kDeepest) fill(value, depth + 1);
    }
  }
  std::int32_t nanos() {
    static constexpr std::int32_t kUnits[] = {1'000'000'000, 1'000'000, 1'000, 1};
    const std::int32_t unit = kUnits[below(4)];
    return static_cast<std::int32_t>(below(1'000'000'000)) / unit * unit;
  }

  template <codec::Strings S, class T>
  void fill_member(T& member, int depth) {
    if constexpr (codec::kIsVector<T>) {
      for (std::uint64_t i = below(4); i > 0; --i) {
        typename T::value_type value{};
        fill_value<S>(value, depth);
        member.push_back(std::move(value));
      }
    } else if constexpr (codec::kIsMap<T>) {
      for (std::uint64_t i = below(4); i > 0; --i) {
        typename T::key_type key{};
        fill_value<codec::Strings::Text>(key, depth);
        fill_value<S>(member[key], depth);
      }
    } else {
      fill_value<S>(codec::held(member), depth);
    }
  }

  std::mt19937_64 random_;
};

}  // namespace durasim::test
