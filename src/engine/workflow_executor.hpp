// Runs workflow code: holds the live coroutines of runs in a cache, feeds them their events through
// the replay machines, and answers workflow tasks and queries. A run that is not cached is replayed
// from its history; everything in the cache can be dropped at any time. Not thread-safe.
#pragma once

#include "durasim/core/log.hpp"
#include "durasim/replay/workflow_machines.hpp"
#include "durasim/workflow/instance.hpp"

#include "engine/payload_coding.hpp"
#include "engine/recency_map.hpp"
#include "engine/service.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace durasim::inline v0::engine {

struct ExecutorOptions {
  std::size_t cached_runs = 1000;
  bool fail_task_on_exception = false;
  bool strict_replay = false;
  Logger logger;
  replay::TransitionObserver* observer = nullptr;  // borrowed
  const PayloadCodec* codec = nullptr;             // borrowed
};

// What the code answers to a task: its commands, or why it could not.
using TaskAnswer = std::variant<std::vector<proto::Command>, WorkflowTaskFailure>;

class DURASIM_EXPORT WorkflowExecutor {
 public:
  WorkflowExecutor(Service& service, ExecutorOptions options);
  ~WorkflowExecutor();

  void implement(WorkflowImplementation implementation);
  [[nodiscard]] bool implements(const std::string& workflow_type) const {
    return implementations_.contains(workflow_type);
  }

  // Runs the code for the task; the service is only read.
  TaskAnswer decide(const WorkflowTask& task);

  // The same for an engine with threads: only decide() may run beside everything else.
  class Checkout;
  // Code and events that a task, or a question about a run, needs. A task whose events can't be
  // read goes back to its queue. Throws QueryFailed for a run that cannot be asked.
  [[nodiscard]] Checkout check_out(const WorkflowTask& task);
  [[nodiscard]] Checkout check_out(const std::string& run_id);
  TaskAnswer decide(Checkout& checkout) const;
  PayloadList decide(Checkout& checkout, const QueryWorkflow& query) const;
  // What goes on from there is kept for the run's next task.
  void put_back(Checkout checkout);

  // Gives the service the answer to a task, at once or later.
  TaskResult answer(const WorkflowTask& task, TaskAnswer answer, WallTime now);
  // Both.
  TaskResult execute(const WorkflowTask& task, WallTime now) {
    return answer(task, decide(task), now);
  }
  // Asks the code of a run whose tasks are all done. Throws QueryFailed.
  PayloadList query(const std::string& run_id, const QueryWorkflow& query);

  void evict(const std::string& run_id) {
    cache_.erase(run_id);
    checked_out_.erase(run_id);
  }
  void evict_all() {
    cache_.clear();
    checked_out_.clear();
  }
  [[nodiscard]] std::size_t cached() const { return cache_.size(); }

 private:
  struct Live {
    std::unique_ptr<WorkflowInstance> instance;
    replay::WorkflowMachines machines;
    bool ahead = false;  // it has decided a task, and the service has not taken the answer over
  };

  // Out of the cache, or new.
  [[nodiscard]] std::unique_ptr<Live> take(const std::string& run_id,
                                           const std::string& workflow_type);
  // The events for the code to see.
  [[nodiscard]] std::vector<proto::HistoryEvent> decoded(std::vector<proto::HistoryEvent> events,
                                                         const std::string& workflow_id) const;
  void shrink();

  Service& service_;
  ExecutorOptions options_;
  PayloadCoding coding_;
  std::map<std::string, WorkflowImplementation> implementations_;
  RecencyMap<std::unique_ptr<Live>> cache_;
  std::set<std::string> checked_out_;  // and not evicted since
};

class WorkflowExecutor::Checkout {
 public:
  // Whether the code was in memory, so that it need not be replayed.
  [[nodiscard]] bool was_cached() const {
    return live_ != nullptr && live_->machines.last_event_id() > 0;
  }
  // Where the code suspended last. Thread-safe: for those who wonder why decide() does not return.
  [[nodiscard]] std::string place() const;

 private:
  friend class WorkflowExecutor;
  std::string run_id_;
  std::string workflow_id_;
  std::string workflow_type_;
  std::vector<proto::HistoryEvent> events_;
  std::unique_ptr<Live> live_;  // null: its type is not implemented
  bool broken_ = false;         // where its code is, no history is
};

}  // namespace durasim::inline v0::engine
