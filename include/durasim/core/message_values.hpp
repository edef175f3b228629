// Between Temporal's messages and the values of options: an empty list or a zero duration is an
// absent member there.
#pragma once

#include "durasim/core/messages.hpp"
#include "durasim/core/payload.hpp"
#include "durasim/core/retry_policy.hpp"

#include <optional>
#include <string>
#include <utility>

namespace durasim::inline v0::proto {

[[nodiscard]] inline std::optional<Payloads> to_message(PayloadList list) {
  if (list.empty()) return std::nullopt;
  return Payloads{.payloads = std::move(list).vector(), .unknown_fields = {}};
}
[[nodiscard]] inline PayloadList to_list(const std::optional<Payloads>& message) {
  return message ? PayloadList(message->payloads) : PayloadList();
}

[[nodiscard]] inline std::optional<ProtoDuration> to_message(Duration duration) {
  if (duration == Duration::zero()) return std::nullopt;
  return ProtoDuration::from(duration);
}
[[nodiscard]] inline Duration to_duration(const std::optional<ProtoDuration>& message) {
  return message ? message->duration() : Duration::zero();
}

[[nodiscard]] inline WallTime to_time(const std::optional<Timestamp>& message) {
  return message ? message->wall_time() : WallTime{};
}

[[nodiscard]] DURASIM_EXPORT RetryPolicy to_message(const durasim::RetryPolicy& policy);
// What a policy leaves open becomes Temporal's default (1 s, 2.0, 100 x, no limit).
[[nodiscard]] DURASIM_EXPORT durasim::RetryPolicy to_policy(const RetryPolicy& message);

[[nodiscard]] inline std::optional<TaskQueue> to_task_queue(std::string name) {
  TaskQueue queue;
  queue.name = std::move(name);
  queue.kind = TaskQueueKind::Normal;
  return queue;
}

}  // namespace durasim::inline v0::proto
