// What resolves each kind of Pending, and what cancelling it means.
#include "durasim/workflow/waits.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/workflow/run.hpp"

#include <utility>

namespace durasim::inline v0::detail {

namespace {

std::exception_ptr exception_of(const proto::Failure& failure) {
  try {
    throw_failure(failure);
  } catch (...) {
    return std::current_exception();
  }
}

// What a cancelled activity throws in the scope that cancelled it: the CanceledFailure inside, with
// the details that the activity gave.
std::exception_ptr cancellation_of(const proto::Failure& failure) {
  const proto::Failure* inner = &failure;
  while (inner->cause && !std::holds_alternative<proto::CanceledFailureInfo>(inner->info)) {
    inner = &*inner->cause;
  }
  return exception_of(*inner);
}

}  // namespace

void TimerPending::do_cancel(const std::string& reason) {
  run().cancel_timer(seq_);
  fail_canceled(reason);
}

void ActivityPending::deliver(const PayloadList& result) {
  result_ = result;
  succeed();
}

void ActivityPending::deliver(const proto::Failure& failure) {
  fail(cancel_requested() && is_canceled(failure) ? cancellation_of(failure)
                                                  : exception_of(failure));
}

PayloadList ActivityPending::take() {
  claim();
  return std::move(result_);
}

void ActivityPending::do_cancel(const std::string& reason) {
  if (!run().cancel_activity(seq_, type_, activation_)) fail_canceled(reason);
}

void ExternalPending::deliver(const proto::Failure& failure) {
  fail(exception_of(failure));
}

TimedPending::~TimedPending() = default;

void TimedPending::arm(Duration timeout) {
  timer_ = run().start_timer(scope(), timeout, {});
  timer_->subscribe(alarm_);
}

void TimedPending::disarm() {
  alarm_.unlink();
  if (const auto timer = std::exchange(timer_, {})) timer->on_cancel("no longer needed");
}

void TimedPending::Alarm::wake() {
  if (!owner->timer_->failed()) owner->timed_out();
}

ConditionPending::ConditionPending(Scope& scope, std::function<bool()> condition)
    : TimedPending(scope), condition_(std::move(condition)) {}

ConditionPending::~ConditionPending() {
  // Dropped by its coroutine: nobody waits for the timer any more.
  if (!resolved()) disarm();
}

bool ConditionPending::check() {
  try {
    if (!run().evaluate(condition_)) return false;
    settle(true);
  } catch (...) {
    disarm();
    Link<ConditionTag>::unlink();
    fail(std::current_exception());
  }
  return true;
}

void ConditionPending::timed_out() {
  settle(false);
}

void ConditionPending::settle(bool holds) {
  holds_ = holds;
  disarm();
  Link<ConditionTag>::unlink();
  succeed();
}

bool ConditionPending::take() {
  claim();
  return holds_;
}

void ConditionPending::do_cancel(const std::string& reason) {
  disarm();
  Link<ConditionTag>::unlink();
  fail_canceled(reason);
}

ReceivePending::~ReceivePending() {
  if (holds_signal_ && !claimed()) run().put_back(*channel_, std::move(signal_));
  if (!resolved()) disarm();
}

bool ReceivePending::offer(BufferedSignal& signal, std::string& why) {
  try {
    decode(signal.input);
  } catch (const Failure& failure) {
    why = failure.what();
    return false;
  }
  signal_ = std::move(signal);
  holds_signal_ = true;
  Link<ReceiverTag>::unlink();
  disarm();
  succeed();
  return true;
}

void ReceivePending::timed_out() {
  Link<ReceiverTag>::unlink();
  disarm();
  succeed();
}

void ReceivePending::do_cancel(const std::string& reason) {
  Link<ReceiverTag>::unlink();
  disarm();
  fail_canceled(reason);
}

BranchPending::BranchPending(Scope& scope) : Pending(scope), own_(make_ref<Scope>(scope, false)) {
  Link<ScopeTag>::unlink();  // its own scope is the parent's member
}

BranchPending::~BranchPending() = default;

void BranchPending::start() {
  promise().rebind(*own_);
  run().start_branch(*this, promise());
}

void BranchPending::abandon() {
  abandoned_ = true;
  cancel();
}

void BranchPending::do_cancel(const std::string& reason) {
  own_->cancel(reason);
}

void BranchPending::finish() {
  std::exception_ptr error = promise().error();
  if (!error) {
    try {
      take_value();
    } catch (...) {  // of a move constructor
      error = std::current_exception();
    }
  }
  destroy_frame();
  if (error) {
    fail(std::move(error));
  } else {
    succeed();
  }
}

}  // namespace durasim::inline v0::detail
