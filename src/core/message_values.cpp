// Conversions that do not fit on a line.
#include "durasim/core/message_values.hpp"

namespace durasim::inline v0::proto {

RetryPolicy to_message(const durasim::RetryPolicy& policy) {
  RetryPolicy message;
  message.initial_interval = to_message(policy.initial_interval);
  message.backoff_coefficient = policy.backoff_coefficient;
  message.maximum_interval = to_message(policy.maximum_interval);
  message.maximum_attempts = policy.maximum_attempts;
  message.non_retryable_error_types = policy.non_retryable_error_types;
  return message;
}

durasim::RetryPolicy to_policy(const RetryPolicy& message) {
  durasim::RetryPolicy policy;
  if (message.initial_interval) policy.initial_interval = message.initial_interval->duration();
  if (message.backoff_coefficient != 0) policy.backoff_coefficient = message.backoff_coefficient;
  policy.maximum_interval = to_duration(message.maximum_interval);
  policy.maximum_attempts = message.maximum_attempts;
  policy.non_retryable_error_types = message.non_retryable_error_types;
  return policy;
}

}  // namespace durasim::inline v0::proto
