// Calls of clients, on their threads: each changes the service under the lock and returns when that
// is durable.
#include "durasim/core/encoding.hpp"

#include "engine/run_result.hpp"
#include "engine/shell/shell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace durasim::inline v0 {

void Engine::Shell::require_running() const {
  if (stopping_) throw CancelledError("the engine has been stopped");
}

Engine::Shell::Call::Call(Shell& shell, std::string_view operation, bool waits)
    : lock(shell.mutex_),
      shell_(shell),
      operation_(operation),
      waits_(waits),
      begin_(shell.clock_.steady_now()),
      exceptions_(std::uncaught_exceptions()) {
  shell_.require_running();
  ++shell_.calls_;
}

Engine::Shell::Call::~Call() {
  if (!lock.owns_lock()) lock.lock();
  if (shell_.metrics_.enabled()) {
    shell_.metrics_.request(operation_, waits_, shell_.clock_.steady_now() - begin_,
                            std::uncaught_exceptions() > exceptions_);
  }
  if (--shell_.calls_ == 0) shell_.no_calls_.notify_all();
}

// Returns when the call is durable. A thread that is about to run the workflow task to which it led
// takes both into one commit.
void Engine::Shell::settle_call(Call& call) {
  constexpr std::chrono::milliseconds patience{1};
  committer_.wait(call.lock, dispatch() ? patience : patience.zero());
}

void Engine::Shell::settle_run(Lock& lock, const std::string& run_id) {
  if (!service_.is_durable(run_id)) committer_.wait(lock);
}

void Engine::Shell::check_served(const engine::StartRequest& request,
                                 const StartOptions& options) const {
  if (options.remote_worker) return;
  const auto pool = pools_.find(request.run.task_queue);
  if (pool == pools_.end() || !pool->second->worker.workflows().contains(request.run.workflow_type))
    engine::throw_not_served(request);
}

WorkflowExecution Engine::Shell::start(std::string_view workflow_type, PayloadList input,
                                       const StartOptions& options, bool attach) {
  const engine::StartRequest request = requests_.start(workflow_type, std::move(input), options);
  Call call(*this, "StartWorkflowExecution");
  check_served(request, options);
  const engine::StartAnswer answer =
      attach ? service_.start_or_attach(request, now()) : service_.start(request, now());
  settle_call(call);
  return {request.run.workflow_id, answer.run_id};
}

WorkflowExecution Engine::Shell::signal_with_start(std::string_view workflow_type,
                                                   PayloadList input, const StartOptions& options,
                                                   std::string_view signal,
                                                   PayloadList signal_input) {
  const engine::StartRequest request = requests_.start(workflow_type, std::move(input), options);
  const engine::SignalRun sent = requests_.signal(request.run.workflow_id, signal,
                                                  std::move(signal_input), request.request_id);
  Call call(*this, "SignalWithStartWorkflowExecution");
  check_served(request, options);
  const engine::StartAnswer answer = service_.signal_with_start(request, sent, now());
  settle_call(call);
  return {request.run.workflow_id, answer.run_id};
}

void Engine::Shell::signal(const WorkflowExecution& run, std::string_view name, PayloadList input,
                           const std::string& request_id) {
  const engine::SignalRun sent =
      requests_.signal(run.workflow_id, name, std::move(input), request_id);
  Call call(*this, "SignalWorkflowExecution");
  service_.signal(run.workflow_id, run.run_id, sent, now());
  settle_call(call);
}

PayloadList Engine::Shell::query(const WorkflowExecution& run, std::string_view type,
                                 PayloadList arguments) {
  Call call(*this, "QueryWorkflow");
  const std::string run_id = service_.resolve(run.workflow_id, run.run_id);
  std::shared_ptr<engine::WorkflowExecutor> executor;
  for (;;) {
    const engine::RunState* state = service_.find(run_id);
    if (state == nullptr) throw WorkflowNotFound("run " + run_id + ": there is no such run");
    const std::string& queue = state->row().task_queue;
    const auto pool = pools_.find(queue);
    if (pool == pools_.end() || !pool->second->executor)
      throw QueryFailed(fmt::format("run {}: no worker serves task queue {}", run_id, queue));
    executor = pool->second->executor;
    // What has been acknowledged before is seen: tasks that wait are done first.
    const engine::WorkflowTaskRecord& task = state->record().task;
    const bool served = executor->implements(state->row().workflow_type);
    const bool pending = state->open() && served && task.state != engine::TaskState::None &&
                         task.attempt < 3 && !state->record().parked;
    if (!pending && !service_.held(run_id)) break;
    run_free_.wait(call.lock);
    require_running();
  }
  engine::WorkflowExecutor::Checkout checkout = executor->check_out(run_id);
  service_.hold(run_id);
  call.lock.unlock();
  const auto release = [&] {
    call.lock.lock();
    executor->put_back(std::move(checkout));
    service_.release(run_id);
    run_free_.notify_all();
    dispatch();
  };
  try {
    PayloadList answer =
        executor->decide(checkout, {"query", std::string(type), std::move(arguments)});
    release();
    settle_run(call.lock, run_id);  // what it tells of is durable
    return answer;
  } catch (...) {
    if (!call.lock.owns_lock()) release();
    throw;
  }
}

void Engine::Shell::cancel(const WorkflowExecution& run, const std::string& reason) {
  const std::string request_id = requests_.request_id();
  Call call(*this, "RequestCancelWorkflowExecution");
  service_.request_cancel(run.workflow_id, run.run_id, reason, request_id, now());
  settle_call(call);
}

void Engine::Shell::terminate(const WorkflowExecution& run, const std::string& reason) {
  Call call(*this, "TerminateWorkflowExecution");
  service_.terminate(run.workflow_id, run.run_id, reason, {}, now());
  settle_call(call);
}

void Engine::Shell::resume(const WorkflowExecution& run) {
  Call call(*this, "ResumeWorkflowExecution");
  service_.resume_parked(run.workflow_id, run.run_id, now());
  settle_call(call);
}

WorkflowDescription Engine::Shell::describe(const WorkflowExecution& run) {
  Call call(*this, "DescribeWorkflowExecution");
  WorkflowDescription description = service_.describe(run.workflow_id, run.run_id);
  settle_run(call.lock, description.run_id);  // what is told is durable
  call.lock.unlock();                         // codecs are users' code
  requests_.decode(description);
  return description;
}

std::vector<WorkflowDescription> Engine::Shell::list(const ListOptions& options) {
  const Call call(*this, "ListWorkflowExecutions");
  return service_.list(options);
}

PayloadList Engine::Shell::result(const WorkflowExecution& run) {
  return *result_by(run, SteadyTime::max());  // NOLINT: it waits for as long as it takes
}

std::optional<PayloadList> Engine::Shell::result_by(const WorkflowExecution& run,
                                                    SteadyTime deadline) {
  Call call(*this, "GetWorkflowExecutionHistory", true);
  std::string run_id = service_.resolve(run.workflow_id, run.run_id);
  for (;;) {
    const engine::RunState* state = service_.find(run_id);
    if (state == nullptr) throw WorkflowNotFound("run " + run_id + ": there is no such run");
    if (state->open()) {
      const auto waiter = std::make_shared<ResultWaiter>();
      const auto place = waiters_.emplace(run_id, waiter);
      const auto over = [&] { return waiter->is_closed || stopping_; };
      bool ended = true;
      if (deadline == SteadyTime::max()) {
        waiter->closed.wait(call.lock, over);
      } else {
        ended = waiter->closed.wait_until(call.lock, deadline, over);
      }
      waiters_.erase(place);
      require_running();
      if (!ended) return std::nullopt;
      continue;
    }
    if (!service_.is_durable(run_id)) {  // its end is on the way to the disk, and may fail there
      (void)settle(call.lock);
      continue;
    }
    proto::HistoryEvent closing = service_.last_event(run_id);
    const std::string workflow_id = state->row().workflow_id;
    call.lock.unlock();
    coding_.decode(closing, workflow_id);
    engine::RunResult ended = engine::result_of(closing);
    if (ended.next_run_id.empty()) return std::move(ended).value();
    run_id = ended.next_run_id;
    call.lock.lock();
    require_running();
  }
}

void Engine::Shell::complete_activity(const std::string& task_token,
                                      const ActivityOutcome& outcome) {
  const engine::ActivityHandle handle = engine::handle_of(task_token);
  ActivityOutcome encoded = outcome;
  Call call(*this, "RespondActivityTaskCompleted");
  const engine::RunState* state = service_.find(handle.run_id);
  const std::string workflow_id = state != nullptr ? state->row().workflow_id : "";
  call.lock.unlock();
  coding_.encode(encoded, workflow_id);
  call.lock.lock();
  if (!service_.close_activity(handle, std::move(encoded), now())) {
    throw WorkflowNotFound("activity " + task_token + ": this attempt is not running any more");
  }
  settle_call(call);
}

std::string Engine::Shell::history(const WorkflowExecution& run) {
  Call call(*this, "GetWorkflowExecutionHistory");
  proto::History history;
  const std::string run_id = service_.resolve(run.workflow_id, run.run_id);
  history.events = service_.history(run_id);
  settle_run(call.lock, run_id);
  return encode(history);
}

}  // namespace durasim::inline v0
