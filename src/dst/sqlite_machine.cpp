// The machine with the real store: SQLite on files that lose power. Each seed draws the store's
// limits, whether overwrites are safe (docs/store.md, "The limit"), and at times a foreign reader
// that holds the log while the owner checkpoints.
#include "durasim/store/sqlite.hpp"
#include "durasim/testing/power_loss_files.hpp"

#include "dst/machine.hpp"

#include <sqlite3.h>

#include <limits>
#include <mutex>
#include <type_traits>

namespace durasim::inline v0::dst {

using testing::SeededRandom;

namespace {

constexpr const char* kPath = "store.db";
constexpr std::uint64_t kForEver = std::numeric_limits<std::uint64_t>::max();

// The store of one process; after the machine's stop all that it throws is DiskStopped.
class SqliteProcess final : public store::Store {
 public:
  SqliteProcess(const testing::PowerLossFiles& files, const store::SqliteOptions& options)
      : files_(files),
        store_(guard([&] { return std::make_unique<store::SqliteStore>(options); })) {}

  [[nodiscard]] bool read_only() const { return store_->status().read_only; }
  [[nodiscard]] bool unreadable() const { return store_->status().unreadable; }

  void commit(std::span<const store::Transition> transitions) override {
    guard([&] { store_->commit(transitions); });
  }
  void remove(std::string_view run_id) override {
    guard([&] { store_->remove(run_id); });
  }
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override {
    store_->set_in_flight(slot, run_id);
  }
  [[nodiscard]] std::optional<store::RunRow> run(std::string_view run_id) const override {
    return guard([&] { return store_->run(run_id); });
  }
  [[nodiscard]] std::optional<store::RunRow> current_run(
      std::string_view workflow_id) const override {
    return guard([&] { return store_->current_run(workflow_id); });
  }
  [[nodiscard]] std::vector<store::TaskRow> tasks(std::string_view run_id) const override {
    return guard([&] { return store_->tasks(run_id); });
  }
  [[nodiscard]] std::vector<store::HistoryBatch> history(
      std::string_view run_id, std::int64_t from_event_id) const override {
    return guard([&] { return store_->history(run_id, from_event_id); });
  }
  [[nodiscard]] std::optional<store::RequestRow> request(
      std::string_view scope, std::string_view request_id) const override {
    return guard([&] { return store_->request(scope, request_id); });
  }
  [[nodiscard]] std::optional<std::string> blob(const store::Digest& hash) const override {
    return guard([&] { return store_->blob(hash); });
  }
  [[nodiscard]] std::vector<store::RunRow> runs(const store::RunFilter& filter) const override {
    return guard([&] { return store_->runs(filter); });
  }
  [[nodiscard]] std::vector<std::string> due_runs(WallTime until,
                                                  std::size_t limit) const override {
    return guard([&] { return store_->due_runs(until, limit); });
  }
  [[nodiscard]] std::optional<WallTime> next_due() const override {
    return guard([&] { return store_->next_due(); });
  }
  [[nodiscard]] WallTime last_time() const override { return store_->last_time(); }
  [[nodiscard]] std::vector<std::string> runs_in_flight_at_open() const override {
    return store_->runs_in_flight_at_open();
  }

 private:
  template <class Call>
  std::invoke_result_t<Call> guard(const Call& call) const {
    try {
      return call();
    } catch (const std::exception&) {
      if (files_.stopped()) throw testing::DiskStopped("the machine has stopped");
      throw;
    }
  }

  const testing::PowerLossFiles& files_;
  std::unique_ptr<store::SqliteStore> store_;
};

// Another program that is in the middle of reading.
class ForeignReader {
 public:
  explicit ForeignReader(const std::string& vfs) {
    if (sqlite3_open_v2(kPath, &db_, SQLITE_OPEN_READONLY, vfs.c_str()) != SQLITE_OK) return;
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_exec(db_, "BEGIN; SELECT * FROM meta", nullptr, nullptr, nullptr);
  }
  ~ForeignReader() { sqlite3_close(db_); }
  ForeignReader(const ForeignReader&) = delete;
  ForeignReader& operator=(const ForeignReader&) = delete;

 private:
  sqlite3* db_ = nullptr;
};

// Counting SQLite's memory would be a lock that all threads meet at.
void set_up_sqlite() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

class SqliteMachine final : public testing::Machine {
 public:
  explicit SqliteMachine(std::uint64_t seed)
      : random_(seed),
        safe_overwrites_(random_.chance(0.7)),
        has_readers_(random_.chance(0.5)),
        files_(random_.next(), safe_overwrites_) {
    options_.path = kPath;
    options_.checkpoint_pages = 2 + random_.below(random_.chance(0.7) ? 12 : 60);
    options_.cache_bytes = std::size_t{1} << (random_.chance(0.3) ? 15 : 20);  // 32 KiB: spills
    options_.ballast_bytes = random_.chance(0.5) ? 4096 : 0;
    options_.environment = &files_;
  }

  store::Store& open() override {
    process_ = std::make_unique<SqliteProcess>(files_, options_);
    return *process_;
  }
  // Some of those that are killed had time to close their store.
  void crash(testing::Crash mode) override {
    const bool in_order = mode == testing::Crash::ProcessKill && random_.chance(0.3);
    if (!in_order) files_.stop();
    process_.reset();
    reader_.reset();
    files_.crash(mode);
  }

  void disarm() override {
    reader_.reset();
    stop_never();
    files_.fail_writes(0, testing::WriteFault::NoSpace, 0);
    files_.fail_syncs(0, testing::SyncFault::PagesKept, 0);
  }

  bool read_only() const override { return process_->read_only(); }
  bool stopped() const override { return files_.stopped(); }
  bool blind() const override {
    return files_.stopped() || (process_ != nullptr && process_->unreadable());
  }
  std::uint64_t operations() const override { return files_.calls(); }
  // With copies of the files: no two owners may have the same ones.
  void show_next(const std::function<void(store::Store&)>& look) override {
    testing::PowerLossFiles files(random_.next(), safe_overwrites_);
    for (const std::string& name : files_.names()) files.put(name, files_.contents(name));
    store::SqliteOptions options = options_;
    options.environment = &files;
    store::SqliteStore next(options);
    look(next);
  }

  void go_on() override {
    if (!has_readers_) return;
    if (reader_ == nullptr && random_.chance(0.05)) {
      reader_ = std::make_unique<ForeignReader>(files_.vfs());
    } else if (random_.chance(0.2)) {
      reader_.reset();
    }
  }
  void stop_soon(SeededRandom& random) override { files_.stop_after(random.below(60)); }
  void stop_while_opening(SeededRandom& random) override { files_.stop_after(random.below(150)); }
  void stop_never() override { files_.stop_after(kForEver); }
  void fail_write(SeededRandom& random) override {
    auto fault = random.chance(0.5) ? testing::WriteFault::NoSpace : testing::WriteFault::Io;
    const std::uint64_t after = random.below(30);
    if (fault == testing::WriteFault::Io && after % 4 == 3) fault = testing::WriteFault::Late;
    files_.fail_writes(after, fault, random.chance(0.7) ? 1 : 1 + random.below(40));
  }
  void fail_sync(SeededRandom& random) override {
    const auto fault = static_cast<testing::SyncFault>(random.below(3));
    const std::uint64_t after = random.below(3);
    const std::uint64_t count = 1 + random.below(4);
    if (safe_overwrites_) files_.fail_syncs(after, fault, count);
  }
  bool fail_reads(SeededRandom& random) override {
    files_.fail_reads(random.below(random.chance(0.5) ? 1 : 8), kForEver);
    return true;
  }
  void read_well() override { files_.fail_reads(0, 0); }
  // The log is longer than what it holds: with file systems that write in place, commits go on
  // until a checkpoint has found no space.
  void fill(SeededRandom& random) override {
    const std::uint64_t left = random.below(12'000);
    files_.set_capacity(files_.bytes() + left, random.chance(0.5));
  }
  void free_space() override { files_.set_capacity(kForEver); }

 private:
  SeededRandom random_;
  bool safe_overwrites_;
  bool has_readers_;
  testing::PowerLossFiles files_;
  store::SqliteOptions options_;
  std::unique_ptr<SqliteProcess> process_;
  std::unique_ptr<ForeignReader> reader_;
};

}  // namespace

std::unique_ptr<testing::Machine> make_sqlite_machine(std::uint64_t seed) {
  set_up_sqlite();
  return std::make_unique<SqliteMachine>(seed);
}

}  // namespace durasim::inline v0::dst
