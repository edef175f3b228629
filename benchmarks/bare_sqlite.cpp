// One table, one prepared statement, WAL with its own checkpoints.
#include "bare_sqlite.hpp"

#include "durasim/core/error.hpp"

#include "bench.hpp"

#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace {

std::atomic<std::uint64_t>& calls() {
  static std::atomic<std::uint64_t> count = 0;
  return count;
}

}  // namespace

// Found before the C library's by everything in this process, SQLite included.
extern "C" int fdatasync(int descriptor) {
  ++calls();
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}

namespace durasim::bench {

namespace {

void expect(sqlite3* db, int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
    throw Error(std::string("bare SQLite: ") + sqlite3_errmsg(db));
}

}  // namespace

double bare_workflows_per_s(const BareWork& work) {
  sqlite3* db = nullptr;
  expect(db, sqlite3_open(work.path.c_str(), &db));
  const auto run = [&](const std::string& sql) {
    expect(db, sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr));
  };
  run("PRAGMA journal_mode=WAL");
  run(std::string("PRAGMA synchronous=") + (work.survive_power ? "FULL" : "NORMAL"));
  run("CREATE TABLE log(id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
  sqlite3_stmt* insert = nullptr;
  expect(db, sqlite3_prepare_v2(db, "INSERT INTO log(data) VALUES(?1)", -1, &insert, nullptr));
  const std::string data(work.bytes, 'x');
  const double spent = seconds_of([&] {
    for (int done = 0; done < work.workflows; done += work.together) {
      for (int commit = 0; commit < work.commits; ++commit) {
        run("BEGIN IMMEDIATE");
        for (int i = 0; i < work.together; ++i) {
          sqlite3_bind_blob(insert, 1, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
          expect(db, sqlite3_step(insert));
          sqlite3_reset(insert);
        }
        run("COMMIT");
      }
    }
  });
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return work.workflows / spent;
}

std::uint64_t fdatasync_calls() {
  return calls();
}

}  // namespace durasim::bench
