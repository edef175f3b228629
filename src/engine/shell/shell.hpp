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
#include "engine/shell/engine_metrics.hpp"
#include "engine/shell/post.hpp"
#include "engine/workflow_executor.hpp"

#include <condition_variable>
#include <deque>
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

  // When the store is asked again for what it could not give.
  static constexpr std::chrono::seconds kNextTry{1};

  using Pool = engine::Pool;
  // An outcome, kept until it is durable.
  struct EndedActivity {
    engine::ActivityHandle handle;
    ActivityOutcome outcome;
    std::uint64_t group = 0;  // of its commit
  };
  // A client's call: it has the lock, and the engine does not end under it. Throws CancelledError
  // when the engine ends already.
  class Call {
   public:
    // `operation` as Temporal's service names it; `waits`: for the end of a run.
    Call(Shell& shell, std::string_view operation, bool waits = false);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Lock lock;

   private:
    Shell& shell_;
    std::string_view operation_;
    bool waits_;
    SteadyTime begin_;
    int exceptions_;
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
  template <class Work>
  void spawn(const Work& work);
  void spawn_activity_thread(Pool& pool);
  void spawn_workflow_thread();
  // False: the engine is gone.
  bool work_on_activities(Pool& pool, engine::Post& post);
  // The same for a pool of low priority: its threads run activities and nothing else.
  bool work_at_low_priority(Pool& pool, engine::Post& post);
  bool work_on_workflows(engine::Post& post);
  static void wait_for_activities(Pool& pool, Lock& lock);
  void lead(Lock& lock, Pool* pool);
  // Runs the queue's workflow tasks while a place for workflow code is free. 0: there was none;
  // nothing: the engine is gone.
  std::optional<int> run_workflow_tasks(Pool& pool, engine::Post& post, Lock& lock);
  bool run_workflow_task(Pool& pool, const engine::WorkflowTask& task, engine::Post& post,
                         Lock& lock);
  void measure(const Pool& pool, const engine::WorkflowTask& task, const engine::TaskAnswer& answer,
               bool was_cached, Duration execution);
  // Waits for durability. False after a failure, which is logged, and a pause: what had changed is
  // forgotten.
  bool settle(Lock& lock);
  void pause_after(const std::exception& error, Lock& lock);
  // Takes activities for free places and wakes whom that concerns. True: somebody is about to run
  // workflow tasks.
  bool dispatch();
  bool wake_threads();
  // The same on a thread of the pool.
  void wake_threads_from(const Pool& pool);
  void wake(Pool& pool);
  bool wake_workflow_thread();

  // ---- activities (shell_activities.cpp) ----
  void take_activities(Pool& pool);
  void delay_next_activity(Pool& pool) const;
  void end_starts(bool written);
  // False while a run of theirs can't be read.
  bool settle_doubtful(Pool& pool);
  void give_back_activities();
  // Writes outcomes into their runs; again, when a group that held them has failed. One whose run
  // can't be read now holds up no other.
  void apply_ended();
  void apply_delayed();
  [[nodiscard]] bool next_is_brief(const Pool& pool);
  // The first that is ready. False: the engine is gone.
  bool run_activity(Pool& pool, engine::Post& post, Lock& lock);
  // Gives up the lock for user code. Nothing: the engine is gone, and the lock not taken.
  std::optional<ActivityOutcome> call_activity(const ActivityImplementation& implementation,
                                               ActivityTask task,
                                               const engine::ActivityHandle& handle,
                                               engine::Post& post, Lock& lock);
  void guard_brief(engine::Post& post, Pool& pool);
  void end_brief(engine::Post& post);
  void measure(const Pool& pool, const ActivityInfo& info, const ActivityOutcome& outcome,
               Duration execution) const;
  void check_brief();
  // What speaks against an attempt that runs, durable or not.
  [[nodiscard]] std::optional<ActivityCancelReason> reason_to_stop(
      const engine::ActivityHandle& handle);

  // ---- time (shell_time.cpp) ----
  void on_alarm();
  void fire_due(Lock& lock);
  void read_later();
  void take_spaced(Lock& lock);
  void arm(WallTime due);
  void arm_runs(WallTime due);
  void arm_next();
  void report_hanging(const engine::Post& post) const;
  void after_commit(bool written);
  void end_runs();
  void measure_end(const std::string& run_id);
  void wake_followers();
  void tell_to_stop(const std::vector<engine::ActivityHandle>& handles);

  void require_running() const;
  void settle_call(Call& call);
  // Waits until all that the run has become in memory is durable.
  void settle_run(Lock& lock, const std::string& run_id);
  void check_served(const engine::StartRequest& request, const StartOptions& options) const;
  [[nodiscard]] WallTime now() const { return clock_.wall_now(); }
  // For ever is a duration, too.
  static SteadyTime later(SteadyTime from, std::chrono::nanoseconds by) {
    return by > SteadyTime::max() - from ? SteadyTime::max() : from + by;
  }
  // When the code of a workflow task that began then is taken to hang.
  [[nodiscard]] SteadyTime hangs_from(SteadyTime begin) const {
    return options_.deadlock_timeout > Duration::zero() ? later(begin, options_.deadlock_timeout)
                                                        : SteadyTime::max();
  }
  void arm_deadlock(SteadyTime begin);

  EngineOptions options_;
  std::unique_ptr<store::Store> own_store_;
  store::Store& store_;
  engine::PayloadCoding coding_;
  engine::ClientRequests requests_;
  engine::EngineClock clock_;
  mutable std::mutex mutex_;
  engine::Service service_;
  engine::Committer committer_;
  engine::EngineMetrics metrics_;
  std::map<std::string, std::unique_ptr<Pool>> pools_;
  std::vector<std::shared_ptr<engine::Post>> posts_;
  std::deque<EndedActivity> unapplied_;  // to be written into their runs
  std::vector<EndedActivity> delayed_;   // the same, but not now: their runs could not be read
  std::vector<EndedActivity> ended_;     // written, and perhaps not durable yet
  bool worker_leads_ = false;            // the group that is being written
  Pool* leading_pool_ = nullptr;         // whose thread does
  bool guarded_ = false;                 // the alarm looks at brief activities
  std::condition_variable workflow_work_;
  int waiting_workflow_threads_ = 0;
  bool waking_workflow_thread_ = false;
  int workflow_places_ = 0;              // free ones
  std::vector<std::size_t> free_slots_;  // of the store's runs in flight
  std::condition_variable run_free_;
  std::multimap<std::string, std::shared_ptr<ResultWaiter>> waiters_;
  std::multimap<std::string, std::shared_ptr<Follower>> followers_;
  std::map<engine::ActivityHandle, std::shared_ptr<ActivityAttempt>> attempts_;
  std::map<engine::ActivityHandle, SteadyTime> heartbeats_due_;
  WallTime armed_ = WallTime::max();
  WallTime runs_due_ = WallTime::max();
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
