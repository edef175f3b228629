// What workflow code awaits: Awaitable<T> for whatever a context has started, Task<T> for a branch.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/workflow/pending.hpp"
#include "durasim/workflow/promise.hpp"

#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

namespace durasim::inline v0 {

namespace detail {

// Marks the types that a workflow may await; Access is how durasim itself uses them.
struct WaitableTag {};
template <class W>
concept Waitable = PointsTo<std::remove_cvref_t<W>, const WaitableTag>;

struct Access {
  template <class W>
  static bool ready(W& what) {
    return what.is_ready();
  }
  template <class W>
  static bool failed(W& what) {
    return what.has_failed();
  }
  template <class W>
  static void subscribe(W& what, Waiter& waiter) {
    what.subscribe(waiter);
  }
  template <class W>
  static decltype(auto) take(W& what) {
    return what.take();
  }
  template <class W>
  static void abandon(W& what) {
    what.abandon();
  }
};

// Suspends a coroutine until something is ready. It lives, like what it waits for, in the frame.
class DURASIM_EXPORT AwaiterBase : public Waiter {
 public:
  void wake() override;

 protected:
  explicit AwaiterBase(PromiseBase& promise);
  ~AwaiterBase();

 private:
  PromiseBase* promise_;
};
template <class W>
class AwaiterOf final : public AwaiterBase {
 public:
  AwaiterOf(W& what, PromiseBase& promise) : AwaiterBase(promise), what_(&what) {}
  [[nodiscard]] bool await_ready() const { return Access::ready(*what_); }
  void await_suspend(std::coroutine_handle<> /*handle*/) { Access::subscribe(*what_, *this); }
  decltype(auto) await_resume() { return Access::take(*what_); }

 private:
  W* what_;
};
// The same of one Pending, which is all that most coroutines wait for.
class DURASIM_EXPORT PendingAwaiter : public AwaiterBase {
 public:
  [[nodiscard]] bool await_ready() const { return pending_->resolved(); }
  void await_suspend(std::coroutine_handle<> handle);

 protected:
  PendingAwaiter(Pending& pending, PromiseBase& promise);
  ~PendingAwaiter();
  [[nodiscard]] Pending& pending() const { return *pending_; }

 private:
  Pending* pending_;
};

}  // namespace detail

// A result to come of something that has already been started: the command is issued by the call
// that returned this, co_await only waits. Movable, awaited once; a result that is never fetched is
// dropped (what was started goes on). May be awaited by one coroutine at a time; all(), any() and
// select() wait for several. Awaiting throws what it failed with: ActivityFailure, or
// CanceledFailure when its scope was cancelled.
template <class T>
class [[nodiscard("co_await it, now or later")]] Awaitable : public detail::WaitableTag {
 public:
  using Result = T;
  using Take = T (*)(detail::Pending&);
  class Awaiter final : public detail::PendingAwaiter {
   public:
    Awaiter(Awaitable& what, detail::PromiseBase& promise)
        : PendingAwaiter(*what.pending_, promise), take_(what.take_) {}
    T await_resume() const { return take_(this->pending()); }

   private:
    Take take_;
  };
  Awaitable(detail::Ref<detail::Pending> pending, Take take)
      : pending_(std::move(pending)), take_(take) {}
  Awaitable(Awaitable&&) noexcept = default;
  Awaitable& operator=(Awaitable&&) noexcept = default;
  Awaitable(const Awaitable&) = delete;
  Awaitable& operator=(const Awaitable&) = delete;
  ~Awaitable() = default;

  // Whether co_await would go on at once.
  [[nodiscard]] bool is_ready() const { return pending_->resolved(); }
  // Cancels this alone; awaiting it then throws CanceledFailure unless it was ready already.
  void cancel() { pending_->cancel(); }

 private:
  friend struct detail::Access;
  [[nodiscard]] bool has_failed() const { return pending_->failed(); }
  void subscribe(detail::Waiter& waiter) { pending_->subscribe(waiter); }
  T take() { return take_(*pending_); }
  void abandon() { pending_->abandon(); }

  detail::Ref<detail::Pending> pending_;
  Take take_;
};

// A branch of the run, see WorkflowContext::spawn. Dropping it lets the branch go on.
template <class T>
class Task : public Awaitable<T> {
 public:
  using Awaitable<T>::Awaitable;
};

}  // namespace durasim::inline v0
