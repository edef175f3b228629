// Workflow<T>: the return type of workflow code. A coroutine that starts when it is awaited,
// spawned, or run as the root of a run, and is resumed by the run's queue only, never by whom it
// waits for.
#pragma once

#include "durasim/workflow/awaitable.hpp"
#include "durasim/workflow/context.hpp"

#include <coroutine>
#include <memory>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

template <class T>
class Workflow;

namespace detail {

template <class T>
inline constexpr bool kIsWorkflow = false;
template <class T>
inline constexpr bool kIsWorkflow<Workflow<T>> = true;

template <class A>
concept ContextParameter = PointsTo<std::remove_cvref_t<A>, const WorkflowContext>;

// Where the context stands in a coroutine's parameters: first, or behind the object of a member
// function or lambda.
template <class... A>
inline constexpr bool kTakesContext = false;
template <ContextParameter C, class... A>
inline constexpr bool kTakesContext<C, A...> = true;
template <class Self, ContextParameter C, class... A>
  requires(!ContextParameter<Self>)
inline constexpr bool kTakesContext<Self, C, A...> = true;

template <class... A>
inline constexpr bool kOnlyValues = (!std::is_reference_v<A> && ...);
template <class Self, ContextParameter C, class... A>
  requires(!ContextParameter<Self>)
inline constexpr bool kOnlyValues<Self, C, A...> =
    !std::is_reference_v<C> && (!std::is_reference_v<A> && ...);

// A value that is put there once and then taken: as much of std::optional as coroutines need.
// std::optional itself would cost each file more than the rest of a coroutine's promise.
template <class T>
class Slot {
 public:
  Slot() {}  // NOLINT: the value comes later
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    if (filled_) value_.~T();
  }
  template <class U>
  void put(U&& value) {
    ::new (static_cast<void*>(std::addressof(value_))) T(std::forward<U>(value));
    filled_ = true;
  }
  // Only after put().
  T take() { return static_cast<T&&>(value_); }

 private:
  union {
    T value_;
  };
  bool filled_ = false;
};
template <>
class Slot<void> {
 public:
  void take() {}
};

// Where a coroutine's result waits for whoever awaits it.
template <class T>
class ResultSlot : public PromiseBase {
 public:
  using PromiseBase::PromiseBase;
  template <class U = T>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    before_return();  // queries are answered from locals, of which the result may be one
    value_.put(std::forward<U>(value));
  }
  T take() { return value_.take(); }

 private:
  Slot<T> value_;
};
template <>
class ResultSlot<void> : public PromiseBase {
 public:
  using PromiseBase::PromiseBase;
  void return_void() {}
  void take() {}
};

// Runs a coroutine as a part of the one that awaits it.
template <class T>
class PartAwaiter {
 public:
  PartAwaiter(Workflow<T>& part, PromiseBase& parent) : part_(&part), parent_(&parent) {}
  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> /*parent*/) {
    part_->promise().set_parent(*parent_);
    parent_->run().schedule(part_->promise());
  }
  T await_resume() {
    if (part_->promise().error()) std::rethrow_exception(part_->promise().error());
    return part_->promise().take();
  }

 private:
  Workflow<T>* part_;
  PromiseBase* parent_;
};

}  // namespace detail

// Parameters: a WorkflowContext first, and everything by value, since the coroutine outlives the
// call; both are checked. T may be void or move-only. The object owns the frame.
template <class T>
class [[nodiscard("co_await it or spawn it: it has not started")]] Workflow {
 public:
  using Result = T;
  class promise_type final : public detail::ResultSlot<T> {
   public:
    template <class... A>
    explicit promise_type(const WorkflowContext& context, A&... /*arguments*/)
        : detail::ResultSlot<T>(context, handle_of(*this)) {}
    template <class Self, class... A>
      requires(!detail::ContextParameter<Self>)
    promise_type(Self& /*object*/, const WorkflowContext& context, A&... /*arguments*/)
        : detail::ResultSlot<T>(context, handle_of(*this)) {}

    Workflow get_return_object() { return Workflow(handle_of(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { this->set_error(std::current_exception()); }

    template <class X>
    auto await_transform(X&& what, std::source_location where = std::source_location::current()) {
      using Value = std::remove_cvref_t<X>;
      if constexpr (detail::Waitable<X>) {
        static_assert(!std::is_const_v<std::remove_reference_t<X>>,
                      "durasim: this awaitable is const; awaiting takes its result out of it");
        this->suspend_at(where);
        return typename Value::Awaiter(what, *this);
      } else if constexpr (detail::kIsWorkflow<Value>) {
        static_assert(!std::is_lvalue_reference_v<X>,
                      "durasim: a Workflow is awaited once: write co_await std::move(workflow)");
        this->suspend_at(where);
        return detail::PartAwaiter<typename Value::Result>(what, *this);
      } else {
        static_assert(
            detail::Waitable<X>,
            "durasim: a workflow may only await what its WorkflowContext has started (run, "
            "sleep, wait_until, signals, spawn), all(), any(), select(), or another Workflow<T>. "
            "Do other asynchronous work in an activity and co_await context.run(activity, ...)");
        return std::suspend_never{};
      }
    }

   private:
    static std::coroutine_handle<promise_type> handle_of(promise_type& promise) {
      return std::coroutine_handle<promise_type>::from_promise(promise);
    }
  };

  Workflow(Workflow&& other) noexcept : handle_(other.handle_) { other.handle_ = {}; }
  Workflow& operator=(Workflow&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Workflow(const Workflow&) = delete;
  Workflow& operator=(const Workflow&) = delete;
  ~Workflow() { reset(); }

  // For durasim: the coroutine's state, and its end.
  [[nodiscard]] promise_type& promise() const { return handle_.promise(); }
  void reset() noexcept {
    const auto handle = handle_;
    handle_ = {};
    if (handle) handle.destroy();
  }

 private:
  explicit Workflow(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace durasim::inline v0

template <class T, class... A>
struct std::coroutine_traits<durasim::Workflow<T>, A...> {
  static_assert(durasim::detail::kTakesContext<A...>,
                "durasim: a workflow coroutine takes a durasim::WorkflowContext as its first "
                "parameter");
  static_assert(durasim::detail::kOnlyValues<A...>,
                "durasim: parameters of a workflow coroutine are taken by value: it goes on after "
                "its caller's objects are gone");
  using promise_type = typename durasim::Workflow<T>::promise_type;
};
