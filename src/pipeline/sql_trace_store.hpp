// A TraceStore in an SQL database: tables, statements and transactions, the same for SQLite and
// PostgreSQL. What differs is a session: how a statement is run, and some words.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"
#include "durasim/pipeline/trace.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace durasim::inline v0::pipeline {

// NULL, BIGINT, DOUBLE PRECISION, or TEXT; instants are texts, "2026-11-20T12:34:56.789Z".
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string>;
using SqlRow = std::vector<SqlValue>;

// The session is of no use any more; another one may be.
class DURASIM_EXPORT SqlSessionLost : public UnavailableError {
 public:
  using UnavailableError::UnavailableError;
  ~SqlSessionLost() override;
};

// A connection to a database with today's tables. Closing it undoes the transaction that is open.
// One thread at a time.
class DURASIM_EXPORT SqlSession {
 public:
  virtual ~SqlSession();
  enum class Access { Read, Write };
  virtual void begin(Access access) = 0;
  virtual void commit() = 0;
  // One statement, whose parameters are $1, $2, ... in the order in which they first appear.
  virtual std::vector<SqlRow> run(const std::string& sql, const SqlRow& values) = 0;
};

class DURASIM_EXPORT SqlTraceStore final : public TraceStore {
 public:
  // `connect` is called under the store's lock, by calls that find no session or a lost one.
  explicit SqlTraceStore(std::function<std::unique_ptr<SqlSession>()> connect);

  void update(const Trace& trace) override;
  [[nodiscard]] std::optional<Trace> find(const std::string& run_id) override;
  [[nodiscard]] std::vector<TraceRun> runs(const std::string& workflow_id_prefix,
                                           std::size_t limit) override;
  [[nodiscard]] std::vector<TraceRun> running(std::size_t limit) override;

 private:
  std::vector<TraceRun> find_runs(std::string_view which, const SqlRow& values);
  void in_transaction(SqlSession::Access access, const std::function<void(SqlSession&)>& work);
  void try_once(SqlSession::Access access, const std::function<void(SqlSession&)>& work);

  std::function<std::unique_ptr<SqlSession>()> connect_;
  std::mutex mutex_;
  std::unique_ptr<SqlSession> session_;
};

// ---- tables -------------------------------------------------------------------------------------

// What the databases call things differently in.
struct SqlWords {
  std::string_view text;     // compared byte by byte
  std::string_view integer;  // of 64 bits
  std::string_view real;
  std::string_view instant;
  std::string_view table;  // behind its columns
};

// How to come from each version of the tables to the next, the first one from nothing. Migrations
// are appended, never changed: databases of all versions are out there.
[[nodiscard]] DURASIM_EXPORT std::vector<std::string> trace_migrations(const SqlWords& words);

// Those that a database of that version lacks. Throws FormatError, naming the `place`, for one that
// a newer durasim has made.
[[nodiscard]] DURASIM_EXPORT std::vector<std::string> missing_migrations(const SqlWords& words,
                                                                         std::int64_t version,
                                                                         const std::string& place);

}  // namespace durasim::inline v0::pipeline
