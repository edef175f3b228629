// Requests of clients, and the failures of work that nobody has registered.
#include "engine/client_requests.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::engine {

StartRequest ClientRequests::start(std::string_view workflow_type, PayloadList input,
                                   const StartOptions& options) const {
  StartRequest request;
  request.run.workflow_id = options.id.empty() ? make_uuid(random_) : options.id;
  request.run.workflow_type = std::string(workflow_type);
  request.run.task_queue = options.task_queue;
  request.run.input = std::move(input);
  request.run.execution_timeout = options.execution_timeout;
  request.run.run_timeout = options.run_timeout;
  request.run.task_timeout = options.task_timeout;
  request.run.first_task_delay = options.start_delay;
  request.run.retry = options.retry;
  request.run.memo = options.memo;
  coding_.encode(request.run.input, request.run.workflow_id);
  coding_.encode(request.run.memo, request.run.workflow_id);
  request.request_id = options.request_id.empty() ? make_uuid(random_) : options.request_id;
  request.reuse = options.id_reuse_policy;
  request.conflict = options.id_conflict_policy;
  return request;
}

SignalRun ClientRequests::signal(const std::string& workflow_id, std::string_view name,
                                 PayloadList input, const std::string& request_id) const {
  SignalRun signal;
  signal.name = std::string(name);
  signal.input = std::move(input);
  coding_.encode(signal.input, workflow_id);
  signal.request_id = request_id.empty() ? make_uuid(random_) : request_id;
  return signal;
}

std::string ClientRequests::request_id() const {
  return make_uuid(random_);
}

void ClientRequests::decode(WorkflowDescription& description) const {
  for (PendingActivity& activity : description.pending_activities) {
    coding_.decode(activity.heartbeat_details, description.workflow_id);
    if (activity.last_failure) coding_.decode(*activity.last_failure, description.workflow_id);
  }
}

void throw_not_served(const StartRequest& request) {
  throw InvalidArgument(fmt::format(
      "start: the engine that has the store has no worker of task queue \"{}\" that implements "
      "workflow type {}; register it there, use another store, or set remote_worker",
      request.run.task_queue, request.run.workflow_type));
}

proto::Failure activity_not_implemented(std::string_view type, std::string_view task_queue) {
  return ApplicationFailure(
             fmt::format("activity type {} is not implemented by the worker of queue {}", type,
                         task_queue),
             {.type = "NotImplemented", .non_retryable = true})
      .proto();
}

}  // namespace durasim::inline v0::engine
