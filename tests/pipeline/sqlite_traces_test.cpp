// Traces in SQLite: the contract, and what is special to a file.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/pipeline/trace.hpp"

#include "pipeline/trace_conformance.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <future>
#include <limits>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using durasim_test::make_trace;

namespace {

// What any other program that has the file does.
std::string query(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  std::string first;
  const int rc = sqlite3_exec(
      database, sql.c_str(),
      [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) += values[0] != nullptr ? values[0] : "NULL";
        return 0;
      },
      &first, nullptr);
  CAPTURE(sqlite3_errmsg(database));
  CHECK(rc == SQLITE_OK);
  sqlite3_close(database);
  return first;
}

}  // namespace

TEST_CASE("SQLite keeps traces as the contract says") {
  const durasim_test::TemporaryFolder folder;
  durasim_test::check_trace_store([&] { return open_sqlite_traces(folder.file("traces")); });
}

TEST_CASE("several that make the same file at once all find it well") {
  const durasim_test::TemporaryFolder folder;
  for (int round = 0; round < 20; ++round) {
    const std::string path = folder.file("traces" + std::to_string(round));
    std::vector<std::future<std::size_t>> all(4);
    for (auto& one : all) {
      one = std::async(std::launch::async,
                       [&path] { return open_sqlite_traces(path)->runs("", 1).size(); });
    }
    for (auto& one : all) CHECK(one.get() == 0);
  }
}

TEST_CASE("a file of traces is private, strict and has a log") {
  const durasim_test::TemporaryFolder folder;
  const std::string path = folder.file("traces");
  const auto store = open_sqlite_traces(path);
  CHECK_FALSE(std::filesystem::exists(path));
  store->update(make_trace("a", 9));
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
  CHECK(std::filesystem::status(path + "-wal").permissions() == std::filesystem::perms(0600));
  CHECK(query(path, "PRAGMA user_version") == "1");
  CHECK(query(path, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict") ==
        "5");
  CHECK(query(path, "SELECT started_at FROM runs") == "2026-11-18T11:06:40.123Z");
  CHECK(query(path, "SELECT group_concat(typeof(value)) FROM metrics") == "real,real,real,real");
}

TEST_CASE("deleting a run deletes all that belongs to it") {
  const durasim_test::TemporaryFolder folder;
  const std::string path = folder.file("traces");
  open_sqlite_traces(path)->update(make_trace("a", 9));
  query(path, "PRAGMA foreign_keys = ON; DELETE FROM runs");
  for (const std::string table : {"steps", "assets", "events", "metrics"})
    CHECK(query(path, "SELECT count(*) FROM " + table) == "0");
}

TEST_CASE("an update that fails at its last row has written none") {
  const durasim_test::TemporaryFolder folder;
  const auto store = open_sqlite_traces(folder.file("traces"));
  Trace trace = make_trace("a", 9);
  trace.metrics["zzz"] = std::numeric_limits<double>::quiet_NaN();  // NULL to SQLite
  CHECK_THROWS_AS(store->update(trace), IoError);
  CHECK_FALSE(store->find("a"));
  store->update(make_trace("a", 9));
  CHECK(store->find("a") == make_trace("a", 9));
}

TEST_CASE("files that are not this program's are refused and left as they are") {
  const durasim_test::TemporaryFolder folder;
  const std::string path = folder.file("traces");
  const auto store = open_sqlite_traces(path);
  SUBCASE("of a newer durasim") {
    store->update(make_trace("a", 9));
    query(path, "PRAGMA user_version = 2");
    CHECK_THROWS_WITH_AS((void)open_sqlite_traces(path)->find("a"),
                         doctest::Contains("use a newer durasim"), FormatError);
    CHECK(query(path, "SELECT count(*) FROM runs") == "1");
  }
  SUBCASE("another program's database") {
    query(path, "CREATE TABLE runs(a)");
    CHECK_THROWS_WITH_AS(store->update(make_trace("a", 9)),
                         doctest::Contains("a file of their own"), FormatError);
    CHECK(query(path, "SELECT group_concat(name) FROM sqlite_schema") == "runs");
  }
  SUBCASE("no database") {
    const std::string text(5000, 'x');
    write_file(path, as_bytes(text));
    CHECK_THROWS_AS((void)store->runs("", 1), FormatError);
    CHECK(as_text(read_file(path)) == text);
  }
  SUBCASE("no folder") {
    CHECK_THROWS_WITH_AS((void)open_sqlite_traces(folder.file("none/traces"))->find("a"),
                         doctest::Contains("none/traces"), IoError);
  }
}
