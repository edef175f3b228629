// Query handlers with their types: arguments from payloads, the answer as one.
#pragma once

#include "durasim/workflow/context.hpp"

#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

namespace detail {

template <class R>
struct QuerySignature {
  static constexpr bool kHasArguments = false;
  template <class F>
  static constexpr bool kAccepts = std::is_invocable_r_v<R, F&>;
  template <class F>
  static QueryFunction bind(F answer) {
    return [answer = std::move(answer)](const PayloadList& /*arguments*/) mutable {
      const R value = answer();
      return to_payloads(value);
    };
  }
};
template <class R, class... A>
struct QuerySignature<R(A...)> {
  static constexpr bool kHasArguments = sizeof...(A) > 0;
  template <class F>
  static constexpr bool kAccepts = std::is_invocable_r_v<R, F&, A...>;
  template <class F>
  static QueryFunction bind(F answer) {
    return [answer = std::move(answer)](const PayloadList& arguments) mutable {
      const R value = std::apply(answer, from_payloads<std::tuple<A...>>(arguments));
      return to_payloads(value);
    };
  }
};

}  // namespace detail

template <class R, class F>
void WorkflowContext::on(const Query<R>& query, F answer, HandlerOptions options) const {
  using Signature = detail::QuerySignature<R>;
  static_assert(Signature::template kAccepts<F>,
                "durasim: this query handler does not have the query's signature: Query<R> is "
                "answered by f() -> R, Query<R(A...)> by f(A...) -> R");
  scope_->run().set_query_handler(query.name, Signature::template bind<F>(std::move(answer)),
                                  Signature::kHasArguments, options);
}

}  // namespace durasim::inline v0
