// make_activity: every kind of callable, with and without a context, and the conversion of its
// arguments and result.
#include "durasim/activity/implementation.hpp"

#include "durasim/activity/attempt.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace {

using namespace durasim;

constexpr Activity<int(int, std::string)> measure{"measure"};
constexpr Activity<void()> touch{"touch"};

class SilentOutbound final : public ActivityOutbound {
 public:
  HeartbeatReply record_heartbeat(const PayloadList&) override { return {}; }
  void wake_at(SteadyTime) override {}
};

PayloadList result_of(const ActivityImplementation& implementation, const PayloadList& arguments) {
  SilentOutbound outbound;
  const auto attempt = ActivityAttempt::create(
      {.info = {}, .arguments = {}, .heartbeat_details = {}}, outbound, system_clock());
  return implementation.run(attempt->context(), arguments);
}

int measure_size(int base, const std::string& text) {
  return base + static_cast<int>(text.size());
}

class Gateway {
 public:
  int measure(ActivityContext context, int base, std::string text) {
    ++calls;
    return measure_size(base, text) + context.info().attempt;
  }
  [[nodiscard]] int measure_alone(int base, const std::string& text) const noexcept {
    return base + static_cast<int>(text.size());
  }
  int calls = 0;
};

TEST_CASE("any callable that fits can implement an activity") {
  const PayloadList arguments = to_payloads(10, "abc");
  const PayloadList thirteen = to_payloads(13);
  CHECK(make_activity(measure, measure_size).activity_type == "measure");
  CHECK(result_of(make_activity(measure, measure_size), arguments) == thirteen);
  CHECK(result_of(make_activity(measure, &measure_size), arguments) == thirteen);

  int calls = 0;
  const auto lambda = [&calls](ActivityContext, int base, std::string text) {
    ++calls;
    return measure_size(base, text);
  };
  CHECK(result_of(make_activity(measure, lambda), arguments) == thirteen);
  CHECK(calls == 1);

  auto move_only = [base = std::make_unique<int>(10)](int, const std::string& text) mutable {
    return measure_size(*base, text);
  };
  CHECK(result_of(make_activity(measure, std::move(move_only)), arguments) == thirteen);

  Gateway gateway;
  CHECK(result_of(make_activity(measure, &Gateway::measure, gateway), arguments) ==
        to_payloads(14));
  CHECK(gateway.calls == 1);
  const Gateway& constant = gateway;
  CHECK(result_of(make_activity(measure, &Gateway::measure_alone, constant), arguments) ==
        thirteen);
}

TEST_CASE("a void activity has no result, whatever its callable returns") {
  bool called = false;
  CHECK(result_of(make_activity(touch, [&] { called = true; }), {}).empty());
  CHECK(called);
  CHECK(result_of(make_activity(touch, [](ActivityContext) { return 5; }), {}).empty());
}

TEST_CASE("the result has the type of the constant, not of the callable") {
  constexpr Activity<double(int)> halve{"halve"};
  constexpr Activity<std::optional<int>(int)> maybe{"maybe"};
  CHECK(result_of(make_activity(halve, [](int value) { return value; }), to_payloads(3)) ==
        to_payloads(3.0));
  CHECK(result_of(make_activity(maybe, [](int) { return std::nullopt; }), to_payloads(3)) ==
        to_payloads(nullptr));
}

TEST_CASE("arguments by reference are given a value of their own") {
  constexpr Activity<std::string(const std::string&)> echo{"echo"};
  CHECK(result_of(make_activity(echo, [](const std::string& text) { return text; }),
                  to_payloads("a")) == to_payloads("a"));
}

TEST_CASE("arguments of the wrong type fail without calling and without a retry") {
  bool called = false;
  const ActivityImplementation implementation = make_activity(measure, [&](int, std::string) {
    called = true;
    return 0;
  });
  try {
    (void)result_of(implementation, to_payloads("x", "y"));
    FAIL("accepted");
  } catch (const ApplicationFailure& failure) {
    CHECK(failure.type() == kPayloadConversion);
    CHECK(failure.non_retryable());
    CHECK(std::string(failure.what()).starts_with("argument 1: $: expected a whole number"));
  }
  CHECK_FALSE(called);
}

}  // namespace
