// How an attempt runs and ends. The throttle is sdk-core's (activity_heartbeat_manager.rs), without
// a timer of its own: a wake-up is asked for only while details are held back.
#include "durasim/activity/attempt.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace durasim::inline v0 {
namespace {

constexpr int kNoReason = -1;

Duration interval_of(const ActivityInfo& info, const HeartbeatThrottle& throttle) {
  const Duration wanted = info.heartbeat_timeout > Duration::zero() ? info.heartbeat_timeout / 5 * 4
                                                                    : throttle.default_interval;
  return std::min(wanted, throttle.max_interval);
}

}  // namespace

ActivityOutbound::~ActivityOutbound() = default;

ActivityAttempt::ActivityAttempt(ActivityTask task, ActivityOutbound& outbound, const Clock& clock,
                                 const Logger& logger, const HeartbeatThrottle& throttle)
    : task_(std::move(task)),
      logger_(logger.for_module("activity." + task_.info.activity_type)),
      interval_(interval_of(task_.info, throttle)),
      reason_(kNoReason),
      outbound_(&outbound),
      clock_(&clock) {}

ActivityAttempt::~ActivityAttempt() = default;

std::shared_ptr<ActivityAttempt> ActivityAttempt::create(ActivityTask task,
                                                         ActivityOutbound& outbound,
                                                         const Clock& clock, const Logger& logger,
                                                         const HeartbeatThrottle& throttle) {
  // make_shared cannot reach the constructor.
  return std::shared_ptr<ActivityAttempt>(
      new ActivityAttempt(std::move(task), outbound, clock, logger, throttle));
}

ActivityContext ActivityAttempt::context() {
  return ActivityContext(shared_from_this());
}

// ---- running ------------------------------------------------------------------------------------

ActivityOutcome ActivityAttempt::run(const ActivityImplementation& implementation) {
  ActivityOutcome outcome = outcome_of(implementation);
  finish(!std::holds_alternative<ActivityCompleted>(outcome));
  return outcome;
}

ActivityOutcome ActivityAttempt::outcome_of(const ActivityImplementation& implementation) {
  try {
    return ActivityCompleted{implementation.run(context(), task_.arguments)};
  } catch (const ActivityCompletesElsewhere&) {
    return ActivityWillCompleteAsync{};
  } catch (const CanceledFailure& failure) {
    if (cancel_reason() == ActivityCancelReason::Requested) {
      return ActivityCanceled{failure.details()};
    }
    return ActivityFailed{failure_of_cancellation(failure)};
  } catch (...) {
    return ActivityFailed{to_failure(std::current_exception())};
  }
}

// A cancellation that the workflow has not asked for. As it stands it would not be retried, which
// is right for all reasons but this one.
proto::Failure ActivityAttempt::failure_of_cancellation(const CanceledFailure& failure) const {
  if (cancel_reason() != ActivityCancelReason::WorkerShutdown) return failure.proto();
  // Nothing is wrong with the work: the next worker takes it up at once.
  return ApplicationFailure(failure.what(), {.type = std::string(kWorkerShutdown),
                                             .next_retry_delay = Duration::zero()})
      .proto();
}

void ActivityAttempt::require_open() const {
  const std::scoped_lock lock(mutex_);
  check_open();
}

void ActivityAttempt::check_open() const {
  if (outbound_ != nullptr) return;
  throw CancelledError(fmt::format(
      "activity {} ({}), attempt {}: {}", task_.info.activity_type, task_.info.activity_id,
      task_.info.attempt,
      abandoned_ ? "its engine has stopped without waiting for it" : "the attempt is over"));
}

void ActivityAttempt::finish(bool flush) {
  const std::scoped_lock lock(mutex_);
  if (outbound_ != nullptr && flush && held_back_) record_latest();
  outbound_ = nullptr;
}

void ActivityAttempt::abandon() {
  const std::scoped_lock lock(mutex_);
  abandoned_ = outbound_ != nullptr;
  outbound_ = nullptr;
}

// ---- cancellation -------------------------------------------------------------------------------

void ActivityAttempt::request_cancel(ActivityCancelReason reason) {
  int none = kNoReason;
  reason_.compare_exchange_strong(none, static_cast<int>(reason));
  stop_.request_stop();
}

std::optional<ActivityCancelReason> ActivityAttempt::cancel_reason() const {
  const int reason = reason_.load();
  if (reason == kNoReason) return std::nullopt;
  return static_cast<ActivityCancelReason>(reason);
}

void ActivityAttempt::pass_on(HeartbeatReply reply) {
  if (reply.cancel_requested) {
    request_cancel(ActivityCancelReason::Requested);
  } else if (reply.not_found) {
    request_cancel(ActivityCancelReason::NotFound);
  }
}

// ---- heartbeats ---------------------------------------------------------------------------------

void ActivityAttempt::heartbeat(PayloadList details) {
  HeartbeatReply reply;
  {
    const std::scoped_lock lock(mutex_);
    check_open();
    const bool wakes = held_back_.has_value();
    held_back_ = std::move(details);
    if (clock_->steady_now() >= next_record_) {
      reply = record_latest();
    } else if (!wakes) {
      outbound_->wake_at(next_record_);
    }
  }
  pass_on(reply);  // without the lock: stop callbacks may heartbeat
}

void ActivityAttempt::on_heartbeat_timer() {
  HeartbeatReply reply;
  {
    const std::scoped_lock lock(mutex_);
    if (outbound_ == nullptr || !held_back_) return;
    if (clock_->steady_now() >= next_record_) {
      reply = record_latest();
    } else {
      outbound_->wake_at(next_record_);
    }
  }
  pass_on(reply);
}

HeartbeatReply ActivityAttempt::record_latest() {
  if (!held_back_) throw LogicError("there is no heartbeat to be recorded");
  next_record_ = clock_->steady_now() + interval_;
  try {
    const HeartbeatReply reply = outbound_->record_heartbeat(*held_back_);
    held_back_.reset();
    return reply;
  } catch (...) {
    // The details stay held back, so that they go out with the next heartbeat or at the end.
    logger_.warning(fmt::format("a heartbeat was not recorded: {}",
                                to_failure(std::current_exception()).message));
    outbound_->wake_at(next_record_);
    return {};
  }
}

}  // namespace durasim::inline v0
