// Failures: the exceptions that carry Temporal's recursive Failure message
// (core/failure_message.hpp) through workflow and activity code. An exception that is not one of
// these fails the run of a workflow (or the attempt of an activity) as an ApplicationFailure whose
// type is the exception's class.
#pragma once

#include "durasim/core/enums.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/payload_list.hpp"
#include "durasim/core/shared.hpp"
#include "durasim/core/time.hpp"

#include <exception>
#include <string>

namespace durasim::inline v0 {

namespace proto {
struct Failure;
}  // namespace proto

// Base of the exceptions that carry a proto::Failure. Copies share the message. Immutable.
class DURASIM_EXPORT Failure : public Error {
 public:
  explicit Failure(proto::Failure failure);
  ~Failure() override;
  [[nodiscard]] const proto::Failure& proto() const;
  // The failure that led to this one, or null.
  [[nodiscard]] const proto::Failure* cause() const;

 private:
  Shared<proto::Failure> proto_;
};

// Thrown by user code to say how a failure is to be treated, and seen as the cause of
// ActivityFailure.
class DURASIM_EXPORT ApplicationFailure : public Failure {
 public:
  struct Options {
    // What retry policies and callers look at; free text, by convention a short identifier.
    std::string type{};
    bool non_retryable = false;
    PayloadList details{};
    // Overrides the retry policy's next delay, unless it is negative.
    Duration next_retry_delay{-1};
  };
  ApplicationFailure(const std::string& message, const Options& options);
  explicit ApplicationFailure(proto::Failure failure);
  ~ApplicationFailure() override;
  [[nodiscard]] const std::string& type() const;
  [[nodiscard]] bool non_retryable() const;
  [[nodiscard]] PayloadList details() const;
};

// A timeout of an activity or of a workflow run; usually the cause of an ActivityFailure.
class DURASIM_EXPORT TimeoutFailure : public Failure {
 public:
  using Failure::Failure;
  ~TimeoutFailure() override;
  [[nodiscard]] TimeoutType timeout_type() const;
  [[nodiscard]] PayloadList last_heartbeat_details() const;
};

// Cancellation, delivered at a co_await of a cancelled scope, or the cause of an ActivityFailure.
class DURASIM_EXPORT CanceledFailure : public Failure {
 public:
  explicit CanceledFailure(const std::string& message = "canceled", PayloadList details = {});
  explicit CanceledFailure(proto::Failure failure);
  ~CanceledFailure() override;
  [[nodiscard]] PayloadList details() const;
};

class DURASIM_EXPORT TerminatedFailure : public Failure {
 public:
  using Failure::Failure;
  ~TerminatedFailure() override;
};

// An activity has finally failed; the cause says why.
class DURASIM_EXPORT ActivityFailure : public Failure {
 public:
  using Failure::Failure;
  ~ActivityFailure() override;
  [[nodiscard]] const std::string& activity_id() const;
  [[nodiscard]] std::string activity_type() const;
  [[nodiscard]] RetryState retry_state() const;
};

// True when the failure is a cancellation, or an activity or child that failed because of one.
[[nodiscard]] DURASIM_EXPORT bool is_canceled(const proto::Failure& failure);
[[nodiscard]] DURASIM_EXPORT bool is_canceled(const std::exception_ptr& exception);

// Throws the exception class that fits the message's info (Failure itself for those without one).
[[noreturn]] DURASIM_EXPORT void throw_failure(proto::Failure failure);

// The message of an exception: a Failure's own, else an ApplicationFailure whose type is the
// demangled class name and whose message is what().
[[nodiscard]] DURASIM_EXPORT proto::Failure to_failure(const std::exception_ptr& exception);

}  // namespace durasim::inline v0
