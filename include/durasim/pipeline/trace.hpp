// Traces: what the run of a simulation, a sweep or a script did, in tables that people and other
// programs query, in SQLite or PostgreSQL (docs/traces.md). A trace follows from the run's history
// and never changes the run: one that cannot be written is missing, and the result says so.
//   const auto traces = pipeline::open_sqlite_traces("sim.db.traces");
//   pipeline::implement_simulation(worker, {.artifacts = &artifacts, .work_folder = "sim.work",
//                                           .traces = traces.get(), .history =
//                                           &engine.frontend()});
//   ...
//   for (const pipeline::TraceRun& run : traces->runs("simulation-", 10)) ...
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/describe.hpp"
#include "durasim/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::pipeline {

// The members of these structs are the columns of the tables. Instants are kept to the millisecond.

// ContinuedAsNew: a sweep of many scenes goes on in another run.
enum class TraceStatus {
  Running,
  Completed,
  Failed,
  Canceled,
  Terminated,
  TimedOut,
  ContinuedAsNew
};
BOOST_DESCRIBE_ENUM(TraceStatus, Running, Completed, Failed, Canceled, Terminated, TimedOut,
                    ContinuedAsNew)
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(TraceStatus status);

struct TraceRun {
  std::string run_id;  // the key; of a run_simulation its workflow's, "-" and the activity's id
  std::string workflow_id;
  std::string workflow_type;
  std::string name;  // of the input, or a script's command
  TraceStatus status = TraceStatus::Running;
  std::string outcome;           // "SUCCESS", "FAIL"; empty: no verdict yet
  std::string code;              // the verdict's: "GOAL_REACHED", ...
  std::string reason;            // its detail, or why the run failed or was cancelled
  std::string input_sha256;      // empty: nothing was imported yet
  std::string final_state_hash;  // empty: not stepped to the end
  WallTime started_at{};
  std::optional<WallTime> ended_at;
  // The event of the run's history up to which the trace tells it, or of a run_simulation a count:
  // of two, the higher one is later.
  std::int64_t revision = 0;
  bool operator==(const TraceRun&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceRun, (),
                      (run_id, workflow_id, workflow_type, name, status, outcome, code, reason,
                       input_sha256, final_state_hash, started_at, ended_at, revision))

// Canceled: also one that was asked to stop and for which nobody waited.
enum class TraceStepStatus { Open, Completed, Failed, TimedOut, Canceled };
BOOST_DESCRIBE_ENUM(TraceStepStatus, Open, Completed, Failed, TimedOut, Canceled)
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(TraceStepStatus status);

// An activity of the run.
struct TraceStep {
  std::int64_t event_id = 0;  // the key in its run: of the event that scheduled it
  std::string name;           // the activity's type
  TraceStepStatus status = TraceStepStatus::Open;
  int attempts = 0;  // 0: none that history knows of
  WallTime scheduled_at{};
  std::optional<WallTime> started_at;  // the last attempt
  std::optional<WallTime> ended_at;
  std::string detail;  // why it failed, or else why the attempt before the last one did
  bool operator==(const TraceStep&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceStep, (),
                      (event_id, name, status, attempts, scheduled_at, started_at, ended_at,
                       detail))

// A content of the artifact store.
struct TraceAsset {
  std::string role;  // the key in its run: "mjcf", "trajectory", "video", ...
  std::string name;  // e.g. "video.mp4"
  std::string sha256;
  std::uint64_t size = 0;  // bytes
  std::string url;
  bool operator==(const TraceAsset&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceAsset, (), (role, name, sha256, size, url))

// What came from outside or went wrong: signals, cancellation, workflow tasks that failed.
struct TraceEvent {
  std::int64_t event_id = 0;  // the key in its run: in history
  WallTime at{};
  std::string type;  // Temporal's: "WorkflowExecutionSignaled", ...
  std::string detail;
  bool operator==(const TraceEvent&) const = default;
};
BOOST_DESCRIBE_STRUCT(TraceEvent, (), (event_id, at, type, detail))

struct Trace {
  TraceRun run;
  std::vector<TraceStep> steps;    // by event
  std::vector<TraceAsset> assets;  // by role
  std::vector<TraceEvent> events;  // by event
  std::map<std::string, double> metrics;
  bool operator==(const Trace&) const = default;
};
BOOST_DESCRIBE_STRUCT(Trace, (), (run, steps, assets, events, metrics))

// Where traces are kept. Thread-safe, also between processes. All calls throw UnavailableError when
// the database cannot be reached now, InvalidArgument or FormatError when it is not one of traces
// or a newer durasim's, IoError for other refusals. A failed call has changed nothing, or all that
// it was to change: it may be repeated.
class DURASIM_EXPORT TraceStore {
 public:
  virtual ~TraceStore();
  // Writes the whole trace in one transaction, durable when it returns. Rows are found by their
  // keys: the same trace twice is there once. One that is not later than what is kept of its run
  // changes nothing.
  virtual void update(const Trace& trace) = 0;
  // The trace of that run, of one moment; nothing when there is none.
  [[nodiscard]] virtual std::optional<Trace> find(const std::string& run_id) = 0;
  // The runs whose workflow ids begin so, the last started first.
  [[nodiscard]] virtual std::vector<TraceRun> runs(const std::string& workflow_id_prefix,
                                                   std::size_t limit) = 0;
  // The runs that are Running by their traces, the last started first.
  [[nodiscard]] virtual std::vector<TraceRun> running(std::size_t limit) = 0;
};

// Traces in an SQLite database of their own (0600), which the first call makes if it is not there.
// Throws nothing of the database; its folder must be on a local file system.
[[nodiscard]] DURASIM_EXPORT std::unique_ptr<TraceStore> open_sqlite_traces(std::string path);

}  // namespace durasim::inline v0::pipeline
