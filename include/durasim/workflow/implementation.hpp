// make_workflow: from a coroutine and its typed name to what a worker runs. The code is any
// callable Workflow<R>(WorkflowContext, A...): a function, a lambda whose captures are copied for
// each run, or a member function of a class of which each run has an object of its own.
#pragma once

#include "durasim/core/names.hpp"
#include "durasim/workflow/branch.hpp"
#include "durasim/workflow/instance.hpp"

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

namespace detail {

// The author's code behind its types.
class DURASIM_EXPORT WorkflowCode : public SharedBlock {
 public:
  WorkflowCode();
  ~WorkflowCode() override;
  [[nodiscard]] virtual Ref<Body> make_body() const = 0;
};

template <class F, class R, class... A>
class BodyOf final : public Body {
 public:
  explicit BodyOf(const F& code) : code_(code) {}
  Ref<BranchPending> start(Scope& root, const PayloadList& arguments) override {
    return start_with(root, arguments, std::index_sequence_for<A...>());
  }
  PayloadList result(BranchPending& root) override {
    if constexpr (std::is_void_v<R>) {
      BranchOf<R>::take(root);
      return {};
    } else {
      const R value = BranchOf<R>::take(root);
      return to_payloads(value);
    }
  }

 private:
  template <std::size_t... I>
  Ref<BranchPending> start_with(Scope& root, [[maybe_unused]] const PayloadList& arguments,
                                std::index_sequence<I...>) {
    CallInOrder<Workflow<R>> call{code_, WorkflowContext(Ref<Scope>(&root)),
                                  from_argument<A>(arguments, I)...};
    return make_branch(root, std::move(call.result), {});
  }
  F code_;  // outlives the coroutines: lambdas refer to it
};

template <class F, class R, class... A>
class WorkflowCodeOf final : public WorkflowCode {
 public:
  explicit WorkflowCodeOf(F&& code) : code_(std::move(code)) {}
  [[nodiscard]] Ref<Body> make_body() const override {
    return Ref<Body>(new BodyOf<F, R, A...>(code_));
  }

 private:
  F code_;
};

// A member function together with the object that one run works on.
template <class C, class Method>
struct MemberCode {
  Method method;
  C object{};
  template <class... A>
    requires requires(C& c, Method m, A&&... a) { (c.*m)(std::forward<A>(a)...); }
  auto operator()(A&&... arguments) {
    return (object.*method)(std::forward<A>(arguments)...);
  }
};
template <class F>
struct CodeOf {
  static F of(F code) { return code; }
};
template <class C, class M>
struct CodeOf<M C::*> {
  static_assert(std::default_initializable<C>,
                "durasim: each run makes an object of the workflow's class, which needs a default "
                "constructor; to give it services, bind a lambda that holds them");
  static auto of(M C::* method) { return MemberCode<C, M C::*>{.method = method}; }
};

}  // namespace detail

// Binds code to a workflow type. Thread-safe to use: each run gets a copy of the code.
template <class R, class... A, class F>
[[nodiscard]] WorkflowImplementation make_workflow(const WorkflowType<R(A...)>& type, F function) {
  auto code = detail::CodeOf<F>::of(std::move(function));
  using Code = decltype(code);
  static_assert(std::is_copy_constructible_v<Code>,
                "durasim: each run gets a copy of the workflow's code: what it captures must be "
                "copyable (hold services by reference or std::shared_ptr)");
  constexpr bool kFits = detail::CallableAs<void, Code, WorkflowContext, A...>;
  static_assert(
      kFits,
      "durasim: this callable does not implement the workflow type: WorkflowType<R(A...)> "
      "is implemented by Workflow<R>(WorkflowContext, A...), with the same arguments");
  if constexpr (kFits) {
    static_assert(
        std::same_as<decltype(code(std::declval<WorkflowContext>(), std::declval<A>()...)),
                     Workflow<R>>,
        "durasim: an implementation of WorkflowType<R(A...)> is a coroutine that returns "
        "durasim::Workflow<R>");
  }
  return {type.name, new detail::WorkflowCodeOf<Code, R, A...>(std::move(code))};
}

}  // namespace durasim::inline v0
