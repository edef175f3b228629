// The fault store: counts commits, fails those that were armed.
#include "durasim/testing/fault_store.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::testing {

using namespace store;

FaultStore::FaultStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {
  if (inner_ == nullptr) throw InvalidArgument("a FaultStore needs a store to put faults into");
}

FaultStore::~FaultStore() = default;

void FaultStore::fail_commit(std::uint64_t k, CommitFault fault) {
  if (k == 0) throw InvalidArgument("commits are counted from 1");
  armed_[commits_ + k] = fault;
}

void FaultStore::commit(std::span<const Transition> transitions) {
  ++commits_;
  const auto armed = armed_.find(commits_);
  if (armed == armed_.end()) {
    inner_->commit(transitions);
    return;
  }
  const CommitFault fault = armed->second;
  armed_.erase(armed);
  ++faults_;
  if (fault == CommitFault::UnknownApplied) inner_->commit(transitions);
  const std::string message = fmt::format("injected fault in commit {}", commits_);
  if (fault == CommitFault::Rejected) throw StoreRejected(message);
  if (fault == CommitFault::Throws) throw IoError(message);
  throw StoreUnknown(message);
}

const Store& FaultStore::readable() const {
  for (std::uint64_t left = failing_reads_; left > 0;) {
    if (failing_reads_.compare_exchange_weak(left, left - 1))
      throw IoError("injected fault in a read");
  }
  return *inner_;
}

std::optional<RunRow> FaultStore::run(std::string_view run_id) const {
  return readable().run(run_id);
}

std::optional<RunRow> FaultStore::current_run(std::string_view workflow_id) const {
  return readable().current_run(workflow_id);
}

std::vector<TaskRow> FaultStore::tasks(std::string_view run_id) const {
  return readable().tasks(run_id);
}

std::vector<HistoryBatch> FaultStore::history(std::string_view run_id,
                                              std::int64_t from_event_id) const {
  return readable().history(run_id, from_event_id);
}

std::optional<RequestRow> FaultStore::request(std::string_view scope,
                                              std::string_view request_id) const {
  return readable().request(scope, request_id);
}

std::optional<std::string> FaultStore::blob(const Digest& hash) const {
  return readable().blob(hash);
}

std::vector<RunRow> FaultStore::runs(const RunFilter& filter) const {
  return readable().runs(filter);
}

std::vector<std::string> FaultStore::due_runs(WallTime until, std::size_t limit) const {
  return readable().due_runs(until, limit);
}

std::optional<WallTime> FaultStore::next_due() const {
  return readable().next_due();
}

WallTime FaultStore::last_time() const {
  return inner_->last_time();
}

std::optional<WallTime> FaultStore::time_at_boot() const {
  return inner_->time_at_boot();
}

void FaultStore::set_in_flight(std::size_t slot, std::string_view run_id) noexcept {
  inner_->set_in_flight(slot, run_id);
}

std::vector<std::string> FaultStore::runs_in_flight_at_open() const {
  return inner_->runs_in_flight_at_open();
}

void FaultStore::remove(std::string_view run_id) {
  inner_->remove(run_id);
}

}  // namespace durasim::inline v0::testing
