// Activities as an engine runs them: a callable bound to its typed constant by make_activity.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/core/names.hpp"

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

// A registered implementation of an activity type. `run` converts arguments and result and throws
// whatever the callable throws; ActivityAttempt::run makes an outcome of it. Called from several
// threads at once, so the callable must be thread-safe.
struct ActivityImplementation {
  std::string activity_type;
  std::function<PayloadList(const ActivityContext&, const PayloadList& arguments)> run;
};

namespace detail {

template <class F, class R, class... A>
inline constexpr bool kActivityTakesContext = std::is_invocable_r_v<R, F&, ActivityContext, A...>;

template <class R, class... A, class F>
PayloadList call_activity(F& function, const ActivityContext& context,
                          const PayloadList& payloads) {
  const auto call = [&](auto&... arguments) -> R {
    if constexpr (kActivityTakesContext<F, R, A...>) {
      return static_cast<R>(std::invoke(function, context, std::move(arguments)...));
    } else {
      return static_cast<R>(std::invoke(function, std::move(arguments)...));
    }
  };
  auto arguments = from_payloads<std::tuple<std::remove_cvref_t<A>...>>(payloads);
  if constexpr (std::is_void_v<R>) {
    std::apply(call, arguments);
    return {};
  } else {
    return to_payloads(std::apply(call, arguments));
  }
}

}  // namespace detail

// Binds a callable to the activity type that it implements. The callable takes the type's
// arguments, with or without an ActivityContext before them, and may be a lambda with captures, a
// function object (moved in) or a function pointer.
template <class R, class... A, class F>
[[nodiscard]] ActivityImplementation make_activity(const Activity<R(A...)>& type, F function) {
  constexpr bool kFits =
      detail::kActivityTakesContext<F, R, A...> || std::is_invocable_r_v<R, F&, A...>;
  static_assert(
      kFits,
      "the callable does not fit its activity type: for Activity<R(A...)> it must be callable as "
      "R(ActivityContext, A...) or as R(A...)");
  if constexpr (kFits) {
    return {.activity_type = std::string(type.name),
            .run = [shared = std::make_shared<F>(std::move(function))](
                       const ActivityContext& context, const PayloadList& arguments) {
              return detail::call_activity<R, A...>(*shared, context, arguments);
            }};
  } else {
    return {};
  }
}

// The same for a member function of an object, which must outlive every engine that runs it.
template <class R, class... A, class Member, class C>
  requires std::is_member_function_pointer_v<Member>
[[nodiscard]] ActivityImplementation make_activity(const Activity<R(A...)>& type, Member member,
                                                   C& object) {
  return make_activity(type, std::bind_front(member, std::ref(object)));
}

}  // namespace durasim::inline v0
