// A store of which one run is damaged: reads of that run come with one bit turned over. Everything
// else is forwarded.
#pragma once

#include "durasim/store/store.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::dst {

class QuarantineStore final : public store::Store {
 public:
  // Borrows the store.
  explicit QuarantineStore(store::Store& inner) : inner_(inner) {}

  enum class Place : std::uint8_t { Row, Task, History };
  void damage(std::string run_id, Place place, std::uint64_t bit) {
    victim_ = std::move(run_id);
    place_ = place;
    bit_ = bit;
  }
  [[nodiscard]] const std::string& victim() const { return victim_; }

  void commit(std::span<const store::Transition> transitions) override {
    inner_.commit(transitions);
  }
  void remove(std::string_view run_id) override { inner_.remove(run_id); }
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override {
    inner_.set_in_flight(slot, run_id);
  }
  [[nodiscard]] std::optional<store::RunRow> run(std::string_view run_id) const override {
    auto row = inner_.run(run_id);
    if (row) touch(*row);
    return row;
  }
  [[nodiscard]] std::optional<store::RunRow> current_run(
      std::string_view workflow_id) const override {
    auto row = inner_.current_run(workflow_id);
    if (row) touch(*row);
    return row;
  }
  [[nodiscard]] std::vector<store::TaskRow> tasks(std::string_view run_id) const override {
    auto rows = inner_.tasks(run_id);
    if (hits(run_id, Place::Task) && !rows.empty()) flip(rows[bit_ % rows.size()].state);
    return rows;
  }
  [[nodiscard]] std::vector<store::HistoryBatch> history(
      std::string_view run_id, std::int64_t from_event_id) const override {
    auto batches = inner_.history(run_id, from_event_id);
    if (hits(run_id, Place::History) && !batches.empty())
      flip(batches[bit_ % batches.size()].events);
    return batches;
  }
  [[nodiscard]] std::optional<store::RequestRow> request(
      std::string_view scope, std::string_view request_id) const override {
    return inner_.request(scope, request_id);
  }
  [[nodiscard]] std::optional<std::string> blob(const store::Digest& hash) const override {
    return inner_.blob(hash);
  }
  [[nodiscard]] std::vector<store::RunRow> runs(const store::RunFilter& filter) const override {
    auto rows = inner_.runs(filter);
    for (store::RunRow& row : rows) touch(row);
    return rows;
  }
  [[nodiscard]] std::vector<std::string> due_runs(WallTime until,
                                                  std::size_t limit) const override {
    return inner_.due_runs(until, limit);
  }
  [[nodiscard]] std::optional<WallTime> next_due() const override { return inner_.next_due(); }
  [[nodiscard]] WallTime last_time() const override { return inner_.last_time(); }
  [[nodiscard]] std::vector<std::string> runs_in_flight_at_open() const override {
    return inner_.runs_in_flight_at_open();
  }

 private:
  [[nodiscard]] bool hits(std::string_view run_id, Place place) const {
    return place == place_ && !victim_.empty() && run_id == victim_;
  }
  void touch(store::RunRow& row) const {
    if (hits(row.run_id, Place::Row)) flip(row.state);
  }
  void flip(std::string& bytes) const {
    if (bytes.empty()) return;
    char& byte = bytes[(bit_ / 8) % bytes.size()];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit_ % 8)));
  }

  store::Store& inner_;
  std::string victim_;
  Place place_{};
  std::uint64_t bit_ = 0;
};

}  // namespace durasim::inline v0::dst
