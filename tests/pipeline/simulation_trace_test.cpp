// The traces of SimulationWorkflow: complete however a run ends (pitfall T10 of the systems that
// this follows: none wrote them for a cancelled run), and never in the run's way.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/files.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/testing/activity_environment.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/cube.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/trace_steps.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// A trace store that has bad days.
class Unreliable final : public TraceStore {
 public:
  explicit Unreliable(TraceStore& traces) : traces_(traces) {}
  void update(const Trace& trace) override {
    ++calls;
    if (failures > 0) {
      --failures;
      throw UnavailableError("no connection to the traces");
    }
    traces_.update(trace);
  }
  std::optional<Trace> find(const std::string& run_id) override { return traces_.find(run_id); }
  std::vector<TraceRun> runs(const std::string& prefix, std::size_t limit) override {
    return traces_.runs(prefix, limit);
  }
  std::vector<TraceRun> running(std::size_t limit) override { return traces_.running(limit); }
  int failures = 0;
  int calls = 0;

 private:
  TraceStore& traces_;
};

// A worker with the real steps, in virtual time; a test replaces one of them.
class Bench {
 public:
  explicit Bench(const std::string& mesh = durasim_test::kCube)
      : artifacts(folder_.file("artifacts")), kept_(open_sqlite_traces(folder_.file("traces"))) {
    write_file(folder_.file("cube.obj"), as_bytes(mesh));
    request = request_of(folder_.file("cube.obj"), artifacts, "mm");
    request.duration = Seconds(0.05);
    request.video = false;
    implement_simulation(worker(), services());
  }
  [[nodiscard]] SimulationServices services() {
    return {.artifacts = &artifacts,
            .work_folder = folder_.file("work"),
            .traces = &traces,
            .history = &environment.frontend()};
  }
  Worker& worker() { return environment.worker(std::string(kSimulationQueue)); }
  [[nodiscard]] WorkflowRun<SimulationResult> start() {
    return simulate(environment.client(), request);
  }
  std::size_t sweep() { return sweep_simulations(environment.client(), services()); }
  // The only one; an update that nobody waits for has happened.
  [[nodiscard]] Trace trace() {
    const std::vector<TraceRun> runs = traces.runs("simulation-", 10);
    REQUIRE(runs.size() == 1);
    CHECK(runs.front().workflow_id == workflow_id_of(request));
    return traces.find(runs.front().run_id).value();
  }

 private:
  durasim_test::TemporaryFolder folder_;

 public:
  testing::WorkflowEnvironment environment;
  FileArtifactStore artifacts;
  SimulationRequest request;

 private:
  std::unique_ptr<TraceStore> kept_;

 public:
  Unreliable traces{*kept_};
};

// "import_geometry Completed 1" ...
std::vector<std::string> steps_of(const Trace& trace) {
  std::vector<std::string> lines;
  lines.reserve(trace.steps.size());
  for (const TraceStep& step : trace.steps) {
    lines.push_back(step.name + " " + std::string(to_string(step.status)) + " " +
                    std::to_string(step.attempts));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("T10: success: run, steps, assets and metrics are those of the result") {
  Bench bench;
  const auto run = bench.start();
  const SimulationResult result = run.result();
  CHECK_FALSE(result.missing.contains("trace"));
  const Trace trace = bench.trace();
  CHECK(trace.run.run_id == run.run_id());
  CHECK(trace.run.workflow_type == "SimulationWorkflow");
  CHECK(trace.run.name == "cube");
  CHECK(trace.run.status == TraceStatus::Completed);
  CHECK(trace.run.outcome == "SUCCESS");
  CHECK(trace.run.code == "STABLE");
  CHECK(trace.run.reason == result.verdict.detail);
  CHECK(trace.run.input_sha256 == result.provenance.input_sha256);
  CHECK(trace.run.final_state_hash == result.final_state_hash);
  CHECK(trace.run.ended_at >= trace.run.started_at);
  CHECK(steps_of(trace) == Lines{"import_geometry Completed 1", "compile_mjcf Completed 1",
                                 "step_simulation Completed 1", "upload_files Completed 1",
                                 "publish_result Completed 1"});
  REQUIRE(trace.assets.size() == 3);
  for (const TraceAsset& asset : trace.assets) {
    CHECK(asset.sha256 == result.artifacts.at(asset.role).sha256);
    CHECK(asset.url == result.artifact_urls.at(asset.role));
  }
  CHECK(trace.metrics.at("steps") == static_cast<double>(result.metrics.steps));
  CHECK(trace.metrics.at("max_speed_m_s") == result.metrics.max_speed_m_s);
  CHECK(trace.events.empty());
}

TEST_CASE("T10: bad geometry: a verdict, no metrics, no step of stepping") {
  Bench bench(durasim_test::kOpen);
  (void)bench.start().result();
  const Trace trace = bench.trace();
  CHECK(trace.run.status == TraceStatus::Completed);
  CHECK(trace.run.outcome == "FAIL");
  CHECK(trace.run.code == "INVALID_GEOMETRY");
  CHECK(trace.run.reason.find("OPEN_MESH") != std::string::npos);
  CHECK(steps_of(trace) == Lines{"import_geometry Completed 1", "compile_mjcf Completed 1",
                                 "publish_result Completed 1"});
  CHECK(trace.metrics.empty());
}

TEST_CASE("T10: a failure: why, at which step, and what was cleared away") {
  Bench bench;
  bench.request.scene.fixed = {"wheel"};
  CHECK_THROWS_AS((void)bench.start().result(), ActivityFailure);
  const Trace trace = bench.trace();
  CHECK(trace.run.status == TraceStatus::Failed);
  CHECK(trace.run.outcome.empty());
  CHECK(trace.run.reason.find("wheel") != std::string::npos);
  CHECK(trace.run.ended_at);
  REQUIRE(steps_of(trace) ==
          Lines{"import_geometry Completed 1", "compile_mjcf Failed 1", "discard_run Completed 1"});
  CHECK(trace.steps[1].detail.find("wheel") != std::string::npos);
}

TEST_CASE("T10: a run whose clearing away fails, too, fails for its first reason and has a trace") {
  Bench bench;
  bench.request.scene.fixed = {"wheel"};
  bench.worker().implement(discard_run, [] { throw IoError("it cannot be removed"); });
  CHECK_THROWS_AS((void)bench.start().result(), ActivityFailure);
  const Trace trace = bench.trace();
  CHECK(trace.run.status == TraceStatus::Failed);
  CHECK(trace.run.reason.find("wheel") != std::string::npos);
  CHECK(steps_of(trace).back() == "discard_run Failed 10");
}

TEST_CASE("T10: a failure after stepping keeps verdict, metrics and what is in the store") {
  Bench bench;
  bench.worker().implement(publish_result, [](const PublishTask&) -> SimulationResult {
    throw InvalidArgument("there is no such bucket");
  });
  CHECK_THROWS_AS((void)bench.start().result(), ActivityFailure);
  const Trace trace = bench.trace();
  CHECK(trace.run.status == TraceStatus::Failed);
  CHECK(trace.run.reason == "there is no such bucket");
  CHECK(trace.run.code == "STABLE");
  CHECK_FALSE(trace.run.final_state_hash.empty());
  CHECK(trace.metrics.contains("energy_j"));
  REQUIRE(trace.assets.size() == 2);
  CHECK(trace.assets[0].role == "mjcf");
  CHECK(trace.assets[1].role == "trajectory");
  CHECK(steps_of(trace).at(4) == "publish_result Failed 1");
}

TEST_CASE("T10: cancelled at any stage, a run has a whole trace that says so") {
  Bench bench;
  std::string stage;
  const auto cancel = [&](const ActivityContext& ctx) {
    stage = ctx.info().activity_type;
    bench.environment.client().handle(simulation_workflow, ctx.info().workflow_id).cancel("enough");
    bench.environment.settle();
    ctx.throw_if_canceled();
    FAIL("it was not cancelled");
  };
  Worker& worker = bench.worker();
  SUBCASE("import") {
    worker.implement(import_geometry, [&](const ActivityContext& ctx, const SimulationRequest&) {
      cancel(ctx);
      return ImportedGeometry{};
    });
  }
  SUBCASE("compile") {
    worker.implement(compile_mjcf, [&](const ActivityContext& ctx, const SimulationRequest&,
                                       const ImportedGeometry&) {
      cancel(ctx);
      return CompiledScene{};
    });
  }
  SUBCASE("stepping") {
    worker.implement(step_simulation, [&](const ActivityContext& ctx, const SteppingTask&) {
      cancel(ctx);
      return Stepped{};
    });
  }
  SUBCASE("rendering") {
    bench.request.video = true;
    worker.implement(render_pictures, [&](const ActivityContext& ctx, const RenderTask&) {
      cancel(ctx);
      return VideoPlan{};
    });
  }
  SUBCASE("publishing") {
    worker.implement(publish_result, [&](const ActivityContext& ctx, const PublishTask&) {
      cancel(ctx);
      return SimulationResult{};
    });
  }
  CHECK_THROWS_AS((void)bench.start().result(), CanceledFailure);
  const Trace trace = bench.trace();
  CHECK(trace.run.status == TraceStatus::Canceled);
  CHECK(trace.run.ended_at);
  REQUIRE(trace.events.size() == 1);
  CHECK(trace.events[0].type == "WorkflowExecutionCancelRequested");
  CHECK(trace.events[0].detail == "enough");
  REQUIRE(trace.steps.size() >= 2);
  CHECK(trace.steps.back().name == "discard_run");
  CHECK(trace.steps.back().status == TraceStepStatus::Completed);
  const TraceStep& last = trace.steps[trace.steps.size() - 2];
  CHECK(last.name == stage);
  CHECK(last.status == TraceStepStatus::Canceled);
  CHECK(last.ended_at);
  const bool stepped = stage == "render_pictures" || stage == "publish_result";
  CHECK(trace.metrics.empty() != stepped);
  CHECK(trace.run.final_state_hash.empty() != stepped);
}

TEST_CASE(
    "T10: a cancellation by signal, or that nobody lives to acknowledge, is one all the same") {
  bool by_signal = true;
  bool dies = true;
  SUBCASE("by the client, then the process dies") {
    by_signal = false;
  }
  SUBCASE("by the signal, then the process dies") {}
  SUBCASE("by the signal") {
    dies = false;
  }
  Bench bench;
  bench.worker().implement(step_simulation, [&](const ActivityContext& ctx, const SteppingTask&) {
    const auto run = bench.environment.client().handle(simulation_workflow, ctx.info().workflow_id);
    by_signal ? run.signal(cancel_simulation) : run.cancel();
    bench.environment.settle();
    if (dies) bench.environment.restart();
    ctx.throw_if_canceled();
    return Stepped{};
  });
  const auto run = bench.start();
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  CHECK(run.describe().status == WorkflowStatus::Canceled);
  CHECK(bench.trace().run.status == TraceStatus::Canceled);
}

TEST_CASE("T10: an attempt that was killed is counted, with the reason") {
  Bench bench;
  int attempts = 0;
  bench.worker().implement(step_simulation, [&](const ActivityContext& ctx, const SteppingTask&) {
    if (++attempts == 1) bench.environment.sleep(2min);  // silent, as if its process were dead
    return Stepped{.verdict = {.detail = "stepped"},
                   .trajectory = bench.artifacts.put("t", as_bytes(std::string_view("t"))),
                   .attempts = ctx.info().attempt};
  });
  bench.worker().implement(upload_files, [](const UploadTask&) { return Uploaded{}; });
  CHECK(bench.start().result().attempts == 2);
  const Trace trace = bench.trace();
  CHECK(trace.run.status == TraceStatus::Completed);
  CHECK(steps_of(trace).at(2) == "step_simulation Completed 2");
  CHECK(trace.steps[2].detail.find("eartbeat") != std::string::npos);
  CHECK(*trace.steps[2].started_at - trace.steps[2].scheduled_at >= 1min);
}

TEST_CASE("while it runs, a trace says so, and what has been done by then is not yet told") {
  Bench bench;
  Trace seen;
  bench.worker().implement(compile_mjcf, [&](const SimulationRequest&, const ImportedGeometry&) {
    seen = bench.trace();
    return CompiledScene{.result = {.verdict = {.detail = "nothing to step"}}};
  });
  const auto run = bench.start();
  run.signal(pause_simulation);
  (void)run.result();
  CHECK(seen.run.status == TraceStatus::Running);
  CHECK(seen.run.name == "cube");
  CHECK_FALSE(seen.run.ended_at);
  const Trace trace = bench.trace();
  CHECK(trace.run.revision > seen.run.revision);
  CHECK(trace.events.at(0).detail == "pause");
}

TEST_CASE("traces that cannot be written for a while are written in the end") {
  Bench bench;
  bench.traces.failures = 8;  // more than one update's attempts: of the first and the last one
  const SimulationResult result = bench.start().result();
  CHECK_FALSE(result.missing.contains("trace"));
  CHECK(bench.trace().run.status == TraceStatus::Completed);
}

TEST_CASE("a trace that cannot be written at all is missing, and changes nothing else") {
  Bench bench;
  const SimulationResult traced = bench.start().result();
  bench.request.name = "another";
  bench.traces.failures = 1000;
  const SimulationResult result = bench.start().result();
  CHECK(result.missing.at("trace") == "no connection to the traces");
  CHECK(result.verdict.code == traced.verdict.code);
  CHECK(result.final_state_hash == traced.final_state_hash);
  CHECK(bench.traces.calls <= 2 + 2 * 6);  // attempts are bounded
  bench.request.scene.fixed = {"wheel"};
  CHECK_THROWS_AS((void)bench.start().result(), ActivityFailure);
}

TEST_CASE("every attempt of an update writes the same, whatever has happened since") {
  Bench bench;
  const auto run = bench.start();
  (void)run.result();
  const Trace kept = bench.trace();
  const proto::History history =
      decode_history(bench.environment.frontend().history({run.id(), run.run_id()}));
  std::vector<Trace> traces;
  for (const proto::HistoryEvent& event : history.events) {
    const auto* scheduled = event.attributes_if<proto::ActivityTaskScheduledEventAttributes>();
    if (scheduled == nullptr || scheduled->activity_type->name != update_trace.name) continue;
    traces.push_back(trace_of(history, scheduled->activity_id, {.name = "cube"},
                              [](const Artifact&) { return ""; }));
  }
  REQUIRE(traces.size() == 2);
  CHECK(traces[0].steps.empty());
  CHECK(traces[0].run.revision < traces[1].run.revision);
  CHECK(traces[1].run.revision == kept.run.revision);
  CHECK(traces[1].steps == kept.steps);
  CHECK_THROWS_AS((void)trace_of(history, "none", {}, {}), LogicError);
}

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
