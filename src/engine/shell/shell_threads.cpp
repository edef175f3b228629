// What the engine's threads do. A thread whose activity has ended writes its outcome into the run,
// runs the workflow task that this leads to, takes the next activity, and only then waits for one
// commit of all that: a sequential step costs one sync and no hand-off.
#include "durasim/store/rules.hpp"

#include "engine/shell/outbound.hpp"
#include "engine/shell/shell.hpp"

#include <algorithm>
#include <utility>

namespace durasim::inline v0 {

using engine::ActivityHandle;
using engine::Post;

void Engine::Shell::spawn_activity_thread(Pool& pool) {
  const auto post = std::make_shared<Post>();
  posts_.push_back(post);
  post->thread = std::thread([this, &pool, post] {
    work_on_activities(pool, *post);
    post->finish();
  });
}

void Engine::Shell::spawn_workflow_thread() {
  const auto post = std::make_shared<Post>();
  posts_.push_back(post);
  post->thread = std::thread([this, post] {
    work_on_workflows(*post);
    post->finish();
  });
}

bool Engine::Shell::work_on_activities(Pool& pool, Post& post) {
  Lock lock(mutex_);
  std::optional<EndedActivity> ended;  // kept until its outcome is durable
  while (!stopping_) {
    try {
      if (ended) service_.close_activity(ended->handle, ActivityOutcome(ended->outcome), now());
      const std::optional<int> tasks = run_workflow_tasks(pool, post, lock);
      if (!tasks) return false;
      std::optional<ActivityHandle> handle;
      if (!stopping_ && pool.next_activity <= clock_.steady_now()) {
        handle = service_.next_activity(pool.worker.task_queue(), now());
        if (handle) delay_next_activity(pool);
      }
      const bool worked = *tasks > 0 || handle || service_.dirty();
      if (worked) {
        wake_pools();
        while (!settle(lock) && !stopping_) {
          if (ended) service_.close_activity(ended->handle, ActivityOutcome(ended->outcome), now());
        }
      }
      ended.reset();
      if (handle && !run_activity(pool, *handle, post, lock, ended)) return false;
      // While it settled it was not waiting, so that nobody has woken it for what came meanwhile.
      if (worked || stopping_) continue;
    } catch (const std::exception& error) {
      pause_after(error, lock);
      continue;
    }
    ++pool.waiting;
    if (pool.next_activity > clock_.steady_now()) {
      pool.work.wait_until(lock, pool.next_activity);
    } else {
      pool.work.wait(lock);
    }
    --pool.waiting;
  }
  return true;
}

bool Engine::Shell::work_on_workflows(Post& post) {
  Lock lock(mutex_);
  while (!stopping_) {
    try {
      int ran = 0;
      for (auto& [queue, pool] : pools_) {
        const std::optional<int> tasks = run_workflow_tasks(*pool, post, lock);
        if (!tasks) return false;
        ran += *tasks;
      }
      if (ran > 0) {
        wake_pools();
        (void)settle(lock);  // what was forgotten is announced again
        continue;
      }
    } catch (const std::exception& error) {
      pause_after(error, lock);
      continue;
    }
    if (stopping_) break;
    ++waiting_workflow_threads_;
    workflow_work_.wait(lock);
    --waiting_workflow_threads_;
  }
  return true;
}

std::optional<int> Engine::Shell::run_workflow_tasks(Pool& pool, Post& post, Lock& lock) {
  constexpr int most = 64;  // others wait for the commit
  int count = 0;
  while (!stopping_ && count < most && workflow_places_ > 0 && pool.executor) {
    const auto task = service_.next_workflow_task(pool.worker.task_queue(), now());
    if (!task) break;
    if (!run_workflow_task(pool, *task, post, lock)) return std::nullopt;
    ++count;
  }
  return count;
}

bool Engine::Shell::run_workflow_task(Pool& pool, const engine::WorkflowTask& task, Post& post,
                                      Lock& lock) {
  const std::shared_ptr<engine::WorkflowExecutor> executor = pool.executor;
  engine::WorkflowExecutor::Checkout checkout = executor->check_out(task);
  service_.hold(task.run_id);
  // Beyond the last slot the store does not listen: more threads hang than it has slots.
  std::size_t slot = store::kInFlightSlots;
  if (!free_slots_.empty()) {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  --workflow_places_;
  post.checkout = &checkout;
  post.workflow_type = task.workflow_type;
  post.run_id = task.run_id;
  post.since = clock_.steady_now();
  post.reported = false;
  if (options_.deadlock_timeout > Duration::zero()) arm(now() + options_.deadlock_timeout);
  wake_pools();
  post.enter();
  lock.unlock();
  store_.set_in_flight(slot, task.run_id);
  engine::TaskAnswer answer = executor->decide(checkout);
  if (!post.leave()) return false;
  store_.set_in_flight(slot, {});
  lock.lock();
  if (slot < store::kInFlightSlots) free_slots_.push_back(slot);
  if (!post.reported) ++workflow_places_;  // else its place has another thread already
  post.checkout = nullptr;
  executor->put_back(std::move(checkout));
  service_.release(task.run_id);
  run_free_.notify_all();
  executor->answer(task, std::move(answer), now());
  return true;
}

void Engine::Shell::delay_next_activity(Pool& pool) const {
  if (pool.options.max_activities_per_second <= 0) return;
  const auto gap = std::chrono::duration<double>(1 / pool.options.max_activities_per_second);
  pool.next_activity = std::max(pool.next_activity, clock_.steady_now()) +
                       std::chrono::duration_cast<SteadyTime::duration>(gap);
}

bool Engine::Shell::run_activity(Pool& pool, const ActivityHandle& handle, Post& post, Lock& lock,
                                 std::optional<EndedActivity>& ended) {
  const engine::RunState* state = service_.find(handle.run_id);
  // The commit that should have made its start durable may have failed.
  const bool started = state != nullptr && state->open() &&
                       state->activities().contains(handle.scheduled_event_id) &&
                       state->activities().at(handle.scheduled_event_id).started &&
                       state->activities().at(handle.scheduled_event_id).attempt == handle.attempt;
  if (!started) return true;
  ActivityTask task = service_.activity_task(handle);
  const auto found = pool.worker.activities().find(task.info.activity_type);
  std::optional<ActivityOutcome> outcome;
  if (found == pool.worker.activities().end()) {
    outcome = ActivityFailed{
        engine::activity_not_implemented(task.info.activity_type, pool.worker.task_queue())};
  } else {
    lock.unlock();
    outcome = call_activity(ActivityImplementation(found->second), std::move(task), handle, post);
    if (!outcome) return false;
    lock.lock();
    attempts_.erase(handle);
    heartbeats_due_.erase(handle);
    post.attempt.reset();
  }
  ended = {handle, std::move(*outcome)};
  return true;
}

std::optional<ActivityOutcome> Engine::Shell::call_activity(
    const ActivityImplementation& implementation, ActivityTask task, const ActivityHandle& handle,
    Post& post) {
  const engine::PayloadCoding coding = coding_;  // the engine may go while user code runs
  const std::string workflow_id = task.info.workflow_id;
  Outbound outbound(*this, handle, workflow_id);
  ActivityOutcome outcome;
  bool readable = true;
  post.enter();
  try {
    coding.decode(task);
  } catch (const CodecError&) {  // an attempt that failed, since a key can be supplied later
    outcome = ActivityFailed{to_failure(std::current_exception())};
    readable = false;
  }
  if (!post.leave()) return std::nullopt;
  if (!readable) return outcome;
  const auto attempt =
      ActivityAttempt::create(std::move(task), outbound, clock_,
                              options_.logger.for_module("activity"), options_.heartbeat_throttle);
  {
    const Lock lock(mutex_);
    post.attempt = attempt;
    attempts_.emplace(handle, attempt);
    if (stopping_) attempt->request_cancel(ActivityCancelReason::WorkerShutdown);
    post.enter();
  }
  outcome = attempt->run(implementation);
  coding.encode(outcome, workflow_id);
  if (!post.leave()) return std::nullopt;
  return outcome;
}

bool Engine::Shell::settle(Lock& lock) {
  try {
    committer_.wait(lock);
    failures_ = 0;
    return true;
  } catch (const std::exception& error) {
    pause_after(error, lock);
    return false;
  }
}

void Engine::Shell::pause_after(const std::exception& error, Lock& lock) {
  if (!lock.owns_lock()) lock.lock();
  options_.logger.for_module("engine").error(
      std::string("the store failed; what was not written is done again: ") + error.what());
  arm(now() + std::chrono::seconds(1));  // runs that could not be read are then
  // A full disk is not hammered: 0.1 s, then twice as long each time, at most 6.4 s.
  const auto pause = std::chrono::milliseconds(100) * (1 << std::min(failures_++, 6));
  pause_.wait_for(lock, pause, [this] { return stopping_; });
}

// As many threads as there is work; they find out themselves what it is.
void Engine::Shell::wake_pools() {
  bool workflow_tasks = false;
  for (auto& [queue, pool] : pools_) {
    const engine::QueueDepth depth = service_.depth(queue);
    workflow_tasks |= depth.workflow_tasks > 0;
    auto wanted = static_cast<int>(
        std::min<std::size_t>(depth.activities, static_cast<std::size_t>(pool->waiting)));
    for (; wanted > 0; --wanted) pool->work.notify_one();
  }
  if (workflow_tasks && workflow_places_ > 0 && waiting_workflow_threads_ > 0)
    workflow_work_.notify_one();
}

}  // namespace durasim::inline v0
