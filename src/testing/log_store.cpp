// The log store: apply to the tables, append to the log, sync, keep; or take it back. Recovery is
// the same in reverse: read whole commits, apply them, and make them durable before anybody sees
// them.
#include "durasim/testing/log_store.hpp"

#include "durasim/core/bytes.hpp"
#include "durasim/core/crc32c.hpp"
#include "durasim/store/integrity.hpp"
#include "durasim/store/rules.hpp"

#include "mutants/mutants.hpp"
#include "testing/log_format.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace durasim::inline v0::testing {

namespace {

using namespace store;

constexpr std::size_t kLog = 0;
constexpr std::size_t kMarks = 1;  // two marks in sectors of their own, then the slots
constexpr std::size_t kSlotsAt = 1024;
constexpr std::size_t kSlotSize = 512;
constexpr int kAttempts = 3;

// Marks and slots are single records with a checksum: torn ones are as good as none.
struct Mark {
  std::uint64_t commit = 0;
  std::uint32_t chain = 0;
  std::uint32_t checksum = 0;
};

struct Slot {
  std::uint32_t checksum = 0;  // over what follows
  std::uint8_t size = 0;
  std::array<char, kMaxRunIdBytes> run_id{};
};
static_assert(sizeof(Slot) <= kSlotSize);

template <class Record>
std::string_view bytes_of(const Record& record) {
  return {reinterpret_cast<const char*>(&record), sizeof record};
}

template <class Record>
Record read_record(std::string_view file, std::size_t offset) {
  Record record;
  if (file.size() >= offset + sizeof record) {
    std::memcpy(&record, file.data() + offset, sizeof record);
  }
  return record;
}

std::uint32_t checksum_of(const Mark& mark) {
  return crc32c(bytes_of(mark).substr(0, sizeof mark - sizeof mark.checksum));
}

std::uint32_t checksum_of(const Slot& slot) {
  return crc32c(bytes_of(slot).substr(sizeof slot.checksum));
}

}  // namespace

LogStore::LogStore(SimulatedDisk& disk) : disk_(disk) {
  recover();
  find_in_flight();
}

LogStore::~LogStore() = default;

// The bytes may be in the cache only, perhaps marked clean by a sync that failed before the last
// owner died. So all of them are written again and synced before anything is answered from them.
void LogStore::recover() {
  const std::string log = disk_.contents(kLog);
  const auto apply = [&](const LogEntry& entry) {
    if (const auto* transition = std::get_if<Transition>(&entry)) {
      tables_.commit({transition, 1});
    } else {
      tables_.remove(std::get<std::string>(entry));
    }
  };
  while (auto commit = read_commit(log, end_, commit_number_, chain_)) {
    for (const LogEntry& entry : commit->entries) apply(entry);
    commit_number_ = commit->number;
    chain_ = commit->chain;
    end_ = commit->end;
    check_mark(commit_number_, chain_);
  }
  check_mark(0, 0);
  if (log.empty()) return;
  for (int attempt = 1;; ++attempt) {
    try {
      disk_.write(kLog, 0, std::string_view(log).substr(0, end_));
      disk_.truncate(kLog, end_);
      disk_.sync(kLog);
      return;
    } catch (const IoError&) {
      if (attempt == kAttempts) throw;
    }
  }
}

// With the number of a commit: its chain must be the mark's, if it is the marked one. With 0, at
// the end: no mark may lie behind the log.
void LogStore::check_mark(std::uint64_t commit, std::uint32_t chain) const {
  for (const std::size_t offset : {std::size_t{0}, kSlotsAt / 2}) {
    const auto mark = read_record<Mark>(disk_.contents(kMarks), offset);
    if (mark.commit == 0 || mark.checksum != checksum_of(mark)) continue;
    if (commit == 0 ? mark.commit > commit_number_ : mark.commit == commit && mark.chain != chain) {
      throw StoreDamaged(
          fmt::format("the log is damaged: commit {} was acknowledged, whole commits are there up "
                      "to {}; restore a backup",
                      mark.commit, commit_number_));
    }
  }
}

void LogStore::write_mark() noexcept {
  Mark mark{commit_number_, chain_, 0};
  mark.checksum = checksum_of(mark);
  try {
    disk_.write(kMarks, commit_number_ % 2 == 0 ? 0 : kSlotsAt / 2, bytes_of(mark));
  } catch (...) {
    return;  // a mark only helps to notice damage later; the commit itself is durable
  }
}

void LogStore::find_in_flight() {
  const std::string marks = disk_.contents(kMarks);
  for (std::size_t i = 0; i < kInFlightSlots; ++i) {
    const auto slot = read_record<Slot>(marks, kSlotsAt + (i * kSlotSize));
    if (slot.size == 0) continue;
    if (slot.checksum == checksum_of(slot)) {
      in_flight_at_open_.emplace_back(slot.run_id.data(), slot.size);
    }
    set_in_flight(i, {});
  }
}

void LogStore::set_in_flight(std::size_t slot, std::string_view run_id) noexcept {
  if (slot >= kInFlightSlots || run_id.size() > kMaxRunIdBytes) return;
  Slot record;
  record.size = static_cast<std::uint8_t>(run_id.size());
  run_id.copy(record.run_id.data(), record.run_id.size());
  record.checksum = checksum_of(record);
  try {
    disk_.write(kMarks, kSlotsAt + (slot * kSlotSize), bytes_of(record));
  } catch (...) {
    return;  // not durably, by contract: such a crash is not counted
  }
}

// Appends a group and syncs it, or throws; called while the tables can still be taken back.
void LogStore::append(std::string group, std::uint32_t count) {
  const std::uint32_t chain = append_commit(group, count, commit_number_ + 1, chain_);
  try {
    disk_.write(kLog, end_, group);
  } catch (const IoError& error) {
    throw StoreRejected(fmt::format("nothing was written: {}", error.what()));
  }
  for (int attempt = 1; !mutant(MutantId::AckBeforeSync); ++attempt) {
    try {
      if (attempt > 1) disk_.write(kLog, end_, group);  // the system counts the first ones as clean
      disk_.sync(kLog);
      break;
    } catch (const IoError& error) {
      const std::string& log = disk_.contents(kLog);
      if (mutant(MutantId::AckFromReread) && log.compare(end_, group.size(), group) == 0) break;
      if (attempt < kAttempts) continue;
      read_only_ = true;
      throw StoreUnknown(fmt::format(
          "nobody can say whether this commit is durable, the store is read-only now: {}",
          error.what()));
    }
  }
  end_ += group.size();
  ++commit_number_;
  chain_ = chain;
  write_mark();
}

void LogStore::commit(std::span<const Transition> transitions) {
  if (transitions.empty()) return;
  if (read_only_) throw StoreRejected("the store is read-only since a sync failed; reopen it");
  std::string frames;
  for (const Transition& transition : transitions) append_frame(frames, transition);
  tables_.commit(transitions, [&] {
    append(std::move(frames), static_cast<std::uint32_t>(transitions.size()));
  });
}

void LogStore::remove(std::string_view run_id) {
  if (read_only_) throw StoreRejected("the store is read-only since a sync failed; reopen it");
  std::string frames;
  append_removal(frames, run_id);
  tables_.remove(run_id, [&] { append(std::move(frames), 1); });
}

std::optional<RunRow> LogStore::run(std::string_view run_id) const {
  return tables_.run(run_id);
}

std::optional<RunRow> LogStore::current_run(std::string_view workflow_id) const {
  return tables_.current_run(workflow_id);
}

std::vector<TaskRow> LogStore::tasks(std::string_view run_id) const {
  return tables_.tasks(run_id);
}

std::vector<HistoryBatch> LogStore::history(std::string_view run_id,
                                            std::int64_t from_event_id) const {
  return tables_.history(run_id, from_event_id);
}

std::optional<RequestRow> LogStore::request(std::string_view scope,
                                            std::string_view request_id) const {
  return tables_.request(scope, request_id);
}

std::optional<std::string> LogStore::blob(const Digest& hash) const {
  return tables_.blob(hash);
}

std::vector<RunRow> LogStore::runs(const RunFilter& filter) const {
  return tables_.runs(filter);
}

std::vector<std::string> LogStore::due_runs(WallTime until, std::size_t limit) const {
  return tables_.due_runs(until, limit);
}

std::optional<WallTime> LogStore::next_due() const {
  return tables_.next_due();
}

WallTime LogStore::last_time() const {
  return tables_.last_time();
}

std::vector<std::string> LogStore::runs_in_flight_at_open() const {
  return in_flight_at_open_;
}

}  // namespace durasim::inline v0::testing
