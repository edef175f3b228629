// The arithmetic of retries against a table made by hand from Temporal's rules, at its ends too.
#include "durasim/core/retry_policy.hpp"

#include "durasim/core/error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

using durasim::Duration;
using durasim::retry_delay;
using durasim::RetryPolicy;
using namespace std::chrono_literals;

namespace {

struct Row {
  RetryPolicy policy;
  int attempt;
  Duration delay;
};

constexpr int kLastAttempt = std::numeric_limits<int>::max();

}  // namespace

TEST_CASE("the delay grows by the coefficient up to the maximum interval") {
  const RetryPolicy standard{};
  const RetryPolicy capped{.initial_interval = 30s, .maximum_interval = 5min};
  const RetryPolicy constant{.initial_interval = 7ms, .backoff_coefficient = 1.0};
  const RetryPolicy half{
      .initial_interval = 1s, .backoff_coefficient = 1.5, .maximum_interval = 1h};
  const std::vector<Row> table{
      {standard, 1, 1s},
      {standard, 2, 2s},
      {standard, 3, 4s},
      {standard, 7, 64s},
      {standard, 8, 100s},  // 128 s, but the default maximum is 100 times the first delay
      {capped, 1, 30s},
      {capped, 4, 240s},
      {capped, 5, 300s},
      {capped, 50, 300s},
      {constant, 1, 7ms},
      {constant, 1000, 7ms},
      {constant, kLastAttempt, 7ms},
      {half, 2, 1500ms},
      {half, 3, 2250ms},
      {half, 4, 3375ms},
      {half, 11, 57'665'039'062ns},  // 1.5^10 s, the fraction of a nanosecond cut off as in Go
      {half, 22, 1h},
      {standard, 0, 1s},
      {standard, -5, 1s},
  };
  for (const Row& row : table) {
    CAPTURE(row.attempt);
    CAPTURE(row.policy.backoff_coefficient);
    CHECK(retry_delay(row.policy, row.attempt).count() == row.delay.count());
  }
}

TEST_CASE("no attempt number and no policy makes the delay overflow") {
  RetryPolicy policy{};
  CHECK(retry_delay(policy, kLastAttempt) == 100s);
  policy.backoff_coefficient = 1e308;
  CHECK(retry_delay(policy, 3) == 100s);
  CHECK(retry_delay(policy, kLastAttempt) == 100s);
  policy = {.initial_interval = Duration::max()};
  CHECK(retry_delay(policy, 1) == Duration::max());
  CHECK(retry_delay(policy, kLastAttempt) == Duration::max());
  policy = {.initial_interval = 1h, .maximum_interval = Duration::max()};
  CHECK(retry_delay(policy, 22) == 3600s * (1 << 21));
  CHECK(retry_delay(policy, 23) == Duration::max());
  // Just above 1: some 2 billion factors, but only 31 multiplications.
  policy = {.initial_interval = 1s, .backoff_coefficient = 1.0 + 1e-9, .maximum_interval = 1h};
  CHECK(retry_delay(policy, kLastAttempt) > 8s);
  CHECK(retry_delay(policy, kLastAttempt) < 9s);
}

TEST_CASE("the delay never falls from one attempt to the next") {
  for (const double coefficient : {1.0, 1.0001, 1.1, 2.0, 3.7, 1e9}) {
    const RetryPolicy policy{
        .initial_interval = 3s, .backoff_coefficient = coefficient, .maximum_interval = 90min};
    for (int attempt = 1; attempt < 2000; ++attempt) {
      REQUIRE(retry_delay(policy, attempt) <= retry_delay(policy, attempt + 1));
    }
  }
}

TEST_CASE("a policy that makes no sense is refused by the member's name") {
  const auto message = [](const RetryPolicy& policy) -> std::string {
    try {
      durasim::validate(policy);
    } catch (const durasim::InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(message({}) == "");
  CHECK(message({.backoff_coefficient = 0.5}) ==
        "retry policy: backoff_coefficient is 0.5; it must be 1 or more");
  CHECK(message({.backoff_coefficient = nan}).find("backoff_coefficient") != std::string::npos);
  CHECK(message({.initial_interval = 0s}) ==
        "retry policy: initial_interval is 0 s; it must be more than 0");
  CHECK(message({.initial_interval = 10s, .maximum_interval = 5s}) ==
        "retry policy: maximum_interval is 5 s; it must not be less than initial_interval, 10 s");
  CHECK(message({.maximum_interval = -1s}).find("maximum_interval") != std::string::npos);
  CHECK(message({.maximum_attempts = -1}).find("maximum_attempts") != std::string::npos);
  CHECK(message({.non_retryable_error_types = {"Anything", "TemporalTimeout:Heartbeat"}}) == "");
  CHECK(message({.non_retryable_error_types = {"TemporalTimeout:Never"}})
            .find("\"TemporalTimeout:Never\"") != std::string::npos);
  CHECK(message({.backoff_coefficient = 0, .maximum_attempts = 1}) == "");  // never used
}
