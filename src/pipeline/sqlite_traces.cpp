// Traces in SQLite, of which each program has its connection: a write-ahead log, whose commits are
// synced, strict tables, one writer at a time.
#include "durasim/core/error.hpp"

#include "pipeline/sql_trace_store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

constexpr SqlWords kSqliteWords{.text = "TEXT",
                                .integer = "INTEGER",
                                .real = "REAL",
                                .instant = "TEXT",
                                .table = " STRICT, WITHOUT ROWID"};
constexpr std::int64_t kTracesApplicationId = 0x64737472;  // "dstr"
constexpr int kBusyMs = 5000;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPointer = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class SqliteSession final : public SqlSession {
 public:
  explicit SqliteSession(const std::string& path) : path_(path) {
    // Made without being opened: closing a descriptor would drop the locks that another connection
    // of this process has on the file (https://www.sqlite.org/howtocorrupt.html, 2.2).
    if (mknod(path.c_str(), S_IFREG | 0600, 0) != 0 && errno != EEXIST)
      throw IoError(fmt::format("{}: {}", path, std::generic_category().message(errno)));
    sqlite3* opened = nullptr;
    const int rc = sqlite3_open_v2(path.c_str(), &opened,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(opened);
    check(rc);
    sqlite3_busy_timeout(opened, kBusyMs);
    execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF");
    bring_up_to_date();
    use_log();
  }

  void begin(Access access) override {
    execute(access == Access::Write ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  void commit() override { execute("COMMIT"); }

  std::vector<SqlRow> run(const std::string& sql, const SqlRow& values) override {
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &prepared, nullptr));
    const StatementPointer statement(prepared);
    for (std::size_t i = 0; i < values.size(); ++i)
      check(bind(prepared, static_cast<int>(i) + 1, values[i]));
    std::vector<SqlRow> rows;
    int rc = SQLITE_ROW;
    while ((rc = sqlite3_step(prepared)) == SQLITE_ROW) rows.push_back(row(prepared));
    if (rc != SQLITE_DONE) check(rc);
    return rows;
  }

 private:
  // Foreign files are left as they are.
  void bring_up_to_date() {
    begin(Access::Read);  // of one moment: another program may be making it
    const std::int64_t application = number("PRAGMA application_id");
    const bool empty = number("SELECT count(*) FROM sqlite_schema") == 0;
    const std::int64_t found = number("PRAGMA user_version");
    commit();
    if (application != kTracesApplicationId && !empty)
      throw FormatError(path_ + ": is no database of traces; give them a file of their own");
    if (missing_migrations(kSqliteWords, found, path_).empty()) return;
    begin(Access::Write);
    // Another program may have been faster.
    const std::int64_t version = number("PRAGMA user_version");
    for (const std::string& migration : missing_migrations(kSqliteWords, version, path_))
      execute(migration);
    execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                        kTracesApplicationId, trace_migrations(kSqliteWords).size()));
    commit();
  }

  // A mark in the file, once and for all. While others are connected to a new one it cannot be set;
  // without a log the guarantees are the same.
  void use_log() const {
    const int rc =
        sqlite3_exec(database_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (rc != SQLITE_BUSY) check(rc);
  }

  void execute(const std::string& sql) const {
    check(sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
  }
  std::int64_t number(const std::string& sql) {
    return std::get<std::int64_t>(run(sql, {}).at(0).at(0));
  }

  static int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value))
      return sqlite3_bind_int64(statement, index, *integer);
    if (const auto* real = std::get_if<double>(&value))
      return sqlite3_bind_double(statement, index, *real);
    if (const auto* text = std::get_if<std::string>(&value))
      return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    return sqlite3_bind_null(statement, index);
  }
  static SqlRow row(sqlite3_stmt* statement) {
    SqlRow values;
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
          values.emplace_back(std::int64_t{sqlite3_column_int64(statement, column)});
          break;
        case SQLITE_FLOAT:
          values.emplace_back(sqlite3_column_double(statement, column));
          break;
        case SQLITE_NULL:
          values.emplace_back();
          break;
        default: {
          const auto* text = sqlite3_column_text(statement, column);
          const int bytes = sqlite3_column_bytes(statement, column);
          values.emplace_back(std::string(text, text + bytes));
        }
      }
    }
    return values;
  }

  void check(int rc) const {
    if (rc == SQLITE_OK) return;
    const std::string message =
        fmt::format("{}: {}", path_, database_ ? sqlite3_errmsg(database_.get()) : "no memory");
    const int primary = rc & 0xff;
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) throw UnavailableError(message);
    if (primary == SQLITE_NOTADB) throw FormatError(message);
    throw IoError(message);
  }

  std::string path_;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
};

}  // namespace

std::unique_ptr<TraceStore> open_sqlite_traces(std::string path) {
  return std::make_unique<SqlTraceStore>(
      [path = std::move(path)] { return std::make_unique<SqliteSession>(path); });
}

}  // namespace durasim::inline v0::pipeline
