// Opens and sets up connections.
#include "store/sqlite/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <utility>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr int kProgressSteps = 2000;  // of SQLite's machine, between two looks at the clock

// What a crafted database file could use against its reader, as far as this store needs less.
constexpr std::array<std::pair<int, int>, 8> kLimits{{{SQLITE_LIMIT_SQL_LENGTH, 100'000},
                                                      {SQLITE_LIMIT_COLUMN, 100},
                                                      {SQLITE_LIMIT_EXPR_DEPTH, 20},
                                                      {SQLITE_LIMIT_COMPOUND_SELECT, 10},
                                                      {SQLITE_LIMIT_FUNCTION_ARG, 8},
                                                      {SQLITE_LIMIT_ATTACHED, 0},
                                                      {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
                                                      {SQLITE_LIMIT_TRIGGER_DEPTH, 1}}};

std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return uri + "?immutable=1";
}

void configure(sqlite3* db, int option, int value, const char* name) {
  int now = -1;
  if (sqlite3_db_config(db, option, value, &now) != SQLITE_OK || now != value) {
    throw UnavailableError(fmt::format("SQLite {} did not take the setting {} = {}",
                                       sqlite3_libversion(), name, value));
  }
}

}  // namespace

Connection::Connection(const std::string& path, const std::string& vfs, Access access) {
  if (sqlite3_threadsafe() == 0) {
    throw UnavailableError("this SQLite was built for one thread; durasim needs a thread-safe one");
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::ReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  if (access == Access::Immutable) flags |= SQLITE_OPEN_URI;
  const std::string name = access == Access::Immutable ? uri_of(path) : path;
  const int rc = sqlite3_open_v2(name.c_str(), &db_, flags, vfs.empty() ? nullptr : vfs.c_str());
  try {
    if (rc != SQLITE_OK) throw_error(db_, rc, "not opened");
    configure(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, "defensive");
    configure(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, "trusted_schema");
    configure(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, "no_ckpt_on_close");
    for (const auto& [limit, value] : kLimits) sqlite3_limit(db_, limit, value);
    sqlite3_busy_timeout(db_, kBusyTimeoutMs);
    set("wal_autocheckpoint", 0);
    set("cell_size_check", 1);
    set("mmap_size", 0);  // an I/O error on mapped pages would be a signal to the host
    set("temp_store", 2);
  } catch (...) {
    sqlite3_close(db_);
    throw;
  }
}

Connection::~Connection() {
  begin_ = {};
  commit_ = {};
  // A zombie while statements are left, which their owners finalize.
  sqlite3_close_v2(db_);
}

void Connection::execute(const char* sql) const {
  const int rc = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) throw_error(db_, rc, fmt::format("\"{}\" failed", sql));
}

std::int64_t Connection::number_of(const char* sql) const {
  Statement statement = prepare(sql);
  Cursor row = statement.query();
  return row.next() ? row.number(0) : 0;
}

void Connection::set(const char* pragma, std::int64_t value) const {
  set(pragma, std::to_string(value).c_str(), value);
}

void Connection::set(const char* pragma, const char* word, std::int64_t value) const {
  execute(fmt::format("PRAGMA {} = {}", pragma, word).c_str());
  Statement statement = prepare(fmt::format("PRAGMA {}", pragma));
  Cursor row = statement.query();
  // Without memory mapping in the build, or in the VFS, the pragma has no row at all.
  const bool taken = row.next() ? row.number(0) == value : value == 0;
  if (!taken) {
    throw UnavailableError(fmt::format("SQLite {} did not take the setting {} = {}",
                                       sqlite3_libversion(), pragma, word));
  }
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

void Connection::set_checkpoint_on_close(bool enabled) const {
  configure(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, enabled ? 0 : 1, "no_ckpt_on_close");
}

int Connection::on_progress(void* self) {
  const auto* connection = static_cast<const Connection*>(self);
  return connection->clock_->steady_now() > connection->deadline_ ? 1 : 0;
}

void Connection::set_deadline(const Clock& clock, std::chrono::milliseconds from_now) {
  if (clock_ == nullptr) {
    sqlite3_progress_handler(db_, kProgressSteps, on_progress, this);
  }
  clock_ = &clock;
  deadline_ = clock.steady_now() + from_now;
}

sqlite3_file* Connection::database_file() const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  return file;
}

sqlite3_file* Connection::log_file() const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&file));
  return file;
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  if (!connection.begin_.prepared()) {
    connection.begin_ = connection.prepare("BEGIN IMMEDIATE");
    connection.commit_ = connection.prepare("COMMIT");
  }
  connection.begin_.run();
}

Transaction::~Transaction() {
  // Most errors have rolled back already.
  if (connection_.in_transaction()) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  connection_.commit_.run();
}

}  // namespace durasim::inline v0::store::sqlite
