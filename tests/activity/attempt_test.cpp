// An attempt against a recording outbound and a clock that the test moves: the throttle of
// heartbeats, the ways in which an attempt ends, cancellation, abandonment.
#include "durasim/activity/attempt.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace durasim;
using namespace std::chrono_literals;

class ManualClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall_now() const override { return WallTime(now); }
  [[nodiscard]] SteadyTime steady_now() const override { return SteadyTime(now); }
  Duration now = 100s;
};

class RecordingOutbound final : public ActivityOutbound {
 public:
  HeartbeatReply record_heartbeat(const PayloadList& details) override {
    if (fails) throw std::runtime_error("no connection");
    recorded.push_back(details.empty() ? -1 : from_payload<int>(details.front()));
    return reply;
  }
  void wake_at(SteadyTime due) override { wakes.push_back(due.time_since_epoch() - 100s); }
  std::vector<int> recorded;
  std::vector<Duration> wakes;  // since the start of the test
  HeartbeatReply reply;
  bool fails = false;
};

struct Fixture {
  ManualClock clock;
  RecordingOutbound outbound;
  std::vector<std::string> log;
  ActivityTask task{.info = {.activity_id = "7", .activity_type = "work", .heartbeat_timeout = 10s},
                    .arguments = {},
                    .heartbeat_details = {}};

  std::shared_ptr<ActivityAttempt> attempt() {
    const Logger logger([this](const LogRecord& record) { log.emplace_back(record.message); },
                        LogLevel::Debug);
    return ActivityAttempt::create(task, outbound, clock, logger);
  }
  ActivityOutcome run(std::function<PayloadList(const ActivityContext&)> body) {
    return attempt()->run(implementation(std::move(body)));
  }
  static ActivityImplementation implementation(
      std::function<PayloadList(const ActivityContext&)> body) {
    struct Code final : detail::ActivityCode {
      explicit Code(std::function<PayloadList(const ActivityContext&)> f)
          : function(std::move(f)) {}
      [[nodiscard]] PayloadList run(const ActivityContext& context,
                                    const PayloadList&) const override {
        return function(context);
      }
      std::function<PayloadList(const ActivityContext&)> function;
    };
    return {"work", new Code(std::move(body))};
  }
};

TEST_CASE_FIXTURE(Fixture,
                  "the first heartbeat goes out at once, then the latest of each interval") {
  const auto subject = attempt();
  const ActivityContext context = subject->context();
  context.heartbeat(1);
  CHECK(outbound.recorded == std::vector{1});
  CHECK(outbound.wakes.empty());
  clock.now += 1s;
  context.heartbeat(2);
  context.heartbeat(3);
  CHECK(outbound.wakes == std::vector<Duration>{8s});  // 0.8 x 10 s, asked for once
  clock.now += 6s;
  subject->on_heartbeat_timer();  // too early: asks again
  CHECK(outbound.recorded == std::vector{1});
  CHECK(outbound.wakes == std::vector<Duration>{8s, 8s});
  clock.now += 1s;
  subject->on_heartbeat_timer();
  CHECK(outbound.recorded == std::vector{1, 3});
  clock.now += 1s;
  context.heartbeat(4);
  CHECK(outbound.wakes.back() == Duration{16s});  // the interval runs from the record at 8 s
  clock.now += 7s;
  subject->on_heartbeat_timer();
  clock.now += 8s;
  subject->on_heartbeat_timer();  // nothing is held back
  CHECK(outbound.recorded == std::vector{1, 3, 4});
  context.heartbeat(5);  // a quiet interval is over: at once
  CHECK(outbound.recorded == std::vector{1, 3, 4, 5});
}

TEST_CASE_FIXTURE(Fixture, "the interval follows the heartbeat timeout") {
  const auto interval = [&](Duration timeout) {
    task.info.heartbeat_timeout = timeout;
    outbound.wakes.clear();
    const auto subject = attempt();
    subject->context().heartbeat(1);
    subject->context().heartbeat(2);
    return outbound.wakes.at(0);
  };
  CHECK(interval(10s) == Duration{8s});
  CHECK(interval(0s) == Duration{30s});
  CHECK(interval(10min) == Duration{60s});
  CHECK(interval(Duration::max()) == Duration{60s});
}

TEST_CASE_FIXTURE(Fixture,
                  "details held back are recorded when the attempt fails, not when it completes") {
  const auto beat_twice = [](const ActivityContext& context) {
    context.heartbeat(1);
    context.heartbeat(2);
  };
  CHECK(std::holds_alternative<ActivityCompleted>(run([&](const ActivityContext& context) {
    beat_twice(context);
    return PayloadList{};
  })));
  CHECK(outbound.recorded == std::vector{1});
  outbound.recorded.clear();
  CHECK(std::holds_alternative<ActivityFailed>(
      run([&](const ActivityContext& context) -> PayloadList {
        beat_twice(context);
        throw std::runtime_error("broken");
      })));
  CHECK(outbound.recorded == std::vector{1, 2});
}

TEST_CASE_FIXTURE(Fixture, "a heartbeat that cannot be recorded is tried again and told nobody") {
  const auto subject = attempt();
  outbound.fails = true;
  subject->context().heartbeat(1);
  CHECK(log == std::vector<std::string>{"a heartbeat was not recorded: no connection"});
  CHECK(outbound.wakes == std::vector<Duration>{8s});
  outbound.fails = false;
  clock.now += 8s;
  subject->on_heartbeat_timer();
  CHECK(outbound.recorded == std::vector{1});
}

TEST_CASE_FIXTURE(Fixture, "the details of the attempt before are typed") {
  CHECK(attempt()->context().heartbeat_details<int>() == std::nullopt);
  task.heartbeat_details = to_payloads(41, std::string("x"));
  const ActivityContext context = attempt()->context();
  CHECK(context.heartbeat_details<int>() == 41);
  CHECK(context.last_heartbeat().size() == 2);
  CHECK_THROWS_AS((void)context.heartbeat_details<std::string>(), ApplicationFailure);
}

TEST_CASE_FIXTURE(Fixture, "how an attempt ends is its outcome") {
  const ActivityOutcome completed = run([](const ActivityContext&) { return to_payloads(5); });
  CHECK(std::get<ActivityCompleted>(completed).result == to_payloads(5));

  const ActivityOutcome failed = run([](const ActivityContext&) -> PayloadList {
    throw ApplicationFailure("no", {.type = "Refused", .non_retryable = true});
  });
  const auto& refused =
      std::get<proto::ApplicationFailureInfo>(std::get<ActivityFailed>(failed).failure.info);
  CHECK(refused.type == "Refused");
  CHECK(refused.non_retryable);

  const ActivityOutcome foreign =
      run([](const ActivityContext&) -> PayloadList { throw std::out_of_range("far away"); });
  const proto::Failure& failure = std::get<ActivityFailed>(foreign).failure;
  CHECK(failure.message == "far away");
  CHECK(std::get<proto::ApplicationFailureInfo>(failure.info).type == "std::out_of_range");
  CHECK_FALSE(std::get<proto::ApplicationFailureInfo>(failure.info).non_retryable);

  const ActivityOutcome elsewhere = run([](const ActivityContext& context) -> PayloadList {
    try {
      context.complete_async();
    } catch (const std::exception&) {  // must not be caught by the usual handler
      return {};
    }
  });
  CHECK(std::holds_alternative<ActivityWillCompleteAsync>(elsewhere));
}

TEST_CASE_FIXTURE(Fixture, "a cancellation is acknowledged only if the workflow has asked for it") {
  const auto outcome_for = [&](std::optional<ActivityCancelReason> reason) {
    const auto subject = attempt();
    if (reason) subject->request_cancel(*reason);
    return subject->run(implementation([](const ActivityContext& context) -> PayloadList {
      context.throw_if_canceled();
      throw CanceledFailure("on my own", to_payloads(1));
    }));
  };
  CHECK(std::holds_alternative<ActivityCanceled>(outcome_for(ActivityCancelReason::Requested)));
  for (const auto reason : {ActivityCancelReason::NotFound, ActivityCancelReason::TimedOut}) {
    const ActivityOutcome outcome = outcome_for(reason);
    CHECK(is_canceled(std::get<ActivityFailed>(outcome).failure));
  }
  const ActivityOutcome unasked = outcome_for(std::nullopt);
  CHECK(std::get<ActivityFailed>(unasked).failure.message == "on my own");
  const ActivityOutcome shutdown = outcome_for(ActivityCancelReason::WorkerShutdown);
  const proto::Failure& failure = std::get<ActivityFailed>(shutdown).failure;
  CHECK(std::get<proto::ApplicationFailureInfo>(failure.info).type == kWorkerShutdown);
  CHECK_FALSE(std::get<proto::ApplicationFailureInfo>(failure.info).non_retryable);
  CHECK(std::get<proto::ApplicationFailureInfo>(failure.info).next_retry_delay ==
        proto::ProtoDuration{0, 0});  // without backoff
}

TEST_CASE_FIXTURE(Fixture,
                  "cancellation reaches the stop token at once and its first reason counts") {
  const auto subject = attempt();
  const ActivityContext context = subject->context();
  CHECK_NOTHROW(context.throw_if_canceled());
  CHECK(context.cancel_reason() == std::nullopt);
  int beats = 0;
  const std::stop_callback callback(context.stop_token(), [&] { context.heartbeat(++beats); });
  std::thread other([&] { subject->request_cancel(ActivityCancelReason::Requested); });
  other.join();
  subject->request_cancel(ActivityCancelReason::WorkerShutdown);
  CHECK(beats == 1);
  CHECK(context.is_canceled());
  CHECK(context.cancel_reason() == ActivityCancelReason::Requested);
  CHECK_THROWS_WITH_AS(context.throw_if_canceled(), "cancellation requested", CanceledFailure);
}

TEST_CASE_FIXTURE(Fixture,
                  "the reply to a heartbeat can cancel, even from within a stop callback") {
  outbound.reply = {.cancel_requested = true};
  const auto subject = attempt();
  const ActivityContext context = subject->context();
  const std::stop_callback callback(context.stop_token(), [&] { context.heartbeat(2); });
  context.heartbeat(1);
  CHECK(context.cancel_reason() == ActivityCancelReason::Requested);
  outbound.reply = {.not_found = true};
  const auto unknown = attempt();
  unknown->context().heartbeat(1);
  CHECK(unknown->context().cancel_reason() == ActivityCancelReason::NotFound);
}

TEST_CASE_FIXTURE(Fixture, "a context outlives its attempt but does nothing more") {
  const auto subject = attempt();
  const ActivityContext context = subject->context();
  (void)subject->run(implementation([](const ActivityContext&) { return PayloadList{}; }));
  CHECK_THROWS_WITH_AS(context.heartbeat(1), "activity work (7), attempt 1: the attempt is over",
                       CancelledError);
  subject->on_heartbeat_timer();
  CHECK(outbound.recorded.empty());
  CHECK(context.info().activity_id == "7");
}

TEST_CASE_FIXTURE(Fixture, "an abandoned attempt reaches nobody any more") {
  const auto subject = attempt();
  const ActivityOutcome outcome =
      subject->run(implementation([&](const ActivityContext& context) -> PayloadList {
        context.heartbeat(1);
        context.heartbeat(2);
        subject->abandon();
        CHECK_THROWS_AS(context.throw_if_canceled(), CancelledError);
        CHECK_THROWS_AS(context.complete_async(), CancelledError);
        CHECK_THROWS_WITH_AS(
            context.heartbeat(3),
            "activity work (7), attempt 1: its engine has stopped without waiting for it",
            CancelledError);
        throw std::runtime_error("unseen");
      }));
  CHECK(outbound.recorded == std::vector{1});
  CHECK(std::holds_alternative<ActivityFailed>(outcome));
}

}  // namespace
