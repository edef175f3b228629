// Temporal's enumerations (temporal.api.enums.v1). The numbers are on the wire and in every stored
// history: never renumber. A value may be one that this version has no name for: switch with a
// default.
#pragma once

#include <cstdint>

namespace durasim::inline v0 {

enum class EventType : std::int32_t {
  Unspecified = 0,
  WorkflowExecutionStarted = 1,
  WorkflowExecutionCompleted = 2,
  WorkflowExecutionFailed = 3,
  WorkflowExecutionTimedOut = 4,
  WorkflowTaskScheduled = 5,
  WorkflowTaskStarted = 6,
  WorkflowTaskCompleted = 7,
  WorkflowTaskTimedOut = 8,
  WorkflowTaskFailed = 9,
  ActivityTaskScheduled = 10,
  ActivityTaskStarted = 11,
  ActivityTaskCompleted = 12,
  ActivityTaskFailed = 13,
  ActivityTaskTimedOut = 14,
  ActivityTaskCancelRequested = 15,
  ActivityTaskCanceled = 16,
  TimerStarted = 17,
  TimerFired = 18,
  TimerCanceled = 19,
  WorkflowExecutionCancelRequested = 20,
  WorkflowExecutionCanceled = 21,
  RequestCancelExternalWorkflowExecutionInitiated = 22,
  RequestCancelExternalWorkflowExecutionFailed = 23,
  ExternalWorkflowExecutionCancelRequested = 24,
  MarkerRecorded = 25,
  WorkflowExecutionSignaled = 26,
  WorkflowExecutionTerminated = 27,
  WorkflowExecutionContinuedAsNew = 28,
  StartChildWorkflowExecutionInitiated = 29,
  StartChildWorkflowExecutionFailed = 30,
  ChildWorkflowExecutionStarted = 31,
  ChildWorkflowExecutionCompleted = 32,
  ChildWorkflowExecutionFailed = 33,
  ChildWorkflowExecutionCanceled = 34,
  ChildWorkflowExecutionTimedOut = 35,
  ChildWorkflowExecutionTerminated = 36,
  SignalExternalWorkflowExecutionInitiated = 37,
  SignalExternalWorkflowExecutionFailed = 38,
  ExternalWorkflowExecutionSignaled = 39,
  UpsertWorkflowSearchAttributes = 40,
  WorkflowExecutionUpdateAccepted = 41,
  WorkflowExecutionUpdateRejected = 42,
  WorkflowExecutionUpdateCompleted = 43,
  WorkflowPropertiesModifiedExternally = 44,
  ActivityPropertiesModifiedExternally = 45,
  WorkflowPropertiesModified = 46,
  WorkflowExecutionUpdateAdmitted = 47,
  NexusOperationScheduled = 48,
  NexusOperationStarted = 49,
  NexusOperationCompleted = 50,
  NexusOperationFailed = 51,
  NexusOperationCanceled = 52,
  NexusOperationTimedOut = 53,
  NexusOperationCancelRequested = 54,
  WorkflowExecutionOptionsUpdated = 55,
  NexusOperationCancelRequestCompleted = 56,
  NexusOperationCancelRequestFailed = 57,
  WorkflowExecutionPaused = 58,
  WorkflowExecutionUnpaused = 59,
  WorkflowExecutionTimeSkippingTransitioned = 60,
};

enum class CommandType : std::int32_t {
  Unspecified = 0,
  ScheduleActivityTask = 1,
  RequestCancelActivityTask = 2,
  StartTimer = 3,
  CompleteWorkflowExecution = 4,
  FailWorkflowExecution = 5,
  CancelTimer = 6,
  CancelWorkflowExecution = 7,
  RequestCancelExternalWorkflowExecution = 8,
  RecordMarker = 9,
  ContinueAsNewWorkflowExecution = 10,
  StartChildWorkflowExecution = 11,
  SignalExternalWorkflowExecution = 12,
  UpsertWorkflowSearchAttributes = 13,
  ProtocolMessage = 14,
  ModifyWorkflowProperties = 16,
  ScheduleNexusOperation = 17,
  RequestCancelNexusOperation = 18,
};

enum class TimeoutType : std::int32_t {
  Unspecified = 0,
  StartToClose = 1,
  ScheduleToStart = 2,
  ScheduleToClose = 3,
  Heartbeat = 4,
};

enum class RetryState : std::int32_t {
  Unspecified = 0,
  InProgress = 1,
  NonRetryableFailure = 2,
  Timeout = 3,
  MaximumAttemptsReached = 4,
  RetryPolicyNotSet = 5,
  InternalServerError = 6,
  CancelRequested = 7,
};

enum class ApplicationErrorCategory : std::int32_t {
  Unspecified = 0,
  Benign = 1,
};

enum class WorkflowTaskFailedCause : std::int32_t {
  Unspecified = 0,
  UnhandledCommand = 1,
  BadScheduleActivityAttributes = 2,
  BadRequestCancelActivityAttributes = 3,
  BadStartTimerAttributes = 4,
  BadCancelTimerAttributes = 5,
  BadRecordMarkerAttributes = 6,
  BadCompleteWorkflowExecutionAttributes = 7,
  BadFailWorkflowExecutionAttributes = 8,
  BadCancelWorkflowExecutionAttributes = 9,
  BadRequestCancelExternalWorkflowExecutionAttributes = 10,
  BadContinueAsNewAttributes = 11,
  StartTimerDuplicateId = 12,
  ResetStickyTaskQueue = 13,
  WorkflowWorkerUnhandledFailure = 14,
  BadSignalWorkflowExecutionAttributes = 15,
  BadStartChildExecutionAttributes = 16,
  ForceCloseCommand = 17,
  FailoverCloseCommand = 18,
  BadSignalInputSize = 19,
  ResetWorkflow = 20,
  BadBinary = 21,
  ScheduleActivityDuplicateId = 22,
  BadSearchAttributes = 23,
  NonDeterministicError = 24,
  BadModifyWorkflowPropertiesAttributes = 25,
  PendingChildWorkflowsLimitExceeded = 26,
  PendingActivitiesLimitExceeded = 27,
  PendingSignalsLimitExceeded = 28,
  PendingRequestCancelLimitExceeded = 29,
  BadUpdateWorkflowExecutionMessage = 30,
  UnhandledUpdate = 31,
  BadScheduleNexusOperationAttributes = 32,
  PendingNexusOperationsLimitExceeded = 33,
  BadRequestCancelNexusOperationAttributes = 34,
  FeatureDisabled = 35,
  GrpcMessageTooLarge = 36,
  PayloadsTooLarge = 37,
  ExternalStorageFailure = 38,
  WorkflowPauseRequestedBeforeTaskStarted = 39,
  RequestTooLarge = 40,
};

enum class ActivityTaskFailedCause : std::int32_t {
  Unspecified = 0,
  PayloadsTooLarge = 1,
  ExternalStorageFailure = 2,
  ActivityWorkerUnhandledFailure = 3,
};

enum class ContinueAsNewInitiator : std::int32_t {
  Unspecified = 0,
  Workflow = 1,
  Retry = 2,
  CronSchedule = 3,
};

enum class ParentClosePolicy : std::int32_t {
  Unspecified = 0,
  Terminate = 1,
  Abandon = 2,
  RequestCancel = 3,
};

enum class WorkflowIdReusePolicy : std::int32_t {
  Unspecified = 0,
  AllowDuplicate = 1,
  AllowDuplicateFailedOnly = 2,
  RejectDuplicate = 3,
  TerminateIfRunning = 4,
};

enum class TaskQueueKind : std::int32_t {
  Unspecified = 0,
  Normal = 1,
  Sticky = 2,
  WorkerCommands = 3,
};

enum class CancelExternalWorkflowExecutionFailedCause : std::int32_t {
  Unspecified = 0,
  ExternalWorkflowExecutionNotFound = 1,
  NamespaceNotFound = 2,
};

enum class ContinueAsNewVersioningBehavior : std::int32_t {
  Unspecified = 0,
  AutoUpgrade = 1,
  UseRampingVersion = 2,
};

enum class ExecutionType : std::int32_t {
  Unspecified = 0,
  Workflow = 1,
  Activity = 2,
  NexusOperation = 3,
};

enum class NexusHandlerErrorRetryBehavior : std::int32_t {
  Unspecified = 0,
  Retryable = 1,
  NonRetryable = 2,
};

enum class PinnedOverrideBehavior : std::int32_t {
  Unspecified = 0,
  Pinned = 1,
};

enum class SignalExternalWorkflowExecutionFailedCause : std::int32_t {
  Unspecified = 0,
  ExternalWorkflowExecutionNotFound = 1,
  NamespaceNotFound = 2,
  SignalCountLimitExceeded = 3,
};

enum class StartChildWorkflowExecutionFailedCause : std::int32_t {
  Unspecified = 0,
  WorkflowAlreadyExists = 1,
  NamespaceNotFound = 2,
  InvalidVersioningOverride = 3,
};

enum class SuggestContinueAsNewReason : std::int32_t {
  Unspecified = 0,
  HistorySizeTooLarge = 1,
  TooManyHistoryEvents = 2,
  TooManyUpdates = 3,
};

enum class UpdateAdmittedEventOrigin : std::int32_t {
  Unspecified = 0,
  Reapply = 1,
};

enum class VersioningBehavior : std::int32_t {
  Unspecified = 0,
  Pinned = 1,
  AutoUpgrade = 2,
};

// How workflow code waits for an activity that it cancels. Not Temporal's API: the numbers are
// sdk-core's.
enum class ActivityCancellationType : std::int32_t {
  TryCancel = 0,
  WaitCancellationCompleted = 1,
  Abandon = 2
};

}  // namespace durasim::inline v0
