// The log store keeps what it acknowledged through every crash of the simulated disk, refuses what
// it can't keep, and notices each flipped bit of its log. Which bugs the storm finds:
// store_mutants_test.cpp.
#include "durasim/testing/log_store.hpp"

#include "durasim/core/time.hpp"

#include "stride.hpp"
#include "testing/log_store_storm.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

void commit(Store& store, const Transition& transition) {
  store.commit({&transition, 1});
}

}  // namespace

TEST_CASE("what was acknowledged survives 200 storms, all in order and nothing by halves") {
  const auto begin = system_clock().steady_now();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    REQUIRE(Storm(seed).run(40).value_or("") == "");
  }
  const std::chrono::duration<double> spent = system_clock().steady_now() - begin;
  MESSAGE("log store: " << 200 / spent.count() << " storms a second, 40 commits each");
}

TEST_CASE("a storm is the same each time") {
  const auto log_of = [](std::uint64_t seed) {
    SimulatedDisk disk(seed);
    LogStore store(disk);
    commit(store, start_of("a", "id"));
    disk.fail_syncs(0, SyncFault::PagesDropped);
    commit(store, start_of("b", "id b"));
    disk.crash(Crash::TornSectors);
    return disk.contents(0);
  };
  CHECK(log_of(5) == log_of(5));
}

TEST_CASE("a full disk rejects the commit, and the store goes on when there is room") {
  SimulatedDisk disk(1);
  LogStore store(disk);
  const Transition a = start_of("a", "id");
  disk.fail_writes(0, WriteFault::NoSpace, 2);
  CHECK_THROWS_AS(commit(store, a), StoreRejected);
  CHECK_THROWS_AS(commit(store, a), StoreRejected);
  CHECK_FALSE(store.run("a").has_value());
  CHECK(store.commit_number() == 0);
  commit(store, a);
  disk.crash(Crash::DropAll);
  CHECK(LogStore(disk).run("a") == a.run);
}

TEST_CASE(
    "a disk that stays full keeps what was acknowledged, over deaths, and nothing by halves") {
  for (const bool overwrites_take_space : {false, true}) {
    CAPTURE(overwrites_take_space);
    SimulatedDisk disk(1);
    const Transition a = start_of("a", "id");
    auto store = std::make_unique<LogStore>(disk);
    commit(*store, a);
    disk.set_capacity(disk.bytes() + 9, overwrites_take_space);
    for (int i = 0; i < 20; ++i) CHECK_THROWS_AS(commit(*store, start_of("b", "b")), StoreRejected);
    CHECK_FALSE(store->read_only());
    CHECK(store->run("a") == a.run);
    store.reset();
    disk.crash(Crash::ProcessKill);
    if (overwrites_take_space) {
      CHECK_THROWS_AS(LogStore{disk}, IoError);  // it writes again what it is to answer from
    } else {
      store = std::make_unique<LogStore>(disk);
      CHECK(store->commit_number() == 1);
      CHECK_THROWS_AS(commit(*store, start_of("b", "b")), StoreRejected);
      store.reset();
    }
    disk.crash(Crash::TornSectors);
    disk.set_capacity(SimulatedDisk::kUnlimited);
    LogStore after(disk);
    CHECK(after.commit_number() == 1);
    CHECK(after.run("a") == a.run);
    commit(after, start_of("b", "b"));
  }
}

TEST_CASE("a failed sync is acknowledged only when the same bytes were written and synced again") {
  for (const SyncFault fault :
       {SyncFault::PagesDropped, SyncFault::PagesKept, SyncFault::PagesKeptUntilEvicted}) {
    for (std::uint64_t failures = 1; failures <= 4; ++failures) {
      CAPTURE(static_cast<int>(fault));
      CAPTURE(failures);
      SimulatedDisk disk(failures);
      LogStore store(disk);
      const Transition a = start_of("a", "id");
      disk.fail_syncs(0, fault, failures);
      if (failures < 3) {
        commit(store, a);
        CHECK_FALSE(store.read_only());
        disk.crash(Crash::DropAll);
        CHECK(LogStore(disk).run("a") == a.run);
      } else {
        CHECK_THROWS_AS(commit(store, a), StoreUnknown);
        CHECK(store.read_only());
        CHECK_FALSE(store.run("a").has_value());
        CHECK_THROWS_AS(commit(store, start_of("b", "id b")), StoreRejected);
        CHECK_THROWS_AS(store.remove("a"), StoreRejected);
      }
    }
  }
}

TEST_CASE("what a recovery shows after a failed sync and a killed process is durable") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    SimulatedDisk disk(seed);
    {
      LogStore store(disk);
      disk.fail_syncs(0, SyncFault::PagesKept, 3);
      CHECK_THROWS_AS(commit(store, start_of("a", "id")), StoreUnknown);
    }
    disk.crash(Crash::ProcessKill);
    CHECK(LogStore(disk).run("a").has_value());  // from the cache, and so written again
    disk.crash(Crash::DropAll);
    CHECK(LogStore(disk).run("a").has_value());
  }
}

TEST_CASE("a store that can't sync its log at open does not open") {
  SimulatedDisk disk(1);
  {
    LogStore store(disk);
    commit(store, start_of("a", "id"));
  }
  disk.fail_syncs(0, SyncFault::PagesKept, 3);
  CHECK_THROWS_AS(LogStore{disk}, IoError);
  disk.crash(Crash::ProcessKill);
  CHECK(LogStore(disk).run("a").has_value());
}

TEST_CASE("every flipped bit in the log of acknowledged commits is noticed at open") {
  SimulatedDisk disk(1);
  {
    LogStore store(disk);
    commit(store, start_of("a", "id"));
    commit(store, after(start_of("a", "id")));
    commit(store, start_of("b", "id b"));
  }
  const std::size_t size = disk.contents(0).size();
  for (std::size_t byte = 0; byte < size; byte += kStride) {
    CAPTURE(byte);
    const auto bit = static_cast<unsigned>(byte % 8);
    disk.flip_bit(0, byte, bit);
    REQUIRE_THROWS_AS(LogStore{disk}, StoreDamaged);
    disk.flip_bit(0, byte, bit);
  }
  disk.truncate(0, size - 1);
  CHECK_THROWS_AS(LogStore{disk}, StoreDamaged);
}

TEST_CASE("a flipped bit in the marks refuses nothing, and a lost mark neither") {
  SimulatedDisk disk(1);
  const Transition a = start_of("a", "id");
  {
    LogStore store(disk);
    commit(store, a);
  }
  for (std::size_t byte = 0; byte < disk.contents(1).size(); byte += kStride) {
    disk.flip_bit(1, byte, 3);
    REQUIRE(LogStore(disk).run("a") == a.run);
    disk.flip_bit(1, byte, 3);
  }
  disk.truncate(1, 0);
  CHECK(LogStore(disk).run("a") == a.run);
}

TEST_CASE(
    "runs in flight survive a killed process; after a power loss the store opens with or without "
    "them") {
  for (const Crash mode : kCrashes) {
    SimulatedDisk disk(3);
    {
      LogStore store(disk);
      commit(store, start_of("a", "id"));
      store.set_in_flight(4, "a");
    }
    disk.crash(mode);
    const std::vector<std::string> found = LogStore(disk).runs_in_flight_at_open();
    if (mode == Crash::ProcessKill) CHECK(found == std::vector<std::string>{"a"});
    if (mode == Crash::DropAll) CHECK(found.empty());
    CHECK(found.size() <= 1);
  }
}

TEST_CASE("a small store opens, commits and crashes thousands of times a second") {
  SimulatedDisk disk(1);
  Transition last = start_of("a", "id");
  {
    LogStore store(disk);
    commit(store, last);
  }
  const auto begin = system_clock().steady_now();
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) {
    LogStore store(disk);
    last = after(last);
    commit(store, last);
    disk.crash(Crash::RandomSectors);
  }
  const std::chrono::duration<double> spent = system_clock().steady_now() - begin;
  MESSAGE("log store: " << kRounds / spent.count() << " opens with up to 200 commits a second");
  CHECK(LogStore(disk).run("a") == last.run);
}
