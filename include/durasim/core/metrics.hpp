// Counters and histograms go to a sink of the host's choice, under the names and labels of
// Temporal's SDKs (docs.temporal.io/references/sdk-metrics), so that dashboards made for them work.
// What only durasim has begins with "durasim_".
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/time.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace durasim::inline v0 {

struct MetricLabel {
  std::string_view name;   // "workflow_type", "activity_type", "task_queue", "operation", ...
  std::string_view value;  // valid during the call
};
using MetricLabels = std::span<const MetricLabel>;

// Called on the engine's threads and on those of its clients, often with the engine's lock held:
// thread-safe, quick, without calls to the engine; must not throw.
class DURASIM_EXPORT MetricsSink {
 public:
  virtual ~MetricsSink();
  // A counter has grown by `by`.
  virtual void add(std::string_view counter, std::int64_t by, MetricLabels labels) = 0;
  // An observation of a histogram of durations.
  virtual void record(std::string_view histogram, Duration value, MetricLabels labels) = 0;
};

}  // namespace durasim::inline v0
