// The traces of SimulationWorkflow: complete however a run ends (pitfall T10 of the systems that
// this follows: none wrote them for a cancelled run), and never in the run's way.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"

#include "pipeline/simulation_steps.hpp"
#include "pipeline/trace_bench.hpp"
#include "pipeline/trace_steps.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace durasim_test;
using namespace std::chrono_literals;

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
