// Branches: coroutines of a run that nobody awaits directly, with whatever their code refers to.
#pragma once

#include "durasim/workflow/coroutine.hpp"

#include <functional>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

namespace detail {

template <class T>
class BranchOf final : public BranchPending {
 public:
  BranchOf(Scope& scope, Workflow<T> code, Ref<Counted> closure)
      : BranchPending(scope), closure_(std::move(closure)), code_(std::move(code)) {}
  static T take(Pending& pending) {
    auto& branch = static_cast<BranchOf&>(pending);
    branch.claim();  // throws while there is none
    return branch.value_.take();
  }
  void destroy_frame() noexcept override { code_.reset(); }
  [[nodiscard]] PromiseBase& promise() override { return code_.promise(); }

 private:
  void take_value() override {
    if constexpr (!std::is_void_v<T>) value_.put(code_.promise().take());
  }
  Ref<Counted> closure_;  // outlives the frame, which may be a lambda's
  Workflow<T> code_;
  Slot<T> value_;
};

// A branch in a child scope of `scope`, put into the queue.
template <class T>
Ref<BranchPending> make_branch(Scope& scope, Workflow<T> code, Ref<Counted> closure) {
  Ref<BranchPending> branch(new BranchOf<T>(scope, std::move(code), std::move(closure)));
  branch->start();
  return branch;
}

template <class F>
struct Closure final : Counted {
  explicit Closure(F&& code) : function(std::move(code)) {}
  F function;
};

}  // namespace detail

template <class T>
Task<T> WorkflowContext::spawn_held(Workflow<T> branch,
                                    detail::Ref<detail::Counted> closure) const {
  return {detail::make_branch(*scope_, std::move(branch), std::move(closure)),
          &detail::BranchOf<T>::take};
}

template <class T>
Task<T> WorkflowContext::spawn(Workflow<T> branch) const {
  return spawn_held(std::move(branch), {});
}

template <class F, class... A>
  requires std::invocable<F&, WorkflowContext, A...>
auto WorkflowContext::spawn(F function, A... arguments) const {
  static_assert(detail::kIsWorkflow<std::invoke_result_t<F&, WorkflowContext, A...>>,
                "durasim: spawn takes a coroutine: f(WorkflowContext, ...) -> Workflow<T>");
  auto closure = detail::make_ref<detail::Closure<F>>(std::move(function));
  auto branch = std::invoke(closure->function, *this, std::move(arguments)...);
  return spawn_held(std::move(branch), std::move(closure));
}

}  // namespace durasim::inline v0
