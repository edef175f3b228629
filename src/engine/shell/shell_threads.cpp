// What the engine's threads do. A thread whose activity has ended writes its outcome into the run,
// runs the workflow task that this leads to, takes the activities that have become ready, and only
// then commits all that: a sequential step costs one sync and no hand-off. Activities that end at
// once are run one after another before it, so that a group holds many of them.
#include "durasim/store/rules.hpp"

#include "engine/shell/outbound.hpp"
#include "engine/shell/shell.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace durasim::inline v0 {

using engine::Post;

namespace {

// How long outcomes may wait for others before they are committed.
constexpr std::chrono::milliseconds kLongestBatch{1};

// Linux has a nice value for each thread, against POSIX: setpriority(2), "C library/kernel
// differences". It can't be raised again without a privilege, and new threads inherit it.
void lower_priority() {
  constexpr int levels = 10;
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + levels);
}

}  // namespace

template <class Work>
void Engine::Shell::spawn(const Work& work) {
  const auto post = std::make_shared<Post>();
  posts_.push_back(post);
  try {
    post->thread = std::thread([work, post] {
      work(*post);
      post->finish();
    });
  } catch (...) {
    posts_.pop_back();
    throw;
  }
}

void Engine::Shell::spawn_activity_thread(Pool& pool) {
  spawn([this, &pool](Post& post) {
    post.pool = &pool;
    if (pool.options.low_priority) {
      work_at_low_priority(pool, post);
    } else {
      work_on_activities(pool, post);
    }
  });
  ++pool.threads;
}

void Engine::Shell::spawn_workflow_thread() {
  spawn([this](Post& post) { work_on_workflows(post); });
}

bool Engine::Shell::work_on_activities(Pool& pool, Post& post) {
  Lock lock(mutex_);
  SteadyTime begin = clock_.steady_now();
  while (!stopping_) {
    try {
      apply_ended();
      if (!run_workflow_tasks(pool, post, lock)) return false;
      dispatch();
      const bool unwritten = service_.dirty() && !committer_.leading();
      const bool full = clock_.steady_now() - begin > kLongestBatch;
      if (!pool.ready.empty() && (!unwritten || (!full && next_is_brief(pool)))) {
        if (!run_activity(pool, post, lock)) return false;
        continue;
      }
      if (unwritten) {
        lead(lock, &pool);
      } else {
        wait_for_activities(pool, lock);
      }
      begin = clock_.steady_now();
    } catch (const std::exception& error) {
      ++pool.busy;
      pause_after(error, lock);
      --pool.busy;
    }
  }
  return true;
}

// Whoever waits for a workflow or a commit does not wait for a thread that gets no core; nor does
// such a thread make others, which would inherit its priority.
bool Engine::Shell::work_at_low_priority(Pool& pool, Post& post) {
  lower_priority();
  Lock lock(mutex_);
  while (!stopping_) {
    try {
      if (pool.ready.empty()) {
        wait_for_activities(pool, lock);
      } else if (!run_activity(pool, post, lock)) {
        return false;
      } else {
        wake_workflow_thread();  // one that is awake looks for what is to be done by itself
      }
    } catch (const std::exception& error) {
      ++pool.busy;
      pause_after(error, lock);
      --pool.busy;
    }
  }
  return true;
}

void Engine::Shell::wait_for_activities(Pool& pool, Lock& lock) {
  ++pool.waiting;
  pool.work.wait(lock);
  --pool.waiting;
  pool.waking = false;
}

bool Engine::Shell::work_on_workflows(Post& post) {
  Lock lock(mutex_);
  while (!stopping_) {
    try {
      apply_ended();
      int ran = 0;
      for (auto& [queue, pool] : pools_) {
        const std::optional<int> tasks = run_workflow_tasks(*pool, post, lock);
        if (!tasks) return false;
        ran += *tasks;
      }
      dispatch();
      if (service_.dirty() && !committer_.leading()) {
        lead(lock, nullptr);
      } else if (ran == 0 && !stopping_) {
        ++waiting_workflow_threads_;
        workflow_work_.wait(lock);
        --waiting_workflow_threads_;
        waking_workflow_thread_ = false;
      }
    } catch (const std::exception& error) {
      pause_after(error, lock);
    }
  }
  return true;
}

void Engine::Shell::lead(Lock& lock, Pool* pool) {
  worker_leads_ = true;
  leading_pool_ = pool;
  if (pool != nullptr) ++pool->busy;
  committer_.lead(lock);
  failures_ = 0;
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
  const bool was_cached = checkout.was_cached();
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
  arm_deadlock(post.since);
  if (post.pool != nullptr) guard_brief(post, *post.pool);
  wake_threads();
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
  if (post.pool != nullptr) end_brief(post);
  executor->put_back(std::move(checkout));
  service_.release(task.run_id);
  read_later();
  run_free_.notify_all();
  if (metrics_.enabled()) measure(pool, task, answer, was_cached, clock_.steady_now() - post.since);
  executor->answer(task, std::move(answer), now());
  return true;
}

void Engine::Shell::measure(const Pool& pool, const engine::WorkflowTask& task,
                            const engine::TaskAnswer& answer, bool was_cached, Duration execution) {
  const engine::RunState* state = service_.cached(task.run_id);
  if (state == nullptr) return;
  const engine::WorkflowTaskRecord& record = state->record().task;
  std::string_view failure;
  if (const auto* failed = std::get_if<WorkflowTaskFailure>(&answer)) {
    failure = failed->cause == WorkflowTaskFailedCause::NonDeterministicError
                  ? "NonDeterminismError"
                  : "WorkflowError";
  }
  metrics_.workflow_task(
      {.task_queue = pool.worker.task_queue(),
       .type = task.workflow_type,
       .schedule_to_start = record.started_time - record.scheduled_time,
       .execution = execution},
      failure, state->record().completed_tasks > 0 ? std::optional(was_cached) : std::nullopt);
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
  arm_runs(now() + kNextTry);
  // A full disk is not hammered: 0.1 s, then twice as long each time, at most 6.4 s.
  const auto pause = std::chrono::milliseconds(100) * (1 << std::min(failures_++, 6));
  pause_.wait_for(lock, pause, [this] { return stopping_; });
}

bool Engine::Shell::dispatch() {
  for (auto& [queue, pool] : pools_) take_activities(*pool);
  return wake_threads();
}

// One thread at a time: it wakes the next before it goes into user code, if there is more.
bool Engine::Shell::wake_threads() {
  bool served = false;
  bool unserved = false;
  for (auto& [queue, pool] : pools_) {
    if (!pool->ready.empty()) wake(*pool);
    if (!pool->executor || service_.depth(queue).workflow_tasks == 0) continue;
    if (pool->awake() > 0 && !pool->options.low_priority) {
      served = true;
    } else {
      unserved = true;
    }
  }
  if (unserved && workflow_places_ > 0) served |= wake_workflow_thread();
  return served;
}

void Engine::Shell::wake_threads_from(const Pool& pool) {
  if (!pool.options.low_priority) {
    wake_threads();
  } else if (alarm_) {
    alarm_->post([this] {
      const Lock lock(mutex_);
      if (!stopping_) wake_threads();
    });
  }
}

void Engine::Shell::wake(Pool& pool) {
  if (pool.awake() > 0 || stopping_) return;
  if (pool.waiting > 0) {
    pool.waking = true;
    pool.work.notify_one();
  } else if (pool.threads < pool.places) {
    try {
      spawn_activity_thread(pool);
    } catch (const std::system_error& error) {
      options_.logger.for_module("engine").error(fmt::format(
          "{}: no further thread for activities: {}", pool.worker.task_queue(), error.what()));
    }
  }
}

// False: none is idle.
bool Engine::Shell::wake_workflow_thread() {
  if (waiting_workflow_threads_ == 0) return false;
  if (!std::exchange(waking_workflow_thread_, true)) workflow_work_.notify_one();
  return true;
}

}  // namespace durasim::inline v0
