// The line between workflow code and whatever runs it (an embedded engine or a Temporal server): an
// Activation tells a run what has happened, a Completion answers with commands. Modelled on
// sdk-core's workflow_activation.proto and workflow_commands.proto; the sequence numbers are the
// run's own and tie a command to its later resolution.
#pragma once

#include "durasim/core/enums.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/core/payload.hpp"
#include "durasim/core/retry_policy.hpp"
#include "durasim/core/workflow_info.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace durasim::inline v0 {

// ---- jobs: what has happened, in the order in which it is applied ------------------------------

struct InitializeWorkflow {
  WorkflowInfo info;
  PayloadList arguments;
  std::uint64_t randomness_seed = 0;
};
struct FireTimer {
  std::uint32_t seq = 0;
};
struct ResolveActivity {
  std::uint32_t seq = 0;
  // The result, or why there is none (cancellation is an ActivityFailure caused by a Canceled one).
  std::variant<PayloadList, proto::Failure> outcome;
};
struct CancelWorkflow {
  std::string reason;
};
struct QueryWorkflow {
  std::string query_id;
  std::string query_type;
  PayloadList arguments;
};
struct ResolveSignalExternalWorkflow {
  std::uint32_t seq = 0;
  std::optional<proto::Failure> failure;
};
struct ResolveRequestCancelExternalWorkflow {
  std::uint32_t seq = 0;
  std::optional<proto::Failure> failure;
};

using ActivationJob = std::variant<InitializeWorkflow, FireTimer, ResolveActivity, SignalWorkflow,
                                   CancelWorkflow, QueryWorkflow, ResolveSignalExternalWorkflow,
                                   ResolveRequestCancelExternalWorkflow>;

// One step of a run. Queries come in an activation of their own. Jobs are ordered: initialize,
// signals, everything else in history order; the run applies them all before it resumes code.
struct Activation {
  std::string run_id;
  WallTime timestamp{};  // workflow time: of the started workflow task; never goes back
  bool is_replaying = false;
  std::int64_t history_length = 0;
  std::int64_t history_size_bytes = 0;
  bool continue_as_new_suggested = false;
  std::vector<ActivationJob> jobs;
};

// ---- commands: what the run wants --------------------------------------------------------------

struct StartTimerCommand {
  std::uint32_t seq = 0;
  Duration start_to_fire_timeout{};
  std::string summary;
};
struct CancelTimerCommand {
  std::uint32_t seq = 0;
};
struct ScheduleActivityCommand {
  std::uint32_t seq = 0;
  std::string activity_id;  // decimal seq unless the author chose one
  std::string activity_type;
  std::string task_queue;  // empty: the workflow's own
  PayloadList arguments;
  Duration schedule_to_close_timeout{};  // 0 in each: not set
  Duration schedule_to_start_timeout{};
  Duration start_to_close_timeout{};
  Duration heartbeat_timeout{};
  std::optional<RetryPolicy> retry_policy;
  ActivityCancellationType cancellation_type{};
  std::string summary;
};
struct RequestCancelActivityCommand {
  std::uint32_t seq = 0;
};
struct SignalExternalWorkflowCommand {
  std::uint32_t seq = 0;
  std::string workflow_id;
  std::string run_id;  // empty: the current run
  std::string signal_name;
  PayloadList arguments;
};
struct RequestCancelExternalWorkflowCommand {
  std::uint32_t seq = 0;
  std::string workflow_id;
  std::string run_id;
  std::string reason;
};
struct CompleteWorkflowCommand {
  PayloadList result;
};
struct FailWorkflowCommand {
  proto::Failure failure;
};
struct CancelWorkflowCommand {};
struct ContinueAsNewCommand {
  std::string workflow_type;  // empty members: as in this run
  std::string task_queue;
  PayloadList arguments;
  Duration run_timeout{};
  Duration task_timeout{};
  std::optional<PayloadMap> memo;
  std::optional<RetryPolicy> retry_policy;
};
struct QueryResultCommand {
  std::string query_id;
  std::variant<PayloadList, proto::Failure> outcome;
};

using WorkflowCommand =
    std::variant<StartTimerCommand, CancelTimerCommand, ScheduleActivityCommand,
                 RequestCancelActivityCommand, SignalExternalWorkflowCommand,
                 RequestCancelExternalWorkflowCommand, CompleteWorkflowCommand, FailWorkflowCommand,
                 CancelWorkflowCommand, ContinueAsNewCommand, QueryResultCommand>;

struct WorkflowTaskFailure {
  WorkflowTaskFailedCause cause{};
  proto::Failure failure;
};

struct Completion {
  std::vector<WorkflowCommand> commands;
  // Set when the step failed: the commands mean nothing then.
  std::optional<WorkflowTaskFailure> failure;
};

}  // namespace durasim::inline v0
