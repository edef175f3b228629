// The engine of one instance of workflow code. Its schedule is fixed, since histories are replayed
// with it:
// 1. All jobs of an activation are applied, in their order; whatever they resolve puts its waiters
// at the end of the queue, in the order in which they began to wait. 2. The queue is run from its
// front until it is empty. 3. The conditions of wait_until are looked at in the order in which they
// were registered; the first that holds has its coroutine run, and step 2 done, before the next is
// looked at; this goes on until a whole round finds none.
#pragma once

#include "durasim/core/activation.hpp"
#include "durasim/core/log.hpp"
#include "durasim/workflow/instance.hpp"
#include "durasim/workflow/run.hpp"

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::detail {

// The signals of one name: those that nobody has taken, and who waits or handles.
struct Channel {
  std::string_view name;  // the key under which the run keeps it
  std::list<BufferedSignal> buffer;
  Link<ReceiverTag> receivers;
  bool opened = false;  // the author reads it; a catch-all handler leaves it alone
  Ref<SignalHandler> handler;
  PromiseBase* handler_owner = nullptr;
};

// Thrown through the author's code; no std::exception, so that ordinary handlers let it pass.
struct ContinueAsNewRequest {
  ContinueAsNewCommand command;
};

// One run: applies activations, keeps the queue of coroutines that can go on, numbers and collects
// commands, and knows everything that is waited for. It has no types of the author's.
class RunImpl final : public Run {
 public:
  RunImpl(std::string workflow_type, const WorkflowInstanceOptions& options, Ref<Body> body);
  ~RunImpl() override;

  Completion activate(const Activation& activation);
  // Destroys the frames, branches before their parents; the run is inert afterwards.
  void evict();
  // Thread-safe, unlike the rest: the deadlock detector asks.
  [[nodiscard]] std::source_location last_suspension() const { return last_suspension_.load(); }

  [[nodiscard]] const WorkflowInfo& info() const override { return info_; }
  [[nodiscard]] const Activation& facts() const override { return facts_; }
  [[nodiscard]] const Logger& logger() const override { return logger_; }
  [[nodiscard]] WorkflowRandom& random() override;
  void require_writable(std::string_view what) const override;

  Ref<TimerPending> start_timer(Scope& scope, Duration duration, std::string summary) override;
  Ref<ActivityPending> start_activity(Scope& scope, std::string_view type, PayloadList arguments,
                                      ActivityOptions&& options) override;
  Ref<ConditionPending> start_condition(Scope& scope, std::function<bool()> condition,
                                        Duration timeout) override;
  Ref<ExternalPending> signal_external(Scope& scope, ExternalWorkflow target,
                                       std::string_view signal, PayloadList arguments) override;
  Ref<ExternalPending> cancel_external(Scope& scope, ExternalWorkflow target,
                                       std::string reason) override;
  void start_branch(BranchPending& branch, PromiseBase& promise) override;

  Channel& channel(std::string_view name, bool open) override;
  [[nodiscard]] std::size_t buffered(const Channel& channel) const override;
  void receive(Channel& channel, ReceivePending& receiver, Duration timeout) override;
  void put_back(Channel& channel, BufferedSignal signal) override;
  bool take_buffered(Channel& channel,
                     const std::function<void(const PayloadList&)>& decode) override;
  void set_signal_handler(std::string_view name, Ref<SignalHandler> handler,
                          HandlerOptions options) override;
  void set_other_signals_handler(Ref<SignalHandler> handler, HandlerOptions options) override;
  void set_query_handler(std::string_view name, QueryFunction answer, bool has_arguments,
                         HandlerOptions options) override;
  [[nodiscard]] std::vector<SignalWorkflow> take_unhandled_signals() override;

  void schedule(PromiseBase& promise) override;
  void add_live(PromiseBase& promise) override { promise.Link<LiveTag>::insert_before(live_); }
  void note_suspension(std::source_location where) override { last_suspension_.store(where); }
  void keep_answers(PromiseBase& owner) override;
  void cancel_timer(std::uint32_t seq) override;
  bool cancel_activity(std::uint32_t seq, ActivityCancellationType type,
                       std::uint64_t activation) override;
  bool evaluate(const std::function<bool()>& condition) override;

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

  Ref<Body> body_;
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
