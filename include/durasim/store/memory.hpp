// A store in memory: all tables in ordered containers, the whole contract checked strictly. For
// tests, for engines that need not survive their process, and as the tables of a store that logs
// (see the second commit). Nothing survives its destructor.
#pragma once

#include "durasim/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::store {

// Thread-safety: as Store. A commit that throws, std::bad_alloc included, has changed nothing.
class DURASIM_EXPORT MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;
  MemoryStore(MemoryStore&&) noexcept;
  MemoryStore& operator=(MemoryStore&&) noexcept;

  void commit(std::span<const Transition> transitions) override;
  // The same for a store that keeps these tables and a log: applies all transitions, then calls
  // `make_durable`; what that throws undoes them all and goes on to the caller.
  void commit(std::span<const Transition> transitions, const std::function<void()>& make_durable);

  [[nodiscard]] std::optional<RunRow> run(std::string_view run_id) const override;
  [[nodiscard]] std::optional<RunRow> current_run(std::string_view workflow_id) const override;
  [[nodiscard]] std::vector<TaskRow> tasks(std::string_view run_id) const override;
  [[nodiscard]] std::vector<HistoryBatch> history(std::string_view run_id,
                                                  std::int64_t from_event_id = 1) const override;
  [[nodiscard]] std::optional<RequestRow> request(std::string_view scope,
                                                  std::string_view request_id) const override;
  [[nodiscard]] std::optional<std::string> blob(const Digest& hash) const override;
  [[nodiscard]] std::vector<RunRow> runs(const RunFilter& filter) const override;
  [[nodiscard]] std::vector<std::string> due_runs(WallTime until, std::size_t limit) const override;
  [[nodiscard]] std::optional<WallTime> next_due() const override;
  [[nodiscard]] WallTime last_time() const override;
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override;
  [[nodiscard]] std::vector<std::string> runs_in_flight_at_open() const override;
  void remove(std::string_view run_id) override;
  // Removes the run, then calls `make_durable`; what that throws brings the run back.
  void remove(std::string_view run_id, const std::function<void()>& make_durable);

  // As if the owning process had died here and the next one had opened the store: the slots that
  // are set become runs_in_flight_at_open, all else stays.
  void reopen();

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace durasim::inline v0::store
