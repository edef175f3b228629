// The judge: holds histories, rows and results against the rules, the programs and the ledger. All
// functions throw Violation.
#pragma once

#include "dst/ledger.hpp"
#include "engine/service.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace durasim::inline v0::dst {

// An open run between two commits: memory is as the store, every open thing of its history has its
// row, and what its code has not seen has a workflow task.
void check_open_run(engine::Service& service, const store::Store& store, const std::string& run_id,
                    const Ledger& ledger);

// The run is damaged: it must not be used.
void check_quarantined(engine::Service& service, const std::string& run_id);

// When everything has ended.
class Checker {
 public:
  Checker(const store::Store& store, const Ledger& ledger, engine::Service& service);
  void check_all();
  [[nodiscard]] std::uint64_t runs() const { return runs_.size(); }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  struct Run {
    store::RunRow row;
    std::vector<proto::HistoryEvent> events;
  };
  void check_run(const Run& run);
  void check_end(const Run& run);
  void check_calls() const;
  void check_externals() const;

  const Ledger& ledger_;
  std::map<std::string, Run> runs_;
  std::uint64_t events_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
};

}  // namespace durasim::inline v0::dst
