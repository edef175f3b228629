// Runs that go on in another run: the retry of a failed one and continue-as-new (temporal: retry.go
// SetupNewWorkflowForRetryOrCron, mutable_state_impl.go). Both are committed together with the end
// of the old run.
#include "durasim/core/message_values.hpp"

#include "engine/retry.hpp"
#include "engine/run_state.hpp"
#include "mutants/mutants.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0::engine {

using namespace proto;

namespace {

// Two runs of one id start no faster after each other (history.workflowIdReuseMinimalInterval).
constexpr std::chrono::seconds least_interval{1};

}  // namespace

std::optional<StartRun> RunState::successor_after(const proto::Failure& failure, RetryState& state,
                                                  const std::string& new_run_id,
                                                  WallTime now) const {
  if (!record_.retry) {
    state = RetryState::RetryPolicyNotSet;
    return std::nullopt;
  }
  const WallTime deadline = record_.execution_deadline.value_or(WallTime::max());
  const RetryDecision decision =
      decide_retry(*record_.retry, record_.attempt, failure, now, deadline);
  state = decision.state;
  if (decision.state != RetryState::InProgress) return std::nullopt;
  StartRun next = *start_;
  next.run_id = new_run_id;
  next.attempt = record_.attempt + 1;
  next.continued_execution_run_id = row_.run_id;
  next.initiator = ContinueAsNewInitiator::Retry;
  next.continued_failure = failure;
  next.first_task_delay = decision.delay;
  return next;
}

void RunState::fail_run(const FailWorkflowExecutionCommandAttributes& command,
                        const std::string& new_run_id, std::int64_t completed, WallTime now) {
  const proto::Failure failure = command.failure ? *command.failure : proto::Failure{};
  RetryState state{};
  std::optional<StartRun> successor = successor_after(failure, state, new_run_id, now);
  WorkflowExecutionFailedEventAttributes attributes;
  attributes.failure = failure;
  attributes.retry_state = state;
  attributes.workflow_task_completed_event_id = completed;
  if (successor) attributes.new_execution_run_id = successor->run_id;
  close(store::RunStatus::Failed, make_event(std::move(attributes)), now);
  if (successor) effects_.emplace_back(StartSuccessor{std::move(*successor)});
}

void RunState::continue_as_new(const ContinueAsNewWorkflowExecutionCommandAttributes& command,
                               const std::string& new_run_id, std::int64_t completed,
                               WallTime now) {
  StartRun next = *start_;
  next.run_id = new_run_id;
  next.attempt = 1;
  next.continued_execution_run_id = row_.run_id;
  next.initiator = ContinueAsNewInitiator::Workflow;
  next.continued_failure.reset();
  next.headers.clear();  // inputs and headers are never taken over
  next.input = to_list(command.input);
  if (command.workflow_type) next.workflow_type = command.workflow_type->name;
  if (command.task_queue) next.task_queue = command.task_queue->name;
  if (command.workflow_run_timeout) next.run_timeout = command.workflow_run_timeout->duration();
  if (command.workflow_task_timeout) next.task_timeout = command.workflow_task_timeout->duration();
  if (command.retry_policy) next.retry = to_policy(*command.retry_policy);
  if (command.memo) next.memo = command.memo->fields;
  if (command.search_attributes) next.search_attributes = command.search_attributes->indexed_fields;
  if (command.header) next.headers = command.header->fields;
  const Duration age = std::max<Duration>(now - row_.start_time, Duration::zero());
  next.first_task_delay = age < least_interval ? least_interval - age : Duration::zero();

  WorkflowExecutionContinuedAsNewEventAttributes attributes;
  attributes.new_execution_run_id = next.run_id;
  attributes.workflow_type.emplace().name = next.workflow_type;
  attributes.task_queue = to_task_queue(next.task_queue);
  attributes.input = command.input;
  attributes.workflow_run_timeout = ProtoDuration::from(next.run_timeout);
  attributes.workflow_task_timeout = ProtoDuration::from(next.task_timeout);
  attributes.workflow_task_completed_event_id = completed;
  attributes.backoff_start_interval = ProtoDuration::from(next.first_task_delay);
  attributes.initiator = ContinueAsNewInitiator::Workflow;
  attributes.header = command.header;
  if (!next.memo.empty()) attributes.memo.emplace().fields = next.memo;
  if (!next.search_attributes.empty())
    attributes.search_attributes.emplace().indexed_fields = next.search_attributes;
  close(store::RunStatus::ContinuedAsNew, make_event(std::move(attributes)), now);
  effects_.emplace_back(StartSuccessor{std::move(next)});
}

}  // namespace durasim::inline v0::engine
