// How workflow code asks for things: aggregates with a default per member, to be written as
// designated initialisers behind the arguments. They own what they hold.
#pragma once

#include "durasim/core/enums.hpp"
#include "durasim/core/payload_list.hpp"
#include "durasim/core/retry_policy.hpp"
#include "durasim/core/shared.hpp"
#include "durasim/core/time.hpp"

#include <string>

namespace durasim::inline v0 {

// Timeouts of 0 are not set; one of start_to_close and schedule_to_close is required.
struct ActivityOptions {
  // One attempt, from its start; a timeout is retried.
  Duration start_to_close{};
  // All attempts together, waiting included; never retried.
  Duration schedule_to_close{};
  // Waiting for a worker; never retried.
  Duration schedule_to_start{};
  // Longest silence between two heartbeats of one attempt; retried.
  Duration heartbeat{};
  RetryPolicy retry{};
  // Empty: the workflow's own.
  std::string task_queue{};
  // Unique among the open activities of the run; empty: chosen by durasim.
  std::string activity_id{};
  // What a co_await does when its scope is cancelled: TryCancel asks the activity to stop and goes
  // on at once, WaitCancellationCompleted waits for its answer, Abandon leaves it alone.
  ActivityCancellationType cancellation_type = ActivityCancellationType::TryCancel;
  // One line for people who look at the history.
  std::string summary{};
};

struct SleepOptions {
  std::string summary{};
};

// Members that are not set are as in this run.
struct ContinueAsNewOptions {
  std::string task_queue{};
  Duration run_timeout{};
  Duration task_timeout{};
  Shared<PayloadMap> memo{};
  Shared<RetryPolicy> retry{};
};

// A handler is forgotten when the coroutine that registered it ends, since it usually refers to
// that coroutine's locals.
struct HandlerOptions {
  // Keep the handler: it touches nothing of that coroutine's frame.
  bool outlives_coroutine = false;
};

// Another workflow on the same engine; an empty run id means its current run.
struct ExternalWorkflow {
  std::string workflow_id{};
  std::string run_id{};
};

}  // namespace durasim::inline v0
