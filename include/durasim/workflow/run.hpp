// One run of workflow code: applies activations, keeps the FIFO queue of coroutines that can go on,
// numbers and collects commands, and knows everything that is waited for. It has no types of the
// author's. Its schedule is fixed, since histories are replayed with it:
//   1. all jobs of an activation are applied, in their order; whatever they resolve puts its
//   waiters
//      at the end of the queue, in the order in which they began to wait;
//   2. the queue is run from its front until it is empty;
//   3. the conditions of wait_until are looked at in the order in which they were registered; the
//      first that holds has its coroutine run, and step 2 done, before the next is looked at;
//      this goes on until a whole round finds none.
#pragma once

#include "durasim/core/activation.hpp"
#include "durasim/core/log.hpp"
#include "durasim/workflow/instance.hpp"
#include "durasim/workflow/options.hpp"
#include "durasim/workflow/pending.hpp"
#include "durasim/workflow/promise.hpp"
#include "durasim/workflow/random.hpp"
#include "durasim/workflow/waits.hpp"

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::detail {

// The author's code of one run, behind its types.
class DURASIM_EXPORT Body {
 public:
  virtual ~Body();
  // The root coroutine, not yet started.
  virtual Ref<BranchPending> start(Scope& root, const PayloadList& arguments) = 0;
  virtual PayloadList result(BranchPending& root) = 0;
};

class DURASIM_EXPORT SignalHandler : public Counted {
 public:
  // Starts a branch for the signal. Throws what decoding throws.
  virtual void handle(const std::string& name, const PayloadList& input) = 0;
};

// The signals of one name: those that nobody has taken, and who waits or handles.
struct Channel {
  std::string_view name;  // the key under which the run keeps it
  std::list<BufferedSignal> buffer;
  Link<ReceiverTag> receivers;
  bool opened = false;  // the author reads it; a catch-all handler leaves it alone
  Ref<SignalHandler> handler;
  PromiseBase* handler_owner = nullptr;
};

using QueryFunction = std::function<PayloadList(const PayloadList&)>;

// Thrown through the author's code; no std::exception, so that ordinary handlers let it pass.
struct ContinueAsNewRequest {
  ContinueAsNewCommand command;
};

class DURASIM_EXPORT Run final : public Counted {
 public:
  Run(std::string workflow_type, const WorkflowInstanceOptions& options,
      std::unique_ptr<Body> body);
  ~Run() override;

  // ---- for the instance ----
  Completion activate(const Activation& activation);
  // Destroys the frames, branches before their parents; the run is inert afterwards.
  void evict();
  [[nodiscard]] std::source_location last_suspension() const { return last_suspension_.load(); }

  // ---- what a context tells ----
  [[nodiscard]] const WorkflowInfo& info() const { return info_; }
  [[nodiscard]] const Activation& facts() const { return facts_; }  // without its jobs
  [[nodiscard]] WorkflowRandom& random();
  [[nodiscard]] const Logger& logger() const { return logger_; }
  [[nodiscard]] bool evicting() const { return evicted_; }

  // ---- what a context starts; each is resolved as cancelled at once where nothing may start ----
  Ref<TimerPending> start_timer(Scope& scope, Duration duration, std::string summary);
  Ref<ActivityPending> start_activity(Scope& scope, std::string_view type, PayloadList arguments,
                                      ActivityOptions options);
  Ref<ConditionPending> start_condition(Scope& scope, std::function<bool()> condition,
                                        std::optional<Duration> timeout);
  Ref<ExternalPending> signal_external(Scope& scope, ExternalWorkflow target,
                                       std::string_view signal, PayloadList arguments);
  Ref<ExternalPending> cancel_external(Scope& scope, ExternalWorkflow target, std::string reason);
  void start_branch(BranchPending& branch, PromiseBase& promise);
  void require_writable(std::string_view what) const;  // throws LogicError inside query handlers

  // ---- signals and queries ----
  Channel& channel(std::string_view name, bool open);
  void receive(Channel& channel, ReceivePending& receiver, std::optional<Duration> timeout);
  void put_back(Channel& channel, BufferedSignal signal);
  // The first buffered signal that `decode` accepts; those that it throws at are dropped, logged.
  bool take_buffered(Channel& channel, const std::function<void(const PayloadList&)>& decode);
  void set_signal_handler(std::string_view name, Ref<SignalHandler> handler,
                          HandlerOptions options);
  void set_other_signals_handler(Ref<SignalHandler> handler, HandlerOptions options);
  void set_query_handler(std::string_view name, QueryFunction answer, bool has_arguments,
                         HandlerOptions options);
  [[nodiscard]] std::vector<SignalWorkflow> take_unhandled_signals();

  // ---- for the kinds of Pending, and promises ----
  void schedule(PromiseBase& promise);
  void add_live(PromiseBase& promise) { promise.Link<LiveTag>::insert_before(live_); }
  void note_suspension(std::source_location where) { last_suspension_.store(where); }
  void cancel_timer(std::uint32_t seq);
  // True when the cancellation is to be waited for.
  bool cancel_activity(std::uint32_t seq, ActivityCancellationType type, std::uint64_t activation);
  void keep_answers(PromiseBase& owner);
  bool evaluate(const std::function<bool()>& condition);

 private:
  struct Query {
    QueryFunction answer;
    PromiseBase* owner = nullptr;
    bool has_arguments = false;
    std::optional<PayloadList> kept;  // the answer when its owner returned
    bool gone = false;                // its owner ended otherwise
  };
  enum class ReadOnly : std::uint8_t { No, Query, Condition };

  void apply(const InitializeWorkflow& job);
  void apply(const FireTimer& job);
  void apply(const ResolveActivity& job);
  void apply(const SignalWorkflow& job);
  void apply(const CancelWorkflow& job);
  void apply(const QueryWorkflow& job);
  void apply(const ResolveSignalExternalWorkflow& job);
  void apply(const ResolveRequestCancelExternalWorkflow& job);
  void resolve_external(std::uint32_t seq, const std::optional<proto::Failure>& failure);

  void drain();
  void run_queue();
  void finished(PromiseBase& promise);
  void finish_root(BranchPending& root);
  void close(WorkflowCommand command);
  void close_failed(const std::exception_ptr& error);
  void issue(WorkflowCommand command);
  [[nodiscard]] bool inert(const Scope& scope) const;

  void deliver(const std::string& name, Channel& channel, SignalHandler& handler);
  void hand_over(Channel& channel);
  void drop_malformed(const Channel& channel, const std::string& why);
  void forget_handlers(PromiseBase& owner);
  [[nodiscard]] PromiseBase* owner_of_handler(HandlerOptions options);
  PayloadList answer(const QueryWorkflow& job);
  [[nodiscard]] std::string stack_trace() const;
  [[nodiscard]] std::string metadata_json() const;
  [[nodiscard]] std::string known_queries() const;

  std::string workflow_type_;
  bool fail_task_on_exception_;
  bool closed_ = false;
  bool evicted_ = false;
  ReadOnly read_only_ = ReadOnly::No;
  WorkflowInfo info_;
  Activation facts_;
  std::uint64_t activation_ = 0;
  std::shared_ptr<bool> replaying_;
  Logger logger_;
  WorkflowRandom random_{0};
  std::exception_ptr broken_;  // a step failed: nothing can be said any more

  std::unique_ptr<Body> body_;
  Ref<Scope> root_scope_;
  std::map<std::uint64_t, Ref<BranchPending>> branches_;  // by age; the first is the root
  std::uint64_t next_branch_ = 0;
  Link<LiveTag> live_;
  Link<QueueTag> queue_;
  Link<ConditionTag> conditions_;
  PromiseBase* current_ = nullptr;
  std::atomic<std::source_location> last_suspension_{};  // read by the deadlock detector

  std::vector<WorkflowCommand> commands_;
  std::uint32_t next_timer_ = 1;
  std::uint32_t next_activity_ = 1;
  std::uint32_t next_external_ = 1;
  std::map<std::uint32_t, Ref<TimerPending>> timers_;
  std::map<std::uint32_t, Ref<ActivityPending>> activities_;  // null: its outcome matters no more
  std::map<std::uint32_t, Ref<ExternalPending>> externals_;

  std::map<std::string, Channel, std::less<>> channels_;
  std::uint64_t next_signal_ = 0;
  Ref<SignalHandler> other_signals_;
  PromiseBase* other_signals_owner_ = nullptr;
  std::map<std::string, Query, std::less<>> queries_;
};

}  // namespace durasim::inline v0::detail
