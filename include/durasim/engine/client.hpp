// Starting workflows and talking to their runs, typed by the constants that workflow and client
// share.
#pragma once

#include "durasim/core/names.hpp"
#include "durasim/core/payload_values.hpp"
#include "durasim/engine/frontend.hpp"

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace durasim::inline v0 {

// A handle to a run whose result is an R. Copyable; the engine must outlive it. As thread-safe as
// the engine. Of one that was started or attached to by it, result() is of that run and of those
// that it goes on in; everything else concerns the run that the workflow id means at that moment,
// and so follows continue-as-new and retries (as the handles of Temporal's SDK for Python). Of one
// that was made with a run id, everything concerns that run.
template <class R>
class WorkflowRun {
 public:
  WorkflowRun(Frontend& frontend, WorkflowExecution execution)
      : frontend_(&frontend), execution_(std::move(execution)), addressed_(execution_) {}
  // Started, or attached to, by its id.
  static WorkflowRun of_id(Frontend& frontend, WorkflowExecution execution) {
    WorkflowRun run(frontend, std::move(execution));
    run.addressed_.run_id.clear();
    return run;
  }

  [[nodiscard]] const std::string& id() const { return execution_.workflow_id; }
  [[nodiscard]] const std::string& run_id() const { return execution_.run_id; }

  // Waits for the end, also of the runs that this one continues as. Throws the Failure that it
  // ended with: CanceledFailure, TerminatedFailure, TimeoutFailure, ApplicationFailure, ...
  R result() const {
    const PayloadList payloads = frontend_->result(execution_);
    if constexpr (!std::is_void_v<R>) return std::get<0>(from_payloads<std::tuple<R>>(payloads));
  }

  // Durable when it returns. A request id makes a repeated call harmless.
  template <class T>
  void signal(const Signal<T>& signal, const std::type_identity_t<T>& value,
              const std::string& request_id = {}) const {
    frontend_->signal(addressed_, signal.name, to_payloads(value), request_id);
  }
  void signal(const Signal<void>& signal, const std::string& request_id = {}) const {
    frontend_->signal(addressed_, signal.name, {}, request_id);
  }

  // Sees everything that was acknowledged before. Throws QueryFailed.
  template <class Q>
  [[nodiscard]] Q query(const Query<Q>& query) const {
    return std::get<0>(from_payloads<std::tuple<Q>>(frontend_->query(addressed_, query.name, {})));
  }
  template <class Q, class... A>
  [[nodiscard]] Q query(const Query<Q(A...)>& query,
                        const std::type_identity_t<A>&... arguments) const {
    return std::get<0>(from_payloads<std::tuple<Q>>(
        frontend_->query(addressed_, query.name, to_payloads(arguments...))));
  }

  // Asks the workflow to stop; it decides how.
  void cancel(const std::string& reason = {}) const { frontend_->cancel(addressed_, reason); }
  // Ends the run at once; its code is not asked.
  void terminate(const std::string& reason = {}) const { frontend_->terminate(addressed_, reason); }
  [[nodiscard]] WorkflowDescription describe() const { return frontend_->describe(addressed_); }

 private:
  Frontend* frontend_;
  WorkflowExecution execution_;
  WorkflowExecution addressed_;
};

// A handle to an engine; copyable, the engine must outlive it. As thread-safe as the engine.
class Client {
 public:
  explicit Client(Frontend& frontend) : frontend_(&frontend) {}

  // A new run. Throws WorkflowAlreadyStarted as the options' policies say.
  template <class R, class... A>
  WorkflowRun<R> start(const WorkflowType<R(A...)>& type, const std::type_identity_t<A>&... input,
                       const StartOptions& options) const {
    return WorkflowRun<R>::of_id(
        *frontend_, frontend_->start(type.name, to_payloads(input...), options, false));
  }
  // The run of that id if there is one, open or closed, else a new one. Throws InvalidArgument when
  // the run there was started with another type or input.
  template <class R, class... A>
  WorkflowRun<R> start_or_attach(const WorkflowType<R(A...)>& type,
                                 const std::type_identity_t<A>&... input,
                                 const StartOptions& options) const {
    return WorkflowRun<R>::of_id(*frontend_,
                                 frontend_->start(type.name, to_payloads(input...), options, true));
  }
  // Signals the open run of that id, or starts one that has the signal already.
  template <class T, class R, class... A>
  WorkflowRun<R> signal_with_start(const Signal<T>& signal, const std::type_identity_t<T>& value,
                                   const WorkflowType<R(A...)>& type,
                                   const std::type_identity_t<A>&... input,
                                   const StartOptions& options) const {
    return WorkflowRun<R>::of_id(
        *frontend_, frontend_->signal_with_start(type.name, to_payloads(input...), options,
                                                 signal.name, to_payloads(value)));
  }
  // A handle to a run that was started elsewhere; nothing is checked.
  template <class R, class... A>
  [[nodiscard]] WorkflowRun<R> handle(const WorkflowType<R(A...)>&, std::string workflow_id,
                                      std::string run_id = {}) const {
    return {*frontend_, WorkflowExecution{std::move(workflow_id), std::move(run_id)}};
  }

  [[nodiscard]] std::vector<WorkflowDescription> list(const ListOptions& options = {}) const {
    return frontend_->list(options);
  }
  void resume(const std::string& workflow_id) const { frontend_->resume({workflow_id, {}}); }

  // Completes an activity whose code called complete_async(); from anywhere, by its token.
  template <class R, class... A>
  void complete_activity(const Activity<R(A...)>&, const std::string& task_token,
                         const std::type_identity_t<R>& result) const {
    frontend_->complete_activity(task_token, ActivityCompleted{to_payloads(result)});
  }
  void fail_activity(const std::string& task_token, const Failure& failure) const {
    frontend_->complete_activity(task_token, ActivityFailed{failure.proto()});
  }

 private:
  Frontend* frontend_;
};

}  // namespace durasim::inline v0
