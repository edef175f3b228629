// What the engine counts and measures, under the names of Temporal's SDKs.
#pragma once

#include "durasim/core/metrics.hpp"
#include "durasim/engine/options.hpp"
#include "durasim/engine/worker.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace durasim::inline v0::engine {

// Without a sink everything does nothing. As thread-safe as the sink.
class EngineMetrics {
 public:
  // Borrowed; null: none.
  explicit EngineMetrics(MetricsSink* sink) : sink_(sink) {}
  [[nodiscard]] bool enabled() const { return sink_ != nullptr; }

  // A client's call; `operation` as Temporal's service names it, `waits` for one that lasts until
  // the run ends.
  void request(std::string_view operation, bool waits, Duration latency, bool failed) const;

  struct Task {
    std::string_view task_queue;
    std::string_view type;  // of the workflow or activity
    Duration schedule_to_start{};
    Duration execution{};
  };
  // `failure`: "NonDeterminismError", "WorkflowError"; empty: it went well. `cached`: whether the
  // run's code was in memory; nothing for its first task.
  void workflow_task(const Task& task, std::string_view failure, std::optional<bool> cached) const;
  void workflow_evicted() const;
  void workflow_ended(std::string_view task_queue, std::string_view workflow_type,
                      WorkflowStatus status, Duration end_to_end) const;
  // `end_to_end`: from the first attempt's scheduling, for an attempt that succeeded.
  enum class Ended { Succeeded, Failed, Otherwise };
  void activity(const Task& task, std::string_view workflow_type, Ended ended,
                Duration end_to_end) const;

  // A group of transitions that were made durable together, or were not.
  void commit(std::size_t transitions, Duration latency, bool written) const;

 private:
  MetricsSink* sink_;
};

}  // namespace durasim::inline v0::engine
