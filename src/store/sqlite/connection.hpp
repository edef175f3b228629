// One connection to a database, set up for this store: every setting that matters is read back, and
// one that SQLite did not take is an error. A connection belongs to one thread at a time.
#pragma once

#include "durasim/core/time.hpp"

#include "store/sqlite/statement.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_file;

namespace durasim::inline v0::store::sqlite {

inline constexpr int kPageSize = 4096;

class Transaction;

class Connection {
 public:
  enum class Access {
    ReadWrite,
    ReadOnly,
    Immutable,  // read only, and nothing beside it is looked at or made: it has no owner and no log
  };
  // Never checkpoints by itself, not even when it closes; see enable_checkpoint_on_close.
  Connection(const std::string& path, const std::string& vfs, Access access);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] sqlite3* handle() const { return db_; }
  [[nodiscard]] Statement prepare(std::string_view sql) const { return Statement(db_, sql); }
  void execute(const char* sql) const;
  [[nodiscard]] std::int64_t number_of(const char* sql) const;
  // Sets the pragma and reads it back: SQLite takes any word and keeps silent about those that it
  // does not know. Throws UnavailableError when it does not give `value` back.
  void set(const char* pragma, std::int64_t value) const;
  void set(const char* pragma, const char* word, std::int64_t value) const;
  [[nodiscard]] bool in_transaction() const;

  // As the last connection it then writes the log into the database and deletes it.
  void set_checkpoint_on_close(bool enabled) const;
  // Statements are interrupted from this time on; without one never.
  void set_deadline(const Clock& clock, std::chrono::milliseconds from_now);
  // The database's file and its log's, as SQLite has them open.
  [[nodiscard]] sqlite3_file* database_file() const;
  [[nodiscard]] sqlite3_file* log_file() const;

 private:
  friend class Transaction;
  static int on_progress(void* self);

  sqlite3* db_ = nullptr;
  Statement begin_;
  Statement commit_;
  const Clock* clock_ = nullptr;
  SteadyTime deadline_;
};

// A transaction that has written: rolled back at its end unless it was committed.
class Transaction {
 public:
  // Takes the write lock at once: no read can turn out stale when it comes to writing.
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  // Throws SqliteError; whether anything was written is then the code's to tell.
  void commit();

 private:
  Connection& connection_;
};

}  // namespace durasim::inline v0::store::sqlite
