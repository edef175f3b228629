// Makes rows for store tests.
#include "testing/store_rows.hpp"

#include "durasim/store/integrity.hpp"

#include <chrono>
#include <limits>
#include <utility>

namespace durasim::inline v0::testing {

using namespace store;

namespace {

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

}  // namespace

WallTime at_second(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

std::string history_of(const std::vector<std::string>& events) {
  std::string history;
  for (const std::string& event : events) {
    history += '\x0a';
    append_varint(history, event.size());
    history += event;
  }
  return history;
}

void add_events(Transition& transition, const std::vector<std::string>& events) {
  RunRow& run = transition.run;
  HistoryBatch batch;
  batch.run_id = run.run_id;
  batch.first_event_id = run.next_event_id;
  batch.last_event_id = run.next_event_id + static_cast<std::int64_t>(events.size()) - 1;
  batch.events = history_of(events);
  seal(batch, run.chain);
  run.chain = batch.chain;
  run.next_event_id = batch.last_event_id + 1;
  run.history_bytes += static_cast<std::int64_t>(batch.events.size());
  transition.batches.push_back(std::move(batch));
  seal(run);
}

Transition start_of(std::string_view run_id, std::string_view workflow_id, std::int64_t second) {
  Transition transition;
  RunRow& run = transition.run;
  run.run_id = run_id;
  run.workflow_id = workflow_id;
  run.workflow_type = "type";
  run.task_queue = "queue";
  run.status = RunStatus::Running;
  run.version = 1;
  run.start_time = at_second(second);
  run.state = "state 1";
  transition.make_current = true;
  add_events(transition, {"started", "task scheduled"});
  return transition;
}

Transition after(const Transition& before) {
  Transition transition;
  transition.run = before.run;
  transition.expected_version = before.run.version;
  ++transition.run.version;
  seal(transition.run);
  return transition;
}

Transition close_after(const Transition& before, std::int64_t second, RunStatus status) {
  Transition transition = after(before);
  transition.run.status = status;
  transition.run.close_time = at_second(second);
  transition.run.due.reset();
  add_events(transition, {"closed"});
  return transition;
}

TaskRow task_of(std::string_view run_id, std::int64_t event_id, std::string_view state,
                TaskKind kind) {
  TaskRow row{{std::string(run_id), kind, event_id}, std::string(state), 0};
  seal(row);
  return row;
}

RequestRow request_of(std::string_view scope, std::string_view request_id,
                      std::string_view run_id) {
  RequestRow row;
  row.scope = scope;
  row.request_id = request_id;
  row.run_id = run_id;
  row.fingerprint.fill(std::byte{0x5a});
  seal(row);
  return row;
}

BlobRow blob_of(std::string bytes) {
  const Digest hash = hash_of(bytes);
  return {hash, std::move(bytes)};
}

Picture picture_of(const Store& store) {
  Picture picture;
  picture.runs = store.runs({.limit = std::numeric_limits<std::uint32_t>::max()});
  for (const RunRow& run : picture.runs) {
    picture.tasks[run.run_id] = store.tasks(run.run_id);
    picture.history[run.run_id] = store.history(run.run_id);
    picture.current[run.workflow_id] = store.current_run(run.workflow_id);
  }
  picture.due = store.due_runs(WallTime::max(), std::numeric_limits<std::uint32_t>::max());
  picture.next_due = store.next_due();
  picture.last_time = store.last_time();
  return picture;
}

}  // namespace durasim::inline v0::testing
