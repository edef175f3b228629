// The public face of the local engine.
#include "durasim/testing/workflow_environment.hpp"

#include "testing/local_engine.hpp"

#include <utility>

namespace durasim::inline v0::testing {

WorkflowEnvironment::WorkflowEnvironment(WorkflowEnvironmentOptions options)
    : engine_(std::make_unique<LocalEngine>(std::move(options))) {}
WorkflowEnvironment::~WorkflowEnvironment() = default;

Worker& WorkflowEnvironment::worker(const std::string& task_queue) {
  return engine_->worker(task_queue);
}
Client WorkflowEnvironment::client() {
  return Client(*engine_);
}
Frontend& WorkflowEnvironment::frontend() {
  return *engine_;
}
void WorkflowEnvironment::sleep(Duration duration) {
  engine_->sleep(duration);
}
void WorkflowEnvironment::settle() {
  engine_->settle();
}
WallTime WorkflowEnvironment::now() const {
  return engine_->now();
}
void WorkflowEnvironment::restart() {
  engine_->restart();
}

}  // namespace durasim::inline v0::testing
