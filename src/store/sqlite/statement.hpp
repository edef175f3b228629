// Prepared statements: values are bound, never written into SQL; a cursor resets its statement at
// its end, also when something throws.
#pragma once

#include "durasim/core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace durasim::inline v0::store::sqlite {

// A call of SQLite's that failed.
class SqliteError : public IoError {
 public:
  SqliteError(int extended_code, const std::string& message)
      : IoError(message), code_(extended_code) {}
  ~SqliteError() override;
  [[nodiscard]] int code() const { return code_; }  // extended
  // The pages contradict each other, or are no database's.
  [[nodiscard]] bool is_corruption() const;
  [[nodiscard]] bool is_disk_full() const;

 private:
  int code_;
};

// Throws SqliteError with the connection's message.
[[noreturn]] void throw_error(sqlite3* db, int code, std::string_view doing);

// The rows of one execution. Views into a row are valid until the next call of next().
class Cursor {
 public:
  explicit Cursor(sqlite3_stmt* statement) : statement_(statement) {}
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  // The next row; false at the end. Throws SqliteError.
  bool next();

  // Columns from 0. A value of another type than asked for is a damaged row: throws FormatError.
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_number(int column) const;
  [[nodiscard]] std::string_view text(int column) const;

 private:
  void expect(int column, int type) const;
  sqlite3_stmt* statement_;
};

class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* db, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }

  [[nodiscard]] bool prepared() const { return statement_ != nullptr; }

  // Runs with these values; texts are bound as blobs and borrowed until the cursor's end.
  template <class... Values>
  [[nodiscard]] Cursor query(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return Cursor(statement_);
  }
  // Runs to its end; the number of rows that were changed.
  template <class... Values>
  int run(const Values&... values) {
    {
      Cursor cursor = query(values...);
      while (cursor.next()) {
      }
    }
    return changes();
  }

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view bytes);
  void bind(int index, const std::optional<std::int64_t>& value);
  void bind(int index, const std::array<std::byte, 32>& digest);
  [[nodiscard]] int changes() const;

  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace durasim::inline v0::store::sqlite
