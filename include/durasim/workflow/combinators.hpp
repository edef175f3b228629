// all(), any() and select(): waiting for several things at once. What is handed over (moved in, or
// made in the call) belongs to the combinator: when it loses, it is cancelled. What is passed by
// name is only looked at: a loser goes on and can be awaited later. They take awaitables, tasks,
// combinators, and coroutines (which become branches). A result of type void appears as
// std::monostate where a value is needed.
#pragma once

#include "durasim/workflow/branch.hpp"
#include "durasim/workflow/group.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0 {

// What select() over a vector answers.
template <class T>
struct Selected {
  std::size_t index = 0;
  T value;
};

namespace detail {

// How an operand is kept: by reference when it has a name, else by value; a coroutine as a branch.
template <class X>
struct OperandOf {
  static_assert(Waitable<X>, "durasim: all(), any() and select() take what a workflow may await");
  using Type = X;
  static X&& keep(std::remove_reference_t<X>& what) { return static_cast<X&&>(what); }
};
template <class T>
struct OperandOf<Workflow<T>> {
  using Type = Task<T>;
  static Task<T> keep(Workflow<T>& code) {
    const WorkflowContext context = code.promise().context();
    return context.spawn(std::move(code));
  }
};
template <class X>
using Operand = typename OperandOf<X>::Type;

template <class T>
using Regular = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
template <class W>
using ResultOf = typename std::remove_reference_t<W>::Result;

template <class W>
Regular<ResultOf<W>> take_regular(W& what) {
  if constexpr (std::is_void_v<ResultOf<W>>) {
    Access::take(what);
    return {};
  } else {
    return Access::take(what);
  }
}

// The operands of a call with a fixed number of them, and what each combinator makes of their
// results.
template <class... W>
struct Operands {
  static_assert(sizeof...(W) > 0, "durasim: all(), any() and select() need an operand");
  std::tuple<W...> items;

  [[nodiscard]] std::size_t size() const { return sizeof...(W); }
  template <class F>
  void each(F&& visit) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (visit(std::integral_constant<std::size_t, I>{}, std::get<I>(items),
             std::bool_constant<!std::is_reference_v<W>>{}),
       ...);
    }(std::index_sequence_for<W...>{});
  }
  template <class F>
  void at(std::size_t place, F&& visit) {
    each([&](std::size_t index, auto& item, auto) {
      if (index == place) visit(item);
    });
  }
  auto take_all() {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<Regular<ResultOf<W>>...>{take_regular(std::get<I>(items))...};
    }(std::index_sequence_for<W...>{});
  }
  auto take_one(std::size_t winner) {
    using Result = ResultOf<std::tuple_element_t<0, std::tuple<W...>>>;
    static_assert((std::same_as<Result, ResultOf<W>> && ...),
                  "durasim: any() answers with one of its operands' results, which must be of one "
                  "type; select() takes different ones");
    std::optional<Regular<Result>> result;
    at(winner, [&](auto& item) { result.emplace(take_regular(item)); });
    if constexpr (!std::is_void_v<Result>) return std::move(*result);
  }
  auto take_selected(std::size_t winner) {
    std::optional<std::variant<Regular<ResultOf<W>>...>> result;
    each([&](auto index, auto& item, auto) {
      if (index == winner) {
        result.emplace(std::in_place_index<decltype(index)::value>, take_regular(item));
      }
    });
    return std::move(*result);
  }
};

// The same for a vector: `V` is std::vector<W>, or a reference to one that has a name.
template <class V>
struct VectorOperands {
  using Item = typename std::remove_reference_t<V>::value_type;
  V items;

  [[nodiscard]] std::size_t size() const { return items.size(); }
  template <class F>
  void each(F&& visit) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      visit(i, items[i], std::bool_constant<!std::is_reference_v<V>>{});
    }
  }
  template <class F>
  void at(std::size_t place, F&& visit) {
    visit(items[place]);
  }
  auto take_all() {
    if constexpr (std::is_void_v<ResultOf<Item>>) {
      for (auto& item : items) Access::take(item);
    } else {
      std::vector<ResultOf<Item>> results;
      results.reserve(items.size());
      for (auto& item : items) results.push_back(Access::take(item));
      return results;
    }
  }
  auto take_one(std::size_t winner) { return Access::take(items[winner]); }
  auto take_selected(std::size_t winner) {
    return Selected<Regular<ResultOf<Item>>>{winner, take_regular(items[winner])};
  }
};

template <class V>
concept WaitableVector =
    std::same_as<std::remove_reference_t<V>,
                 std::vector<typename std::remove_reference_t<V>::value_type>> &&
    Waitable<typename std::remove_reference_t<V>::value_type>;

template <Wins kWins, class... X>
auto group_of(X&&... what) {
  using Kept = Operands<Operand<X>...>;
  return Group<kWins, Kept>(Kept{{OperandOf<X>::keep(what)...}});
}
template <Wins kWins, WaitableVector V>
auto group_of(V&& what) {
  return Group<kWins, VectorOperands<V>>(VectorOperands<V>{std::forward<V>(what)});
}

}  // namespace detail

// All results, in the order of the operands: a std::tuple, or a std::vector (void for a vector of
// void) of a vector's. As soon as one fails, its failure.
template <class... X>
[[nodiscard("co_await it")]] auto all(X&&... what) {
  return detail::group_of<detail::Wins::All>(std::forward<X>(what)...);
}

// The result of the first that succeeds; when all have failed, the last failure. Operands of one
// result type. Throws InvalidArgument for an empty vector.
template <class... X>
[[nodiscard("co_await it")]] auto any(X&&... what) {
  return detail::group_of<detail::Wins::FirstSuccess>(std::forward<X>(what)...);
}

// The first that is ready, well or not: a std::variant whose index() is the operand's, or Selected
// for a vector; its failure is thrown. Of several that are ready at once: the one resolved first,
// among those ready before the call the one that stands first. Throws InvalidArgument for an empty
// vector.
template <class... X>
[[nodiscard("co_await it")]] auto select(X&&... what) {
  return detail::group_of<detail::Wins::First>(std::forward<X>(what)...);
}

}  // namespace durasim::inline v0
