// The part of WorkflowContext that needs no types of the author's.
#include "durasim/workflow/context.hpp"

#include "durasim/core/ids.hpp"
#include "durasim/workflow/branch.hpp"

#include "workflow/run_impl.hpp"

#include <utility>

namespace durasim::inline v0 {

namespace {

void take_nothing(detail::Pending& pending) {
  pending.claim();
}
bool take_condition(detail::Pending& pending) {
  return static_cast<detail::ConditionPending&>(pending).take();
}
void take_condition_silently(detail::Pending& pending) {
  static_cast<void>(take_condition(pending));
}

}  // namespace

Awaitable<void> WorkflowContext::sleep(Duration duration, SleepOptions options) const {
  return {scope_->run().start_timer(*scope_, duration, std::move(options.summary)), &take_nothing};
}

Awaitable<void> WorkflowContext::wait_until_true(std::function<bool()> condition) const {
  return {scope_->run().start_condition(*scope_, std::move(condition), Duration::max()),
          &take_condition_silently};
}

Awaitable<bool> WorkflowContext::wait_until_true(std::function<bool()> condition,
                                                 Duration timeout) const {
  return {scope_->run().start_condition(*scope_, std::move(condition), timeout), &take_condition};
}

void WorkflowContext::spawn_handler(const WorkflowContext& context, Workflow<void> code,
                                    detail::Ref<detail::Counted> handler) {
  detail::make_branch(*context.scope_, std::move(code), std::move(handler));
}

CancellationScope WorkflowContext::scope() const {
  return CancellationScope(detail::make_ref<detail::Scope>(*scope_, false));
}

CancellationScope WorkflowContext::shielded() const {
  return CancellationScope(detail::make_ref<detail::Scope>(*scope_, true));
}

void CancellationScope::cancel(const std::string& reason) const {
  scope_->run().require_writable("cancel a scope");
  scope_->cancel(reason);
}

std::vector<SignalWorkflow> WorkflowContext::take_unhandled_signals() const {
  return scope_->run().take_unhandled_signals();
}

Awaitable<void> WorkflowContext::external(detail::Ref<detail::ExternalPending> pending) {
  return {std::move(pending), &take_nothing};
}

Awaitable<void> WorkflowContext::signal_external(ExternalWorkflow target,
                                                 const Signal<void>& signal) const {
  return external(scope_->run().signal_external(*scope_, std::move(target), signal.name, {}));
}

Awaitable<void> WorkflowContext::cancel_external(ExternalWorkflow target,
                                                 std::string reason) const {
  return external(scope_->run().cancel_external(*scope_, std::move(target), std::move(reason)));
}

void WorkflowContext::continue_with(std::string_view type, PayloadList arguments,
                                    ContinueAsNewOptions options) const {
  scope_->run().require_writable("continue as new");
  detail::ContinueAsNewRequest request{.command = {.workflow_type = std::string(type),
                                                   .task_queue = std::move(options.task_queue),
                                                   .arguments = std::move(arguments),
                                                   .run_timeout = options.run_timeout,
                                                   .task_timeout = options.task_timeout}};
  if (options.memo) request.command.memo = *options.memo;
  if (options.retry) request.command.retry_policy = *options.retry;
  throw request;
}

bool WorkflowContext::continue_as_new_suggested() const {
  return scope_->run().facts().continue_as_new_suggested;
}

WallTime WorkflowContext::now() const {
  return scope_->run().facts().timestamp;
}

WorkflowRandom& WorkflowContext::random() const {
  return scope_->run().random();
}

std::string WorkflowContext::uuid() const {
  return make_uuid(scope_->run().random());
}

bool WorkflowContext::is_replaying() const {
  return scope_->run().facts().is_replaying;
}

std::int64_t WorkflowContext::history_length() const {
  return scope_->run().facts().history_length;
}

std::int64_t WorkflowContext::history_size_bytes() const {
  return scope_->run().facts().history_size_bytes;
}

}  // namespace durasim::inline v0
