// Conformance checks that go through the whole store: removal, reopening, runs in flight, damaged
// rows, many rows.
#include "durasim/store/integrity.hpp"

#include "testing/conformance_check.hpp"

#include <chrono>

namespace durasim::inline v0::testing {

using namespace store;

namespace {

using Ids = std::vector<std::string>;

Transition rich_start(std::string_view run_id, std::string_view workflow_id, std::int64_t second) {
  Transition start = start_of(run_id, workflow_id, second);
  start.put_tasks = {task_of(run_id, 2)};
  start.requests = {request_of(workflow_id, std::string("request ").append(run_id), run_id)};
  start.run.due = at_second(second + 100);
  seal(start.run);
  return start;
}

void expect_rejected_removal(Check& check, std::string_view run_id, std::string_view what) {
  try {
    check.store().remove(run_id);
  } catch (const StoreRejected&) {
    return;
  }
  throw CheckFailed{std::string("not rejected: ").append(what)};
}

void removal(Check& check) {
  const Transition a = rich_start("a", "id", 1);
  const Transition b = rich_start("b", "other", 2);
  check.commit({a, b});
  expect_rejected_removal(check, "a", "removing an open run");
  expect_rejected_removal(check, "nobody", "removing an unknown run");
  Check::expect(check.store().run("a") == a.run && check.store().tasks("a") == a.put_tasks,
                "a rejected removal changes nothing");
  check.commit(close_after(a, 5));
  const std::optional<RunRow> before = check.store().run("b");
  check.store().remove("a");
  Store& store = check.store();
  Check::expect(!store.run("a") && !store.current_run("id"), "the run is gone");
  Check::expect(store.tasks("a").empty() && store.history("a").empty(), "its rows are gone");
  Check::expect(!store.request("id", "request a"), "the requests that it answered are gone");
  Check::expect(store.runs({}).size() == 1 && store.run("b") == before, "other runs are there");
  Check::expect(store.tasks("b") == b.put_tasks && store.history("b") == b.batches &&
                    store.request("other", "request b") == b.requests[0],
                "other runs' rows are there");
  expect_rejected_removal(check, "a", "removing a run twice");
  check.commit(a);
  Check::expect(store.history("a") == a.batches && store.tasks("a") == a.put_tasks,
                "the run id can be used anew");
}

void removal_of_current(Check& check) {
  const Transition a = start_of("a", "id", 1);
  const Transition b = start_of("b", "id", 2);
  const Transition c = start_of("c", "id", 3);
  check.commit({a, close_after(a, 9), b, close_after(b, 9), c, close_after(c, 9)});
  check.store().remove("a");
  Check::expect(check.current("id").run_id == "c", "another run's removal");
  check.store().remove("c");
  Check::expect(check.current("id").run_id == "b", "the run that started last is left");
  check.commit(start_of("d", "id", 1));
  Check::expect(check.current("id").run_id == "d", "the id goes on");
}

void reopening(Check& check) {
  const Transition a = rich_start("a", "id", 1);
  Transition next = after(a);
  add_events(next, {"three", std::string(100'000, 'x')});
  const Transition closed = close_after(next, 7);
  check.commit({a, next, rich_start("b", "other", 2)});
  check.commit({closed, rich_start("c", "id", 7)});
  check.commit({close_after(rich_start("b", "other", 2), 8), rich_start("e", "other", 3)});
  check.store().remove("b");
  const Picture before = check.picture();
  for (int round = 0; round < 3; ++round) {
    check.reopen();
    Check::expect(check.picture() == before, "everything is as it was");
    Check::expect(check.store().request("id", "request a") == a.requests[0], "requests too");
    Check::expect(!check.store().request("other", "request b"), "a removed run stays removed");
  }
  check.commit(after(rich_start("c", "id", 7)));
  check.rejected({after(closed), after(closed)}, "a stale version after reopening");
  check.reopen();
  Check::expect(check.run("c").version == 2, "commits after reopening");
}

void in_flight(Check& check) {
  check.commit({start_of("a", "id a"), start_of("b", "id b"), start_of("c", "id c")});
  Store& first = check.store();
  first.set_in_flight(63, "c");
  first.set_in_flight(5, "b");
  first.set_in_flight(0, "a");
  first.set_in_flight(1, "b");
  first.set_in_flight(1, "");
  first.set_in_flight(64, "b");
  first.set_in_flight(static_cast<std::size_t>(-1), "b");
  first.set_in_flight(5, "a");
  first.set_in_flight(7, std::string(255, 'r'));
  Check::expect(first.runs_in_flight_at_open().empty(), "nothing was in flight at this open");
  check.reopen();
  const Ids expected{"a", "a", std::string(255, 'r'), "c"};
  Check::expect(check.store().runs_in_flight_at_open() == expected, "set slots, by slot");
  Check::expect(check.store().runs_in_flight_at_open() == expected, "asked twice");
  check.store().set_in_flight(2, "b");
  check.reopen();
  Check::expect(check.store().runs_in_flight_at_open() == Ids{"b"},
                "slots are clear after an open");
  check.reopen();
  Check::expect(check.store().runs_in_flight_at_open().empty(), "a clean end");
}

// A row with a wrong checksum is the engine's to notice: a store gives it back as it is, or
// refuses.
void damaged_rows(Check& check) {
  Transition a = rich_start("a", "id", 1);
  a.run.checksum ^= 1;
  a.put_tasks[0].checksum ^= 1;
  a.requests[0].checksum ^= 1;
  a.batches[0].event_checksums[0] ^= 1;
  a.batches[0].chain[0] ^= std::byte{1};
  const Transition b = rich_start("b", "other", 2);
  check.commit({a, b});
  const auto unchanged_or_refused = [](auto&& read, const auto& expected, std::string_view what) {
    try {
      Check::expect(read() == expected, what);
    } catch (const StoreDamaged&) {
      return;  // as good
    }
  };
  Store& store = check.store();
  unchanged_or_refused([&] { return store.run("a"); }, a.run, "a damaged run");
  unchanged_or_refused([&] { return store.tasks("a"); }, a.put_tasks, "a damaged task");
  unchanged_or_refused([&] { return store.history("a"); }, a.batches, "a damaged batch");
  unchanged_or_refused([&] { return store.request("id", "request a"); }, a.requests[0],
                       "a damaged request");
  Check::expect(store.run("b") == b.run && store.history("b") == b.batches, "other runs go on");
}

void many_rows(Check& check) {
  constexpr int kRuns = 300;
  std::vector<Transition> group;
  for (int i = 0; i < kRuns; ++i) {
    const std::string name = "run " + std::to_string(i);
    group.push_back(rich_start(name, "id " + name, i % 7));
  }
  check.commit(group);
  Transition longest = group[0];
  for (int i = 0; i < 200; ++i) {
    longest = after(longest);
    for (int batch = 0; batch < 10; ++batch) add_events(longest, {"event"});
    for (int task = 0; task < 5; ++task) {
      longest.put_tasks.push_back(task_of("run 0", 10 + (i * 5) + task));
    }
    check.commit(longest);
  }
  const std::vector<HistoryBatch> history = check.store().history("run 0");
  Check::expect(history.size() == 2001 && history.back() == longest.batches.back(),
                "2,001 batches");
  Check::expect(check.store().tasks("run 0").size() == 1001, "1,001 tasks");
  Check::expect(check.store().runs({.limit = 1000}).size() == kRuns, "300 runs");
  Check::expect(check.store().due_runs(at_second(1000), 1000).size() == kRuns, "300 due runs");
  for (int i = 0; i < kRuns; i += 37) {
    const std::string name = "run " + std::to_string(i);
    Check::expect(check.store().request("id " + name, "request " + name).has_value(), name);
  }
}

constexpr NamedCheck kWholeStoreChecks[] = {
    {"a closed run is removed with all its rows", removal},
    {"a workflow id outlives the removal of its current run", removal_of_current},
    {"damaged rows come back as they are or are refused", damaged_rows},
    {"many rows", many_rows},
    {"reopening keeps everything", reopening, true},
    {"runs in flight are found by the next owner", in_flight, true},
};

}  // namespace

std::span<const NamedCheck> whole_store_checks() {
  return kWholeStoreChecks;
}

}  // namespace durasim::inline v0::testing
