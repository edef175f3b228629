// A run of workflow code as contexts, promises and pending results see it. Behind it stands RunImpl
// (src/workflow).
#pragma once

#include "durasim/core/log.hpp"
#include "durasim/core/payload_list.hpp"
#include "durasim/core/workflow_info.hpp"
#include "durasim/workflow/options.hpp"
#include "durasim/workflow/pending.hpp"
#include "durasim/workflow/promise.hpp"
#include "durasim/workflow/random.hpp"
#include "durasim/workflow/waits.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {
struct Activation;
}

namespace durasim::inline v0::detail {

// The author's code of one run, behind its types.
class DURASIM_EXPORT Body : public Counted {
 public:
  Body();
  ~Body() override;
  // The root coroutine, not yet started.
  virtual Ref<BranchPending> start(Scope& root, const PayloadList& arguments) = 0;
  virtual PayloadList result(BranchPending& root) = 0;
};

struct Channel;  // the signals of one name

class DURASIM_EXPORT SignalHandler : public Counted {
 public:
  // Starts a branch for the signal. Throws what decoding throws.
  virtual void handle(const std::string& name, const PayloadList& input) = 0;
};

using QueryFunction = std::function<PayloadList(const PayloadList&)>;

class DURASIM_EXPORT Run : public Counted {
 public:
  ~Run() override;

  // ---- what a context tells ----
  [[nodiscard]] virtual const WorkflowInfo& info() const = 0;
  [[nodiscard]] virtual const Activation& facts() const = 0;  // without its jobs
  [[nodiscard]] virtual const Logger& logger() const = 0;
  // Throws LogicError inside query handlers and conditions, as everything that changes the run
  // does.
  [[nodiscard]] virtual WorkflowRandom& random() = 0;
  virtual void require_writable(std::string_view what) const = 0;

  // ---- what a context starts; each is resolved as cancelled at once where nothing may start ----
  // Timeouts of Duration::max() are none.
  virtual Ref<TimerPending> start_timer(Scope& scope, Duration duration, std::string summary) = 0;
  virtual Ref<ActivityPending> start_activity(Scope& scope, std::string_view type,
                                              PayloadList arguments, ActivityOptions&& options) = 0;
  virtual Ref<ConditionPending> start_condition(Scope& scope, std::function<bool()> condition,
                                                Duration timeout) = 0;
  virtual Ref<ExternalPending> signal_external(Scope& scope, ExternalWorkflow target,
                                               std::string_view signal, PayloadList arguments) = 0;
  virtual Ref<ExternalPending> cancel_external(Scope& scope, ExternalWorkflow target,
                                               std::string reason) = 0;
  virtual void start_branch(BranchPending& branch, PromiseBase& promise) = 0;

  // ---- signals and queries ----
  virtual Channel& channel(std::string_view name, bool open) = 0;
  [[nodiscard]] virtual std::size_t buffered(const Channel& channel) const = 0;
  virtual void receive(Channel& channel, ReceivePending& receiver, Duration timeout) = 0;
  virtual void put_back(Channel& channel, BufferedSignal signal) = 0;
  // The first buffered signal that `decode` accepts; those that it throws at are dropped, logged.
  virtual bool take_buffered(Channel& channel,
                             const std::function<void(const PayloadList&)>& decode) = 0;
  virtual void set_signal_handler(std::string_view name, Ref<SignalHandler> handler,
                                  HandlerOptions options) = 0;
  virtual void set_other_signals_handler(Ref<SignalHandler> handler, HandlerOptions options) = 0;
  virtual void set_query_handler(std::string_view name, QueryFunction answer, bool has_arguments,
                                 HandlerOptions options) = 0;
  [[nodiscard]] virtual std::vector<SignalWorkflow> take_unhandled_signals() = 0;

  // ---- for promises and the kinds of Pending ----
  virtual void schedule(PromiseBase& promise) = 0;
  virtual void add_live(PromiseBase& promise) = 0;
  virtual void note_suspension(std::source_location where) = 0;
  virtual void keep_answers(PromiseBase& owner) = 0;
  virtual void cancel_timer(std::uint32_t seq) = 0;
  // True when the cancellation is to be waited for.
  virtual bool cancel_activity(std::uint32_t seq, ActivityCancellationType type,
                               std::uint64_t activation) = 0;
  virtual bool evaluate(const std::function<bool()>& condition) = 0;
};

}  // namespace durasim::inline v0::detail
