// What a task queue is served with: implementations of workflow and activity types, bound to their
// typed names.
#pragma once

#include "durasim/activity/implementation.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/names.hpp"
#include "durasim/workflow/implementation.hpp"

#include <map>
#include <string>
#include <utility>

namespace durasim::inline v0 {

class Isolated;

// One task queue's implementations. Filled before the engine starts; registering a type again
// replaces it, which is how tests mock an activity. Not thread-safe.
class Worker {
 public:
  explicit Worker(std::string task_queue) : task_queue_(std::move(task_queue)) {}

  // A coroutine Workflow<R>(WorkflowContext, A...): see make_workflow.
  template <class R, class... A, class F>
  Worker& implement(const WorkflowType<R(A...)>& type, F function) {
    workflows_.insert_or_assign(std::string(type.name), make_workflow(type, std::move(function)));
    return *this;
  }
  // A callable R(ActivityContext, A...) or R(A...): see make_activity.
  template <class R, class... A, class F>
  Worker& implement(const Activity<R(A...)>& type, F function) {
    activities_.insert_or_assign(std::string(type.name), make_activity(type, std::move(function)));
    return *this;
  }

  // Attempts in child processes: durasim/activity/isolated.hpp.
  template <class R, class... A>
  Worker& implement(const Activity<R(A...)>& type, const Isolated& isolated) {
    activities_.insert_or_assign(std::string(type.name), make_activity(type, isolated));
    return *this;
  }

  [[nodiscard]] const std::string& task_queue() const { return task_queue_; }
  [[nodiscard]] const std::map<std::string, WorkflowImplementation>& workflows() const {
    return workflows_;
  }
  [[nodiscard]] const std::map<std::string, ActivityImplementation>& activities() const {
    return activities_;
  }

 private:
  std::string task_queue_;
  std::map<std::string, WorkflowImplementation> workflows_;
  std::map<std::string, ActivityImplementation> activities_;
};

}  // namespace durasim::inline v0
