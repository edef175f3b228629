// Activities from a free place to a durable outcome: taken in a group's commit, run by whichever
// thread is there, their outcomes kept until they are durable.
#include "engine/shell/outbound.hpp"
#include "engine/shell/shell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace durasim::inline v0 {

using engine::ActivityHandle;
using engine::Post;

namespace {

// What ends sooner than this is done before another thread has woken up.
constexpr std::chrono::microseconds kBrief{100};
// So long an activity that should be brief keeps others waiting before they get a thread.
constexpr std::chrono::milliseconds kBriefGuard{2};

// The attempt as the run has it: nothing if it is not, or no longer, to be run.
const engine::ActivityRecord* attempt_of(const engine::RunState* state,
                                         const ActivityHandle& handle) {
  if (state == nullptr || !state->open()) return nullptr;
  const auto found = state->activities().find(handle.scheduled_event_id);
  if (found == state->activities().end()) return nullptr;
  const engine::ActivityRecord& activity = found->second;
  return activity.started && activity.attempt == handle.attempt ? &activity : nullptr;
}

}  // namespace

void Engine::Shell::take_activities(Pool& pool) {
  if (!settle_doubtful(pool)) return;
  const std::string& queue = pool.worker.task_queue();
  while (!stopping_ && pool.taken < pool.places) {
    if (const SteadyTime now_steady = clock_.steady_now(); pool.next_activity > now_steady) {
      if (service_.depth(queue).activities > 0) arm(now() + (pool.next_activity - now_steady));
      return;
    }
    const auto handle = service_.next_activity(queue, now());
    if (!handle) return;
    delay_next_activity(pool);
    ++pool.taken;
    pool.started.push_back({*handle, committer_.group()});
  }
}

void Engine::Shell::delay_next_activity(Pool& pool) const {
  if (pool.options.max_activities_per_second <= 0) return;
  const auto gap = std::chrono::duration<double>(1 / pool.options.max_activities_per_second);
  pool.next_activity = std::max(pool.next_activity, clock_.steady_now()) +
                       std::chrono::duration_cast<SteadyTime::duration>(gap);
}

void Engine::Shell::end_starts(bool written) {
  for (auto& [queue, pool] : pools_) {
    const auto ended = std::ranges::find_if(
        pool->started, [&](const Pool::Started& s) { return s.group > committer_.ended(); });
    for (auto start = pool->started.begin(); start != ended; ++start) {
      if (written) {
        pool->ready.push_back(std::move(start->handle));
      } else {
        pool->doubtful.push_back(std::move(start->handle));
      }
    }
    pool->started.erase(pool->started.begin(), ended);
  }
  if (written) {
    std::erase_if(ended_,
                  [&](const EndedActivity& ended) { return ended.group <= committer_.ended(); });
  } else {
    unapplied_.insert(unapplied_.begin(), std::make_move_iterator(ended_.begin()),
                      std::make_move_iterator(ended_.end()));
    ended_.clear();
  }
}

// Runs of a failed group have been read again: what the store has as started is nobody else's to
// run, all else was announced and is taken again.
bool Engine::Shell::settle_doubtful(Pool& pool) {
  while (!pool.doubtful.empty()) {
    const ActivityHandle& handle = pool.doubtful.back();
    try {
      if (attempt_of(service_.find(handle.run_id), handle) != nullptr) {
        pool.ready.push_back(handle);
      } else {
        --pool.taken;
      }
    } catch (const std::exception& error) {
      options_.logger.for_module("engine").warning(
          fmt::format("run {} can't be read now: {}", handle.run_id, error.what()));
      return false;
    }
    pool.doubtful.pop_back();
  }
  return true;
}

std::optional<ActivityCancelReason> Engine::Shell::reason_to_stop(const ActivityHandle& handle) {
  const engine::RunState* state = service_.cached(handle.run_id);
  if (state == nullptr) return std::nullopt;
  if (!state->open()) return ActivityCancelReason::NotFound;
  const engine::ActivityRecord* activity = attempt_of(state, handle);
  if (activity == nullptr) return ActivityCancelReason::TimedOut;
  if (activity->cancel_requested) return ActivityCancelReason::Requested;
  return std::nullopt;
}

// At the end: what no thread has begun loses no attempt.
void Engine::Shell::give_back_activities() {
  for (auto& [queue, pool] : pools_) {
    for (const Pool::Started& start : std::exchange(pool->started, {}))
      pool->ready.push_back(start.handle);
    for (const ActivityHandle& handle : std::exchange(pool->ready, {}))
      service_.return_activity(handle, now());
  }
}

void Engine::Shell::apply_ended() {
  while (!unapplied_.empty()) {
    EndedActivity ended = std::move(unapplied_.front());
    unapplied_.pop_front();
    try {
      service_.close_activity(ended.handle, ActivityOutcome(ended.outcome), now());
      ended.group = committer_.group();
      ended_.push_back(std::move(ended));
    } catch (const InvalidArgument& error) {  // before anything has changed
      ended.outcome = ActivityFailed{
          ApplicationFailure(std::string("its outcome cannot be recorded: ") + error.what(),
                             {.type = "UnrecordableOutcome"})
              .proto()};
      unapplied_.push_back(std::move(ended));
    } catch (const LimitError& error) {  // the same, and the next attempt's would be as large
      ended.outcome = ActivityFailed{
          ApplicationFailure(error.what(), {.type = "durasim::LimitError", .non_retryable = true})
              .proto()};
      unapplied_.push_back(std::move(ended));
    } catch (const std::exception& error) {
      options_.logger.for_module("engine").warning(
          fmt::format("run {}: the outcome of an activity is not recorded yet: {}",
                      ended.handle.run_id, error.what()));
      delayed_.push_back(std::move(ended));
      arm_runs(now() + kNextTry);
    }
  }
}

// With the lock, when the alarm that was armed for them rings.
void Engine::Shell::apply_delayed() {
  std::ranges::move(std::exchange(delayed_, {}), std::back_inserter(unapplied_));
  apply_ended();
}

bool Engine::Shell::next_is_brief(const Pool& pool) {
  const ActivityHandle& next = pool.ready.front();
  const engine::ActivityRecord* activity = attempt_of(service_.find(next.run_id), next);
  return activity == nullptr || pool.is_brief(activity->activity_type);
}

bool Engine::Shell::run_activity(Pool& pool, Post& post, Lock& lock) {
  const ActivityHandle handle = pool.ready.front();
  if (attempt_of(service_.find(handle.run_id), handle) == nullptr) {
    pool.ready.pop_front();
    --pool.taken;
    return true;
  }
  ActivityTask task = service_.activity_task(handle);
  pool.ready.pop_front();  // whatever was thrown so far has left it there
  const std::string type = task.info.activity_type;
  const auto found = pool.worker.activities().find(type);
  ActivityOutcome outcome;
  if (found == pool.worker.activities().end()) {
    outcome = ActivityFailed{engine::activity_not_implemented(type, pool.worker.task_queue())};
  } else {
    post.since = clock_.steady_now();
    if (pool.is_brief(type)) {
      guard_brief(post, pool);
    } else {
      ++pool.busy;
      wake_threads_from(pool);
    }
    auto ended =
        call_activity(ActivityImplementation(found->second), std::move(task), handle, post, lock);
    if (!ended) return false;
    outcome = std::move(*ended);
    end_brief(post);
    const Duration execution = clock_.steady_now() - post.since;
    pool.brief.insert_or_assign(type, execution < kBrief);
    if (metrics_.enabled() && post.attempt)
      measure(pool, post.attempt->task().info, outcome, execution);
    attempts_.erase(handle);
    heartbeats_due_.erase(handle);
    post.attempt.reset();
  }
  --pool.taken;
  unapplied_.push_back({handle, std::move(outcome), 0});
  return true;
}

void Engine::Shell::measure(const Pool& pool, const ActivityInfo& info,
                            const ActivityOutcome& outcome, Duration execution) const {
  using Ended = engine::EngineMetrics::Ended;
  const bool succeeded = std::holds_alternative<ActivityCompleted>(outcome);
  const bool failed = std::holds_alternative<ActivityFailed>(outcome);
  metrics_.activity({.task_queue = pool.worker.task_queue(),
                     .type = info.activity_type,
                     .schedule_to_start = info.started_time - info.current_attempt_scheduled_time,
                     .execution = execution},
                    info.workflow_type,
                    succeeded ? Ended::Succeeded
                    : failed  ? Ended::Failed
                              : Ended::Otherwise,
                    now() - info.scheduled_time);
}

std::optional<ActivityOutcome> Engine::Shell::call_activity(
    const ActivityImplementation& implementation, ActivityTask task, const ActivityHandle& handle,
    Post& post, Lock& lock) {
  const engine::PayloadCoding coding = coding_;  // the engine may go while user code runs
  const std::string workflow_id = task.info.workflow_id;
  Outbound outbound(*this, handle, workflow_id, !post.pool->options.low_priority);
  if (options_.codec != nullptr) {  // users' code, too
    std::optional<ActivityOutcome> unreadable;
    post.enter();
    lock.unlock();
    try {
      coding.decode(task);
    } catch (const CodecError&) {  // an attempt that failed, since a key can be supplied later
      unreadable = ActivityFailed{to_failure(std::current_exception())};
    }
    if (!post.leave()) return std::nullopt;
    lock.lock();
    if (unreadable) return unreadable;
  }
  const auto attempt =
      ActivityAttempt::create(std::move(task), outbound, clock_,
                              options_.logger.for_module("activity"), options_.heartbeat_throttle);
  post.attempt = attempt;
  attempts_.emplace(handle, attempt);
  if (stopping_) attempt->request_cancel(ActivityCancelReason::WorkerShutdown);
  // Perhaps the stop came before there was anybody to tell.
  if (const auto reason = reason_to_stop(handle)) {
    if (service_.is_durable(handle.run_id)) {
      attempt->request_cancel(*reason);
    } else {
      service_.cancel_again(handle);
    }
  }
  post.enter();
  lock.unlock();
  ActivityOutcome outcome = attempt->run(implementation);
  coding.encode(outcome, workflow_id);
  if (!post.leave()) return std::nullopt;
  lock.lock();
  return outcome;
}

// Others that are ready, and outcomes that are not durable, wait for what should end at once: only
// as long as it does.
void Engine::Shell::guard_brief(Post& post, Pool& pool) {
  post.brief_in = &pool;
  if (std::exchange(guarded_, true)) return;
  arm(now() + kBriefGuard);
}

// Of what was begun as brief, or counted as busy.
void Engine::Shell::end_brief(Post& post) {
  if (std::exchange(post.brief_in, nullptr) == nullptr) --post.pool->busy;
}

void Engine::Shell::check_brief() {
  if (!std::exchange(guarded_, false)) return;
  for (const auto& post : posts_) {
    if (post->brief_in == nullptr) continue;
    if (clock_.steady_now() - post->since < kBriefGuard) {
      if (!std::exchange(guarded_, true)) arm(now() + kBriefGuard);
      continue;
    }
    if (post->attempt) post->brief_in->brief[post->attempt->task().info.activity_type] = false;
    ++std::exchange(post->brief_in, nullptr)->busy;
  }
  wake_threads();
  if (service_.dirty() && !committer_.leading() && !committer_.awaited()) wake_workflow_thread();
}

}  // namespace durasim::inline v0
