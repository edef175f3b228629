// A PostgreSQL server of the test's own: a database cluster in a temporary folder, reached through
// a socket in it, and gone with the test. The programs are those of the distribution's package.
#pragma once

#include "durasim/core/process.hpp"

#include "process/child.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace durasim_test {

class PostgresServer {
 public:
  // The folder of the newest server's programs; empty: none is installed.
  static std::string programs() {
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
      if (std::filesystem::exists(version.path() / "bin/initdb"))
        found.push_back(version.path() / "bin");
    }
    return found.empty() ? "" : *std::ranges::max_element(found);
  }

  // Started.
  PostgresServer() {
    // The server refuses to be root's: there it is that of the user whom the package has made.
    if (getuid() == 0) {
      const passwd* const user = getpwnam("postgres");
      REQUIRE(user != nullptr);
      REQUIRE(chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) == 0);
    }
    run(as_its_user({programs() + "/initdb", "--pgdata", data(), "--username", "tester", "--auth",
                     "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C"}));
    start();
  }
  ~PostgresServer() { stop(); }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // By a thread that lives as long as it does: the server ends with the thread that started it.
  void start() {
    std::vector<std::string> line =
        as_its_user({programs() + "/postgres", "-D", data(), "-k", folder_.path(), "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c",
                     "log_min_messages=log", "-c", "log_min_error_statement=panic", "-c",
                     "log_line_prefix=", "-c", "log_checkpoints=off"});
    line.insert(line.begin(), {"-c", R"(exec "$@" 2>&1)", "sh"});
    server_.emplace("/bin/sh", line);
    REQUIRE(server_->wait_for("LOG:  database system is ready to accept connections"));
  }
  // At once, without a farewell: the next start finds a crash.
  void stop() {
    if (!server_) return;
    server_->kill(SIGQUIT);
    (void)server_->wait();
    server_.reset();
  }

  // For libpq, with more parameters ("&connect_timeout=1").
  [[nodiscard]] std::string url(const std::string& database = "postgres",
                                const std::string& more = "") const {
    return "postgresql://tester@/" + database + "?host=" + folder_.path().string() + more;
  }
  // What psql says.
  std::string query(const std::string& sql, const std::string& database = "postgres") const {
    return run({programs() + "/psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
                "--set", "ON_ERROR_STOP=1", "--command", sql, url(database)});
  }

 private:
  [[nodiscard]] std::string data() const { return folder_.file("data"); }

  // Whoever kills the test ends the server.
  static std::vector<std::string> as_its_user(std::vector<std::string> line) {
    std::vector<std::string> all{"/usr/bin/setpriv", "--pdeathsig", "QUIT"};
    if (getuid() == 0) {
      all.insert(all.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
    }
    all.insert(all.end(), line.begin(), line.end());
    return all;
  }

  static std::string run(std::vector<std::string> line) {
    durasim::ProcessOptions options;
    options.program = line.front();
    options.arguments.assign(line.begin() + 1, line.end());
    options.deadline = durasim::Seconds(60);
    options.memory_limit = durasim::MemoryLimit::WatchRss;
    options.max_file_bytes = std::uint64_t{1} << 30;
    options.max_open_files = 256;
    const durasim::ProcessResult result = durasim::PosixProcessRunner().run(options);
    CAPTURE(result.error_tail);
    REQUIRE(describe(result) == "exited with code 0");
    std::string said(durasim::as_text(result.output));
    if (said.ends_with('\n')) said.pop_back();
    return said;
  }

  TemporaryFolder folder_;
  std::optional<Child> server_;
};

// One for all cases of a program, since making one takes a second; each case has it without tables.
// Null, with a message, where none is installed.
inline PostgresServer* fresh_postgres_server() {
  if (PostgresServer::programs().empty()) {
    MESSAGE("skipped: no PostgreSQL server is installed");
    return nullptr;
  }
  static PostgresServer server;
  server.query("DROP SCHEMA IF EXISTS durasim CASCADE");
  return &server;
}

}  // namespace durasim_test
