// A store that fails on demand, around any other one: for tests of what a program does when its
// store refuses, does not know, or breaks. Forwards everything else unchanged.
#pragma once

#include "durasim/store/store.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::testing {

enum class CommitFault {
  Rejected,           // StoreRejected, nothing written
  UnknownApplied,     // StoreUnknown, and everything written
  UnknownNotApplied,  // StoreUnknown, nothing written
  Throws,             // IoError, nothing written
};

// Thread-safety: as Store; fail_reads() at any time.
class DURASIM_EXPORT FaultStore final : public store::Store {
 public:
  explicit FaultStore(std::unique_ptr<store::Store> inner);
  ~FaultStore() override;

  // The k-th commit from now on fails that way (k = 1: the next one), once. Several may be armed.
  void fail_commit(std::uint64_t k, CommitFault fault);
  // The next n reads (of runs, tasks, histories, requests, blobs, what is due) throw IoError.
  void fail_reads(std::uint64_t n) { failing_reads_ = n; }
  // Commits that were asked for, and how many of them failed here.
  [[nodiscard]] std::uint64_t commits() const { return commits_; }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] store::Store& inner() { return *inner_; }
  // Gives the store inside back, to open it again; the FaultStore is spent afterwards.
  [[nodiscard]] std::unique_ptr<store::Store> release() { return std::move(inner_); }

  void commit(std::span<const store::Transition> transitions) override;
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
  [[nodiscard]] std::optional<WallTime> time_at_boot() const override;
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override;
  [[nodiscard]] std::vector<std::string> runs_in_flight_at_open() const override;
  void remove(std::string_view run_id) override;

 private:
  [[nodiscard]] const store::Store& readable() const;

  std::unique_ptr<store::Store> inner_;
  std::map<std::uint64_t, CommitFault> armed_;  // by number of the commit
  std::uint64_t commits_ = 0;
  std::uint64_t faults_ = 0;
  mutable std::atomic<std::uint64_t> failing_reads_ = 0;
};

}  // namespace durasim::inline v0::testing
