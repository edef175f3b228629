// Prepared statements over SQLite's C interface.
#include "store/sqlite/statement.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace durasim::inline v0::store::sqlite {

SqliteError::~SqliteError() = default;

bool SqliteError::is_corruption() const {
  const int primary = code_ & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

// With a full disk the shared-memory file cannot grow either, and that has a code of its own.
bool SqliteError::is_disk_full() const {
  return (code_ & 0xff) == SQLITE_FULL || code_ == SQLITE_IOERR_SHMSIZE;
}

void throw_error(sqlite3* db, int code, std::string_view doing) {
  const int extended = db != nullptr ? sqlite3_extended_errcode(db) : code;
  const bool same = (extended & 0xff) == (code & 0xff);
  const char* file = db != nullptr ? sqlite3_db_filename(db, nullptr) : nullptr;
  throw SqliteError(
      same ? extended : code,
      fmt::format("{}: {}: {} (SQLite {})", file != nullptr ? file : "database", doing,
                  same && db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code),
                  same ? extended : code));
}

Cursor::~Cursor() {
  sqlite3_reset(statement_);  // its result repeats that of the last step
}

bool Cursor::next() {
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  throw_error(sqlite3_db_handle(statement_), rc, "statement failed");
}

void Cursor::expect(int column, int type) const {
  if (sqlite3_column_type(statement_, column) != type) {
    throw FormatError(fmt::format("column {} has a value of another type",
                                  sqlite3_column_name(statement_, column)));
  }
}

std::int64_t Cursor::number(int column) const {
  expect(column, SQLITE_INTEGER);
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> Cursor::optional_number(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return number(column);
}

std::string_view Cursor::blob(int column) const {
  expect(column, SQLITE_BLOB);
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr
             ? std::string_view("")
             : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::string_view Cursor::text(int column) const {
  expect(column, SQLITE_TEXT);
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Statement::Statement(sqlite3* db, std::string_view sql) {
  const int rc = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (rc != SQLITE_OK) throw_error(db, rc, "statement not prepared");
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::bind(int index, std::int64_t value) {
  const int rc = sqlite3_bind_int64(statement_, index, value);
  if (rc != SQLITE_OK) throw_error(sqlite3_db_handle(statement_), rc, "value not bound");
}

void Statement::bind(int index, std::string_view bytes) {
  // A null pointer would bind NULL, which an empty value is not.
  const int rc = sqlite3_bind_blob64(statement_, index, bytes.data() != nullptr ? bytes.data() : "",
                                     bytes.size(), SQLITE_STATIC);
  if (rc != SQLITE_OK) throw_error(sqlite3_db_handle(statement_), rc, "value not bound");
}

void Statement::bind(int index, const std::optional<std::int64_t>& value) {
  if (value) return bind(index, *value);
  const int rc = sqlite3_bind_null(statement_, index);
  if (rc != SQLITE_OK) throw_error(sqlite3_db_handle(statement_), rc, "value not bound");
}

void Statement::bind(int index, const std::array<std::byte, 32>& digest) {
  bind(index, std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

int Statement::changes() const {
  return sqlite3_changes(sqlite3_db_handle(statement_));
}

}  // namespace durasim::inline v0::store::sqlite
