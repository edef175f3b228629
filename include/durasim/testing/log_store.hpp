// A durable store over a simulated disk: a write-ahead log with group commit, recovery, and the
// behaviour after failed writes and syncs that real stores are held to. The tables are a
// MemoryStore; the log is replayed at open and never shortened.
#pragma once

#include "durasim/store/memory.hpp"
#include "durasim/testing/simulated_disk.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::testing {

// Survives Crash::ProcessKill and any power loss of the disk with every acknowledged commit; slots
// of runs in flight survive the death of the process only. After a failed write the commit is
// rejected and the store goes on; after a failed sync the same bytes are written and synced again,
// three times in all, then the commit is unknown and the store read-only. DiskStopped goes through:
// whoever catches it drops the store, crashes the disk and opens another one. Thread-safety: as
// Store.
class DURASIM_EXPORT LogStore final : public store::Store {
 public:
  // Opens what the disk holds: replays the log up to its last whole commit and syncs that, before
  // anything is answered from it. Borrows the disk, of which files 0 (log) and 1 (marks) are its
  // own. Throws StoreDamaged when the log ends before the last commit that is known to have been
  // acknowledged, IoError when the log can't be synced.
  explicit LogStore(SimulatedDisk& disk);
  ~LogStore() override;

  void commit(std::span<const store::Transition> transitions) override;
  void remove(std::string_view run_id) override;
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override;

  [[nodiscard]] std::optional<store::RunRow> run(std::string_view run_id) const override;
  [[nodiscard]] std::optional<store::RunRow> current_run(
      std::string_view workflow_id) const override;
  [[nodiscard]] std::vector<store::TaskRow> tasks(std::string_view run_id) const override;
  [[nodiscard]] std::vector<store::HistoryBatch> history(
      std::string_view run_id, std::int64_t from_event_id = 1) const override;
  [[nodiscard]] std::optional<store::RequestRow> request(
      std::string_view scope, std::string_view request_id) const override;
  [[nodiscard]] std::optional<std::string> blob(const store::Digest& hash) const override;
  [[nodiscard]] std::vector<store::RunRow> runs(const store::RunFilter& filter) const override;
  [[nodiscard]] std::vector<std::string> due_runs(WallTime until, std::size_t limit) const override;
  [[nodiscard]] std::optional<WallTime> next_due() const override;
  [[nodiscard]] WallTime last_time() const override;
  [[nodiscard]] std::vector<std::string> runs_in_flight_at_open() const override;

  [[nodiscard]] bool read_only() const { return read_only_; }
  // The number of the last commit: 0 for a new store, one more with each commit that changed
  // something.
  [[nodiscard]] std::uint64_t commit_number() const { return commit_number_; }

 private:
  void recover();
  void find_in_flight();
  void check_mark(std::uint64_t commit, std::uint32_t chain) const;
  void write_mark() noexcept;
  void append(std::string group, std::uint32_t count);

  SimulatedDisk& disk_;
  store::MemoryStore tables_;
  std::size_t end_ = 0;  // of the last whole commit, in bytes
  std::uint64_t commit_number_ = 0;
  std::uint32_t chain_ = 0;  // checksum over all commits so far
  bool read_only_ = false;
  std::vector<std::string> in_flight_at_open_;
};

}  // namespace durasim::inline v0::testing
