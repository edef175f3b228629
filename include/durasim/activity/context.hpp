// What activity code holds: heartbeats, cancellation, information about its attempt. Taken by
// value:
//   std::string run_agent(durasim::ActivityContext ctx, std::string job) {
//     int done = ctx.heartbeat_details<int>().value_or(0);    // of the attempt before
//     for (; done < size(job); ++done) {
//       ctx.throw_if_canceled();
//       ctx.heartbeat(done);
//       ...
#pragma once

#include "durasim/activity/info.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/payload_values.hpp"
#include "durasim/core/shared.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

namespace durasim::inline v0 {

class ActivityAttempt;
namespace detail {
struct AttemptHandle;  // a std::shared_ptr<ActivityAttempt>
}

// Why an activity should stop.
enum class ActivityCancelReason {
  Requested,       // the workflow cancelled it
  NotFound,        // nobody waits for it any more
  TimedOut,        // one of its timeouts has passed
  WorkerShutdown,  // the engine or the worker is stopping
};
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(ActivityCancelReason reason);

// A handle; copies mean the same attempt. Thread-safe. Once the attempt is over or abandoned (its
// engine did not wait for it any longer), heartbeat(), throw_if_canceled() and complete_async()
// throw CancelledError and everything else goes on to answer.
class DURASIM_EXPORT ActivityContext {
 public:
  // Made by ActivityAttempt::context().
  explicit ActivityContext(std::shared_ptr<ActivityAttempt> attempt);

  [[nodiscard]] const ActivityInfo& info() const;
  // Under the module name "activity.<type>"; what it writes does not name the attempt.
  [[nodiscard]] const Logger& logger() const;

  // Says that the activity is alive and how far it has come. Cheap: the first one is recorded at
  // once, later ones at most every min(0.8 x heartbeat timeout, 60 s), or every 30 s where there is
  // no timeout; always the latest. What was recorded last reaches the next attempt. Throws
  // ApplicationFailure (kPayloadConversion).
  template <class... A>
  void heartbeat(const A&... details) const {
    heartbeat_payloads(to_payloads(details...));
  }
  void heartbeat_payloads(PayloadList details) const;

  // The first value of the last heartbeat that was recorded of an earlier attempt, or nothing.
  // Throws ApplicationFailure (kPayloadConversion) when it is of another type.
  template <class T>
  [[nodiscard]] std::optional<T> heartbeat_details() const {
    const PayloadList& details = last_heartbeat();
    if (details.empty()) return std::nullopt;
    return from_payload<T>(details.front());
  }
  [[nodiscard]] const PayloadList& last_heartbeat() const;

  // Stop is requested at once when the activity should end, whether it heartbeats or not. Callbacks
  // run on the thread that requests it.
  [[nodiscard]] std::stop_token stop_token() const;
  [[nodiscard]] bool is_canceled() const { return stop_token().stop_requested(); }
  // Why stop was requested, or nothing.
  [[nodiscard]] std::optional<ActivityCancelReason> cancel_reason() const;
  // Throws CanceledFailure when stop was requested; leaving the activity by it is how a
  // cancellation is acknowledged.
  void throw_if_canceled() const;

  // Leaves the activity without a result: somebody else completes it through the client, by
  // info().task_token. Throws a type that is not a std::exception.
  [[noreturn]] void complete_async() const;

 private:
  Shared<detail::AttemptHandle> attempt_;
};

}  // namespace durasim::inline v0
