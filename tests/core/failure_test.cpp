// Exceptions become Temporal's Failure messages and exceptions again, and nothing is lost on the
// way.
#include "durasim/core/failure_message.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>

using namespace durasim;
using namespace std::chrono_literals;

namespace sample {
struct OutOfPaper : std::runtime_error {
  using std::runtime_error::runtime_error;
};
}  // namespace sample

namespace {

proto::Failure thrown(auto exception) {
  return to_failure(std::make_exception_ptr(std::move(exception)));
}

// The exception that throw_failure throws for a message whose info is an Info.
template <class Exception, class Info>
void check_class(const Info& info) {
  const proto::Failure message{.message = "text", .source = "elsewhere", .info = info};
  try {
    throw_failure(message);
  } catch (const Failure& failure) {
    CHECK(typeid(failure) == typeid(Exception));
    CHECK(failure.proto() == message);
    CHECK(std::string(failure.what()) == "text");
    CHECK(to_failure(std::current_exception()) == message);
  }
}

proto::Failure activity_failed(proto::Failure cause) {
  proto::ActivityFailureInfo info{.scheduled_event_id = 5,
                                  .activity_type = proto::ActivityType{.name = "print"},
                                  .activity_id = "7",
                                  .retry_state = RetryState::MaximumAttemptsReached};
  return {.message = "activity failed", .cause = std::move(cause), .info = std::move(info)};
}

}  // namespace

TEST_CASE("an application failure keeps everything that its author said") {
  const PayloadList details{
      {.metadata = {{"encoding", "binary/plain"}}, .data = std::string("\0\xff", 2)}};
  const ApplicationFailure failure(
      "no paper",
      {.type = "Printer", .non_retryable = true, .details = details, .next_retry_delay = 90s});
  CHECK(failure.type() == "Printer");
  CHECK(failure.non_retryable());
  CHECK(failure.details() == details);
  const proto::Failure message = thrown(failure);
  CHECK(message.message == "no paper");
  CHECK(message.source == "durasim");
  const auto& info = std::get<proto::ApplicationFailureInfo>(message.info);
  CHECK(info.next_retry_delay == proto::ProtoDuration{90, 0});
  try {
    throw_failure(message);
  } catch (const ApplicationFailure& again) {
    CHECK(again.proto() == failure.proto());
  }
}

TEST_CASE("each kind of failure comes back as its own class") {
  check_class<ApplicationFailure>(proto::ApplicationFailureInfo{.type = "T"});
  check_class<TimeoutFailure>(proto::TimeoutFailureInfo{.timeout_type = TimeoutType::Heartbeat});
  check_class<CanceledFailure>(proto::CanceledFailureInfo{});
  check_class<TerminatedFailure>(proto::TerminatedFailureInfo{});
  check_class<ActivityFailure>(proto::ActivityFailureInfo{.activity_id = "7"});
  check_class<Failure>(proto::ServerFailureInfo{.non_retryable = true});
  check_class<Failure>(std::monostate{});
}

TEST_CASE("what failures say can be asked without knowing the message") {
  const ActivityFailure failure(activity_failed({.message = "why"}));
  CHECK(failure.activity_id() == "7");
  CHECK(failure.activity_type() == "print");
  CHECK(failure.retry_state() == RetryState::MaximumAttemptsReached);
  REQUIRE(failure.cause() != nullptr);
  CHECK(failure.cause()->message == "why");
  const proto::Payloads beat{.payloads = {{.data = "3 of 9"}}};
  const TimeoutFailure timeout(
      {.info = proto::TimeoutFailureInfo{.timeout_type = TimeoutType::StartToClose,
                                         .last_heartbeat_details = beat}});
  CHECK(timeout.timeout_type() == TimeoutType::StartToClose);
  CHECK(timeout.last_heartbeat_details() == beat.payloads);
  CHECK(timeout.cause() == nullptr);
  // A message without the info answers with nothing.
  CHECK(ActivityFailure(proto::Failure{}).activity_id().empty());
}

TEST_CASE("a foreign exception becomes an application failure with its class as type") {
  const proto::Failure message = thrown(sample::OutOfPaper("tray 2"));
  CHECK(message.message == "tray 2");
  CHECK(message.source == "durasim");
  const auto& info = std::get<proto::ApplicationFailureInfo>(message.info);
  CHECK(info.type == "sample::OutOfPaper");
  CHECK(!info.non_retryable);
  CHECK(std::get<proto::ApplicationFailureInfo>(thrown(42).info).type == "int");
  CHECK(std::get<proto::ApplicationFailureInfo>(thrown(InvalidArgument("x")).info).type ==
        "durasim::InvalidArgument");
  CHECK_THROWS_AS((void)to_failure(nullptr), InvalidArgument);
}

TEST_CASE("nested exceptions become the chain of causes") {
  std::exception_ptr outer;
  try {
    try {
      throw ApplicationFailure("inner", {.type = "Inner"});
    } catch (...) {
      std::throw_with_nested(sample::OutOfPaper("outer"));
    }
  } catch (...) {
    outer = std::current_exception();
  }
  const proto::Failure message = to_failure(outer);
  CHECK(std::get<proto::ApplicationFailureInfo>(message.info).type == "sample::OutOfPaper");
  REQUIRE(message.cause);
  CHECK(message.cause->message == "inner");
  CHECK(std::get<proto::ApplicationFailureInfo>(message.cause->info).type == "Inner");
}

TEST_CASE("the text of an exception that is not UTF-8 is made so") {
  CHECK(thrown(std::runtime_error("caf\xe9 \xc3\xa9")).message == "caf\xEF\xBF\xBD \xc3\xa9");
}

TEST_CASE("cancellation is seen through activities, and only through them") {
  const proto::Failure canceled = CanceledFailure("stop").proto();
  CHECK(is_canceled(canceled));
  CHECK(is_canceled(activity_failed(canceled)));
  CHECK(is_canceled(proto::Failure{.cause = activity_failed(canceled),
                                   .info = proto::ChildWorkflowExecutionFailureInfo{}}));
  CHECK(!is_canceled(activity_failed({.message = "broken"})));
  CHECK(!is_canceled(proto::Failure{.cause = canceled, .info = proto::ApplicationFailureInfo{}}));
  CHECK(is_canceled(std::make_exception_ptr(CanceledFailure())));
  CHECK(!is_canceled(std::make_exception_ptr(std::runtime_error("x"))));
  CHECK(!is_canceled(std::exception_ptr{}));
}

TEST_CASE("exceptions can be copied without failing, as the language wants") {
  static_assert(std::is_nothrow_copy_constructible_v<Failure>);
  static_assert(std::is_nothrow_copy_constructible_v<ActivityFailure>);
}
