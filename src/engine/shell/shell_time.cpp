// Everything that happens by itself: timers and timeouts of runs, heartbeats that were held back,
// workflow code that does not return, and what a commit allows.
#include "engine/command_rules.hpp"
#include "engine/shell/shell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace durasim::inline v0 {

using engine::ActivityHandle;

void Engine::Shell::arm(WallTime due) {
  if (due >= armed_ || !alarm_) return;
  armed_ = due;
  alarm_->set(clock_.boot_time_at(due));
}

void Engine::Shell::arm_runs(WallTime due) {
  runs_due_ = std::min(runs_due_, due);
  arm(due);
}

void Engine::Shell::arm_deadlock(SteadyTime begin) {
  const SteadyTime due = hangs_from(begin);
  if (due < SteadyTime::max()) arm(engine::add_clamped(now(), due - clock_.steady_now()));
}

void Engine::Shell::arm_next() {
  if (runs_due_ < WallTime::max()) arm(runs_due_);
  for (const auto& [handle, due] : heartbeats_due_) arm(now() + (due - clock_.steady_now()));
  for (const auto& post : posts_) {
    if (post->checkout != nullptr && !post->reported) arm_deadlock(post->since);
  }
}

// Runs that are due, as long as there are any; with them runs that could not be read before.
void Engine::Shell::fire_due(Lock& lock) {
  if (runs_due_ > now()) return;
  runs_due_ = WallTime::max();
  try {
    apply_delayed();
    bool fired = true;
    while (fired && !stopping_) {
      fired = service_.fire_due(now());
      dispatch();
      committer_.wait(lock);
    }
    if (const auto due = service_.next_due()) runs_due_ = std::min(runs_due_, *due);
    read_later();
  } catch (const std::exception& error) {
    // The store says no: the timers stay due and are tried again, not at once.
    options_.logger.for_module("engine").error(std::string("timers: ") + error.what());
    runs_due_ = now() + kNextTry;
  }
}

void Engine::Shell::read_later() {
  if (service_.unread()) arm_runs(now() + kNextTry);
}

// Activities whose start the rate limit has put off until now.
void Engine::Shell::take_spaced(Lock& lock) {
  const bool spaced = std::ranges::any_of(pools_, [this](const auto& entry) {
    return entry.second->options.max_activities_per_second > 0 &&
           service_.depth(entry.first).activities > 0;
  });
  if (!spaced) return;
  try {
    dispatch();
    committer_.wait(lock);
  } catch (const std::exception& error) {
    options_.logger.for_module("engine").error(std::string("activities: ") + error.what());
    arm(now() + kNextTry);
  }
}

void Engine::Shell::on_alarm() {
  Lock lock(mutex_);
  armed_ = WallTime::max();
  if (stopping_) return;
  fire_due(lock);
  if (stopping_) return;
  check_brief();
  take_spaced(lock);
  if (stopping_) return;
  std::vector<std::shared_ptr<ActivityAttempt>> silent;
  for (auto it = heartbeats_due_.begin(); it != heartbeats_due_.end();) {
    if (it->second > clock_.steady_now()) {
      ++it;
      continue;
    }
    if (const auto found = attempts_.find(it->first); found != attempts_.end())
      silent.push_back(found->second);
    it = heartbeats_due_.erase(it);
  }
  int missing = 0;  // threads for the runs that do not hang
  for (const auto& post : posts_) {
    const bool hangs = post->checkout != nullptr && !post->reported &&
                       hangs_from(post->since) <= clock_.steady_now();
    if (!hangs) continue;
    report_hanging(*post);
    post->reported = true;
    ++workflow_places_;
    if (!wake_workflow_thread()) ++missing;
  }
  try {
    for (; missing > 0; --missing) spawn_workflow_thread();
  } catch (const std::system_error& error) {
    options_.logger.for_module("engine").error(
        fmt::format("no further thread for workflows: {}", error.what()));
  }
  arm_next();
  lock.unlock();
  for (const auto& attempt : silent) attempt->on_heartbeat_timer();
}

void Engine::Shell::report_hanging(const engine::Post& post) const {
  options_.logger.for_module("engine").error(fmt::format(
      "run {} ({}): its code has not come back for {} s {}; other runs go on in another thread",
      post.run_id, post.workflow_type,
      std::chrono::duration<double>(options_.deadlock_timeout).count(), post.checkout->place()));
}

// With the lock, after each group.
void Engine::Shell::after_commit(bool written) {
  const bool worker_led = std::exchange(worker_leads_, false);
  if (Pool* pool = std::exchange(leading_pool_, nullptr)) --pool->busy;
  metrics_.commit(committer_.transitions(), committer_.latency(), written);
  end_starts(written);
  end_runs();
  wake_followers();
  if (auto cancellations = service_.take_cancellations(); !cancellations.empty() && alarm_) {
    alarm_->post([this, handles = std::move(cancellations)] { tell_to_stop(handles); });
  }
  if (const auto due = committer_.earliest_due()) arm_runs(*due);
  read_later();
  wake_threads();
  // A worker looks for more by itself, and whoever waits for the next group leads it.
  const bool left = service_.dirty() || !unapplied_.empty();
  if (left && !worker_led && !committer_.awaited()) wake_workflow_thread();
}

void Engine::Shell::end_runs() {
  const auto evict = [this](const std::string& run_id) {
    for (auto& [queue, pool] : pools_) {
      if (pool->executor) pool->executor->evict(run_id);
    }
  };
  for (const std::string& run_id : service_.take_evictions()) {
    evict(run_id);
    metrics_.workflow_evicted();
  }
  for (const std::string& run_id : service_.take_closed()) {
    evict(run_id);
    if (metrics_.enabled()) measure_end(run_id);
    const auto [first, last] = waiters_.equal_range(run_id);
    for (auto it = first; it != last; ++it) {
      it->second->is_closed = true;
      committer_.notify_later({it->second, &it->second->closed});
    }
  }
}

void Engine::Shell::measure_end(const std::string& run_id) {
  const engine::RunState* state = service_.cached(run_id);
  if (state == nullptr) return;
  const store::RunRow& row = state->row();
  metrics_.workflow_ended(row.task_queue, row.workflow_type,
                          static_cast<WorkflowStatus>(row.status), row.close_time - row.start_time);
}

// On the alarm's thread: stop callbacks are user code.
void Engine::Shell::tell_to_stop(const std::vector<ActivityHandle>& handles) {
  std::vector<std::pair<std::shared_ptr<ActivityAttempt>, ActivityCancelReason>> told;
  {
    const Lock lock(mutex_);
    for (const ActivityHandle& handle : handles) {
      const auto found = attempts_.find(handle);
      if (found == attempts_.end()) continue;
      told.emplace_back(found->second,
                        reason_to_stop(handle).value_or(ActivityCancelReason::Requested));
    }
  }
  for (const auto& [attempt, reason] : told) attempt->request_cancel(reason);
}

}  // namespace durasim::inline v0
