// Group commit by a leader: whoever needs something to be durable while nobody writes becomes the
// leader, writes everything that has changed so far in one transaction, and wakes those who wait
// for it. No thread of its own: a hand-off costs as much as a third of a sync.
#pragma once

#include "engine/service.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace durasim::inline v0::engine {

// All members are called with the engine's lock held; wait() and lead() give it up while they wait
// or write.
class Committer {
 public:
  using Lock = std::unique_lock<std::mutex>;
  using Now = std::function<WallTime()>;
  // `after` is called with the lock after each group: whether it was written.
  Committer(store::Store& store, Service& service, Now now, std::function<void(bool)> after)
      : store_(store), service_(service), now_(std::move(now)), after_(std::move(after)) {}

  // Returns when everything that has been changed in the service is durable. Throws what the store
  // threw for a group that held any of it. For so long as `patience` it leaves the lead to others:
  // who knows that a thread is about to add to the group saves a second one.
  void wait(Lock& lock, std::chrono::nanoseconds patience = {});
  // Writes the next group, for a caller who knows that nobody does. Throws as wait().
  void lead(Lock& lock);

  // Notifies after the group's end, when the lock is free: for `after`.
  void notify_later(std::shared_ptr<std::condition_variable> waiter) {
    woken_.push_back(std::move(waiter));
  }
  // Whether a group is being written.
  [[nodiscard]] bool leading() const { return leading_; }
  // Whether somebody waits who will lead the next group.
  [[nodiscard]] bool awaited() const { return !tickets_.empty(); }
  // Groups are numbered: that of what has been changed last, and the last one that has ended.
  [[nodiscard]] std::uint64_t group() const { return begun_ + (service_.dirty() ? 1 : 0); }
  [[nodiscard]] std::uint64_t ended() const { return ended_; }
  // The earliest instant at which a run of the last group wants to be woken.
  [[nodiscard]] std::optional<WallTime> earliest_due() const { return earliest_due_; }
  // How many transitions the last group held, and how long its writing took.
  [[nodiscard]] std::size_t transitions() const { return transitions_; }
  [[nodiscard]] Duration latency() const { return latency_; }

 private:
  // Somebody who waits. Shared, so that it can be woken without the lock, which it needs at once.
  struct Ticket {
    std::uint64_t group = 0;
    std::condition_variable wake;
    std::exception_ptr failure;
    bool ended = false;
  };

  std::exception_ptr write(Lock& lock);
  void end_groups(const std::exception_ptr& error);
  void notify(Lock& lock);

  store::Store& store_;
  Service& service_;
  Now now_;
  std::function<void(bool)> after_;
  bool leading_ = false;
  std::optional<WallTime> earliest_due_;
  std::size_t transitions_ = 0;
  Duration latency_{};
  std::vector<std::shared_ptr<Ticket>> tickets_;
  std::vector<std::shared_ptr<std::condition_variable>> woken_;
  // A group that failed takes the one that was being filled with it.
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace durasim::inline v0::engine
