// Group commit by a leader: whoever needs something to be durable while nobody writes becomes the
// leader, writes everything that has changed so far in one transaction, and wakes those who wait
// for it. No thread of its own: a hand-off costs as much as a third of a sync.
#pragma once

#include "engine/service.hpp"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace durasim::inline v0::engine {

// All members are called with the engine's lock held; wait() gives it up while it waits or writes.
class Committer {
 public:
  using Now = std::function<WallTime()>;
  // `after` is called with the lock after each group, whether it was written or not.
  Committer(store::Store& store, Service& service, Now now, std::function<void()> after)
      : store_(store), service_(service), now_(std::move(now)), after_(std::move(after)) {}

  // Returns when everything that has been changed in the service is durable. Throws what the store
  // threw for a group that held any of it.
  void wait(std::unique_lock<std::mutex>& lock);
  // The earliest instant at which a run of the last group wants to be woken.
  [[nodiscard]] std::optional<WallTime> earliest_due() const { return earliest_due_; }

 private:
  void lead(std::unique_lock<std::mutex>& lock);

  store::Store& store_;
  Service& service_;
  Now now_;
  std::function<void()> after_;
  std::condition_variable done_;
  bool leading_ = false;
  std::optional<WallTime> earliest_due_;
  // Somebody who waits, on the waiter's stack.
  struct Ticket {
    std::uint64_t group = 0;
    std::exception_ptr failure;
  };
  std::vector<Ticket*> waiting_;
  // Groups are numbered; a group that failed takes the one that was being filled with it.
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace durasim::inline v0::engine
