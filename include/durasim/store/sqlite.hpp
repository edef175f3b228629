// The durable store: one SQLite database, owned by one process, and four small files beside it
// (docs/store.md). What commit() returned for is there after kill -9 and, by default, after power
// loss; a commit of which nobody can say is StoreUnknown, never a guess.
#pragma once

#include "durasim/core/log.hpp"
#include "durasim/store/sqlite_environment.hpp"
#include "durasim/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {

// Another process owns the store. Only one may have it open; others wait as stand-by.
class DURASIM_EXPORT StoreInUse : public Error {
 public:
  StoreInUse(const std::string& message, std::int64_t owner_pid)
      : Error(message), owner_pid_(owner_pid) {}
  ~StoreInUse() override;
  // 0 where it can't be told.
  [[nodiscard]] std::int64_t owner_pid() const { return owner_pid_; }

 private:
  std::int64_t owner_pid_;
};

// The store was written by a newer durasim. Not one byte of it has been changed.
class DURASIM_EXPORT StoreTooNew : public Error {
 public:
  using Error::Error;
  ~StoreTooNew() override;
};

namespace store {

struct SqliteOptions {
  std::string path;  // of the database; created with its side files if it is not there
  Durability durability = Durability::PowerLoss;
  // Room for the owner's last deletions and its clean close when the disk is full; 0: none.
  std::size_t ballast_bytes = std::size_t{1} << 20;
  // Pages of 4 KiB in the write-ahead log before a commit also checkpoints. The log is pre-grown
  // to that size and then overwritten. More: fewer, longer pauses.
  std::size_t checkpoint_pages = 2000;
  std::size_t cache_bytes = std::size_t{16} << 20;  // of the writing connection
  std::size_t max_readers = 4;                      // connections; a fifth reader waits for one
  std::chrono::milliseconds max_read_time{10'000};  // a read that takes longer is given up: IoError
  // Opens a database from which acknowledged commits are known to be missing: a deliberate return
  // to a backup. Otherwise Durability::PowerLoss refuses it.
  bool accept_lost_commits = false;
  // How long to wait as stand-by for the death of an owner; zero: StoreInUse at once.
  std::chrono::nanoseconds standby{0};
  std::stop_token stop;  // ends the wait
  Logger log;
  std::string vfs;                          // a VFS by name instead of the environment's
  StoreEnvironment* environment = nullptr;  // borrowed; null: system_store_environment()
};

// What an owner knows of its store at this moment.
struct SqliteStatus {
  std::string path;
  Durability durability{};  // in force: as SQLite gave it back after it was set
  std::int64_t epoch = 0;   // raised by each owner
  std::int64_t commit_number = 0;
  // Commits that were acknowledged to an earlier owner and were gone at this open.
  std::int64_t lost_commits = 0;
  bool copied_at_open = false;  // a failed sync of an earlier owner made a verified copy necessary
  bool read_only = false;
  std::string read_only_reason;
  // Reads are refused, too (UnavailableError): what the database holds of a checkpoint that could
  // not be synced may be damaged, and only the next open reads it from the log.
  bool unreadable = false;
  bool ballast = false;  // there, to be released
  std::int64_t wal_pages = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t failed_checkpoints = 0;
  std::string last_checkpoint_error;
  std::uint64_t repeated_commits = 0;  // written again because a sync had failed
};

struct Checkpoint {
  std::int64_t pages_in_log = 0;
  std::int64_t pages_written = 0;  // into the database; fewer where readers still need the log
};

enum class FindingKind {
  Database,  // SQLite's own integrity check
  Head,      // the store's own record, or commits that are missing
  Run,       // a run's row
  History,   // its events, their checksums or their chain
  Task,
  Request,
  Dangling,  // rows of runs that are not there, blobs of none
  Blob,      // its bytes, or a run's use of it
};

struct Finding {
  FindingKind kind{};
  std::string run_id;  // empty where it is no run's
  std::string text;
};

// Thread-safety: as Store; reads may also run beside writes. A child process that was forked with
// an open store is refused.
class DURASIM_EXPORT SqliteStore final : public Store {
 public:
  // Opens or creates the store. Throws StoreInUse, StoreTooNew, FormatError (the file is something
  // else), StoreDamaged (acknowledged commits are missing), UnavailableError (file system, SQLite
  // build), CancelledError (stop while standing by), IoError.
  explicit SqliteStore(SqliteOptions options);
  // Writes everything into the database file and ends the ownership. Never throws; what goes wrong
  // is logged and mended by the next open.
  ~SqliteStore() override;

  void commit(std::span<const Transition> transitions) override;
  void remove(std::string_view run_id) override;
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override;

  [[nodiscard]] std::optional<RunRow> run(std::string_view run_id) const override;
  [[nodiscard]] std::optional<RunRow> current_run(std::string_view workflow_id) const override;
  [[nodiscard]] std::vector<TaskRow> tasks(std::string_view run_id) const override;
  [[nodiscard]] std::vector<HistoryBatch> history(std::string_view run_id,
                                                  std::int64_t from_event_id = 1) const override;
  [[nodiscard]] std::optional<RequestRow> request(std::string_view scope,
                                                  std::string_view request_id) const override;
  [[nodiscard]] std::optional<std::string> blob(const Digest& hash) const override;
  // Rows that cannot be read come back with their id alone, so that verify() refuses them and the
  // others are still listed.
  [[nodiscard]] std::vector<RunRow> runs(const RunFilter& filter) const override;
  [[nodiscard]] std::vector<std::string> due_runs(WallTime until, std::size_t limit) const override;
  [[nodiscard]] std::optional<WallTime> next_due() const override;
  [[nodiscard]] WallTime last_time() const override;
  [[nodiscard]] std::optional<WallTime> time_at_boot() const override;
  [[nodiscard]] std::vector<std::string> runs_in_flight_at_open() const override;

  // Brings the log's pages into the database now, for an owner that is idle. A writer's call.
  // Throws IoError; the store is as durable as before.
  Checkpoint checkpoint();
  // Writes a consistent copy, reads all of it again and only then gives it its name. Any thread,
  // beside writes; the log grows meanwhile. Gives the damage that the store itself has and that the
  // copy therefore has too. Throws IoError, InvalidArgument for a name that is taken, StoreDamaged
  // when the copy is worse than the store.
  std::vector<Finding> backup(const std::string& to) const;
  // A writer's call.
  [[nodiscard]] SqliteStatus status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct StoreReport {
  std::string path;
  std::string sqlite_version;
  std::int64_t schema_version = 0;
  std::int64_t epoch = 0;
  std::int64_t commit_number = 0;
  Durability durability{};     // of the last owner
  std::int64_t owner_pid = 0;  // of the process that owns it now; 0: none
  std::int64_t runs = 0;
  std::int64_t open_runs = 0;
  std::int64_t events = 0;
  std::int64_t tasks = 0;
  std::int64_t requests = 0;
  std::int64_t blobs = 0;
  std::vector<Finding> findings;  // nothing: all is well
  [[nodiscard]] bool ok() const { return findings.empty(); }
};

// Reads everything: SQLite's integrity check, every row's checksum, every history's chain, every
// blob's hash, rows that belong to nothing, the mark of the last commit. Changes nothing and may
// run beside an owner. Throws IoError, FormatError, StoreTooNew.
DURASIM_EXPORT StoreReport check_store(const std::string& path,
                                       StoreEnvironment* environment = nullptr);
// SqliteStore::backup for a store that this process does not own; an owner may go on writing.
DURASIM_EXPORT std::vector<Finding> backup_store(const std::string& path, const std::string& to,
                                                 StoreEnvironment* environment = nullptr);

[[nodiscard]] DURASIM_EXPORT std::string_view to_string(FindingKind kind);
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(Durability durability);
// The version of SQLite that runs.
[[nodiscard]] DURASIM_EXPORT std::string sqlite_version();

}  // namespace store

}  // namespace durasim::inline v0
