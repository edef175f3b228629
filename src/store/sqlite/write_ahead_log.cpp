// Durability, growth and checkpoints of the write-ahead log.
#include "store/sqlite/write_ahead_log.hpp"

#include "mutants/mutants.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr std::int64_t kLogBlock = std::int64_t{1} << 16;  // more than 128 KiB no VFS has to take
constexpr int kLogSyncAttempts = 3;

void expect_written(sqlite3* db, int rc, const char* doing) {
  if (rc != SQLITE_OK) throw_error(db, rc, doing);
}

}  // namespace

void make_log_durable(sqlite3_vfs& vfs, const std::string& database) {
  if (mutant(MutantId::SqliteLogBelieved)) return;
  if (!file_exists(vfs, write_ahead_log_of(database))) return;
  VfsFile log(vfs, database, VfsFile::Kind::WriteAheadLog);
  const std::int64_t size = log.size();
  if (size == 0) return;
  std::string block;
  for (int attempt = 1;; ++attempt) {
    for (std::int64_t at = 0; at < size; at += kLogBlock) {
      block.resize(static_cast<std::size_t>(std::min(kLogBlock, size - at)));
      log.read(at, block);
      log.write(at, block);
    }
    try {
      return log.sync();
    } catch (const SqliteError&) {
      if (attempt == kLogSyncAttempts) throw;
    }
  }
}

bool overwrites_are_safe(const Connection& connection) {
  sqlite3_file* log = connection.log_file();
  return log != nullptr && log->pMethods != nullptr &&
         (log->pMethods->xDeviceCharacteristics(log) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

void begin_unsafe_log_anew(const Connection& writer) {
  if (overwrites_are_safe(writer)) return;
  expect_written(writer.handle(),
                 sqlite3_wal_checkpoint_v2(writer.handle(), "main", SQLITE_CHECKPOINT_RESTART,
                                           nullptr, nullptr),
                 "the log could not be begun anew");
}

void grow_log(const Connection& writer, std::int64_t bytes) {
  sqlite3_file* log = writer.log_file();
  if (log == nullptr || log->pMethods == nullptr) return;
  sqlite3_int64 now = 0;
  expect_written(writer.handle(), log->pMethods->xFileSize(log, &now), "log not measured");
  std::int64_t size = now;
  if (size >= bytes) return;
  const std::string zeros(static_cast<std::size_t>(std::min(kLogBlock, bytes - size)), '\0');
  while (size < bytes) {
    const std::int64_t part = std::min(static_cast<std::int64_t>(zeros.size()), bytes - size);
    expect_written(writer.handle(),
                   log->pMethods->xWrite(log, zeros.data(), static_cast<int>(part), size),
                   "log not grown");
    size += part;
  }
  expect_written(writer.handle(), log->pMethods->xSync(log, SQLITE_SYNC_NORMAL), "log not synced");
}

Checkpointer::Checkpointer(const Connection& writer, std::size_t pages)
    : writer_(writer), limit_(static_cast<std::int64_t>(pages)), due_at_(limit_) {
  sqlite3_wal_hook(writer_.handle(), on_commit, this);
}

Checkpointer::~Checkpointer() {
  if (writer_.handle() != nullptr) sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
}

int Checkpointer::on_commit(void* self, sqlite3* /*db*/, const char* /*name*/, int pages) {
  auto* checkpointer = static_cast<Checkpointer*>(self);
  // A shorter log: SQLite has begun it anew.
  if (pages < checkpointer->pages_) checkpointer->due_at_ = checkpointer->limit_;
  checkpointer->pages_ = pages;
  return SQLITE_OK;
}

Checkpoint Checkpointer::run(bool truncate) {
  int in_log = 0;
  int written = 0;
  const int rc = sqlite3_wal_checkpoint_v2(
      writer_.handle(), "main", truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      &in_log, &written);
  // Not at once again when it failed, or when a reader held the log.
  due_at_ = pages_ + std::max<std::int64_t>(limit_ / 4, 1);
  if (rc != SQLITE_OK) {
    ++failed_;
    last_error_ = sqlite3_errmsg(writer_.handle());
    throw_error(writer_.handle(), rc, "checkpoint failed");
  }
  const bool cut = written < in_log && written > 0;
  if (cut && !mutant(MutantId::SqliteCutCheckpoint)) sync_database();
  ++done_;
  return {in_log, written};
}

// SQLite 3.40 syncs the database only when a checkpoint has reached the end of
// the log, but counts the pages of one that a reader has cut short as written all the same, and
// never writes them again. Should the later sync fail, they would be gone with the log's next
// beginning.
void Checkpointer::sync_database() {
  sqlite3_file* database = writer_.database_file();
  const int rc = database->pMethods->xSync(database, SQLITE_SYNC_NORMAL);
  if (rc == SQLITE_OK) return;
  lost_pages_ = true;
  ++failed_;
  last_error_ = sqlite3_errstr(rc);
  throw_error(nullptr, rc, "the database could not be synced after a checkpoint");
}

}  // namespace durasim::inline v0::store::sqlite
