// What a workflow may use of the world: activities, timers, conditions, signals, queries,
// deterministic time and chance. Authors include durasim/workflow/workflow.hpp, which also defines
// its templates.
#pragma once

#include "durasim/core/names.hpp"
#include "durasim/core/payload_values.hpp"
#include "durasim/workflow/awaitable.hpp"
#include "durasim/workflow/run.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace durasim::inline v0 {

class CancellationScope;
template <class T>
class SignalChannel;
template <class T>
class Workflow;
namespace detail {
template <class T, class F>
class TypedHandler;
template <class F>
class OtherHandler;
}  // namespace detail

// A handle to the run, and to the scope in which what it starts is cancelled; of one word, passed
// by value to workflow coroutines. Everything it does is deterministic: a replay of the run's
// history does the same again. Used by the run's code only, on the thread that runs it. While the
// run is evicted and after it has ended, calls (of destructors) start nothing.
class DURASIM_EXPORT WorkflowContext {
 public:
  explicit WorkflowContext(detail::Ref<detail::Scope> scope) : scope_(std::move(scope)) {}

  // ---- activities, timers, conditions: started by the call, awaited by co_await -----------------

  // Schedules an activity. Throws InvalidArgument when no timeout is set or an option is out of
  // range; awaiting it throws ActivityFailure, whose cause says why, or CanceledFailure.
  template <class R, class... A>
  Awaitable<R> run(const Activity<R(A...)>& activity, const std::type_identity_t<A>&... arguments,
                   ActivityOptions options = {}) const {
    return {scope_->run().start_activity(*scope_, activity.name, to_payloads(arguments...),
                                         std::move(options)),
            &take_activity<R>};
  }

  // A durable timer. Nothing is recorded for a duration of 0 or less: it is ready at once.
  [[nodiscard("co_await it")]] Awaitable<void> sleep(Duration duration,
                                                     SleepOptions options = {}) const;

  // Ready when the condition holds; it is evaluated now, and after each step of the run. When it
  // wakes its coroutine, it still holds. It must be a pure function of the workflow's state.
  template <std::predicate F>
  Awaitable<void> wait_until(F condition) const {
    return wait_until_true(std::move(condition));
  }
  // The same with a durable timer, unless the timeout is Duration::max(): false when the time is
  // over first. With a timeout of 0 or less: whether the condition holds now.
  template <std::predicate F>
  Awaitable<bool> wait_until(F condition, Duration timeout) const {
    return wait_until_true(std::move(condition), timeout);
  }

  // ---- branches
  // -----------------------------------------------------------------------------------

  // Runs a coroutine beside this one, in a child scope of this context: it starts when the queue
  // comes to it. A failure that nobody can await any more fails the run. What still runs when the
  // root coroutine returns is dropped.
  template <class T>
  Task<T> spawn(Workflow<T> branch) const;
  // The same for a callable, which is kept until the branch has ended: f(context, arguments...).
  template <class F, class... A>
    requires std::invocable<F&, WorkflowContext, A...>
  auto spawn(F function, A... arguments) const;

  // ---- cancellation
  // -------------------------------------------------------------------------------

  // A child scope: what is started with it (it is a context) is cancelled by its cancel(), and with
  // this one.
  [[nodiscard]] CancellationScope scope() const;
  // A scope that no cancellation from outside reaches, for clean-up.
  [[nodiscard]] CancellationScope shielded() const;
  // Whether this scope has been cancelled: what is started in it is cancelled at once.
  [[nodiscard]] bool is_cancelled() const { return scope_->cancelled(); }

  // ---- signals and queries
  // ------------------------------------------------------------------------

  // The signals of that name, in the order of their arrival, those before this call included.
  template <class T>
  [[nodiscard]] SignalChannel<T> signals(const Signal<T>& signal) const;
  // Calls the handler, through the run queue, for each signal of that name, those included that
  // came before and were not received. It is f(T), or a coroutine f(WorkflowContext, T) ->
  // Workflow<void>.
  template <class T, class F>
  void on(const Signal<T>& signal, F handler, HandlerOptions options = {}) const;
  // The same, f(std::string name, PayloadList input), for signals that have no handler and no
  // channel.
  template <class F>
  void on_other_signals(F handler, HandlerOptions options = {}) const;
  // Takes the signals that nobody has received, in the order of their arrival: what would be lost
  // when the run ends or continues as new.
  [[nodiscard]] std::vector<SignalWorkflow> take_unhandled_signals() const;

  // Answers a query. The function must not change anything and starts nothing. After the run has
  // closed the answer is the one at its co_return; queries with arguments, of workflows that ended
  // otherwise or return void, are answered then only with outlives_coroutine.
  template <class R, class F>
  void on(const Query<R>& query, F answer, HandlerOptions options = {}) const;

  // ---- other workflows
  // ----------------------------------------------------------------------------

  // Ready when the signal is in the other run's history; throws a Failure when there is no such
  // run.
  template <class T>
  Awaitable<void> signal_external(ExternalWorkflow target, const Signal<T>& signal,
                                  const std::type_identity_t<T>& value) const {
    return external(
        scope_->run().signal_external(*scope_, std::move(target), signal.name, to_payloads(value)));
  }
  Awaitable<void> signal_external(ExternalWorkflow target, const Signal<void>& signal) const;
  // Ready when the other run has been asked to cancel.
  Awaitable<void> cancel_external(ExternalWorkflow target, std::string reason = {}) const;

  // ---- the end
  // ------------------------------------------------------------------------------------

  // Ends this run and goes on as a new one with a fresh history. It throws something that is no
  // std::exception: do not stop it with catch (...). Look at take_unhandled_signals() before.
  template <class R, class... A>
  [[noreturn]] void continue_as_new(const WorkflowType<R(A...)>& type,
                                    const std::type_identity_t<A>&... arguments,
                                    ContinueAsNewOptions options = {}) const {
    continue_with(type.name, to_payloads(arguments...), std::move(options));
  }
  // Whether the history has grown so long that the run should do so at its next good moment.
  [[nodiscard]] bool continue_as_new_suggested() const;

  // ---- facts
  // --------------------------------------------------------------------------------------

  [[nodiscard]] const WorkflowInfo& info() const { return scope_->run().info(); }
  // Workflow time: of the step being run; it stands still while code runs and never goes back.
  [[nodiscard]] WallTime now() const;
  // The run's random stream; valid as long as the run. Throws LogicError in a query handler.
  [[nodiscard]] WorkflowRandom& random() const;
  // A version 4 UUID of that stream.
  [[nodiscard]] std::string uuid() const;
  // Drops what is logged while the run replays its past.
  [[nodiscard]] const Logger& logger() const { return scope_->run().logger(); }
  // For logs and metrics only: code that does different things here is not deterministic.
  [[nodiscard]] bool is_replaying() const;
  [[nodiscard]] std::int64_t history_length() const;
  [[nodiscard]] std::int64_t history_size_bytes() const;

 protected:
  friend class detail::PromiseBase;
  template <class T>
  friend class SignalChannel;
  template <class T, class F>
  friend class detail::TypedHandler;
  template <class F>
  friend class detail::OtherHandler;

  // A branch whose failure, with no handle to it, fails the run.
  static void spawn_handler(const WorkflowContext& context, Workflow<void> code,
                            detail::Ref<detail::Counted> handler);
  template <class R>
  static R take_activity(detail::Pending& pending) {
    const PayloadList result = static_cast<detail::ActivityPending&>(pending).take();
    if constexpr (!std::is_void_v<R>) return detail::from_argument<R>(result, 0);
  }
  Awaitable<void> wait_until_true(std::function<bool()> condition) const;
  Awaitable<bool> wait_until_true(std::function<bool()> condition, Duration timeout) const;
  static Awaitable<void> external(detail::Ref<detail::ExternalPending> pending);
  [[noreturn]] void continue_with(std::string_view type, PayloadList arguments,
                                  ContinueAsNewOptions options) const;
  template <class T>
  Task<T> spawn_held(Workflow<T> branch, detail::Ref<detail::Counted> closure) const;

  // Mutable, since spawn moves a coroutine that has not started into its own scope, through the
  // context parameter in its frame, which may be const.
  mutable detail::Ref<detail::Scope> scope_;
};

// A context whose owner may cancel what was started with it. Dropping it cancels nothing.
class DURASIM_EXPORT CancellationScope : public WorkflowContext {
 public:
  using WorkflowContext::WorkflowContext;
  // Cancels everything in this scope and its children, in the order in which it was started.
  void cancel(const std::string& reason = "scope canceled") const;
};

}  // namespace durasim::inline v0
