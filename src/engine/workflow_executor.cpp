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

}  // namespace

WorkflowExecutor::WorkflowExecutor(Service& service, ExecutorOptions options)
    : service_(service), options_(std::move(options)), coding_(options_.codec) {}
WorkflowExecutor::~WorkflowExecutor() = default;

void WorkflowExecutor::implement(WorkflowImplementation implementation) {
  std::string type = implementation.workflow_type;
  implementations_.insert_or_assign(std::move(type), std::move(implementation));
}

WorkflowExecutor::Live& WorkflowExecutor::live(const std::string& run_id,
                                               const std::string& workflow_type) {
  auto found = cache_.find(run_id);
  // A task that timed out, or was forgotten, while its answer was under way: the code is not where
  // the history is.
  if (found != cache_.end() && found->second.ahead) {
    cache_.erase(found);
    found = cache_.end();
  }
  if (found == cache_.end()) {
    WorkflowInstanceOptions instance_options;
    instance_options.logger = options_.logger.for_module("workflow");
    instance_options.fail_task_on_exception = options_.fail_task_on_exception;
    replay::MachineOptions machine_options;
    machine_options.strict = options_.strict_replay;
    machine_options.observer = options_.observer;
    machine_options.warn = [logger = options_.logger, run_id](const replay::Mismatch& mismatch) {
      logger.warning("run " + run_id + ": " + replay::to_string(mismatch));
    };
    found = cache_
                .emplace(run_id, Live{implementations_.at(workflow_type).create(instance_options),
                                      replay::WorkflowMachines(run_id, std::move(machine_options))})
                .first;
  }
  found->second.used = ++clock_;
  return found->second;
}

replay::Activate WorkflowExecutor::activate(Live& live) const {
  return [&live](const Activation& activation) { return live.instance->activate(activation); };
}

TaskAnswer WorkflowExecutor::decide(const WorkflowTask& task) {
  if (!implements(task.workflow_type)) {
    return task_failure(WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
                        fmt::format("workflow type {} is not implemented here: register it with "
                                    "the worker of its queue",
                                    task.workflow_type),
                        "NotImplemented");
  }
  const RunState* state = service_.find(task.run_id);
  const std::string workflow_id = state != nullptr ? state->row().workflow_id : "";
  WorkflowTaskFailure failure;
  std::string place;
  try {
    Live& run = live(task.run_id, task.workflow_type);
    const std::vector<proto::HistoryEvent> events =
        decoded(service_.events_for(task, run.machines.last_event_id()), workflow_id);
    try {
      run.machines.apply(events, activate(run));
    } catch (const std::exception&) {
      place = place_of(*run.instance);
      throw;
    }
    const std::optional<WorkflowTaskFailure>& failed = run.machines.task_failure();
    if (!failed) {
      run.ahead = true;
      std::vector<proto::Command> commands = run.machines.commands();
      for (proto::Command& command : commands) coding_.encode(command, workflow_id);
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
  evict(task.run_id);
  options_.logger.warning(fmt::format("run {} ({}): workflow task failed {}: {}", task.run_id,
                                      task.workflow_type, place, failure.failure.message));
  coding_.encode(failure.failure, workflow_id);
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
  } else if (const auto found = cache_.find(task.run_id); found != cache_.end()) {
    found->second.ahead = false;
  }
  shrink();
  return result;
}

PayloadList WorkflowExecutor::query(const std::string& run_id, const QueryWorkflow& query) {
  RunState* state = service_.find(run_id);
  if (state == nullptr) throw WorkflowNotFound("run " + run_id + ": there is no such run");
  const std::string& type = state->row().workflow_type;
  if (state->record().completed_tasks == 0) {
    throw QueryFailed("run " + run_id + ": no workflow task has completed yet");
  }
  constexpr std::int32_t attempts_before_not_ready = 3;
  if (const std::int32_t attempt = state->record().task.attempt;
      attempt >= attempts_before_not_ready) {
    throw WorkflowNotReady(
        fmt::format("run {}: its workflow task has failed {} times in a row", run_id, attempt - 1));
  }
  if (!implements(type))
    throw QueryFailed("run " + run_id + ": workflow type " + type + " is not implemented here");
  Live& run = live(run_id, type);
  Completion completion;
  try {
    if (run.machines.last_event_id() == 0) {
      std::vector<proto::HistoryEvent> events =
          decoded(service_.history(run_id), state->row().workflow_id);
      // A task that was started is not a query's to run.
      if (events.back().event_type == EventType::WorkflowTaskStarted) events.pop_back();
      run.machines.apply(events, activate(run));
    }
    completion = run.machines.query(query, activate(run));
  } catch (const Error& error) {
    evict(run_id);
    throw QueryFailed("run " + run_id + ", query " + query.query_type + ": " + error.what());
  }
  shrink();
  if (completion.failure) {
    throw QueryFailed("run " + run_id + ", query " + query.query_type + ": " +
                      completion.failure->failure.message);
  }
  for (const WorkflowCommand& command : completion.commands) {
    const auto* result = std::get_if<QueryResultCommand>(&command);
    if (result == nullptr) continue;
    if (const auto* answer = std::get_if<PayloadList>(&result->outcome)) return *answer;
    throw QueryFailed("run " + run_id + ", query " + query.query_type + ": " +
                      std::get<proto::Failure>(result->outcome).message);
  }
  throw QueryFailed("run " + run_id + ", query " + query.query_type +
                    ": the workflow gave no answer");
}

std::vector<proto::HistoryEvent> WorkflowExecutor::decoded(std::vector<proto::HistoryEvent> events,
                                                           const std::string& workflow_id) const {
  for (proto::HistoryEvent& event : events) coding_.decode(event, workflow_id);
  return events;
}

void WorkflowExecutor::shrink() {
  while (cache_.size() > options_.cached_runs) {
    const auto oldest = std::ranges::min_element(
        cache_, [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    cache_.erase(oldest);
  }
}

}  // namespace durasim::inline v0::engine
