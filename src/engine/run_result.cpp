// One case per closing event.
#include "engine/run_result.hpp"

#include "durasim/core/message_values.hpp"

#include <utility>

namespace durasim::inline v0::engine {

using namespace proto;

PayloadList RunResult::value() && {
  if (auto* failure = std::get_if<proto::Failure>(&outcome)) throw_failure(std::move(*failure));
  return std::move(std::get<PayloadList>(outcome));
}

RunResult result_of(const HistoryEvent& closing) {
  RunResult result;
  proto::Failure failure;
  failure.source = "durasim";
  if (const auto* completed = closing.attributes_if<WorkflowExecutionCompletedEventAttributes>()) {
    result.outcome = to_list(completed->result);
    result.next_run_id = completed->new_execution_run_id;
    return result;
  }
  if (const auto* continued =
          closing.attributes_if<WorkflowExecutionContinuedAsNewEventAttributes>()) {
    result.next_run_id = continued->new_execution_run_id;
    return result;
  }
  if (const auto* failed = closing.attributes_if<WorkflowExecutionFailedEventAttributes>()) {
    if (failed->failure) failure = *failed->failure;
    result.next_run_id = failed->new_execution_run_id;
  } else if (const auto* late = closing.attributes_if<WorkflowExecutionTimedOutEventAttributes>()) {
    failure.message = "workflow timed out";
    TimeoutFailureInfo info;
    info.timeout_type = TimeoutType::StartToClose;
    failure.info = std::move(info);
    result.next_run_id = late->new_execution_run_id;
  } else if (const auto* canceled =
                 closing.attributes_if<WorkflowExecutionCanceledEventAttributes>()) {
    failure.message = "workflow canceled";
    CanceledFailureInfo info;
    info.details = canceled->details;
    failure.info = std::move(info);
  } else if (const auto* terminated =
                 closing.attributes_if<WorkflowExecutionTerminatedEventAttributes>()) {
    failure.message = terminated->reason.empty() ? "workflow terminated" : terminated->reason;
    failure.info = TerminatedFailureInfo{};
  } else {
    throw LogicError("event " + std::to_string(closing.event_id) + " does not close a run");
  }
  result.outcome = std::move(failure);
  return result;
}

}  // namespace durasim::inline v0::engine
