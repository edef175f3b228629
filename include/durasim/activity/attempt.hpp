// One attempt of an activity on this side of the service: runs the implementation, throttles its
// heartbeats, brings cancellation to it, and becomes inert when it is abandoned. For engines,
// workers and tests; activity code sees only its ActivityContext.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/activity/implementation.hpp"
#include "durasim/activity/info.hpp"
#include "durasim/activity/outbound.hpp"
#include "durasim/activity/outcome.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

namespace durasim::inline v0 {

// What the service hands out to be done.
struct ActivityTask {
  ActivityInfo info;
  PayloadList arguments;
  // The last heartbeat that was recorded of an earlier attempt.
  PayloadList heartbeat_details;
};

// How often heartbeats are recorded at most: 0.8 x heartbeat timeout or, without a timeout,
// default_interval; never less often than max_interval. Temporal's worker options of these names.
struct HeartbeatThrottle {
  Duration max_interval = std::chrono::seconds{60};
  Duration default_interval = std::chrono::seconds{30};
};

// ApplicationFailure::type() of an activity that ended because its worker stopped; it is retried
// without backoff.
inline constexpr std::string_view kWorkerShutdown = "WorkerShutdown";

// Thread-safe. The outbound and the clock must live until run() has returned or abandon() was
// called. on_heartbeat_timer() and abandon() wait for a heartbeat that is being recorded: call them
// without a lock that record_heartbeat() takes.
class DURASIM_EXPORT ActivityAttempt : public std::enable_shared_from_this<ActivityAttempt> {
 public:
  static std::shared_ptr<ActivityAttempt> create(ActivityTask task, ActivityOutbound& outbound,
                                                 const Clock& clock, const Logger& logger = {},
                                                 const HeartbeatThrottle& throttle = {});
  ActivityAttempt(const ActivityAttempt&) = delete;
  ActivityAttempt& operator=(const ActivityAttempt&) = delete;
  ~ActivityAttempt();

  // Runs the implementation on this thread, once, and says how it ended. Details that the throttle
  // holds back are recorded before it returns, unless the activity has completed: nobody will read
  // them then. Does not throw.
  [[nodiscard]] ActivityOutcome run(const ActivityImplementation& implementation);

  // Ends an attempt that was run in another way than by run(); the context becomes inert. With
  // `flush`, details that the throttle holds back are recorded.
  void finish(bool flush = false);

  // Requests stop on the token. The first reason counts.
  void request_cancel(ActivityCancelReason reason);

  // The time asked for by ActivityOutbound::wake_at has come. Does nothing when the attempt is
  // over.
  void on_heartbeat_timer();

  // Cuts the attempt off: its context becomes inert, outbound and clock are not used again. What
  // run() returns later must be discarded.
  void abandon();

  [[nodiscard]] ActivityContext context();
  [[nodiscard]] const ActivityTask& task() const { return task_; }

 private:
  friend class ActivityContext;
  ActivityAttempt(ActivityTask task, ActivityOutbound& outbound, const Clock& clock,
                  const Logger& logger, const HeartbeatThrottle& throttle);
  ActivityOutcome outcome_of(const ActivityImplementation& implementation);
  proto::Failure failure_of_cancellation(const CanceledFailure& failure) const;
  void heartbeat(PayloadList details);
  // With the lock held; the reply is for the caller to pass on without it.
  HeartbeatReply record_latest();
  void pass_on(HeartbeatReply reply);
  [[nodiscard]] std::optional<ActivityCancelReason> cancel_reason() const;
  void require_open() const;
  void check_open() const;  // with the lock held

  const ActivityTask task_;
  const Logger logger_;
  const Duration interval_;
  std::stop_source stop_;
  std::atomic<int> reason_;  // an ActivityCancelReason, or -1

  mutable std::mutex mutex_;
  ActivityOutbound* outbound_;  // null when the attempt is over or abandoned
  const Clock* clock_;
  bool abandoned_ = false;
  SteadyTime next_record_{};              // no heartbeat is recorded before
  std::optional<PayloadList> held_back_;  // the latest details, not recorded yet
};

}  // namespace durasim::inline v0
