// What a coroutine can wait for, untyped: reference-counted states that are resolved once, the
// waiters subscribed to them, and the scopes that cancel them. Everything belongs to one run and is
// touched by one thread at a time. Authors see these only through Awaitable, Task and
// WorkflowContext.
#pragma once

#include "durasim/core/config.hpp"

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace durasim::inline v0::detail {

class Run;
class Scope;

// An object that lives as long as a Ref to it. Not thread-safe: nothing here crosses threads.
class DURASIM_EXPORT Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  virtual ~Counted();
  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) delete this;
  }
  [[nodiscard]] std::uint32_t references() const { return references_; }

 private:
  std::uint32_t references_ = 0;
};

// Whether From is To, or derived from it. std::convertible_to and std::derived_from would cost each
// file more, for each pair of types.
template <class From, class To>
concept PointsTo = requires(From* from, To*& to) { to = from; };

// A shared pointer of one word.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_) object_->retain();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(other.object_) { other.object_ = nullptr; }
  template <PointsTo<T> U>
  Ref(const Ref<U>& other) : Ref(other.get()) {}  // NOLINT: as std::shared_ptr
  template <PointsTo<T> U>
  Ref(Ref<U>&& other) noexcept : object_(other.object_) {  // NOLINT
    other.object_ = nullptr;
  }
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_) object_->release();
  }
  [[nodiscard]] T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  template <class U>
  friend class Ref;
  T* object_ = nullptr;
};

template <class T, class... A>
Ref<T> make_ref(A&&... arguments) {
  return Ref<T>(new T(std::forward<A>(arguments)...));
}

// A member of a circular list, or a list's head; leaves the list by itself when it dies. The tag
// tells the lists apart in which an object can be at the same time.
template <class Tag>
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { unlink(); }
  [[nodiscard]] bool linked() const { return next_ != this; }  // of a head: not empty
  [[nodiscard]] Link* next() const { return next_; }
  void unlink() {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }
  // Puts this before `place`; before the head is at the end.
  void insert_before(Link& place) {
    unlink();
    prev_ = place.prev_;
    next_ = &place;
    prev_->next_ = this;
    place.prev_ = this;
  }

 private:
  Link* prev_ = this;
  Link* next_ = this;
};

struct WaiterTag;
struct ScopeTag;

// Whoever waits for a Pending; woken once, after which it is no longer subscribed.
class DURASIM_EXPORT Waiter : public Link<WaiterTag> {
 public:
  Waiter() = default;
  // Awaiters are built and handed on before they subscribe; a subscription itself never moves.
  Waiter(Waiter&& /*unsubscribed*/) noexcept : Link() {}
  Waiter& operator=(Waiter&&) = delete;
  virtual void wake() = 0;

 protected:
  ~Waiter() = default;
};

// What a scope cancels: the things that were started in it, and its child scopes.
class DURASIM_EXPORT Cancellable : public Counted, public Link<ScopeTag> {
 public:
  ~Cancellable() override;
  // Runs no user code.
  virtual void on_cancel(const std::string& reason) = 0;
};

// A region of workflow code that is cancelled together. Children are cancelled with their parent,
// in the order in which they were made; a shielded scope has a parent in name only.
class DURASIM_EXPORT Scope final : public Cancellable {
 public:
  explicit Scope(Ref<Run> run);
  Scope(Scope& parent, bool shielded);
  ~Scope() override;
  [[nodiscard]] Run& run() const { return *run_; }
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  void cancel(const std::string& reason);
  void on_cancel(const std::string& reason) override { cancel(reason); }
  void add(Cancellable& member) { member.insert_before(members_); }

 private:
  Ref<Run> run_;
  Ref<Scope> parent_;  // keeps the chain whole for whoever cancels from above
  Link<ScopeTag> members_;
  bool cancelled_ = false;
  std::string reason_;
};

// Something that is resolved once: a timer, an activity, a condition, a signal to come, a branch.
class DURASIM_EXPORT Pending : public Cancellable {
 public:
  ~Pending() override;
  [[nodiscard]] bool resolved() const { return state_ != State::Open; }
  [[nodiscard]] bool failed() const { return state_ == State::Failed; }
  void subscribe(Waiter& waiter) { waiter.insert_before(waiters_); }
  // Asks for cancellation on behalf of the author; nothing happens to what is resolved.
  void cancel();
  void on_cancel(const std::string& reason) final;
  // The same for something whose outcome nobody will look at.
  virtual void abandon() { cancel(); }
  // Called by whoever takes the result: throws the failure. Throws LogicError the second time.
  void claim();
  [[nodiscard]] const std::exception_ptr& error() const { return error_; }
  [[nodiscard]] Scope& scope() const { return *scope_; }
  [[nodiscard]] Run& run() const { return scope_->run(); }

 protected:
  explicit Pending(Scope& scope);
  // Resolves, leaves the scope and wakes the waiters in the order in which they subscribed.
  void succeed();
  void fail(std::exception_ptr error);
  void fail_canceled(const std::string& reason);
  [[nodiscard]] bool claimed() const { return claimed_; }
  [[nodiscard]] bool cancel_requested() const { return cancel_requested_; }

 private:
  // Called once, while open: what cancellation means for this kind.
  virtual void do_cancel(const std::string& reason) = 0;
  enum class State : std::uint8_t { Open, Succeeded, Failed };
  void resolve(State state);

  Ref<Scope> scope_;
  Link<WaiterTag> waiters_;
  std::exception_ptr error_;
  State state_ = State::Open;
  bool claimed_ = false;
  bool cancel_requested_ = false;
};

}  // namespace durasim::inline v0::detail
