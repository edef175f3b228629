// The members of proto::OneOf, for the sources that instantiate it.
#pragma once

#include "durasim/core/message_parts.hpp"

#include <utility>

namespace durasim::inline v0::proto {

template <class Variant>
OneOf<Variant>::OneOf() = default;
template <class Variant>
OneOf<Variant>::OneOf(const OneOf& other) = default;
template <class Variant>
OneOf<Variant>::OneOf(OneOf&& other) noexcept = default;
template <class Variant>
OneOf<Variant>& OneOf<Variant>::operator=(const OneOf& other) = default;
template <class Variant>
OneOf<Variant>& OneOf<Variant>::operator=(OneOf&& other) noexcept = default;
template <class Variant>
OneOf<Variant>::~OneOf() = default;

template <class Variant>
OneOf<Variant>::OneOf(std::size_t index, void* value) {
  const auto take = [&]<std::size_t I>() {
    if (I != index) return false;
    using Held = typename Unboxed<std::variant_alternative_t<I, Variant>>::type;
    Variant::template emplace<I>(std::move(*static_cast<Held*>(value)));
    return true;
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    static_cast<void>((take.template operator()<I>() || ...));
  }(std::make_index_sequence<std::variant_size_v<Variant>>{});
}

template <class Variant>
bool OneOf<Variant>::operator==(const OneOf& other) const {
  return static_cast<const Variant&>(*this) == static_cast<const Variant&>(other);
}

}  // namespace durasim::inline v0::proto
