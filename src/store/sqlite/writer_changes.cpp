// What a transition and a removal change, as statements. Rules that need one row are rules.hpp's;
// those that need the tables are checked here, by lookups and by the number of rows changed.
#include "durasim/store/rules.hpp"

#include "store/sqlite/writer.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr std::size_t kMostKnown = 4096;

[[noreturn]] void reject_run(std::string_view run_id, const std::string& why) {
  throw StoreRejected(fmt::format("run \"{}\": {}", run_id, why));
}

void note_time(Head& head, WallTime time) {
  if (time > head.last_time) head.last_time = time;
}

template <class Value>
void append_value(std::string& bytes, const Value& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

// An UPDATE touches every index of which it names a column, whatever the value: transitions that
// keep due time and status, which most do, name neither.
Writer::Statements::Statements(const Connection& connection)
    : update_head(connection.prepare(
          "UPDATE meta SET commit_number = ?1, chain = ?2, last_time = ?3, checksum = ?4 "
          "WHERE id = 1 AND epoch = ?5 AND commit_number = ?6")),
      read_epoch(connection.prepare("SELECT epoch FROM meta WHERE id = 1")),
      find_run(connection.prepare(
          "SELECT id, workflow_id, workflow_type, status, version, next_event_id, start_time, "
          "close_time, due, chain FROM runs INDEXED BY runs_by_run_id WHERE run_id = ?1")),
      find_current(connection.prepare(
          "SELECT runs.id, runs.run_id, runs.status FROM current_runs "
          "INDEXED BY current_runs_by_workflow JOIN runs ON runs.id = current_runs.run "
          "WHERE current_runs.workflow_id = ?1")),
      insert_run(connection.prepare(
          "INSERT INTO runs(run_id, workflow_id, workflow_type, task_queue, status, version, "
          "next_event_id, history_bytes, start_time, close_time, due, chain, checksum, state) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) RETURNING id")),
      update_run(connection.prepare(
          "UPDATE runs SET task_queue = ?2, version = ?3, next_event_id = ?4, history_bytes = ?5, "
          "chain = ?6, checksum = ?7, state = ?8 WHERE id = ?1")),
      update_run_due(connection.prepare(
          "UPDATE runs SET task_queue = ?2, version = ?3, next_event_id = ?4, history_bytes = ?5, "
          "chain = ?6, checksum = ?7, state = ?8, due = ?9 WHERE id = ?1")),
      update_run_status(connection.prepare(
          "UPDATE runs SET task_queue = ?2, version = ?3, next_event_id = ?4, history_bytes = ?5, "
          "chain = ?6, checksum = ?7, state = ?8, due = ?9, status = ?10, close_time = ?11 "
          "WHERE id = ?1")),
      put_current(connection.prepare(
          "INSERT INTO current_runs(workflow_id, run, checksum) VALUES(?1, ?2, ?3) "
          "ON CONFLICT(workflow_id) DO UPDATE SET run = excluded.run, checksum = "
          "excluded.checksum")),
      insert_batch(connection.prepare(
          "INSERT INTO history(run, first_event_id, last_event_id, chain, event_checksums, events) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6)")),
      delete_task(connection.prepare("DELETE FROM tasks "
                                     "WHERE run = ?1 AND kind = ?2 AND event_id = ?3")),
      put_task(connection.prepare(
          "INSERT INTO tasks(run, kind, event_id, checksum, state) VALUES(?1, ?2, ?3, ?4, ?5) "
          "ON CONFLICT(run, kind, event_id) "
          "DO UPDATE SET checksum = excluded.checksum, state = excluded.state")),
      insert_request(connection.prepare(
          "INSERT INTO requests(scope, request_id, run_id, fingerprint, checksum) "
          "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(scope, request_id) DO NOTHING")),
      find_blob(connection.prepare(
          "SELECT id, bytes = ?2 FROM blobs INDEXED BY blobs_by_hash WHERE hash = ?1")),
      insert_blob(connection.prepare("INSERT INTO blobs(hash, bytes) VALUES(?1, ?2) RETURNING id")),
      replace_blob(connection.prepare("UPDATE blobs SET bytes = ?2 WHERE id = ?1")),
      insert_blob_use(
          connection.prepare("INSERT INTO blob_uses(run, blob, checksum) VALUES(?1, ?2, ?3) "
                             "ON CONFLICT(run, blob) DO NOTHING")),
      delete_blobs_of(
          connection.prepare("DELETE FROM blobs WHERE id IN (SELECT blob FROM blob_uses WHERE run "
                             "= ?1) AND NOT EXISTS "
                             "(SELECT 1 FROM blob_uses INDEXED BY blob_uses_by_blob "
                             "WHERE blob_uses.blob = blobs.id AND blob_uses.run <> ?1)")),
      delete_blob_uses_of(connection.prepare("DELETE FROM blob_uses WHERE run = ?1")),
      delete_tasks_of(connection.prepare("DELETE FROM tasks WHERE run = ?1")),
      delete_history_of(
          connection.prepare("DELETE FROM history INDEXED BY history_by_run WHERE run = ?1")),
      delete_requests_of(
          connection.prepare("DELETE FROM requests INDEXED BY requests_by_run WHERE run_id = ?1")),
      delete_current(connection.prepare("DELETE FROM current_runs INDEXED BY "
                                        "current_runs_by_workflow WHERE workflow_id = ?1")),
      latest_of_workflow(connection.prepare(
          "SELECT id FROM runs INDEXED BY runs_by_workflow WHERE workflow_id = ?1 "
          "ORDER BY start_time DESC, run_id DESC LIMIT 1")),
      delete_run(connection.prepare("DELETE FROM runs WHERE id = ?1")) {}

Writer::Before& Writer::look_up(std::string_view run_id) {
  if (known_.size() >= kMostKnown) known_.clear();
  const auto [place, is_new] = known_.try_emplace(std::string(run_id));
  Before& before = place->second;
  if (!is_new) return before;
  Cursor found = statements_.find_run.query(run_id);
  if (!found.next()) return before;
  RunRow& row = before.row;
  row.run_id = run_id;
  row.workflow_id = found.blob(1);
  row.workflow_type = found.blob(2);
  row.status = static_cast<RunStatus>(found.number(3));
  row.version = found.number(4);
  row.next_event_id = found.number(5);
  row.start_time = time_of(found.number(6));
  row.close_time = time_of(found.number(7));
  if (const auto due = found.optional_number(8)) row.due = time_of(*due);
  row.chain = digest_of(found.blob(9));
  before.id = found.number(0);
  return before;
}

void Writer::remember(Before& before, std::int64_t id, const RunRow& row) {
  if (!is_open(row)) {
    known_.erase(row.run_id);
    return;
  }
  if (before.id == 0) {
    before.id = id;
    before.row.run_id = row.run_id;
    before.row.workflow_id = row.workflow_id;
    before.row.workflow_type = row.workflow_type;
    before.row.start_time = row.start_time;
  }
  before.row.status = row.status;
  before.row.version = row.version;
  before.row.next_event_id = row.next_event_id;
  before.row.close_time = row.close_time;
  before.row.due = row.due;
  before.row.chain = row.chain;
}

// A workflow id is held by one open run at most.
void Writer::check_current(const Transition& transition, std::int64_t run) {
  Cursor current = statements_.find_current.query(transition.run.workflow_id);
  if (!current.next() || current.number(0) == run) return;
  if (current.number(2) != static_cast<std::int64_t>(RunStatus::Running)) return;
  reject_run(transition.run.run_id, fmt::format("workflow id \"{}\" is held by the open run \"{}\"",
                                                transition.run.workflow_id, current.blob(1)));
}

std::int64_t Writer::insert_run(const RunRow& row) {
  Cursor inserted = statements_.insert_run.query(
      row.run_id, row.workflow_id, row.workflow_type, row.task_queue,
      static_cast<std::int64_t>(row.status), row.version, row.next_event_id, row.history_bytes,
      number_of(row.start_time), number_of(row.close_time), number_of(row.due), row.chain,
      std::int64_t{row.checksum}, row.state);
  inserted.next();
  const std::int64_t id = inserted.number(0);
  inserted.next();  // to its end
  return id;
}

void Writer::update_run(const Before& before, const RunRow& row) {
  const auto run = [&](Statement& statement, const auto&... more) {
    return statement.run(before.id, row.task_queue, row.version, row.next_event_id,
                         row.history_bytes, row.chain, std::int64_t{row.checksum}, row.state,
                         more...);
  };
  int changed = 0;
  if (row.status != before.row.status || row.close_time != before.row.close_time) {
    changed = run(statements_.update_run_status, number_of(row.due),
                  static_cast<std::int64_t>(row.status), number_of(row.close_time));
  } else if (row.due != before.row.due) {
    changed = run(statements_.update_run_due, number_of(row.due));
  } else {
    changed = run(statements_.update_run);
  }
  if (changed != 1)
    throw StoreDamaged(fmt::format("run \"{}\": its row is not where it was", row.run_id));
}

void Writer::make_current(std::string_view workflow_id, std::int64_t run) {
  statements_.put_current.run(workflow_id, run,
                              std::int64_t{current_run_checksum(workflow_id, run)});
}

void Writer::write_batches(const Transition& transition, std::int64_t run) {
  for (const HistoryBatch& batch : transition.batches) {
    statements_.insert_batch.run(run, batch.first_event_id, batch.last_event_id, batch.chain,
                                 bytes_of(batch.event_checksums), batch.events);
  }
}

void Writer::write_tasks(const Transition& transition, std::int64_t run) {
  for (const TaskKey& key : transition.delete_tasks) {
    if (statements_.delete_task.run(run, static_cast<std::int64_t>(key.kind), key.event_id) == 0) {
      reject_run(key.run_id, fmt::format("no task of kind {} for event {} to delete",
                                         static_cast<int>(key.kind), key.event_id));
    }
  }
  for (const TaskRow& task : transition.put_tasks) {
    statements_.put_task.run(run, static_cast<std::int64_t>(task.key.kind), task.key.event_id,
                             std::int64_t{task.checksum}, task.state);
  }
}

void Writer::write_requests(const Transition& transition) {
  for (const RequestRow& request : transition.requests) {
    const int inserted =
        statements_.insert_request.run(request.scope, request.request_id, request.run_id,
                                       request.fingerprint, std::int64_t{request.checksum});
    if (inserted == 0) {
      throw StoreRejected(fmt::format("request \"{}\" in \"{}\" has been answered before",
                                      request.request_id, request.scope));
    }
  }
}

void Writer::apply(const Transition& transition, Head& next) {
  const RunRow& row = transition.run;
  try {
    Before& before = look_up(row.run_id);
    const bool starts = before.id == 0;
    check_transition(transition, starts ? nullptr : &before.row);
    if (transition.make_current) check_current(transition, before.id);
    const std::int64_t run = starts ? insert_run(row) : before.id;
    if (!starts) update_run(before, row);
    if (transition.make_current) make_current(row.workflow_id, run);
    write_batches(transition, run);
    write_tasks(transition, run);
    write_requests(transition);
    write_blobs(transition, run);
    remember(before, run, row);
  } catch (const SqliteError& error) {
    if (!error.is_corruption()) throw;
    throw StoreDamaged(fmt::format("run \"{}\": {}", row.run_id, error.what()));
  } catch (const FormatError& error) {
    throw StoreDamaged(fmt::format("run \"{}\": {}", row.run_id, error.what()));
  }
  note_time(next, transition.note_time);
  note_time(next, row.start_time);
  note_time(next, row.close_time);
  append_value(digest_input_, row.version);
  append_value(digest_input_, row.checksum);
  append_value(digest_input_, row.chain);
}

// Its workflow id then belongs to the run that started last, if one is left.
void Writer::delete_run(std::string_view run_id, Head& /*next*/) {
  const Before before = std::exchange(look_up(run_id), {});
  known_.erase(std::string(run_id));
  if (before.id == 0) reject_run(run_id, "there is no such run to remove");
  if (is_open(before.row)) reject_run(run_id, "it is open; only closed runs are removed");
  statements_.delete_tasks_of.run(before.id);
  statements_.delete_history_of.run(before.id);
  statements_.delete_requests_of.run(run_id);
  statements_.delete_blobs_of.run(before.id);
  statements_.delete_blob_uses_of.run(before.id);
  const bool was_current = [&] {
    Cursor current = statements_.find_current.query(before.row.workflow_id);
    return current.next() && current.number(0) == before.id;
  }();
  statements_.delete_run.run(before.id);
  if (was_current) {
    const auto latest = [&]() -> std::optional<std::int64_t> {
      Cursor found = statements_.latest_of_workflow.query(before.row.workflow_id);
      if (!found.next()) return std::nullopt;
      return found.number(0);
    }();
    if (latest) {
      make_current(before.row.workflow_id, *latest);
    } else {
      statements_.delete_current.run(before.row.workflow_id);
    }
  }
  digest_input_.append(run_id);
}

}  // namespace durasim::inline v0::store::sqlite
