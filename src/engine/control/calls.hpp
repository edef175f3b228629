// The calls of a client in another process and their members, described once for writing and
// reading.
#pragma once

#include "durasim/engine/frontend.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace durasim::inline v0::engine::control {

struct Nothing {};

struct StartCall {
  using Answer = WorkflowExecution;
  std::string workflow_type;
  PayloadList input;
  StartOptions options;
  bool attach = false;
};
struct SignalWithStartCall {
  using Answer = WorkflowExecution;
  std::string workflow_type;
  PayloadList input;
  StartOptions options;
  std::string signal;
  PayloadList signal_input;
};
struct SignalCall {
  using Answer = Nothing;
  WorkflowExecution run;
  std::string name;
  PayloadList input;
  std::string request_id;
};
struct QueryCall {
  using Answer = PayloadList;
  WorkflowExecution run;
  std::string type;
  PayloadList arguments;
};
struct CancelCall {
  using Answer = Nothing;
  WorkflowExecution run;
  std::string reason;
};
struct TerminateCall {
  using Answer = Nothing;
  WorkflowExecution run;
  std::string reason;
};
struct ResumeCall {
  using Answer = Nothing;
  WorkflowExecution run;
};
struct DescribeCall {
  using Answer = WorkflowDescription;
  WorkflowExecution run;
};
struct ListCall {
  using Answer = std::vector<WorkflowDescription>;
  ListOptions options;
};
// Answered after some seconds at the latest, then with nothing: a client that has gone away keeps
// nobody waiting for long.
struct ResultCall {
  using Answer = std::optional<PayloadList>;
  WorkflowExecution run;
};
struct CompleteActivityCall {
  using Answer = Nothing;
  std::string task_token;
  ActivityOutcome outcome;
};
struct HistoryCall {
  using Answer = std::string;
  WorkflowExecution run;
};
// Answered after some seconds at the latest, as ResultCall.
struct HistoryAfterCall {
  using Answer = HistoryPart;
  WorkflowExecution run;
  std::int64_t last_event_id = 0;
  Duration at_most{};
};
// The order is part of the protocol.
using Call = std::variant<StartCall, SignalWithStartCall, SignalCall, QueryCall, CancelCall,
                          TerminateCall, ResumeCall, DescribeCall, ListCall, ResultCall,
                          CompleteActivityCall, HistoryCall, HistoryAfterCall>;

// ---- members, in order, once for both directions ------------------------------------------------

template <class A>
void members(A& a, WorkflowExecution& v) {
  a(v.workflow_id, v.run_id);
}
template <class A>
void members(A& a, RetryPolicy& v) {
  a(v.initial_interval, v.backoff_coefficient, v.maximum_interval, v.maximum_attempts,
    v.non_retryable_error_types);
}
template <class A>
void members(A& a, StartOptions& v) {
  a(v.id, v.task_queue, v.id_reuse_policy, v.id_conflict_policy, v.execution_timeout, v.run_timeout,
    v.task_timeout, v.start_delay, v.retry, v.memo, v.request_id, v.remote_worker);
}
template <class A>
void members(A& a, PendingActivity& v) {
  a(v.activity_id, v.activity_type, v.attempt, v.started, v.cancel_requested, v.scheduled_time,
    v.next_attempt_time, v.heartbeat_details, v.last_failure);
}
template <class A>
void members(A& a, WorkflowDescription& v) {
  a(v.workflow_id, v.run_id, v.workflow_type, v.task_queue, v.status, v.start_time, v.close_time,
    v.history_length, v.history_bytes, v.pending_activities, v.workflow_task_attempt, v.crashes,
    v.parked);
}
template <class A>
void members(A& a, ListOptions& v) {
  a(v.status, v.workflow_id, v.workflow_type, v.limit, v.after_run_id);
}
template <class A>
void members(A&, Nothing&) {}
template <class A>
void members(A& a, ActivityCompleted& v) {
  a(v.result);
}
template <class A>
void members(A& a, ActivityFailed& v) {
  a(v.failure);
}
template <class A>
void members(A& a, ActivityCanceled& v) {
  a(v.details);
}
template <class A>
void members(A&, ActivityWillCompleteAsync&) {}
template <class A>
void members(A& a, StartCall& v) {
  a(v.workflow_type, v.input, v.options, v.attach);
}
template <class A>
void members(A& a, SignalWithStartCall& v) {
  a(v.workflow_type, v.input, v.options, v.signal, v.signal_input);
}
template <class A>
void members(A& a, SignalCall& v) {
  a(v.run, v.name, v.input, v.request_id);
}
template <class A>
void members(A& a, QueryCall& v) {
  a(v.run, v.type, v.arguments);
}
template <class A>
void members(A& a, CancelCall& v) {
  a(v.run, v.reason);
}
template <class A>
void members(A& a, TerminateCall& v) {
  a(v.run, v.reason);
}
template <class A>
void members(A& a, ResumeCall& v) {
  a(v.run);
}
template <class A>
void members(A& a, DescribeCall& v) {
  a(v.run);
}
template <class A>
void members(A& a, ListCall& v) {
  a(v.options);
}
template <class A>
void members(A& a, ResultCall& v) {
  a(v.run);
}
template <class A>
void members(A& a, CompleteActivityCall& v) {
  a(v.task_token, v.outcome);
}
template <class A>
void members(A& a, HistoryCall& v) {
  a(v.run);
}
template <class A>
void members(A& a, HistoryAfterCall& v) {
  a(v.run, v.last_event_id, v.at_most);
}
template <class A>
void members(A& a, HistoryPart& v) {
  a(v.run_id, v.history, v.closed);
}

}  // namespace durasim::inline v0::engine::control
