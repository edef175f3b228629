// When something that failed is tried again (temporal: history/workflow/retry.go,
// common/retrypolicy). Pure.
#pragma once

#include "durasim/core/failure_message.hpp"
#include "durasim/core/retry_policy.hpp"

#include "engine/run_record.hpp"

#include <optional>

namespace durasim::inline v0::engine {

struct RetryDecision {
  RetryState state{};  // InProgress: there is another attempt
  Duration delay{};
};

// Whether attempt `attempt`, which has just failed, is followed by another one that can start
// before `deadline`. `at_once`: without backoff.
[[nodiscard]] DURASIM_EXPORT RetryDecision decide_retry(const durasim::RetryPolicy& policy,
                                                        std::int32_t attempt,
                                                        const proto::Failure& failure, WallTime now,
                                                        WallTime deadline, bool at_once = false);

// Terminated and canceled: no. Timeouts: start-to-close and heartbeat, unless the policy names
// them. Server: unless marked. Application: unless marked or of a type that the policy names.
// Others: yes.
[[nodiscard]] DURASIM_EXPORT bool is_retryable(const proto::Failure& failure,
                                               const durasim::RetryPolicy& policy);

// A timeout of the activity, with its last heartbeat details.
[[nodiscard]] proto::Failure timeout_failure(TimeoutType type, const ActivityRecord& activity);

}  // namespace durasim::inline v0::engine
