// The environment is an ActivityOutbound that hands heartbeats to the test and remembers when the
// throttle wants to be woken.
#include "durasim/testing/activity_environment.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace durasim::inline v0::testing {

WallTime VirtualClock::wall_now() const {
  const std::scoped_lock lock(mutex_);
  return WallTime(std::chrono::duration_cast<WallTime::duration>(elapsed_));
}

SteadyTime VirtualClock::steady_now() const {
  const std::scoped_lock lock(mutex_);
  return SteadyTime(std::chrono::duration_cast<SteadyTime::duration>(elapsed_));
}

void VirtualClock::advance(Duration duration) {
  const std::scoped_lock lock(mutex_);
  elapsed_ += duration;
}

// on_heartbeat runs under the attempt's lock. A cancellation from there goes back as the reply, as
// a service's would, so that stop callbacks run without the lock.
class ActivityEnvironment::Outbound final : public ActivityOutbound {
 public:
  explicit Outbound(ActivityEnvironment& environment) : environment_(environment) {}

  HeartbeatReply record_heartbeat(const PayloadList& details) override {
    reply_ = {};
    if (environment_.on_heartbeat) {
      recording_ = std::this_thread::get_id();
      environment_.on_heartbeat(details);
      recording_ = std::thread::id();
    }
    return reply_;
  }
  // advance() looks after every move, so nothing is to be remembered.
  void wake_at(SteadyTime) override {}

  // True when the reason travels with the reply to the heartbeat that this thread is recording.
  bool reply_with(ActivityCancelReason reason) {
    if (recording_ != std::this_thread::get_id()) return false;
    reply_.cancel_requested |= reason == ActivityCancelReason::Requested;
    reply_.not_found |= reason == ActivityCancelReason::NotFound;
    return reason == ActivityCancelReason::Requested || reason == ActivityCancelReason::NotFound;
  }

 private:
  ActivityEnvironment& environment_;
  std::atomic<std::thread::id> recording_;
  HeartbeatReply reply_;
};

ActivityInfo ActivityEnvironment::default_info() {
  return {.activity_id = "test",
          .activity_type = "test",
          .attempt = 1,
          .task_queue = "test",
          .namespace_ = "default",
          .workflow_id = "test",
          .workflow_run_id = "test",
          .workflow_type = "test",
          .schedule_to_close_timeout = std::chrono::seconds(1),
          .start_to_close_timeout = std::chrono::seconds(1),
          .task_token = "test"};
}

ActivityEnvironment::ActivityEnvironment() : outbound_(std::make_unique<Outbound>(*this)) {}
ActivityEnvironment::~ActivityEnvironment() = default;

ActivityOutcome ActivityEnvironment::run_payloads(const ActivityImplementation& implementation,
                                                  PayloadList arguments) {
  const Run current(*this, std::move(arguments));
  return current.attempt().run(implementation);
}

void ActivityEnvironment::cancel(ActivityCancelReason reason) {
  if (outbound_->reply_with(reason)) return;
  std::shared_ptr<ActivityAttempt> running;
  {
    const std::scoped_lock lock(mutex_);
    running = attempt_;
    if (!running) cancel_first_ = reason;
  }
  if (running) running->request_cancel(reason);
}

void ActivityEnvironment::advance(Duration duration) {
  clock_.advance(duration);
  std::shared_ptr<ActivityAttempt> running;
  {
    const std::scoped_lock lock(mutex_);
    running = attempt_;
  }
  if (running) running->on_heartbeat_timer();
}

ActivityEnvironment::Run::Run(ActivityEnvironment& environment, PayloadList arguments)
    : environment_(environment) {
  const HeartbeatThrottle never{.max_interval = Duration::zero()};
  attempt_ = ActivityAttempt::create({.info = environment.info,
                                      .arguments = std::move(arguments),
                                      .heartbeat_details = environment.heartbeat_details},
                                     *environment.outbound_, environment.clock_, environment.logger,
                                     environment.throttle_heartbeats ? HeartbeatThrottle{} : never);
  std::optional<ActivityCancelReason> reason;
  {
    const std::scoped_lock lock(environment.mutex_);
    if (environment.attempt_) {
      throw LogicError("an ActivityEnvironment runs one activity at a time");
    }
    environment.attempt_ = attempt_;
    reason = std::exchange(environment.cancel_first_, std::nullopt);
  }
  if (reason) attempt_->request_cancel(*reason);
}

ActivityEnvironment::Run::~Run() {
  attempt_->finish();
  const std::scoped_lock lock(environment_.mutex_);
  environment_.attempt_.reset();
}

}  // namespace durasim::inline v0::testing
