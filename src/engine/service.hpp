// All runs of a store, as Temporal's frontend, history and matching services in one object, without
// a thread or a clock: calls change states in memory, commit() makes everything since the last one
// durable in one group, and only then calls may be acknowledged, activities may run and stop
// requests go out. Not thread-safe. When a commit fails, what it held is forgotten and read again.
#pragma once

#include "durasim/activity/attempt.hpp"
#include "durasim/core/codec.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/payload_limits.hpp"
#include "durasim/engine/errors.hpp"
#include "durasim/engine/options.hpp"
#include "durasim/store/store.hpp"

#include "engine/recency_map.hpp"
#include "engine/run_state.hpp"

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::engine {

struct StartRequest {
  StartRun run;  // run_id empty: chosen here
  std::string request_id;
  IdReusePolicy reuse = IdReusePolicy::AllowDuplicate;
  IdConflictPolicy conflict = IdConflictPolicy::Fail;
};
struct StartAnswer {
  std::string run_id;
  bool started = true;  // false: the run was there
};

// A workflow task in the hands of a worker. The token tells apart what would look alike after a
// failed commit.
struct WorkflowTask {
  std::string run_id;
  std::string workflow_type;
  std::uint64_t token = 0;
  StartedWorkflowTask started;
};

struct QueueDepth {
  std::size_t workflow_tasks = 0;
  std::size_t activities = 0;
};

// An attempt of an activity in the hands of a worker.
struct ActivityHandle {
  std::string run_id;
  std::int64_t scheduled_event_id = 0;
  std::int32_t attempt = 1;
  auto operator<=>(const ActivityHandle&) const = default;
};

struct ServiceOptions {
  EngineLimits limits;
  std::string identity = "durasim";
  Logger logger;
  // By which inputs of repeated starts are compared; everything else stays encoded here. Borrowed.
  const PayloadCodec* codec = nullptr;
  std::size_t cached_runs = 1000;
};

// The task token by which an attempt is completed from elsewhere. Throws InvalidArgument for
// anything else.
[[nodiscard]] DURASIM_EXPORT std::string to_token(const ActivityHandle& handle);
[[nodiscard]] DURASIM_EXPORT ActivityHandle handle_of(std::string_view token);

class DURASIM_EXPORT Service {
 public:
  // Both are borrowed.
  Service(store::Store& store, RandomSource& random, ServiceOptions options = {});

  // ---- recovery (service_recovery.cpp) ----
  // Takes over from a process that died: counts crashes, ends lost attempts, announces what is
  // ready. Commits. What it throws leaves nothing of it behind, and it may be called again.
  void recover(WallTime now);
  // The types of the runs that were open at recover() for which `is_wanted(task queue, type)`
  // holds, each once.
  [[nodiscard]] std::vector<std::string> open_types(
      const std::function<bool(const std::string&, const std::string&)>& is_wanted) const;

  // ---- calls of clients (service_calls.cpp) ----
  StartAnswer start(const StartRequest& request, WallTime now);
  // The run of that id, open or closed, else a new one. Throws InvalidArgument when that run was
  // started otherwise.
  StartAnswer start_or_attach(const StartRequest& request, WallTime now);
  StartAnswer signal_with_start(const StartRequest& request, const SignalRun& signal, WallTime now);
  // An empty run id means the current run. Throw WorkflowNotFound when there is none that is open.
  void signal(const std::string& workflow_id, const std::string& run_id, const SignalRun& signal,
              WallTime now);
  void request_cancel(const std::string& workflow_id, const std::string& run_id,
                      const std::string& reason, const std::string& request_id, WallTime now);
  void terminate(const std::string& workflow_id, const std::string& run_id,
                 const std::string& reason, const PayloadList& details, WallTime now);
  void resume_parked(const std::string& workflow_id, const std::string& run_id, WallTime now);
  [[nodiscard]] WorkflowDescription describe(const std::string& workflow_id,
                                             const std::string& run_id);
  [[nodiscard]] std::vector<WorkflowDescription> list(const ListOptions& options) const;
  // The run that the id means now; throws WorkflowNotFound.
  [[nodiscard]] std::string resolve(const std::string& workflow_id,
                                    const std::string& run_id) const;
  [[nodiscard]] std::vector<proto::HistoryEvent> history(const std::string& run_id);
  // Those after that event.
  [[nodiscard]] std::vector<proto::HistoryEvent> history_after(const std::string& run_id,
                                                               std::int64_t last_event_id);
  // Of a run that has begun.
  [[nodiscard]] proto::HistoryEvent last_event(const std::string& run_id);

  // ---- tasks (service_tasks.cpp) ----
  // The next task of the queue, if any. Its code may run before the commit: nothing of it leaves
  // the process before.
  std::optional<WorkflowTask> next_workflow_task(const std::string& task_queue, WallTime now);
  // Its code could not be run now: whoever asks next gets the task.
  void return_workflow_task(const WorkflowTask& task);
  // While a run is held, because its code is busy, it gets no workflow task.
  void hold(const std::string& run_id) { held_.insert(run_id); }
  void release(const std::string& run_id);
  [[nodiscard]] bool held(const std::string& run_id) const { return held_.contains(run_id); }
  // Events of the run after `last_event_id`, ending with the task's start.
  [[nodiscard]] std::vector<proto::HistoryEvent> events_for(const WorkflowTask& task,
                                                            std::int64_t last_event_id);
  TaskResult complete_workflow_task(const WorkflowTask& task, std::vector<proto::Command> commands,
                                    WallTime now);
  TaskResult fail_workflow_task(const WorkflowTask& task, const WorkflowTaskFailure& failure,
                                WallTime now);

  // Marks the next attempt as started; its code may run only after the next commit.
  std::optional<ActivityHandle> next_activity(const std::string& task_queue, WallTime now);
  // Takes the start back, for an attempt whose code has not begun.
  void return_activity(const ActivityHandle& handle, WallTime now);
  [[nodiscard]] ActivityTask activity_task(const ActivityHandle& handle);
  bool close_activity(const ActivityHandle& handle, ActivityOutcome outcome, WallTime now);
  HeartbeatReply heartbeat(const ActivityHandle& handle, const PayloadList& details, WallTime now);

  // How much may be waiting in a queue; entries are hints.
  [[nodiscard]] QueueDepth depth(const std::string& task_queue) const;

  // Wakes every run whose time has come; true if there was one. Reads runs that could not be read
  // before.
  bool fire_due(WallTime now);
  [[nodiscard]] std::optional<WallTime> next_due() const;
  // Whether there are any that could not be read: call fire_due again in a while.
  [[nodiscard]] bool unread() const { return !unread_.empty(); }

  // ---- durability (service_commit.cpp) ----
  [[nodiscard]] bool dirty() const { return !next_.runs.empty(); }
  // Whether the store has all that the run has become.
  [[nodiscard]] bool is_durable(const std::string& run_id) const;
  // `now` is kept with it, so that a process that follows this one never begins at an earlier time.
  // Throws StoreRejected or StoreUnknown, after having forgotten what was not written.
  void commit(WallTime now);
  // The same in two halves, between which the caller writes the group (and calls may change what
  // the next group will hold): exactly one of finish_commit and abort_commit follows begin_commit,
  // the latter also when that throws. abort_commit forgets what has changed meanwhile, too; runs
  // that the store does not give back are read when fire_due is called next. It does not throw.
  [[nodiscard]] std::vector<store::Transition> begin_commit(WallTime now);
  void finish_commit();
  void abort_commit();
  // The attempt is among those to be told to stop when what its run has become is durable.
  void cancel_again(const ActivityHandle& handle);
  // What the last commits have allowed: attempts to be told to stop, runs that have closed.
  std::vector<ActivityHandle> take_cancellations() { return std::exchange(cancellations_, {}); }
  std::vector<std::string> take_closed() { return std::exchange(closed_, {}); }
  // The runs that the last group has changed; none when it failed.
  [[nodiscard]] const std::vector<std::string>& committed() const { return committed_; }
  // Runs whose cached code no longer fits.
  std::vector<std::string> take_evictions() { return std::exchange(evictions_, {}); }

  // The state of a run, read in if need be; null when there is none. Quarantined runs throw
  // StoreDamaged.
  RunState* find(const std::string& run_id);
  // The same without reading it in.
  [[nodiscard]] const RunState* cached(const std::string& run_id) const {
    const Run* run = runs_.find(run_id);
    return run == nullptr ? nullptr : &run->state;
  }
  void evict(const std::string& run_id);

 private:
  struct Run {
    RunState state;
    std::uint64_t token = 0;  // of the workflow task in a worker's hands; 0: none
    std::int64_t given = 0;   // the last event that a worker has got
    bool changed = false;     // since the last begin_commit
    bool flying = false;      // in the group that is being written
    explicit Run(RunState&& s) : state(std::move(s)) {}
  };
  struct ReadyActivity {
    std::string run_id;
    std::int64_t scheduled_event_id = 0;
    std::int32_t attempt = 1;
  };

  Run& load(const std::string& run_id);
  [[nodiscard]] RunState read(store::RunRow row) const;
  Run* open_run(const std::string& run_id);
  Run* open_announced(const std::string& run_id);
  RunState& require_open(const std::string& workflow_id, const std::string& run_id);
  [[nodiscard]] std::optional<std::string> current_run(const std::string& workflow_id) const;
  RunState& create(const StartRun& start, const std::optional<SignalRun>& signal, WallTime now);
  std::optional<StartAnswer> answered(const StartRequest& request,
                                      const store::Digest& fingerprint);
  // Whether both say the same, whatever their encoding.
  [[nodiscard]] bool same_start(const StartRun& a, const StartRun& b) const;
  std::optional<StartAnswer> resolve_conflict(const StartRequest& request, WallTime now);
  [[nodiscard]] std::optional<store::RequestRow> find_request(const std::string& scope,
                                                              const std::string& id) const;
  void remember(const std::string& scope, const std::string& request_id, const std::string& run_id,
                const store::Digest& fingerprint);
  void check(const StartRequest& request,
             const std::optional<SignalRun>& signal = std::nullopt) const;
  [[nodiscard]] PayloadLimits payload_limits() const {
    return {.max_payload_bytes = options_.limits.max_payload_bytes};
  }
  // Throws LimitError.
  void check_size(const PayloadList& payloads, const ActivityHandle& handle,
                  std::string_view what) const;
  void changed(RunState& state, WallTime now);
  void apply(const Effect& effect, const std::string& run_id, WallTime now);
  void deliver(const ExternalRecord& external, const std::string& from_run_id, WallTime now);
  void quarantine(const std::string& run_id, const StoreDamaged& damage);
  void count_crash(const std::string& run_id, WallTime now);
  void recover_open_runs(WallTime now);
  void recover(const store::RunRow& row, WallTime now);
  [[nodiscard]] std::vector<proto::HistoryEvent> stored_events(const std::string& run_id,
                                                               std::int64_t from_event_id);
  static void forget_events(Run& run);
  void read_again(std::vector<std::string> run_ids);
  void shrink_cache();
  [[nodiscard]] std::string new_id() { return make_uuid(random_); }

  store::Store& store_;
  RandomSource& random_;
  ServiceOptions options_;
  RecencyMap<Run> runs_;
  std::map<std::string, std::deque<std::string>> workflow_queue_;
  std::map<std::string, std::deque<ReadyActivity>> activity_queue_;
  // What a group holds beside the runs' own changes, and what its commit allows.
  struct Group {
    std::vector<std::string> runs;               // in the order in which they changed
    std::map<std::string, std::string> current;  // workflow id -> run id
    struct Request {
      std::string writer;  // the run whose transition takes it along
      store::RequestRow row;
    };
    std::map<std::pair<std::string, std::string>, Request> requests;  // by scope and request id
    std::vector<ActivityHandle> cancellations;
    std::vector<std::string> closed;
  };
  Group next_;    // changed since the last begin_commit
  Group flying_;  // being written
  std::vector<ActivityHandle> cancellations_;
  std::vector<std::string> closed_;
  std::vector<std::string> committed_;
  std::vector<std::string> evictions_;
  std::vector<std::string> unread_;  // forgotten runs that the store did not give back yet
  std::exception_ptr broken_;        // what has left next_ with half of something
  std::set<std::pair<std::string, std::string>> recovered_types_;  // task queue and type
  std::set<std::string, std::less<>> quarantined_;
  std::set<std::string, std::less<>> held_;
  std::uint64_t next_token_ = 1;
};

}  // namespace durasim::inline v0::engine
