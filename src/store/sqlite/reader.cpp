// Reads by key. Lists: reader_lists.cpp.
#include "store/sqlite/reader.hpp"

#include "durasim/store/integrity.hpp"

#include "store/sqlite/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::store::sqlite {

namespace {

// What contradicts itself below the rows is damage of the run that was asked for: others go on.
template <class Read>
auto of_run(std::string_view what, std::string_view id, const Read& read) {
  try {
    return read();
  } catch (const SqliteError& error) {
    if (!error.is_corruption()) throw;
    throw StoreDamaged(fmt::format("{} \"{}\": {}", what, id, error.what()));
  } catch (const FormatError& error) {
    throw StoreDamaged(fmt::format("{} \"{}\": {}", what, id, error.what()));
  }
}

}  // namespace

Reader::Reader(const std::string& path, const std::string& vfs, Connection::Access access)
    : connection_(path, vfs, access) {}

Statement& Reader::prepared(Statement& statement, std::string_view sql) {
  if (!statement.prepared()) statement = connection_.prepare(sql);
  return statement;
}

std::optional<RunRow> Reader::run(std::string_view run_id) {
  return of_run("run", run_id, [&]() -> std::optional<RunRow> {
    static const std::string sql =
        fmt::format("SELECT {} FROM runs INDEXED BY runs_by_run_id WHERE run_id = ?1", kRunColumns);
    Cursor found = prepared(run_, sql).query(run_id);
    if (!found.next()) return std::nullopt;
    RunRow row = run_of(found);
    row.run_id = run_id;  // the index's and so the caller's; the row's own is in the checksum
    verify(row);
    return row;
  });
}

std::int64_t Reader::id_of(std::string_view run_id) {
  Cursor found = prepared(id_, "SELECT id FROM runs INDEXED BY runs_by_run_id WHERE run_id = ?1")
                     .query(run_id);
  return found.next() ? found.number(0) : 0;
}

std::optional<RunRow> Reader::current_run(std::string_view workflow_id) {
  return of_run("workflow id", workflow_id, [&]() -> std::optional<RunRow> {
    static const std::string sql = fmt::format(
        "SELECT run, current_runs.checksum, runs.* FROM current_runs "
        "INDEXED BY current_runs_by_workflow LEFT JOIN "
        "(SELECT id, {} FROM runs) AS runs ON runs.id = run WHERE current_runs.workflow_id = ?1",
        kRunColumns);
    Cursor found = prepared(current_, sql).query(workflow_id);
    if (!found.next()) return std::nullopt;
    if (found.number(1) != current_run_checksum(workflow_id, found.number(0))) {
      throw FormatError("its current run does not carry its checksum");
    }
    RunRow row = run_of(found, 3);
    verify(row);
    if (row.workflow_id != workflow_id) throw FormatError("its current run is another id's");
    return row;
  });
}

std::vector<TaskRow> Reader::tasks(std::string_view run_id) {
  return of_run("run", run_id, [&] {
    std::vector<TaskRow> rows;
    const std::int64_t run = id_of(run_id);
    if (run == 0) return rows;
    static const std::string sql =
        fmt::format("SELECT {} FROM tasks WHERE run = ?1 ORDER BY kind, event_id", kTaskColumns);
    Cursor found = prepared(tasks_, sql).query(run);
    while (found.next()) {
      rows.push_back(task_of(found, run_id));
      verify(rows.back());
    }
    return rows;
  });
}

std::vector<HistoryBatch> Reader::history(std::string_view run_id, std::int64_t from_event_id) {
  return of_run("run", run_id, [&] {
    std::vector<HistoryBatch> batches;
    const std::int64_t run = id_of(run_id);
    if (run == 0) return batches;
    // From the batch that `from_event_id` lies in.
    static const std::string sql = fmt::format(
        "SELECT {} FROM history INDEXED BY history_by_run WHERE run = ?1 AND first_event_id >= "
        "coalesce((SELECT max(first_event_id) FROM history INDEXED BY history_by_run "
        "WHERE run = ?1 AND first_event_id <= ?2), 0) AND last_event_id >= ?2 "
        "ORDER BY first_event_id",
        kBatchColumns);
    Cursor found = prepared(history_, sql).query(run, from_event_id);
    while (found.next()) {
      batches.push_back(batch_of(found, run_id));
      verify_events(batches.back());
    }
    return batches;
  });
}

std::optional<RequestRow> Reader::request(std::string_view scope, std::string_view request_id) {
  return of_run("request", request_id, [&]() -> std::optional<RequestRow> {
    static const std::string sql = fmt::format(
        "SELECT {} FROM requests INDEXED BY requests_by_key WHERE scope = ?1 AND request_id = ?2",
        kRequestColumns);
    Cursor found = prepared(request_, sql).query(scope, request_id);
    if (!found.next()) return std::nullopt;
    RequestRow row = request_of(found);
    verify(row);
    return row;
  });
}

// Compared with its hash by whoever asked, who knows the run.
std::optional<std::string> Reader::blob(const Digest& hash) {
  return of_run("blob", hex(hash), [&]() -> std::optional<std::string> {
    Cursor found =
        prepared(blob_, "SELECT bytes FROM blobs INDEXED BY blobs_by_hash WHERE hash = ?1")
            .query(hash);
    if (!found.next()) return std::nullopt;
    return std::string(found.blob(0));
  });
}

ReaderPool::ReaderPool(std::string path, std::string vfs, std::size_t at_most, const Clock& clock,
                       std::chrono::milliseconds max_read_time)
    : path_(std::move(path)),
      vfs_(std::move(vfs)),
      at_most_(std::max<std::size_t>(at_most, 1)),
      clock_(clock),
      max_read_time_(max_read_time) {
  idle_.reserve(at_most_);  // giving back must not fail
}

ReaderPool::Lease ReaderPool::take() {
  std::unique_ptr<Reader> reader;
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty() || open_ < at_most_; });
    if (!idle_.empty()) {
      reader = std::move(idle_.back());
      idle_.pop_back();
    } else {
      ++open_;
    }
  }
  try {
    if (reader == nullptr) {
      reader = std::make_unique<Reader>(path_, vfs_, Connection::Access::ReadOnly);
    }
    reader->connection().set_deadline(clock_, max_read_time_);
  } catch (...) {
    give_back(nullptr);
    throw;
  }
  return {*this, std::move(reader)};
}

void ReaderPool::give_back(std::unique_ptr<Reader> reader) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    if (reader != nullptr) {
      idle_.push_back(std::move(reader));
    } else {
      --open_;
    }
  }
  returned_.notify_one();
}

void ReaderPool::close() {
  const std::scoped_lock lock(mutex_);
  open_ -= idle_.size();
  idle_.clear();
}

}  // namespace durasim::inline v0::store::sqlite
