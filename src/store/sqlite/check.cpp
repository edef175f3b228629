// Reads a whole store and reports what is wrong with it, run by run: one that cannot be read hides
// no other.
#include "durasim/store/integrity.hpp"

#include "store/sqlite/backup.hpp"
#include "store/sqlite/findings.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/schema.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <charconv>

namespace durasim::inline v0::store {

namespace sqlite {

namespace {

constexpr std::int64_t kMostIntegrityLines = 100;

class Examination : Findings {
 public:
  Examination(Connection& connection, StoreReport& report)
      : Findings(report), connection_(connection) {}

  void run() {
    guarded(FindingKind::Database, "", [&] { check_database(); });
    guarded(FindingKind::Head, "", [&] { check_head(); });
    guarded(FindingKind::Dangling, "", [&] { check_references(); });
    for (const std::int64_t id : all_run_ids()) check_run(id);
    guarded(FindingKind::Request, "", [&] { check_requests(); });
    guarded(FindingKind::Run, "", [&] { check_current_runs(); });
    examine_blobs(connection_, report_);
  }

 private:
  void check_database() {
    Statement statement =
        connection_.prepare(fmt::format("PRAGMA integrity_check({})", kMostIntegrityLines));
    Cursor line = statement.query();
    while (line.next()) {
      std::string text(line.text(0));
      expect_read(text);
      if (text != "ok") add(FindingKind::Database, "", std::move(text));
    }
  }

  // SQLite's check reports a page that the disk did not give as it does a damaged one.
  static void expect_read(const std::string& text) {
    constexpr std::string_view kCode = "error code=";
    const std::size_t at = text.find(kCode);
    if (at == std::string::npos) return;
    const char* digits = text.data() + at + kCode.size();
    int code = SQLITE_CORRUPT;
    std::from_chars(digits, text.data() + text.size(), code);
    const SqliteError error(code, text);
    if (!error.is_corruption()) throw SqliteError(error);
  }

  void check_head() {
    report_.schema_version = connection_.number_of("PRAGMA user_version");
    const Head head = read_head(connection_);
    report_.epoch = head.epoch;
    report_.commit_number = head.commit_number;
    report_.durability =
        static_cast<Durability>(connection_.number_of("SELECT durability FROM owner WHERE id = 1"));
  }

  // Rows of runs that are not there; an open run that its workflow id does not lead to.
  void check_references() {
    Statement statement = connection_.prepare("PRAGMA foreign_key_check");
    Cursor dangling = statement.query();
    while (dangling.next()) {
      add(FindingKind::Dangling, "",
          fmt::format("row {} of table {} belongs to no run",
                      dangling.optional_number(1).value_or(0), dangling.text(0)));
    }
    Statement hidden = connection_.prepare(
        "SELECT run_id FROM runs WHERE status = 1 AND NOT EXISTS "
        "(SELECT 1 FROM current_runs WHERE current_runs.run = runs.id)");
    Cursor run = hidden.query();
    while (run.next()) {
      add(FindingKind::Dangling, run.blob(0),
          fmt::format("run \"{}\" is open, but not its workflow id's current run", run.blob(0)));
    }
  }

  // From the smallest index; where that is broken, what the table itself gives.
  std::vector<std::int64_t> all_run_ids() {
    for (const char* sql : {"SELECT id FROM runs INDEXED BY runs_by_start ORDER BY id",
                            "SELECT id FROM runs NOT INDEXED"}) {
      std::vector<std::int64_t> ids;
      try {
        Statement statement = connection_.prepare(sql);
        Cursor run = statement.query();
        while (run.next()) ids.push_back(run.number(0));
        return ids;
      } catch (const SqliteError& error) {
        if (!error.is_corruption()) throw;
        add(FindingKind::Run, "", fmt::format("the list of runs ends early: {}", error.what()));
        if (sql[std::string_view(sql).size() - 1] == 'D') return ids;
      }
    }
    return {};
  }

  void check_run(std::int64_t id) {
    std::optional<RunRow> row;
    std::string name = fmt::format("number {}", id);
    guarded(FindingKind::Run, name, [&] {
      static const std::string sql = fmt::format("SELECT {} FROM runs WHERE id = ?1", kRunColumns);
      Cursor found = prepared(run_, sql).query(id);
      if (!found.next()) throw FormatError(fmt::format("run number {} is only in an index", id));
      row = run_of(found);
      name = row->run_id;
      verify(*row);
    });
    ++report_.runs;
    if (!row) return;
    if (is_open(*row)) ++report_.open_runs;
    guarded(FindingKind::History, name, [&] { check_history(id, *row); });
    guarded(FindingKind::Task, name, [&] {
      static const std::string sql =
          fmt::format("SELECT {} FROM tasks WHERE run = ?1", kTaskColumns);
      Cursor found = prepared(tasks_, sql).query(id);
      while (found.next()) {
        ++report_.tasks;
        verify(task_of(found, row->run_id));
      }
    });
  }

  void check_history(std::int64_t id, const RunRow& row) {
    static const std::string sql =
        fmt::format("SELECT {} FROM history WHERE run = ?1 ORDER BY first_event_id", kBatchColumns);
    Cursor found = prepared(history_, sql).query(id);
    std::vector<HistoryBatch> history;
    while (found.next()) history.push_back(batch_of(found, row.run_id));
    if (!history.empty()) report_.events += history.back().last_event_id;
    verify(history, row);
  }

  void check_requests() {
    const std::string sql = fmt::format(
        "SELECT {}, EXISTS (SELECT 1 FROM runs WHERE runs.run_id = requests.run_id) "
        "FROM requests",
        kRequestColumns);
    Statement statement = connection_.prepare(sql);
    Cursor found = statement.query();
    while (found.next()) {
      ++report_.requests;
      const RequestRow row = request_of(found);
      guarded(FindingKind::Request, row.run_id, [&] { verify(row); });
      if (found.number(5) == 0) {
        add(FindingKind::Dangling, row.run_id,
            fmt::format("request \"{}\" in \"{}\" was answered by a run that is not there",
                        row.request_id, row.scope));
      }
    }
  }

  void check_current_runs() {
    Statement statement = connection_.prepare(
        "SELECT workflow_id, run, checksum, (SELECT runs.workflow_id FROM runs WHERE id = run) "
        "FROM current_runs");
    Cursor found = statement.query();
    while (found.next()) {
      const std::string id(found.blob(0));
      guarded(FindingKind::Run, "", [&] {
        if (found.number(2) != current_run_checksum(id, found.number(1)) || found.blob(3) != id) {
          throw FormatError(fmt::format("workflow id \"{}\": its current run is damaged", id));
        }
      });
    }
  }

  Statement& prepared(Statement& statement, std::string_view sql) {
    if (!statement.prepared()) statement = connection_.prepare(sql);
    return statement;
  }

  Connection& connection_;
  Statement run_;
  Statement tasks_;
  Statement history_;
};

void check_mark(const std::optional<Mark>& mark, StoreReport& report) {
  if (!mark) return;
  if (mark->commit_number > report.commit_number) {
    report.findings.push_back(
        {FindingKind::Head, "",
         fmt::format("the store ends at commit {}, but commit {} was acknowledged",
                     report.commit_number, mark->commit_number)});
  }
  if (mark->sync_failed) {
    report.findings.push_back({FindingKind::Head, "",
                               "a sync failed and nothing has made up for it; the next open by an "
                               "owner copies the store"});
  }
}

}  // namespace

void examine(Connection& connection, StoreReport& report) {
  Examination(connection, report).run();
}

}  // namespace sqlite

using namespace sqlite;

// While nobody owns the store this holds the lock: nobody begins to write in the middle.
StoreReport check_store(const std::string& path, StoreEnvironment* environment) {
  const Place place = find_place(path, {}, environment);
  if (!file_exists(*place.vfs, place.path)) {
    throw IoError(fmt::format("{}: there is no store", place.path));
  }
  refuse_foreign_file(place);
  StoreReport report;
  report.path = place.path;
  report.sqlite_version = sqlite_version();
  const auto ownership = place.environment->try_lock(lock_path_of(place.path));
  if (ownership.lock == nullptr) report.owner_pid = ownership.owner;
  // Before the database: a mark is written after its commit.
  std::optional<Mark> mark;
  if (file_exists(*place.vfs, mark_path_of(place.path))) {
    mark = MarkFile(*place.vfs, place.path).read();
  }
  const bool logged = file_exists(*place.vfs, write_ahead_log_of(place.path)) &&
                      VfsFile(*place.vfs, place.path, VfsFile::Kind::WriteAheadLog).size() > 0;
  const bool still = ownership.lock != nullptr && !logged;
  Connection connection(place.path, place.vfs_name,
                        still ? Connection::Access::Immutable : Connection::Access::ReadOnly);
  refuse_foreign(kind_of(connection), place.path.c_str(), schema_migrations());
  connection.execute("BEGIN");
  examine(connection, report);
  check_mark(mark, report);
  return report;
}

std::vector<Finding> backup_store(const std::string& path, const std::string& to,
                                  StoreEnvironment* environment) {
  const Place place = find_place(path, {}, environment);
  if (!file_exists(*place.vfs, place.path)) {
    throw IoError(fmt::format("{}: there is no store", place.path));
  }
  refuse_foreign_file(place);
  return write_backup(place, to);
}

std::string_view to_string(FindingKind kind) {
  switch (kind) {
    case FindingKind::Database:
      return "database";
    case FindingKind::Head:
      return "head";
    case FindingKind::Run:
      return "run";
    case FindingKind::History:
      return "history";
    case FindingKind::Task:
      return "task";
    case FindingKind::Request:
      return "request";
    case FindingKind::Dangling:
      return "dangling";
    case FindingKind::Blob:
      return "blob";
  }
  return "unknown";
}

}  // namespace durasim::inline v0::store
