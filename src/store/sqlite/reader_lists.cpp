// Lists of runs: by start time, by workflow id, by due time. Each statement names its index, so
// that no statistics and no newer planner turns a list into a scan of all runs.
#include "durasim/store/integrity.hpp"

#include "store/sqlite/reader.hpp"
#include "store/sqlite/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace durasim::inline v0::store::sqlite {

namespace {

std::int64_t sql_limit(std::size_t limit) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return std::cmp_less(limit, kMost) ? static_cast<std::int64_t>(limit) : kMost;
}

// Refused by verify(), so that whoever lists can tell it from a run that is well.
RunRow unreadable(std::string_view run_id) {
  RunRow row;
  row.run_id = run_id;
  row.status = RunStatus::Running;
  seal(row);
  row.checksum = ~row.checksum;
  return row;
}

bool fits(const RunRow& row, const RunFilter& filter) {
  return (!filter.status || row.status == *filter.status) &&
         (filter.workflow_id.empty() || row.workflow_id == filter.workflow_id) &&
         (filter.workflow_type.empty() || row.workflow_type == filter.workflow_type);
}

}  // namespace

// Parameters: 1 status, 2 workflow id, 3 type, 4 and 5 the last run of the page before, 6 limit.
Statement& Reader::list_statement(std::size_t filter) {
  Statement& statement = lists_.at(filter);
  if (statement.prepared()) return statement;
  std::string_view index = "runs_by_start";
  if ((filter & kOpen) != 0) index = "runs_open";
  if ((filter & kWorkflowId) != 0) index = "runs_by_workflow";
  std::string sql = fmt::format("SELECT {} FROM runs INDEXED BY {} WHERE TRUE", kRunColumns, index);
  if ((filter & kOpen) != 0) sql += " AND status = 1";
  if ((filter & kStatus) != 0) sql += " AND status = ?1";
  if ((filter & kWorkflowId) != 0) sql += " AND workflow_id = ?2";
  if ((filter & kType) != 0) sql += " AND workflow_type = ?3";
  if ((filter & kPage) != 0) sql += " AND (start_time, run_id) > (?4, ?5)";
  sql += " ORDER BY start_time, run_id LIMIT ?6";
  return statement = connection_.prepare(sql);
}

std::int64_t Reader::start_of(const std::string& run_id) {
  const auto look_up = [&](std::string_view sql) -> std::int64_t {
    Statement statement = connection_.prepare(sql);
    Cursor run = statement.query(std::string_view(run_id));
    if (run.next()) return run.number(0);
    throw InvalidArgument(fmt::format(
        "the page after run \"{}\": there is no such run; list from the start again", run_id));
  };
  try {
    return look_up("SELECT start_time FROM runs INDEXED BY runs_by_run_id WHERE run_id = ?1");
  } catch (const SqliteError& error) {
    if (!error.is_corruption()) throw;
  }
  // Its row cannot be read; the list that it comes from is in an index.
  return look_up("SELECT start_time FROM runs INDEXED BY runs_by_start WHERE run_id = ?1");
}

std::vector<RunRow> Reader::runs(const RunFilter& filter) {
  const std::int64_t after = filter.after_run_id.empty() ? 0 : start_of(filter.after_run_id);
  std::size_t kind = 0;
  if (filter.status) kind |= *filter.status == RunStatus::Running ? kOpen : kStatus;
  if (!filter.workflow_id.empty()) kind |= kWorkflowId;
  if (!filter.workflow_type.empty()) kind |= kType;
  if (!filter.after_run_id.empty()) kind |= kPage;
  try {
    std::vector<RunRow> rows;
    Cursor found = list_statement(kind).query(
        static_cast<std::int64_t>(filter.status.value_or(RunStatus::Unspecified)),
        filter.workflow_id, filter.workflow_type, after, filter.after_run_id,
        sql_limit(filter.limit));
    while (found.next()) rows.push_back(run_of(found));
    return rows;
  } catch (const SqliteError& error) {
    if (!error.is_corruption()) throw;
    return runs_one_by_one(filter, after);
  } catch (const FormatError&) {
    return runs_one_by_one(filter, after);
  }
}

std::vector<RunRow> Reader::runs_one_by_one(const RunFilter& filter, std::int64_t after) {
  const bool open = filter.status == RunStatus::Running;
  const std::string sql = fmt::format(
      "SELECT run_id FROM runs INDEXED BY {} WHERE {} AND (start_time, run_id) > (?1, ?2) "
      "ORDER BY start_time, run_id",
      open ? "runs_open" : "runs_by_start", open ? "status = 1" : "TRUE");
  Statement statement = connection_.prepare(sql);
  const bool paged = !filter.after_run_id.empty();
  std::vector<RunRow> rows;
  Cursor ids = statement.query(paged ? after : std::numeric_limits<std::int64_t>::min(),
                               std::string_view(filter.after_run_id));
  while (rows.size() < filter.limit && ids.next()) {
    const std::string run_id(ids.blob(0));
    try {
      const auto row = run(run_id);
      if (row && fits(*row, filter)) rows.push_back(*row);
    } catch (const StoreDamaged&) {
      rows.push_back(unreadable(run_id));  // whatever the filter: nobody knows what it was
    }
  }
  return rows;
}

std::vector<std::string> Reader::due_runs(WallTime until, std::size_t limit) {
  std::vector<std::string> ids;
  Cursor found = prepared(due_,
                          "SELECT run_id FROM runs INDEXED BY runs_by_due "
                          "WHERE due IS NOT NULL AND status = 1 AND due <= ?1 "
                          "ORDER BY due, run_id LIMIT ?2")
                     .query(number_of(until), sql_limit(limit));
  while (found.next()) ids.emplace_back(found.blob(0));
  return ids;
}

std::optional<WallTime> Reader::next_due() {
  Cursor found = prepared(next_due_,
                          "SELECT due FROM runs INDEXED BY runs_by_due "
                          "WHERE due IS NOT NULL AND status = 1 ORDER BY due LIMIT 1")
                     .query();
  if (!found.next()) return std::nullopt;
  return time_of(found.number(0));
}

}  // namespace durasim::inline v0::store::sqlite
