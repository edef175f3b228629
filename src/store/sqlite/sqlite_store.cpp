// SqliteStore: an owner's parts, put together and taken apart in order. Writer and readers do the
// work.
#include "durasim/store/sqlite.hpp"

#include "store/sqlite/backup.hpp"
#include "store/sqlite/open.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/side_files.hpp"
#include "store/sqlite/write_ahead_log.hpp"
#include "store/sqlite/writer.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <atomic>

namespace durasim::inline v0 {

StoreInUse::~StoreInUse() = default;
StoreTooNew::~StoreTooNew() = default;

namespace store {

using namespace sqlite;

namespace {

constexpr std::int64_t kFrameSize = kPageSize + 24;
constexpr std::size_t kSpareFrames = 64;  // beyond a checkpoint's limit: the last commit overshoots

std::int64_t log_bytes(std::size_t pages) {
  return 32 + (static_cast<std::int64_t>(pages + kSpareFrames) * kFrameSize);
}

// Opens with a full disk too, at the cost of the ballast.
template <class Step>
auto with_space(Ballast& ballast, const Step& step) {
  try {
    return step();
  } catch (const SqliteError& error) {
    if (!error.is_disk_full() || !ballast.release()) throw;
  }
  return step();
}

}  // namespace

struct SqliteStore::Impl {
  explicit Impl(SqliteOptions given);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void connect();
  void expect_owner() const;
  void after_write();
  Checkpoint run_checkpoint();
  void checkpoint_quietly() noexcept;
  void take_ballast() noexcept;
  // A reader, for members that may be called from any thread.
  [[nodiscard]] ReaderPool::Lease reader() const;

  SqliteOptions options;
  Place place;
  std::int64_t process_id = 0;
  std::unique_ptr<OwnerLock> lock;
  std::unique_ptr<MarkFile> mark;
  std::unique_ptr<InFlightFile> in_flight;
  std::unique_ptr<Ballast> ballast;
  std::unique_ptr<Connection> connection;
  std::unique_ptr<Checkpointer> checkpointer;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<ReaderPool> readers;
  std::vector<std::string> in_flight_at_open;
  std::atomic<std::int64_t> last_time{0};
  WallTime time_at_boot{};
  std::int64_t lost = 0;
  bool copied = false;
};

SqliteStore::Impl::Impl(SqliteOptions given) : options(std::move(given)) {
  if (options.path.empty()) throw InvalidArgument("a store needs a path");
  if (options.checkpoint_pages == 0) throw InvalidArgument("checkpoint_pages must be positive");
  options.log = options.log.for_module("store");
  place = find_place(options.path, options.vfs, options.environment);
  process_id = place.environment->process_id();
  lock = take_ownership(place, options);
  refuse_foreign_file(place);
  ballast = std::make_unique<Ballast>(*place.vfs, place.path, options.ballast_bytes);
  with_space(*ballast, [&] { connect(); });
  readers = std::make_unique<ReaderPool>(place.path, place.vfs_name, options.max_readers,
                                         place.environment->clock(), options.max_read_time);
  checkpoint_quietly();
  try {
    grow_log(*connection, log_bytes(options.checkpoint_pages));
  } catch (const SqliteError& error) {
    options.log.warning(fmt::format("the log is not pre-grown: {}", error.what()));
  }
  take_ballast();
}

// Nothing is written before all that could speak against it has been looked at.
void SqliteStore::Impl::connect() {
  connection.reset();
  in_flight.reset();
  for (const auto name : {mark_path_of, in_flight_path_of}) {
    place.environment->create_private(name(place.path));
  }
  mark = std::make_unique<MarkFile>(*place.vfs, place.path);
  const std::optional<Mark> last = mark->read();
  const bool is_new = !has_database(place);
  if (is_new) {
    lost = lost_commits({}, last, place, options);
    create_store(place);
  }
  make_log_durable(*place.vfs, place.path);
  if (last && last->sync_failed) {
    options.log.warning(
        fmt::format("{}: a sync failed under its last owner; copying it", place.path));
    for (const Finding& finding : replace_by_verified_copy(place)) options.log.error(finding.text);
    copied = true;
  }
  connection = connect_writer(place, options.durability);
  // Negative: in KiB.
  connection->set("cache_size", -static_cast<std::int64_t>(options.cache_bytes / 1024));
  if (!is_new) lost = lost_commits(read_head(*connection), last, place, options);
  begin_unsafe_log_anew(*connection);
  Head head = enter_owner(*connection, place, options);
  mark->write({head.commit_number, head.chain, false});
  checkpointer = std::make_unique<Checkpointer>(*connection, options.checkpoint_pages);
  writer = std::make_unique<Writer>(*connection, *mark, *ballast, head);
  last_time = number_of(head.last_time);
  time_at_boot = head.time_at_boot;
  in_flight = std::make_unique<InFlightFile>(*place.vfs, place.path);
  in_flight_at_open = in_flight->take();
}

// The order matters: readers first, so that the writer is the last to close, and with it the only
// one that checkpoints.
SqliteStore::Impl::~Impl() {
  readers.reset();
  if (connection == nullptr || writer == nullptr) return;
  try {
    const bool sound = writer->is_owner();
    writer.reset();
    if (sound) {
      const auto write_back = [&] { checkpointer->run(true); };
      with_space(*ballast, write_back);
      connection->set_checkpoint_on_close(true);
    }
  } catch (const std::exception& error) {
    options.log.warning(
        fmt::format("{}: its log stays, the next open reads it: {}", place.path, error.what()));
  }
  writer.reset();
  checkpointer.reset();
  connection.reset();
}

// SQLite's connections do not survive a fork, and neither does the ownership.
void SqliteStore::Impl::expect_owner() const {
  if (place.environment->process_id() != process_id) {
    throw StoreRejected(fmt::format(
        "{} was opened by process {}, of which this one is a fork; a store does not survive a fork",
        place.path, process_id));
  }
}

Checkpoint SqliteStore::Impl::run_checkpoint() {
  try {
    return checkpointer->run();
  } catch (const SqliteError& error) {
    if (checkpointer->has_lost_pages()) writer->give_up(error.what());
    throw;
  }
}

void SqliteStore::Impl::checkpoint_quietly() noexcept {
  try {
    if (!writer->is_owner()) return;
    const Checkpoint result = run_checkpoint();
    if (result.pages_written < result.pages_in_log &&
        result.pages_in_log > 8 * static_cast<std::int64_t>(options.checkpoint_pages)) {
      options.log.warning(
          fmt::format("{}: a reader has kept the log from being reused for {} pages", place.path,
                      result.pages_in_log));
    }
    take_ballast();
  } catch (const std::exception& error) {
    options.log.error(fmt::format("{}: {}", place.path, error.what()));
  }
}

void SqliteStore::Impl::take_ballast() noexcept {
  if (options.ballast_bytes == 0 || ballast->taken()) return;
  try {
    place.environment->create_private(ballast_path_of(place.path));
  } catch (const std::exception&) {
    return;  // no space for a name even; the next checkpoint tries again
  }
  ballast->take();
  if (!ballast->taken()) {
    options.log.warning(fmt::format("{}: no space for the ballast", place.path));
  }
}

ReaderPool::Lease SqliteStore::Impl::reader() const {
  expect_owner();
  if (checkpointer->has_lost_pages()) {
    throw UnavailableError(fmt::format(
        "{}: a checkpoint could not be synced, and what the database holds of it may be damaged; "
        "reopen the store, which reads it from its log",
        place.path));
  }
  return readers->take();
}

void SqliteStore::Impl::after_write() {
  last_time = number_of(writer->head().last_time);
  if (checkpointer->due()) checkpoint_quietly();
}

SqliteStore::SqliteStore(SqliteOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

SqliteStore::~SqliteStore() {
  if (impl_->place.environment->process_id() == impl_->process_id) return;
  impl_->lock.reset();  // a closed descriptor; the parent's lock stays
  // Its files and statements are the parent's: never closed here.
  [[maybe_unused]] const Impl* const abandoned = impl_.release();
}

void SqliteStore::commit(std::span<const Transition> transitions) {
  impl_->expect_owner();
  impl_->writer->commit(transitions);
  impl_->after_write();
}

void SqliteStore::remove(std::string_view run_id) {
  impl_->expect_owner();
  impl_->writer->remove(run_id);
  impl_->after_write();
}

void SqliteStore::set_in_flight(std::size_t slot, std::string_view run_id) noexcept {
  if (!impl_->writer->superseded()) impl_->in_flight->set(slot, run_id);
}

std::optional<RunRow> SqliteStore::run(std::string_view run_id) const {
  return impl_->reader()->run(run_id);
}

std::optional<RunRow> SqliteStore::current_run(std::string_view workflow_id) const {
  return impl_->reader()->current_run(workflow_id);
}

std::vector<TaskRow> SqliteStore::tasks(std::string_view run_id) const {
  return impl_->reader()->tasks(run_id);
}

std::vector<HistoryBatch> SqliteStore::history(std::string_view run_id,
                                               std::int64_t from_event_id) const {
  return impl_->reader()->history(run_id, from_event_id);
}

std::optional<RequestRow> SqliteStore::request(std::string_view scope,
                                               std::string_view request_id) const {
  return impl_->reader()->request(scope, request_id);
}

std::optional<std::string> SqliteStore::blob(const Digest& hash) const {
  return impl_->reader()->blob(hash);
}

std::vector<RunRow> SqliteStore::runs(const RunFilter& filter) const {
  return impl_->reader()->runs(filter);
}

std::vector<std::string> SqliteStore::due_runs(WallTime until, std::size_t limit) const {
  return impl_->reader()->due_runs(until, limit);
}

std::optional<WallTime> SqliteStore::next_due() const {
  return impl_->reader()->next_due();
}

WallTime SqliteStore::last_time() const {
  return time_of(impl_->last_time);
}

std::optional<WallTime> SqliteStore::time_at_boot() const {
  return impl_->time_at_boot;
}

std::vector<std::string> SqliteStore::runs_in_flight_at_open() const {
  return impl_->in_flight_at_open;
}

Checkpoint SqliteStore::checkpoint() {
  impl_->expect_owner();
  if (!impl_->writer->is_owner()) throw IoError(impl_->writer->refusal());
  return impl_->run_checkpoint();
}

std::vector<Finding> SqliteStore::backup(const std::string& to) const {
  impl_->expect_owner();
  return write_backup(impl_->place, to);
}

SqliteStatus SqliteStore::status() const {
  const Impl& own = *impl_;
  SqliteStatus status;
  status.path = own.place.path;
  status.durability = own.options.durability;  // read back when it was set
  status.epoch = own.writer->head().epoch;
  status.commit_number = own.writer->head().commit_number;
  status.lost_commits = own.lost;
  status.copied_at_open = own.copied;
  status.read_only_reason = own.writer->refusal();
  status.read_only = !status.read_only_reason.empty();
  status.unreadable = own.checkpointer->has_lost_pages();
  status.ballast = own.ballast->taken();
  status.wal_pages = own.checkpointer->pages();
  status.checkpoints = own.checkpointer->done();
  status.failed_checkpoints = own.checkpointer->failed();
  status.last_checkpoint_error = own.checkpointer->last_error();
  status.repeated_commits = own.writer->repeated();
  return status;
}

std::string_view to_string(Durability durability) {
  return durability == Durability::PowerLoss ? "power_loss" : "process_crash";
}

std::string sqlite_version() {
  return fmt::format("SQLite {}", sqlite3_libversion());
}

}  // namespace store

}  // namespace durasim::inline v0
