// A run of workflow code in memory, whatever its types: what the replay machines and the engine
// hold. Workflow authors do not need this header; make_workflow (workflow/implementation.hpp) makes
// one from a coroutine.
#pragma once

#include "durasim/core/log.hpp"
#include "durasim/core/shared.hpp"

#include <memory>
#include <source_location>
#include <string>
#include <string_view>

namespace durasim::inline v0 {

struct Activation;
struct Completion;

// One run's suspended coroutines and handlers. Touched by one thread at a time. Destroying it
// destroys the suspended frames (eviction); what their destructors ask of the context is ignored.
class DURASIM_EXPORT WorkflowInstance {
 public:
  virtual ~WorkflowInstance();
  // Applies all jobs, then resumes coroutines in FIFO order until none can go on. Does not throw: a
  // failure of the step is in the Completion.
  virtual Completion activate(const Activation& activation) = 0;
  // Where the coroutine that suspended last did so, for the deadlock detector; line 0 before the
  // first.
  [[nodiscard]] virtual std::source_location last_suspension() const = 0;
};

struct WorkflowInstanceOptions {
  Logger logger;  // silent while replaying
  // An exception that is not a Failure fails the run (default) or the task, which is then retried.
  bool fail_task_on_exception = false;
};

namespace detail {
class WorkflowCode;
}

// A registered implementation of a workflow type. Copies share the code.
struct DURASIM_EXPORT WorkflowImplementation {
  WorkflowImplementation() = default;
  // Takes the code over.
  WorkflowImplementation(std::string_view type, const detail::WorkflowCode* code);
  // A run's instance, with a copy of the code of its own. Thread-safe.
  [[nodiscard]] std::unique_ptr<WorkflowInstance> create(const WorkflowInstanceOptions&) const;

  std::string workflow_type;

 private:
  detail::SharedOwner code_;  // of a WorkflowCode
};

}  // namespace durasim::inline v0
