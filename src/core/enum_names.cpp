// Temporal's names of its enumerators, checked against its own descriptors by a test; how they are
// looked up.
#include "core/enum_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace durasim::inline v0::codec {
namespace {

constexpr EnumName kEventType[] = {
    {EventType::Unspecified, "UNSPECIFIED"},
    {EventType::WorkflowExecutionStarted, "WORKFLOW_EXECUTION_STARTED"},
    {EventType::WorkflowExecutionCompleted, "WORKFLOW_EXECUTION_COMPLETED"},
    {EventType::WorkflowExecutionFailed, "WORKFLOW_EXECUTION_FAILED"},
    {EventType::WorkflowExecutionTimedOut, "WORKFLOW_EXECUTION_TIMED_OUT"},
    {EventType::WorkflowTaskScheduled, "WORKFLOW_TASK_SCHEDULED"},
    {EventType::WorkflowTaskStarted, "WORKFLOW_TASK_STARTED"},
    {EventType::WorkflowTaskCompleted, "WORKFLOW_TASK_COMPLETED"},
    {EventType::WorkflowTaskTimedOut, "WORKFLOW_TASK_TIMED_OUT"},
    {EventType::WorkflowTaskFailed, "WORKFLOW_TASK_FAILED"},
    {EventType::ActivityTaskScheduled, "ACTIVITY_TASK_SCHEDULED"},
    {EventType::ActivityTaskStarted, "ACTIVITY_TASK_STARTED"},
    {EventType::ActivityTaskCompleted, "ACTIVITY_TASK_COMPLETED"},
    {EventType::ActivityTaskFailed, "ACTIVITY_TASK_FAILED"},
    {EventType::ActivityTaskTimedOut, "ACTIVITY_TASK_TIMED_OUT"},
    {EventType::ActivityTaskCancelRequested, "ACTIVITY_TASK_CANCEL_REQUESTED"},
    {EventType::ActivityTaskCanceled, "ACTIVITY_TASK_CANCELED"},
    {EventType::TimerStarted, "TIMER_STARTED"},
    {EventType::TimerFired, "TIMER_FIRED"},
    {EventType::TimerCanceled, "TIMER_CANCELED"},
    {EventType::WorkflowExecutionCancelRequested, "WORKFLOW_EXECUTION_CANCEL_REQUESTED"},
    {EventType::WorkflowExecutionCanceled, "WORKFLOW_EXECUTION_CANCELED"},
    {EventType::RequestCancelExternalWorkflowExecutionInitiated,
     "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED"},
    {EventType::RequestCancelExternalWorkflowExecutionFailed,
     "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED"},
    {EventType::ExternalWorkflowExecutionCancelRequested,
     "EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED"},
    {EventType::MarkerRecorded, "MARKER_RECORDED"},
    {EventType::WorkflowExecutionSignaled, "WORKFLOW_EXECUTION_SIGNALED"},
    {EventType::WorkflowExecutionTerminated, "WORKFLOW_EXECUTION_TERMINATED"},
    {EventType::WorkflowExecutionContinuedAsNew, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW"},
    {EventType::StartChildWorkflowExecutionInitiated, "START_CHILD_WORKFLOW_EXECUTION_INITIATED"},
    {EventType::StartChildWorkflowExecutionFailed, "START_CHILD_WORKFLOW_EXECUTION_FAILED"},
    {EventType::ChildWorkflowExecutionStarted, "CHILD_WORKFLOW_EXECUTION_STARTED"},
    {EventType::ChildWorkflowExecutionCompleted, "CHILD_WORKFLOW_EXECUTION_COMPLETED"},
    {EventType::ChildWorkflowExecutionFailed, "CHILD_WORKFLOW_EXECUTION_FAILED"},
    {EventType::ChildWorkflowExecutionCanceled, "CHILD_WORKFLOW_EXECUTION_CANCELED"},
    {EventType::ChildWorkflowExecutionTimedOut, "CHILD_WORKFLOW_EXECUTION_TIMED_OUT"},
    {EventType::ChildWorkflowExecutionTerminated, "CHILD_WORKFLOW_EXECUTION_TERMINATED"},
    {EventType::SignalExternalWorkflowExecutionInitiated,
     "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED"},
    {EventType::SignalExternalWorkflowExecutionFailed, "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED"},
    {EventType::ExternalWorkflowExecutionSignaled, "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED"},
    {EventType::UpsertWorkflowSearchAttributes, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"},
    {EventType::WorkflowExecutionUpdateAccepted, "WORKFLOW_EXECUTION_UPDATE_ACCEPTED"},
    {EventType::WorkflowExecutionUpdateRejected, "WORKFLOW_EXECUTION_UPDATE_REJECTED"},
    {EventType::WorkflowExecutionUpdateCompleted, "WORKFLOW_EXECUTION_UPDATE_COMPLETED"},
    {EventType::WorkflowPropertiesModifiedExternally, "WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY"},
    {EventType::ActivityPropertiesModifiedExternally, "ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY"},
    {EventType::WorkflowPropertiesModified, "WORKFLOW_PROPERTIES_MODIFIED"},
    {EventType::WorkflowExecutionUpdateAdmitted, "WORKFLOW_EXECUTION_UPDATE_ADMITTED"},
    {EventType::NexusOperationScheduled, "NEXUS_OPERATION_SCHEDULED"},
    {EventType::NexusOperationStarted, "NEXUS_OPERATION_STARTED"},
    {EventType::NexusOperationCompleted, "NEXUS_OPERATION_COMPLETED"},
    {EventType::NexusOperationFailed, "NEXUS_OPERATION_FAILED"},
    {EventType::NexusOperationCanceled, "NEXUS_OPERATION_CANCELED"},
    {EventType::NexusOperationTimedOut, "NEXUS_OPERATION_TIMED_OUT"},
    {EventType::NexusOperationCancelRequested, "NEXUS_OPERATION_CANCEL_REQUESTED"},
    {EventType::WorkflowExecutionOptionsUpdated, "WORKFLOW_EXECUTION_OPTIONS_UPDATED"},
    {EventType::NexusOperationCancelRequestCompleted, "NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED"},
    {EventType::NexusOperationCancelRequestFailed, "NEXUS_OPERATION_CANCEL_REQUEST_FAILED"},
    {EventType::WorkflowExecutionPaused, "WORKFLOW_EXECUTION_PAUSED"},
    {EventType::WorkflowExecutionUnpaused, "WORKFLOW_EXECUTION_UNPAUSED"},
    {EventType::WorkflowExecutionTimeSkippingTransitioned,
     "WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED"}};
constexpr EnumName kCommandType[] = {
    {CommandType::Unspecified, "UNSPECIFIED"},
    {CommandType::ScheduleActivityTask, "SCHEDULE_ACTIVITY_TASK"},
    {CommandType::RequestCancelActivityTask, "REQUEST_CANCEL_ACTIVITY_TASK"},
    {CommandType::StartTimer, "START_TIMER"},
    {CommandType::CompleteWorkflowExecution, "COMPLETE_WORKFLOW_EXECUTION"},
    {CommandType::FailWorkflowExecution, "FAIL_WORKFLOW_EXECUTION"},
    {CommandType::CancelTimer, "CANCEL_TIMER"},
    {CommandType::CancelWorkflowExecution, "CANCEL_WORKFLOW_EXECUTION"},
    {CommandType::RequestCancelExternalWorkflowExecution,
     "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION"},
    {CommandType::RecordMarker, "RECORD_MARKER"},
    {CommandType::ContinueAsNewWorkflowExecution, "CONTINUE_AS_NEW_WORKFLOW_EXECUTION"},
    {CommandType::StartChildWorkflowExecution, "START_CHILD_WORKFLOW_EXECUTION"},
    {CommandType::SignalExternalWorkflowExecution, "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION"},
    {CommandType::UpsertWorkflowSearchAttributes, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"},
    {CommandType::ProtocolMessage, "PROTOCOL_MESSAGE"},
    {CommandType::ModifyWorkflowProperties, "MODIFY_WORKFLOW_PROPERTIES"},
    {CommandType::ScheduleNexusOperation, "SCHEDULE_NEXUS_OPERATION"},
    {CommandType::RequestCancelNexusOperation, "REQUEST_CANCEL_NEXUS_OPERATION"}};
constexpr EnumName kTimeoutType[] = {{TimeoutType::Unspecified, "UNSPECIFIED"},
                                     {TimeoutType::StartToClose, "START_TO_CLOSE"},
                                     {TimeoutType::ScheduleToStart, "SCHEDULE_TO_START"},
                                     {TimeoutType::ScheduleToClose, "SCHEDULE_TO_CLOSE"},
                                     {TimeoutType::Heartbeat, "HEARTBEAT"}};
constexpr EnumName kRetryState[] = {
    {RetryState::Unspecified, "UNSPECIFIED"},
    {RetryState::InProgress, "IN_PROGRESS"},
    {RetryState::NonRetryableFailure, "NON_RETRYABLE_FAILURE"},
    {RetryState::Timeout, "TIMEOUT"},
    {RetryState::MaximumAttemptsReached, "MAXIMUM_ATTEMPTS_REACHED"},
    {RetryState::RetryPolicyNotSet, "RETRY_POLICY_NOT_SET"},
    {RetryState::InternalServerError, "INTERNAL_SERVER_ERROR"},
    {RetryState::CancelRequested, "CANCEL_REQUESTED"}};
constexpr EnumName kApplicationErrorCategory[] = {
    {ApplicationErrorCategory::Unspecified, "UNSPECIFIED"},
    {ApplicationErrorCategory::Benign, "BENIGN"}};
constexpr EnumName kWorkflowTaskFailedCause[] = {
    {WorkflowTaskFailedCause::Unspecified, "UNSPECIFIED"},
    {WorkflowTaskFailedCause::UnhandledCommand, "UNHANDLED_COMMAND"},
    {WorkflowTaskFailedCause::BadScheduleActivityAttributes, "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadRequestCancelActivityAttributes,
     "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadStartTimerAttributes, "BAD_START_TIMER_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadCancelTimerAttributes, "BAD_CANCEL_TIMER_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadRecordMarkerAttributes, "BAD_RECORD_MARKER_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadCompleteWorkflowExecutionAttributes,
     "BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadFailWorkflowExecutionAttributes,
     "BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadCancelWorkflowExecutionAttributes,
     "BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadRequestCancelExternalWorkflowExecutionAttributes,
     "BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadContinueAsNewAttributes, "BAD_CONTINUE_AS_NEW_ATTRIBUTES"},
    {WorkflowTaskFailedCause::StartTimerDuplicateId, "START_TIMER_DUPLICATE_ID"},
    {WorkflowTaskFailedCause::ResetStickyTaskQueue, "RESET_STICKY_TASK_QUEUE"},
    {WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure, "WORKFLOW_WORKER_UNHANDLED_FAILURE"},
    {WorkflowTaskFailedCause::BadSignalWorkflowExecutionAttributes,
     "BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::BadStartChildExecutionAttributes,
     "BAD_START_CHILD_EXECUTION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::ForceCloseCommand, "FORCE_CLOSE_COMMAND"},
    {WorkflowTaskFailedCause::FailoverCloseCommand, "FAILOVER_CLOSE_COMMAND"},
    {WorkflowTaskFailedCause::BadSignalInputSize, "BAD_SIGNAL_INPUT_SIZE"},
    {WorkflowTaskFailedCause::ResetWorkflow, "RESET_WORKFLOW"},
    {WorkflowTaskFailedCause::BadBinary, "BAD_BINARY"},
    {WorkflowTaskFailedCause::ScheduleActivityDuplicateId, "SCHEDULE_ACTIVITY_DUPLICATE_ID"},
    {WorkflowTaskFailedCause::BadSearchAttributes, "BAD_SEARCH_ATTRIBUTES"},
    {WorkflowTaskFailedCause::NonDeterministicError, "NON_DETERMINISTIC_ERROR"},
    {WorkflowTaskFailedCause::BadModifyWorkflowPropertiesAttributes,
     "BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES"},
    {WorkflowTaskFailedCause::PendingChildWorkflowsLimitExceeded,
     "PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED"},
    {WorkflowTaskFailedCause::PendingActivitiesLimitExceeded, "PENDING_ACTIVITIES_LIMIT_EXCEEDED"},
    {WorkflowTaskFailedCause::PendingSignalsLimitExceeded, "PENDING_SIGNALS_LIMIT_EXCEEDED"},
    {WorkflowTaskFailedCause::PendingRequestCancelLimitExceeded,
     "PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED"},
    {WorkflowTaskFailedCause::BadUpdateWorkflowExecutionMessage,
     "BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE"},
    {WorkflowTaskFailedCause::UnhandledUpdate, "UNHANDLED_UPDATE"},
    {WorkflowTaskFailedCause::BadScheduleNexusOperationAttributes,
     "BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::PendingNexusOperationsLimitExceeded,
     "PENDING_NEXUS_OPERATIONS_LIMIT_EXCEEDED"},
    {WorkflowTaskFailedCause::BadRequestCancelNexusOperationAttributes,
     "BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES"},
    {WorkflowTaskFailedCause::FeatureDisabled, "FEATURE_DISABLED"},
    {WorkflowTaskFailedCause::GrpcMessageTooLarge, "GRPC_MESSAGE_TOO_LARGE"},
    {WorkflowTaskFailedCause::PayloadsTooLarge, "PAYLOADS_TOO_LARGE"},
    {WorkflowTaskFailedCause::ExternalStorageFailure, "EXTERNAL_STORAGE_FAILURE"},
    {WorkflowTaskFailedCause::WorkflowPauseRequestedBeforeTaskStarted,
     "WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED"},
    {WorkflowTaskFailedCause::RequestTooLarge, "REQUEST_TOO_LARGE"}};
constexpr EnumName kActivityTaskFailedCause[] = {
    {ActivityTaskFailedCause::Unspecified, "UNSPECIFIED"},
    {ActivityTaskFailedCause::PayloadsTooLarge, "PAYLOADS_TOO_LARGE"},
    {ActivityTaskFailedCause::ExternalStorageFailure, "EXTERNAL_STORAGE_FAILURE"},
    {ActivityTaskFailedCause::ActivityWorkerUnhandledFailure, "ACTIVITY_WORKER_UNHANDLED_FAILURE"}};
constexpr EnumName kContinueAsNewInitiator[] = {
    {ContinueAsNewInitiator::Unspecified, "UNSPECIFIED"},
    {ContinueAsNewInitiator::Workflow, "WORKFLOW"},
    {ContinueAsNewInitiator::Retry, "RETRY"},
    {ContinueAsNewInitiator::CronSchedule, "CRON_SCHEDULE"}};
constexpr EnumName kParentClosePolicy[] = {{ParentClosePolicy::Unspecified, "UNSPECIFIED"},
                                           {ParentClosePolicy::Terminate, "TERMINATE"},
                                           {ParentClosePolicy::Abandon, "ABANDON"},
                                           {ParentClosePolicy::RequestCancel, "REQUEST_CANCEL"}};
constexpr EnumName kWorkflowIdReusePolicy[] = {
    {WorkflowIdReusePolicy::Unspecified, "UNSPECIFIED"},
    {WorkflowIdReusePolicy::AllowDuplicate, "ALLOW_DUPLICATE"},
    {WorkflowIdReusePolicy::AllowDuplicateFailedOnly, "ALLOW_DUPLICATE_FAILED_ONLY"},
    {WorkflowIdReusePolicy::RejectDuplicate, "REJECT_DUPLICATE"},
    {WorkflowIdReusePolicy::TerminateIfRunning, "TERMINATE_IF_RUNNING"}};
constexpr EnumName kTaskQueueKind[] = {{TaskQueueKind::Unspecified, "UNSPECIFIED"},
                                       {TaskQueueKind::Normal, "NORMAL"},
                                       {TaskQueueKind::Sticky, "STICKY"},
                                       {TaskQueueKind::WorkerCommands, "WORKER_COMMANDS"}};
constexpr EnumName kCancelExternalWorkflowExecutionFailedCause[] = {
    {CancelExternalWorkflowExecutionFailedCause::Unspecified, "UNSPECIFIED"},
    {CancelExternalWorkflowExecutionFailedCause::ExternalWorkflowExecutionNotFound,
     "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND"},
    {CancelExternalWorkflowExecutionFailedCause::NamespaceNotFound, "NAMESPACE_NOT_FOUND"}};
constexpr EnumName kContinueAsNewVersioningBehavior[] = {
    {ContinueAsNewVersioningBehavior::Unspecified, "UNSPECIFIED"},
    {ContinueAsNewVersioningBehavior::AutoUpgrade, "AUTO_UPGRADE"},
    {ContinueAsNewVersioningBehavior::UseRampingVersion, "USE_RAMPING_VERSION"}};
constexpr EnumName kExecutionType[] = {{ExecutionType::Unspecified, "UNSPECIFIED"},
                                       {ExecutionType::Workflow, "WORKFLOW"},
                                       {ExecutionType::Activity, "ACTIVITY"},
                                       {ExecutionType::NexusOperation, "NEXUS_OPERATION"}};
constexpr EnumName kNexusHandlerErrorRetryBehavior[] = {
    {NexusHandlerErrorRetryBehavior::Unspecified, "UNSPECIFIED"},
    {NexusHandlerErrorRetryBehavior::Retryable, "RETRYABLE"},
    {NexusHandlerErrorRetryBehavior::NonRetryable, "NON_RETRYABLE"}};
constexpr EnumName kPinnedOverrideBehavior[] = {
    {PinnedOverrideBehavior::Unspecified, "UNSPECIFIED"},
    {PinnedOverrideBehavior::Pinned, "PINNED"}};
constexpr EnumName kSignalExternalWorkflowExecutionFailedCause[] = {
    {SignalExternalWorkflowExecutionFailedCause::Unspecified, "UNSPECIFIED"},
    {SignalExternalWorkflowExecutionFailedCause::ExternalWorkflowExecutionNotFound,
     "EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND"},
    {SignalExternalWorkflowExecutionFailedCause::NamespaceNotFound, "NAMESPACE_NOT_FOUND"},
    {SignalExternalWorkflowExecutionFailedCause::SignalCountLimitExceeded,
     "SIGNAL_COUNT_LIMIT_EXCEEDED"}};
constexpr EnumName kStartChildWorkflowExecutionFailedCause[] = {
    {StartChildWorkflowExecutionFailedCause::Unspecified, "UNSPECIFIED"},
    {StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists, "WORKFLOW_ALREADY_EXISTS"},
    {StartChildWorkflowExecutionFailedCause::NamespaceNotFound, "NAMESPACE_NOT_FOUND"},
    {StartChildWorkflowExecutionFailedCause::InvalidVersioningOverride,
     "INVALID_VERSIONING_OVERRIDE"}};
constexpr EnumName kSuggestContinueAsNewReason[] = {
    {SuggestContinueAsNewReason::Unspecified, "UNSPECIFIED"},
    {SuggestContinueAsNewReason::HistorySizeTooLarge, "HISTORY_SIZE_TOO_LARGE"},
    {SuggestContinueAsNewReason::TooManyHistoryEvents, "TOO_MANY_HISTORY_EVENTS"},
    {SuggestContinueAsNewReason::TooManyUpdates, "TOO_MANY_UPDATES"}};
constexpr EnumName kUpdateAdmittedEventOrigin[] = {
    {UpdateAdmittedEventOrigin::Unspecified, "UNSPECIFIED"},
    {UpdateAdmittedEventOrigin::Reapply, "REAPPLY"}};
constexpr EnumName kVersioningBehavior[] = {{VersioningBehavior::Unspecified, "UNSPECIFIED"},
                                            {VersioningBehavior::Pinned, "PINNED"},
                                            {VersioningBehavior::AutoUpgrade, "AUTO_UPGRADE"}};

// "TimerFired" for "TIMER_FIRED".
std::string pascal_case(std::string_view name) {
  std::string result;
  bool upper = true;
  for (const char c : name) {
    const bool lower = !upper && c >= 'A' && c <= 'Z';
    if (c != '_') result += lower ? static_cast<char>(c - 'A' + 'a') : c;
    upper = c == '_';
  }
  return result;
}

const EnumName* find_number(const EnumTable& table, std::int32_t number) {
  const auto found = std::ranges::lower_bound(table.names, number, {}, &EnumName::number);
  return found != table.names.end() && found->number == number ? &*found : nullptr;
}

}  // namespace

const EnumTable& enum_table(EventType) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.EventType", "EVENT_TYPE_", kEventType};
  return kTable;
}
const EnumTable& enum_table(CommandType) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.CommandType", "COMMAND_TYPE_",
                                    kCommandType};
  return kTable;
}
const EnumTable& enum_table(TimeoutType) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.TimeoutType", "TIMEOUT_TYPE_",
                                    kTimeoutType};
  return kTable;
}
const EnumTable& enum_table(RetryState) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.RetryState", "RETRY_STATE_",
                                    kRetryState};
  return kTable;
}
const EnumTable& enum_table(ApplicationErrorCategory) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.ApplicationErrorCategory",
                                    "APPLICATION_ERROR_CATEGORY_", kApplicationErrorCategory};
  return kTable;
}
const EnumTable& enum_table(WorkflowTaskFailedCause) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.WorkflowTaskFailedCause",
                                    "WORKFLOW_TASK_FAILED_CAUSE_", kWorkflowTaskFailedCause};
  return kTable;
}
const EnumTable& enum_table(ActivityTaskFailedCause) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.ActivityTaskFailedCause",
                                    "ACTIVITY_TASK_FAILED_CAUSE_", kActivityTaskFailedCause};
  return kTable;
}
const EnumTable& enum_table(ContinueAsNewInitiator) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.ContinueAsNewInitiator",
                                    "CONTINUE_AS_NEW_INITIATOR_", kContinueAsNewInitiator};
  return kTable;
}
const EnumTable& enum_table(ParentClosePolicy) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.ParentClosePolicy",
                                    "PARENT_CLOSE_POLICY_", kParentClosePolicy};
  return kTable;
}
const EnumTable& enum_table(WorkflowIdReusePolicy) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.WorkflowIdReusePolicy",
                                    "WORKFLOW_ID_REUSE_POLICY_", kWorkflowIdReusePolicy};
  return kTable;
}
const EnumTable& enum_table(TaskQueueKind) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.TaskQueueKind", "TASK_QUEUE_KIND_",
                                    kTaskQueueKind};
  return kTable;
}
const EnumTable& enum_table(CancelExternalWorkflowExecutionFailedCause) {
  static constexpr EnumTable kTable{
      "temporal.api.enums.v1.CancelExternalWorkflowExecutionFailedCause",
      "CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_",
      kCancelExternalWorkflowExecutionFailedCause};
  return kTable;
}
const EnumTable& enum_table(ContinueAsNewVersioningBehavior) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.ContinueAsNewVersioningBehavior",
                                    "CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_",
                                    kContinueAsNewVersioningBehavior};
  return kTable;
}
const EnumTable& enum_table(ExecutionType) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.ExecutionType", "EXECUTION_TYPE_",
                                    kExecutionType};
  return kTable;
}
const EnumTable& enum_table(NexusHandlerErrorRetryBehavior) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.NexusHandlerErrorRetryBehavior",
                                    "NEXUS_HANDLER_ERROR_RETRY_BEHAVIOR_",
                                    kNexusHandlerErrorRetryBehavior};
  return kTable;
}
const EnumTable& enum_table(PinnedOverrideBehavior) {
  static constexpr EnumTable kTable{
      "temporal.api.workflow.v1.VersioningOverride.PinnedOverrideBehavior",
      "PINNED_OVERRIDE_BEHAVIOR_", kPinnedOverrideBehavior};
  return kTable;
}
const EnumTable& enum_table(SignalExternalWorkflowExecutionFailedCause) {
  static constexpr EnumTable kTable{
      "temporal.api.enums.v1.SignalExternalWorkflowExecutionFailedCause",
      "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_",
      kSignalExternalWorkflowExecutionFailedCause};
  return kTable;
}
const EnumTable& enum_table(StartChildWorkflowExecutionFailedCause) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.StartChildWorkflowExecutionFailedCause",
                                    "START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_",
                                    kStartChildWorkflowExecutionFailedCause};
  return kTable;
}
const EnumTable& enum_table(SuggestContinueAsNewReason) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.SuggestContinueAsNewReason",
                                    "SUGGEST_CONTINUE_AS_NEW_REASON_", kSuggestContinueAsNewReason};
  return kTable;
}
const EnumTable& enum_table(UpdateAdmittedEventOrigin) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.UpdateAdmittedEventOrigin",
                                    "UPDATE_ADMITTED_EVENT_ORIGIN_", kUpdateAdmittedEventOrigin,
                                    "UPDATE_REQUESTED_EVENT_ORIGIN_"};
  return kTable;
}
const EnumTable& enum_table(VersioningBehavior) {
  static constexpr EnumTable kTable{"temporal.api.enums.v1.VersioningBehavior",
                                    "VERSIONING_BEHAVIOR_", kVersioningBehavior};
  return kTable;
}

std::string full_name(const EnumTable& table, std::int32_t number) {
  const EnumName* found = find_number(table, number);
  return found != nullptr ? std::string(table.prefix) + std::string(found->name) : std::string();
}

std::string short_name(const EnumTable& table, std::int32_t number) {
  if (const EnumName* found = find_number(table, number)) return pascal_case(found->name);
  return fmt::format("{}({})", table.type.substr(table.type.rfind('.') + 1), number);
}

std::optional<std::int32_t> number_of(const EnumTable& table, std::string_view name) {
  const bool is_old = !table.old_prefix.empty() && name.starts_with(table.old_prefix);
  const std::string_view prefix = is_old ? table.old_prefix : table.prefix;
  const bool is_full = name.starts_with(prefix);
  for (const EnumName& each : table.names) {
    if (is_full ? name.substr(prefix.size()) == each.name : name == pascal_case(each.name)) {
      return each.number;
    }
  }
  return std::nullopt;
}

}  // namespace durasim::inline v0::codec

namespace durasim::inline v0 {
namespace {

template <class E>
std::string name_of(E value) {
  return codec::short_name(codec::enum_table(value), static_cast<std::int32_t>(value));
}

}  // namespace

std::string to_string(EventType type) {
  return name_of(type);
}
std::string to_string(CommandType type) {
  return name_of(type);
}
std::string to_string(TimeoutType type) {
  return name_of(type);
}
std::string to_string(RetryState state) {
  return name_of(state);
}
std::string to_string(WorkflowTaskFailedCause cause) {
  return name_of(cause);
}

}  // namespace durasim::inline v0
