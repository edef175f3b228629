// A backup is a whole store of one moment, verified, or no file at all; check reads beside an
// owner.
#include "store/child_process.hpp"
#include "store/sqlite_script.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;
using durasim_test::ChildProcess;
using durasim_test::TemporaryFolder;

namespace {

void commit(Store& store, const Transition& transition) {
  store.commit({&transition, 1});
}

}  // namespace

TEST_CASE("a backup that is made while a writer writes is the store of one moment") {
  const TemporaryFolder folder;
  SqliteOptions options;
  options.path = folder.file("x.db");
  options.checkpoint_pages = 50;
  SqliteStore store(options);
  std::atomic<std::int64_t> acknowledged{0};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 1; !stop; ++i) {
      commit(store, script_start(i, 2000));
      acknowledged = i;
    }
  });
  for (int round = 0; round < 5; ++round) {
    const std::int64_t before = acknowledged;
    const std::string copy = folder.file("copy " + std::to_string(round) + ".db");
    CHECK(store.backup(copy).empty());
    const std::int64_t after_it = acknowledged;
    CHECK(check_store(copy).ok());
    SqliteOptions of_copy = options;
    of_copy.path = copy;
    const SqliteStore restored(of_copy);
    const auto runs = static_cast<std::int64_t>(restored.runs({.limit = 100'000}).size());
    CHECK(runs >= before);
    CHECK(runs <= after_it + 1);
    for (std::int64_t i = 1; i <= runs; ++i) {
      REQUIRE(restored.run("run " + std::to_string(i)).has_value());
    }
  }
  stop = true;
  writer.join();
}

TEST_CASE("another process may check and back up beside the owner") {
  const TemporaryFolder folder;
  SqliteOptions options;
  options.path = folder.file("x.db");
  ChildProcess owner([&](const auto& line) {
    SqliteStore store(options);
    for (std::int64_t i = 1;; ++i) {
      commit(store, script_start(static_cast<int>(i), 1000));
      line.say(i);
    }
  });
  for (int i = 0; i < 20; ++i) REQUIRE(owner.hear() > 0);
  const StoreReport report = check_store(options.path);
  CHECK(report.ok());
  CHECK(report.owner_pid == owner.pid());
  CHECK(report.runs >= 20);
  CHECK(report.open_runs == report.runs);
  CHECK(backup_store(options.path, folder.file("copy.db")).empty());
  CHECK(check_store(folder.file("copy.db")).runs >= report.runs);
  owner.kill();
  const StoreReport left = check_store(options.path);
  CHECK(left.ok());
  CHECK(left.owner_pid == 0);
  CHECK(SqliteStore(options).runs({.limit = 100'000}).size() ==
        static_cast<std::size_t>(left.runs));
}

TEST_CASE("a check of a closed store makes no file beside it and changes none") {
  ScriptRun run(1, true);
  REQUIRE(run.run(make_script(6)));
  run.close();
  std::vector<std::string> names = run.files().names();
  const std::string before = run.files().contents("store.db");
  CHECK(run.check() == "");
  CHECK(run.files().names() == names);
  CHECK(run.files().contents("store.db") == before);
  CHECK_THROWS_AS(check_store("nothing.db", &run.files()), IoError);
  CHECK_THROWS_AS(backup_store("nothing.db", "copy.db", &run.files()), IoError);
}

TEST_CASE("a backup that fails leaves no file, one that is there is not overwritten") {
  ScriptRun run(1, true);
  REQUIRE(run.run(make_script(6)));
  const std::uint64_t calls = run.files().calls();
  run.store().backup("first.db");
  const std::uint64_t needed = run.files().calls() - calls;
  CHECK_THROWS_AS(run.store().backup("first.db"), InvalidArgument);
  for (std::uint64_t at = 1; at < needed; at += 5) {
    CAPTURE(at);
    run.files().fail_calls(at, at % 2 == 0 ? WriteFault::NoSpace : WriteFault::Io,
                           SyncFault::PagesKept, 1);
    bool made = false;
    try {
      run.store().backup("copy.db");
      made = true;
    } catch (const Error&) {
      made = false;
    }
    run.files().fail_calls(0, WriteFault::Io, SyncFault::PagesKept, 0);
    const std::vector<std::string> names = run.files().names();
    CHECK((std::ranges::find(names, "copy.db") != names.end()) == made);
    if (made) CHECK(check_store("copy.db", &run.files()).ok());
    run.files().erase("copy.db");
  }
  CHECK(run.compare() == "");
}

TEST_CASE("a backup is there as a whole whenever the machine stops") {
  const std::vector<Step> script = make_script(6);
  for (std::uint64_t at = 0; at < 60; ++at) {
    CAPTURE(at);
    ScriptRun run(at + 1, true);
    REQUIRE(run.run(script));
    run.files().stop_after(at);
    bool made = false;
    try {
      run.store().backup("copy.db");
      made = true;
    } catch (const Error&) {
      CHECK(run.files().stopped());
    }
    run.crash(kCrashes.at(1 + at % (kCrashes.size() - 1)));
    const std::vector<std::string> names = run.files().names();
    const bool there = std::ranges::find(names, "copy.db") != names.end();
    if (made) CHECK(there);
    if (there) CHECK(check_store("copy.db", &run.files()).ok());
    CHECK(run.reopen_and_compare() == "");
  }
}

TEST_CASE("damage of one run does not keep the others from being backed up") {
  ScriptRun run(1, true);
  REQUIRE(run.run(make_script(6)));
  run.close();
  execute(run.files(), "store.db",
          "UPDATE runs SET version = 77 WHERE run_id = CAST('run 4' AS BLOB)");
  run.files().crash(Crash::KeepAll);
  run.open();
  const std::vector<Finding> findings = run.store().backup("copy.db");
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().run_id == "run 4");
  CHECK(check_store("copy.db", &run.files()).findings.size() == 1);
}
