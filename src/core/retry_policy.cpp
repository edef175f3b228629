// The arithmetic of retries. Only IEEE additions and multiplications, no pow(): libm's last bit
// differs between machines, and a replayed or simulated run must come to the same delay everywhere.
#include "durasim/core/retry_policy.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace durasim::inline v0 {

namespace {

constexpr int kDefaultMaximumFactor = 100;
constexpr std::string_view kTimeoutPrefix = "TemporalTimeout:";
constexpr std::array<std::string_view, 4> kTimeoutNames{"StartToClose", "ScheduleToStart",
                                                        "ScheduleToClose", "Heartbeat"};

// base^exponent for base >= 1 and exponent >= 0, infinite when doubles end; exact as long as the
// power fits in 53 bits.
double power(double base, int exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 != 0) result *= base;
    base *= base;
  }
  return result;
}

Duration maximum_interval(const RetryPolicy& policy) {
  if (policy.maximum_interval > Duration::zero()) return policy.maximum_interval;
  if (policy.initial_interval > Duration::max() / kDefaultMaximumFactor) return Duration::max();
  return policy.initial_interval * kDefaultMaximumFactor;
}

std::string seconds_text(Duration duration) {
  return fmt::format("{} s", std::chrono::duration<double>(duration).count());
}

[[noreturn]] void reject(std::string_view member, const std::string& value, std::string_view rule) {
  throw InvalidArgument(fmt::format("retry policy: {} is {}; {}", member, value, rule));
}

}  // namespace

bool RetryPolicy::operator==(const RetryPolicy&) const = default;

void validate(const RetryPolicy& policy) {
  if (policy.maximum_attempts == 1) return;
  if (policy.maximum_attempts < 0) {
    reject("maximum_attempts", std::to_string(policy.maximum_attempts),
           "it must be 0 (no limit) or more");
  }
  if (policy.initial_interval <= Duration::zero()) {
    reject("initial_interval", seconds_text(policy.initial_interval), "it must be more than 0");
  }
  if (!(policy.backoff_coefficient >= 1) || !std::isfinite(policy.backoff_coefficient)) {
    reject("backoff_coefficient", fmt::format("{}", policy.backoff_coefficient),
           "it must be 1 or more");
  }
  if (policy.maximum_interval < Duration::zero()) {
    reject("maximum_interval", seconds_text(policy.maximum_interval),
           "it must be 0 (100 times the initial interval) or more");
  }
  if (policy.maximum_interval > Duration::zero() &&
      policy.maximum_interval < policy.initial_interval) {
    reject("maximum_interval", seconds_text(policy.maximum_interval),
           "it must not be less than initial_interval, " + seconds_text(policy.initial_interval));
  }
  for (const std::string& type : policy.non_retryable_error_types) {
    if (!type.starts_with(kTimeoutPrefix)) continue;
    const auto name = std::string_view(type).substr(kTimeoutPrefix.size());
    if (std::find(kTimeoutNames.begin(), kTimeoutNames.end(), name) == kTimeoutNames.end()) {
      reject("non_retryable_error_types", '"' + type + '"',
             "timeouts are named TemporalTimeout:StartToClose, ScheduleToStart, ScheduleToClose or "
             "Heartbeat");
    }
  }
}

Duration retry_delay(const RetryPolicy& policy, int attempt) {
  const Duration longest = maximum_interval(policy);
  const double delay = static_cast<double>(policy.initial_interval.count()) *
                       power(policy.backoff_coefficient, std::max(attempt, 1) - 1);
  // Not the other way round: an infinite delay, or none at all from 0 times infinity, is the
  // longest too.
  if (!(delay < static_cast<double>(longest.count()))) return longest;
  return Duration(static_cast<Duration::rep>(delay));
}

}  // namespace durasim::inline v0
