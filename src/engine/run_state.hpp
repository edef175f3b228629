// The pure core: one run's state and what every input does to it, as Temporal's history service
// does it (mutable_state_impl.go). No clock, thread, store or random number in it: time and ids
// come with each input; what is to be written and done is handed out as a Transition and Effects.
// Not thread-safe. After a commit that failed the object is thrown away and loaded again.
#pragma once

#include "durasim/activity/outcome.hpp"
#include "durasim/core/activation.hpp"
#include "durasim/core/command.hpp"
#include "durasim/core/history.hpp"
#include "durasim/engine/options.hpp"
#include "durasim/store/store.hpp"

#include "core/payload_blobs.hpp"
#include "engine/run_record.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0::engine {

static_assert(EngineLimits{}.max_inline_payload_bytes == codec::kMostInlinePayloadBytes);

// How a run begins: by a client, or as the successor of another run.
struct StartRun {
  std::string workflow_id;
  std::string run_id;
  std::string workflow_type;
  std::string task_queue;
  PayloadList input;
  Duration execution_timeout{};  // 0: none
  Duration run_timeout{};        // 0: none
  Duration task_timeout{};       // 0: 10 s
  Duration first_task_delay{};
  std::optional<RetryPolicy> retry;
  std::map<std::string, Payload> memo;
  std::map<std::string, Payload> search_attributes;
  std::map<std::string, Payload> headers;
  std::string identity;
  // Of a successor:
  std::int32_t attempt = 1;
  std::string first_execution_run_id;  // empty: this run
  std::string continued_execution_run_id;
  ContinueAsNewInitiator initiator{};
  proto::Boxed<proto::Failure> continued_failure;
  std::optional<WallTime> execution_deadline;
};

struct SignalRun {
  std::string name;
  PayloadList input;
  std::string identity;
  std::string request_id;
  std::optional<proto::WorkflowExecution> external;  // the workflow that sent it
};

// What is to be done once the transition is durable.
struct WorkflowTaskReady {
  bool operator==(const WorkflowTaskReady&) const = default;
};
struct ActivityReady {
  std::int64_t scheduled_event_id = 0;
  std::int32_t attempt = 1;
};
struct CancelActivity {
  std::int64_t scheduled_event_id = 0;
  std::int32_t attempt = 1;
};
struct DeliverExternal {
  proto::Boxed<ExternalRecord> external;  // rare and large, as the next one
};
struct RunClosed {};
struct StartSuccessor {
  proto::Boxed<StartRun> run;
};
using Effect = std::variant<WorkflowTaskReady, ActivityReady, CancelActivity, DeliverExternal,
                            RunClosed, StartSuccessor>;

// A workflow task handed to code: which, and the events that only it sees so far (transient
// attempts).
struct StartedWorkflowTask {
  std::int64_t started_event_id = 0;
  std::int32_t attempt = 1;
  std::vector<proto::HistoryEvent> transient_events;
};

// Stale: the task was not the current one (timed out, closed, forgotten); nothing happened.
enum class TaskResult : std::uint8_t { Stale, Completed, Failed };

// Throws InvalidArgument for text that is not UTF-8, of which no event could be made.
void require_writable(const StartRun& start, const std::optional<SignalRun>& signal);

class DURASIM_EXPORT RunState {
 public:
  // A new run with its first events; `signal` comes with it (signal-with-start).
  RunState(const StartRun& start, const EngineLimits& limits, WallTime now,
           const std::optional<SignalRun>& signal = std::nullopt);
  // From the store: rows that were verified, and the attributes of event 1, whose payloads are in
  // place. Throws FormatError, and what `blobs` throws.
  RunState(store::RunRow row, const std::vector<store::TaskRow>& tasks,
           const proto::WorkflowExecutionStartedEventAttributes& started,
           const EngineLimits& limits, const codec::BlobReader& blobs);

  // ---- inputs; each may append events, and says false when it does not fit any more ----
  void signal(const SignalRun& signal, WallTime now);
  void request_cancel(const std::string& cause, const std::string& identity,
                      const std::optional<proto::WorkflowExecution>& external,
                      std::int64_t external_event_id, WallTime now);
  void terminate(const std::string& reason, const PayloadList& details, const std::string& identity,
                 WallTime now);

  StartedWorkflowTask start_workflow_task(const std::string& identity, WallTime now);
  // `new_run_id` is used if the run goes on in another one. A completion that cannot be accepted
  // fails the task, with its cause in history.
  TaskResult complete_workflow_task(std::int64_t started_event_id,
                                    std::vector<proto::Command> commands,
                                    const std::string& identity, const std::string& new_run_id,
                                    WallTime now);
  TaskResult fail_workflow_task(std::int64_t started_event_id, const WorkflowTaskFailure& failure,
                                const std::string& identity, WallTime now);

  // Marks the attempt as started, which is durable before user code runs. False: it is not waiting.
  bool start_activity(std::int64_t scheduled_event_id, std::int32_t attempt, WallTime now,
                      const std::string& identity = {});
  // As if it had not been started. Does nothing when the attempt is not running.
  void return_activity(std::int64_t scheduled_event_id, std::int32_t attempt);
  bool close_activity(std::int64_t scheduled_event_id, std::int32_t attempt,
                      ActivityOutcome outcome, const std::string& identity, WallTime now);
  // Records the details; nothing when the attempt is not running, else whether its cancellation was
  // requested.
  std::optional<bool> heartbeat(std::int64_t scheduled_event_id, std::int32_t attempt,
                                PayloadList details, WallTime now);
  // The process in which the attempt ran is gone: the next attempt starts at once, or the activity
  // fails with type ProcessLost.
  void lose_activity(std::int64_t scheduled_event_id, WallTime now);

  void external_delivered(std::int64_t initiated_event_id, bool found, WallTime now);

  // Everything whose time has come: timers, timeouts, backoffs, run and execution timeouts.
  void fire_due(const std::string& new_run_id, WallTime now);
  // The code of the task that is started runs here and can be waited for: its timeout, which finds
  // lost workers, begins anew when it is over.
  void prolong_workflow_task(WallTime now);

  // Code of this run was being executed when the process died.
  void count_crash(WallTime now);
  void resume_parked();

  // ---- outputs ----
  [[nodiscard]] bool changed() const { return changed_; }
  // Something is to be written with this run although its state is as before: an answered request.
  void mark_changed() { changed_ = true; }
  // What must be written for everything since the last call; sealed.
  store::Transition take_transition();
  std::vector<Effect> take_effects() { return std::exchange(effects_, {}); }

  // ---- what the engine and its users look at ----
  [[nodiscard]] const store::RunRow& row() const { return row_; }
  [[nodiscard]] const StartRun& start() const { return *start_; }
  [[nodiscard]] const RunRecord& record() const { return record_; }
  [[nodiscard]] const std::map<std::int64_t, ActivityRecord>& activities() const {
    return activities_;
  }
  [[nodiscard]] const std::map<std::int64_t, TimerRecord>& timers() const { return timers_; }
  [[nodiscard]] const std::map<std::int64_t, ExternalRecord>& externals() const {
    return externals_;
  }
  [[nodiscard]] bool has_timer(const std::string& timer_id) const {
    return timer_ids_.contains(timer_id);
  }
  [[nodiscard]] bool has_buffered_outcome(std::int64_t scheduled_event_id) const;
  [[nodiscard]] bool open() const { return row_.status == store::RunStatus::Running; }
  [[nodiscard]] bool workflow_task_ready() const;
  // Events from `first_event_id` on, if they are still in memory.
  [[nodiscard]] std::optional<std::span<const proto::HistoryEvent>> recent_events(
      std::int64_t first_event_id) const;
  void forget_events_before(std::int64_t event_id);
  [[nodiscard]] std::optional<WallTime> next_due() const;
  // Announces again what is ready or was under way when the state was loaded.
  void announce();

 private:
  using Task = std::pair<store::TaskKind, std::int64_t>;  // a TaskKey of this run

  // run_events.cpp: writing events
  std::int64_t append(proto::HistoryEvent&& event, WallTime now);
  void add(proto::HistoryEvent&& event, WallTime now);  // buffers while a workflow task is started
  bool flush_buffered(WallTime now);
  // The started event of the timer whose firing it took back, or 0.
  std::int64_t cancel_buffered_timer(const std::string& timer_id);
  void close(store::RunStatus status, proto::HistoryEvent&& event, WallTime now);
  [[nodiscard]] std::string encode_task(const Task& task);
  void put(store::TaskKind kind, std::int64_t event_id);
  void remove(store::TaskKind kind, std::int64_t event_id);

  // run_workflow_task.cpp
  void schedule_workflow_task(WallTime now);
  void want_workflow_task(WallTime now);
  void end_failed_attempt(WallTime now);
  void abandon_workflow_task(WallTime now);
  void end_task_if_buffer_full(WallTime now);
  [[nodiscard]] std::vector<proto::HistoryEvent> transient_events(
      const std::string& identity) const;
  bool time_out_workflow_task(WallTime now);
  [[nodiscard]] bool workflow_task_over(WallTime now) const;
  [[nodiscard]] Duration workflow_task_timeout() const;

  // run_commands.cpp
  [[nodiscard]] std::optional<WorkflowTaskFailure> refuse(
      const std::vector<proto::Command>& commands) const;
  // Moves what it needs out of the command, as the functions below do.
  void handle(proto::Command& command, const std::string& new_run_id,
              std::int64_t completed_event_id, bool& wants_task, WallTime now);
  void schedule_activity(proto::ScheduleActivityTaskCommandAttributes& command,
                         proto::Boxed<proto::UserMetadata>& metadata, std::int64_t completed,
                         WallTime now);
  bool cancel_activity(std::int64_t scheduled_event_id, std::int64_t completed, WallTime now);
  void start_timer(const proto::StartTimerCommandAttributes& command,
                   const proto::Boxed<proto::UserMetadata>& metadata, std::int64_t completed,
                   WallTime now);
  void cancel_timer(const std::string& timer_id, std::int64_t completed, WallTime now);
  void signal_external(const proto::SignalExternalWorkflowExecutionCommandAttributes& command,
                       std::int64_t completed, WallTime now);
  void cancel_external(
      const proto::RequestCancelExternalWorkflowExecutionCommandAttributes& command,
      std::int64_t completed, WallTime now);
  void send(ExternalRecord external);
  void fail_run(const proto::FailWorkflowExecutionCommandAttributes& command,
                const std::string& new_run_id, std::int64_t completed, WallTime now);
  void continue_as_new(const proto::ContinueAsNewWorkflowExecutionCommandAttributes& command,
                       const std::string& new_run_id, std::int64_t completed, WallTime now);

  // run_activities.cpp
  ActivityRecord* running(std::int64_t scheduled_event_id, std::int32_t attempt);
  // Starts the next attempt after `failure`, or says why not.
  RetryState retry_activity(ActivityRecord& activity, const proto::Failure& failure, bool at_once,
                            WallTime now);
  void fail_activity(ActivityRecord& activity, const proto::Failure& failure,
                     const std::string& identity, RetryState state, WallTime now);
  void write_activity_started(const ActivityRecord& activity, WallTime now);
  [[nodiscard]] std::int64_t last_started_event() const;
  void cancel_running(ActivityRecord& activity, const PayloadList& details,
                      const std::string& identity, WallTime now);
  void erase_activity(std::int64_t scheduled_event_id);
  // Keeps activity_due_ as the activity is now; to be called after every change of it.
  void index_due(ActivityRecord& activity);
  void time_out_activity(std::int64_t scheduled_event_id, TimeoutType type, WallTime now);

  // run_due.cpp
  void fire_timers(WallTime now);
  void fire_activities(WallTime now);
  void fire_first_task(WallTime now);
  void end_task_backoff(WallTime now);
  void time_out_run(const std::string& new_run_id, WallTime now);
  std::optional<StartRun> successor_after(const proto::Failure& failure, RetryState& state,
                                          const std::string& new_run_id, WallTime now) const;

  EngineLimits limits_;
  store::RunRow row_;
  RunRecord record_;
  std::map<std::int64_t, ActivityRecord> activities_;  // by scheduled event
  std::map<std::int64_t, TimerRecord> timers_;         // by started event
  std::map<std::int64_t, ExternalRecord> externals_;   // by initiated event
  std::set<std::pair<WallTime, std::int64_t>> timer_due_;
  std::set<std::pair<WallTime, std::int64_t>> activity_due_;  // timeouts and ends of backoffs
  std::map<std::string, std::int64_t> timer_ids_;
  proto::Boxed<StartRun> start_;  // what a successor takes over

  bool changed_ = false;
  std::int64_t stored_version_ = 0;
  std::vector<proto::HistoryEvent> recent_;
  store::HistoryBatch batch_;  // events since the last transition
  // Large payloads, which are in place here and taken out of what is stored. Those that the store
  // had before it was loaded are put once more: it knows them.
  codec::PayloadBlobs blobs_{limits_.max_inline_payload_bytes};
  std::set<Task> put_;
  std::set<Task> stored_;   // what the store has, without
  std::set<Task> removed_;  // what it has too, but is to delete
  std::vector<Effect> effects_;
};

}  // namespace durasim::inline v0::engine
