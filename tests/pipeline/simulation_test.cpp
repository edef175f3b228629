// SimulationWorkflow on a real engine over a real store: it ends as simulate_local does, through
// restarts, pauses and cancellations.
#include "durasim/pipeline/simulation.hpp"

#include "durasim/core/convert.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/files.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "pipeline/cube.hpp"
#include "pipeline/simulation_steps.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <latch>
#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using durasim_test::kCube;
using durasim_test::kOpen;

class Lab {
 public:
  explicit Lab(const std::string& mesh = kCube) : artifacts(folder_.file("artifacts")) {
    write_file(folder_.file("cube.obj"), as_bytes(mesh));
    request = request_of(folder_.file("cube.obj"), artifacts, "mm");
    request.duration = Seconds(0.5);
    request.scene.floor.height_m = -30;  // mm: it falls
    request.video = false;
  }

  // On it, `use` gets the client.
  void with_engine(const std::function<void(Engine&)>& use,
                   std::function<void(const sim::StageProgress&)> progress = {}) const {
    Engine engine({.store = store()});
    implement_simulation(engine.worker(std::string(kSimulationQueue)),
                         services(std::move(progress)));
    engine.start();
    use(engine);
  }
  [[nodiscard]] SimulationServices services(
      std::function<void(const sim::StageProgress&)> progress = {}) const {
    return {.artifacts = &artifacts,
            .work_folder = folder_.file("work"),
            .progress = std::move(progress)};
  }
  [[nodiscard]] SimulationResult result() const {
    SimulationResult result;
    with_engine([&](Engine& engine) { result = simulate(engine.client(), request).result(); });
    return result;
  }
  [[nodiscard]] std::string store() const { return folder_.file("sim.db"); }
  [[nodiscard]] bool work_is_done() const { return fs::is_empty(folder_.file("work")); }
  // The same without an engine.
  [[nodiscard]] sim::SimulationResult locally() const {
    sim::SimulateOptions options;
    options.duration = request.duration;
    options.scene.floor.height_m = -0.03;
    options.output_folder = "";
    return sim::simulate_local(
        sim::import_file(folder_.file("cube.obj"), {.unit = LengthUnit::Millimetre}), options);
  }

 private:
  durasim_test::TemporaryFolder folder_;

 public:
  mutable FileArtifactStore artifacts;
  SimulationRequest request;
};

// Sees when stepping begins.
class Stepping {
 public:
  void operator()(const sim::StageProgress& progress) {
    const bool steps = progress.stage == sim::StageProgress::Stage::Simulate;
    if (steps && !begun_.exchange(true)) latch_.count_down();
  }
  void await() const { latch_.wait(); }

 private:
  std::latch latch_{1};
  std::atomic<bool> begun_ = false;
};

void check_same(const SimulationResult& durable, const sim::SimulationResult& local) {
  CHECK(durable.final_state_hash == local.final_state_hash);
  CHECK(durable.verdict.code == local.verdict.code);
  CHECK(durable.verdict.detail == local.verdict.detail);
  CHECK(durable.metrics.steps == local.metrics.steps);
  CHECK(durable.metrics.max_contact_force_n == local.metrics.max_contact_force_n);
  CHECK(durable.provenance.mjcf_sha256 == local.provenance.mjcf_sha256);
  CHECK(durable.provenance.input_sha256 == local.provenance.input_sha256);
  CHECK(durable.provenance.fingerprint == local.provenance.fingerprint);
  CHECK(durable.notes == local.notes);
  CHECK(durable.parts.size() == local.parts.size());
}

}  // namespace

TEST_CASE("a durable simulation ends as a local one, and keeps what it made") {
  const Lab lab;
  const SimulationResult result = lab.result();
  check_same(result, lab.locally());
  CHECK(result.verdict.code == sim::ReasonCode::Stable);
  CHECK(result.attempts == 1);
  CHECK(result.resumed_from_step == 0);
  CHECK(lab.artifacts.get(result.artifacts.at("trajectory")).size() > 100);
  CHECK(as_text(lab.artifacts.get(result.artifacts.at("report"))) == result.report);
  CHECK(result.artifact_urls.at("report") == lab.artifacts.url(result.artifacts.at("report")));
  CHECK(result.missing.at("video") == "not asked for");
  CHECK(lab.work_is_done());
  CHECK(to_json(result).ends_with(R"(,"resumed_from_step":0,"attempts":1})"));
}

TEST_CASE("whoever asks for the same gets the same run; another request is another one") {
  Lab lab;
  lab.with_engine([&](Engine& engine) {
    const auto first = simulate(engine.client(), lab.request);
    CHECK(simulate(engine.client(), lab.request).run_id() == first.run_id());
    (void)first.result();
    CHECK(simulate(engine.client(), lab.request).run_id() == first.run_id());
    lab.request.seed = 1;
    CHECK(simulate(engine.client(), lab.request).run_id() != first.run_id());
  });
}

TEST_CASE("bad geometry is a verdict and no failure: nothing is stepped or tried again") {
  const Lab lab(kOpen);
  const SimulationResult result = lab.result();
  CHECK(result.verdict.outcome == sim::Outcome::Fail);
  CHECK(result.verdict.code == sim::ReasonCode::InvalidGeometry);
  CHECK(result.verdict.detail.find("OPEN_MESH") != std::string::npos);
  CHECK(result.verdict.detail == lab.locally().verdict.detail);
  CHECK(result.final_state_hash.empty());
  CHECK(result.attempts == 0);
}

TEST_CASE("a name that is no part fails the workflow at once, with what is possible instead") {
  Lab lab;
  lab.request.scene.fixed = {"wheel"};
  lab.with_engine([&](Engine& engine) {
    const auto run = simulate(engine.client(), lab.request);
    try {
      (void)run.result();
      FAIL("it ended");
    } catch (const ActivityFailure& failure) {
      CHECK(failure.cause()->message.find("wheel") != std::string::npos);
      CHECK(std::get<proto::ApplicationFailureInfo>(failure.cause()->info).type ==
            "durasim::InvalidArgument");
    }
    // Asked for once more, it is tried once more.
    CHECK(simulate(engine.client(), lab.request).run_id() != run.run_id());
  });
  CHECK(lab.work_is_done());
}

TEST_CASE("an engine that ends while it steps is followed by one that goes on from there") {
  Lab lab;
  lab.request.duration = Seconds(120);
  std::latch stepping(1);
  std::int64_t seen = 0;
  lab.with_engine(
      [&](Engine& engine) {
        (void)simulate(engine.client(), lab.request);
        stepping.wait();
        engine.stop(1min);
      },
      [&](const sim::StageProgress& progress) {
        if (progress.stage != sim::StageProgress::Stage::Simulate) return;
        if (std::exchange(seen, progress.done) == 0) stepping.count_down();
      });
  CHECK_FALSE(lab.work_is_done());
  std::int64_t first = -1;
  SimulationResult result;
  lab.with_engine([&](Engine& engine) { result = simulate(engine.client(), lab.request).result(); },
                  [&](const sim::StageProgress& progress) {
                    if (progress.stage == sim::StageProgress::Stage::Simulate && first < 0)
                      first = progress.done;
                  });
  check_same(result, lab.locally());
  CHECK(result.attempts == 2);
  CHECK(result.resumed_from_step >= seen);
  CHECK(first >= result.resumed_from_step);
  CHECK(lab.work_is_done());
}

TEST_CASE("a run whose folder is lost while it steps begins again, says so, and ends the same") {
  Lab lab;
  lab.request.duration = Seconds(120);
  Stepping stepping;
  lab.with_engine(
      [&](Engine& engine) {
        (void)simulate(engine.client(), lab.request);
        stepping.await();
        engine.stop(1min);
      },
      std::ref(stepping));
  REQUIRE_FALSE(lab.work_is_done());
  fs::remove_all(lab.services().work_folder);
  const SimulationResult result = lab.result();
  check_same(result, lab.locally());
  CHECK(result.attempts == 2);
  CHECK(result.resumed_from_step == 0);
  CHECK(result.restarted_because == "the folder of its checkpoints is gone");
  CHECK(lab.work_is_done());
}

TEST_CASE("pause stops the stepping, resume goes on with it; the end is the same") {
  Lab lab;
  lab.request.duration = Seconds(120);
  Stepping stepping;
  SimulationResult result;
  lab.with_engine(
      [&](Engine& engine) {
        const auto run = simulate(engine.client(), lab.request);
        stepping.await();
        run.signal(pause_simulation);
        while (run.query(simulation_progress).stage != SimulationStage::Paused) {
        }
        CHECK_FALSE(run.query(simulation_progress).verdict);
        run.signal(resume_simulation);
        result = run.result();
        CHECK(run.query(simulation_progress).stage == SimulationStage::Done);
        CHECK(run.query(simulation_progress).verdict->code == sim::ReasonCode::Stable);
      },
      std::ref(stepping));
  check_same(result, lab.locally());
  CHECK(result.attempts == 2);
  CHECK(result.resumed_from_step > 0);
}

TEST_CASE("asked while it steps, a run tells how far it is; paused, where it stands") {
  Lab lab;
  lab.request.duration = Seconds(100'000);
  lab.with_engine([&](Engine& engine) {
    const auto run = simulate(engine.client(), lab.request);
    SimulationProgress first;
    while (first.done == 0) first = run.query(simulation_progress);
    CHECK(first.stage == SimulationStage::Simulate);
    CHECK(first.total >= 100'000 / 0.002);  // the longest step that there is
    SimulationProgress later;
    while (later.done <= first.done) later = run.query(simulation_progress);
    CHECK(later.total == first.total);
    run.signal(pause_simulation);
    while (run.query(simulation_progress).stage != SimulationStage::Paused) {
    }
    CHECK(run.query(simulation_progress).done >= later.done);
    run.cancel();
    CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  });
}

TEST_CASE("an attempt that fails while it is told to pause fails nothing else") {
  Lab lab;
  std::latch stepping(1);
  std::atomic<int> attempts = 0;
  Engine engine({.store = lab.store()});
  Worker& worker = engine.worker(std::string(kSimulationQueue));
  implement_simulation(worker, lab.services());
  worker.implement(step_simulation, [&](const ActivityContext& ctx, const SteppingTask&) {
    if (++attempts > 1) {
      return Stepped{.verdict = {.detail = "stepped"},
                     .trajectory = lab.artifacts.put("t", as_bytes(std::string_view("t")))};
    }
    stepping.count_down();
    std::latch told(1);
    const std::stop_callback tell(ctx.stop_token(), [&told] { told.count_down(); });
    told.wait();
    throw std::runtime_error("as if its process had died");
  });
  worker.implement(upload_files, [](const UploadTask&) { return Uploaded{}; });
  engine.start();
  const auto run = simulate(engine.client(), lab.request);
  stepping.wait();
  run.signal(pause_simulation);
  while (run.query(simulation_progress).stage != SimulationStage::Paused) {
  }
  run.signal(resume_simulation);
  CHECK(run.result().verdict.detail == "stepped");
  CHECK(attempts == 2);
}

TEST_CASE("a cancellation ends the stepping within a step and removes what it kept") {
  Lab lab;
  lab.request.duration = Seconds(100'000);
  Stepping stepping;
  lab.with_engine(
      [&](Engine& engine) {
        const auto run = simulate(engine.client(), lab.request);
        stepping.await();
        SUBCASE("by the signal") {
          run.signal(cancel_simulation);
        }
        SUBCASE("by the client") {
          run.cancel();
        }
        CHECK_THROWS_AS((void)run.result(), CanceledFailure);
        CHECK(run.describe().status == WorkflowStatus::Canceled);
      },
      std::ref(stepping));
  CHECK(lab.work_is_done());
}

TEST_CASE("what a terminated run has left is swept away, and nothing of an open one") {
  Lab lab;
  lab.request.duration = Seconds(100'000);
  Stepping first;
  lab.with_engine(
      [&](Engine& engine) {
        const auto run = simulate(engine.client(), lab.request);
        first.await();
        run.terminate("the machine is needed");
        CHECK_THROWS_AS((void)run.result(), TerminatedFailure);
        engine.stop(1min);
      },
      std::ref(first));
  REQUIRE_FALSE(lab.work_is_done());
  Stepping second;
  lab.with_engine(
      [&](Engine& engine) {
        const auto open = simulate(engine.client(), lab.request);
        second.await();
        CHECK(sweep_simulations(engine.client(), lab.services()) == 1);
        CHECK(sweep_simulations(engine.client(), lab.services()) == 0);
        CHECK(fs::exists(lab.services().work_folder + "/" + open.run_id()));
        open.cancel();
        CHECK_THROWS_AS((void)open.result(), CanceledFailure);
        // An attempt that has not noticed yet that nobody waits for it.
        std::optional<RunFolder> late(lab.services().work_folder + "/late");
        CHECK(sweep_simulations(engine.client(), lab.services()) == 0);
        late.reset();
        CHECK(sweep_simulations(engine.client(), lab.services()) == 1);
      },
      std::ref(second));
  CHECK(lab.work_is_done());
}

TEST_CASE(
    "folders of which it is not known whether their runs are open, or that cannot be removed, "
    "stay") {
  const Lab lab;
  std::vector<std::string> told;
  SimulationServices services = lab.services();
  services.log = Logger([&](const LogRecord& record) { told.emplace_back(record.message); },
                        LogLevel::Warning);
  lab.with_engine([&](Engine& engine) {
    // What would be the lock of one is a folder.
    make_folders(services.work_folder + "/a/lock");
    make_folders(services.work_folder + "/b");
    CHECK(sweep_simulations(engine.client(), services) == 1);
    CHECK(fs::exists(services.work_folder + "/a"));
    REQUIRE(told.size() == 1);
    make_folders(services.work_folder + "/b");
    engine.stop(1min);
    CHECK(sweep_simulations(engine.client(), services) == 0);
    CHECK(fs::exists(services.work_folder + "/b"));
    CHECK(told.size() == 3);
  });
}

namespace {

// run_simulation as implement_simulation registers it.
ActivityOutcome run_activity(testing::ActivityEnvironment& environment, const Lab& lab) {
  Worker worker{std::string(kSimulationQueue)};
  implement_simulation(worker, lab.services());
  return environment.run_implementation(worker.activities().at(std::string(run_simulation.name)),
                                        lab.request);
}

}  // namespace

TEST_CASE("run_simulation does all of it in one activity") {
  testing::ActivityEnvironment environment;
  environment.info.activity_type = run_simulation.name;
  environment.info.start_to_close_timeout = 5min;
  environment.info.heartbeat_timeout = 1min;
  SUBCASE("valid input") {
    const Lab lab;
    const auto completed = std::get<ActivityCompleted>(run_activity(environment, lab));
    check_same(from_payload<SimulationResult>(completed.result.at(0)), lab.locally());
    CHECK(lab.work_is_done());
  }
  SUBCASE("bad geometry") {
    const Lab lab(kOpen);
    const auto completed = std::get<ActivityCompleted>(run_activity(environment, lab));
    const auto result = from_payload<SimulationResult>(completed.result.at(0));
    CHECK(result.verdict.outcome == sim::Outcome::Fail);
    CHECK(result.verdict.code == sim::ReasonCode::InvalidGeometry);
    CHECK(result.verdict.detail.find("OPEN_MESH") != std::string::npos);
  }
  SUBCASE("a part that is not there") {
    Lab lab;
    lab.request.scene.fixed = {"wheel"};
    const auto failed = std::get<ActivityFailed>(run_activity(environment, lab));
    CHECK(failed.failure.message.find("wheel") != std::string::npos);
  }
  SUBCASE("cancel, from within a heartbeat") {
    Lab lab;
    lab.request.duration = Seconds(100'000);
    int beats = 0;
    environment.on_heartbeat = [&](const PayloadList&) {
      if (++beats == 3) environment.cancel();
    };
    CHECK(std::holds_alternative<ActivityCanceled>(run_activity(environment, lab)));
    CHECK(beats <= 4);
  }
}

TEST_CASE("with a video: pictures and video are artifacts, or say why they are missing") {
  Lab lab;
  lab.request.duration = Seconds(0.2);
  lab.request.video = true;
  lab.request.video_format = {.width = 64, .height = 48, .fps = 30, .draft = true};
  const SimulationResult result = lab.result();
  for (const char* name : {"picture", "picture_end", "video"}) {
    CAPTURE(name);
    CHECK(result.artifacts.contains(name) != result.missing.contains(name));
  }
  if (result.video_url) CHECK(*result.video_url == lab.artifacts.url(result.artifacts.at("video")));
  CHECK(lab.work_is_done());
}
