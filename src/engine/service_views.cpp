// What people and programs see of runs.
#include "durasim/store/integrity.hpp"

#include "engine/run_codec.hpp"
#include "engine/service.hpp"

#include <algorithm>
#include <array>

namespace durasim::inline v0 {

WorkflowNotFound::~WorkflowNotFound() = default;
WorkflowAlreadyStarted::WorkflowAlreadyStarted(const std::string& message, std::string run_id)
    : Error(message), run_id_(std::move(run_id)) {}
WorkflowAlreadyStarted::~WorkflowAlreadyStarted() = default;
QueryFailed::~QueryFailed() = default;
WorkflowNotReady::~WorkflowNotReady() = default;
WorkflowBlocked::~WorkflowBlocked() = default;

std::string_view to_string(WorkflowStatus status) {
  constexpr std::array<std::string_view, 8> names{"Unspecified",    "Running",  "Completed",
                                                  "Failed",         "Canceled", "Terminated",
                                                  "ContinuedAsNew", "TimedOut"};
  return names[static_cast<std::size_t>(status)];
}

namespace engine {

namespace {

WorkflowDescription summary_of(const store::RunRow& row, const RunRecord& record) {
  WorkflowDescription description;
  description.workflow_id = row.workflow_id;
  description.run_id = row.run_id;
  description.workflow_type = row.workflow_type;
  description.task_queue = row.task_queue;
  description.status = static_cast<WorkflowStatus>(row.status);
  description.start_time = row.start_time;
  if (row.status != store::RunStatus::Running) description.close_time = row.close_time;
  description.history_length = row.next_event_id - 1;
  description.history_bytes = row.history_bytes;
  if (is_open(row)) {
    description.crashes = record.crashes;
    description.parked = record.parked;
  }
  return description;
}

}  // namespace

WorkflowDescription Service::describe(const std::string& workflow_id, const std::string& run_id) {
  const RunState& state = load(resolve(workflow_id, run_id)).state;
  WorkflowDescription description = summary_of(state.row(), state.record());
  if (state.record().task.state != TaskState::None)
    description.workflow_task_attempt = state.record().task.attempt;
  for (const auto& [id, activity] : state.activities()) {
    PendingActivity pending;
    pending.activity_id = activity.activity_id;
    pending.activity_type = activity.activity_type;
    pending.attempt = activity.attempt;
    pending.started = activity.started;
    pending.cancel_requested = activity.cancel_requested;
    pending.scheduled_time = activity.scheduled_time;
    pending.next_attempt_time = activity.attempt_scheduled_time;
    pending.heartbeat_details = PayloadList(activity.heartbeat_details);
    if (activity.last_failure) pending.last_failure = *activity.last_failure;
    description.pending_activities.push_back(std::move(pending));
  }
  return description;
}

std::vector<WorkflowDescription> Service::list(const ListOptions& options) const {
  store::RunFilter filter;
  if (options.status) filter.status = static_cast<store::RunStatus>(*options.status);
  filter.workflow_id = options.workflow_id;
  filter.workflow_type = options.workflow_type;
  filter.limit = options.limit;
  filter.after_run_id = options.after_run_id;
  std::vector<WorkflowDescription> descriptions;
  for (const store::RunRow& row : store_.runs(filter)) {
    store::verify(row);
    descriptions.push_back(summary_of(row, decode_run_without_payloads(row.state)));
  }
  return descriptions;
}

}  // namespace engine

}  // namespace durasim::inline v0
