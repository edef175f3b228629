// Sessions over libpq.
#include "durasim/postgresql/traces.hpp"

#include "durasim/core/error.hpp"

#include "pipeline/sql_trace_store.hpp"
#include "postgresql/answer.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::postgresql {
namespace {

using pipeline::SqlRow;
using pipeline::SqlSession;
using pipeline::SqlValue;

constexpr pipeline::SqlWords kWords{.text = "text COLLATE \"C\"",
                                    .integer = "bigint",
                                    .real = "double precision",
                                    .instant = "timestamptz",
                                    .table = ""};
// Taken by whoever makes or changes the tables: "durasimt" in ASCII.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(7238539249396346228)";
// What a role or a database may have set otherwise, and this code relies on.
constexpr const char* kSettings =
    "SET search_path TO durasim; SET TimeZone TO 'UTC'; SET DateStyle TO ISO;"
    "SET extra_float_digits TO 1; SET synchronous_commit TO on";
// Of pg_type.dat; they never change.
constexpr Oid kInt8 = 20;
constexpr Oid kInt4 = 23;
constexpr Oid kFloat8 = 701;
constexpr Oid kInstant = 1184;

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionsPointer = std::unique_ptr<PQconninfoOption, FreeOptions>;

// Where to connect to, in the form that libpq takes, and its name for messages.
struct Target {
  std::vector<std::pair<std::string, std::string>> settings;
  std::string name;
};

Target parse(const std::string& connection) {
  char* complaint = nullptr;
  const OptionsPointer options(PQconninfoParse(connection.c_str(), &complaint));
  PQfreemem(complaint);  // it quotes what was given, which may hold a password
  const auto refuse = [] {
    throw InvalidArgument(
        "traces in PostgreSQL: the connection is neither \"postgresql://user@host/database\" nor "
        "\"host=... dbname=...\"");
  };
  if (!options) refuse();
  // Given first, so that what is stated behind them counts: the last value of a keyword does.
  Target target{.settings = {{"connect_timeout", "5"},
                             {"tcp_user_timeout", "10000"},
                             {"fallback_application_name", "durasim"},
                             {"client_encoding", "UTF8"}},
                .name = "PostgreSQL"};
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    target.settings.emplace_back(option->keyword, option->val);
    const std::string_view keyword = option->keyword;
    // A connection within the connection: as a name it would stand in messages.
    if (keyword == "dbname" &&
        std::string_view(option->val).find_first_of(":=") != std::string::npos)
      refuse();
    if (keyword == "host" || keyword == "port" || keyword == "dbname")
      target.name += fmt::format(" {}={}", keyword, option->val);
  }
  return target;
}

// SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html. Nothing is not the
// server's: the connection broke, although PQstatus may not know it yet. 08: the connection; 57P:
// the server is shut down or has crashed.
bool is_lost(const char* state) {
  return state == nullptr || std::string_view(state).starts_with("08") ||
         std::string_view(state).starts_with("57P");
}

// Another attempt may well get through: rolled back for others (40), no resources (53), stopped by
// an operator or a timeout (57), a lock (55P03).
bool may_pass(std::string_view state) {
  return state.starts_with("40") || state.starts_with("53") || state.starts_with("57") ||
         state == "55P03";
}

// libpq's messages have several lines, with tabs.
std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    const bool space = c == '\n' || c == '\t' || c == ' ';
    if (!space) {
      line += c;
    } else if (!line.ends_with(' ')) {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

std::optional<std::string> text_of(const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::nullopt;
}

template <class T>
SqlValue number_of(std::string_view text) {
  T number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "2026-11-20 12:34:56.789+00" -> "2026-11-20T12:34:56.789Z"
std::string rfc3339(std::string text) {
  text.at(10) = 'T';
  return text.substr(0, text.rfind('+')) + "Z";
}

SqlValue value_at(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  std::string text = PQgetvalue(result, row, column);
  switch (PQftype(result, column)) {
    case kInt4:
    case kInt8:
      return number_of<std::int64_t>(text);
    case kFloat8:
      return number_of<double>(text);
    case kInstant:
      return rfc3339(std::move(text));
    default:
      return text;
  }
}

class Session final : public SqlSession {
 public:
  Session(const Target& target, Duration patience)
      : name_(target.name), patience_(patience), connection_(connect(target)) {
    if (PQstatus(connection_.get()) != CONNECTION_OK ||
        PQsetnonblocking(connection_.get(), 1) != 0) {
      throw UnavailableError(
          fmt::format("{}: {}", name_, one_line(PQerrorMessage(connection_.get()))));
    }
    const auto limit = std::chrono::ceil<std::chrono::milliseconds>(patience);
    execute(fmt::format("{}; SET statement_timeout TO {}", kSettings, limit.count()).c_str());
    bring_up_to_date();
  }

  void begin(Access access) override {
    execute(access == Access::Write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  }
  // Of a transaction that has failed, COMMIT is answered by ROLLBACK.
  void commit() override {
    const ResultPointer result = execute("COMMIT");
    if (PQcmdStatus(result.get()) != std::string_view("COMMIT"))
      throw IoError(name_ + ": the transaction was rolled back");
  }

  std::vector<SqlRow> run(const std::string& sql, const SqlRow& values) override {
    std::vector<std::optional<std::string>> texts;
    for (const SqlValue& value : values) texts.push_back(text_of(value));
    std::vector<const char*> parameters;
    parameters.reserve(texts.size());
    for (const auto& text : texts) parameters.push_back(text ? text->c_str() : nullptr);
    const ResultPointer result = answer(
        PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(parameters.size()),
                          nullptr, parameters.data(), nullptr, nullptr, 0));
    std::vector<SqlRow> rows(static_cast<std::size_t>(PQntuples(result.get())));
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      for (int column = 0; column < PQnfields(result.get()); ++column)
        rows[static_cast<std::size_t>(row)].push_back(value_at(result.get(), row, column));
    }
    return rows;
  }

 private:
  using ConnectionPointer = std::unique_ptr<PGconn, CloseConnection>;

  static ConnectionPointer connect(const Target& target) {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : target.settings) {
      keywords.push_back(keyword.c_str());
      values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    ConnectionPointer connection(PQconnectdbParams(keywords.data(), values.data(), 0));
    // Else libpq writes remarks such as "already exists, skipping" to the host's standard error.
    PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
    return connection;
  }

  // A database that is up to date is only looked at, so that its user needs no right to make
  // tables.
  void bring_up_to_date() {
    if (missing_migrations(kWords, version(), name_).empty()) return;
    begin(Access::Write);
    execute(kLock);  // others who do the same wait here
    execute(
        "CREATE SCHEMA IF NOT EXISTS durasim;"
        "CREATE TABLE IF NOT EXISTS durasim.schema_version(version bigint NOT NULL)");
    for (const std::string& migration : missing_migrations(kWords, version(), name_))
      execute(migration.c_str());
    execute("DELETE FROM durasim.schema_version");
    run("INSERT INTO durasim.schema_version VALUES($1)",
        {static_cast<std::int64_t>(trace_migrations(kWords).size())});
    commit();
  }

  // 0: there are no tables.
  std::int64_t version() {
    const auto table = run("SELECT to_regclass('durasim.schema_version')::text", {});
    if (std::holds_alternative<std::monostate>(table.at(0).at(0))) return 0;
    const auto rows = run("SELECT version FROM durasim.schema_version", {});
    return rows.empty() ? 0 : std::get<std::int64_t>(rows.at(0).at(0));
  }

  ResultPointer execute(const char* sql) { return answer(PQsendQuery(connection_.get(), sql)); }

  // A server that can still answer gives a statement up by itself, and says so; an eighth later it
  // is given up.
  ResultPointer answer(int sent) {
    ResultPointer result;
    try {
      result = answer_of(connection_.get(), sent, patience_ + patience_ / 8);
    } catch (const UnavailableError& error) {
      throw UnavailableError(fmt::format("{}: {}", name_, error.what()));
    }
    check(result.get());
    return result;
  }

  void check(const PGresult* result) const {
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
    const std::string message =
        fmt::format("{}: {}", name_, one_line(PQerrorMessage(connection_.get())));
    const char* state = result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    if (is_lost(state)) throw pipeline::SqlSessionLost(message);
    if (may_pass(state)) throw UnavailableError(message);
    throw IoError(fmt::format("{} (SQLSTATE {})", message, state));
  }

  std::string name_;
  Duration patience_;
  ConnectionPointer connection_;
};

}  // namespace

std::unique_ptr<pipeline::TraceStore> open_traces(const std::string& connection,
                                                  Duration patience) {
  if (patience <= Duration(0) || patience > std::chrono::hours(1))
    throw InvalidArgument("a statement of traces takes more than nothing and at most an hour");
  return std::make_unique<pipeline::SqlTraceStore>([target = parse(connection), patience] {
    return std::make_unique<Session>(target, patience);
  });
}

std::string client_version() {
  return fmt::format("libpq {}.{}", PQlibVersion() / 10000, PQlibVersion() % 10000);
}

}  // namespace durasim::inline v0::postgresql
