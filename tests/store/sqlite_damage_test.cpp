// Damage on the disk is one run's: found before it is used, while the others are read and written.
#include "store/sqlite_script.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

void commit(Store& store, const Transition& transition) {
  store.commit({&transition, 1});
}

std::string needle(int run) {
  return "needle " + std::to_string(run) + std::string(200, static_cast<char>('a' + run));
}

// A store of closed files with `runs` runs, each with one event, task and state of its own text.
void fill(ScriptRun& run, int runs) {
  run.open();
  for (int i = 0; i < runs; ++i) {
    Transition start = script_start(i, 10);
    add_events(start, {"event " + needle(i)});
    start.put_tasks = {task_of(start.run.run_id, 2, "task " + needle(i))};
    start.run.state = "state " + needle(i);
    start.blobs = {blob_of("blob " + needle(i))};
    seal(start.run);
    commit(run.store(), start);
  }
  run.close();
}

std::string name_of(int run) {
  return "run " + std::to_string(run);
}

void damage(ScriptRun& run, const std::string& text) {
  const std::size_t at = run.files().contents("store.db").find(text);
  REQUIRE(at != std::string::npos);
  run.files().flip_bit("store.db", at + text.size() - 3, 4);
}

std::vector<FindingKind> kinds_of(const StoreReport& report) {
  std::vector<FindingKind> kinds;
  kinds.reserve(report.findings.size());
  for (const Finding& finding : report.findings) kinds.push_back(finding.kind);
  return kinds;
}

// Everything that is read of a run, verified as an engine does; false when it is damaged.
bool is_well(const Store& store, const RunRow& row) {
  verify(row);
  verify(store.history(row.run_id), row);
  return store.tasks(row.run_id).size() == 1;
}

}  // namespace

TEST_CASE("a flipped bit in a run's rows damages that run, others are read, written and listed") {
  for (const char* part : {"event ", "task ", "state ", "blob "}) {
    CAPTURE(part);
    ScriptRun run(1, true);
    fill(run, 12);
    damage(run, part + needle(5));
    const StoreReport report = check_store("store.db", &run.files());
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings.front().run_id == name_of(5));
    CHECK(report.runs == 12);
    CHECK(report.tasks >= 11);
    CHECK(report.blobs == 12);
    run.open();
    const Store& store = run.store();
    const std::string_view what = part;
    if (what == "event ")
      CHECK_THROWS_AS(static_cast<void>(store.history(name_of(5))), StoreDamaged);
    if (what == "task ") CHECK_THROWS_AS(static_cast<void>(store.tasks(name_of(5))), StoreDamaged);
    if (what == "state ") {
      CHECK_THROWS_AS(static_cast<void>(store.run(name_of(5))), StoreDamaged);
      CHECK_THROWS_AS(static_cast<void>(store.current_run("id of " + name_of(5))), StoreDamaged);
    }
    const auto blob_at = [&](int i) {
      return read_blob(store, name_of(i), blob_of("blob " + needle(i)).hash);
    };
    if (what == "blob ") CHECK_THROWS_AS(static_cast<void>(blob_at(5)), StoreDamaged);
    CHECK(store.runs({}).size() == 12);
    for (int i = 0; i < 12; ++i) {
      if (i == 5) continue;
      const auto row = store.run(name_of(i));
      REQUIRE(row.has_value());
      CHECK(is_well(store, *row));
      CHECK(blob_at(i) == "blob " + needle(i));
    }
    commit(run.store(), script_start(20, 10));
    CHECK(run.store().run(name_of(20)).has_value());
  }
}

TEST_CASE("a page that can't be read hides its runs only, and the list names them") {
  ScriptRun run(1, true);
  fill(run, 40);
  const std::string database = run.files().contents("store.db");
  const std::size_t at = database.find("state " + needle(5));
  REQUIRE(at != std::string::npos);
  const std::size_t page = at / 4096 * 4096;
  run.files().flip_bit("store.db", page, 3);  // its kind
  run.open();
  const Store& store = run.store();
  CHECK_THROWS_AS(static_cast<void>(store.run(name_of(5))), StoreDamaged);
  const std::vector<RunRow> rows = store.runs({});
  CHECK(rows.size() == 40);
  int damaged = 0;
  int well = 0;
  for (const RunRow& row : rows) {
    try {
      well += is_well(store, row) ? 1 : 0;
    } catch (const StoreDamaged&) {
      ++damaged;
    }
  }
  CHECK(damaged > 1);
  CHECK(well > 10);
  CHECK(well + damaged == 40);
  RunFilter open;
  open.status = RunStatus::Running;
  CHECK(store.runs(open).size() == 40);
  open.limit = 7;
  open.after_run_id = store.runs(open).back().run_id;
  CHECK(store.runs(open).size() == 7);
  run.close();
  const auto kinds = kinds_of(check_store("store.db", &run.files()));
  CHECK(std::ranges::find(kinds, FindingKind::Database) != kinds.end());
  CHECK(std::ranges::find(kinds, FindingKind::Run) != kinds.end());
}

TEST_CASE(
    "no flipped bit of the database is silently read: it is refused, harmless, or found by check") {
  ScriptRun run(1, true);
  fill(run, 12);
  run.open();
  const Picture whole = picture_of(run.store());
  run.close();
  const std::string database = run.files().contents("store.db");
  int refused = 0;
  int harmless = 0;
  int found = 0;
  for (std::size_t at = 0; at < database.size(); at += 61) {
    CAPTURE(at);
    ScriptRun other(2, true);
    other.files().put("store.db", database);
    other.files().flip_bit("store.db", at, static_cast<unsigned>(at % 8));
    try {
      other.open();
      const Picture picture = picture_of(other.store());
      for (const RunRow& row : picture.runs) {
        verify(row);
        verify(picture.history.at(row.run_id), row);
      }
      for (int i = 0; i < 12; ++i)
        static_cast<void>(read_blob(other.store(), name_of(i), blob_of("blob " + needle(i)).hash));
      if (picture == whole) {
        ++harmless;
        continue;
      }
    } catch (const Error&) {
      ++refused;
      continue;
    }
    other.crash(Crash::KeepAll);
    ++found;
    REQUIRE_FALSE(other.check() == "");
  }
  MESSAGE(refused << " refused, " << harmless << " harmless, " << found
                  << " only found by check (indexes)");
  CHECK(refused > found);
}

TEST_CASE("check finds rows that belong to nothing, and runs that nothing leads to") {
  ScriptRun run(1, true);
  fill(run, 3);
  const auto after_sql = [&](const char* sql) {
    ScriptRun other(2, true);
    other.files().put("store.db", run.files().contents("store.db"));
    execute(other.files(), "store.db", sql);
    return kinds_of(check_store("store.db", &other.files()));
  };
  using Kinds = std::vector<FindingKind>;
  CHECK(after_sql("SELECT 1") == Kinds{});
  CHECK(after_sql("UPDATE tasks SET run = 99 WHERE run = 1") == Kinds{FindingKind::Dangling});
  CHECK(after_sql("DELETE FROM requests; DELETE FROM current_runs WHERE run = 2") ==
        Kinds{FindingKind::Dangling});
  CHECK(after_sql("UPDATE current_runs SET run = 3 WHERE run = 2") ==
        Kinds{FindingKind::Dangling, FindingKind::Run});
  CHECK(after_sql("UPDATE requests SET run_id = x'00' WHERE id = 2") ==
        Kinds{FindingKind::Request, FindingKind::Dangling});
  CHECK(after_sql("DELETE FROM history WHERE run = 2") == Kinds{FindingKind::History});
  CHECK(after_sql("UPDATE meta SET last_time = 0") == Kinds{FindingKind::Head});
  CHECK(after_sql("UPDATE runs SET version = 7 WHERE id = 1") == Kinds{FindingKind::Run});
  CHECK(after_sql("DELETE FROM blobs WHERE id = 2") == Kinds{FindingKind::Blob});
  CHECK(after_sql("UPDATE blobs SET bytes = x'00' WHERE id = 2; INSERT INTO blob_uses "
                  "SELECT 1, blob, checksum FROM blob_uses WHERE run = 2") ==
        Kinds{FindingKind::Blob, FindingKind::Blob, FindingKind::Blob});
  CHECK(after_sql("DELETE FROM blob_uses WHERE run = 2") == Kinds{FindingKind::Dangling});
  CHECK(after_sql("UPDATE blob_uses SET run = 99 WHERE run = 2") ==
        Kinds{FindingKind::Dangling, FindingKind::Dangling});
  CHECK(after_sql("UPDATE blob_uses SET checksum = 1 WHERE run = 2") == Kinds{FindingKind::Blob});
}
