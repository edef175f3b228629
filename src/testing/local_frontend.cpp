// The calls of clients: each settles in memory, is committed, and only then returns.
#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"

#include "testing/local_engine.hpp"

#include <utility>

namespace durasim::inline v0::testing {

void WorkflowEnvironment::LocalEngine::check_served(const engine::StartRequest& request,
                                                    const StartOptions& options) const {
  if (options.remote_worker) return;
  const auto worker = workers_.find(request.run.task_queue);
  if (worker == workers_.end() || !worker->second.workflows().contains(request.run.workflow_type)) {
    engine::throw_not_served(request);
  }
}

WorkflowExecution WorkflowEnvironment::LocalEngine::start(std::string_view workflow_type,
                                                          PayloadList input,
                                                          const StartOptions& options,
                                                          bool attach) {
  engine::StartRequest request = requests_.start(workflow_type, std::move(input), options);
  check_served(request, options);
  const engine::StartAnswer answer =
      attach ? service_->start_or_attach(request, now()) : service_->start(request, now());
  commit();
  return {request.run.workflow_id, answer.run_id};
}

WorkflowExecution WorkflowEnvironment::LocalEngine::signal_with_start(
    std::string_view workflow_type, PayloadList input, const StartOptions& options,
    std::string_view signal, PayloadList signal_input) {
  engine::StartRequest request = requests_.start(workflow_type, std::move(input), options);
  check_served(request, options);
  const engine::SignalRun sent = requests_.signal(request.run.workflow_id, signal,
                                                  std::move(signal_input), request.request_id);
  const engine::StartAnswer answer = service_->signal_with_start(request, sent, now());
  commit();
  return {request.run.workflow_id, answer.run_id};
}

void WorkflowEnvironment::LocalEngine::signal(const WorkflowExecution& run, std::string_view name,
                                              PayloadList input, const std::string& request_id) {
  const engine::SignalRun sent =
      requests_.signal(run.workflow_id, name, std::move(input), request_id);
  service_->signal(run.workflow_id, run.run_id, sent, now());
  commit();
}

PayloadList WorkflowEnvironment::LocalEngine::query(const WorkflowExecution& run,
                                                    std::string_view type, PayloadList arguments) {
  // What has been acknowledged before is seen: tasks that wait are done first.
  run_workflow_tasks();
  commit();
  const std::string run_id = service_->resolve(run.workflow_id, run.run_id);
  const engine::RunState* state = service_->find(run_id);
  if (state == nullptr) throw WorkflowNotFound("run " + run_id + ": there is no such run");
  register_implementations();
  const auto executor = executors_.find(state->row().task_queue);
  if (executor == executors_.end()) {
    throw QueryFailed("run " + run_id + ": no worker serves task queue " + state->row().task_queue);
  }
  return executor->second.query(run_id, {"query", std::string(type), std::move(arguments)});
}

void WorkflowEnvironment::LocalEngine::cancel(const WorkflowExecution& run,
                                              const std::string& reason) {
  service_->request_cancel(run.workflow_id, run.run_id, reason, requests_.request_id(), now());
  commit();
}

void WorkflowEnvironment::LocalEngine::terminate(const WorkflowExecution& run,
                                                 const std::string& reason) {
  service_->terminate(run.workflow_id, run.run_id, reason, {}, now());
  commit();
}

void WorkflowEnvironment::LocalEngine::resume(const WorkflowExecution& run) {
  service_->resume_parked(run.workflow_id, run.run_id, now());
  commit();
}

WorkflowDescription WorkflowEnvironment::LocalEngine::describe(const WorkflowExecution& run) {
  WorkflowDescription description = service_->describe(run.workflow_id, run.run_id);
  requests_.decode(description);
  return description;
}

std::vector<WorkflowDescription> WorkflowEnvironment::LocalEngine::list(
    const ListOptions& options) {
  return service_->list(options);
}

PayloadList WorkflowEnvironment::LocalEngine::result(const WorkflowExecution& run) {
  std::string run_id = service_->resolve(run.workflow_id, run.run_id);
  for (;;) {
    settle();
    engine::RunState* state = service_->find(run_id);
    if (state == nullptr) throw WorkflowNotFound("run " + run_id + ": there is no such run");
    if (!state->open()) {
      proto::HistoryEvent closing = service_->history(run_id).back();
      coding_.decode(closing, state->row().workflow_id);
      engine::RunResult ended = engine::result_of(closing);
      if (ended.next_run_id.empty()) return std::move(ended).value();
      run_id = ended.next_run_id;
      continue;
    }
    if (!skip(WallTime::max())) {
      throw WorkflowBlocked(
          "workflow " + run.workflow_id + ", run " + run_id +
          ": is open, and nothing is left that could wake it: no timer, no task, no activity");
    }
  }
}

void WorkflowEnvironment::LocalEngine::complete_activity(const std::string& task_token,
                                                         const ActivityOutcome& outcome) {
  const engine::ActivityHandle handle = engine::handle_of(task_token);
  ActivityOutcome encoded = outcome;
  coding_.encode(encoded, workflow_of(handle));
  if (!service_->close_activity(handle, std::move(encoded), now())) {
    throw WorkflowNotFound("activity " + task_token + ": this attempt is not running any more");
  }
  commit();
}

std::string WorkflowEnvironment::LocalEngine::history(const WorkflowExecution& run) {
  proto::History history;
  history.events = service_->history(service_->resolve(run.workflow_id, run.run_id));
  return encode(history);
}

}  // namespace durasim::inline v0::testing
