// Sweeps: every scene once, the same whatever the batches are, none of which is done again.
#include "durasim/pipeline/sweep.hpp"

#include "durasim/core/convert.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/files.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/trace.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/testing/activity_environment.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/beats.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/sweep_steps.hpp"
#include "pipeline/watched_artifacts.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <latch>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;

namespace {

// A ball that falls beside a hole or through it: the goal lies below.
constexpr const char* kHole = R"(<mujoco><option timestep="0.005"/><worldbody>
  <geom type="box" size=".5 .5 .01" pos=".55 0 .3"/><geom type="box" size=".5 .5 .01" pos="-.55 0 .3"/>
  <geom type="plane" size="2 2 1"/>
  <body name="ball" pos="0 0 .5"><freejoint/><geom type="sphere" size=".02"/></body>
  </worldbody></mujoco>)";

class Field {
 public:
  Field() : artifacts(folder_.file("artifacts")) {
    write_file(folder_.file("hole.xml"), as_bytes(std::string_view(kHole)));
    request.simulation = request_of(folder_.file("hole.xml"), artifacts);
    request.simulation.duration = Seconds(1);
    request.simulation.scene.zones = {{sim::ZoneKind::Goal, "below", {{-1, -1, -.1}, {1, 1, .1}}}};
    request.simulation.goal = {.target = "ball", .dwell = Seconds(0.1)};
    request.runs = 60;
    request.jitter = {.1, 0, 0};
    request.pass_threshold = 0.3;
  }
  void implement(Worker& worker, Frontend& history) const {
    const SimulationServices services{.artifacts = &artifacts,
                                      .work_folder = folder_.file("work"),
                                      .scene_done = scene_done,
                                      .traces = traces.get(),
                                      .history = &history};
    implement_simulation(worker, services);
    implement_sweeps(worker, services);
  }
  [[nodiscard]] SweepResult run() const {
    Engine engine({.store = folder_.file("sweep.db")});
    Worker& worker = engine.worker(std::string(kSimulationQueue), {.max_concurrent_activities = 2});
    implement(worker, engine.frontend());
    engine.start();
    const auto run = sweep(engine.client(), request);
    if (started) started(run);
    SweepResult result = run.result();
    if (result.problem.empty()) {
      const auto last = engine.client().handle(sweep_workflow, run.id());
      CHECK(last.query(sweep_progress).done == request.runs);
      CHECK(last.query(sweep_progress).total == request.runs);
    }
    runs_in_store = engine.client().list().size();
    return result;
  }
  [[nodiscard]] std::string csv(const SweepResult& result) const {
    return std::string(as_text(artifacts.get(result.artifacts.at("csv"))));
  }

 private:
  durasim_test::TemporaryFolder folder_;

 public:
  mutable FileArtifactStore artifacts;
  mutable std::size_t runs_in_store = 0;  // at the end of the last run()
  SweepRequest request;
  std::function<void()> scene_done;
  std::function<void(const WorkflowRun<SweepResult>&)> started;
  [[nodiscard]] std::vector<Trace> newest_first() const {
    std::vector<Trace> all;
    for (const TraceRun& run : traces->runs("sweep-", 100))
      all.push_back(*traces->find(run.run_id));
    return all;
  }

 private:
  std::unique_ptr<TraceStore> traces = open_sqlite_traces(folder_.file("traces"));
};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a sweep counts how its scenes end, each with a start of its own") {
  const Field field;
  const SweepResult result = field.run();
  CHECK(result.runs == 60);
  CHECK(result.successes > 10);
  CHECK(result.successes < 50);
  CHECK(result.passed);
  CHECK(result.reasons.at("GOAL_REACHED") == result.successes);
  CHECK(result.reasons.at("TIMEOUT") == 60 - result.successes);
  const Quantiles& speed = result.metrics.at("max_speed_m_s");
  CHECK(speed.least <= speed.p5);
  CHECK(speed.p5 <= speed.median);
  CHECK(speed.median <= speed.p95);
  CHECK(speed.p95 <= speed.largest);
  CHECK(speed.largest > 2);  // those that fall half a metre
  const Trace trace = field.newest_first().at(0);
  CHECK(trace.run.status == TraceStatus::Completed);
  CHECK(trace.run.name == "hole");
  CHECK(trace.run.outcome == "SUCCESS");
  CHECK(trace.run.reason == std::to_string(result.successes) + " of 60 scenes succeeded");
  CHECK_FALSE(trace.run.input_sha256.empty());
  CHECK(trace.metrics.at("scenes.TIMEOUT") == static_cast<double>(60 - result.successes));
  CHECK(trace.metrics.at("max_speed_m_s.largest") == speed.largest);
  CHECK(trace.assets.size() == 2);
  CHECK(trace.assets.at(0).sha256 == result.artifacts.at("csv").sha256);
  CHECK(trace.steps.at(2).name == "run_scenes");
  CHECK(trace.steps.back().name == "summarise_sweep");
  const std::vector<std::string> lines = lines_of(field.csv(result));
  REQUIRE(lines.size() == 61);
  std::set<std::string> starts;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    CHECK(lines[i].starts_with(std::to_string(i - 1) + ","));
    starts.insert(lines[i].substr(lines[i].find(',')));
  }
  CHECK(starts.size() == 60);
  CHECK(result.report.find("passed") != std::string::npos);
  CHECK(to_json(result).find("GOAL_REACHED") != std::string::npos);
}

TEST_CASE("a sweep of many batches goes on in runs with fresh histories") {
  Field field;
  field.request.simulation.duration = Seconds(0.05);
  field.request.runs = 900;
  const std::string few = field.csv(field.run());
  field.request.batch = 1;
  CHECK(field.csv(field.run()) == few);
  CHECK(field.runs_in_store > 2);
  const std::vector<Trace> traces = field.newest_first();
  REQUIRE(traces.size() == field.runs_in_store);
  CHECK(traces[0].run.status == TraceStatus::Completed);
  CHECK(traces[1].run.status == TraceStatus::ContinuedAsNew);
  CHECK(traces[1].run.workflow_id == traces[0].run.workflow_id);
  CHECK(traces[1].run.input_sha256 == traces[0].run.input_sha256);
}

TEST_CASE("scenes do not depend on batches or on how many there are") {
  Field field;
  const std::string all = field.csv(field.run());
  field.request.batch = 7;
  CHECK(field.csv(field.run()) == all);
  field.request.runs = 10;
  CHECK(all.starts_with(field.csv(field.run())));
  field.request.seed = 43;
  CHECK_FALSE(all.starts_with(field.csv(field.run())));
}

TEST_CASE("no scene's numbers are another's") {
  Field field;
  field.request.jitter = {.1, .1, .1};
  std::set<std::string> numbers;
  const std::vector<std::string> lines = lines_of(field.csv(field.run()));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::istringstream line(lines[i].substr(lines[i].find(',') + 1));
    for (int axis = 0; axis < 3; ++axis) {
      std::string number;
      std::getline(line, number, ',');
      numbers.insert(number);
    }
  }
  CHECK(numbers.size() == 180);
}

TEST_CASE("a sweep without jitter is one scene many times") {
  Field field;
  field.request.jitter = {};
  field.request.runs = 5;
  const std::vector<std::string> lines = lines_of(field.csv(field.run()));
  for (std::size_t i = 2; i < lines.size(); ++i)
    CHECK(lines[i].substr(lines[i].find(',')) == lines[1].substr(lines[1].find(',')));
}

TEST_CASE("ranges: factors in the table and the report, whatever the batches are") {
  using enum sim::ModelParameter;
  Field field;
  const std::string without = field.csv(field.run());
  // Beside the hole or through it is a matter of the start; when it arrives is one of gravity.
  field.request.ranges = {{Gravity, "", 0.5, 2}, {Mass, "ball", 1, 1}};
  const SweepResult result = field.run();
  const std::string with = field.csv(result);
  const std::vector<std::string> lines = lines_of(with);
  REQUIRE(lines.size() == 61);
  CHECK(lines[0].starts_with("scene,offset_x_m,offset_y_m,offset_z_m,gravity,mass:ball,outcome,"));
  const std::vector<std::string> before = lines_of(without);
  std::set<std::string> gravities;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string start = before[i].substr(0, before[i].find(",0,0,") + 5);
    CHECK(lines[i].starts_with(start));  // as without ranges
    const double gravity = std::stod(lines[i].substr(start.size()));
    CHECK(gravity >= 0.5);
    CHECK(gravity < 2);
    gravities.insert(lines[i].substr(start.size(), lines[i].find(',', start.size())));
  }
  CHECK(gravities.size() == 60);
  CHECK(result.report.find("| gravity | 0.5") != std::string::npos);
  CHECK(result.report.find("| mass:ball | 1 | 1 | 1 | 1 | 1 |") != std::string::npos);
  field.request.batch = 7;
  CHECK(field.csv(field.run()) == with);
  field.request.runs = 10;
  CHECK(with.starts_with(field.csv(field.run())));
  field.request.ranges.pop_back();  // the first range draws the same
  CHECK(lines_of(field.csv(field.run()))[1].starts_with(
      lines[1].substr(0, lines[1].find(",1,", lines[1].find(",0,0,") + 5))));
}

TEST_CASE("a range from 1 to 1 ends every scene in the state that it has without") {
  Field field;
  field.request.runs = 10;
  const std::vector<std::string> without = lines_of(field.csv(field.run()));
  field.request.ranges = {{sim::ModelParameter::Mass, "", 1, 1},
                          {sim::ModelParameter::Friction, "ball", 1, 1}};
  const std::vector<std::string> with = lines_of(field.csv(field.run()));
  REQUIRE(with.size() == without.size());
  for (std::size_t i = 1; i < with.size(); ++i)
    CHECK(with[i].substr(with[i].rfind(',')) == without[i].substr(without[i].rfind(',')));
}

TEST_CASE("a range that is none is refused by name; a part that is not there fails the sweep") {
  using enum sim::ModelParameter;
  Field field;
  const double infinite = std::numeric_limits<double>::infinity();
  for (const auto& [from, to] : {std::pair{2., 1.}, {-1., 1.}, {0., 1.}, {1., infinite}}) {
    field.request.ranges = {{Friction, "", 1, 1}, {Mass, "ball", from, to}};
    CHECK_THROWS_WITH_AS((void)field.run(), doctest::Contains("mass:ball cannot be varied from"),
                         InvalidArgument);
  }
  field.request.ranges = {{Gravity, "ball", 1, 1}};
  CHECK_THROWS_AS((void)field.run(), InvalidArgument);
  field.request.ranges = {{Friction, "", 1, 1}, {Friction, "", 1, 2}};
  CHECK_THROWS_WITH_AS((void)field.run(), "friction is varied twice", InvalidArgument);
  field.request.ranges = {{Mass, "cube", 1, 2}};
  CHECK_THROWS_AS((void)field.run(), ActivityFailure);
  CHECK(field.newest_first().at(0).run.reason ==
        "mass of \"cube\": there is no part of that name; there are: ball");
}

TEST_CASE("the first scenes do not wait for each other") {
  Field field;
  field.request.runs = 6;
  // Nobody's scene ends before all places have one.
  std::latch both(2);
  field.scene_done = [&both] { both.try_wait() ? void() : both.arrive_and_wait(); };
  CHECK(field.run().runs == 6);
}

TEST_CASE("a scene that takes long is heard of before it ends") {
  struct : Clock {
    mutable std::int64_t asked = 0;
    [[nodiscard]] WallTime wall_now() const override { return {}; }
    [[nodiscard]] SteadyTime steady_now() const override {
      return SteadyTime(std::chrono::milliseconds(100 * ++asked));
    }
  } clock;
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore artifacts(folder.file("artifacts"));
  Worker worker{std::string(kSimulationQueue)};
  std::vector<std::int64_t> told;  // scenes done, at each heartbeat
  const auto note_scene = [&told] { told.push_back(-1); };
  implement_sweeps(worker, {.artifacts = &artifacts, .scene_done = note_scene, .clock = &clock});
  const SceneBatch batch{.mjcf = artifacts.put("hole.dsmjcf", sim::encode_mjcf_bundle({kHole})),
                         .loop = {.duration = Seconds(5)},  // 1000 steps
                         .count = 2};
  testing::ActivityEnvironment environment;
  environment.on_heartbeat = [&told](const PayloadList& details) {
    told.push_back(from_payload<std::int64_t>(details.at(0)));
  };
  (void)environment.run_implementation(worker.activities().at("run_scenes"), batch);
  const std::vector<std::int64_t> expected{0, 0, 0, 0, 0, 0, -1, 1, 1, 1, 1, 1, 1, -1};
  CHECK(told == expected);
}

TEST_CASE("a summary of many batches is heard of at each") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore artifacts(folder.file("artifacts"));
  Worker worker{std::string(kSimulationQueue)};
  implement_sweeps(worker, {.artifacts = &artifacts});
  SweepSummary summary;
  for (std::int64_t i = 0; i < 3; ++i) {
    const std::vector<SceneOutcome> scenes{{.index = i}};
    summary.batches.push_back(artifacts.put("scenes.json", as_bytes(to_payload(scenes).data)));
  }
  testing::ActivityEnvironment environment;
  std::vector<std::int64_t> told;  // scenes read
  environment.on_heartbeat = [&told](const PayloadList& details) {
    told.push_back(from_payload<std::int64_t>(details.at(0)));
  };
  const auto summarise = [&] {
    return environment.run_implementation(worker.activities().at("summarise_sweep"), summary);
  };
  CHECK(std::holds_alternative<ActivityCompleted>(summarise()));
  CHECK(told == std::vector<std::int64_t>{0, 1, 2});
  environment.on_heartbeat = [&](const PayloadList&) { environment.cancel(); };
  CHECK(std::holds_alternative<ActivityCanceled>(summarise()));
}

TEST_CASE("a store that keeps batch or summary waiting does not make them look dead") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore kept(folder.file("artifacts"));
  durasim_test::WatchedArtifacts artifacts(kept);
  Worker worker{std::string(kSimulationQueue)};
  implement_sweeps(worker, {.artifacts = &artifacts});
  testing::ActivityEnvironment environment;
  durasim_test::Beats beats(environment);
  std::vector<std::string> waited;
  artifacts.before_get = [&](const std::string& name) {
    CAPTURE(name);
    REQUIRE(beats.another());
    waited.push_back(name);
  };
  artifacts.before_put = artifacts.before_get;
  const SceneBatch batch{.mjcf = kept.put("hole.dsmjcf", sim::encode_mjcf_bundle({kHole})),
                         .loop = {.duration = Seconds(0.05)},
                         .count = 2};
  const auto done = environment.run_implementation(worker.activities().at("run_scenes"), batch);
  const auto& outcomes = std::get<ActivityCompleted>(done).result;
  const SweepSummary summary{.name = "hole",
                             .batches = {from_payload<DoneBatch>(outcomes.at(0)).outcomes}};
  (void)environment.run_implementation(worker.activities().at("summarise_sweep"), summary);
  CHECK(waited == std::vector<std::string>{"hole.dsmjcf", "scenes.json",  // of the batch
                                           "scenes.json", "sweep.csv", "sweep.md"});
}

TEST_CASE("T10: a sweep that is cancelled has a trace that says so") {
  Field field;
  field.request.runs = 100'000;
  std::latch stepping(1);
  std::once_flag once;
  field.scene_done = [&] { std::call_once(once, [&] { stepping.count_down(); }); };
  field.started = [&](const WorkflowRun<SweepResult>& run) {
    stepping.wait();
    run.cancel("enough");
  };
  CHECK_THROWS_AS((void)field.run(), CanceledFailure);
  const Trace trace = field.newest_first().at(0);
  CHECK(trace.run.status == TraceStatus::Canceled);
  CHECK(trace.run.ended_at);
  CHECK(trace.events.at(0).detail == "enough");
  CHECK(trace.steps.at(2).name == "run_scenes");
}

TEST_CASE("T10: a sweep that is cancelled is, also when its process dies before its work stops") {
  const Field field;
  testing::WorkflowEnvironment environment;
  Worker& worker = environment.worker(std::string(kSimulationQueue));
  field.implement(worker, environment.frontend());
  worker.implement(import_geometry, [&](const ActivityContext& ctx, const SimulationRequest&) {
    environment.client().handle(sweep_workflow, ctx.info().workflow_id).cancel("enough");
    environment.settle();
    environment.restart();
    return ImportedGeometry{};
  });
  const auto run = sweep(environment.client(), field.request);
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  CHECK(run.describe().status == WorkflowStatus::Canceled);
  CHECK(field.newest_first().at(0).run.status == TraceStatus::Canceled);
}

TEST_CASE("a threshold that is not met, bad geometry, and numbers out of range") {
  Field field;
  SUBCASE("not met") {
    field.request.pass_threshold = 1;
    CHECK_FALSE(field.run().passed);
  }
  SUBCASE("a part that is not there") {
    field.request.jittered = "cube";
    CHECK_THROWS_AS((void)field.run(), ActivityFailure);
    const Trace trace = field.newest_first().at(0);
    CHECK(trace.run.status == TraceStatus::Failed);
    CHECK(trace.run.reason.find("cube") != std::string::npos);
    CHECK(std::ranges::count(trace.steps, TraceStepStatus::Failed, &TraceStep::status) > 0);
  }
  SUBCASE("bad geometry") {
    const sim::MjcfSource bad{.xml = "<mujoco><worldbody><geom/></worldbody></mujoco>"};
    std::get<GeometryFile>(field.request.simulation.geometry).file =
        field.artifacts.put("bad.dsmjcf", sim::encode_mjcf_bundle(bad));
    const SweepResult result = field.run();
    CHECK_FALSE(result.passed);
    CHECK_FALSE(result.problem.empty());
    CHECK(field.newest_first().at(0).run.outcome == "FAIL");
    CHECK(field.newest_first().at(0).run.reason == result.problem);
  }
  SUBCASE("no runs") {
    field.request.runs = 0;
    CHECK_THROWS_AS((void)field.run(), InvalidArgument);
  }
  SUBCASE("a negative jitter") {
    field.request.jitter = {-1, 0, 0};
    CHECK_THROWS_AS((void)field.run(), InvalidArgument);
  }
}
