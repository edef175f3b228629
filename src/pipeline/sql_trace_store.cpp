// Statements made of the described structs, and the transactions around them.
#include "pipeline/sql_trace_store.hpp"

#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"

#include "pipeline/sql_rows.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

// A table of what a run has several of. Its first column is the run.
struct RunTable {
  const char* name;
  const char* key;  // beside the run
};
constexpr RunTable kSteps{"steps", "event_id"};
constexpr RunTable kAssets{"assets", "role"};
constexpr RunTable kEvents{"events", "event_id"};
constexpr RunTable kMetrics{"metrics", "name"};

struct MetricRow {
  std::string name;
  double value = 0;
};
BOOST_DESCRIBE_STRUCT(MetricRow, (), (name, value))

template <class E>
std::string_view name_of(E value) {
  for (const detail::EnumeratorName& one : detail::enumerators<E>()) {
    if (one.value == static_cast<std::int64_t>(value)) return one.name;
  }
  return "?";
}

std::string parameters(std::size_t count) {
  std::string list;
  for (std::size_t i = 1; i <= count; ++i) list += fmt::format("{}${}", i > 1 ? ", " : "", i);
  return list;
}

// "a = excluded.a, b = excluded.b": what an upsert writes over a row that is there.
std::string assignments(const std::vector<const char*>& columns) {
  std::string list;
  for (const char* column : columns)
    list += fmt::format("{}{} = excluded.{}", list.empty() ? "" : ", ", column, column);
  return list;
}

// Whether the run's row was written: not when what is there is as late, or later.
bool upsert_run(SqlSession& session, const TraceRun& run) {
  const std::vector<const char*> columns = sql::column_names<TraceRun>();
  const std::string statement = fmt::format(
      "INSERT INTO runs({}) VALUES({}) ON CONFLICT(run_id) DO UPDATE SET {} "
      "WHERE excluded.revision > runs.revision RETURNING revision",
      fmt::join(columns, ", "), parameters(columns.size()), assignments(columns));
  return !session.run(statement, sql::row_of(run)).empty();
}

template <class Row>
void upsert(SqlSession& session, const RunTable& table, const std::string& run_id, const Row& row) {
  const std::vector<const char*> columns = sql::column_names<Row>();
  const std::string statement = fmt::format(
      "INSERT INTO {}(run_id, {}) VALUES({}) ON CONFLICT(run_id, {}) DO UPDATE SET {}", table.name,
      fmt::join(columns, ", "), parameters(columns.size() + 1), table.key, assignments(columns));
  SqlRow values = sql::row_of(row);
  values.insert(values.begin(), run_id);
  session.run(statement, values);
}

template <class Row>
std::vector<Row> select(SqlSession& session, const RunTable& table, const std::string& run_id) {
  const std::string statement =
      fmt::format("SELECT {} FROM {} WHERE run_id = $1 ORDER BY {}",
                  fmt::join(sql::column_names<Row>(), ", "), table.name, table.key);
  return sql::rows_as<Row>(session.run(statement, {run_id}));
}

std::string select_runs(std::string_view which) {
  return fmt::format("SELECT {} FROM runs WHERE {}", fmt::join(sql::column_names<TraceRun>(), ", "),
                     which);
}

constexpr const char* kFirstVersion = R"(
CREATE TABLE runs(
  run_id {text} PRIMARY KEY,
  workflow_id {text} NOT NULL,
  workflow_type {text} NOT NULL,
  name {text} NOT NULL,
  status {text} NOT NULL,
  outcome {text} NOT NULL,
  code {text} NOT NULL,
  reason {text} NOT NULL,
  input_sha256 {text} NOT NULL,
  final_state_hash {text} NOT NULL,
  started_at {instant} NOT NULL,
  ended_at {instant},
  revision {integer} NOT NULL){table};
CREATE INDEX runs_by_workflow ON runs(workflow_id, started_at);
CREATE TABLE steps(
  run_id {text} NOT NULL REFERENCES runs(run_id) ON DELETE CASCADE,
  event_id {integer} NOT NULL,
  name {text} NOT NULL,
  status {text} NOT NULL,
  attempts {integer} NOT NULL,
  scheduled_at {instant} NOT NULL,
  started_at {instant},
  ended_at {instant},
  detail {text} NOT NULL,
  PRIMARY KEY(run_id, event_id)){table};
CREATE TABLE assets(
  run_id {text} NOT NULL REFERENCES runs(run_id) ON DELETE CASCADE,
  role {text} NOT NULL,
  name {text} NOT NULL,
  sha256 {text} NOT NULL,
  size {integer} NOT NULL,
  url {text} NOT NULL,
  PRIMARY KEY(run_id, role)){table};
CREATE TABLE events(
  run_id {text} NOT NULL REFERENCES runs(run_id) ON DELETE CASCADE,
  event_id {integer} NOT NULL,
  at {instant} NOT NULL,
  type {text} NOT NULL,
  detail {text} NOT NULL,
  PRIMARY KEY(run_id, event_id)){table};
CREATE TABLE metrics(
  run_id {text} NOT NULL REFERENCES runs(run_id) ON DELETE CASCADE,
  name {text} NOT NULL,
  value {real} NOT NULL,
  PRIMARY KEY(run_id, name)){table};
)";

}  // namespace

std::string_view to_string(TraceStatus status) {
  return name_of(status);
}
std::string_view to_string(TraceStepStatus status) {
  return name_of(status);
}

TraceStore::~TraceStore() = default;
SqlSession::~SqlSession() = default;
SqlSessionLost::~SqlSessionLost() = default;

std::vector<std::string> trace_migrations(const SqlWords& words) {
  return {fmt::format(fmt::runtime(kFirstVersion), fmt::arg("text", words.text),
                      fmt::arg("integer", words.integer), fmt::arg("real", words.real),
                      fmt::arg("instant", words.instant), fmt::arg("table", words.table))};
}

std::vector<std::string> missing_migrations(const SqlWords& words, std::int64_t version,
                                            const std::string& place) {
  std::vector<std::string> migrations = trace_migrations(words);
  const auto known = std::ssize(migrations);
  if (version < 0 || version > known) {
    throw FormatError(
        fmt::format("{}: its traces have version {}, and durasim {} knows up to {}; use a newer "
                    "durasim. Nothing was changed",
                    place, version, DURASIM_VERSION_STRING, known));
  }
  migrations.erase(migrations.begin(), migrations.begin() + version);
  return migrations;
}

SqlTraceStore::SqlTraceStore(std::function<std::unique_ptr<SqlSession>()> connect)
    : connect_(std::move(connect)) {}

void SqlTraceStore::update(const Trace& trace) {
  in_transaction(SqlSession::Access::Write, [&](SqlSession& session) {
    if (!upsert_run(session, trace.run)) return;
    const std::string& run = trace.run.run_id;
    for (const TraceStep& step : trace.steps) upsert(session, kSteps, run, step);
    for (const TraceAsset& asset : trace.assets) upsert(session, kAssets, run, asset);
    for (const TraceEvent& event : trace.events) upsert(session, kEvents, run, event);
    for (const auto& [name, value] : trace.metrics)
      upsert(session, kMetrics, run, MetricRow{name, value});
  });
}

std::optional<Trace> SqlTraceStore::find(const std::string& run_id) {
  std::optional<Trace> trace;
  in_transaction(SqlSession::Access::Read, [&](SqlSession& session) {
    trace.reset();
    const auto found = sql::rows_as<TraceRun>(session.run(select_runs("run_id = $1"), {run_id}));
    if (found.empty()) return;
    trace = Trace{.run = found.front(),
                  .steps = select<TraceStep>(session, kSteps, run_id),
                  .assets = select<TraceAsset>(session, kAssets, run_id),
                  .events = select<TraceEvent>(session, kEvents, run_id),
                  .metrics = {}};
    for (const MetricRow& metric : select<MetricRow>(session, kMetrics, run_id))
      trace->metrics[metric.name] = metric.value;
  });
  return trace;
}

std::vector<TraceRun> SqlTraceStore::runs(const std::string& workflow_id_prefix,
                                          std::size_t limit) {
  // No text in UTF-8 is behind this one and begins with the prefix, so an index serves.
  const std::string last = workflow_id_prefix + "\U0010FFFF";
  return find_runs(
      "workflow_id >= $1 AND workflow_id <= $2 ORDER BY started_at DESC, run_id LIMIT $3",
      {workflow_id_prefix, last, static_cast<std::int64_t>(limit)});
}

std::vector<TraceRun> SqlTraceStore::running(std::size_t limit) {
  return find_runs("status = $1 ORDER BY started_at DESC, run_id LIMIT $2",
                   {sql::value_of(TraceStatus::Running), static_cast<std::int64_t>(limit)});
}

std::vector<TraceRun> SqlTraceStore::find_runs(std::string_view which, const SqlRow& values) {
  std::vector<TraceRun> found;
  in_transaction(SqlSession::Access::Read, [&](SqlSession& session) {
    found = sql::rows_as<TraceRun>(session.run(select_runs(which), values));
  });
  return found;
}

// A session that served an earlier call may have been lost since, without anybody's knowing. With a
// new one the work is done again, which is harmless also if it had been done: rows have keys.
void SqlTraceStore::in_transaction(SqlSession::Access access,
                                   const std::function<void(SqlSession&)>& work) {
  const std::scoped_lock lock(mutex_);
  const bool is_new = session_ == nullptr;
  try {
    try_once(access, work);
  } catch (const SqlSessionLost&) {
    if (is_new) throw;
    try_once(access, work);
  }
}

// Whatever is thrown closes the session, which undoes what it has begun.
void SqlTraceStore::try_once(SqlSession::Access access,
                             const std::function<void(SqlSession&)>& work) {
  std::unique_ptr<SqlSession> session = session_ ? std::move(session_) : connect_();
  session->begin(access);
  work(*session);
  session->commit();
  session_ = std::move(session);
}

}  // namespace durasim::inline v0::pipeline
