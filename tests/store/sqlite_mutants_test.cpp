// Each deliberate bug of the SQLite store is found by one of the ways in which the other tests
// look, which find nothing in the store as it is. This program compiles copies of the store's
// sources with the switch on.
#include "mutants/mutants.hpp"
#include "store/sqlite_script.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

void commit(Store& store, const Transition& transition) {
  store.commit({&transition, 1});
}

std::string crashes() {
  const std::vector<Step> script = make_script(6);
  for (std::uint64_t at = 100; at < 500; at += 4) {
    for (const Crash mode : {Crash::DropAll, Crash::RandomSectors}) {
      ScriptRun run(at, true);
      run.files().stop_after(at);
      run.run(script);
      run.crash(mode);
      if (std::string problem = run.reopen_and_compare(); !problem.empty()) return problem;
    }
  }
  return {};
}

// What was acknowledged after failed syncs, or shown after a death in doubt, stays.
std::string failed_syncs() {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (std::uint64_t failures = 1; failures <= 3; ++failures) {
      ScriptRun run(seed, true);
      run.options().checkpoint_pages =
          100;  // the log goes on: the sync is of a commit, not of its head
      run.open();
      commit(run.store(), script_start(1, 3000));
      run.files().fail_syncs(0, SyncFault::PagesKept, failures);
      bool acknowledged = false;
      try {
        commit(run.store(), script_start(2, 3000));
        acknowledged = true;
      } catch (const StoreUnknown&) {
        acknowledged = false;
      }
      // As if the note of the failed sync had been lost with the process.
      run.kill();
      run.files().crash(Crash::ProcessKill);
      run.files().erase("store.db.mark");
      run.open();
      const bool shown = run.store().run("run 2").has_value();
      if (acknowledged && !shown) return "an acknowledged commit is gone";
      run.crash(Crash::DropAll);
      try {
        run.open();
      } catch (const StoreDamaged& error) {
        return error.what();
      }
      if (run.store().run("run 2").has_value() != shown) return "a commit that was shown is gone";
    }
  }
  return {};
}

std::string older_database() {
  ScriptRun run(1, true);
  run.open();
  commit(run.store(), script_start(1, 100));
  run.close();
  const std::string older = run.files().contents("store.db");
  run.open();
  commit(run.store(), script_start(2, 100));
  run.close();
  run.files().put("store.db", older);
  try {
    run.open();
  } catch (const StoreDamaged&) {
    return {};
  }
  return "an older database is taken";
}

std::string cut_checkpoint() {
  ScriptRun run(7, true);
  run.options().checkpoint_pages = 1000;
  run.open();
  commit(run.store(), script_start(1, 60'000));
  {
    const OpenRead reader("store.db", run.files().vfs());
    commit(run.store(), script_start(2, 3000));
    run.store().checkpoint();
  }
  run.files().fail_syncs(1, SyncFault::PagesKept);
  bool failed = false;
  try {
    run.store().checkpoint();
  } catch (const IoError&) {
    failed = true;
  }
  if (!failed) return "a failed sync of the database is not told";
  commit(run.store(), script_start(3, 3000));
  run.store().checkpoint();
  commit(run.store(), script_start(4, 3000));
  const Picture shown = picture_of(run.store());
  run.crash(Crash::DropAll);
  try {
    run.open();
    return picture_of(run.store()) == shown ? "" : "another store than was shown";
  } catch (const Error& error) {
    return error.what();
  }
}

std::string superseded_owner() {
  const durasim_test::TemporaryFolder folder;
  SqliteOptions options;
  options.path = folder.file("x.db");
  options.checkpoint_pages = 50;
  SqliteStore old(options);
  std::filesystem::remove(options.path + ".lock");
  SqliteStore fresh(options);
  commit(fresh, script_start(1, 100));
  try {
    commit(old, script_start(2, 100));
  } catch (const StoreRejected&) {
    return {};
  }
  return "an owner that was superseded has written";
}

std::string hunt() {
  using Way = std::function<std::string()>;
  for (const Way& way : {Way(superseded_owner), Way(older_database), Way(cut_checkpoint),
                         Way(failed_syncs), Way(crashes)}) {
    try {
      if (std::string problem = way(); !problem.empty()) return problem;
    } catch (const std::exception& error) {
      return std::string("unexpected: ") + error.what();
    }
  }
  return {};
}

}  // namespace

TEST_CASE("without a mutant nothing is found") {
  select_mutant(std::nullopt);
  CHECK(hunt() == "");
}

TEST_CASE("each mutant of the SQLite store is found") {
  int hunted = 0;
  for (const MutantInfo& info : all_mutants()) {
    if (!info.name.starts_with("sqlite-")) continue;
    CAPTURE(info.name);
    select_mutant(info.id);
    const std::string problem = hunt();
    select_mutant(std::nullopt);
    CHECK(problem != "");
    MESSAGE(info.name << ": " << problem);
    ++hunted;
  }
  CHECK(hunted == 6);
}
