// The simulator's lasting faults: reads of a process that fail while those from outside do not, and
// a disk that is full for more than one process. SQLite's: store/sqlite_fault_test.cpp.
#include "testing/failing_reads.hpp"

#include "testing/store_rows.hpp"

#include <doctest/doctest.h>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

void commit(Store& store, const Transition& transition) {
  store.commit({&transition, 1});
}

}  // namespace

TEST_CASE("the next few reads of a process fail, of every kind; then they work again") {
  const auto machine = make_log_machine(1);
  Store& bare = machine->open();
  ReadFaults faults(*machine, 1);
  FailingReads store(bare, faults);
  const Transition a = start_of("a", "id");
  commit(store, a);
  faults.set(9);
  CHECK_THROWS_AS((void)store.run("a"), IoError);
  CHECK_THROWS_AS((void)store.current_run("id"), IoError);
  CHECK_THROWS_AS((void)store.tasks("a"), IoError);
  CHECK_THROWS_AS((void)store.history("a", 1), IoError);
  CHECK_THROWS_AS((void)store.request("id", "start"), IoError);
  CHECK_THROWS_AS((void)store.blob({}), IoError);
  CHECK_THROWS_AS((void)store.runs({}), IoError);
  CHECK_THROWS_AS((void)store.due_runs(WallTime::max(), 1), IoError);
  CHECK(bare.run("a") == a.run);
  commit(store, start_of("b", "id b"));  // reads nothing here
  CHECK_THROWS_AS((void)store.next_due(), IoError);
  CHECK(store.run("a") == a.run);
  CHECK(faults.failed() == 9);
}

TEST_CASE("the trouble outlives the process, and ends when it is told to") {
  const auto machine = make_log_machine(1);
  ReadFaults faults(*machine, 1);
  commit(machine->open(), start_of("a", "id"));
  faults.set(2);
  machine->crash(Crash::ProcessKill);
  FailingReads next(machine->open(), faults);
  CHECK_THROWS_AS((void)next.run("a"), IoError);
  faults.set(0);
  CHECK(next.run("a").has_value());
}

TEST_CASE("a full machine rejects commits until there is space, whoever lives and dies") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const auto machine = make_log_machine(seed);
    SeededRandom random(seed);
    commit(machine->open(), start_of("a", "id"));
    machine->crash(Crash::ProcessKill);
    Store& store = machine->open();
    machine->fill(random);
    int rejected = 0;
    for (int i = 0; i < 30; ++i) {
      const std::string id = std::to_string(i);
      try {
        commit(store, start_of(id, "id of " + id));
      } catch (const StoreRejected&) {
        ++rejected;
        CHECK_FALSE(store.run(id).has_value());
      }
    }
    CHECK(rejected > 10);
    const Picture before = picture_of(store);
    machine->crash(Crash::ProcessKill);
    machine->free_space();
    Store& next = machine->open();
    CHECK(picture_of(next) == before);
    commit(next, start_of("last", "last"));
  }
}

TEST_CASE("a process that goes on is met by nothing that was armed before") {
  const auto machine = make_log_machine(1);
  Store& store = machine->open();
  SeededRandom random(3);
  machine->fail_write(random);
  machine->fail_sync(random);
  machine->stop_soon(random);
  machine->disarm();
  for (int i = 0; i < 10; ++i) {
    const std::string id = std::to_string(i);
    commit(store, start_of(id, "id of " + id));
  }
  CHECK_FALSE(machine->stopped());
}
