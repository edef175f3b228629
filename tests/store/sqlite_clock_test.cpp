// Engine time over restarts: within one boot nobody who sets the wall clock moves it, after another
// boot the wall clock counts, and it never goes behind what the store has seen.
#include "store/sqlite_script.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;
using namespace std::chrono_literals;

namespace {

// A machine whose clocks and boots are set by hand; its files are the simulated ones.
class Machine final : public StoreEnvironment, public Clock {
 public:
  explicit Machine(StoreEnvironment& files) : files_(files) {}
  WallTime wall = WallTime(std::chrono::seconds(1'800'000'000));
  Duration up = 5min;
  std::string boot = "first boot";

  [[nodiscard]] WallTime wall_now() const override { return wall; }
  [[nodiscard]] SteadyTime steady_now() const override { return SteadyTime(up); }
  [[nodiscard]] std::string vfs() const override { return files_.vfs(); }
  [[nodiscard]] std::string resolve(const std::string& path) const override {
    return files_.resolve(path);
  }
  void create_private(const std::string& path) override { files_.create_private(path); }
  LockResult try_lock(const std::string& path) override { return files_.try_lock(path); }
  void wait_for_owner(const std::string& path, const std::stop_token& stop,
                      SteadyTime until) override {
    files_.wait_for_owner(path, stop, until);
  }
  void rename(const std::string& from, const std::string& to) override { files_.rename(from, to); }
  [[nodiscard]] std::int64_t process_id() const override { return files_.process_id(); }
  [[nodiscard]] std::string boot_id() const override { return boot; }
  [[nodiscard]] const Clock& clock() const override { return *this; }

 private:
  StoreEnvironment& files_;
};

// Engine time when an owner opens the store now, and notes it.
WallTime open_now(Machine& machine) {
  SqliteStore store({.path = "store.db", .environment = &machine});
  return store.time_at_boot().value() + machine.boot_time();
}

}  // namespace

TEST_CASE("within one boot a wall clock that jumps moves no timer, over any number of owners") {
  PowerLossFiles files(1);
  Machine machine(files);
  const WallTime first = open_now(machine);
  CHECK(first == machine.wall);
  machine.up += 10s;
  machine.wall += 10s + 1h;
  CHECK(open_now(machine) == first + 10s);
  machine.up += 10s;
  machine.wall -= 3h;
  CHECK(open_now(machine) == first + 20s);
}

TEST_CASE("after another boot the wall clock counts") {
  PowerLossFiles files(1);
  Machine machine(files);
  const WallTime first = open_now(machine);
  machine.boot = "second boot";
  machine.up = 20s;
  machine.wall += 2h;
  CHECK(open_now(machine) == first + 2h);
}

TEST_CASE("a wall clock behind the last commit is reported, and engine time does not go back") {
  PowerLossFiles files(1);
  Machine machine(files);
  Transition start = script_start(1, 10);
  {
    SqliteStore store({.path = "store.db", .environment = &machine});
    start.note_time = machine.wall + 1min;
    store.commit({&start, 1});
  }
  machine.boot = "second boot";
  machine.up = 20s;
  machine.wall -= 24h;
  std::string warning;
  const Logger log([&](const LogRecord& record) { warning = record.message; }, LogLevel::Warning);
  const SqliteStore store({.path = "store.db", .log = log, .environment = &machine});
  CHECK(store.time_at_boot().value() + machine.boot_time() == start.note_time);
  CHECK(warning.find("86460.000 s behind the last commit") != std::string::npos);
}
