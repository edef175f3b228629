// The memory store: one table of runs, one of requests, and indexes by workflow id, start time and
// due time. A group is applied transition by transition, each change written into the undo log, and
// taken back as a whole when something throws.
#include "durasim/store/memory.hpp"

#include "durasim/store/rules.hpp"

#include "store/undo_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace durasim::inline v0::store {

struct MemoryStore::Tables {
  RunTable runs;
  WorkflowTable workflows;
  RequestTable requests;
  RequestsOfRun requests_of_run;
  BlobTable blobs;
  BlobUses blob_uses;
  TimedRuns by_start;
  TimedRuns by_due;  // open runs only
  WallTime last_time{};
  std::array<std::string, kInFlightSlots> in_flight;
  std::vector<std::string> in_flight_at_open;
  UndoLog undo;

  void apply(const Transition& transition);
  void check_current(const Transition& transition);
  RunTable::iterator start(const Transition& transition);
  void replace_row(RunTable::iterator run, const RunRow& row);
  void apply_tasks(RunRecord& run, const Transition& transition);
  void answer(const RequestRow& request);
  void use_blob(RunTable::iterator run, const BlobRow& row);
  void drop_blobs(const RunTable::value_type& run);
  void note_time(WallTime time);
  void remove(RunTable::iterator run);
  void leave_workflow(const RunRow& row);
  void settle(const std::function<void()>& make_durable, const std::function<void()>& change);
};

namespace {

std::optional<WallTime> due(const RunRow& run) {
  return is_open(run) ? run.due : std::nullopt;
}

bool matches(const RunRow& run, const RunFilter& filter) {
  return (!filter.status || run.status == *filter.status) &&
         (filter.workflow_id.empty() || run.workflow_id == filter.workflow_id) &&
         (filter.workflow_type.empty() || run.workflow_type == filter.workflow_type);
}

}  // namespace

// Makes the change, lets the caller make it durable, keeps both or neither.
void MemoryStore::Tables::settle(const std::function<void()>& make_durable,
                                 const std::function<void()>& change) {
  try {
    change();
    if (make_durable) make_durable();
  } catch (...) {
    undo.roll_back();
    throw;
  }
  undo.clear();
}

void MemoryStore::Tables::note_time(WallTime time) {
  if (time > last_time) undo.replace(last_time, time);
}

// A workflow id is held by one open run at most.
void MemoryStore::Tables::check_current(const Transition& transition) {
  const RunRow& run = transition.run;
  const auto workflow = workflows.find(run.workflow_id);
  if (workflow == workflows.end() || workflow->second.current.empty()) return;
  const auto current = runs.find(workflow->second.current);
  if (current->first != run.run_id && is_open(current->second.row)) {
    throw StoreRejected(fmt::format("run \"{}\": workflow id \"{}\" is held by the open run \"{}\"",
                                    run.run_id, run.workflow_id, current->first));
  }
}

RunTable::iterator MemoryStore::Tables::start(const Transition& transition) {
  const RunRow& row = transition.run;
  const auto run = undo.insert(runs, row.run_id, RunRecord{row, {}, {}, {}});
  const TimedRun started{row.start_time, run->first};
  undo.insert(by_start, started);
  undo.insert(undo.insert(workflows, row.workflow_id, WorkflowRuns{})->second.by_start, started);
  if (const auto time = due(row)) undo.insert(by_due, *time, std::string_view(run->first));
  return run;
}

void MemoryStore::Tables::replace_row(RunTable::iterator run, const RunRow& row) {
  RunRow& stored = run->second.row;
  const std::string_view run_id = run->first;
  const auto before = due(stored);
  const auto after = due(row);
  if (before != after) {
    if (before) undo.extract(by_due, by_due.find({*before, run_id}));
    if (after) undo.insert(by_due, *after, run_id);
  }
  undo.replace(stored, row);
}

void MemoryStore::Tables::apply_tasks(RunRecord& run, const Transition& transition) {
  for (const TaskKey& key : transition.delete_tasks) {
    const auto task = run.tasks.find({key.kind, key.event_id});
    if (task == run.tasks.end()) {
      throw StoreRejected(fmt::format("run \"{}\": no task of kind {} for event {} to delete",
                                      key.run_id, static_cast<int>(key.kind), key.event_id));
    }
    undo.extract(run.tasks, task);
  }
  for (const TaskRow& row : transition.put_tasks) {
    const std::pair key(row.key.kind, row.key.event_id);
    if (const auto task = run.tasks.find(key); task != run.tasks.end()) {
      undo.replace(task->second, row);
    } else {
      undo.insert(run.tasks, key, row);
    }
  }
}

void MemoryStore::Tables::answer(const RequestRow& request) {
  if (requests.contains(RequestView(request.scope, request.request_id))) {
    throw StoreRejected(fmt::format("request \"{}\" in \"{}\" has been answered before",
                                    request.request_id, request.scope));
  }
  const RequestKey key(request.scope, request.request_id);
  undo.insert(requests, key, request);
  undo.insert(requests_of_run, request.run_id, key);
}

void MemoryStore::Tables::use_blob(RunTable::iterator run, const BlobRow& row) {
  if (const auto blob = blobs.find(row.hash); blob == blobs.end()) {
    undo.insert(blobs, row.hash, row.bytes);
  } else if (blob->second != row.bytes) {
    undo.replace(blob->second, row.bytes);
  }
  undo.insert(run->second.blobs, row.hash);
  undo.insert(blob_uses, row.hash, std::string_view(run->first));
}

// Those that only this run uses go with it.
void MemoryStore::Tables::drop_blobs(const RunTable::value_type& run) {
  for (const Digest& hash : run.second.blobs) {
    undo.extract(blob_uses, blob_uses.find({hash, run.first}));
    const auto other = blob_uses.lower_bound({hash, {}});
    if (other == blob_uses.end() || other->first != hash) undo.extract(blobs, blobs.find(hash));
  }
}

void MemoryStore::Tables::apply(const Transition& transition) {
  const auto stored = runs.find(transition.run.run_id);
  const bool starts = stored == runs.end();
  check_transition(transition, starts ? nullptr : &stored->second.row);
  if (transition.make_current) check_current(transition);
  const auto run = starts ? start(transition) : stored;
  if (!starts) replace_row(run, transition.run);
  if (transition.make_current) {
    WorkflowRuns& workflow = workflows.find(transition.run.workflow_id)->second;
    undo.replace(workflow.current, std::string_view(run->first));
  }
  undo.append(run->second, transition.batches);
  apply_tasks(run->second, transition);
  for (const RequestRow& request : transition.requests) answer(request);
  for (const BlobRow& blob : transition.blobs) use_blob(run, blob);
  note_time(transition.note_time);
  note_time(transition.run.start_time);
  note_time(transition.run.close_time);
}

// Takes the run out of its workflow id; the id then goes to the run that started last. An id
// without runs keeps its empty entry: ids come back, and an entry is small.
void MemoryStore::Tables::leave_workflow(const RunRow& row) {
  WorkflowRuns& workflow = workflows.find(row.workflow_id)->second;
  undo.extract(workflow.by_start, workflow.by_start.find({row.start_time, row.run_id}));
  if (workflow.current != row.run_id) return;
  undo.replace(workflow.current, workflow.by_start.empty()
                                     ? std::string_view()
                                     : std::prev(workflow.by_start.end())->second);
}

void MemoryStore::Tables::remove(RunTable::iterator run) {
  const RunRow& row = run->second.row;
  undo.extract(by_start, by_start.find({row.start_time, row.run_id}));
  leave_workflow(row);
  auto request = requests_of_run.lower_bound({row.run_id, {}});
  while (request != requests_of_run.end() && request->first == row.run_id) {
    const auto next = std::next(request);
    undo.extract(requests, requests.find(request->second));
    undo.extract(requests_of_run, request);
    request = next;
  }
  drop_blobs(*run);
  undo.extract(runs, run);
}

MemoryStore::MemoryStore() : tables_(std::make_unique<Tables>()) {}
MemoryStore::~MemoryStore() = default;
MemoryStore::MemoryStore(MemoryStore&&) noexcept = default;
MemoryStore& MemoryStore::operator=(MemoryStore&&) noexcept = default;

void MemoryStore::commit(std::span<const Transition> transitions) {
  commit(transitions, nullptr);
}

void MemoryStore::commit(std::span<const Transition> transitions,
                         const std::function<void()>& make_durable) {
  tables_->settle(make_durable, [&] {
    for (const Transition& transition : transitions) tables_->apply(transition);
  });
}

std::optional<RunRow> MemoryStore::run(std::string_view run_id) const {
  const auto run = tables_->runs.find(run_id);
  return run == tables_->runs.end() ? std::nullopt : std::optional(run->second.row);
}

std::optional<RunRow> MemoryStore::current_run(std::string_view workflow_id) const {
  const auto workflow = tables_->workflows.find(workflow_id);
  if (workflow == tables_->workflows.end()) return std::nullopt;
  return run(workflow->second.current);
}

std::vector<TaskRow> MemoryStore::tasks(std::string_view run_id) const {
  std::vector<TaskRow> rows;
  const auto run = tables_->runs.find(run_id);
  if (run == tables_->runs.end()) return rows;
  rows.reserve(run->second.tasks.size());
  for (const auto& [key, row] : run->second.tasks) rows.push_back(row);
  return rows;
}

std::vector<HistoryBatch> MemoryStore::history(std::string_view run_id,
                                               std::int64_t from_event_id) const {
  const auto run = tables_->runs.find(run_id);
  if (run == tables_->runs.end()) return {};
  const std::vector<HistoryBatch>& all = run->second.history;
  return {std::ranges::lower_bound(all, from_event_id, {}, &HistoryBatch::last_event_id),
          all.end()};
}

std::optional<RequestRow> MemoryStore::request(std::string_view scope,
                                               std::string_view request_id) const {
  const auto row = tables_->requests.find(RequestView(scope, request_id));
  return row == tables_->requests.end() ? std::nullopt : std::optional(row->second);
}

std::optional<std::string> MemoryStore::blob(const Digest& hash) const {
  const auto blob = tables_->blobs.find(hash);
  return blob == tables_->blobs.end() ? std::nullopt : std::optional(blob->second);
}

std::vector<RunRow> MemoryStore::runs(const RunFilter& filter) const {
  const TimedRuns* index = &tables_->by_start;
  if (!filter.workflow_id.empty()) {
    const auto workflow = tables_->workflows.find(filter.workflow_id);
    if (workflow == tables_->workflows.end()) return {};
    index = &workflow->second.by_start;
  }
  auto at = index->begin();
  if (!filter.after_run_id.empty()) {
    const auto last = tables_->runs.find(filter.after_run_id);
    if (last == tables_->runs.end()) {
      throw InvalidArgument(
          fmt::format("the page after run \"{}\": there is no such run; list from the start again",
                      filter.after_run_id));
    }
    at = index->upper_bound({last->second.row.start_time, last->first});
  }
  std::vector<RunRow> rows;
  for (; at != index->end() && rows.size() < filter.limit; ++at) {
    const RunRow& row = tables_->runs.find(at->second)->second.row;
    if (matches(row, filter)) rows.push_back(row);
  }
  return rows;
}

std::vector<std::string> MemoryStore::due_runs(WallTime until, std::size_t limit) const {
  std::vector<std::string> ids;
  for (const auto& [time, run_id] : tables_->by_due) {
    if (time > until || ids.size() == limit) break;
    ids.emplace_back(run_id);
  }
  return ids;
}

std::optional<WallTime> MemoryStore::next_due() const {
  if (tables_->by_due.empty()) return std::nullopt;
  return tables_->by_due.begin()->first;
}

WallTime MemoryStore::last_time() const {
  return tables_->last_time;
}

void MemoryStore::set_in_flight(std::size_t slot, std::string_view run_id) noexcept {
  if (slot >= kInFlightSlots) return;
  try {
    tables_->in_flight.at(slot) = run_id;
  } catch (...) {
    tables_->in_flight.at(slot).clear();  // out of memory: this crash would not be counted
  }
}

std::vector<std::string> MemoryStore::runs_in_flight_at_open() const {
  return tables_->in_flight_at_open;
}

void MemoryStore::remove(std::string_view run_id) {
  remove(run_id, nullptr);
}

void MemoryStore::remove(std::string_view run_id, const std::function<void()>& make_durable) {
  const auto run = tables_->runs.find(run_id);
  if (run == tables_->runs.end()) {
    throw StoreRejected(fmt::format("run \"{}\": there is no such run to remove", run_id));
  }
  if (is_open(run->second.row)) {
    throw StoreRejected(fmt::format("run \"{}\" is open; only closed runs are removed", run_id));
  }
  tables_->settle(make_durable, [&] { tables_->remove(run); });
}

void MemoryStore::reopen() {
  std::vector<std::string> found;
  for (const std::string& run_id : tables_->in_flight) {
    if (!run_id.empty()) found.push_back(run_id);
  }
  tables_->in_flight_at_open = std::move(found);
  tables_->in_flight.fill({});
}

}  // namespace durasim::inline v0::store
