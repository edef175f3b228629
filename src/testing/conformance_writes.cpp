// Conformance checks of what a commit accepts, refuses and writes as a whole.
#include "durasim/store/integrity.hpp"
#include "durasim/store/rules.hpp"

#include "testing/conformance_check.hpp"

namespace durasim::inline v0::testing {

using namespace store;

namespace {

void group_is_written(Check& check) {
  const Transition a = start_of("a", "id a");
  const Transition b = start_of("b", "id b", 2);
  check.commit({a, b, after(a)});
  check.commit(std::vector<Transition>{});
  Check::expect(check.store().run("a") == after(a).run, "the last row of run a");
  Check::expect(check.store().run("b") == b.run, "the row of run b");
  Check::expect(check.store().history("a") == a.batches, "the history of run a, once");
}

// A bad transition at each place of a group of three, for each way of being bad.
void bad_group_changes_nothing(Check& check) {
  Transition open = start_of("open", "id open");
  open.put_tasks = {task_of("open", 2)};
  open.requests = {request_of("id open", "known", "open")};
  open.run.due = at_second(100);
  seal(open.run);
  check.commit(open);
  Transition stale = after(open);
  stale.expected_version = 0;
  Transition no_task = after(open);
  no_task.delete_tasks = {task_of("open", 9).key};
  Transition repeated = after(open);
  repeated.requests = {request_of("id open", "known", "open")};
  for (const Transition& bad : {stale, no_task, repeated}) {
    for (std::size_t place = 0; place < 3; ++place) {
      Transition good = start_of("good", "id good", 50);
      good.put_tasks = {task_of("good", 2)};
      good.requests = {request_of("id good", "new", "good")};
      good.run.due = at_second(5);
      seal(good.run);
      std::vector<Transition> group{good, start_of("also", "id also", 60)};
      group.insert(group.begin() + static_cast<std::ptrdiff_t>(place), bad);
      check.rejected(group, "a group with one bad transition");
      Check::expect(!check.store().run("good") && !check.store().request("id good", "new"),
                    "nothing of a rejected group is there");
    }
  }
  Transition done = after(open);
  done.delete_tasks = {open.put_tasks.front().key};
  Transition next = after(done);
  next.delete_tasks = done.delete_tasks;
  check.rejected({done, next}, "a group that deletes a task twice");
  check.commit(done);
  Check::expect(check.store().tasks("open").empty(), "the store goes on after rejected commits");
}

void versions(Check& check) {
  const Transition first = start_of("a", "id");
  Transition early = after(first);
  check.rejected({early}, "a transition of a run that is not there");
  check.commit(first);
  check.rejected({first}, "starting a run that is there");
  const Transition second = after(first);
  check.commit(second);
  check.rejected({second}, "a transition built on a stale version");
  Transition jump = after(second);
  ++jump.run.version;
  check.rejected({jump}, "a version that skips one");
  Transition ahead = after(after(second));
  check.rejected({ahead}, "a transition built on a version that is not there yet");
  check.commit({after(second), ahead});
  Check::expect(check.run("a").version == 4, "transitions of a run follow each other");
}

void names(Check& check) {
  check.rejected({start_of("", "id")}, "an empty run id");
  check.rejected({start_of("a", "")}, "an empty workflow id");
  check.rejected({start_of(std::string(kMaxRunIdBytes + 1, 'r'), "id")},
                 "a run id that is too long");
  const std::string longest(kMaxRunIdBytes, 'r');
  using namespace std::string_view_literals;
  check.commit({start_of(longest, "id 1"), start_of("a\0b"sv, "id\0 2"sv), start_of("a", "id")});
  Check::expect(check.store().run(longest).has_value(), "a run id of the greatest length");
  Check::expect(check.run("a\0b"sv).workflow_id == "id\0 2"sv, "ids with NUL bytes");
  Check::expect(check.run("a").workflow_id == "id", "ids are not cut at a NUL byte");
  Check::expect(check.current("id").run_id == "a", "workflow ids are not cut either");
}

void status(Check& check) {
  Transition none = start_of("a", "id");
  none.run.status = RunStatus::Unspecified;
  check.rejected({none}, "a run without a status");
  none.run.status = static_cast<RunStatus>(8);
  check.rejected({none}, "a status that does not exist");
  Transition closed = start_of("a", "id");
  closed.run.close_time = at_second(3);
  check.rejected({closed}, "an open run with a close time");
}

void identity(Check& check) {
  const Transition first = start_of("a", "id");
  check.commit(first);
  Transition other = after(first);
  other.run.workflow_id = "other";
  check.rejected({other}, "a run that changes its workflow id");
  other = after(first);
  other.run.workflow_type = "other";
  check.rejected({other}, "a run that changes its type");
  other = after(first);
  other.run.start_time = at_second(2);
  check.rejected({other}, "a run that changes its start time");
}

void closed_runs(Check& check) {
  Transition first = start_of("a", "id");
  first.put_tasks = {task_of("a", 2)};
  const Transition closed = close_after(first, 9);
  check.commit({first, closed});
  Transition again = after(closed);
  again.run.status = RunStatus::Running;
  again.run.close_time = {};
  check.rejected({again}, "a closed run that opens again");
  again = after(closed);
  again.run.status = RunStatus::Failed;
  check.rejected({again}, "a closed run that closes otherwise");
  again = after(closed);
  again.run.close_time = at_second(10);
  check.rejected({again}, "a closed run that changes its close time");
  again = after(closed);
  add_events(again, {"more"});
  check.rejected({again}, "a closed run with more history");
  again = after(closed);
  again.make_current = true;
  check.rejected({again}, "a closed run that becomes the current one");
  again = after(closed);
  again.run.state = "tidied";
  seal(again.run);
  again.delete_tasks = {first.put_tasks.front().key};
  check.commit(again);
  Check::expect(check.run("a").state == "tidied", "a closed run may change its state");
  Check::expect(check.store().tasks("a").empty(), "a closed run may lose its tasks");
}

void history_without_gaps(Check& check) {
  const Transition first = start_of("a", "id");
  check.commit(first);
  Transition gap = after(first);
  gap.run.next_event_id = 4;
  add_events(gap, {"event 4"});
  check.rejected({gap}, "a batch behind a gap");
  Transition overlap = after(first);
  overlap.run.next_event_id = 2;
  add_events(overlap, {"event 2", "event 3"});
  check.rejected({overlap}, "a batch over events that are there");
  Transition wrong = after(first);
  wrong.run.next_event_id = 7;
  check.rejected({wrong}, "a next event id without events");
  Transition foreign = after(first);
  add_events(foreign, {"event 3"});
  foreign.batches.front().run_id = "b";
  check.rejected({foreign}, "a batch of another run");
  Transition good = after(first);
  add_events(good, {"event 3"});
  add_events(good, {"event 4", "event 5"});
  check.commit(good);
  Check::expect(check.store().history("a").size() == 3, "two batches in one transition");
}

void tasks(Check& check) {
  Transition first = start_of("a", "id a");
  first.put_tasks = {task_of("a", 30, "late"), task_of("a", 5, "timer", TaskKind::Timer),
                     task_of("a", 7), task_of("a", 30, "same event", TaskKind::CancelExternal)};
  Transition other = start_of("b", "id b");
  other.put_tasks = {task_of("b", 7, "of b")};
  check.commit({first, other});
  const std::vector<TaskRow> sorted{first.put_tasks[2], first.put_tasks[0], first.put_tasks[1],
                                    first.put_tasks[3]};
  Check::expect(check.store().tasks("a") == sorted, "tasks by kind and event id");
  Check::expect(check.store().tasks("b") == other.put_tasks, "tasks of one run only");
  Transition next = after(first);
  next.put_tasks = {task_of("a", 7, "replaced"), task_of("a", 5, "again", TaskKind::Timer)};
  next.delete_tasks = {sorted[1].key, sorted[2].key};
  check.commit(next);
  const std::vector<TaskRow> left{next.put_tasks[0], next.put_tasks[1], sorted[3]};
  Check::expect(check.store().tasks("a") == left, "deleted, replaced, and deleted before put");
  Check::expect(check.store().tasks("b") == other.put_tasks, "another run's task of that event");
}

void absent_tasks(Check& check) {
  Transition first = start_of("a", "id a");
  first.put_tasks = {task_of("a", 7)};
  Transition other = start_of("b", "id b");
  other.put_tasks = {task_of("b", 8)};
  check.commit({first, other});
  Transition next = after(first);
  next.delete_tasks = {task_of("a", 8).key};
  check.rejected({next}, "deleting a task that only another run has");
  next.delete_tasks = {task_of("a", 7, "", TaskKind::Timer).key};
  check.rejected({next}, "deleting a task of another kind");
  next.delete_tasks = {task_of("b", 8).key};
  check.rejected({next}, "deleting another run's task");
  next.delete_tasks = {task_of("a", 9).key};
  next.put_tasks = {task_of("a", 9)};
  check.rejected({next}, "deleting a task that the same transition puts");
  next.delete_tasks.clear();
  next.put_tasks = {task_of("b", 9)};
  check.rejected({next}, "putting another run's task");
}

void requests(Check& check) {
  Transition first = start_of("a", "id a");
  first.requests = {request_of("id a", "1", "a"), request_of("a", "1", "a")};
  check.commit(first);
  Check::expect(check.store().request("id a", "1") == first.requests[0], "a request comes back");
  Check::expect(check.store().request("a", "1") == first.requests[1], "scopes are apart");
  Check::expect(!check.store().request("id a", "2") && !check.store().request("b", "1"),
                "an unknown request is absent");
  Transition again = after(first);
  again.requests = {request_of("id a", "1", "a")};
  check.rejected({again}, "a request that was answered before");
  again.requests = {request_of("id a", "2", "a"), request_of("id a", "2", "a")};
  check.rejected({again}, "a request twice in one transition");
  Check::expect(!check.store().request("id a", "2"), "a rejected request is absent");
  Transition other = start_of("b", "id b");
  again.requests.pop_back();
  other.requests = again.requests;
  check.rejected({again, other}, "a request twice in one group");
}

void current_run(Check& check) {
  const Transition first = start_of("a", "id");
  Transition silent = first;
  silent.make_current = false;
  check.rejected({silent}, "an open run that does not become the current one");
  check.commit(first);
  Check::expect(check.current("id").run_id == "a", "the open run");
  Check::expect(!check.store().current_run("other") && !check.store().current_run("a"),
                "a workflow id without runs");
  check.rejected({start_of("b", "id")}, "a second open run of the workflow id");
  const Transition closed = close_after(first, 5, RunStatus::ContinuedAsNew);
  check.rejected({start_of("b", "id", 5), closed}, "a second open run, the first closing after it");
  check.commit({closed, start_of("b", "id", 5)});
  Check::expect(check.current("id").run_id == "b", "the run that went on as new");
  check.commit(close_after(start_of("b", "id", 5), 6));
  Check::expect(check.current("id").run_id == "b", "the last closed run");
  Check::expect(check.current("id").status == RunStatus::Completed,
                "the current run is the row as it is now");
}

void last_time(Check& check) {
  Check::expect(check.store().last_time() == WallTime{}, "the epoch at first");
  const Transition first = start_of("a", "id", 50);
  check.commit(first);
  Check::expect(check.store().last_time() == at_second(50), "a start time");
  check.commit(start_of("b", "id b", 20));
  Check::expect(check.store().last_time() == at_second(50), "an earlier time changes nothing");
  const Transition closed = close_after(first, 70);
  check.commit(closed);
  Check::expect(check.store().last_time() == at_second(70), "a close time");
  Transition noted = after(closed);
  noted.note_time = at_second(90);
  check.commit(noted);
  Check::expect(check.store().last_time() == at_second(90), "a noted time");
  Transition bad = after(noted);
  bad.note_time = at_second(99);
  bad.expected_version = 1;
  check.rejected({bad}, "a stale transition with a late time");
  check.store().remove("a");
  Check::expect(check.store().last_time() == at_second(90), "a time outlives its run");
}

constexpr NamedCheck kWriteChecks[] = {
    {"a group is written as a whole", group_is_written},
    {"a group with one bad transition changes nothing", bad_group_changes_nothing},
    {"versions follow each other", versions},
    {"runs have names", names},
    {"runs have a status", status},
    {"a run keeps its identity", identity},
    {"a closed run stays closed", closed_runs},
    {"a history has no gaps", history_without_gaps},
    {"tasks are put, replaced and deleted", tasks},
    {"an absent task is not deleted", absent_tasks},
    {"a request is answered once", requests},
    {"a workflow id is held by one run", current_run},
    {"the last time never goes back", last_time},
};

}  // namespace

std::span<const NamedCheck> write_checks() {
  return kWriteChecks;
}

}  // namespace durasim::inline v0::testing
