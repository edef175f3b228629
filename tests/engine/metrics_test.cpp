// What the engine tells a host's metrics: names and labels of Temporal's SDKs, counted as there.
#include "durasim/core/metrics.hpp"

#include "engine/engine_programs.hpp"

#include <doctest/doctest.h>

#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

class RecordedMetrics final : public MetricsSink {
 public:
  void add(std::string_view counter, std::int64_t by, MetricLabels labels) override {
    const std::scoped_lock lock(mutex_);
    counters_[key(counter, labels)] += by;
  }
  void record(std::string_view histogram, Duration value, MetricLabels labels) override {
    const std::scoped_lock lock(mutex_);
    ++observations_[key(histogram, labels)];
    if (value < Duration::zero()) negative_.insert(std::string(histogram));
  }
  std::int64_t counted(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    return counters_[name];
  }
  int observed(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    return observations_[name];
  }
  std::set<std::string> negative() {
    const std::scoped_lock lock(mutex_);
    return negative_;
  }

 private:
  static std::string key(std::string_view name, MetricLabels labels) {
    std::string text(name);
    for (const MetricLabel& label : labels) {
      text += ' ';
      text += label.name;
      text += '=';
      text += label.value;
    }
    return text;
  }
  std::mutex mutex_;
  std::map<std::string, std::int64_t> counters_;
  std::map<std::string, int> observations_;
  std::set<std::string> negative_;
};

}  // namespace

TEST_CASE("tasks, activities, ends of runs, calls and commits are counted under Temporal's names") {
  const Folder folder;
  RecordedMetrics metrics;
  constexpr WorkflowType<int(int)> failing{"Failing"};
  constexpr Activity<int(int)> refuse{"refuse"};
  {
    Engine engine({.store = folder.store(), .metrics = &metrics});
    Worker& worker = engine.worker("queue");
    fill(worker);
    worker.implement(failing, [&refuse](WorkflowContext ctx, int n) -> Workflow<int> {
      co_return co_await ctx.run(
          refuse, n,
          {.start_to_close = 1min, .retry = {.initial_interval = 1ms, .maximum_attempts = 2}});
    });
    worker.implement(refuse, [](int) -> int { throw std::runtime_error("no"); });
    engine.start();
    CHECK(engine.client().start(adding, 1, on_queue).result() == 6);
    CHECK_THROWS_AS((void)engine.client().start(failing, 1, on_queue).result(), ActivityFailure);
    CHECK_THROWS_AS((void)engine.client().handle(adding, "nobody").describe(), WorkflowNotFound);
  }
  const std::string adds = " task_queue=queue workflow_type=Adding";
  CHECK(metrics.counted("temporal_workflow_completed" + adds) == 1);
  CHECK(metrics.observed("temporal_workflow_endtoend_latency" + adds) == 1);
  CHECK(metrics.observed("temporal_workflow_task_execution_latency" + adds) == 7);
  CHECK(metrics.observed("temporal_workflow_task_schedule_to_start_latency" + adds) == 7);
  CHECK(metrics.counted("temporal_sticky_cache_hit" + adds) == 6);
  CHECK(metrics.counted("temporal_sticky_cache_miss" + adds) == 0);
  const std::string added = " task_queue=queue activity_type=add_one workflow_type=Adding";
  CHECK(metrics.observed("temporal_activity_schedule_to_start_latency" + added) == 5);
  CHECK(metrics.observed("temporal_activity_execution_latency" + added) == 5);
  CHECK(metrics.observed("temporal_activity_succeed_endtoend_latency" + added) == 5);
  CHECK(metrics.counted("temporal_activity_execution_failed" + added) == 0);
  const std::string refused = " task_queue=queue activity_type=refuse workflow_type=Failing";
  CHECK(metrics.counted("temporal_activity_execution_failed" + refused) == 2);
  CHECK(metrics.observed("temporal_activity_succeed_endtoend_latency" + refused) == 0);
  CHECK(metrics.counted("temporal_workflow_failed task_queue=queue workflow_type=Failing") == 1);
  CHECK(metrics.counted("temporal_request operation=StartWorkflowExecution") == 2);
  CHECK(metrics.counted("temporal_request_failure operation=StartWorkflowExecution") == 0);
  CHECK(metrics.counted("temporal_request_failure operation=DescribeWorkflowExecution") == 1);
  CHECK(metrics.counted("temporal_long_request operation=GetWorkflowExecutionHistory") == 2);
  CHECK(metrics.counted("durasim_committed_transitions") >= 12);
  CHECK(metrics.observed("durasim_commit_latency") >= 12);
  CHECK(metrics.negative().empty());
}

TEST_CASE("code that is no longer in memory is a miss of the sticky cache, its eviction counts") {
  const Folder folder;
  RecordedMetrics metrics;
  Engine engine({.store = folder.store(), .cached_runs = 1, .metrics = &metrics});
  fill(engine.worker("queue"));
  engine.start();
  const auto first = engine.client().start(listening, on_queue);
  const auto second = engine.client().start(listening, on_queue);
  for (const auto& run : {first, second}) CHECK(run.query(heard).empty());  // their first tasks
  // The one place is the second run's.
  for (const auto& run : {first, second}) {
    run.signal(word, "a");
    run.signal(word, "stop");
    CHECK(run.result() == "a");
  }
  CHECK(metrics.counted("temporal_sticky_cache_total_forced_eviction") > 0);
  CHECK(metrics.counted("temporal_sticky_cache_miss task_queue=queue workflow_type=Listening") > 0);
}
