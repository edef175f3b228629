// The data members of a struct that BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_CLASS described, those
// of base classes first, as a list of types.
#pragma once

#include "durasim/core/describe.hpp"

#include <type_traits>

namespace durasim::inline v0::detail {

template <class... D>
struct Descriptors {};
template <class... A, class... B>
Descriptors<A..., B...> operator+(Descriptors<A...>, Descriptors<B...>) {
  return {};
}
template <class D>
auto data_member() {
  constexpr bool kIsData =
      (D::modifiers & (boost::describe::mod_function | boost::describe::mod_static)) == 0;
  return std::conditional_t<kIsData, Descriptors<D>, Descriptors<>>{};
}
template <template <class...> class L, class... D>
auto data_members(L<D...>) {
  return (Descriptors<>{} + ... + data_member<D>());
}
template <class T>
auto all_members();
template <template <class...> class L, class... D>
auto inherited_members(L<D...>) {
  return (Descriptors<>{} + ... + all_members<typename D::type>());
}
template <class T>
auto all_members() {
  T** const type = nullptr;
  return inherited_members(boost_base_descriptor_fn(type)) +
         data_members(boost_public_member_descriptor_fn(type)) +
         data_members(boost_protected_member_descriptor_fn(type)) +
         data_members(boost_private_member_descriptor_fn(type));
}

}  // namespace durasim::inline v0::detail
