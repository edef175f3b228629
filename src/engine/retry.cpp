// The rules, in Temporal's order: retryable at all, attempts left, time left.
#include "engine/retry.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"

#include "mutants/mutants.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace durasim::inline v0::engine {

using namespace proto;

namespace {

bool names(const durasim::RetryPolicy& policy, std::string_view type) {
  return std::ranges::find(policy.non_retryable_error_types, type) !=
         policy.non_retryable_error_types.end();
}

}  // namespace

bool is_retryable(const proto::Failure& failure, const durasim::RetryPolicy& policy) {
  if (std::holds_alternative<TerminatedFailureInfo>(failure.info) ||
      std::holds_alternative<CanceledFailureInfo>(failure.info)) {
    return false;
  }
  if (const auto* timeout = std::get_if<TimeoutFailureInfo>(&failure.info)) {
    if (timeout->timeout_type != TimeoutType::StartToClose &&
        timeout->timeout_type != TimeoutType::Heartbeat) {
      return false;
    }
    return !names(policy, "TemporalTimeout:" + to_string(timeout->timeout_type));
  }
  if (const auto* server = std::get_if<ServerFailureInfo>(&failure.info))
    return !server->non_retryable;
  if (const auto* application = std::get_if<ApplicationFailureInfo>(&failure.info)) {
    return !application->non_retryable && !names(policy, application->type);
  }
  return true;
}

RetryDecision decide_retry(const durasim::RetryPolicy& policy, std::int32_t attempt,
                           const proto::Failure& failure, WallTime now, WallTime deadline,
                           bool at_once) {
  if (!is_retryable(failure, policy) && !mutant(MutantId::RetriesNonRetryable)) {
    return {RetryState::NonRetryableFailure, {}};
  }
  if (policy.maximum_attempts > 0 &&
      attempt >= policy.maximum_attempts + (mutant(MutantId::OneAttemptTooMany) ? 1 : 0)) {
    return {RetryState::MaximumAttemptsReached, {}};
  }
  Duration delay = at_once ? Duration::zero() : retry_delay(policy, attempt);
  if (const auto* application = std::get_if<ApplicationFailureInfo>(&failure.info);
      application != nullptr && application->next_retry_delay && !at_once) {
    delay = application->next_retry_delay->duration();
  }
  const bool too_late = deadline != WallTime::max() && delay > deadline - now;
  if (too_late && !mutant(MutantId::RetryPastDeadline)) return {RetryState::Timeout, {}};
  return {RetryState::InProgress, delay};
}

proto::Failure timeout_failure(TimeoutType type, const ActivityRecord& activity) {
  proto::Failure failure;
  failure.message = "activity " + to_string(type) + " timeout";
  failure.source = "durasim";
  TimeoutFailureInfo info;
  info.timeout_type = type;
  if (activity.has_heartbeat_details)
    info.last_heartbeat_details = to_message(PayloadList(activity.heartbeat_details));
  failure.info = std::move(info);
  return failure;
}

}  // namespace durasim::inline v0::engine
