// What an open refuses, untouched, and what it notices: newer and foreign files, commits that were
// acknowledged and are gone.
#include "durasim/core/bytes.hpp"
#include "durasim/core/files.hpp"

#include "store/sqlite_script.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

using Contents = std::map<std::string, std::string>;

Contents contents_of(const PowerLossFiles& files) {
  Contents all;
  for (const std::string& name : files.names()) all[name] = files.contents(name);
  return all;
}

void commit(Store& store, const Transition& transition) {
  store.commit({&transition, 1});
}

std::vector<std::string> texts(PowerLossFiles& files, const char* path, const char* sql) {
  std::vector<std::string> all;
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, files.vfs().c_str()) == SQLITE_OK);
  const auto add = [](void* to, int /*columns*/, char** values, char** /*names*/) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(values[0]);
    return 0;
  };
  CHECK(sqlite3_exec(db, sql, add, &all, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  return all;
}

template <class Error>
void check_refused_untouched(ScriptRun& run) {
  const Contents before = contents_of(run.files());
  CHECK_THROWS_AS(run.open(), Error);
  const Contents after = contents_of(run.files());
  for (const auto& [name, bytes] : before) {
    CAPTURE(name);
    CHECK((after.contains(name) && after.at(name) == bytes));
  }
}

}  // namespace

TEST_CASE("a store of a newer version is refused, and not a byte of it changes") {
  ScriptRun run(1, true);
  REQUIRE(run.run(make_script(3)));
  run.close();
  std::string database = run.files().contents("store.db");
  database[63] = 99;  // user_version, big-endian
  run.files().put("store.db", database);
  check_refused_untouched<StoreTooNew>(run);
  CHECK_THROWS_AS(static_cast<void>(run.check()), StoreTooNew);
}

TEST_CASE("a newer version that is in the log only is refused, and not a byte changes") {
  ScriptRun run(1, true);
  REQUIRE(run.run(make_script(3)));
  run.close();
  execute(run.files(), "store.db", "PRAGMA user_version = 99");
  REQUIRE_FALSE(run.files().contents("store.db-wal").empty());
  check_refused_untouched<StoreTooNew>(run);
}

TEST_CASE("another application's file is refused, and not a byte of it changes") {
  ScriptRun run(1, true);
  execute(run.files(), "store.db", "PRAGMA application_id = 7; CREATE TABLE theirs(x)");
  check_refused_untouched<FormatError>(run);
  run.files().erase("store.db");
  execute(run.files(), "store.db", "CREATE TABLE theirs(x)");
  check_refused_untouched<FormatError>(run);
  run.files().put("store.db", std::string(5000, 'x'));
  check_refused_untouched<FormatError>(run);
  run.files().put("store.db", "");
  run.open();
  CHECK(run.store().runs({}).empty());
}

TEST_CASE("a store of version 0 is brought up to date, wherever the machine stops") {
  constexpr const char* kVersion0 = "PRAGMA application_id = 1148539489; PRAGMA journal_mode = WAL";
  for (std::uint64_t at = 0; at < 60; ++at) {
    CAPTURE(at);
    ScriptRun run(at + 1, true);
    execute(run.files(), "store.db", kVersion0);
    run.files().crash(Crash::KeepAll);
    run.files().stop_after(at);
    try {
      run.open();
    } catch (const Error&) {
      CHECK(run.files().stopped());
    }
    run.crash(kCrashes.at(at % kCrashes.size()));
    run.open();
    commit(run.store(), script_start(1, 100));
    CHECK(run.store().run("run 1").has_value());
    run.close();
    CHECK(run.check() == "");
  }
}

TEST_CASE("a database that is older than its mark has lost commits: refused, or told") {
  ScriptRun run(1, true);
  run.open();
  commit(run.store(), script_start(1, 100));
  run.close();
  const std::string older = run.files().contents("store.db");
  run.open();
  for (int i = 2; i < 5; ++i) commit(run.store(), script_start(i, 100));
  run.close();
  const std::string newest = run.files().contents("store.db");
  run.files().put("store.db", older);
  check_refused_untouched<StoreDamaged>(run);
  CHECK(run.check().find("was acknowledged") != std::string::npos);
  run.files().erase("store.db");
  check_refused_untouched<StoreDamaged>(run);
  run.files().put("store.db", newest);
  run.open();
  CHECK(run.store().runs({}).size() == 4);
  run.close();

  run.files().put("store.db", older);
  run.options().durability = Durability::ProcessCrash;
  run.open();
  CHECK(run.store().status().lost_commits == 3);
  run.close();
  run.options().durability = Durability::PowerLoss;
  run.open();
  CHECK(run.store().status().lost_commits == 0);
}

TEST_CASE("commits that are known to be gone can be given up, once and by name") {
  ScriptRun run(1, true);
  run.open();
  commit(run.store(), script_start(1, 100));
  run.close();
  const std::string older = run.files().contents("store.db");
  run.open();
  commit(run.store(), script_start(2, 100));
  run.close();
  run.files().put("store.db", older);
  run.options().accept_lost_commits = true;
  run.open();
  CHECK(run.store().status().lost_commits == 1);
  commit(run.store(), script_start(3, 100));
  run.close();
  run.options().accept_lost_commits = false;
  run.open();
  CHECK(run.store().runs({}).size() == 2);
}

TEST_CASE("a database of the same length but another past is noticed") {
  ScriptRun run(1, true);
  run.open();
  commit(run.store(), script_start(1, 100));
  run.close();
  ScriptRun other(1, true);
  other.open();
  commit(other.store(), script_start(2, 100));
  other.close();
  run.files().put("store.db", other.files().contents("store.db"));
  check_refused_untouched<StoreDamaged>(run);
}

TEST_CASE("a flipped bit in the log, or a log cut short, does not silently drop commits") {
  ScriptRun run(1, true);
  run.options().checkpoint_pages = 100;
  run.open();
  std::vector<Picture> pictures;
  for (int i = 0; i < 8; ++i) {
    commit(run.store(), script_start(i, 200));
    pictures.push_back(picture_of(run.store()));
  }
  run.crash(Crash::ProcessKill);
  const Contents files = contents_of(run.files());
  const std::string log = files.at("store.db-wal");
  const std::size_t used = log.find_last_not_of('\0') + 1;
  int refused = 0;
  for (std::size_t at = 0; at < used; at += 397) {
    CAPTURE(at);
    ScriptRun other(2, true);
    for (const auto& [name, bytes] : files) other.files().put(name, bytes);
    other.files().flip_bit("store.db-wal", at, static_cast<unsigned>(at % 8));
    try {
      other.open();
      CHECK(picture_of(other.store()) == pictures.back());
    } catch (const StoreDamaged&) {
      ++refused;
    }
  }
  CHECK(refused > 20);
  ScriptRun cut(2, true);
  for (const auto& [name, bytes] : files) cut.files().put(name, bytes);
  cut.files().put("store.db-wal", log.substr(0, used / 2));
  CHECK_THROWS_AS(cut.open(), StoreDamaged);
  cut.files().erase("store.db");
  CHECK_THROWS_AS(cut.open(), StoreDamaged);
}

TEST_CASE("flipped bits in the files beside the database refuse nothing and lose nothing") {
  ScriptRun run(1, true);
  REQUIRE(run.run(make_script(4)));
  run.crash(Crash::ProcessKill);
  const Contents files = contents_of(run.files());
  for (const char* name : {"store.db.mark", "store.db.inflight"}) {
    for (std::size_t at = 0; at < 600; at += 3) {
      CAPTURE(name);
      CAPTURE(at);
      ScriptRun other(2, true);
      for (const auto& [file, bytes] : files) other.files().put(file, bytes);
      other.files().flip_bit(name, at, static_cast<unsigned>(at % 8));
      other.open();
      CHECK(picture_of(other.store()) == picture_of(run.expected()));
    }
  }
}

TEST_CASE("docs/store.md names every table, column and index") {
  ScriptRun run(1, true);
  run.open();
  run.close();
  const std::string text(as_text(read_file(DURASIM_DOCS "/store.md")));
  std::size_t names = 0;
  const auto look_for = [&](const std::string& name) {
    CAPTURE(name);
    CHECK(text.find("`" + name + "`") != std::string::npos);
    ++names;
  };
  for (const std::string& name :
       texts(run.files(), "store.db",
             "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")) {
    look_for(name);
  }
  for (const std::string& name :
       texts(run.files(), "store.db",
             "SELECT DISTINCT info.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS info "
             "WHERE s.type = 'table'")) {
    look_for(name);
  }
  CHECK(names > 40);
}
