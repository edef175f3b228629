// The life of an engine: opening, recovery, threads, and an end that waits for user code only so
// long.
#include "engine/shell/shell.hpp"

#include "durasim/core/error.hpp"
#include "durasim/store/rules.hpp"
#ifdef DURASIM_HAS_SQLITE
#include "durasim/store/sqlite.hpp"
#endif

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace durasim::inline v0 {

namespace {

std::unique_ptr<store::Store> open_store(const EngineOptions& options) {
  if (options.custom_store != nullptr) {
    if (!options.store.empty())
      throw InvalidArgument("engine: both store and custom_store are set; set one of them");
    return nullptr;
  }
  if (options.store.empty())
    throw InvalidArgument("engine: set store, the path of a database, or custom_store");
#ifdef DURASIM_HAS_SQLITE
  store::SqliteOptions sqlite;
  sqlite.path = options.store;
  sqlite.durability = options.durability;
  sqlite.standby = options.standby;
  sqlite.stop = options.standby_stop;
  sqlite.log = options.logger.for_module("store");
  return std::make_unique<store::SqliteStore>(std::move(sqlite));
#else
  throw UnavailableError("engine: this durasim was built without SQLite; set custom_store");
#endif
}

std::string identity_of(const EngineOptions& options) {
  if (!options.identity.empty()) return options.identity;
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return fmt::format("{}@{}", getpid(), host.data());
}

engine::ServiceOptions service_options(const EngineOptions& options) {
  engine::ServiceOptions result;
  result.limits = options.limits;
  result.identity = identity_of(options);
  result.logger = options.logger.for_module("engine");
  result.codec = options.codec;
  result.cached_runs = options.cached_runs;
  return result;
}

}  // namespace

Engine::Shell::Shell(EngineOptions options)
    : options_(std::move(options)),
      own_store_(open_store(options_)),
      store_(own_store_ ? *own_store_ : *options_.custom_store),
      coding_(options_.codec),
      requests_(coding_, system_random()),
      clock_(system_clock(), store_),
      service_(store_, system_random(), service_options(options_)),
      committer_(
          store_, service_, [this] { return now(); },
          [this](bool written) { after_commit(written); }),
      metrics_(options_.metrics) {
  if (options_.workflow_threads < 1)
    throw InvalidArgument("engine: workflow_threads must be 1 or more");
  for (std::size_t slot = store::kInFlightSlots; slot > 0; --slot) free_slots_.push_back(slot - 1);
}

Engine::Shell::~Shell() {
  stop(options_.shutdown_grace);
}

Worker& Engine::Shell::worker(const std::string& task_queue, const WorkerOptions& options) {
  const Lock lock(mutex_);
  if (started_) throw LogicError("engine: workers are registered before start()");
  auto& pool = pools_[task_queue];
  if (!pool) pool = std::make_unique<Pool>(task_queue, options);
  return pool->worker;
}

std::vector<std::string> Engine::Shell::start() {
  Lock lock(mutex_);
  require_running();
  if (std::exchange(started_, true)) throw LogicError("engine: it has been started already");
  if (own_store_ && options_.serve_other_processes) {  // its clients wait for the lock
    server_ = std::make_unique<engine::control::Server>(
        *this,
        [this](const WorkflowExecution& run, SteadyTime deadline) {
          return result_by(run, deadline);
        },
        engine::control::socket_path_of(options_.store), options_.logger.for_module("control"));
  }
  for (auto& [queue, pool] : pools_) {
    if (pool->worker.workflows().empty()) continue;
    engine::ExecutorOptions executor_options;
    executor_options.cached_runs = options_.cached_runs;
    executor_options.fail_task_on_exception = options_.fail_task_on_exception;
    executor_options.logger = options_.logger;
    executor_options.codec = options_.codec;
    pool->executor = std::make_shared<engine::WorkflowExecutor>(service_, executor_options);
    for (const auto& [type, implementation] : pool->worker.workflows())
      pool->executor->implement(implementation);
  }
  // A call that came before may be writing.
  while (service_.dirty() || committer_.leading()) committer_.wait(lock);
  service_.recover(now());
  after_commit(true);
  alarm_ = std::make_unique<engine::Alarm>([this] { on_alarm(); });
  workflow_places_ = options_.workflow_threads;
  for (auto& [queue, pool] : pools_) {
    if (pool->worker.activities().empty()) continue;
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int most = pool->options.max_concurrent_activities;
    pool->places = most > 0 ? most : cores;
  }
  for (int i = 0; i < options_.workflow_threads; ++i) spawn_workflow_thread();
  arm_runs(now());  // what has become due meanwhile
  return service_.open_types([this](const std::string& queue, const std::string& type) {
    const auto pool = pools_.find(queue);
    return pool == pools_.end() || !pool->second->worker.workflows().contains(type);
  });
}

StopReport Engine::Shell::stop(std::chrono::nanoseconds grace) {
  std::vector<std::shared_ptr<ActivityAttempt>> attempts;
  std::vector<std::shared_ptr<engine::Post>> posts;
  {
    const Lock lock(mutex_);
    if (std::exchange(stopping_, true)) return report_;
    for (const auto& [handle, attempt] : attempts_) attempts.push_back(attempt);
    for (auto& [queue, pool] : pools_) pool->work.notify_all();
    workflow_work_.notify_all();
    run_free_.notify_all();
    pause_.notify_all();
    for (auto& [run_id, waiter] : waiters_) waiter->closed.notify_all();
    for (auto& [run_id, follower] : followers_) follower->grown.notify_all();
    posts = posts_;
  }
  server_.reset();  // its clients' calls have been told
  for (const auto& attempt : attempts)
    attempt->request_cancel(ActivityCancelReason::WorkerShutdown);
  const SteadyTime deadline = later(clock_.steady_now(), grace);
  for (const auto& post : posts) {
    if (!post->wait_until(deadline) && post->abandon()) {
      const Lock lock(mutex_);
      if (post->attempt) {
        ++report_.abandoned_activities[post->attempt->task().info.activity_type];
      } else {
        ++report_.abandoned_workflows[post->workflow_type];
      }
      post->thread.detach();
    } else {
      post->thread.join();
    }
    if (post->attempt) post->attempt->abandon();
  }
  std::unique_ptr<engine::Alarm> alarm;
  {
    Lock lock(mutex_);
    attempts_.clear();
    no_calls_.wait(lock, [this] { return calls_ == 0; });
    try {
      apply_ended();
      give_back_activities();
      committer_.wait(lock);  // what the last activities have done
    } catch (const std::exception& error) {
      options_.logger.for_module("engine").error(std::string("at the end: ") + error.what());
    }
    alarm = std::move(alarm_);
  }
  alarm.reset();  // without the lock, which its thread may be waiting for
  for (const auto& [type, count] : report_.abandoned_activities)
    options_.logger.for_module("engine").warning(
        fmt::format("{} activities of type {} did not end and are left behind", count, type));
  for (const auto& [type, count] : report_.abandoned_workflows)
    options_.logger.for_module("engine").warning(
        fmt::format("{} workflow tasks of type {} did not end and are left behind", count, type));
  return report_;
}

// ---- the public class --------------------------------------------------------------------------

Engine::Engine(EngineOptions options) : shell_(std::make_unique<Shell>(std::move(options))) {}
Engine::~Engine() = default;

Worker& Engine::worker(const std::string& task_queue, const WorkerOptions& options) {
  return shell_->worker(task_queue, options);
}
std::vector<std::string> Engine::start() {
  return shell_->start();
}
Client Engine::client() {
  return Client(*shell_);
}
Frontend& Engine::frontend() {
  return *shell_;
}
StopReport Engine::stop(std::chrono::nanoseconds grace) {
  return shell_->stop(grace);
}

}  // namespace durasim::inline v0
