// One process owns a store: others are told who it is, wait as stand-by, and take over when it
// dies, with all that it acknowledged and the runs that it had in flight.
#include "durasim/store/sqlite.hpp"

#include "store/child_process.hpp"
#include "store/sqlite/file_system.hpp"
#include "temporary_folder.hpp"
#include "testing/store_rows.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

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

SqliteOptions small(const std::string& path) {
  SqliteOptions options;
  options.path = path;
  options.checkpoint_pages = 100;
  return options;
}

// Owns the store until it is killed; says 1 when it has it.
void hold(const std::string& path, const ChildProcess::Line& line) {
  SqliteStore store(small(path));
  commit(store, start_of("a", "id"));
  store.set_in_flight(7, "a");
  line.say(1);
  for (;;) ::pause();
}

}  // namespace

TEST_CASE("a second owner is refused with the pid of the first and takes over when it is killed") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  ChildProcess owner([&](const auto& line) { hold(path, line); });
  REQUIRE(owner.hear() == 1);
  try {
    const SqliteStore second(small(path));
    FAIL("two owners");
  } catch (const StoreInUse& error) {
    CHECK(error.owner_pid() == owner.pid());
    CHECK(std::string(error.what()).find(std::to_string(owner.pid())) != std::string::npos);
  }
  owner.kill();
  const SqliteStore next(small(path));
  CHECK(next.run("a").has_value());
  CHECK(next.runs_in_flight_at_open() == std::vector<std::string>{"a"});
  CHECK(next.status().epoch == 2);
  CHECK_THROWS_AS(SqliteStore{small(path)}, StoreInUse);
}

TEST_CASE("a stand-by takes over when the owner is killed, and when it closes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  SqliteOptions patient = small(path);
  patient.standby = std::chrono::minutes(5);
  ChildProcess owner([&](const auto& line) { hold(path, line); });
  REQUIRE(owner.hear() == 1);
  bool took_over = false;
  std::thread standby([&] { took_over = SqliteStore(patient).run("a").has_value(); });
  owner.kill();
  standby.join();
  CHECK(took_over);
  auto store = std::make_unique<SqliteStore>(small(path));
  std::thread again([&] { took_over = SqliteStore(patient).status().epoch == 4; });
  store.reset();
  again.join();
  CHECK(took_over);
}

TEST_CASE("waiting as stand-by ends with its time, and with a stop") {
  const TemporaryFolder folder;
  const SqliteStore store(small(folder.file("x.db")));
  SqliteOptions impatient = small(folder.file("x.db"));
  impatient.standby = std::chrono::milliseconds(5);
  CHECK_THROWS_AS(SqliteStore{impatient}, StoreInUse);
  std::stop_source stop;
  impatient.standby = std::chrono::nanoseconds::max();
  impatient.stop = stop.get_token();
  bool cancelled = false;
  std::thread standby([&] {
    try {
      const SqliteStore never(impatient);
    } catch (const CancelledError&) {
      cancelled = true;
    }
  });
  stop.request_stop();
  standby.join();
  CHECK(cancelled);
}

TEST_CASE("an owner whose lock was taken from under it can't write, and leaves the store alone") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  auto old = std::make_unique<SqliteStore>(small(path));
  commit(*old, start_of("a", "id"));
  std::filesystem::remove(path + ".lock");
  SqliteStore fresh(small(path));
  commit(fresh, start_of("b", "id b"));
  CHECK_THROWS_AS(commit(*old, start_of("c", "id c")), StoreRejected);
  CHECK(old->status().read_only);
  CHECK(old->status().read_only_reason.find("taken the store over") != std::string::npos);
  CHECK_THROWS_AS(old->remove("a"), StoreRejected);
  CHECK_THROWS_AS(old->checkpoint(), IoError);
  old.reset();
  commit(fresh, start_of("d", "id d"));
  CHECK(fresh.runs({}).size() == 3);
  CHECK(check_store(path).ok());
}

TEST_CASE("an old owner that only checkpoints and closes notices the new one, too") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  auto old = std::make_unique<SqliteStore>(small(path));
  commit(*old, start_of("a", "id"));
  std::filesystem::remove(path + ".lock");
  SqliteStore fresh(small(path));
  commit(fresh, start_of("b", "id b"));
  const auto log = std::filesystem::file_size(path + "-wal");
  old.reset();
  CHECK(std::filesystem::file_size(path + "-wal") == log);
  commit(fresh, start_of("d", "id d"));
  CHECK(check_store(path).ok());
}

TEST_CASE("a forked child can't use its parent's store, and does it no harm") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  auto store = std::make_unique<SqliteStore>(small(path));
  commit(*store, start_of("a", "id"));
  ChildProcess child([&](const auto& line) {
    int refused = 0;
    try {
      commit(*store, start_of("b", "id b"));
    } catch (const StoreRejected&) {
      ++refused;
    }
    try {
      static_cast<void>(store->run("a"));
    } catch (const StoreRejected&) {
      ++refused;
    }
    store.reset();
    line.say(refused);
  });
  CHECK(child.hear() == 2);
  CHECK(child.wait() == 0);
  commit(*store, start_of("c", "id c"));
  CHECK_THROWS_AS(SqliteStore{small(path)}, StoreInUse);
  store.reset();
  CHECK(SqliteStore(small(path)).runs({}).size() == 2);
}

TEST_CASE("a program that the owner has started does not keep its ownership") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  auto store = std::make_unique<SqliteStore>(small(path));
  std::array<int, 2> input{};
  REQUIRE(::pipe(input.data()) == 0);
  const pid_t cat = ::fork();
  if (cat == 0) {
    ::dup2(input[0], 0);
    ::close(input[0]);
    ::close(input[1]);
    ::execl("/bin/cat", "cat", nullptr);
    ::_exit(4);
  }
  store.reset();
  CHECK(SqliteStore({.path = path, .standby = std::chrono::minutes(1)}).status().epoch == 2);
  ::close(input[1]);
  ::close(input[0]);
  int status = 0;
  ::waitpid(cat, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("what was acknowledged survives SIGKILL at any moment") {
  const TemporaryFolder folder;
  for (const Durability durability : {Durability::PowerLoss, Durability::ProcessCrash}) {
    SqliteOptions options = small(folder.file(std::string(to_string(durability))));
    options.durability = durability;
    options.checkpoint_pages = 20;
    std::int64_t acknowledged = 0;
    for (int round = 0; round < 12; ++round) {
      ChildProcess writer([&](const auto& line) {
        SqliteStore store(options);
        for (auto i = static_cast<std::int64_t>(store.runs({}).size()) + 1;; ++i) {
          commit(store, start_of("run " + std::to_string(i), "id " + std::to_string(i), i));
          line.say(i);
        }
      });
      for (int i = 0; i < 3 + round * 7; ++i) acknowledged = writer.hear();
      writer.kill();
      for (std::int64_t more = writer.hear(); more > 0; more = writer.hear()) acknowledged = more;
      const SqliteStore store(options);
      const auto there = static_cast<std::int64_t>(store.runs({}).size());
      CHECK(there >= acknowledged);
      CHECK(there <= acknowledged + 1);
      CHECK(store.status().lost_commits == 0);
    }
    CHECK(check_store(options.path).ok());
  }
}

TEST_CASE("a store's files are their owner's alone, and a clean close leaves no log") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  const mode_t before = ::umask(0);
  {
    SqliteStore store(small(path));
    commit(store, start_of("a", "id"));
    store.backup(folder.file("copy.db"));
    CHECK(folder.file_count() == 8);  // database, log, its index, lock, mark, slots, ballast, copy
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      CAPTURE(entry.path().string());
      struct stat info{};
      REQUIRE(::stat(entry.path().c_str(), &info) == 0);
      CHECK((info.st_mode & 0777) == 0600);
    }
  }
  ::umask(before);
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
  CHECK_FALSE(std::filesystem::exists(path + "-shm"));
}

TEST_CASE("the log is grown once, then written over again and again") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.db");
  SqliteStore store(small(path));
  const auto size = std::filesystem::file_size(path + "-wal");
  CHECK(size >= 100 * 4096);
  for (int i = 0; i < 400; ++i)
    commit(store, start_of("run " + std::to_string(i), std::to_string(i)));
  CHECK(store.status().checkpoints > 5);
  CHECK(store.status().failed_checkpoints == 0);
  CHECK(std::filesystem::file_size(path + "-wal") == size);
}

TEST_CASE("a store has one name: links lead to it, a second name is refused") {
  const TemporaryFolder folder;
  {
    const SqliteStore store(small(folder.file("x.db")));
    std::filesystem::create_symlink(folder.file("x.db"), folder.file("link.db"));
    CHECK_THROWS_AS(SqliteStore{small(folder.file("link.db"))}, StoreInUse);
  }
  CHECK(SqliteStore(small(folder.file("link.db"))).status().path ==
        std::filesystem::canonical(folder.file("x.db")).string());
  std::filesystem::create_hard_link(folder.file("x.db"), folder.file("second.db"));
  CHECK_THROWS_AS(SqliteStore{small(folder.file("second.db"))}, UnavailableError);
  CHECK_THROWS_AS(SqliteStore{small(folder.file("no folder/x.db"))}, IoError);
  CHECK_THROWS_AS(SqliteStore{small(folder.path().string())}, IoError);
  CHECK_THROWS_AS(SqliteStore{small("")}, InvalidArgument);
  CHECK_THROWS_AS(SqliteStore({.path = folder.file("y.db"), .vfs = "no such vfs"}),
                  UnavailableError);
}

TEST_CASE("file systems of other machines are known, local ones are not refused") {
  CHECK(sqlite::unsuitable_file_system(0x6969) == "NFS");
  CHECK(sqlite::unsuitable_file_system(0xff534d42) == "CIFS");
  CHECK(sqlite::unsuitable_file_system(static_cast<std::int32_t>(0xff534d42)) == "CIFS");
  for (const std::int64_t local : {0xef53, 0x58465342, 0x01021994, 0x794c7630}) {
    CHECK(sqlite::unsuitable_file_system(local).empty());
  }
}
