// The leader writes; the others sleep until their group's number has ended.
#include "engine/shell/committer.hpp"

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

void Committer::wait(Lock& lock, std::chrono::nanoseconds patience) {
  if (group() <= ended_) return;
  if (!leading_ && patience <= patience.zero()) return lead(lock);
  const auto ticket = std::make_shared<Ticket>();
  ticket->group = group();
  tickets_.push_back(ticket);
  while (!ticket->ended) {
    if (leading_) {
      ticket->wake.wait(lock);
    } else if (patience > patience.zero()) {
      ticket->wake.wait_for(lock, patience);
      patience = patience.zero();
    } else {
      std::erase(tickets_, ticket);
      return lead(lock);
    }
  }
  if (ticket->failure) std::rethrow_exception(ticket->failure);
}

void Committer::lead(Lock& lock) {
  leading_ = true;
  ++begun_;
  const WallTime begin = now_();
  const std::exception_ptr error = write(lock);
  latency_ = now_() - begin;
  leading_ = false;
  end_groups(error);
  after_(!error);
  notify(lock);
  if (error) std::rethrow_exception(error);
}

std::exception_ptr Committer::write(Lock& lock) {
  try {
    const std::vector<store::Transition> transitions = service_.begin_commit(now_());
    transitions_ = transitions.size();
    earliest_due_.reset();
    for (const store::Transition& transition : transitions) {
      const std::optional<WallTime>& due = transition.run.due;
      if (due && (!earliest_due_ || *due < *earliest_due_)) earliest_due_ = due;
    }
    if (transitions.empty()) return nullptr;
    lock.unlock();
    store_.commit(transitions);
    lock.lock();
    return nullptr;
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    return std::current_exception();
  }
}

void Committer::end_groups(const std::exception_ptr& error) {
  if (error) {
    // What has changed since is forgotten with it, so its waiters fail as well.
    if (service_.dirty()) ++begun_;
    service_.abort_commit();
  } else {
    service_.finish_commit();
  }
  ended_ = begun_;
  const auto waiting =
      std::ranges::partition(tickets_, [this](const auto& t) { return t->group > ended_; });
  for (const auto& ticket : waiting) {
    ticket->ended = true;
    ticket->failure = error;
    notify_later({ticket, &ticket->wake});
  }
  tickets_.erase(waiting.begin(), waiting.end());
  if (!tickets_.empty()) notify_later({tickets_.front(), &tickets_.front()->wake});  // to lead
}

// Nobody is woken only to wait for the lock.
void Committer::notify(Lock& lock) {
  if (woken_.empty()) return;
  const auto woken = std::exchange(woken_, {});
  lock.unlock();
  for (const auto& waiter : woken) waiter->notify_one();
  lock.lock();
}

}  // namespace durasim::inline v0::engine
