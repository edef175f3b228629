// What the store answers when single calls of its disk fail: rejected where nothing was applied,
// unknown where nobody can say, and never an acknowledgement that a later crash takes back.
#include "store/sqlite_script.hpp"
#include "stride.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

constexpr SyncFault kSyncFaults[] = {SyncFault::PagesDropped, SyncFault::PagesKept,
                                     SyncFault::PagesKeptUntilEvicted};

void commit(Store& store, const Transition& transition) {
  store.commit({&transition, 1});
}

// The script with the call of that number failing, then a crash and a look.
std::string fail_call(std::uint64_t number, WriteFault write, SyncFault sync, Crash crash,
                      std::uint64_t count, const std::vector<Step>& script) {
  ScriptRun run(number + 1, true);
  run.files().fail_calls(number, write, sync, count);
  const bool ended = run.run(script);
  run.files().fail_calls(0, write, sync, 0);
  if (ended) {
    if (std::string problem = run.compare(); !problem.empty()) return "alive: " + problem;
  }
  run.crash(crash);
  if (std::string problem = run.reopen_and_compare(); !problem.empty()) return problem;
  run.crash(Crash::DropAll);
  return run.reopen_and_compare();
}

}  // namespace

TEST_CASE("any call of the disk may fail once: what was refused is not there, the rest is") {
  const std::vector<Step> script = make_script(5);
  ScriptRun counting(1, true);
  REQUIRE(counting.run(script));
  const std::uint64_t calls = counting.files().calls();
  MESSAGE(calls << " calls, of which one in " << kStride << " fails once");
  for (std::uint64_t at = 0; at < calls; at += kStride) {
    CAPTURE(at);
    const SyncFault sync = kSyncFaults[at % 3];
    const Crash crash = kCrashes.at(at % kCrashes.size());
    REQUIRE(fail_call(at, WriteFault::Io, sync, crash, 1, script) == "");
    REQUIRE(fail_call(at, WriteFault::NoSpace, sync, Crash::ProcessKill, 1, script) == "");
  }
}

TEST_CASE("a failed sync is acknowledged only when the same commit was written and synced again") {
  for (const SyncFault fault : kSyncFaults) {
    for (std::uint64_t failures = 1; failures <= 4; ++failures) {
      CAPTURE(static_cast<int>(fault));
      CAPTURE(failures);
      ScriptRun run(failures, true);
      run.options().checkpoint_pages = 100;  // so that the log goes on: else its head is synced
      run.open();
      commit(run.store(), script_start(0, 3000));
      const Transition a = script_start(1, 3000);
      run.files().fail_syncs(0, fault, failures);
      if (failures < 3) {
        commit(run.store(), a);
        CHECK(run.store().status().repeated_commits == failures);
        run.crash(Crash::DropAll);
        run.open();
        CHECK(run.store().run("run 1") == a.run);
      } else {
        CHECK_THROWS_AS(commit(run.store(), a), StoreUnknown);
        CHECK(run.store().status().read_only);
        CHECK_FALSE(run.store().run("run 1").has_value());
        CHECK_THROWS_AS(commit(run.store(), script_start(2, 10)), StoreRejected);
        CHECK_THROWS_AS(run.store().remove("run 1"), StoreRejected);
      }
    }
  }
}

// As on a log that is reused, where the rest of what a failed write had to write was there already.
TEST_CASE("a commit whose last write failed when it had done its work is not rejected") {
  std::uint64_t repeated = 0;
  for (std::uint64_t at = 0; at < 80; ++at) {
    CAPTURE(at);
    ScriptRun run(at + 1, true);
    if (at % 2 == 0) run.options().checkpoint_pages = 100;  // else the log begins anew on the way
    REQUIRE(run.run(make_script(3)));
    bool acknowledged = true;
    run.files().fail_writes(at / 2, WriteFault::Late);
    try {
      commit(run.store(), script_start(9, 3000));
    } catch (const StoreRejected&) {
      acknowledged = false;
    }
    repeated += run.store().status().repeated_commits;
    run.crash(kCrashes.at(at % 2));  // of the process; of the machine, after everything was written
    run.open();
    CHECK(run.store().run("run 9").has_value() == acknowledged);
  }
  CHECK(repeated > 0);
}

TEST_CASE("after a commit in doubt the next open makes a verified copy, and what it shows stays") {
  for (const SyncFault fault : kSyncFaults) {
    for (std::uint64_t seed = 1; seed <= 20; seed += kStride) {
      CAPTURE(static_cast<int>(fault));
      CAPTURE(seed);
      ScriptRun run(seed, true);
      if (seed % 2 == 0) run.options().checkpoint_pages = 100;
      REQUIRE(run.run(make_script(3)));
      commit(run.store(), script_start(8, 10));
      run.files().fail_syncs(0, fault, 3);
      CHECK_THROWS_AS(commit(run.store(), script_start(9, 3000)), StoreUnknown);
      run.crash(Crash::ProcessKill);
      run.open();
      CHECK(run.store().status().copied_at_open);
      const Picture shown = picture_of(run.store());
      run.crash(Crash::DropAll);
      run.open();
      CHECK(picture_of(run.store()) == shown);
      run.kill();
      run.files().crash(Crash::ProcessKill);
      CHECK(run.check() == "");
    }
  }
}

TEST_CASE("a process that dies between a failed sync and the next one leaves nothing that fades") {
  for (std::uint64_t more = 1; more < 20; ++more) {
    ScriptRun again(1, true);
    again.open();
    commit(again.store(), script_start(1, 10));
    again.files().fail_syncs(0, SyncFault::PagesKept, 1);
    again.files().stop_after(more);
    bool acknowledged = false;
    try {
      commit(again.store(), script_start(2, 3000));
      acknowledged = true;
    } catch (const Error&) {
      CHECK(again.files().stopped());
    }
    again.crash(Crash::ProcessKill);
    again.open();
    const bool shown = again.store().run("run 2").has_value();
    if (acknowledged) CHECK(shown);
    again.crash(Crash::DropAll);
    again.open();
    CHECK(again.store().run("run 2").has_value() == shown);
  }
}

TEST_CASE(
    "a full disk rejects commits, reads go on, removals find room, and so does the next owner") {
  ScriptRun run(1, true);
  // What a removal writes and by how much the checkpoint behind it grows the database.
  run.options().ballast_bytes = std::size_t{256} * 1024;
  run.open();
  Store& store = run.store();
  const Transition first = script_start(1, 60'000);
  commit(store, first);
  commit(store, close_after(first, 9));
  run.store().checkpoint();
  commit(store, script_start(2, 10));
  run.files().set_capacity(run.files().bytes());
  int rejected = 0;
  for (int i = 10; i < 60 && rejected == 0; ++i) {
    try {
      commit(store, script_start(i, 20'000));
    } catch (const StoreRejected&) {
      ++rejected;
      CHECK_FALSE(store.run("run " + std::to_string(i)).has_value());
    }
  }
  REQUIRE(rejected == 1);
  CHECK(store.run("run 1").has_value());
  CHECK(run.store().status().ballast);
  store.remove("run 1");
  CHECK_FALSE(store.run("run 1").has_value());
  const Picture before = picture_of(store);
  run.kill();
  run.files().crash(Crash::KeepAll);
  run.open();
  CHECK(picture_of(run.store()) == before);
  run.files().set_capacity(run.files().bytes() + (std::size_t{1} << 20));
  commit(run.store(), script_start(70, 20'000));
  CHECK(run.store().run("run 70").has_value());
}

TEST_CASE("a disk that stays full costs nothing acknowledged, over deaths of the owner") {
  for (const bool overwrites_take_space : {false, true}) {
    CAPTURE(overwrites_take_space);
    ScriptRun run(1, true);
    run.open();
    commit(run.store(), script_start(1, 3000));
    run.files().set_capacity(run.files().bytes(), overwrites_take_space);
    int rejected = 0;
    for (int i = 10; i < 60; ++i) {
      try {
        commit(run.store(), script_start(i, 20'000));
      } catch (const StoreRejected&) {
        ++rejected;
        CHECK_FALSE(run.store().run("run " + std::to_string(i)).has_value());
      }
    }
    CHECK(rejected > 20);
    CHECK_FALSE(run.store().status().read_only);
    const Picture before = picture_of(run.store());
    for (const Crash mode : {Crash::ProcessKill, Crash::DropAll, Crash::TornSectors}) {
      run.crash(mode);
      try {
        run.open();
        CHECK(picture_of(run.store()) == before);
      } catch (const IoError&) {  // not even the space to enter itself as the owner
        CHECK_FALSE(run.is_open());
      }
    }
    run.crash(Crash::ProcessKill);
    run.files().set_capacity(run.files().bytes() + (std::size_t{1} << 24));
    run.open();
    CHECK(picture_of(run.store()) == before);
    commit(run.store(), script_start(70, 20'000));
    CHECK(run.check() == "");
  }
}

// What of the commit's last frame does not fit may be zeros, as what lies beyond the log's end.
TEST_CASE("a commit that a full disk has cut off anywhere is rejected, and the next one is not") {
  for (std::uint64_t room = 0; room < 30'000; room += 97 * kStride) {
    CAPTURE(room);
    ScriptRun run(room + 1, true);
    run.options().checkpoint_pages = 1;
    run.open();
    std::optional<OpenRead> reader;
    reader.emplace("store.db", run.files().vfs());  // the log can't begin anew
    run.files().set_capacity(run.files().bytes() + room);
    const std::size_t bytes = 500 + (room % 4000);
    int number = 0;
    for (bool rejected = false; !rejected; ++number) {
      try {
        commit(run.store(), script_start(number, bytes));
      } catch (const StoreRejected&) {
        rejected = true;
      }
    }
    const std::string refused = "run " + std::to_string(number - 1);
    CHECK_FALSE(run.store().status().read_only);
    CHECK_FALSE(run.store().run(refused).has_value());
    run.files().set_capacity(run.files().bytes() + (std::size_t{1} << 24));
    const bool at_once = room % 2 == 0;
    if (at_once) commit(run.store(), script_start(number, bytes));
    reader.reset();
    run.crash(Crash::ProcessKill);
    run.open();
    CHECK_FALSE(run.store().run(refused).has_value());
    CHECK(run.store().run("run " + std::to_string(number)).has_value() == at_once);
  }
}

TEST_CASE("a read that fails is told as what it is: no run passes for damaged or gone") {
  ScriptRun run(1, true);
  REQUIRE(run.run(make_script(5)));
  const Picture whole = picture_of(run.store());
  const auto fails = [&](std::uint64_t at, const auto& step) {
    run.files().fail_reads(at);
    bool failed = false;
    try {
      step();
    } catch (const IoError&) {
      failed = true;
    }
    run.files().fail_reads(0, 0);
    return failed;
  };
  int not_opened = 0;
  int not_read = 0;
  for (std::uint64_t at = 0; at < 60; ++at) {
    CAPTURE(at);
    run.close();
    if (fails(at, [&] { run.open(); })) {
      ++not_opened;
      run.open();
    }
    Picture seen = whole;
    if (fails(at, [&] { seen = picture_of(run.store()); })) ++not_read;
    CHECK(seen == whole);
    CHECK(picture_of(run.store()) == whole);
  }
  CHECK(not_opened > 5);
  CHECK(not_read > 5);
}

TEST_CASE("a checkpoint that fails takes nothing back, is reported, and is made up for") {
  ScriptRun run(1, true);
  run.options().checkpoint_pages = 1000;
  run.open();
  commit(run.store(), script_start(1, 3000));
  run.files().fail_syncs(1, SyncFault::PagesDropped);  // of the database, behind the log's
  CHECK_THROWS_AS(run.store().checkpoint(), IoError);
  CHECK(run.store().status().failed_checkpoints == 1);
  commit(run.store(), script_start(2, 3000));
  run.store().checkpoint();
  run.crash(Crash::DropAll);
  run.open();
  CHECK(run.store().run("run 1").has_value());
  CHECK(run.store().run("run 2").has_value());
}

// SQLite syncs the database only at the end of a checkpoint that no reader has cut short, and does
// not write again what an earlier one has written.
TEST_CASE("pages of a checkpoint that a reader cut short are not lost to a failed sync") {
  for (const SyncFault fault : kSyncFaults) {
    for (const bool at_once : {true, false}) {
      CAPTURE(static_cast<int>(fault));
      CAPTURE(at_once);
      ScriptRun run(7, true);
      run.options().checkpoint_pages = 1000;
      run.open();
      commit(run.store(), script_start(1, 60'000));  // on pages that nobody writes again
      Picture shown;
      {
        const OpenRead reader("store.db", run.files().vfs());
        commit(run.store(), script_start(2, 3000));
        shown = picture_of(run.store());
        if (at_once) {
          run.files().fail_syncs(1, fault);
          CHECK_THROWS_AS(run.store().checkpoint(), IoError);
          CHECK(run.store().status().read_only);
        } else {
          const Checkpoint partial = run.store().checkpoint();
          CHECK(partial.pages_written > 0);
          CHECK(partial.pages_written < partial.pages_in_log);
        }
      }
      if (!at_once) {
        run.files().fail_syncs(1, fault);
        CHECK_THROWS_AS(run.store().checkpoint(), IoError);
      }
      for (int i = 3; i < 9; ++i) {
        try {
          commit(run.store(), script_start(i, 3000));
          run.store().checkpoint();
        } catch (const Error&) {
          CHECK(at_once);
        }
      }
      if (!at_once) shown = picture_of(run.store());
      run.crash(Crash::DropAll);
      run.open();
      CHECK(picture_of(run.store()) == shown);
      run.kill();
      run.files().crash(Crash::ProcessKill);
      CHECK(run.check() == "");
    }
  }
}

TEST_CASE(
    "with the lesser promise a power loss may cost commits: whole ones, the last ones, and told") {
  int lost = 0;
  int told = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    ScriptRun run(seed, true, Durability::ProcessCrash);
    run.options().checkpoint_pages = 1000;
    run.open();
    std::vector<Picture> pictures{picture_of(run.store())};
    for (int i = 0; i < 12; ++i) {
      commit(run.store(), script_start(i, 500));
      pictures.push_back(picture_of(run.store()));
    }
    run.crash(seed % 2 == 0 ? Crash::DropAll : Crash::RandomSectors);
    run.open();
    const auto found = std::ranges::find(pictures, picture_of(run.store()));
    REQUIRE(found != pictures.end());
    lost += found != std::prev(pictures.end()) ? 1 : 0;
    told += run.store().status().lost_commits > 0 ? 1 : 0;
  }
  CHECK(lost > 0);
  CHECK(told > 0);
  CHECK(told <= lost);
}

TEST_CASE("with the lesser promise the death of the process costs nothing") {
  ScriptRun run(3, true, Durability::ProcessCrash);
  REQUIRE(run.run(make_script(8)));
  run.crash(Crash::ProcessKill);
  CHECK(run.reopen_and_compare() == "");
  CHECK(run.store().status().lost_commits == 0);
}
