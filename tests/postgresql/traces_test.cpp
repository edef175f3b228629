// Traces on a real PostgreSQL server: the contract, servers that are down, restarted or newer, and
// rights.
#include "durasim/postgresql/traces.hpp"

#include "durasim/core/error.hpp"

#include "pipeline/trace_conformance.hpp"
#include "postgresql/postgres_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace durasim;
using durasim_test::fresh_postgres_server;
using durasim_test::make_trace;
using durasim_test::PostgresServer;
using pipeline::TraceStore;

namespace {

std::unique_ptr<TraceStore> traces_of(const PostgresServer& server) {
  return postgresql::open_traces(server.url());
}

// As an activity does that is retried; `refused` counts how often.
void update_in_the_end(TraceStore& traces, const pipeline::Trace& trace,
                       std::atomic<int>& refused) {
  for (;;) {
    try {
      return traces.update(trace);
    } catch (const UnavailableError&) {
      ++refused;
      refused.notify_one();
    }
  }
}

}  // namespace

TEST_CASE("PostgreSQL keeps traces as the contract says") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  durasim_test::check_trace_store([&] { return traces_of(*postgres); });
}

TEST_CASE("columns have PostgreSQL's own types, so that psql can reckon with them") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  traces_of(*postgres)->update(make_trace("a", 9));
  CHECK(postgres->query("SELECT ended_at - started_at FROM durasim.runs") == "00:01:30");
  CHECK(postgres->query("SELECT value = 0.1::float8 + 0.2::float8 FROM durasim.metrics "
                        "WHERE name = 'energy_j'") == "t");
  CHECK(postgres->query("SELECT version FROM durasim.schema_version") == "1");
  postgres->query("DELETE FROM durasim.runs");
  CHECK(postgres->query("SELECT count(*) FROM durasim.steps") == "0");
}

TEST_CASE("restarted in the middle of updates: nothing is lost, nothing is there twice") {
  PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  constexpr std::int64_t kFirst = 6;
  constexpr std::int64_t kLast = 40;
  std::atomic<std::int64_t> acknowledged = 0;
  std::atomic<int> refused = 0;
  std::thread writer([&] {
    const auto traces = traces_of(*postgres);
    for (std::int64_t revision = kFirst; revision <= kLast; ++revision) {
      for (const std::string run : {"a", "b"})
        update_in_the_end(*traces, make_trace(run, revision), refused);
      acknowledged = revision;
      acknowledged.notify_one();
    }
  });
  for (const std::int64_t moment : {12, 20, 28}) {
    for (std::int64_t seen = acknowledged; seen < moment; seen = acknowledged)
      acknowledged.wait(seen);
    postgres->stop();
    postgres->start();
    const auto found = traces_of(*postgres)->find("a");
    REQUIRE(found);
    CHECK(found->run.revision >= moment);
    CHECK(*found == make_trace("a", found->run.revision));
  }
  writer.join();
  for (const std::string run : {"a", "b"})
    CHECK(traces_of(*postgres)->find(run) == make_trace(run, kLast));
  CHECK(postgres->query("SELECT count(*) FROM durasim.steps") == std::to_string(2 * (kLast - 5)));
}

TEST_CASE("a store finds a server that was restarted since its last call") {
  PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  const auto traces = traces_of(*postgres);
  traces->update(make_trace("a", 6));
  postgres->stop();
  CHECK_THROWS_AS((void)traces->find("a"), UnavailableError);
  postgres->start();
  traces->update(make_trace("a", 7));
  postgres->stop();
  postgres->start();
  CHECK(traces->find("a") == make_trace("a", 7));  // without an error in between
}

TEST_CASE("a server that is down at first is unavailable, and written to as soon as it is up") {
  PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  postgres->stop();
  const auto traces = traces_of(*postgres);
  CHECK_THROWS_WITH_AS(traces->update(make_trace("a", 9)), doctest::Contains("PostgreSQL"),
                       UnavailableError);
  std::atomic<int> refused = 0;
  std::thread writer([&] { update_in_the_end(*traces, make_trace("a", 9), refused); });
  refused.wait(0);
  postgres->start();
  writer.join();
  CHECK(traces->find("a") == make_trace("a", 9));
}

TEST_CASE("an update that fails at its last row has written none") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  const auto traces = traces_of(*postgres);
  pipeline::Trace trace = make_trace("a", 9);
  trace.metrics["zzz\xff"] = 1;  // not UTF-8
  CHECK_THROWS_WITH_AS(traces->update(trace), doctest::Contains("SQLSTATE 22021"), IoError);
  CHECK_FALSE(traces->find("a"));
  traces->update(make_trace("a", 9));
  CHECK(traces->find("a") == make_trace("a", 9));
}

TEST_CASE("tables of a newer durasim are refused and left as they are") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  traces_of(*postgres)->update(make_trace("a", 9));
  postgres->query("UPDATE durasim.schema_version SET version = 2");
  CHECK_THROWS_WITH_AS((void)traces_of(*postgres)->find("a"),
                       doctest::Contains("use a newer durasim"), FormatError);
  CHECK(postgres->query("SELECT count(*) FROM durasim.runs") == "1");
}

TEST_CASE("several programs that begin at once make the tables once") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  std::vector<std::thread> programs(4);
  for (std::size_t i = 0; i < programs.size(); ++i) {
    programs[i] =
        std::thread([&, i] { traces_of(*postgres)->update(make_trace(std::to_string(i), 9)); });
  }
  for (std::thread& program : programs) program.join();
  CHECK(traces_of(*postgres)->runs("", 10).size() == 4);
}

TEST_CASE("a user who may write rows needs no right to make tables; one who may not is told") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  traces_of(*postgres)->update(make_trace("a", 6));
  postgres->query(
      "DROP ROLE IF EXISTS writer; DROP ROLE IF EXISTS nobody;"
      "CREATE ROLE writer LOGIN; CREATE ROLE nobody LOGIN; GRANT USAGE ON SCHEMA durasim TO writer;"
      "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA durasim TO writer");
  const auto as = [&](const std::string& user) {
    return postgresql::open_traces(postgres->url("postgres", "&user=" + user));
  };
  as("writer")->update(make_trace("a", 9));
  CHECK(as("writer")->find("a") == make_trace("a", 9));
  CHECK_THROWS_WITH_AS(as("nobody")->update(make_trace("b", 9)), doctest::Contains("permission"),
                       IoError);
  postgres->query("DROP OWNED BY writer; DROP ROLE writer; DROP ROLE nobody");
}

TEST_CASE("a server that hangs is given up in time, and written to when it goes on") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  const auto traces = postgresql::open_traces(postgres->url(), std::chrono::seconds(1));
  std::atomic<int> refused = 0;
  update_in_the_end(*traces, make_trace("a", 6), refused);
  const pid_t backend = std::stoi(postgres->query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'durasim' AND pid <> "
      "pg_backend_pid()"));
  ::kill(backend, SIGSTOP);
  CHECK_THROWS_WITH_AS(traces->update(make_trace("a", 7)),
                       doctest::Contains("the server does not answer"), UnavailableError);
  ::kill(backend, SIGCONT);
  update_in_the_end(*traces, make_trace("a", 8), refused);
  CHECK(traces->find("a")->run.revision == 8);
}

TEST_CASE("no message holds the password") {
  const PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  std::string said;
  for (const std::string connection :
       {"postgresql://u:secret@/d?host=/none", "postgresql://u:secret@/d?sslmode",
        "password=secret x", "host=/none password=secret", "postgresql://u:secret@[::1/d",
        "dbname=postgresql://u:secret@/d", "postgresql://tester:secret@/none?host="}) {
    try {
      (void)postgresql::open_traces(connection)->find("a");
      FAIL("there is no such server");
    } catch (const Error& error) {
      said += error.what();
    }
  }
  CAPTURE(said);
  CHECK(said.find("secret") == std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
  CHECK(said.find("host=/none") != std::string::npos);
  CHECK_THROWS_AS((void)postgresql::open_traces("what?"), InvalidArgument);
}
