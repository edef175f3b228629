// The loop: workflow tasks, then a commit, then one activity; when nothing is left, the clock
// moves.
#include "testing/local_engine.hpp"

#include "durasim/core/message_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::testing {

// An attempt's way to the service.
class WorkflowEnvironment::LocalEngine::Outbound final : public ActivityOutbound {
 public:
  Outbound(LocalEngine& engine, engine::ActivityHandle handle)
      : engine_(engine), handle_(std::move(handle)) {}
  HeartbeatReply record_heartbeat(const PayloadList& details) override {
    PayloadList encoded = details;
    engine_.coding_.encode(encoded, engine_.workflow_of(handle_));
    const HeartbeatReply reply = engine_.service_->heartbeat(handle_, encoded, engine_.now());
    engine_.commit();
    return reply;
  }
  void wake_at(SteadyTime due) override {
    for (Running& running : engine_.running_) {
      if (running.handle == handle_) running.wake = due;
    }
  }

 private:
  LocalEngine& engine_;
  engine::ActivityHandle handle_;
};

WorkflowEnvironment::LocalEngine::LocalEngine(WorkflowEnvironmentOptions options)
    : options_(std::move(options)),
      coding_(options_.codec),
      store_(options_.store != nullptr ? *options_.store : own_store_),
      random_(options_.seed),
      requests_(coding_, random_) {
  if (options_.start_time == WallTime{})
    options_.start_time = WallTime(std::chrono::sys_days{std::chrono::January / 1 / 2026});
  boot();
}

WorkflowEnvironment::LocalEngine::~LocalEngine() = default;

void WorkflowEnvironment::LocalEngine::boot() {
  engine::ServiceOptions service_options;
  service_options.limits.suggest_continue_as_new_events = options_.suggest_continue_as_new_events;
  service_options.codec = options_.codec;
  service_options.logger = options_.logger.for_module("engine");
  service_ = std::make_unique<engine::Service>(store_, random_, service_options);
  executors_.clear();
  service_->recover(now());
}

void WorkflowEnvironment::LocalEngine::restart() {
  for (const Running& running : running_) running.attempt->abandon();
  running_.clear();
  boot();
}

Worker& WorkflowEnvironment::LocalEngine::worker(const std::string& task_queue) {
  return workers_.try_emplace(task_queue, task_queue).first->second;
}

// Workers may be filled and refilled (mocks) between calls.
void WorkflowEnvironment::LocalEngine::register_implementations() {
  for (const auto& [queue, worker] : workers_) {
    if (worker.workflows().empty()) continue;
    engine::ExecutorOptions executor_options;
    executor_options.fail_task_on_exception = options_.fail_task_on_exception;
    executor_options.logger = options_.logger;
    executor_options.observer = options_.observer;
    executor_options.codec = options_.codec;
    auto& executor = executors_.try_emplace(queue, *service_, executor_options).first->second;
    for (const auto& [type, implementation] : worker.workflows())
      executor.implement(implementation);
  }
}

void WorkflowEnvironment::LocalEngine::commit() {
  const auto evict = [&](const std::vector<std::string>& run_ids) {
    for (const std::string& run_id : run_ids) {
      for (auto& [queue, executor] : executors_) executor.evict(run_id);
    }
  };
  try {
    service_->commit(now());
  } catch (...) {
    evict(service_->take_evictions());  // code in memory is ahead of what is durable
    throw;
  }
  evict(service_->take_evictions());
  evict(service_->take_closed());
  for (const engine::ActivityHandle& handle : service_->take_cancellations()) {
    for (const Running& running : running_) {
      if (running.handle == handle)
        running.attempt->request_cancel(ActivityCancelReason::Requested);
    }
  }
}

bool WorkflowEnvironment::LocalEngine::run_workflow_tasks() {
  register_implementations();
  bool ran = false;
  for (auto& [queue, executor] : executors_) {
    while (const auto task = service_->next_workflow_task(queue, now())) {
      executor.execute(*task, now());
      if (options_.evict_always) executor.evict_all();
      ran = true;
    }
  }
  return ran;
}

bool WorkflowEnvironment::LocalEngine::run_activity() {
  for (auto& [queue, worker] : workers_) {
    if (worker.activities().empty()) continue;
    const auto handle = service_->next_activity(queue, now());
    if (!handle) continue;
    commit();
    const std::string type = service_->activity_task(*handle).info.activity_type;
    const auto found = worker.activities().find(type);
    if (found == worker.activities().end()) {
      service_->close_activity(
          *handle, ActivityFailed{engine::activity_not_implemented(type, queue)}, now());
      commit();
    } else {
      run_attempt(*handle, ActivityImplementation(found->second));
    }
    return true;
  }
  return false;
}

std::string WorkflowEnvironment::LocalEngine::workflow_of(const engine::ActivityHandle& handle) {
  const engine::RunState* state = service_->find(handle.run_id);
  return state != nullptr ? state->row().workflow_id : "";
}

void WorkflowEnvironment::LocalEngine::run_attempt(const engine::ActivityHandle& handle,
                                                   const ActivityImplementation& implementation) {
  Outbound outbound(*this, handle);
  ActivityTask task = service_->activity_task(handle);
  try {
    coding_.decode(task);
  } catch (const CodecError&) {  // an attempt that failed, since a key can be supplied later
    service_->close_activity(handle, ActivityFailed{to_failure(std::current_exception())}, now());
    commit();
    return;
  }
  const auto attempt =
      ActivityAttempt::create(task, outbound, clock_, options_.logger.for_module("activity"));
  running_.push_back({handle, attempt, std::nullopt});
  ActivityOutcome outcome = attempt->run(implementation);
  const auto gone =
      std::erase_if(running_, [&](const Running& running) { return running.handle == handle; });
  if (gone == 0) return;  // the process "died" meanwhile
  coding_.encode(outcome, workflow_of(handle));
  service_->close_activity(handle, std::move(outcome), now());
  commit();
}

void WorkflowEnvironment::LocalEngine::settle() {
  for (bool busy = true; busy;) {
    busy = run_workflow_tasks();
    commit();
    busy |= run_activity();
  }
}

void WorkflowEnvironment::LocalEngine::move_to(WallTime time) {
  if (time > now()) clock_.advance(time - now());
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (running_[i].wake.value_or(SteadyTime::max()) > clock_.steady_now()) continue;
    running_[i].wake.reset();
    running_[i].attempt->on_heartbeat_timer();
  }
  service_->fire_due(now());
  commit();
}

bool WorkflowEnvironment::LocalEngine::skip(WallTime limit) {
  std::optional<WallTime> next = service_->next_due();
  for (const Running& running : running_) {
    if (!running.wake) continue;
    const WallTime wake = now() + (*running.wake - clock_.steady_now());
    if (!next || wake < *next) next = wake;
  }
  if (!next || *next > limit) return false;
  move_to(*next);
  return true;
}

void WorkflowEnvironment::LocalEngine::sleep(Duration duration) {
  const WallTime until = now() + duration;
  settle();
  while (skip(until)) settle();
  move_to(until);
  settle();
}

}  // namespace durasim::inline v0::testing
