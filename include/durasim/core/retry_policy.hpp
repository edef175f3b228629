// Temporal's retry policy as workflow code writes it, and its arithmetic (temporal:
// common/backoff/retry.go, history/workflow/retry.go). Pure functions; no jitter.
#pragma once

#include "durasim/core/time.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace durasim::inline v0 {

struct RetryPolicy {
  // Delay before the second attempt.
  Duration initial_interval = std::chrono::seconds{1};
  // Each further delay is this times the one before; at least 1.
  double backoff_coefficient = 2.0;
  // No delay is longer; 0 means 100 times the initial interval.
  Duration maximum_interval{};
  // Attempts in all, the first included; 0 means no limit.
  int maximum_attempts = 0;
  // Types of ApplicationFailure that are never retried (exact match). Timeouts can be excluded as
  // "TemporalTimeout:StartToClose" and "TemporalTimeout:Heartbeat".
  std::vector<std::string> non_retryable_error_types{};
  DURASIM_EXPORT bool operator==(const RetryPolicy&) const;
};

// Throws InvalidArgument that names the member and its value. A policy of one attempt is not looked
// at further.
DURASIM_EXPORT void validate(const RetryPolicy& policy);

// The delay between attempt `attempt` (1-based) that has failed and the next one:
// initial * coefficient^(attempt-1), at most the maximum interval.
DURASIM_EXPORT Duration retry_delay(const RetryPolicy& policy, int attempt);

}  // namespace durasim::inline v0
