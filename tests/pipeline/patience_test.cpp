// How much a simulation bears: stops, deaths and failures of its stepping, calls that say nothing
// for long, a folder that another attempt still has.
#include "durasim/core/failure.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "pipeline/beats.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/small_pipeline.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;
using durasim_test::Beats;
using durasim_test::check_untouched;

namespace {

// In virtual time.
struct Bench {
  Bench() {
    small.request.video = false;
    implement_simulation(worker(), small.services());
  }
  Worker& worker() { return environment.worker(std::string(kSimulationQueue)); }
  [[nodiscard]] WorkflowRun<SimulationResult> start() {
    return simulate(environment.client(), small.request);
  }
  durasim_test::TemporaryFolder folder;
  FileArtifactStore kept{folder.file("artifacts")};
  durasim_test::SmallPipeline small{folder.path(), kept};
  testing::WorkflowEnvironment environment;
};

}  // namespace

TEST_CASE("stepping that is interrupted more often than it may die ends all the same") {
  Bench bench;
  int deaths = 0;
  const std::function<void()> die = [&] {
    if (++deaths < 30) bench.small.when("stepping", die);
    bench.environment.restart();
  };
  bench.small.when("stepping", die);
  const SimulationResult result = bench.start().result();
  CHECK(deaths == 30);
  CHECK(result.attempts == 31);
  check_untouched(result);
}

TEST_CASE("stepping that gets no further in twenty attempts is given up") {
  Bench bench;
  std::optional<WorkflowRun<SimulationResult>> run;
  const auto reason = [&] {
    run = bench.start();
    try {
      (void)run->result();
      return std::string();
    } catch (const ActivityFailure& failure) {
      return failure.cause()->message;
    }
  };
  // As processes leave the folder that have died in it.
  const auto die = [&](int times) {
    return [&, times] {
      RunFolder stepping(bench.small.work() + "/" + run->run_id());
      for (int i = 0; i < times; ++i) stepping.begin_attempt();
    };
  };
  SUBCASE("its process died in each") {
    bench.small.when("scene.dsmjcf", die(20));
    CHECK(reason() == "the simulation died 20 times at step 0 without getting further");
    CHECK(bench.small.work_is_done());
  }
  SUBCASE("its process died in all but the last") {
    bench.small.when("scene.dsmjcf", die(19));
    CHECK(reason().empty());
  }
  SUBCASE("something else failed in each") {
    int failures = 0;
    const std::function<void()> fail = [&] {
      ++failures;
      bench.small.when("stepping", fail);
      throw std::runtime_error("whatever it is");
    };
    bench.small.when("stepping", fail);
    CHECK(reason() == "whatever it is");
    CHECK(failures > 20);  // the first ones got further
    CHECK(failures < 25);
    CHECK(bench.small.work_is_done());
  }
}

TEST_CASE("geometry that lies in another store is not waited for") {
  Bench bench;
  std::get<GeometryFile>(bench.small.request.geometry).file.sha256 = std::string(64, '0');
  const auto run = bench.start();
  try {
    (void)run.result();
    FAIL("it ended");
  } catch (const ActivityFailure& failure) {
    const std::string& reason = failure.cause()->message;
    CAPTURE(reason);
    CHECK(reason.find("\"cube.obj\"") != std::string::npos);
    CHECK(reason.find(bench.folder.file("artifacts") + "/00/") != std::string::npos);
  }
  const WorkflowDescription closed = run.describe();
  CHECK(closed.close_time.value() - closed.start_time < 1s);
}

TEST_CASE("a store that keeps an artifact waiting does not make the activity look dead") {
  Bench bench;
  bench.small.request.video = true;
  testing::ActivityEnvironment environment;
  Beats beats(environment);
  std::vector<std::string> waited;
  bench.small.artifacts.before_put = [&](const std::string& name) {
    CAPTURE(name);
    const std::optional<PayloadList> beat = beats.another();
    REQUIRE(beat);
    waited.push_back(name);
    if (name == "trajectory.dstraj")  // what is being uploaded
      CHECK(from_payload<UploadTask>(beat->front()).files.at(0).name == name);
  };
  const SimulationSteps steps(bench.small.services());
  const SimulationResult result = environment.run(
      [&](const ActivityContext& ctx) { return steps.run(ctx, bench.small.request); });
  CHECK(waited.size() == result.artifacts.size() + 1);  // the scene
}

TEST_CASE("joining a video is heard while it lasts, and not of its segments alone") {
  const std::vector<std::string> moments = durasim_test::moments();
  if (std::ranges::find(moments, "video.mp4") == moments.end()) return;
  Bench bench;
  bench.small.request.video = true;
  const SimulationSteps steps(bench.small.services());
  std::atomic<int> beats = 0;
  bench.worker().implement(join_video, [&](const ActivityContext& ctx, const JoinTask& task) {
    CHECK(task.segments.size() == 2);
    testing::ActivityEnvironment environment;  // the attempt, in real time
    environment.info.workflow_run_id = ctx.info().workflow_run_id;
    environment.info.heartbeat_timeout = std::chrono::microseconds(4);  // far less than it takes
    environment.on_heartbeat = [&beats](const PayloadList&) { ++beats; };
    Joined joined;
    // A busy machine may join it before another thread gets to say a word.
    for (int i = 0; i < 1000 && beats <= 2; ++i) {
      beats = 0;
      joined = environment.run(
          [&](const ActivityContext& real) { return steps.join_video(real, task); });
    }
    return joined;
  });
  CHECK(bench.start().result().artifacts.contains("video"));
  CHECK(beats > 2);
}

TEST_CASE("import, compilation and publishing may take long, as long as they are heard") {
  Bench bench;
  const SimulationSteps steps(bench.small.services());
  const auto take_long = [&](const ActivityContext& ctx) {
    for (int i = 0; i < 20; ++i) {
      ctx.heartbeat();
      bench.environment.sleep(30s);
    }
  };
  bench.worker()
      .implement(import_geometry,
                 [&](const ActivityContext& ctx, const SimulationRequest& request) {
                   take_long(ctx);
                   return steps.import(ctx, request);
                 })
      .implement(compile_mjcf,
                 [&](const ActivityContext& ctx, const SimulationRequest& request,
                     const ImportedGeometry& geometry) {
                   take_long(ctx);
                   return steps.compile(ctx, request, geometry);
                 })
      .implement(publish_result, [&](const ActivityContext& ctx, const PublishTask& task) {
        take_long(ctx);
        return steps.publish(ctx, task);
      });
  const WallTime begin = bench.environment.now();
  check_untouched(bench.start().result());
  CHECK(bench.environment.now() - begin >= 30min);
  CHECK(bench.environment.now() - begin < 32min);  // each was done once
}

TEST_CASE("stepping waits for a folder that another attempt still has") {
  Bench bench;
  std::optional<WorkflowRun<SimulationResult>> run;
  std::optional<RunFolder> other;
  bench.small.when("scene.dsmjcf",
                   [&] { other.emplace(bench.small.work() + "/" + run->run_id()); });
  run = bench.start();
  bench.environment.sleep(10min);
  const PendingActivity waiting = run->describe().pending_activities.at(0);
  CHECK(waiting.last_failure->message.find("another attempt") != std::string::npos);
  CHECK(waiting.attempt > 50);  // it comes again every ten seconds, and soon after the other's end
  other.reset();
  const WallTime begin = bench.environment.now();
  check_untouched(run->result());
  CHECK(bench.environment.now() - begin <= 10s);
}

TEST_CASE("an attempt that waits for its time outlives the process, with its number and its time") {
  Bench bench;
  int failures = 0;
  const std::function<void()> fail = [&] {
    if (++failures < 4) bench.small.when("report.md", fail);
    throw UnavailableError("the store is away");
  };
  bench.small.when("report.md", fail);
  const auto run = bench.start();
  bench.environment.settle();
  Duration wait = 1s;
  for (int attempt = 2; attempt <= 5; ++attempt, wait *= 2) {
    bench.environment.sleep(wait / 2);
    bench.environment.restart();
    const PendingActivity waiting = run.describe().pending_activities.at(0);
    CHECK(waiting.attempt == attempt);
    CHECK_FALSE(waiting.started);
    CHECK(waiting.next_attempt_time == bench.environment.now() + wait / 2);
    CHECK(failures == attempt - 1);
    bench.environment.sleep(wait / 2);
  }
  CHECK(failures == 4);
  check_untouched(run.result());
}
