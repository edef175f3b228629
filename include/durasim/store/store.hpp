// Where runs live: the interface between the engine and a store, in rows of bytes. The engine
// decides everything, seals every row with checksums (store/integrity.hpp) and verifies what it
// reads; a store only keeps rows, atomically and durably.
// include/durasim/testing/store_conformance.hpp is the contract as an executable suite.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {

// A write was refused and provably nothing of it was applied: no space, a stale version, read-only
// mode.
class DURASIM_EXPORT StoreRejected : public Error {
 public:
  using Error::Error;
  ~StoreRejected() override;
};

// Nobody can say whether a write was applied: a failed sync, a lost connection. Retry by request
// id.
class DURASIM_EXPORT StoreUnknown : public Error {
 public:
  using Error::Error;
  ~StoreUnknown() override;
};

// A row does not carry the checksum that it was written with. The run is quarantined, others go on.
class DURASIM_EXPORT StoreDamaged : public Error {
 public:
  using Error::Error;
  ~StoreDamaged() override;
};

namespace store {

// Persistent; never renumber. The numbers are temporal.api.enums.v1.WorkflowExecutionStatus's.
enum class RunStatus : std::int32_t {
  Unspecified = 0,
  Running = 1,
  Completed = 2,
  Failed = 3,
  Canceled = 4,
  Terminated = 5,
  ContinuedAsNew = 6,
  TimedOut = 7,
};

// What an acknowledged commit survives.
enum class Durability {
  PowerLoss,     // each commit is synced before it is acknowledged (synchronous=FULL)
  ProcessCrash,  // the death of the process loses nothing; a power loss may lose the last commits,
                 // all or nothing of each, and the next open reports it (synchronous=NORMAL)
};

using Digest = std::array<std::byte, 32>;

// One run. `state` is the engine's; the other members are what stores look up, sort and filter by.
struct RunRow {
  std::string run_id;  // unique in the store
  std::string workflow_id;
  std::string workflow_type;
  std::string task_queue;
  RunStatus status{};
  std::int64_t version = 0;        // raised by one with every transition of the run
  std::int64_t next_event_id = 1;  // of the history
  std::int64_t history_bytes = 0;
  WallTime start_time{};
  WallTime close_time{};        // epoch while the run is open
  std::optional<WallTime> due;  // the next instant at which the run wants to be woken, if any
  Digest chain{};               // hash chain over the history so far
  std::string state;            // engine's record, encoded
  std::uint32_t checksum = 0;   // CRC32C over all members above
  bool operator==(const RunRow&) const = default;
};
[[nodiscard]] inline bool is_open(const RunRow& run) {
  return run.status == RunStatus::Running;
}

// Something open in a run that outlives the process. Persistent kinds; never renumber.
enum class TaskKind : std::int32_t {
  Activity = 1,
  Timer = 2,
  SignalExternal = 3,
  CancelExternal = 4
};

struct TaskKey {
  std::string run_id;
  TaskKind kind{};
  std::int64_t event_id = 0;  // of the event that opened it
  auto operator<=>(const TaskKey&) const = default;
};

struct TaskRow {
  TaskKey key;
  std::string state;
  std::uint32_t checksum = 0;  // CRC32C over key and state
  bool operator==(const TaskRow&) const = default;
};

// Consecutive events of one run, written in one transition. `events` is a serialized
// temporal.api.history.v1.History.
struct HistoryBatch {
  std::string run_id;
  std::int64_t first_event_id = 0;
  std::int64_t last_event_id = 0;
  std::string events;
  std::vector<std::uint32_t> event_checksums;  // CRC32C of each event's bytes
  Digest chain{};  // of the run's history up to and including this batch
  bool operator==(const HistoryBatch&) const = default;
};

// A call that has been answered: the same request id gets the same answer, and another input an
// error.
struct RequestRow {
  std::string scope;  // a workflow id (starts) or a run id (signals, cancels)
  std::string request_id;
  std::string run_id;          // the answer
  Digest fingerprint{};        // of the request's input
  std::uint32_t checksum = 0;  // CRC32C over all members above
  bool operator==(const RequestRow&) const = default;
};

// A content that rows refer to by its hash, kept once however many runs use it. The hash is its
// checksum: store/integrity.hpp compares them when it is read; a store takes both as they come.
struct BlobRow {
  Digest hash{};  // SHA-256 of the bytes
  std::string bytes;
  bool operator==(const BlobRow&) const = default;
};

// Everything that one decision changes in one run. Present completely or not at all. What a
// transition may change, given the row before it, is stated and checked by store/rules.hpp.
struct Transition {
  RunRow run;                         // replaces the run's row
  std::int64_t expected_version = 0;  // of the row in the store; 0: there is none
  bool make_current = false;          // the workflow id's current run is this one from now on
  std::vector<HistoryBatch> batches;
  std::vector<TaskRow> put_tasks;     // inserted or replaced
  std::vector<TaskKey> delete_tasks;  // before the puts; deleting what is not there is an error
  std::vector<RequestRow> requests;   // inserted; an existing key is an error
  // Used by the run from now on until it is removed. A hash that the store has is used as it is; if
  // its bytes are others than these, they were damaged and these take their place.
  std::vector<BlobRow> blobs;
  WallTime note_time{};  // engine time of the decision, for Store::last_time
};

struct RunFilter {
  std::optional<RunStatus> status;
  std::string workflow_id;    // empty: any
  std::string workflow_type;  // empty: any
  std::size_t limit = 1000;
  std::string after_run_id;  // page: the last run of the page before; it must still be there
};

// Thread-safety: one caller at a time for everything that writes; reads may come from other threads
// between writes. Every member throws StoreDamaged for rows it knows to be damaged, and IoError
// when reading fails.
class DURASIM_EXPORT Store {
 public:
  virtual ~Store();

  // Writes all transitions or none, in one durable commit (group commit). Transitions of one run
  // follow each other by version. Returns only when they survive what the store promises to
  // survive. Throws StoreRejected (also for a version, task or request that does not fit:
  // store/rules.hpp) or StoreUnknown.
  virtual void commit(std::span<const Transition> transitions) = 0;

  [[nodiscard]] virtual std::optional<RunRow> run(std::string_view run_id) const = 0;
  // The run that holds the workflow id now: the open one, else the last closed one. When that one
  // is removed, the one that started last of those that are left (ties: the greater run id).
  [[nodiscard]] virtual std::optional<RunRow> current_run(std::string_view workflow_id) const = 0;
  // All open tasks of a run, by kind and event id.
  [[nodiscard]] virtual std::vector<TaskRow> tasks(std::string_view run_id) const = 0;
  // Batches whose last event is at or after `from_event_id`, in order.
  [[nodiscard]] virtual std::vector<HistoryBatch> history(std::string_view run_id,
                                                          std::int64_t from_event_id = 1) const = 0;
  [[nodiscard]] virtual std::optional<RequestRow> request(std::string_view scope,
                                                          std::string_view request_id) const = 0;
  // The bytes that are kept under a hash; nothing when no run uses any. Not compared with it.
  [[nodiscard]] virtual std::optional<std::string> blob(const Digest& hash) const = 0;
  // Runs that match, by start time and run id. Throws InvalidArgument when `after_run_id` is
  // unknown.
  [[nodiscard]] virtual std::vector<RunRow> runs(const RunFilter& filter) const = 0;
  // Ids of open runs due at or before `until`, earliest first (ties: by run id).
  [[nodiscard]] virtual std::vector<std::string> due_runs(WallTime until,
                                                          std::size_t limit) const = 0;
  // The earliest due instant of all open runs.
  [[nodiscard]] virtual std::optional<WallTime> next_due() const = 0;
  // The latest instant that a commit carried as close time, start time or note_time (epoch when
  // there was none): engine time never goes behind it. It stays when runs are removed.
  [[nodiscard]] virtual WallTime last_time() const = 0;
  // Engine time at which this machine was booted, the same for all owners within one boot, so that
  // setting the wall clock moves no timer. Nothing (the default) where a store keeps no such thing.
  [[nodiscard]] virtual std::optional<WallTime> time_at_boot() const;

  // Notes, not durably but in a way that survives the death of the process, that user code of this
  // run is being executed (0 <= slot < 64, others are ignored); an empty id clears the slot. Never
  // throws.
  virtual void set_in_flight(std::size_t slot, std::string_view run_id) noexcept = 0;
  // The runs that were in flight when the last owner died, as found at open, by slot. Slots are
  // clear after the open.
  [[nodiscard]] virtual std::vector<std::string> runs_in_flight_at_open() const = 0;

  // Deletes a closed run with all its rows, the requests that it answered, and the blobs that no
  // other run uses. Throws StoreRejected for an open or unknown one, StoreUnknown as commit does.
  virtual void remove(std::string_view run_id) = 0;
};

}  // namespace store

}  // namespace durasim::inline v0
