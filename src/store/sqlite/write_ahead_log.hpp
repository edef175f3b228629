// The write-ahead log beyond what SQLite does with it by itself: made durable before it is
// believed, grown ahead of time, checkpointed when it is time.
#pragma once

#include "durasim/store/sqlite.hpp"

#include "store/sqlite/connection.hpp"
#include "store/sqlite/vfs_file.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace durasim::inline v0::store::sqlite {

// Writes every byte of the log again and syncs it, while no connection has it open. After a sync
// that failed, pages that only the system's cache holds count as clean: a commit read from them
// could vanish later, with all that follow it. Everything that such a sync can have left behind is
// in the log, or is written into the database from it by the next checkpoint. Without a log it does
// nothing. Throws SqliteError when the sync fails again.
void make_log_durable(sqlite3_vfs& vfs, const std::string& database);

// Whether a power loss during a write leaves the bytes beside it as they were. Without that SQLite
// pads the log behind the end of a commit, and a failed write may be the padding's.
[[nodiscard]] bool overwrites_are_safe(const Connection& connection);

// Where they are not, SQLite fills up a commit's last sector with copies of its last frame. A power
// loss may take some of that; the log then ends within a sector, and what is written next would
// endanger the commit before it. So, before anything is written: what the log holds goes into the
// database, and the next commit begins the log anew. Throws SqliteError (also when another
// connection reads from the log); nothing has changed then.
void begin_unsafe_log_anew(const Connection& writer);

// Appends zeros behind the log's end up to `bytes`: commits then overwrite, which costs half of
// growing. Throws SqliteError.
void grow_log(const Connection& writer, std::int64_t bytes);

// Decides when the writing connection checkpoints, and counts.
class Checkpointer {
 public:
  // `pages`: length of the log that calls for a checkpoint.
  Checkpointer(const Connection& writer, std::size_t pages);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  [[nodiscard]] bool due() const { return pages_ >= due_at_; }
  // Brings pages of the log into the database, as many as no reader needs where they are. Throws
  // SqliteError; the log then stays as it is.
  Checkpoint run(bool truncate = false);
  // Pages may be in the database's cache only, or not even there, and no checkpoint of this process
  // will write them again: nothing may be written any more that would let the log begin anew, and
  // what SQLite reads of them, which it does from the database now, may be damaged. Thread-safe.
  [[nodiscard]] bool has_lost_pages() const { return lost_pages_; }

  [[nodiscard]] std::int64_t pages() const { return pages_; }
  [[nodiscard]] std::uint64_t done() const { return done_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  void sync_database();
  static int on_commit(void* self, sqlite3* db, const char* name, int pages);

  const Connection& writer_;
  std::int64_t limit_;
  std::int64_t due_at_;
  std::int64_t pages_ = 0;  // in the log after the last commit
  std::uint64_t done_ = 0;
  std::uint64_t failed_ = 0;
  std::string last_error_;
  std::atomic<bool> lost_pages_ = false;
};

}  // namespace durasim::inline v0::store::sqlite
