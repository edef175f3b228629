// Conformance checks of what reads give back: rows bit by bit, ranges, lists, pages, due times.
#include "durasim/store/integrity.hpp"

#include "testing/conformance_check.hpp"

#include <chrono>

namespace durasim::inline v0::testing {

using namespace store;
using namespace std::string_view_literals;

namespace {

std::vector<std::string> ids(const std::vector<RunRow>& runs) {
  std::vector<std::string> ids;
  ids.reserve(runs.size());
  for (const RunRow& run : runs) ids.push_back(run.run_id);
  return ids;
}

using Ids = std::vector<std::string>;

void empty_store(Check& check) {
  Store& store = check.store();
  Check::expect(!store.run("a") && !store.current_run("a") && !store.request("a", "b"),
                "no run, no current run, no request");
  Check::expect(store.tasks("a").empty() && store.history("a").empty(), "no tasks, no history");
  Check::expect(store.runs({}).empty() && store.due_runs(WallTime::max(), 10).empty(), "no runs");
  Check::expect(!store.next_due(), "nothing due");
  Check::expect(store.runs_in_flight_at_open().empty(), "nothing in flight");
}

void rows_come_back(Check& check) {
  const std::string megabyte(std::size_t{1} << 20, '\xa7');
  const std::string_view odd = "\0\n'\";--\xff\xfe\x80"sv;
  Transition full = start_of("full", "id \xe2\x82\xac", 3);
  RunRow& run = full.run;
  run.workflow_type = odd;
  run.task_queue = odd;
  run.state = megabyte;
  run.due = WallTime(std::chrono::nanoseconds(1));
  add_events(full, {std::string(odd), megabyte, ""});
  run.version = 1;
  seal(run);
  full.put_tasks = {task_of("full", INT64_MAX, megabyte), task_of("full", 1, odd)};
  std::swap(full.put_tasks[0], full.put_tasks[1]);
  full.requests = {request_of(odd, odd, "full"), request_of("", "", "full")};
  Transition bare = start_of("bare", "id", 2);
  bare.run.workflow_type.clear();
  bare.run.task_queue.clear();
  bare.run.state.clear();
  seal(bare.run);
  bare.put_tasks = {task_of("bare", 1, "")};
  check.commit({full, bare});
  Store& store = check.store();
  Check::expect(store.run("full") == full.run && store.run("bare") == bare.run, "run rows");
  Check::expect(store.tasks("full") == full.put_tasks, "tasks with long and odd states");
  Check::expect(store.tasks("bare") == bare.put_tasks, "a task with an empty state");
  Check::expect(store.history("full") == full.batches, "batches with long and odd events");
  Check::expect(store.request(odd, odd) == full.requests[0], "a request with odd names");
  Check::expect(store.request("", "") == full.requests[1], "a request with empty names");
}

void history_ranges(Check& check) {
  Transition first = start_of("a", "id");        // 1..2
  add_events(first, {"three", "four", "five"});  // 3..5
  Transition next = after(first);
  add_events(next, {"six"});
  check.commit({first, next});
  const std::vector<HistoryBatch> all{first.batches[0], first.batches[1], next.batches[0]};
  const auto from = [&](std::int64_t event) { return check.store().history("a", event); };
  const auto last = [&](std::ptrdiff_t n) { return std::vector(all.end() - n, all.end()); };
  Check::expect(from(1) == all && from(0) == all && from(2) == all, "from the first batch");
  Check::expect(from(3) == last(2) && from(5) == last(2), "from within the second batch");
  Check::expect(from(6) == last(1), "the last batch");
  Check::expect(from(7).empty() && from(INT64_MAX).empty(), "nothing behind the end");
}

void lists(Check& check) {
  Transition c = start_of("c", "id 1", 1);
  Transition b = start_of("b", "id 2", 2);
  Transition a = start_of("a", "id 3", 2);
  a.run.workflow_type = "other";
  seal(a.run);
  Transition early = start_of("z", "id 4", -5);
  check.commit({a, b, c, early});
  check.commit(close_after(c, 4));
  check.commit(start_of("d", "id 1", 9));
  Store& store = check.store();
  Check::expect(ids(store.runs({})) == Ids{"z", "c", "a", "b", "d"}, "by start time and run id");
  RunFilter open;
  open.status = RunStatus::Running;
  Check::expect(ids(store.runs(open)) == Ids{"z", "a", "b", "d"}, "of a status");
  RunFilter id;
  id.workflow_id = "id 1";
  Check::expect(ids(store.runs(id)) == Ids{"c", "d"}, "of a workflow id");
  id.status = RunStatus::Completed;
  Check::expect(ids(store.runs(id)) == Ids{"c"}, "of a workflow id and a status");
  RunFilter type;
  type.workflow_type = "other";
  Check::expect(ids(store.runs(type)) == Ids{"a"}, "of a type");
  type.workflow_type = "oth";
  Check::expect(store.runs(type).empty(), "types match as a whole");
}

void pages(Check& check) {
  for (int i = 0; i < 20; i += 2) {
    const std::string name = "run " + std::to_string(10 + i);
    check.commit(start_of(name, "id " + name, i / 4));
  }
  RunFilter page;
  page.limit = 3;
  Ids seen;
  for (int round = 0;; ++round) {
    const Ids some = ids(check.store().runs(page));
    Check::expect(some.size() <= page.limit, "no more than the limit");
    if (some.empty()) break;
    seen.insert(seen.end(), some.begin(), some.end());
    page.after_run_id = some.back();
    const std::string added = "new " + std::to_string(round);  // before all pages that are left
    check.commit(start_of(added, "id " + added, -round));
  }
  Ids expected;
  for (int i = 0; i < 20; i += 2) expected.push_back("run " + std::to_string(10 + i));
  Check::expect(seen == expected, "each run once, while runs are added before the page");
  page.after_run_id.clear();
  page.limit = 0;
  Check::expect(check.store().runs(page).empty(), "a limit of nothing");
  page.limit = 2;
  page.workflow_id = "id run 14";
  page.after_run_id = "run 12";
  Check::expect(ids(check.store().runs(page)) == Ids{"run 14"}, "a page after a run of another id");
  page.after_run_id = "nobody";
  try {
    static_cast<void>(check.store().runs(page));
  } catch (const InvalidArgument&) {
    return;
  }
  throw CheckFailed{"InvalidArgument expected for a page after an unknown run"};
}

Transition due_start(std::string_view run_id, WallTime due) {
  Transition start = start_of(run_id, std::string("id ").append(run_id));
  start.run.due = due;
  seal(start.run);
  return start;
}

void due_times(Check& check) {
  const WallTime far = WallTime::max();
  check.commit({due_start("b", at_second(5)), due_start("a", at_second(5)),
                due_start("late", at_second(9)), due_start("far", far),
                due_start("early", at_second(-7)), start_of("never", "id")});
  Store& store = check.store();
  Check::expect(store.next_due() == at_second(-7), "the earliest due instant");
  Check::expect(store.due_runs(far, 9) == Ids{"early", "a", "b", "late", "far"},
                "earliest first, equal times by run id, the far future last");
  Check::expect(store.due_runs(at_second(5), 9) == Ids{"early", "a", "b"}, "up to an instant");
  Check::expect(store.due_runs(at_second(5) - std::chrono::nanoseconds(1), 9) == Ids{"early"},
                "a nanosecond before");
  Check::expect(store.due_runs(far, 2) == Ids{"early", "a"}, "no more than the limit");
  Check::expect(store.due_runs(far, 0).empty(), "a limit of nothing");
}

void due_changes(Check& check) {
  const Transition a = due_start("a", at_second(5));
  const Transition b = due_start("b", at_second(6));
  check.commit({a, b});
  Transition later = after(a);
  later.run.due = at_second(7);
  seal(later.run);
  check.commit(later);
  Check::expect(check.store().due_runs(at_second(9), 9) == Ids{"b", "a"}, "a due time moves");
  Transition none = after(later);
  none.run.due.reset();
  seal(none.run);
  check.commit(none);
  Check::expect(check.store().due_runs(at_second(9), 9) == Ids{"b"}, "a due time ends");
  Transition closed = close_after(b, 5);
  closed.run.due = at_second(6);
  seal(closed.run);
  check.commit(closed);
  Check::expect(check.store().due_runs(at_second(9), 9).empty() && !check.store().next_due(),
                "a closed run is never due");
  Transition again = after(none);
  again.run.due = at_second(8);
  seal(again.run);
  check.commit(again);
  Check::expect(check.store().next_due() == at_second(8), "a due time comes back");
}

constexpr NamedCheck kReadChecks[] = {
    {"a new store is empty", empty_store},
    {"rows come back as they were written", rows_come_back},
    {"a history is read from an event on", history_ranges},
    {"runs are listed in order and filtered", lists},
    {"pages are complete while runs are added", pages},
    {"open runs are found when they are due", due_times},
    {"due times change with their run", due_changes},
};

}  // namespace

std::span<const NamedCheck> read_checks() {
  return kReadChecks;
}

}  // namespace durasim::inline v0::testing
