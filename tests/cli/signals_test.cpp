// How the durasim program ends when it is asked to, whatever it waits for, and when nobody takes
// what it says.
#include "durasim/core/files.hpp"
#include "durasim/store/sqlite.hpp"

#include "cli/run_cli.hpp"
#include "core/descriptor.hpp"
#include "process/child.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

using durasim::Descriptor;
using durasim_test::Child;
using durasim_test::CliRun;
using durasim_test::run_program;
using durasim_test::TemporaryFolder;

namespace {

const std::string kProgram = DURASIM_BUILD_BIN "/durasim";

void make_empty_store(const std::string& path) {
  const durasim::store::SqliteStore store({.path = path});
}

// An engine that takes calls and never answers.
class SilentEngine {
 public:
  explicit SilentEngine(const std::string& store)
      : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const std::string path = store + ".sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::copy(path.begin(), path.end(), address.sun_path);
    REQUIRE(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_.get(), 1) == 0);
  }
  [[nodiscard]] Descriptor accept() const {
    Descriptor connection(::accept(listening_.get(), nullptr, nullptr));
    REQUIRE(connection.open());
    return connection;
  }

 private:
  Descriptor listening_;
};

// Whether it takes SIGINT for a request to stop, and not yet for its death.
bool watches_signals(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk:"))
      return (std::stoull(line.substr(7), nullptr, 16) >> (SIGINT - 1) & 1U) != 0;
  }
  return false;
}

void check_left_with_130(Child& child) {
  const int status = child.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
}

CliRun run_with_full_output(const std::string& arguments) {
  std::string line = kProgram;
  line += " ";
  line += arguments;
  line += " >/dev/full";
  return run_program("/bin/sh", {"-c", line});
}

}  // namespace

TEST_CASE("SIGINT and SIGTERM end a verb that waits for an engine's answer") {
  const TemporaryFolder folder;
  const std::string store = folder.file("x.db");
  make_empty_store(store);
  const SilentEngine engine(store);
  for (const int signal : {SIGINT, SIGTERM}) {
    Child list(kProgram, {"workflow", "list", "--store", store});
    const Descriptor connection = engine.accept();
    list.kill(signal);
    check_left_with_130(list);
  }
  Child list(kProgram, {"workflow", "list", "--store", store});
  const Descriptor connection = engine.accept();
  list.kill(SIGUSR1);  // means nothing to it
  CHECK(durasim_test::died_of(list.wait(), SIGUSR1));
}

TEST_CASE("SIGINT ends the wait for a store that somebody has") {
  const TemporaryFolder folder;
  const std::string store = folder.file("x.db");
  const std::string model = folder.file("ball.xml");
  durasim::write_file(model, durasim::as_bytes(std::string_view("<mujoco/>")));
  const durasim::store::SqliteStore owner({.path = store});
  const std::vector<std::vector<std::string>> lines{
      {"workflow", "list", "--store", store},
      {"render", "simulation-", "--store", store},
      {"simulate", model, "--durable", "--store", store, "--out", folder.file("out")}};
  for (const auto& line : lines) {
    Child child(kProgram, line);
    while (!watches_signals(child.pid())) {
    }
    child.kill(SIGINT);
    check_left_with_130(child);
  }
}

TEST_CASE("a second signal ends what does not listen to the first") {
  const TemporaryFolder folder;
  const std::string file = folder.file("part.step");
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  Child inspect(kProgram, {"inspect", file});  // opens it, and waits for a writer
  while (!watches_signals(inspect.pid())) {
  }
  while (!durasim_test::is_dead(std::to_string(inspect.pid()))) inspect.kill(SIGINT);
  check_left_with_130(inspect);
}

TEST_CASE("a result that was not written is no success") {
  const TemporaryFolder folder;
  const std::string store = folder.file("x.db");
  make_empty_store(store);
  for (const std::string& line : {"workflow list --store " + store, std::string("version"),
                                  std::string("--help"), "check --json --store " + store}) {
    CAPTURE(line);
    const CliRun run = run_with_full_output(line);
    CHECK(run.exit_code == 1);
    CHECK(run.err.find("cannot write to") != std::string::npos);
  }
}
