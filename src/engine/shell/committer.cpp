// The leader writes; the others sleep until their group's number has ended.
#include "engine/shell/committer.hpp"

#include <utility>

namespace durasim::inline v0::engine {

void Committer::wait(std::unique_lock<std::mutex>& lock) {
  Ticket ticket{.group = begun_ + (service_.dirty() ? 1 : 0), .failure = {}};
  if (ticket.group <= ended_) return;
  waiting_.push_back(&ticket);
  while (ended_ < ticket.group) {
    if (leading_) {
      done_.wait(lock);
    } else {
      lead(lock);
    }
  }
  std::erase(waiting_, &ticket);
  if (ticket.failure) std::rethrow_exception(ticket.failure);
}

void Committer::lead(std::unique_lock<std::mutex>& lock) {
  leading_ = true;
  ++begun_;
  std::exception_ptr error;
  try {
    const std::vector<store::Transition> transitions = service_.begin_commit(now_());
    earliest_due_.reset();
    for (const store::Transition& transition : transitions) {
      const std::optional<WallTime>& due = transition.run.due;
      if (due && (!earliest_due_ || *due < *earliest_due_)) earliest_due_ = due;
    }
    lock.unlock();
    try {
      if (!transitions.empty()) store_.commit(transitions);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    // What has changed since is forgotten with it, so its waiters fail as well.
    if (service_.dirty()) ++begun_;
    service_.abort_commit();
    for (Ticket* ticket : waiting_) {
      if (ticket->group > ended_) ticket->failure = error;
    }
  } else {
    service_.finish_commit();
  }
  ended_ = begun_;
  leading_ = false;
  after_();
  done_.notify_all();
}

}  // namespace durasim::inline v0::engine
