// The kinds of Pending: what starts them, what resolves them and what cancelling them means.
#pragma once

#include "durasim/core/enums.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/payload_list.hpp"
#include "durasim/core/time.hpp"
#include "durasim/workflow/pending.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace durasim::inline v0::detail {

class PromiseBase;
struct Channel;
struct ConditionTag;
struct ReceiverTag;

class DURASIM_EXPORT TimerPending final : public Pending {
 public:
  TimerPending(Scope& scope, std::uint32_t seq) : Pending(scope), seq_(seq) {}
  void fire() { succeed(); }
  void cancel_before_start(const std::string& reason) { fail_canceled(reason); }

 private:
  void do_cancel(const std::string& reason) override;
  std::uint32_t seq_;
};

class DURASIM_EXPORT ActivityPending final : public Pending {
 public:
  ActivityPending(Scope& scope, std::uint32_t seq, ActivityCancellationType type,
                  std::uint64_t activation)
      : Pending(scope), activation_(activation), seq_(seq), type_(type) {}
  void deliver(const PayloadList& result);
  void deliver(const proto::Failure& failure);
  void cancel_before_start(const std::string& reason) { fail_canceled(reason); }
  PayloadList take();

 private:
  void do_cancel(const std::string& reason) override;
  PayloadList result_;
  std::uint64_t activation_;  // in which it was scheduled
  std::uint32_t seq_;
  ActivityCancellationType type_;
};

// A signal or a cancellation on its way to another workflow; it cannot be called back.
class DURASIM_EXPORT ExternalPending final : public Pending {
 public:
  using Pending::Pending;
  explicit ExternalPending(Scope& scope) : Pending(scope) {}
  void deliver() { succeed(); }
  void deliver(const proto::Failure& failure);
  void cancel_before_start(const std::string& reason) { fail_canceled(reason); }

 private:
  void do_cancel(const std::string& /*reason*/) override {}
};

// Something that may be given up after a time.
class DURASIM_EXPORT TimedPending : public Pending {
 public:
  ~TimedPending() override;
  void arm(Duration timeout);

 protected:
  explicit TimedPending(Scope& scope) : Pending(scope) {}
  // Cancels the timer: what was waited for has come first.
  void disarm();
  virtual void timed_out() = 0;

 private:
  struct Alarm final : Waiter {
    explicit Alarm(TimedPending& waiting) : owner(&waiting) {}
    void wake() override;
    TimedPending* owner;
  };
  Alarm alarm_{*this};
  Ref<TimerPending> timer_;
};

class DURASIM_EXPORT ConditionPending final : public TimedPending, public Link<ConditionTag> {
 public:
  ConditionPending(Scope& scope, std::function<bool()> condition);
  ~ConditionPending() override;
  // Evaluates the condition, resolves when it holds or throws; true when that happened.
  bool check();
  void give_up(const std::string& reason) { fail_canceled(reason); }
  void timed_out() override;
  // Whether the condition came true (and not the timeout).
  [[nodiscard]] bool take();

 private:
  void do_cancel(const std::string& reason) override;
  void settle(bool holds);
  std::function<bool()> condition_;
  bool holds_ = false;
};

struct BufferedSignal {
  std::uint64_t order = 0;  // of arrival, among all signals of the run
  PayloadList input;
};

// A receiver of one signal. What it got and nobody took goes back to the channel.
class DURASIM_EXPORT ReceivePending : public TimedPending, public Link<ReceiverTag> {
 public:
  ReceivePending(Scope& scope, Channel& channel) : TimedPending(scope), channel_(&channel) {}
  ~ReceivePending() override;
  // Takes the signal and resolves; false when it cannot be decoded, with the reason.
  bool offer(BufferedSignal& signal, std::string& why);
  void give_up(const std::string& reason) { fail_canceled(reason); }
  void timed_out() override;

 protected:
  // The decoded signal is kept by the derived class. Throws what decoding throws.
  virtual void decode(const PayloadList& input) = 0;

 private:
  void do_cancel(const std::string& reason) override;
  Channel* channel_;
  BufferedSignal signal_;
  bool holds_signal_ = false;
};

// A coroutine that runs beside its parent, in a scope of its own. It owns the frame.
class DURASIM_EXPORT BranchPending : public Pending {
 public:
  ~BranchPending() override;
  [[nodiscard]] Scope& own_scope() const { return *own_; }
  [[nodiscard]] std::uint64_t serial() const { return serial_; }
  // Nobody will look at its outcome, a failure included.
  void abandon() override;
  [[nodiscard]] bool abandoned() const { return abandoned_; }
  // Puts the coroutine into the queue, in this branch's scope.
  void start();
  // The coroutine has ended: takes its outcome, destroys the frame, wakes who waits.
  void finish();
  virtual void destroy_frame() noexcept = 0;
  void cancel_before_start(const std::string& reason) { fail_canceled(reason); }
  void set_serial(std::uint64_t serial) { serial_ = serial; }

 protected:
  explicit BranchPending(Scope& scope);
  virtual PromiseBase& promise() = 0;
  virtual void take_value() = 0;

 private:
  void do_cancel(const std::string& reason) override;
  Ref<Scope> own_;
  std::uint64_t serial_ = 0;
  bool abandoned_ = false;
};

}  // namespace durasim::inline v0::detail
