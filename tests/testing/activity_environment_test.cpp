// ActivityEnvironment as a user's test uses it: plain callables, bound implementations, heartbeats,
// cancellation from everywhere, and the throttle on a clock that the test moves.
#include "durasim/testing/activity_environment.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace shop {

struct Simulation {
  std::string outcome;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(Simulation, (), (outcome, reason))

}  // namespace shop

namespace {

using namespace durasim;
using durasim::testing::ActivityEnvironment;
using namespace std::chrono_literals;

constexpr Activity<shop::Simulation(std::string)> run_simulation{"run_simulation"};

// Bad geometry is an answer, everything else is a failure of the activity.
shop::Simulation simulate(const ActivityContext& context, const std::string& geometry) {
  if (geometry.empty()) return {.outcome = "FAIL", .reason = "no parts"};
  if (geometry == "?") throw std::invalid_argument("not a STEP file");
  for (int step = 1; step <= 3; ++step) {
    context.throw_if_canceled();
    context.heartbeat(step);
  }
  return {.outcome = "SUCCESS", .reason = "stable"};
}

struct Fixture {
  Fixture() {
    environment.on_heartbeat = [this](const PayloadList& details) {
      seen.push_back(from_payload<int>(details.at(0)));
    };
  }
  ActivityEnvironment environment;
  std::vector<int> seen;
};

TEST_CASE_FIXTURE(Fixture, "a plain callable runs with default information") {
  CHECK(environment.run(simulate, "box").outcome == "SUCCESS");
  CHECK(seen == std::vector{1, 2, 3});
  CHECK(environment.run(simulate, "").reason == "no parts");
  CHECK_THROWS_WITH_AS(environment.run(simulate, "?"), "not a STEP file", std::invalid_argument);
  CHECK(environment.run([](int a, int b) { return a + b; }, 1, 2) == 3);
  environment.run([](const ActivityContext& context) {
    const ActivityInfo& info = context.info();
    CHECK(info.attempt == 1);
    CHECK(info.namespace_ == "default");
    CHECK(info.workflow_type == "test");
    CHECK(info.task_token == "test");
    CHECK(info.start_to_close_timeout == Duration{1s});
    CHECK(info.started_time == WallTime{});
  });
}

TEST_CASE_FIXTURE(Fixture, "an implementation runs as an engine runs it") {
  const ActivityImplementation implementation = make_activity(run_simulation, simulate);
  const ActivityOutcome good = environment.run_implementation(implementation, "box");
  CHECK(result_from_payloads<shop::Simulation>(std::get<ActivityCompleted>(good).result).outcome ==
        "SUCCESS");
  const ActivityOutcome bad = environment.run_implementation(implementation, "?");
  CHECK(std::get<ActivityFailed>(bad).failure.message == "not a STEP file");
  const ActivityOutcome wrong = environment.run_implementation(implementation, 5);
  CHECK(std::get<ActivityFailed>(wrong).failure.message ==
        "argument 1: $: expected a string, found the number 5");
}

TEST_CASE_FIXTURE(Fixture,
                  "an activity can be cancelled before, during a heartbeat and from elsewhere") {
  environment.cancel();
  CHECK_THROWS_AS(environment.run(simulate, "box"), CanceledFailure);
  CHECK(seen.empty());
  CHECK(environment.run(simulate, "box").outcome == "SUCCESS");  // the request ended with its run

  seen.clear();
  environment.on_heartbeat = [&](const PayloadList& details) {
    seen.push_back(from_payload<int>(details.at(0)));
    if (seen.size() == 2) environment.cancel();
  };
  const ActivityOutcome outcome =
      environment.run_implementation(make_activity(run_simulation, simulate), "box");
  CHECK(std::holds_alternative<ActivityCanceled>(outcome));
  CHECK(seen == std::vector{1, 2});

  const auto reason = environment.run([&](const ActivityContext& context) {
    std::thread other([&] { environment.cancel(ActivityCancelReason::WorkerShutdown); });
    other.join();
    return context.cancel_reason();
  });
  CHECK(reason == ActivityCancelReason::WorkerShutdown);
}

TEST_CASE_FIXTURE(Fixture,
                  "a stop callback may heartbeat when the test cancels during a heartbeat") {
  environment.on_heartbeat = [&](const PayloadList& details) {
    seen.push_back(from_payload<int>(details.at(0)));
    if (seen.size() == 1) environment.cancel();
  };
  environment.run([](const ActivityContext& context) {
    const std::stop_callback callback(context.stop_token(), [&] { context.heartbeat(2); });
    context.heartbeat(1);
  });
  CHECK(seen == std::vector{1, 2});
}

TEST_CASE_FIXTURE(Fixture, "the attempt before is made up by the test") {
  environment.info.attempt = 3;
  environment.heartbeat_details = to_payloads(41);
  const int next = environment.run([](const ActivityContext& context) {
    return context.heartbeat_details<int>().value_or(0) + context.info().attempt;
  });
  CHECK(next == 44);
}

TEST_CASE_FIXTURE(Fixture, "with throttling the test sees what an engine would have recorded") {
  environment.throttle_heartbeats = true;
  environment.info.heartbeat_timeout = 10s;
  environment.run([&](const ActivityContext& context) {
    for (int step = 1; step <= 20; ++step) {
      context.heartbeat(step);
      environment.advance(1s);
    }
  });
  CHECK(seen == std::vector{1, 8, 16});
  CHECK(environment.clock().wall_now() == WallTime(20s));
}

TEST_CASE_FIXTURE(Fixture, "a context that outlives its run is inert") {
  std::optional<ActivityContext> kept;
  environment.run([&](ActivityContext context) { kept = context; });
  CHECK_THROWS_AS(kept->heartbeat(1), CancelledError);
  CHECK(seen.empty());
}

TEST_CASE_FIXTURE(Fixture, "a run within a run is refused") {
  environment.run([&] { CHECK_THROWS_AS(environment.run([] {}), LogicError); });
  CHECK(environment.run([] { return 1; }) == 1);
}

}  // namespace
