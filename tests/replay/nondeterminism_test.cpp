// Code that does not do what its history says: every difference is found, and named by event,
// field, what was expected and what the code did.
#include "replay/recorded.hpp"

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

namespace {

using proto::ActivityTaskScheduledEventAttributes;
using proto::TimerStartedEventAttributes;
using replay::Mismatch;

Workflow<std::string> activity_and_timer(WorkflowContext ctx, int n) {
  const int result = co_await ctx.run(work, n, {.start_to_close = 1min, .activity_id = "a"});
  co_await ctx.sleep(1h);
  co_return std::to_string(result);
}

proto::History recorded() {
  return record(activity_and_timer);
}

}  // namespace

TEST_CASE("code replays the history that it wrote, strictly and without a warning") {
  testing::Replayer replayer({.strict = true});
  replayer.implement(program, activity_and_timer);
  CHECK(replayer.replay(recorded()).empty());
}

TEST_CASE("each identifying field of a command is compared") {
  proto::History history = recorded();
  find<ActivityTaskScheduledEventAttributes>(history).activity_type->name = "charge";
  CHECK(mismatch_of(history, activity_and_timer) ==
        Mismatch{5, "ActivityTaskScheduled", "activity_type", "\"charge\"", "\"work\""});

  history = recorded();
  find<ActivityTaskScheduledEventAttributes>(history).activity_id = "b";
  CHECK(mismatch_of(history, activity_and_timer) ==
        Mismatch{5, "ActivityTaskScheduled", "activity_id", "\"b\"", "\"a\""});

  history = recorded();
  find<TimerStartedEventAttributes>(history).timer_id = "77";
  const Mismatch timer = mismatch_of(history, activity_and_timer);
  CHECK(timer.event_type == "TimerStarted");
  CHECK(timer.field == "timer_id");
  CHECK(timer.expected == "\"77\"");
}

TEST_CASE("another command than the recorded one: both are named, with the event") {
  const Code other = [](WorkflowContext ctx, int) -> Workflow<std::string> {
    co_await ctx.sleep(1h);
    co_return "";
  };
  const Mismatch found = mismatch_of(recorded(), other);
  CHECK(found ==
        Mismatch{5, "ActivityTaskScheduled", "command", "ActivityTaskScheduled", "TimerStarted"});
  CHECK(replay::to_string(found) ==
        "event 5 ActivityTaskScheduled, command: the history has ActivityTaskScheduled, the "
        "workflow issued TimerStarted");
}

TEST_CASE("a command that the code no longer issues is missed") {
  const Code shorter = [](WorkflowContext ctx, int n) -> Workflow<std::string> {
    co_await ctx.run(work, n, {.start_to_close = 1min, .activity_id = "a"});
    co_await ctx.wait_until([] { return false; });
    co_return "";
  };
  const Mismatch found = mismatch_of(recorded(), shorter);
  CHECK(found.event_type == "TimerStarted");
  CHECK(found.expected == "TimerStarted");
  CHECK(found.actual == "nothing");
}

TEST_CASE("a command that the history does not have is found, at the next task and at the end") {
  const Code longer = [](WorkflowContext ctx, int n) -> Workflow<std::string> {
    auto activity = ctx.run(work, n, {.start_to_close = 1min, .activity_id = "a"});
    auto more = ctx.run(other_work, n, {.start_to_close = 1min});
    co_await activity;
    co_await more;
    co_return "";
  };
  proto::History history = recorded();
  const Mismatch middle = mismatch_of(history, longer);
  CHECK(middle.event_type == "WorkflowTaskStarted");
  CHECK(middle.expected == "no further command");
  CHECK(middle.actual == "ActivityTaskScheduled");
  history.events.resize(5);
  CHECK(mismatch_of(history, longer).actual == "ActivityTaskScheduled");
  CHECK(mismatch_of(history, longer).event_id == 0);
  CHECK(mismatch_of(history, activity_and_timer) == Mismatch{});
}

TEST_CASE("durations, inputs and results differ: a warning, or an error when strict") {
  const auto check = [](const proto::History& history, const std::string& field,
                        const std::string& expected, const std::string& actual) {
    CAPTURE(field);
    testing::Replayer lenient;
    lenient.implement(program, activity_and_timer);
    const auto warnings = lenient.replay(history);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].field == field);
    CHECK(warnings[0].expected == expected);
    CHECK(warnings[0].actual == actual);
    CHECK(mismatch_of(history, activity_and_timer, true) == warnings[0]);
  };
  proto::History history = recorded();
  find<TimerStartedEventAttributes>(history).start_to_fire_timeout = proto::ProtoDuration::from(7s);
  check(history, "start_to_fire_timeout", "7 s", "3600 s");
  history = recorded();
  find<ActivityTaskScheduledEventAttributes>(history).input->payloads[0].data = "41";
  check(history, "input", "41", "1");
  history = recorded();
  find<proto::WorkflowExecutionCompletedEventAttributes>(history).result->payloads[0].data =
      "\"x\"";
  check(history, "result", "\"x\"", "\"2\"");
  history = recorded();
  find<ActivityTaskScheduledEventAttributes>(history).retry_policy->maximum_attempts = 9;
  testing::Replayer lenient;
  lenient.implement(program, activity_and_timer);
  CHECK(lenient.replay(history).at(0).field == "retry_policy");
}

TEST_CASE("what goes to other workflows is compared too") {
  const auto code = [](std::string target, bool signal) -> Code {
    return [target, signal](WorkflowContext ctx, int) -> Workflow<std::string> {
      try {
        if (signal) {
          co_await ctx.signal_external({.workflow_id = target}, number, 1);
        } else {
          co_await ctx.cancel_external({.workflow_id = target});
        }
      } catch (const Failure&) {
      }
      co_return "";
    };
  };
  for (const bool signal : {true, false}) {
    const proto::History history = record(code("x", signal));
    CHECK(mismatch_of(history, code("x", signal)) == Mismatch{});
    CHECK(mismatch_of(history, code("y", signal)).field == "workflow_id");
    CHECK(mismatch_of(history, code("x", !signal)).field == "command");
  }
}

TEST_CASE("all of it is one class for users: NonDeterminismError") {
  proto::History history = recorded();
  find<ActivityTaskScheduledEventAttributes>(history).activity_type->name = "charge";
  testing::Replayer replayer;
  replayer.implement(program, activity_and_timer);
  CHECK_THROWS_AS(replayer.replay(history), NonDeterminismError);
}

TEST_CASE("a history that contradicts itself is refused, not believed") {
  testing::Replayer replayer;
  replayer.implement(program, activity_and_timer);
  CHECK_THROWS_AS(replayer.replay(proto::History{}), FormatError);
  proto::History history = recorded();
  history.events.erase(history.events.begin() + 3);
  CHECK_THROWS_AS(replayer.replay(history), FormatError);  // a gap
  history = recorded();
  find<proto::ActivityTaskCompletedEventAttributes>(history).scheduled_event_id = 3;
  CHECK_THROWS_AS(replayer.replay(history), FormatError);
  history = recorded();
  find<proto::WorkflowTaskCompletedEventAttributes>(history).sdk_metadata->core_used_flags = {1,
                                                                                              99};
  CHECK_THROWS_WITH_AS(replayer.replay(history), doctest::Contains("99"), FormatError);
  history = recorded();
  find<proto::WorkflowExecutionStartedEventAttributes>(history).workflow_type->name = "Other";
  CHECK_THROWS_AS(replayer.replay(history), InvalidArgument);
}
