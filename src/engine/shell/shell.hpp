// The engine behind durasim::Engine: threads, time and clients around the service, which is pure.
// One lock guards the service, the executors and everything here; it is not held while activities,
// workflow code, codecs and stop callbacks run, or the store commits.
#pragma once

#include "durasim/engine/engine.hpp"

#include "engine/client_requests.hpp"
#include "engine/control/server.hpp"
#include "engine/payload_coding.hpp"
#include "engine/service.hpp"
#include "engine/shell/alarm.hpp"
#include "engine/shell/committer.hpp"
#include "engine/shell/engine_clock.hpp"
#include "engine/shell/post.hpp"
#include "engine/workflow_executor.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0 {

class Engine::Shell final : public Frontend {
 public:
  explicit Shell(EngineOptions options);
  ~Shell() override;
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  Worker& worker(const std::string& task_queue, const WorkerOptions& options);
  std::vector<std::string> start();
  StopReport stop(std::chrono::nanoseconds grace);
  [[nodiscard]] std::chrono::nanoseconds grace() const { return options_.shutdown_grace; }

  // ---- calls of clients (shell_calls.cpp) ----
  WorkflowExecution start(std::string_view workflow_type, PayloadList input,
                          const StartOptions& options, bool attach) override;
  WorkflowExecution signal_with_start(std::string_view workflow_type, PayloadList input,
                                      const StartOptions& options, std::string_view signal,
                                      PayloadList signal_input) override;
  void signal(const WorkflowExecution& run, std::string_view name, PayloadList input,
              const std::string& request_id) override;
  PayloadList query(const WorkflowExecution& run, std::string_view type,
                    PayloadList arguments) override;
  void cancel(const WorkflowExecution& run, const std::string& reason) override;
  void terminate(const WorkflowExecution& run, const std::string& reason) override;
  void resume(const WorkflowExecution& run) override;
  WorkflowDescription describe(const WorkflowExecution& run) override;
  std::vector<WorkflowDescription> list(const ListOptions& options) override;
  PayloadList result(const WorkflowExecution& run) override;
  std::optional<PayloadList> result_by(const WorkflowExecution& run, SteadyTime deadline);
  void complete_activity(const std::string& task_token, const ActivityOutcome& outcome) override;
  std::string history(const WorkflowExecution& run) override;
  // In shell_follow.cpp.
  HistoryPart history_after(const WorkflowExecution& run, std::int64_t last_event_id,
                            Duration at_most) override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  class Outbound;

  struct Pool {
    Pool(const std::string& task_queue, const WorkerOptions& worker_options)
        : worker(task_queue), options(worker_options) {}
    Worker worker;
    WorkerOptions options;
    std::shared_ptr<engine::WorkflowExecutor> executor;  // shared with threads that are abandoned
    std::condition_variable work;
    int waiting = 0;             // threads
    SteadyTime next_activity{};  // by the rate limit
  };
  struct EndedActivity {
    engine::ActivityHandle handle;
    ActivityOutcome outcome;
  };
  // A client's call: it has the lock, and the engine does not end under it. Throws CancelledError
  // when the engine ends already.
  class Call {
   public:
    explicit Call(Shell& shell);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Lock lock;

   private:
    Shell& shell_;
  };
  // A client that waits for the end of a run.
  struct ResultWaiter {
    std::condition_variable closed;
    bool is_closed = false;
  };
  // One that waits for events of a run.
  struct Follower {
    std::condition_variable grown;
    bool has_grown = false;
  };

  // ---- threads (shell_threads.cpp) ----
  void spawn_activity_thread(Pool& pool);
  void spawn_workflow_thread();
  // False: the engine is gone.
  bool work_on_activities(Pool& pool, engine::Post& post);
  bool work_on_workflows(engine::Post& post);
  // Runs the queue's workflow tasks while a place for workflow code is free. 0: there was none;
  // nothing: the engine is gone.
  std::optional<int> run_workflow_tasks(Pool& pool, engine::Post& post, Lock& lock);
  bool run_workflow_task(Pool& pool, const engine::WorkflowTask& task, engine::Post& post,
                         Lock& lock);
  bool run_activity(Pool& pool, const engine::ActivityHandle& handle, engine::Post& post,
                    Lock& lock, std::optional<EndedActivity>& ended);
  void delay_next_activity(Pool& pool) const;
  // Without the lock. Nothing: the engine is gone.
  std::optional<ActivityOutcome> call_activity(const ActivityImplementation& implementation,
                                               ActivityTask task,
                                               const engine::ActivityHandle& handle,
                                               engine::Post& post);
  // Waits for durability. False after a failure, which is logged, and a pause: what had changed is
  // forgotten.
  bool settle(Lock& lock);
  void pause_after(const std::exception& error, Lock& lock);
  void wake_pools();

  // ---- time (shell_time.cpp) ----
  void on_alarm();
  void arm(WallTime due);
  void arm_next();
  void report_hanging(const engine::Post& post) const;
  void after_commit();
  void wake_followers();
  void tell_to_stop(const std::vector<engine::ActivityHandle>& handles);

  void require_running() const;
  void check_served(const engine::StartRequest& request, const StartOptions& options) const;
  [[nodiscard]] WallTime now() const { return clock_.wall_now(); }

  EngineOptions options_;
  std::unique_ptr<store::Store> own_store_;
  store::Store& store_;
  engine::PayloadCoding coding_;
  engine::ClientRequests requests_;
  engine::EngineClock clock_;
  mutable std::mutex mutex_;
  engine::Service service_;
  engine::Committer committer_;
  std::map<std::string, std::unique_ptr<Pool>> pools_;
  std::vector<std::shared_ptr<engine::Post>> posts_;
  std::condition_variable workflow_work_;
  int waiting_workflow_threads_ = 0;
  int workflow_places_ = 0;              // free ones
  std::vector<std::size_t> free_slots_;  // of the store's runs in flight
  std::condition_variable run_free_;
  std::multimap<std::string, ResultWaiter*> waiters_;
  std::multimap<std::string, Follower*> followers_;
  std::map<engine::ActivityHandle, std::shared_ptr<ActivityAttempt>> attempts_;
  std::map<engine::ActivityHandle, SteadyTime> heartbeats_due_;
  WallTime armed_ = WallTime::max();
  bool started_ = false;
  bool stopping_ = false;
  int calls_ = 0;  // of clients, that are inside
  std::condition_variable no_calls_;
  int failures_ = 0;  // of the store, in a row
  std::condition_variable pause_;
  StopReport report_;
  // The last members: their threads use the others.
  std::unique_ptr<engine::Alarm> alarm_;
  std::unique_ptr<engine::control::Server> server_;
};

}  // namespace durasim::inline v0
