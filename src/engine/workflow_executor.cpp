// One workflow task from events to commands, and everything that can go wrong in it.
#include "engine/workflow_executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace durasim::inline v0::engine {

namespace {

// Where the code was when it went wrong, as far as it can be told.
std::string place_of(const WorkflowInstance& instance) {
  const std::source_location place = instance.last_suspension();
  if (place.line() == 0) return "before its first co_await";
  return fmt::format("after {}:{}", place.file_name(), place.line());
}

WorkflowTaskFailure task_failure(WorkflowTaskFailedCause cause, std::string message,
                                 std::string type) {
  WorkflowTaskFailure failure;
  failure.cause = cause;
  failure.failure.message = std::move(message);
  failure.failure.source = "durasim";
  proto::ApplicationFailureInfo info;
  info.type = std::move(type);
  failure.failure.info = std::move(info);
  return failure;
}

replay::Activate activate(WorkflowInstance& instance) {
  return [&instance](const Activation& activation) { return instance.activate(activation); };
}

}  // namespace

WorkflowExecutor::WorkflowExecutor(Service& service, ExecutorOptions options)
    : service_(service), options_(std::move(options)), coding_(options_.codec) {}
WorkflowExecutor::~WorkflowExecutor() = default;

void WorkflowExecutor::implement(WorkflowImplementation implementation) {
  std::string type = implementation.workflow_type;
  implementations_.insert_or_assign(std::move(type), std::move(implementation));
}

std::unique_ptr<WorkflowExecutor::Live> WorkflowExecutor::take(const std::string& run_id,
                                                               const std::string& workflow_type) {
  if (auto* found = cache_.find(run_id)) {
    std::unique_ptr<Live> live = std::move(*found);
    cache_.erase(run_id);
    // A task that timed out, or was forgotten, while its answer was under way: the code is not
    // where the history is.
    if (!live->ahead) return live;
  }
  WorkflowInstanceOptions instance_options;
  instance_options.logger = options_.logger.for_module("workflow");
  instance_options.fail_task_on_exception = options_.fail_task_on_exception;
  replay::MachineOptions machine_options;
  machine_options.strict = options_.strict_replay;
  machine_options.observer = options_.observer;
  machine_options.warn = [logger = options_.logger, run_id](const replay::Mismatch& mismatch) {
    logger.warning("run " + run_id + ": " + replay::to_string(mismatch));
  };
  return std::make_unique<Live>(Live{implementations_.at(workflow_type).create(instance_options),
                                     replay::WorkflowMachines(run_id, std::move(machine_options))});
}

void WorkflowExecutor::put_back(Checkout checkout) {
  // An eviction meanwhile has struck it off.
  if (checked_out_.erase(checkout.run_id_) == 0 || !checkout.live_ || checkout.broken_) return;
  cache_.insert(checkout.run_id_, std::move(checkout.live_));
  shrink();
}

TaskAnswer WorkflowExecutor::decide(const WorkflowTask& task) {
  Checkout checkout = check_out(task);
  TaskAnswer answer = decide(checkout);
  put_back(std::move(checkout));
  return answer;
}

WorkflowExecutor::Checkout WorkflowExecutor::check_out(const WorkflowTask& task) {
  Checkout checkout;
  checkout.run_id_ = task.run_id;
  checkout.workflow_type_ = task.workflow_type;
  const RunState* state = service_.find(task.run_id);
  if (state != nullptr) checkout.workflow_id_ = state->row().workflow_id;
  if (!implements(task.workflow_type)) return checkout;
  try {
    checkout.live_ = take(task.run_id, task.workflow_type);
    checkout.events_ = service_.events_for(task, checkout.live_->machines.last_event_id());
  } catch (const std::exception&) {
    service_.return_workflow_task(task);
    throw;
  }
  checked_out_.insert(task.run_id);
  return checkout;
}

std::string WorkflowExecutor::Checkout::place() const {
  return live_ ? place_of(*live_->instance) : "";
}

TaskAnswer WorkflowExecutor::decide(Checkout& checkout) const {
  if (!checkout.live_) {
    return task_failure(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
                        fmt::format("workflow type {} is not implemented here: register it with "
                                    "the worker of its queue",
                                    checkout.workflow_type_),
                        "NotImplemented");
  }
  Live& run = *checkout.live_;
  WorkflowTaskFailure failure;
  std::string place;
  try {
    const std::vector<proto::HistoryEvent> events =
        decoded(std::move(checkout.events_), checkout.workflow_id_);
    try {
      run.machines.apply(events, activate(*run.instance));
    } catch (const std::exception&) {
      place = place_of(*run.instance);
      throw;
    }
    const std::optional<WorkflowTaskFailure>& failed = run.machines.task_failure();
    if (!failed) {
      run.ahead = true;
      std::vector<proto::Command> commands = run.machines.commands();
      for (proto::Command& command : commands) coding_.encode(command, checkout.workflow_id_);
      return commands;
    }
    failure = *failed;
    place = place_of(*run.instance);
  } catch (const NonDeterminismError& error) {
    failure = task_failure(WorkflowTaskFailedCause::NonDeterministicError, error.what(),
                           "NonDeterminism");
  } catch (const std::exception& error) {
    failure = task_failure(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure, error.what(),
                           "WorkflowTaskFailed");
  }
  checkout.broken_ = true;
  options_.logger.warning(fmt::format("run {} ({}): workflow task failed {}: {}", checkout.run_id_,
                                      checkout.workflow_type_, place, failure.failure.message));
  coding_.encode(failure.failure, checkout.workflow_id_);
  return failure;
}

TaskResult WorkflowExecutor::answer(const WorkflowTask& task, TaskAnswer answer, WallTime now) {
  if (const auto* failure = std::get_if<WorkflowTaskFailure>(&answer))
    return service_.fail_workflow_task(task, *failure, now);
  auto& commands = std::get<std::vector<proto::Command>>(answer);
  const TaskResult result = service_.complete_workflow_task(task, std::move(commands), now);
  // What the service did not take over is not what the code believes.
  if (result != TaskResult::Completed) {
    evict(task.run_id);
  } else if (const auto* found = cache_.find(task.run_id)) {
    (*found)->ahead = false;
  }
  shrink();
  return result;
}

PayloadList WorkflowExecutor::query(const std::string& run_id, const QueryWorkflow& query) {
  Checkout checkout = check_out(run_id);
  try {
    PayloadList answer = decide(checkout, query);
    put_back(std::move(checkout));
    return answer;
  } catch (...) {
    put_back(std::move(checkout));
    throw;
  }
}

WorkflowExecutor::Checkout WorkflowExecutor::check_out(const std::string& run_id) {
  RunState* state = service_.find(run_id);
  if (state == nullptr) throw WorkflowNotFound("run " + run_id + ": there is no such run");
  Checkout checkout;
  checkout.run_id_ = run_id;
  checkout.workflow_id_ = state->row().workflow_id;
  checkout.workflow_type_ = state->row().workflow_type;
  if (state->record().completed_tasks == 0) {
    throw QueryFailed("run " + run_id + ": no workflow task has completed yet");
  }
  constexpr std::int32_t attempts_before_not_ready = 3;
  if (const std::int32_t attempt = state->record().task.attempt;
      attempt >= attempts_before_not_ready) {
    throw WorkflowNotReady(
        fmt::format("run {}: its workflow task has failed {} times in a row", run_id, attempt - 1));
  }
  if (!implements(checkout.workflow_type_)) {
    throw QueryFailed("run " + run_id + ": workflow type " + checkout.workflow_type_ +
                      " is not implemented here");
  }
  checkout.live_ = take(run_id, checkout.workflow_type_);
  if (checkout.live_->machines.last_event_id() == 0) {
    checkout.events_ = service_.history(run_id);
    // A task that was started is not a query's to run.
    if (checkout.events_.back().event_type == EventType::WorkflowTaskStarted)
      checkout.events_.pop_back();
  }
  checked_out_.insert(run_id);
  return checkout;
}

PayloadList WorkflowExecutor::decide(Checkout& checkout, const QueryWorkflow& query) const {
  const std::string where = "run " + checkout.run_id_ + ", query " + query.query_type + ": ";
  Live& run = *checkout.live_;
  Completion completion;
  try {
    if (!checkout.events_.empty()) {
      run.machines.apply(decoded(std::move(checkout.events_), checkout.workflow_id_),
                         activate(*run.instance));
    }
    completion = run.machines.query(query, activate(*run.instance));
  } catch (const Error& error) {
    checkout.broken_ = true;
    throw QueryFailed(where + error.what());
  }
  if (completion.failure) throw QueryFailed(where + completion.failure->failure.message);
  for (const WorkflowCommand& command : completion.commands) {
    const auto* result = std::get_if<QueryResultCommand>(&command);
    if (result == nullptr) continue;
    if (const auto* answer = std::get_if<PayloadList>(&result->outcome)) return *answer;
    throw QueryFailed(where + std::get<proto::Failure>(result->outcome).message);
  }
  throw QueryFailed(where + "the workflow gave no answer");
}

std::vector<proto::HistoryEvent> WorkflowExecutor::decoded(std::vector<proto::HistoryEvent> events,
                                                           const std::string& workflow_id) const {
  for (proto::HistoryEvent& event : events) coding_.decode(event, workflow_id);
  return events;
}

void WorkflowExecutor::shrink() {
  while (cache_.size() > options_.cached_runs) {
    const std::string oldest = *cache_.oldest([](const auto&) { return true; });
    cache_.erase(oldest);
  }
}

}  // namespace durasim::inline v0::engine
