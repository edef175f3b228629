// The step of a run: jobs, queue, conditions, and how a run ends.

#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/workflow/context.hpp"

#include "workflow/run_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

namespace durasim::inline v0::detail {

namespace {

// Awaiting nests frames, and destroying the outermost destroys them all by recursion: this many,
// with locals of ordinary size, fit into the smallest thread stacks in use (512 KiB).
constexpr std::uint32_t kMaximumDepth = 1000;

// What the engine repairs or a new version of the code mends, so that the step fails and not the
// run.
bool fails_task(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const LogicError&) {
    return true;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

std::optional<ContinueAsNewCommand> continuation_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ContinueAsNewRequest& request) {
    return request.command;
  } catch (...) {
    return std::nullopt;
  }
}

bool is_failure(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Failure&) {
    return true;
  } catch (...) {
    return false;
  }
}

WorkflowTaskFailedCause cause_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const NonDeterminismError&) {
    return WorkflowTaskFailedCause::NonDeterministicError;
  } catch (...) {
    return WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure;
  }
}

Logger replay_aware(const Logger& logger, std::shared_ptr<const bool> replaying) {
  if (!logger.enabled(LogLevel::Error)) return {};
  return {[logger, replaying = std::move(replaying)](const LogRecord& record) {
            if (!*replaying) logger.log(record.level, record.message);
          },
          LogLevel::Debug, "workflow"};
}

}  // namespace

Body::Body() = default;
Body::~Body() = default;

RunImpl::RunImpl(std::string workflow_type, const WorkflowInstanceOptions& options, Ref<Body> body)
    : workflow_type_(std::move(workflow_type)),
      fail_task_on_exception_(options.fail_task_on_exception),
      replaying_(std::make_shared<bool>(false)),
      logger_(replay_aware(options.logger, replaying_)),
      body_(std::move(body)),
      root_scope_(make_ref<Scope>(Ref<Run>(this))) {}

Run::~Run() = default;
RunImpl::~RunImpl() = default;

void RunImpl::evict() {
  evicted_ = true;
  while (queue_.linked()) queue_.next()->unlink();
  // Youngest first: a branch may refer to the locals of the coroutine that spawned it.
  for (auto branch = branches_.rbegin(); branch != branches_.rend(); ++branch) {
    branch->second->destroy_frame();
  }
  branches_.clear();
  queries_.clear();
  channels_.clear();
  other_signals_ = {};
  timers_.clear();
  activities_.clear();
  externals_.clear();
  body_ = {};
  // Coroutines that somebody outside keeps must find no list that is gone.
  while (live_.linked()) live_.next()->unlink();
  root_scope_ = {};
}

Completion RunImpl::activate(const Activation& activation) {
  Completion completion;
  commands_.clear();
  try {
    if (broken_) std::rethrow_exception(broken_);
    facts_.run_id = activation.run_id;
    facts_.timestamp = std::max(facts_.timestamp, activation.timestamp);
    facts_.is_replaying = activation.is_replaying;
    facts_.history_length = activation.history_length;
    facts_.history_size_bytes = activation.history_size_bytes;
    facts_.continue_as_new_suggested = activation.continue_as_new_suggested;
    *replaying_ = activation.is_replaying;
    ++activation_;
    for (const auto& job : activation.jobs) {
      std::visit([this](const auto& what) { apply(what); }, job);
    }
    drain();
    completion.commands = std::exchange(commands_, {});
  } catch (...) {
    broken_ = std::current_exception();
    completion.failure = {.cause = cause_of(broken_), .failure = to_failure(broken_)};
    commands_.clear();
  }
  return completion;
}

// ---- jobs --------------------------------------------------------------------------------------

void RunImpl::apply(const InitializeWorkflow& job) {
  if (!branches_.empty() || closed_) throw LogicError("a run is initialised once");
  info_ = job.info;
  random_ = WorkflowRandom(job.randomness_seed);
  try {
    body_->start(*root_scope_, job.arguments);
  } catch (...) {  // arguments that the code cannot read
    close_failed(std::current_exception());
  }
}

void RunImpl::apply(const FireTimer& job) {
  const auto found = timers_.find(job.seq);
  if (closed_) return;
  if (found == timers_.end()) {
    // One that a cancellation reached in this very activation, before its own firing did.
    if (job.seq < next_timer_) return;
    throw NonDeterminismError(
        fmt::format("history fires timer {}, which this run's code has not started (it has started "
                    "{}): the code differs from the code that made this history",
                    job.seq, next_timer_ - 1));
  }
  const Ref<TimerPending> timer = std::move(found->second);
  timers_.erase(found);
  timer->fire();
}

void RunImpl::apply(const ResolveActivity& job) {
  const auto found = activities_.find(job.seq);
  if (closed_) return;
  if (found == activities_.end()) {
    throw NonDeterminismError(fmt::format(
        "history resolves activity {}, which this run's code has not scheduled or which is "
        "resolved (it has scheduled {}): the code differs from the code that made this history",
        job.seq, next_activity_ - 1));
  }
  const Ref<ActivityPending> activity = std::move(found->second);
  activities_.erase(found);
  if (activity) {
    std::visit([&](const auto& outcome) { activity->deliver(outcome); }, job.outcome);
  }
}

void RunImpl::apply(const CancelWorkflow& job) {
  if (!closed_) root_scope_->cancel(job.reason.empty() ? "workflow canceled" : job.reason);
}

void RunImpl::apply(const ResolveSignalExternalWorkflow& job) {
  resolve_external(job.seq, job.failure);
}

void RunImpl::apply(const ResolveRequestCancelExternalWorkflow& job) {
  resolve_external(job.seq, job.failure);
}

void RunImpl::resolve_external(std::uint32_t seq, const std::optional<proto::Failure>& failure) {
  const auto found = externals_.find(seq);
  if (closed_) return;
  if (found == externals_.end()) {
    throw NonDeterminismError(fmt::format(
        "history resolves request {} to another workflow, which this run's code has not made (it "
        "has made {}): the code differs from the code that made this history",
        seq, next_external_ - 1));
  }
  const Ref<ExternalPending> request = std::move(found->second);
  externals_.erase(found);
  if (failure) {
    request->deliver(*failure);
  } else {
    request->deliver();
  }
}

// ---- the schedule ------------------------------------------------------------------------------

void RunImpl::schedule(PromiseBase& promise) {
  if (closed_ || evicted_) return;
  promise.Link<QueueTag>::insert_before(queue_);
}

void RunImpl::run_queue() {
  while (queue_.linked()) {
    auto& promise = static_cast<PromiseBase&>(*queue_.next());
    promise.Link<QueueTag>::unlink();
    current_ = &promise;
    promise.handle().resume();
    current_ = nullptr;
    if (promise.handle().done()) finished(promise);
  }
}

void RunImpl::drain() {
  run_queue();
  // A place in the list of conditions that stays while coroutines add and remove some.
  Link<ConditionTag> cursor;
  bool any_held = true;
  while (any_held && !closed_) {
    any_held = false;
    cursor.unlink();
    cursor.insert_before(*conditions_.next());
    while (cursor.next() != &conditions_ && !closed_) {
      auto& next = static_cast<ConditionPending&>(*cursor.next());
      cursor.insert_before(*next.Link<ConditionTag>::next());
      if (next.check()) {
        any_held = true;
        run_queue();
      }
    }
  }
}

bool RunImpl::evaluate(const std::function<bool()>& condition) {
  const auto before = std::exchange(read_only_, ReadOnly::Condition);
  try {
    const bool holds = condition();
    read_only_ = before;
    return holds;
  } catch (...) {
    read_only_ = before;
    throw;
  }
}

void RunImpl::finished(PromiseBase& promise) {
  forget_handlers(promise);
  if (promise.parent()) {
    schedule(*promise.parent());
    return;
  }
  const Ref<BranchPending> branch(promise.branch());
  const bool is_root = branch->serial() == 0;
  if (!is_root) branches_.erase(branch->serial());
  branch->finish();
  if (is_root) {
    finish_root(*branch);
  } else if (branch->failed()) {
    if (fails_task(branch->error())) std::rethrow_exception(branch->error());
    // Held only by this function: nobody can ever see the failure.
    const bool unseen = branch->references() == 1;
    const bool cancelled = branch->own_scope().cancelled() && is_canceled(branch->error());
    const bool matters = unseen && !branch->abandoned() && !cancelled;
    // Any coroutine may end the run by continuing as new, whoever holds it.
    if (matters || continuation_of(branch->error())) close_failed(branch->error());
  }
}

void RunImpl::finish_root(BranchPending& root) {
  if (root.failed()) {
    close_failed(root.error());
    return;
  }
  PayloadList result;
  try {
    result = body_->result(root);
  } catch (...) {  // a result that cannot be written
    close_failed(std::current_exception());
    return;
  }
  close(CompleteWorkflowCommand{.result = std::move(result)});
}

void RunImpl::close_failed(const std::exception_ptr& error) {
  if (auto continuation = continuation_of(error)) {
    close(*std::move(continuation));
    return;
  }
  const bool failure = is_failure(error);
  if (fails_task(error) || (!failure && fail_task_on_exception_)) std::rethrow_exception(error);
  if (failure && root_scope_->cancelled() && is_canceled(error)) {
    close(CancelWorkflowCommand{});
  } else {
    close(FailWorkflowCommand{.failure = to_failure(error)});
  }
}

void RunImpl::close(WorkflowCommand command) {
  std::size_t unreceived = 0;
  for (const auto& [name, channel] : channels_) unreceived += channel.buffer.size();
  if (unreceived > 0) {
    logger_.warning(fmt::format(
        "{} {} ends with {} signals that nobody has received; take_unhandled_signals() gives them",
        workflow_type_, info_.workflow_id, unreceived));
  }
  issue(std::move(command));
  closed_ = true;
  while (queue_.linked()) queue_.next()->unlink();
}

void RunImpl::issue(WorkflowCommand command) {
  if (!closed_ && !evicted_) commands_.push_back(std::move(command));
}

// ---- promises ----------------------------------------------------------------------------------

PromiseBase::PromiseBase(const WorkflowContext& context, std::coroutine_handle<> handle)
    : handle_(handle), context_(&context), run_(&context.scope_->run()) {
  run_->add_live(*this);
}

void PromiseBase::rebind(Scope& scope) {
  context_->scope_ = Ref<Scope>(&scope);
}

void PromiseBase::set_parent(PromiseBase& parent) {
  if (run_ != parent.run_) throw LogicError("a workflow awaits a coroutine of another run");
  if (parent.depth_ + 1 >= kMaximumDepth) {
    throw LimitError(fmt::format(
        "workflow coroutines await each other {} deep; use a loop, or spawn()", kMaximumDepth));
  }
  parent_ = &parent;
  depth_ = parent.depth_ + 1;
}

PromiseBase::~PromiseBase() = default;

void PromiseBase::set_error(std::exception_ptr error) {
  error_ = std::move(error);
}

void PromiseBase::suspend_at(std::source_location where) {
  where_ = where;
  run_->note_suspension(where);
}

void PromiseBase::before_return() {
  if (handlers > 0) run_->keep_answers(*this);
}

AwaiterBase::AwaiterBase(PromiseBase& promise) : promise_(&promise) {}
AwaiterBase::~AwaiterBase() = default;

void AwaiterBase::wake() {
  promise_->run().schedule(*promise_);
}

PendingAwaiter::PendingAwaiter(Pending& pending, PromiseBase& promise)
    : AwaiterBase(promise), pending_(&pending) {}
PendingAwaiter::~PendingAwaiter() = default;

void PendingAwaiter::await_suspend(std::coroutine_handle<> /*handle*/) {
  pending_->subscribe(*this);
}

}  // namespace durasim::inline v0::detail
