// What the conformance suite cannot see of the memory store: a group that fails half way leaves
// nothing, also when it is memory that fails, and at every single allocation; and what a commit
// costs.
#include "durasim/store/memory.hpp"

#include "durasim/core/time.hpp"

#include "testing/store_rows.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

// Allocations that are left before one fails; negative: all succeed.
thread_local std::int64_t allocations_left = -1;

}  // namespace

void* operator new(std::size_t size) {
  if (allocations_left == 0) {
    allocations_left = -1;
    throw std::bad_alloc();
  }
  if (allocations_left > 0) --allocations_left;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace {

// What the store shows of the runs a, b and c.
struct Shown {
  std::vector<RunRow> runs;
  std::vector<TaskRow> tasks;
  std::vector<HistoryBatch> history;
  std::vector<std::string> due;
  std::optional<RunRow> current;
  bool request = false;
  std::vector<std::optional<std::string>> blobs;
  WallTime last_time{};
  bool operator==(const Shown&) const = default;
};

Shown shown(const MemoryStore& store) {
  Shown all{store.runs({}),
            {},
            {},
            store.due_runs(WallTime::max(), 99),
            store.current_run("id"),
            store.request("id", "r").has_value(),
            {},
            store.last_time()};
  for (const char* content : {"of a", "of b and c"})
    all.blobs.push_back(store.blob(blob_of(content).hash));
  for (const char* run : {"a", "b", "c"}) {
    for (const TaskRow& task : store.tasks(run)) all.tasks.push_back(task);
    for (const HistoryBatch& batch : store.history(run)) all.history.push_back(batch);
  }
  return all;
}

Transition due_start(std::string_view run, std::string_view workflow) {
  Transition start = start_of(run, workflow, 4);
  start.run.due = at_second(40);
  start.put_tasks = {task_of(run, 1, std::string(50, 'x')), task_of(run, 2)};
  return start;
}

// A group that touches every table: closes a, starts b, changes c.
std::vector<Transition> rich_group(const Transition& a, const Transition& c) {
  Transition close = close_after(a, 90);
  close.delete_tasks = {a.put_tasks[0].key};
  Transition start = due_start("b", "id");
  start.requests = {request_of("id", "r", "b")};
  start.blobs = {blob_of("of b and c")};
  Transition change = after(c);
  change.run.due = at_second(30);
  change.put_tasks = {task_of("c", 1, std::string(60, 'y')), task_of("c", 9)};
  add_events(change, {std::string(40, 'e')});
  change.blobs = start.blobs;
  return {close, start, change};
}

// Lets every allocation of `change` fail in turn; each time the store must be as before.
template <class Change>
int fail_every_allocation(MemoryStore& store, const Change& change) {
  const Shown before = shown(store);
  for (int n = 0;; ++n) {
    allocations_left = n;
    try {
      change();
      allocations_left = -1;
      return n;
    } catch (const std::bad_alloc&) {
      REQUIRE(shown(store) == before);
    }
  }
}

}  // namespace

TEST_CASE(
    "whichever allocation of a commit fails, nothing of it is there, and the next one works") {
  MemoryStore store;
  Transition a = due_start("a", "id");
  a.blobs = {blob_of("of a")};
  const Transition c = due_start("c", "id c");
  store.commit(std::vector{a, c});
  const std::vector<Transition> group = rich_group(a, c);
  CHECK(fail_every_allocation(store, [&] { store.commit(group); }) >= 15);
  CHECK(store.current_run("id")->run_id == "b");
  CHECK(store.request("id", "r").has_value());
  store.remove("a");
  CHECK(!store.blob(a.blobs[0].hash));
}

TEST_CASE("what make_durable throws undoes commit and removal and goes on to the caller") {
  MemoryStore store;
  Transition a = due_start("a", "id");
  a.blobs = {blob_of("of a")};
  const Transition c = due_start("c", "id c");
  store.commit(std::vector{a, c});
  const Shown before = shown(store);
  const std::vector<Transition> group = rich_group(a, c);
  bool applied = false;
  const auto fail = [&] {
    applied = store.run("b").has_value();
    throw StoreUnknown("the disk is gone");
  };
  CHECK_THROWS_AS(store.commit(group, fail), StoreUnknown);
  CHECK(applied);
  CHECK(shown(store) == before);
  store.commit(group);
  const Shown closed = shown(store);
  CHECK_THROWS_AS(store.remove("a", fail), StoreUnknown);
  CHECK(shown(store) == closed);
}

TEST_CASE("a transition costs a few microseconds, with 10,000 runs in the store") {
  MemoryStore store;
  std::vector<Transition> last;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = std::to_string(i) + "-0123456789abcdef0123456789abcdef";
    last.push_back(due_start(name, "workflow " + name));
    store.commit({&last.back(), 1});
  }
  std::vector<Transition> next;
  for (Transition& transition : last) {
    next.push_back(after(transition));
    next.back().run.due = at_second(50);
    next.back().delete_tasks = {transition.put_tasks[0].key};
    next.back().put_tasks = {task_of(transition.run.run_id, 5)};
    add_events(next.back(), {"one", "two"});
  }
  const auto begin = system_clock().steady_now();
  for (const Transition& transition : next) store.commit({&transition, 1});
  const std::chrono::duration<double, std::micro> spent = system_clock().steady_now() - begin;
  MESSAGE("memory store: " << spent.count() / 10'000 << " us a transition");
  CHECK(store.run(next.back().run.run_id)->version == 2);
}
