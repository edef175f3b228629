// The store as a process sees it while its reads fail: a few in a row, then they work again.
// Whoever looks from outside asks the store below. Writes are forwarded; what a commit reads may
// fail with it where a store reads its disk.
#pragma once

#include "durasim/core/error.hpp"
#include "durasim/store/store.hpp"

#include "testing/seeded_random.hpp"
#include "testing/simulated_machine.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace durasim::inline v0::testing {

// Outlives the process: the next one may find the same trouble.
class ReadFaults {
 public:
  ReadFaults(Machine& machine, std::uint64_t seed) : machine_(machine), random_(seed) {}

  // Of the next calls of the store; 0: all reads work again.
  void set(std::uint64_t calls) { left_ = calls; }
  [[nodiscard]] std::uint64_t left() const { return left_; }
  // So many reads have thrown for it.
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

  // A call that reads the disk beside what it is there for.
  template <class Call>
  std::invoke_result_t<Call> around(const Call& call) {
    if (left_ == 0 || !machine_.fail_reads(random_)) return call();
    return in_trouble(call);
  }
  // A read, which fails also in a store that needs no disk for it.
  template <class Call>
  std::invoke_result_t<Call> read(const Call& call) {
    if (left_ == 0) return call();
    try {
      if (machine_.fail_reads(random_)) return in_trouble(call);
      --left_;
      throw IoError("simulated store: read failed: input/output error");
    } catch (const DiskStopped&) {
      throw;
    } catch (...) {
      ++failed_;
      throw;
    }
  }

 private:
  template <class Call>
  std::invoke_result_t<Call> in_trouble(const Call& call) {
    --left_;
    struct End {
      Machine& machine;
      ~End() { machine.read_well(); }
    } const end{machine_};
    return call();
  }

  Machine& machine_;
  SeededRandom random_;
  std::uint64_t left_ = 0;
  std::uint64_t failed_ = 0;
};

class FailingReads final : public store::Store {
 public:
  // Borrows both.
  FailingReads(store::Store& inner, ReadFaults& faults) : inner_(inner), faults_(faults) {}

  void commit(std::span<const store::Transition> transitions) override {
    faults_.around([&] { inner_.commit(transitions); });
  }
  void remove(std::string_view run_id) override {
    faults_.around([&] { inner_.remove(run_id); });
  }
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override {
    inner_.set_in_flight(slot, run_id);
  }
  [[nodiscard]] std::optional<store::RunRow> run(std::string_view run_id) const override {
    return faults_.read([&] { return inner_.run(run_id); });
  }
  [[nodiscard]] std::optional<store::RunRow> current_run(
      std::string_view workflow_id) const override {
    return faults_.read([&] { return inner_.current_run(workflow_id); });
  }
  [[nodiscard]] std::vector<store::TaskRow> tasks(std::string_view run_id) const override {
    return faults_.read([&] { return inner_.tasks(run_id); });
  }
  [[nodiscard]] std::vector<store::HistoryBatch> history(
      std::string_view run_id, std::int64_t from_event_id) const override {
    return faults_.read([&] { return inner_.history(run_id, from_event_id); });
  }
  [[nodiscard]] std::optional<store::RequestRow> request(
      std::string_view scope, std::string_view request_id) const override {
    return faults_.read([&] { return inner_.request(scope, request_id); });
  }
  [[nodiscard]] std::optional<std::string> blob(const store::Digest& hash) const override {
    return faults_.read([&] { return inner_.blob(hash); });
  }
  [[nodiscard]] std::vector<store::RunRow> runs(const store::RunFilter& filter) const override {
    return faults_.read([&] { return inner_.runs(filter); });
  }
  [[nodiscard]] std::vector<std::string> due_runs(WallTime until,
                                                  std::size_t limit) const override {
    return faults_.read([&] { return inner_.due_runs(until, limit); });
  }
  [[nodiscard]] std::optional<WallTime> next_due() const override {
    return faults_.read([&] { return inner_.next_due(); });
  }
  [[nodiscard]] WallTime last_time() const override { return inner_.last_time(); }
  [[nodiscard]] std::optional<WallTime> time_at_boot() const override {
    return inner_.time_at_boot();
  }
  [[nodiscard]] std::vector<std::string> runs_in_flight_at_open() const override {
    return inner_.runs_in_flight_at_open();
  }

 private:
  store::Store& inner_;
  ReadFaults& faults_;
};

}  // namespace durasim::inline v0::testing
