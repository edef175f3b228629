// Whether commands of a workflow task can be accepted, before any of them is: ids, timeouts,
// limits, and the rule that a run does not close over events that its code has not seen. Also how
// the timeouts of an activity complete each other (temporal: chasm/lib/activity/validator.go).
#pragma once

#include "durasim/core/command.hpp"
#include "durasim/core/history.hpp"

#include "engine/run_state.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace durasim::inline v0::engine {

[[nodiscard]] bool is_closing(const proto::Command& command);

// The record of an activity with every timeout and the retry policy resolved; event id and times
// are the caller's to set.
[[nodiscard]] ActivityRecord new_activity(
    const proto::ScheduleActivityTaskCommandAttributes& command,
    const std::string& workflow_task_queue, Duration run_timeout);

// Far in the future instead of overflow.
[[nodiscard]] WallTime add_clamped(WallTime time, Duration duration);

class CommandRules {
 public:
  CommandRules(const EngineLimits& limits, const RunState& run);
  // Why the command cannot be accepted after those that were checked before it.
  std::optional<WorkflowTaskFailure> check(const proto::Command& command);

 private:
  static std::optional<WorkflowTaskFailure> check_texts(const proto::Command& command);
  std::optional<WorkflowTaskFailure> check_activity(
      const proto::ScheduleActivityTaskCommandAttributes& command);
  std::optional<WorkflowTaskFailure> check_timer(const proto::StartTimerCommandAttributes& command);
  std::optional<WorkflowTaskFailure> check_cancel_timer(const std::string& timer_id);
  std::optional<WorkflowTaskFailure> check_cancel_activity(std::int64_t scheduled_event_id);

  template <class What>
  [[nodiscard]] std::optional<WorkflowTaskFailure> check_sizes(
      const std::optional<proto::Payloads>& payloads, const What& what) const;

  const EngineLimits& limits_;
  const RunState& run_;
  std::set<std::string> new_timers_;
  std::set<std::string> canceled_timers_;
  std::set<std::string> new_activities_;
  std::set<std::int64_t> canceled_activities_;
  std::size_t fired_unseen_ = 0;  // buffered TimerFired events that a cancel takes back
};

}  // namespace durasim::inline v0::engine
