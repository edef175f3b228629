// Simulations that leave their traces in a PostgreSQL server which is restarted under them, or is
// not there.
#include "durasim/core/failure.hpp"
#include "durasim/postgresql/traces.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/small_pipeline.hpp"
#include "postgresql/postgres_server.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;
using durasim_test::check_untouched;
using durasim_test::fresh_postgres_server;
using durasim_test::PostgresServer;
using durasim_test::SmallPipeline;

namespace {

struct Lab {
  explicit Lab(const PostgresServer& server) : traces(postgresql::open_traces(server.url())) {
    small.request.video = false;
    SimulationServices services = small.services();
    services.traces = traces.get();
    services.history = &environment.frontend();
    implement_simulation(environment.worker(std::string(kSimulationQueue)), services);
  }
  durasim_test::TemporaryFolder folder;
  FileArtifactStore kept{folder.file("artifacts")};
  SmallPipeline small{folder.path(), kept};
  std::unique_ptr<TraceStore> traces;
  testing::WorkflowEnvironment environment;
};

}  // namespace

TEST_CASE("a server that goes down in the middle of a simulation has its whole trace in the end") {
  PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  Lab lab(*postgres);
  bool restarted = false;
  SUBCASE("and is up again when the trace is written") {
    lab.small.when("stepping", [&] {
      postgres->stop();
      postgres->start();
      restarted = true;
    });
  }
  SUBCASE("and comes up while that is tried") {
    lab.small.when("stepping", [&] { postgres->stop(); });
  }
  const auto run = simulate(lab.environment.client(), lab.small.request);
  lab.environment.settle();
  if (!restarted) {
    const std::vector<PendingActivity> waiting = run.describe().pending_activities;
    REQUIRE(waiting.size() == 1);
    CHECK(waiting[0].activity_type == "update_trace");
    CHECK(waiting[0].last_failure->message.find("PostgreSQL") != std::string::npos);
    postgres->start();
  }
  const SimulationResult result = run.result();
  check_untouched(result);
  CHECK_FALSE(result.missing.contains("trace"));
  const Trace trace = lab.traces->find(run.run_id()).value();
  CHECK(trace.run.status == TraceStatus::Completed);
  CHECK(trace.run.final_state_hash == result.final_state_hash);
  CHECK(trace.assets.size() == result.artifacts.size());
  CHECK(trace.metrics.at("steps") == static_cast<double>(result.metrics.steps));
  REQUIRE(trace.steps.size() == 5);  // import, compile, simulate, upload, publish
  for (const TraceStep& step : trace.steps) CHECK(step.status == TraceStepStatus::Completed);
  CHECK(postgres->query("SELECT count(*) FROM durasim.runs") == "1");
}

TEST_CASE("a server that is down for all of a simulation costs it the trace, and nothing else") {
  PostgresServer* const postgres = fresh_postgres_server();
  if (postgres == nullptr) return;
  Lab lab(*postgres);
  postgres->stop();
  const SimulationResult result = simulate(lab.environment.client(), lab.small.request).result();
  check_untouched(result);
  CHECK(result.missing.at("trace").find("PostgreSQL") != std::string::npos);
  lab.small.request.scene.fixed = {
      "wheel"};  // there is none: a failure is the same without a trace
  CHECK_THROWS_AS((void)simulate(lab.environment.client(), lab.small.request).result(),
                  ActivityFailure);
  CHECK(lab.small.work_is_done());
  postgres->start();
}
