// Activities as an engine runs them: a callable bound to its typed constant by make_activity.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/core/names.hpp"
#include "durasim/core/shared.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

namespace detail {

// The author's callable behind its types. Called from several threads at once.
class DURASIM_EXPORT ActivityCode : public SharedBlock {
 public:
  ActivityCode();
  ~ActivityCode() override;
  [[nodiscard]] virtual PayloadList run(const ActivityContext& context,
                                        const PayloadList& arguments) const = 0;
};

}  // namespace detail

// A registered implementation of an activity type. Copies share the callable, which must be
// thread-safe.
struct DURASIM_EXPORT ActivityImplementation {
  ActivityImplementation() = default;
  // Takes the code over.
  ActivityImplementation(std::string_view type, const detail::ActivityCode* code);
  // Converts arguments and result and throws whatever the callable throws; ActivityAttempt::run
  // makes an outcome of it.
  [[nodiscard]] PayloadList run(const ActivityContext& context, const PayloadList& arguments) const;

  std::string activity_type;

 private:
  detail::SharedOwner code_;  // of an ActivityCode
};

namespace detail {

template <class F, class R, class... A>
class ActivityCodeOf final : public ActivityCode {
 public:
  explicit ActivityCodeOf(F&& function) : function_(std::move(function)) {}
  [[nodiscard]] PayloadList run(const ActivityContext& context,
                                const PayloadList& arguments) const override {
    return call(context, arguments, std::index_sequence_for<A...>());
  }

 private:
  template <std::size_t... I>
  PayloadList call(const ActivityContext& context, [[maybe_unused]] const PayloadList& arguments,
                   std::index_sequence<I...>) const {
    if constexpr (CallableAs<R, F, ActivityContext, A...>) {
      return payloads_of(CallInOrder<R>{function_, context,
                                        from_argument<std::remove_cvref_t<A>>(arguments, I)...});
    } else {
      return payloads_of(
          CallInOrder<R>{function_, from_argument<std::remove_cvref_t<A>>(arguments, I)...});
    }
  }
  static PayloadList payloads_of([[maybe_unused]] const CallInOrder<R>& call) {
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      return to_payloads(call.result);
    }
  }
  mutable F function_;
};

}  // namespace detail

// Binds a callable to the activity type that it implements. The callable takes the type's
// arguments, with or without an ActivityContext before them, and may be a lambda with captures, a
// function object (moved in) or a function pointer.
template <class R, class... A, class F>
[[nodiscard]] ActivityImplementation make_activity(const Activity<R(A...)>& type, F function) {
  constexpr bool kFits =
      detail::CallableAs<R, F, ActivityContext, A...> || detail::CallableAs<R, F, A...>;
  static_assert(
      kFits,
      "the callable does not fit its activity type: for Activity<R(A...)> it must be callable as "
      "R(ActivityContext, A...) or as R(A...)");
  if constexpr (kFits) {
    return {type.name, new detail::ActivityCodeOf<F, R, A...>(std::move(function))};
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
