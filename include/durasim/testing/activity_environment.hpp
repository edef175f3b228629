// Runs an activity in a test, without an engine: with made-up information about its attempt,
// heartbeats given to the test, and cancellation on demand.
//   durasim::testing::ActivityEnvironment environment;
//   environment.on_heartbeat = [&](const durasim::PayloadList& details) { ... environment.cancel();
//   }; CHECK(environment.run(resize, request) == expected);
#pragma once

#include "durasim/activity/attempt.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace durasim::inline v0::testing {

// A clock that stands still until it is moved. Thread-safe. Starts at the epoch.
class DURASIM_EXPORT VirtualClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] SteadyTime steady_now() const override;
  void advance(Duration duration);

 private:
  mutable std::mutex mutex_;
  Duration elapsed_{};
};

// One environment runs one activity at a time, as often as wanted; each run is an attempt of its
// own, and a cancellation ends with it. cancel() and advance() may be called from any thread and
// from within the activity; everything else between runs.
class DURASIM_EXPORT ActivityEnvironment {
 public:
  // Attempt 1 in namespace "default", every name "test", schedule-to-close and start-to-close
  // timeouts of 1 s, all times the epoch: as in Temporal's Python SDK.
  static ActivityInfo default_info();

  ActivityEnvironment();
  ~ActivityEnvironment();
  ActivityEnvironment(const ActivityEnvironment&) = delete;
  ActivityEnvironment& operator=(const ActivityEnvironment&) = delete;

  // What the next run is told.
  ActivityInfo info = default_info();
  // What it finds as the last heartbeat of an earlier attempt.
  PayloadList heartbeat_details;
  // Gets the details of each heartbeat, on the activity's thread. Without throttling each call;
  // with it, what an engine would have recorded while advance() moved the time.
  std::function<void(const PayloadList&)> on_heartbeat;
  bool throttle_heartbeats = false;
  Logger logger;

  // Calls `function` with an ActivityContext and the arguments, or with the arguments alone;
  // returns or throws what it does. Values are passed as they are.
  template <class F, class... A>
  decltype(auto) run(F&& function, A&&... arguments) {
    const Run current(*this);
    if constexpr (std::is_invocable_v<F, ActivityContext, A...>) {
      return std::invoke(std::forward<F>(function), current.context(),
                         std::forward<A>(arguments)...);
    } else {
      static_assert(
          std::is_invocable_v<F, A...>,
          "the callable takes neither (ActivityContext, arguments...) nor (arguments...)");
      return std::invoke(std::forward<F>(function), std::forward<A>(arguments)...);
    }
  }

  // Runs an implementation as an engine does: arguments and result travel as payloads, exceptions
  // become an outcome.
  template <class... A>
  [[nodiscard]] ActivityOutcome run_implementation(const ActivityImplementation& implementation,
                                                   const A&... arguments) {
    return run_payloads(implementation, to_payloads(arguments...));
  }
  [[nodiscard]] ActivityOutcome run_payloads(const ActivityImplementation& implementation,
                                             PayloadList arguments);

  // Requests stop of the activity that is running, or of the next one.
  void cancel(ActivityCancelReason reason = ActivityCancelReason::Requested);

  // Moves the clock and sends what the throttle held back until then.
  void advance(Duration duration);
  [[nodiscard]] const VirtualClock& clock() const { return clock_; }

 private:
  class Outbound;
  // An attempt that is reachable for cancel() while it lives.
  class DURASIM_EXPORT Run {
   public:
    explicit Run(ActivityEnvironment& environment, PayloadList arguments = {});
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    [[nodiscard]] ActivityContext context() const { return attempt_->context(); }
    [[nodiscard]] ActivityAttempt& attempt() const { return *attempt_; }

   private:
    ActivityEnvironment& environment_;
    std::shared_ptr<ActivityAttempt> attempt_;
  };

  VirtualClock clock_;
  std::unique_ptr<Outbound> outbound_;
  std::mutex mutex_;
  std::shared_ptr<ActivityAttempt> attempt_;          // that is running
  std::optional<ActivityCancelReason> cancel_first_;  // of the next one
};

}  // namespace durasim::inline v0::testing
