// An activity in the pure core: attempts, timeouts and what is written of them (temporal:
// workflow/activity.go, retry.go, timer_queue_active_task_executor.go).
#include "engine/core_driver.hpp"

using namespace durasim;
using namespace durasim::engine;
using namespace durasim::engine::test;
using namespace std::chrono_literals;

namespace {

proto::TimeoutFailureInfo timeout_of(const proto::Failure& failure) {
  REQUIRE(std::holds_alternative<proto::TimeoutFailureInfo>(failure.info));
  return std::get<proto::TimeoutFailureInfo>(failure.info);
}
proto::ActivityTaskTimedOutEventAttributes timed_out(Core& run, std::int64_t id) {
  return run.attributes<proto::ActivityTaskTimedOutEventAttributes>(id);
}

}  // namespace

TEST_CASE(
    "the start of an activity is written only with its outcome: final attempt, last failure") {
  Core run;
  run.first({schedule("a")});
  const WallTime first_start = run.now;
  run.begin(5);
  CHECK(run.types() == Lines{"ActivityTaskScheduled"});
  run.end(5, 1, failed("Flaky"));
  CHECK(run.types() == Lines{"ActivityTaskScheduled"});
  CHECK(run.skip() == 1s);
  run.now += 3s;
  run.begin(5, 2);
  const WallTime second_start = run.now;
  run.now += 2s;
  CHECK(run.end(5, 2, ActivityCompleted{text("result")}));
  CHECK(run.types() == Lines{"ActivityTaskScheduled", "ActivityTaskStarted",
                             "ActivityTaskCompleted", "WorkflowTaskScheduled"});
  const auto started = run.attributes<proto::ActivityTaskStartedEventAttributes>(6);
  CHECK(started.attempt == 2);
  CHECK(started.identity == "worker-7");
  REQUIRE(started.last_failure);
  CHECK(started.last_failure->message == "attempt failed");
  CHECK(run.event(6).event_time->wall_time() == second_start);
  CHECK(second_start > first_start);
  CHECK(run.attributes<proto::ActivityTaskCompletedEventAttributes>(7).started_event_id == 6);
}

TEST_CASE("the delays between attempts are exact: no jitter, capped by the maximum interval") {
  Core run;
  run.first({schedule("a", {}, {.initial_interval = 1s, .maximum_interval = 5s})});
  std::vector<Duration> delays;
  for (std::int32_t attempt = 1; attempt <= 5; ++attempt) {
    run.begin(5, attempt);
    run.end(5, attempt, failed("Flaky"));
    CHECK_FALSE(run.state().start_activity(5, attempt + 1, run.now));  // not before its time
    delays.push_back(run.skip());
  }
  CHECK(delays == std::vector<Duration>{1s, 2s, 4s, 5s, 5s});
}

TEST_CASE("an attempt's own delay overrides the policy, and its maximum interval") {
  Core run;
  run.first({schedule("a", {}, {.maximum_interval = 2s, .maximum_attempts = 2})});
  run.begin(5);
  run.end(5, 1, failed("Flaky", {.next_retry_delay = 7s}));
  CHECK(run.skip() == 7s);
  run.begin(5, 2);
  run.end(5, 2, failed("Flaky", {.next_retry_delay = 7s}));  // attempts still count
  CHECK(run.attributes<proto::ActivityTaskFailedEventAttributes>(7).retry_state ==
        RetryState::MaximumAttemptsReached);
}

TEST_CASE("failures that are not retried say why") {
  const auto state_after = [](const ActivityOutcome& outcome, const RetryPolicy& policy) {
    Core run;
    run.first({schedule("a", {}, policy)});
    run.begin(5);
    run.end(5, 1, outcome);
    return run.attributes<proto::ActivityTaskFailedEventAttributes>(7).retry_state;
  };
  CHECK(state_after(failed("X", {.non_retryable = true}), {}) == RetryState::NonRetryableFailure);
  CHECK(state_after(failed("Fatal"), {.non_retryable_error_types = {"Fatal"}}) ==
        RetryState::NonRetryableFailure);
  CHECK(state_after(failed("X"), {.maximum_attempts = 1}) == RetryState::MaximumAttemptsReached);
  // A cancellation that nobody asked for is a failure, and not one to retry.
  CHECK(state_after(ActivityCanceled{}, {}) == RetryState::NonRetryableFailure);

  Core other;  // exact match: another case is another type
  other.first({schedule("a", {}, {.non_retryable_error_types = {"fatal"}})});
  other.begin(5);
  other.end(5, 1, failed("Fatal"));
  CHECK(other.activity(5).attempt == 2);
}

TEST_CASE("no retry is planned past schedule-to-close; one that starts exactly then is") {
  for (const auto& [limit, retried] : {std::pair<Duration, bool>{3s, true}, {2999ms, false}}) {
    Core run;
    run.first({schedule("a", {.schedule_to_close = limit}, {.initial_interval = 2s})});
    run.begin(5);
    run.now += 1s;
    run.end(5, 1, failed("Flaky"));
    if (retried) {
      CHECK(run.activity(5).attempt == 2);
    } else {
      const auto failure = run.attributes<proto::ActivityTaskFailedEventAttributes>(7);
      CHECK(failure.retry_state == RetryState::Timeout);
      CHECK(failure.failure->message == "attempt failed");
    }
  }
}

TEST_CASE(
    "start-to-close is retried, and without time for another attempt becomes schedule-to-close") {
  Core run;
  run.first({schedule("a", {.start_to_close = 10s, .schedule_to_close = 15s},
                      {.initial_interval = 1s, .backoff_coefficient = 1.0})});
  run.begin(5);
  run.heartbeat(5, 1, "half");
  CHECK(run.skip() == 10s);  // attempt 1 is over, its code is told
  CHECK(run.effects_of<CancelActivity>().back().attempt == 1);
  CHECK(run.activity(5).attempt == 2);
  CHECK(run.activity(5).last_failure->message == "activity StartToClose timeout");
  CHECK(run.skip() == 1s);
  run.begin(5, 2);
  CHECK(run.skip() == 4s);  // schedule-to-close ends the second attempt
  const auto late = timed_out(run, 7);
  CHECK(late.started_event_id == 6);
  const auto info = timeout_of(*late.failure);
  CHECK(info.timeout_type == TimeoutType::ScheduleToClose);
  REQUIRE(info.last_heartbeat_details);
  CHECK(info.last_heartbeat_details->payloads == text("half"));
  REQUIRE(late.failure->cause);
  CHECK(timeout_of(*late.failure->cause).timeout_type == TimeoutType::StartToClose);
  CHECK(late.retry_state == RetryState::NonRetryableFailure);
}

TEST_CASE("a start-to-close timeout after which no attempt fits is reported as schedule-to-close") {
  Core run;
  run.first(
      {schedule("a", {.start_to_close = 10s, .schedule_to_close = 12s}, {.initial_interval = 5s})});
  run.begin(5);
  run.heartbeat(5, 1, "x");
  CHECK(run.skip() == 10s);
  const auto late = timed_out(run, 7);
  CHECK(timeout_of(*late.failure).timeout_type == TimeoutType::ScheduleToClose);
  CHECK(timeout_of(*late.failure).last_heartbeat_details->payloads == text("x"));
  CHECK(late.retry_state == RetryState::Timeout);
  CHECK(late.failure->message.find("not enough time") != std::string::npos);
}

TEST_CASE("with attempts used up a timeout keeps its type") {
  Core run;
  run.first({schedule("a", {.start_to_close = 10s}, {.maximum_attempts = 1})});
  run.begin(5);
  run.skip();
  const auto late = timed_out(run, 7);
  CHECK(timeout_of(*late.failure).timeout_type == TimeoutType::StartToClose);
  CHECK(late.retry_state == RetryState::MaximumAttemptsReached);
}

TEST_CASE("schedule-to-start is never retried, and no start is written") {
  Core run;
  run.first({schedule("a", {.schedule_to_start = 4s})});
  CHECK(run.skip() == 4s);
  CHECK(run.types() ==
        Lines{"ActivityTaskScheduled", "ActivityTaskTimedOut", "WorkflowTaskScheduled"});
  const auto late = timed_out(run, 6);
  CHECK(timeout_of(*late.failure).timeout_type == TimeoutType::ScheduleToStart);
  CHECK(late.started_event_id == 0);
}

TEST_CASE("schedule-to-start of a retry counts from the end of its backoff") {
  Core run;
  run.first({schedule("a", {.schedule_to_start = 4s}, {.initial_interval = 10s})});
  run.begin(5);
  run.end(5, 1, failed("Flaky"));
  CHECK(run.skip() == 10s);
  CHECK(run.activity(5).attempt == 2);
  CHECK(run.skip() == 4s);
  CHECK(timeout_of(*timed_out(run, 6).failure).timeout_type == TimeoutType::ScheduleToStart);
}

TEST_CASE("silence counts from the later of the start and the last heartbeat") {
  Core run;
  run.first({schedule("a", {.start_to_close = 1h, .heartbeat = 5s}, {.maximum_attempts = 1})});
  run.now += 3s;
  run.begin(5);
  run.pass(4s);
  CHECK(run.heartbeat(5, 1, "one") == std::optional(false));
  run.pass(4s);
  CHECK(run.state().activities().contains(5));
  CHECK(run.skip() == 1s);
  const auto late = timed_out(run, 7);
  CHECK(timeout_of(*late.failure).timeout_type == TimeoutType::Heartbeat);
  CHECK(timeout_of(*late.failure).last_heartbeat_details->payloads == text("one"));
}

TEST_CASE("a heartbeat timeout is retried with the details, unless the policy excludes it") {
  Core run;
  run.first({schedule("a", {.heartbeat = 5s}),
             schedule("b", {.heartbeat = 5s},
                      {.non_retryable_error_types = {"TemporalTimeout:Heartbeat"}}),
             schedule("c", {.start_to_close = 5s},
                      {.non_retryable_error_types = {"TemporalTimeout:StartToClose"}})});
  for (const std::int64_t id : {5, 6, 7}) run.begin(id);
  run.heartbeat(5, 1, "kept");
  run.skip();
  CHECK(run.activity(5).attempt == 2);
  CHECK(run.activity(5).heartbeat_details == text("kept"));
  CHECK(run.state().activities().size() == 1);
  run.pass(1s);
  run.begin(5, 2);
  CHECK(run.activity(5).heartbeat_details == text("kept"));  // and it counts from this start
  CHECK(run.skip() == 5s);
  CHECK(run.activity(5).heartbeat_details == text("kept"));
}

TEST_CASE("timeouts that are missing are filled in, and all are clamped") {
  const auto scheduled = [](const ActivityTimes& times, Duration run_timeout) {
    StartRun start;
    start.run_timeout = run_timeout;
    Core run(start);
    run.first({schedule("a", times)});
    const auto a = run.attributes<proto::ActivityTaskScheduledEventAttributes>(5);
    return std::vector<Duration>{proto::to_duration(a.schedule_to_close_timeout),
                                 proto::to_duration(a.schedule_to_start_timeout),
                                 proto::to_duration(a.start_to_close_timeout),
                                 proto::to_duration(a.heartbeat_timeout)};
  };
  using Times = std::vector<Duration>;
  CHECK(scheduled({.start_to_close = 0s, .schedule_to_close = 8s}, 0s) == Times{8s, 8s, 8s, 0s});
  CHECK(scheduled({.start_to_close = 9s,
                   .schedule_to_close = 8s,
                   .schedule_to_start = 20s,
                   .heartbeat = 30s},
                  0s) == Times{8s, 8s, 8s, 8s});
  CHECK(scheduled({.start_to_close = 9s, .heartbeat = 30s}, 0s) == Times{0s, 0s, 9s, 9s});
  CHECK(scheduled({.start_to_close = 9s}, 6s) == Times{6s, 6s, 6s, 0s});
}

TEST_CASE("an attempt's failure is kept up to 4 KB, cut between characters") {
  Core run;
  run.first({schedule("a")});
  run.begin(5);
  std::string message(4095, 'x');
  message += "\u00e9tail";  // its first byte is the last one that would fit
  run.end(5, 1, ActivityFailed{ApplicationFailure(message, {.type = "T"}).proto()});
  CHECK(run.activity(5).last_failure->message == std::string(4095, 'x'));
}

TEST_CASE("a result counts once, and only the current attempt's") {
  Core run;
  run.first({schedule("a", {.start_to_close = 5s})});
  run.begin(5);
  run.skip();
  run.pass(1s);
  run.begin(5, 2);
  CHECK_FALSE(run.end(5, 1, ActivityCompleted{text("late")}));
  CHECK(run.heartbeat(5, 1, "late") == std::nullopt);
  CHECK(run.end(5, 2, ActivityCompleted{text("now")}));
  CHECK_FALSE(run.end(5, 2, ActivityCompleted{text("again")}));
  CHECK(run.attributes<proto::ActivityTaskCompletedEventAttributes>(7).result->payloads ==
        text("now"));
}

TEST_CASE("an attempt that died with its process is followed at once, its details kept") {
  Core run;
  run.first({schedule("a", {}, {.initial_interval = 1h, .maximum_attempts = 2})});
  run.begin(5);
  run.heartbeat(5, 1, "half");
  run.lose(5);
  CHECK(run.effects_of<ActivityReady>().back().attempt == 2);
  run.begin(5, 2);  // without backoff
  CHECK(run.activity(5).heartbeat_details == text("half"));
  run.lose(5);
  const auto failure = run.attributes<proto::ActivityTaskFailedEventAttributes>(7);
  CHECK(std::get<proto::ApplicationFailureInfo>(failure.failure->info).type == "ProcessLost");
  CHECK(failure.retry_state == RetryState::MaximumAttemptsReached);
  CHECK(run.attributes<proto::ActivityTaskStartedEventAttributes>(6).attempt == 2);
}

TEST_CASE("an attempt that is completed from elsewhere does not die with the process") {
  Core run;
  run.first({schedule("a")});
  run.begin(5);
  CHECK(run.end(5, 1, ActivityWillCompleteAsync{}));
  run.lose(5);
  CHECK(run.activity(5).attempt == 1);
  CHECK(run.end(5, 1, ActivityCompleted{text("from afar")}));
  CHECK(run.types().back() == "WorkflowTaskScheduled");
}

// ---- cancellation -------------------------------------------------------------------------------

TEST_CASE("an activity that nobody has started is canceled at once, and the workflow woken") {
  Core run;
  run.first({schedule("a")});
  run.signal();
  run.task({cancel_activity(5)});
  CHECK(run.types(10) ==
        Lines{"ActivityTaskCancelRequested", "ActivityTaskCanceled", "WorkflowTaskScheduled"});
  const auto canceled = run.attributes<proto::ActivityTaskCanceledEventAttributes>(11);
  CHECK(canceled.started_event_id == 0);
  CHECK(canceled.latest_cancel_requested_event_id == 10);
  CHECK_FALSE(run.state().start_activity(5, 1, run.now));
}

TEST_CASE("an activity between two attempts is canceled at once") {
  Core run;
  run.first({schedule("a")});
  run.begin(5);
  run.end(5, 1, failed("Flaky"));
  run.signal();
  run.task({cancel_activity(5)});
  CHECK(run.types(10) ==
        Lines{"ActivityTaskCancelRequested", "ActivityTaskCanceled", "WorkflowTaskScheduled"});
  CHECK_FALSE(run.state().next_due());
}

TEST_CASE("a running activity is told, answers, and is not retried any more") {
  Core run;
  run.first({schedule("a"), schedule("b")});
  run.begin(5);
  run.begin(6);
  run.signal();
  run.task({cancel_activity(5), cancel_activity(6)});
  CHECK(run.effects_of<CancelActivity>().size() == 2);
  CHECK(run.heartbeat(5, 1, "x") == std::optional(true));
  CHECK(run.end(5, 1, ActivityCanceled{text("bye")}));
  const auto canceled = run.attributes<proto::ActivityTaskCanceledEventAttributes>(14);
  CHECK(canceled.started_event_id == 13);
  CHECK(canceled.latest_cancel_requested_event_id == 11);
  CHECK(canceled.details->payloads == text("bye"));
  run.end(6, 1, failed("Flaky"));
  CHECK(run.attributes<proto::ActivityTaskFailedEventAttributes>(17).retry_state ==
        RetryState::CancelRequested);
}

// ---- deadlines ----------------------------------------------------------------------------------

TEST_CASE("the next deadline follows every change of an activity") {
  Core run;  // the driver compares it with the one of the state that was read back, each time
  run.first({schedule("a", {.start_to_close = 10s, .schedule_to_start = 3s}),
             schedule("b", {.start_to_close = 20s})});
  CHECK(run.state().next_due() == run.now + 3s);
  run.begin(5);
  CHECK(run.state().next_due() == run.now + 10s);
  run.begin(6);
  run.end(5, 1, ActivityCompleted{});
  CHECK(run.state().next_due() == run.now + 20s);
  run.end(6, 1, ActivityCompleted{});
  CHECK_FALSE(run.state().next_due());
}

TEST_CASE("when the clock jumps over everything, each activity ends once and nothing stays due") {
  Core run;
  run.first({schedule("a", {.start_to_close = 10s, .schedule_to_close = 30s}),
             schedule("b", {.start_to_close = 10s, .schedule_to_start = 1s}), timer("1", 1min)});
  run.begin(5);
  run.pass(24h);
  for (int i = 0; i < 3; ++i) run.pass(0s);
  CHECK(run.state().activities().empty());
  CHECK(run.state().timers().empty());
  CHECK_FALSE(run.state().next_due());
}

TEST_CASE("attempts that time out, however many, can be stored and read, and a result is taken") {
  Core run;
  run.first({schedule("a", {.start_to_close = 30s}, {.maximum_interval = 1s})});
  constexpr std::int32_t attempts = 3 * static_cast<std::int32_t>(kMaxMessageDepth);
  for (std::int32_t attempt = 1; attempt < attempts; ++attempt) {
    run.begin(5, attempt);
    run.pass(30s);
    run.pass(1s);
  }
  run.begin(5, attempts);
  CHECK(run.end(5, attempts, ActivityCompleted{text("result")}));
  const auto started = run.attributes<proto::ActivityTaskStartedEventAttributes>(6);
  CHECK(timeout_of(*started.last_failure).timeout_type == TimeoutType::StartToClose);
  CHECK_FALSE(started.last_failure->cause);
}

TEST_CASE("a failure with more causes than a message can hold loses the last of them") {
  proto::Failure failure;
  failure.message = "innermost";
  for (std::size_t i = 0; i < 2 * kMaxMessageDepth; ++i) {
    proto::Failure outer;
    outer.message = "cause " + std::to_string(i);
    outer.cause = std::move(failure);
    failure = std::move(outer);
  }
  Core run;
  run.first({schedule("a", {}, {.maximum_attempts = 2})});
  for (std::int32_t attempt = 1; attempt <= 2; ++attempt) {
    run.begin(5, attempt);
    run.end(5, attempt, ActivityFailed{failure});
    if (attempt == 1) run.skip();
  }
  CHECK(run.attributes<proto::ActivityTaskFailedEventAttributes>(7).failure->message ==
        failure.message);
}
