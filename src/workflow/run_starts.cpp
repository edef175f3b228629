// What workflow code starts: timers, activities, conditions, requests to other workflows, branches.
#include "durasim/core/error.hpp"
#include "durasim/core/retry_policy.hpp"

#include "workflow/run_impl.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace durasim::inline v0::detail {

namespace {

void check(std::string_view activity, const ActivityOptions& options) {
  const std::array<std::pair<const char*, Duration>, 4> timeouts{
      {{"start_to_close", options.start_to_close},
       {"schedule_to_close", options.schedule_to_close},
       {"schedule_to_start", options.schedule_to_start},
       {"heartbeat", options.heartbeat}}};
  for (const auto& [name, value] : timeouts) {
    if (value < Duration::zero()) {
      throw InvalidArgument(
          fmt::format("activity {}: {} is negative ({} ns)", activity, name, value.count()));
    }
  }
  if (options.start_to_close == Duration::zero() && options.schedule_to_close == Duration::zero()) {
    throw InvalidArgument(fmt::format(
        "activity {}: set start_to_close or schedule_to_close, so that it can be given up",
        activity));
  }
  validate(options.retry);
}

}  // namespace

// Where nothing may start: the scope is cancelled, the run has ended, or only destructors run.
bool RunImpl::inert(const Scope& scope) const {
  return scope.cancelled() || closed_ || evicted_;
}

void RunImpl::require_writable(std::string_view what) const {
  if (read_only_ == ReadOnly::No || evicted_) return;
  throw LogicError(fmt::format(
      "{} may not {}: it only looks at the workflow's state",
      read_only_ == ReadOnly::Query ? "a query handler" : "the condition of wait_until", what));
}

WorkflowRandom& RunImpl::random() {
  require_writable("use the run's random numbers");
  return random_;
}

Ref<TimerPending> RunImpl::start_timer(Scope& scope, Duration duration, std::string summary) {
  require_writable("start a timer");
  const bool inert_here = inert(scope);
  const bool elapsed = duration <= Duration::zero();
  const std::uint32_t seq = inert_here || elapsed ? 0 : next_timer_++;
  auto timer = make_ref<TimerPending>(scope, seq);
  if (inert_here) {
    timer->cancel_before_start(scope.reason());
  } else if (elapsed) {
    timer->fire();
  } else {
    timers_.emplace(seq, timer);
    issue(StartTimerCommand{
        .seq = seq, .start_to_fire_timeout = duration, .summary = std::move(summary)});
  }
  return timer;
}

void RunImpl::cancel_timer(std::uint32_t seq) {
  timers_.erase(seq);
  issue(CancelTimerCommand{.seq = seq});
}

Ref<ActivityPending> RunImpl::start_activity(Scope& scope, std::string_view type,
                                             PayloadList arguments, ActivityOptions&& options) {
  require_writable("run an activity");
  check(type, options);
  const bool inert_here = inert(scope);
  const std::uint32_t seq = inert_here ? 0 : next_activity_++;
  auto activity = make_ref<ActivityPending>(scope, seq, options.cancellation_type, activation_);
  if (inert_here) {
    activity->cancel_before_start(scope.reason());
    return activity;
  }
  activities_.emplace(seq, activity);
  ScheduleActivityCommand command{.seq = seq,
                                  .activity_id = options.activity_id.empty()
                                                     ? std::to_string(seq)
                                                     : std::move(options.activity_id),
                                  .activity_type = std::string(type),
                                  .task_queue = std::move(options.task_queue),
                                  .arguments = std::move(arguments),
                                  .schedule_to_close_timeout = options.schedule_to_close,
                                  .schedule_to_start_timeout = options.schedule_to_start,
                                  .start_to_close_timeout = options.start_to_close,
                                  .heartbeat_timeout = options.heartbeat,
                                  .cancellation_type = options.cancellation_type,
                                  .summary = std::move(options.summary)};
  // The default policy is what the engine takes where none is given.
  if (options.retry != RetryPolicy{}) command.retry_policy = std::move(options.retry);
  issue(std::move(command));
  return activity;
}

bool RunImpl::cancel_activity(std::uint32_t seq, ActivityCancellationType type,
                              std::uint64_t activation) {
  if (type != ActivityCancellationType::Abandon) issue(RequestCancelActivityCommand{.seq = seq});
  // One that was scheduled in this very step never reaches a worker: there is nothing to wait for.
  const bool wait = type == ActivityCancellationType::WaitCancellationCompleted &&
                    activation != activation_ && !closed_ && !evicted_;
  if (const auto open = activities_.find(seq); !wait && open != activities_.end()) {
    open->second = {};
  }
  return wait;
}

Ref<ConditionPending> RunImpl::start_condition(Scope& scope, std::function<bool()> condition,
                                               Duration timeout) {
  require_writable("wait");
  auto pending = make_ref<ConditionPending>(scope, std::move(condition));
  if (inert(scope)) {
    pending->give_up(scope.reason());
  } else if (!pending->check()) {
    if (timeout <= Duration::zero()) {
      pending->timed_out();
    } else {
      pending->Link<ConditionTag>::insert_before(conditions_);
      if (timeout != Duration::max()) pending->arm(timeout);
    }
  }
  return pending;
}

Ref<ExternalPending> RunImpl::signal_external(Scope& scope, ExternalWorkflow target,
                                              std::string_view signal, PayloadList arguments) {
  require_writable("signal another workflow");
  auto request = make_ref<ExternalPending>(scope);
  if (inert(scope)) {
    request->cancel_before_start(scope.reason());
    return request;
  }
  const std::uint32_t seq = next_external_++;
  externals_.emplace(seq, request);
  issue(SignalExternalWorkflowCommand{.seq = seq,
                                      .workflow_id = std::move(target.workflow_id),
                                      .run_id = std::move(target.run_id),
                                      .signal_name = std::string(signal),
                                      .arguments = std::move(arguments)});
  return request;
}

Ref<ExternalPending> RunImpl::cancel_external(Scope& scope, ExternalWorkflow target,
                                              std::string reason) {
  require_writable("cancel another workflow");
  auto request = make_ref<ExternalPending>(scope);
  if (inert(scope)) {
    request->cancel_before_start(scope.reason());
    return request;
  }
  const std::uint32_t seq = next_external_++;
  externals_.emplace(seq, request);
  issue(RequestCancelExternalWorkflowCommand{.seq = seq,
                                             .workflow_id = std::move(target.workflow_id),
                                             .run_id = std::move(target.run_id),
                                             .reason = std::move(reason)});
  return request;
}

void RunImpl::start_branch(BranchPending& branch, PromiseBase& promise) {
  require_writable("start a branch");
  if (closed_ || evicted_) {
    branch.cancel_before_start("the run has ended");
    return;
  }
  branch.set_serial(next_branch_++);
  branches_.emplace(branch.serial(), Ref<BranchPending>(&branch));
  promise.set_branch(branch);
  schedule(promise);
}

}  // namespace durasim::inline v0::detail
