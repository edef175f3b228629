// Scopes, and the life of what is waited for.
#include "durasim/workflow/pending.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/workflow/run.hpp"

#include <utility>

namespace durasim::inline v0::detail {

Counted::~Counted() = default;
Cancellable::~Cancellable() = default;

Scope::Scope(Ref<Run> run) : run_(std::move(run)) {}

Scope::Scope(Scope& parent, bool shielded) : run_(parent.run_), parent_(&parent) {
  if (shielded) return;
  cancelled_ = parent.cancelled_;
  reason_ = parent.reason_;
  if (!cancelled_) parent.add(*this);
}

Scope::~Scope() = default;

void Scope::cancel(const std::string& reason) {
  if (cancelled_) return;
  cancelled_ = true;
  reason_ = reason;
  while (members_.linked()) {
    Ref<Cancellable> member(static_cast<Cancellable*>(members_.next()));
    member->unlink();
    member->on_cancel(reason_);
  }
}

Pending::Pending(Scope& scope) : scope_(&scope) {
  if (!scope.cancelled()) scope.add(*this);
}

Pending::~Pending() = default;

void Pending::cancel() {
  run().require_writable("cancel something");
  on_cancel("canceled by the workflow");
}

void Pending::on_cancel(const std::string& reason) {
  if (resolved() || cancel_requested_) return;
  cancel_requested_ = true;
  Link<ScopeTag>::unlink();
  do_cancel(reason);
}

void Pending::claim() {
  if (claimed_) {
    throw LogicError("an awaitable was awaited twice; its result was taken the first time");
  }
  claimed_ = true;
  if (error_) std::rethrow_exception(error_);
}

void Pending::succeed() {
  resolve(State::Succeeded);
}

void Pending::fail(std::exception_ptr error) {
  error_ = std::move(error);
  resolve(State::Failed);
}

void Pending::fail_canceled(const std::string& reason) {
  fail(std::make_exception_ptr(CanceledFailure(reason.empty() ? "canceled" : reason)));
}

void Pending::resolve(State state) {
  state_ = state;
  Link<ScopeTag>::unlink();
  while (waiters_.linked()) {
    auto& waiter = static_cast<Waiter&>(*waiters_.next());
    waiter.unlink();
    waiter.wake();
  }
}

}  // namespace durasim::inline v0::detail
