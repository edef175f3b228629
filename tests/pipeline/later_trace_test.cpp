// Traces that are completed after their run: by the next sweep, or when the next run begins. And
// those that run_simulation writes itself.
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/files.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "pipeline/simulation_steps.hpp"
#include "pipeline/trace_bench.hpp"
#include "pipeline/trace_steps.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace durasim_test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("T10: a run that could not tell its end is told by the next sweep, once") {
  Bench bench;
  Trace before;
  TraceStatus status{};
  std::string reason;
  bench.worker().implement(compile_mjcf, [&](const ActivityContext& ctx, const SimulationRequest&,
                                             const ImportedGeometry&) {
    CHECK(bench.sweep() == 0);  // it is open
    before = bench.trace();
    if (status == TraceStatus::Terminated) {
      bench.environment.client()
          .handle(simulation_workflow, ctx.info().workflow_id)
          .terminate("the machine is needed");
    } else {
      bench.environment.sleep(90s);
    }
    return CompiledScene{};
  });
  SUBCASE("terminated") {
    status = TraceStatus::Terminated;
    reason = "the machine is needed";
    CHECK_THROWS_AS((void)bench.start().result(), TerminatedFailure);
  }
  SUBCASE("its time was over") {
    status = TraceStatus::TimedOut;
    const auto run = bench.environment.client().start(simulation_workflow, bench.request,
                                                      {.id = workflow_id_of(bench.request),
                                                       .task_queue = std::string(kSimulationQueue),
                                                       .run_timeout = 1min});
    CHECK_THROWS_AS((void)run.result(), TimeoutFailure);
  }
  CHECK(bench.trace() == before);
  bench.traces.failures = 1;
  CHECK(bench.sweep() == 0);  // no connection
  CHECK(bench.sweep() == 1);
  const Trace trace = bench.trace();
  CHECK(trace.run.status == status);
  CHECK(trace.run.reason == reason);
  CHECK(trace.run.name == "cube");
  CHECK(trace.run.started_at == before.run.started_at);
  CHECK(trace.run.ended_at);
  REQUIRE(steps_of(trace).size() == 2);
  CHECK(steps_of(trace)[0] == "import_geometry Completed 1");
  CHECK(trace.steps[1].name == "compile_mjcf");
  CHECK(trace.steps[1].status == TraceStepStatus::Canceled);
  CHECK(trace.steps[1].ended_at == trace.run.ended_at);
  CHECK(bench.sweep() == 0);
}

TEST_CASE("what a terminated run has left goes when the next simulation begins") {
  Bench bench;
  SimulationServices services = bench.services();
  SUBCASE("with traces") {}
  SUBCASE("without") {
    services.traces = nullptr;
    implement_simulation(bench.worker(), services);
  }
  bench.worker().implement(step_simulation, [&](const ActivityContext& ctx, const SteppingTask&) {
    fs::create_directory(services.work_folder + "/" + ctx.info().workflow_run_id);
    bench.environment.client().handle(simulation_workflow, ctx.info().workflow_id).terminate();
    return Stepped{};
  });
  const auto run = bench.start();
  CHECK_THROWS_AS((void)run.result(), TerminatedFailure);
  CHECK_FALSE(fs::is_empty(services.work_folder));
  bench.request.scene.fixed = {"wheel"};  // fails before it is stepped
  CHECK_THROWS_AS((void)bench.start().result(), ActivityFailure);
  CHECK(fs::is_empty(services.work_folder));
  if (services.traces != nullptr)
    CHECK(bench.traces.find(run.run_id())->run.status == TraceStatus::Terminated);
}

TEST_CASE("a trace whose end could not be written is that of the result after the next sweep") {
  Bench bench;
  (void)bench.start().result();
  const Trace whole = bench.trace();
  bench.request.seed = 1;  // another run of the same
  bench.worker().implement(publish_result,
                           [&](const ActivityContext& ctx, const PublishTask& task) {
                             bench.traces.failures = 1000;
                             return SimulationSteps(bench.services()).publish(ctx, task);
                           });
  const auto run = bench.start();
  CHECK(run.result().missing.contains("trace"));
  bench.traces.failures = 0;
  CHECK(bench.traces.find(run.run_id())->run.status == TraceStatus::Running);
  CHECK(bench.sweep() == 1);
  const Trace trace = bench.traces.find(run.run_id()).value();
  CHECK(trace.run.status == TraceStatus::Completed);
  CHECK(trace.run.final_state_hash == whole.run.final_state_hash);
  CHECK(trace.run.code == whole.run.code);
  CHECK(trace.metrics == whole.metrics);
  CHECK(trace.assets.size() == whole.assets.size());
  CHECK(steps_of(trace) == steps_of(whole));
}

TEST_CASE("a sweep goes on without traces that cannot be read") {
  Bench bench;
  const durasim_test::TemporaryFolder folder;
  write_file(folder.file("traces"), as_bytes(std::string_view("no database")));
  const auto traces = open_sqlite_traces(folder.file("traces"));
  SimulationServices services = bench.services();
  services.traces = traces.get();
  fs::create_directory(services.work_folder + "/closed");
  CHECK(sweep_simulations(bench.environment.client(), services) == 1);
  CHECK_FALSE(fs::exists(services.work_folder + "/closed"));
}

TEST_CASE("runs of another engine in the same traces are left alone") {
  Bench bench;
  const Trace other{.run = {.run_id = "r", .workflow_id = "simulation-r", .revision = 5}};
  bench.traces.update(other);
  CHECK(bench.sweep() == 0);
  CHECK(bench.traces.find("r") == other);
}

namespace {

// run_simulation under an environment of its own, as an activity of some workflow.
class Alone {
 public:
  explicit Alone(Bench& bench, const std::string& activity_id = "7") : bench_(bench) {
    environment.info.activity_type = run_simulation.name;
    environment.info.activity_id = activity_id;
  }
  SimulationResult run(std::function<void(const sim::StageProgress&)> progress = {}) {
    SimulationServices services = bench_.services();
    services.progress = std::move(progress);
    const SimulationSteps steps(services);
    return environment.run(
        [&](const ActivityContext& ctx) { return steps.run(ctx, bench_.request); });
  }
  [[nodiscard]] Trace trace() const {
    return bench_.traces.find(environment.info.workflow_run_id + "-" + environment.info.activity_id)
        .value();
  }
  testing::ActivityEnvironment environment;

 private:
  Bench& bench_;
};

}  // namespace

TEST_CASE("T10: run_simulation: its steps, assets and metrics, and what it retried") {
  Bench bench;
  Alone alone(bench);
  const std::vector<std::string> fixed = std::exchange(bench.request.scene.fixed, {"wheel"});
  CHECK_THROWS_AS((void)alone.run(), InvalidArgument);
  CHECK(alone.trace().run.status == TraceStatus::Failed);
  CHECK(alone.trace().run.reason.find("wheel") != std::string::npos);
  CHECK(steps_of(alone.trace()) == Lines{"import_geometry Completed 1", "compile_mjcf Failed 1"});
  bench.request.scene.fixed = fixed;
  alone.environment.info.attempt = 2;
  const SimulationResult result = alone.run();
  CHECK_FALSE(result.missing.contains("trace"));
  const Trace trace = alone.trace();
  CHECK(trace.run.workflow_id == alone.environment.info.workflow_id);
  CHECK(trace.run.status == TraceStatus::Completed);
  CHECK(trace.run.code == "STABLE");
  CHECK(trace.run.final_state_hash == result.final_state_hash);
  CHECK(trace.run.ended_at);
  CHECK(steps_of(trace) == Lines{"import_geometry Completed 2", "compile_mjcf Completed 2",
                                 "step_simulation Completed 2", "upload_files Completed 2",
                                 "publish_result Completed 2"});
  CHECK(trace.assets.size() == 3);
  CHECK(trace.metrics.at("steps") == static_cast<double>(result.metrics.steps));
}

TEST_CASE("T10: run_simulation that is cancelled says so; one whose worker stops goes on later") {
  Bench bench;
  bench.request.duration = Seconds(100'000);
  Alone alone(bench);
  ActivityCancelReason reason{};
  alone.environment.on_heartbeat = [&](const PayloadList&) { alone.environment.cancel(reason); };
  SUBCASE("cancelled") {
    reason = ActivityCancelReason::Requested;
    CHECK_THROWS_AS((void)alone.run(), CancelledError);
    const Trace trace = alone.trace();
    CHECK(trace.run.status == TraceStatus::Canceled);
    CHECK(trace.run.ended_at);
    CHECK(steps_of(trace).back() == "step_simulation Canceled 1");
  }
  SUBCASE("its worker stops") {
    reason = ActivityCancelReason::WorkerShutdown;
    CHECK_THROWS_AS((void)alone.run(), CancelledError);
    CHECK(alone.trace().run.status == TraceStatus::Running);
  }
}

TEST_CASE("T10: a run_simulation whose workflow was terminated is told by the next sweep") {
  Bench bench;
  bench.request.duration = Seconds(100'000);
  bench.worker().implement(compile_mjcf, [&](const ActivityContext& ctx, const SimulationRequest&,
                                             const ImportedGeometry&) {
    Alone alone(bench);  // as if it were another activity of this workflow
    alone.environment.info.workflow_id = ctx.info().workflow_id;
    alone.environment.info.workflow_run_id = ctx.info().workflow_run_id;
    alone.environment.on_heartbeat = [&](const PayloadList&) {
      alone.environment.cancel(ActivityCancelReason::WorkerShutdown);
    };
    CHECK_THROWS_AS((void)alone.run(), CancelledError);
    CHECK(bench.sweep() == 0);
    bench.environment.client().handle(simulation_workflow, ctx.info().workflow_id).terminate("");
    CHECK(bench.sweep() == 3);  // two traces and a folder
    CHECK(alone.trace().run.status == TraceStatus::Terminated);
    CHECK(alone.trace().run.reason == "its workflow has ended meanwhile");
    return CompiledScene{};
  });
  CHECK_THROWS_AS((void)bench.start().result(), TerminatedFailure);
}

TEST_CASE("two run_simulation of one workflow do not disturb each other") {
  Bench bench;
  Alone first(bench, "1");
  Alone second(bench, "2");
  SimulationResult inner;
  const SimulationResult outer = first.run([&](const sim::StageProgress& progress) {
    const bool steps = progress.stage == sim::StageProgress::Stage::Simulate;
    if (steps && inner.final_state_hash.empty()) inner = second.run();
  });
  CHECK_FALSE(inner.final_state_hash.empty());
  CHECK(inner.final_state_hash == outer.final_state_hash);
  CHECK(first.trace().metrics == second.trace().metrics);
}

TEST_CASE("a worker with traces needs histories") {
  Bench bench;
  SimulationServices services = bench.services();
  services.history = nullptr;
  CHECK_THROWS_AS(implement_simulation(bench.worker(), services), InvalidArgument);
}
