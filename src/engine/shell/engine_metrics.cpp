// Names and labels: docs.temporal.io/references/sdk-metrics.
#include "engine/shell/engine_metrics.hpp"

#include <array>

namespace durasim::inline v0::engine {

namespace {

using namespace std::string_view_literals;

std::string_view counter_of(WorkflowStatus status) {
  switch (status) {
    case WorkflowStatus::Completed:
      return "temporal_workflow_completed";
    case WorkflowStatus::Canceled:
      return "temporal_workflow_canceled";
    case WorkflowStatus::Failed:
      return "temporal_workflow_failed";
    case WorkflowStatus::ContinuedAsNew:
      return "temporal_workflow_continue_as_new";
    case WorkflowStatus::Terminated:
      return "durasim_workflow_terminated";  // a worker of Temporal's does not hear of these
    case WorkflowStatus::TimedOut:
      return "durasim_workflow_timed_out";
    case WorkflowStatus::Running:
      break;
  }
  return "";
}

}  // namespace

void EngineMetrics::request(std::string_view operation, bool waits, Duration latency,
                            bool failed) const {
  if (sink_ == nullptr) return;
  const std::array labels{MetricLabel{"operation", operation}};
  sink_->add(waits ? "temporal_long_request"sv : "temporal_request"sv, 1, labels);
  if (failed)
    sink_->add(waits ? "temporal_long_request_failure"sv : "temporal_request_failure"sv, 1, labels);
  sink_->record(waits ? "temporal_long_request_latency"sv : "temporal_request_latency"sv, latency,
                labels);
}

void EngineMetrics::workflow_task(const Task& task, std::string_view failure,
                                  std::optional<bool> cached) const {
  if (sink_ == nullptr) return;
  const std::array labels{MetricLabel{"task_queue", task.task_queue},
                          MetricLabel{"workflow_type", task.type}};
  sink_->record("temporal_workflow_task_schedule_to_start_latency", task.schedule_to_start, labels);
  sink_->record("temporal_workflow_task_execution_latency", task.execution, labels);
  if (cached)
    sink_->add(*cached ? "temporal_sticky_cache_hit"sv : "temporal_sticky_cache_miss"sv, 1, labels);
  if (failure.empty()) return;
  const std::array failed{labels[0], labels[1], MetricLabel{"failure_reason", failure}};
  sink_->add("temporal_workflow_task_execution_failed", 1, failed);
}

void EngineMetrics::workflow_evicted() const {
  if (sink_ != nullptr) sink_->add("temporal_sticky_cache_total_forced_eviction", 1, {});
}

void EngineMetrics::workflow_ended(std::string_view task_queue, std::string_view workflow_type,
                                   WorkflowStatus status, Duration end_to_end) const {
  if (sink_ == nullptr || counter_of(status).empty()) return;
  const std::array labels{MetricLabel{"task_queue", task_queue},
                          MetricLabel{"workflow_type", workflow_type}};
  sink_->add(counter_of(status), 1, labels);
  sink_->record("temporal_workflow_endtoend_latency", end_to_end, labels);
}

void EngineMetrics::activity(const Task& task, std::string_view workflow_type, Ended ended,
                             Duration end_to_end) const {
  if (sink_ == nullptr) return;
  const std::array labels{MetricLabel{"task_queue", task.task_queue},
                          MetricLabel{"activity_type", task.type},
                          MetricLabel{"workflow_type", workflow_type}};
  sink_->record("temporal_activity_schedule_to_start_latency", task.schedule_to_start, labels);
  sink_->record("temporal_activity_execution_latency", task.execution, labels);
  if (ended == Ended::Failed) sink_->add("temporal_activity_execution_failed", 1, labels);
  if (ended == Ended::Succeeded)
    sink_->record("temporal_activity_succeed_endtoend_latency", end_to_end, labels);
}

void EngineMetrics::commit(std::size_t transitions, Duration latency, bool written) const {
  if (sink_ == nullptr) return;
  if (written) {
    sink_->add("durasim_committed_transitions", static_cast<std::int64_t>(transitions), {});
  } else {
    sink_->add("durasim_commit_failed", 1, {});
  }
  sink_->record("durasim_commit_latency", latency, {});
}

}  // namespace durasim::inline v0::engine
