// Signals as workflow code receives them: channels to read from, and handlers. Signals are buffered
// by name from the first one on, in the order of the history; one that cannot be decoded is dropped
// with a warning, since its sender is not the workflow's author.
#pragma once

#include "durasim/workflow/branch.hpp"

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace durasim::inline v0 {

namespace detail {

// A signal that carries nothing is received as a std::monostate.
template <class T>
using SignalValue = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
SignalValue<T> decode_signal(const PayloadList& input) {
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::get<0>(from_payloads<std::tuple<T>>(input));
  }
}

template <class T>
class ReceiveOf final : public ReceivePending {
 public:
  using ReceivePending::ReceivePending;
  static SignalValue<T> take(Pending& pending) {
    return *take_if_any(pending);  // NOLINT: without a timeout there always is one
  }
  static std::optional<SignalValue<T>> take_if_any(Pending& pending) {
    auto& receiver = static_cast<ReceiveOf&>(pending);
    receiver.claim();
    return std::move(receiver.value_);
  }

 private:
  void decode(const PayloadList& input) override { value_.emplace(decode_signal<T>(input)); }
  std::optional<SignalValue<T>> value_;
};

template <class F, class... A>
Workflow<void> call_in_branch(WorkflowContext /*context*/, F* function, A... arguments) {
  std::invoke(*function, std::move(arguments)...);
  co_return;
}

// Starts a branch for f(arguments...) or f(context, arguments...) -> Workflow<void>.
template <class F>
class HandlerOf : public SignalHandler {
 public:
  HandlerOf(WorkflowContext context, F function)
      : context_(std::move(context)), function_(std::move(function)) {}

 protected:
  template <class... A>
  Workflow<void> call(A... arguments) {
    if constexpr (std::invocable<F&, WorkflowContext, A...>) {
      static_assert(std::same_as<std::invoke_result_t<F&, WorkflowContext, A...>, Workflow<void>>,
                    "durasim: a handler that takes a WorkflowContext is a coroutine and returns "
                    "Workflow<void>");
      return std::invoke(function_, context_, std::move(arguments)...);
    } else {
      static_assert(std::invocable<F&, A...>,
                    "durasim: a signal handler is f(T) or f(WorkflowContext, T) -> Workflow<void>, "
                    "with the signal's type T (none for void)");
      return call_in_branch(context_, &function_, std::move(arguments)...);
    }
  }
  const WorkflowContext& context() const { return context_; }

 private:
  WorkflowContext context_;
  F function_;
};

template <class T, class F>
class TypedHandler final : public HandlerOf<F> {
 public:
  using HandlerOf<F>::HandlerOf;
  void handle(const std::string& /*name*/, const PayloadList& input) override {
    if constexpr (std::is_void_v<T>) {
      start(this->call());
    } else {
      start(this->call(decode_signal<T>(input)));
    }
  }

 private:
  void start(Workflow<void> code) {
    WorkflowContext::spawn_handler(this->context(), std::move(code), Ref<Counted>(this));
  }
};

template <class F>
class OtherHandler final : public HandlerOf<F> {
 public:
  using HandlerOf<F>::HandlerOf;
  void handle(const std::string& name, const PayloadList& input) override {
    WorkflowContext::spawn_handler(this->context(), this->call(name, input), Ref<Counted>(this));
  }
};

}  // namespace detail

// The signals of one name. A value; copies read from the same buffer. A receiver that is dropped
// before its signal was taken gives it back: no signal is lost in a select().
template <class T>
class SignalChannel {
 public:
  using Value = detail::SignalValue<T>;  // T, or std::monostate for void

  // The next signal; several receivers are served in the order in which they asked.
  Awaitable<Value> receive() const {
    return {receiver(Duration::max()), &detail::ReceiveOf<T>::take};
  }
  // The same, or nothing when the time is over first (at once for 0 or less, never for
  // Duration::max()).
  Awaitable<std::optional<Value>> receive_for(Duration timeout) const {
    return {receiver(timeout), &detail::ReceiveOf<T>::take_if_any};
  }
  // A signal that is here already, or nothing.
  [[nodiscard]] std::optional<Value> try_receive() const {
    std::optional<Value> value;
    run().take_buffered(*channel_, [&](const PayloadList& input) {
      value.emplace(detail::decode_signal<T>(input));
    });
    return value;
  }
  // How many signals are here and not received.
  [[nodiscard]] std::size_t size() const { return run().buffered(*channel_); }

 private:
  friend class WorkflowContext;
  SignalChannel(detail::Ref<detail::Scope> scope, detail::Channel& channel)
      : scope_(std::move(scope)), channel_(&channel) {}
  [[nodiscard]] detail::Run& run() const { return scope_->run(); }
  detail::Ref<detail::Pending> receiver(Duration timeout) const {
    auto pending = detail::make_ref<detail::ReceiveOf<T>>(*scope_, *channel_);
    run().receive(*channel_, *pending, timeout);
    return pending;
  }

  detail::Ref<detail::Scope> scope_;
  detail::Channel* channel_;  // lives as long as the run, and the scope holds the run
};

template <class T>
SignalChannel<T> WorkflowContext::signals(const Signal<T>& signal) const {
  return {scope_, scope_->run().channel(signal.name, true)};
}

template <class T, class F>
void WorkflowContext::on(const Signal<T>& signal, F handler, HandlerOptions options) const {
  using Handler = detail::TypedHandler<T, F>;
  scope_->run().set_signal_handler(signal.name,
                                   detail::make_ref<Handler>(*this, std::move(handler)), options);
}

template <class F>
void WorkflowContext::on_other_signals(F handler, HandlerOptions options) const {
  using Handler = detail::OtherHandler<F>;
  scope_->run().set_other_signals_handler(detail::make_ref<Handler>(*this, std::move(handler)),
                                          options);
}

}  // namespace durasim::inline v0
