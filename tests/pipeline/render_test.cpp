// The video of a durable simulation in ranges: made side by side, again where one fails, joined to
// what one hand would have made of them, and nothing left behind.
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/files.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/video.hpp"
#include "durasim/testing/activity_environment.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/simulation_steps.hpp"
#include "sim/recorded_run.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <latch>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using durasim_test::rendering_missing;
namespace fs = std::filesystem;

namespace {

// 66 frames: ranges of 30, 30 and 6.
constexpr VideoFormat kFormat{.width = 64, .height = 48, .fps = 5, .draft = true};
constexpr double kLength_s = 13;
constexpr std::int64_t kFrames = 66;

// Whether pictures and videos can be made here.
bool video_missing() {
  if (rendering_missing()) return true;
  std::string reason;
  if (sim::load_video_plugin(reason)) return false;
  MESSAGE("skipped: " << reason);
  return true;
}

// A run that has been simulated: what follows are its pictures and its video.
class Lab {
 public:
  Lab() : artifacts(folder_.file("artifacts")) {
    const sim::MjcfSource source = durasim_test::falling_source();
    model_ = sim::Model::compile(source);
    sim::TrajectoryRecorder recorder(recording(), *model_, kFormat.fps);
    durasim_test::record_run(*model_, kLength_s, recorder);
    recorder.finish();
    task = {.mjcf = artifacts.put("scene.dsmjcf", sim::encode_mjcf_bundle(source)),
            .trajectory = artifacts.put_file("trajectory.dstraj", recording()),
            .format = kFormat};
    services = {.artifacts = &artifacts, .work_folder = folder_.file("work"), .ranges_at_once = 2};
  }

  // The worker of a simulation whose first steps are already done.
  void implement(Worker& worker) const {
    implement_simulation(worker, services);
    worker.implement(import_geometry, [](const SimulationRequest&) { return ImportedGeometry{}; });
    worker.implement(compile_mjcf, [this](const SimulationRequest&, const ImportedGeometry&) {
      return CompiledScene{.name = "falling", .mjcf = task.mjcf};
    });
    worker.implement(step_simulation, [this](const ActivityContext& ctx, const SteppingTask&) {
      const std::string run = services.work_folder + "/" + ctx.info().workflow_run_id;
      make_folders(run);
      return Stepped{
          .verdict = {.detail = "stepped"},
          .trajectory =
              FileArtifactStore(run + "/made").put_file("trajectory.dstraj", recording())};
    });
  }
  static SimulationRequest request() {
    return {.name = "falling", .geometry = GeometryFile{}, .video_format = kFormat};
  }
  static WorkflowRun<SimulationResult> start(const Client& client) {
    return simulate(client, request());
  }

  // The ranges rendered one after the other by hand, and joined: the same in every lab.
  [[nodiscard]] const Bytes& expected() const {
    static const Bytes video = joined_by_hand();
    return video;
  }
  void check_video(const SimulationResult& result) const {
    CHECK(result.verdict.detail == "stepped");
    CHECK(result.missing.empty());
    REQUIRE(result.artifacts.contains("video"));
    CHECK(result.artifacts.at("video").name == "video.mp4");
    CHECK(artifacts.get(result.artifacts.at("video")) == expected());
    CHECK(result.provenance.versions.contains("encoder"));
    CHECK(result.provenance.versions.contains("renderer"));
  }
  // The run has left that many artifacts and nothing else.
  void check_clean(int kept) const {
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.file("artifacts")))
      files += entry.is_regular_file() ? 1 : 0;
    CHECK(files == kept);
    CHECK(fs::is_empty(services.work_folder));
  }
  [[nodiscard]] RangeTask range(std::int64_t first) const {
    return {.render = task,
            .first = first,
            .count = std::min<std::int64_t>(30, kFrames - first),
            .total = kFrames};
  }
  [[nodiscard]] std::string store() const { return folder_.file("sim.db"); }

 private:
  [[nodiscard]] std::string recording() const { return folder_.file("run.dstraj"); }
  [[nodiscard]] Bytes joined_by_hand() const {
    std::string reason;
    const auto encoder = sim::load_video_plugin(reason);
    const sim::TrajectoryReader reader(recording(), *model_);
    std::vector<std::string> parts;
    sim::VideoOptions options{.format = kFormat, .count = 30};
    for (; options.first < kFrames; options.first += options.count) {
      parts.push_back(folder_.file("part" + std::to_string(parts.size()) + ".mp4"));
      sim::render_video(model_, reader, *encoder, parts.back(), options);
    }
    CHECK(encoder->join(parts, folder_.file("joined.mp4"), kFormat) == kFrames);
    return read_file(folder_.file("joined.mp4"));
  }

  durasim_test::TemporaryFolder folder_;
  std::shared_ptr<const sim::Model> model_;

 public:
  mutable FileArtifactStore artifacts;
  RenderTask task;
  SimulationServices services;
};

// Counts how often each range was begun; no pictures are made, which takes time.
class Counted {
 public:
  Counted(const Lab& lab, Worker& worker, const std::function<bool(const RangeTask&)>& fails)
      : steps_(lab.services) {
    lab.implement(worker);
    worker.implement(render_pictures,
                     [](const RenderTask&) { return VideoPlan{.frames = kFrames, .at_once = 2}; });
    worker.implement(render_range, [=, this](const ActivityContext& ctx, const RangeTask& range) {
      ++attempts[range.first];
      if (fails(range)) throw std::runtime_error("as if the driver had hiccups");
      return steps_.render_range(ctx, range);
    });
  }
  std::map<std::int64_t, int> attempts;

 private:
  SimulationSteps steps_;
};

}  // namespace

TEST_CASE("ranges rendered side by side become the video that one hand would have joined") {
  if (video_missing()) return;
  Lab lab;
  std::mutex mutex;
  std::vector<std::int64_t> done;
  Engine engine({.store = lab.store()});
  lab.services.progress = [&](const sim::StageProgress& progress) {
    const std::scoped_lock lock(mutex);
    CHECK(progress.stage == sim::StageProgress::Stage::Render);
    CHECK(progress.total == kFrames);
    done.push_back(progress.done);
    const SimulationProgress told = engine.client()
                                        .handle(simulation_workflow, workflow_id_of(Lab::request()))
                                        .query(simulation_progress);
    CHECK(told.stage == SimulationStage::Render);
    CHECK(told.done == progress.done);
    CHECK(told.total == kFrames);
  };
  lab.implement(engine.worker(std::string(kSimulationQueue), {.max_concurrent_activities = 2}));
  engine.start();
  lab.check_video(Lab::start(engine.client()).result());
  lab.check_clean(6);  // scene, trajectory, two pictures, video, report
  CHECK(done.size() == kFrames);
  CHECK(std::ranges::is_sorted(done));
  CHECK(done.back() == kFrames);
}

TEST_CASE("a range that fails twice is done again, alone") {
  if (video_missing()) return;
  const Lab lab;
  testing::WorkflowEnvironment environment({.evict_always = true});
  const Counted counted(
      lab, environment.worker(std::string(kSimulationQueue)),
      [&](const RangeTask& range) { return range.first == 30 && counted.attempts.at(30) <= 2; });
  lab.check_video(Lab::start(environment.client()).result());
  CHECK(counted.attempts == std::map<std::int64_t, int>{{0, 1}, {30, 3}, {60, 1}});
  lab.check_clean(4);  // scene, trajectory, video, report
}

TEST_CASE("a video of which a range cannot be made is missing, with the reason") {
  const Lab lab;
  testing::WorkflowEnvironment environment;
  const Counted counted(lab, environment.worker(std::string(kSimulationQueue)),
                        [](const RangeTask&) { return true; });
  const SimulationResult result = Lab::start(environment.client()).result();
  CHECK(result.verdict.detail == "stepped");
  CHECK(result.missing.at("video") == "as if the driver had hiccups");
  CHECK_FALSE(result.video_url);
  CHECK(counted.attempts.at(0) == 20);
  CHECK_FALSE(counted.attempts.contains(60));
  lab.check_clean(3);
}

TEST_CASE("pictures that cannot be kept are missing, and the video with them") {
  const Lab lab;
  testing::WorkflowEnvironment environment;
  Worker& worker = environment.worker(std::string(kSimulationQueue));
  lab.implement(worker);
  worker.implement(render_pictures,
                   [](const RenderTask&) -> VideoPlan { throw IoError("there is no room"); });
  const SimulationResult result = Lab::start(environment.client()).result();
  CHECK(result.verdict.detail == "stepped");
  for (const char* name : {"picture", "picture_end", "video"}) {
    CAPTURE(name);
    CHECK(result.missing.at(name) == "there is no room");
  }
  lab.check_clean(3);
}

TEST_CASE("without OpenGL the pictures and the video are missing, and nothing is tried again") {
  Lab lab;
  lab.services.egl_library = "libno-such-egl.so.1";
  int beginnings = 0;
  const SimulationSteps steps(lab.services);
  testing::WorkflowEnvironment environment;
  Worker& worker = environment.worker(std::string(kSimulationQueue));
  lab.implement(worker);
  worker.implement(render_range, [&](const ActivityContext& ctx, const RangeTask& range) {
    ++beginnings;
    return steps.render_range(ctx, range);
  });
  const SimulationResult result = Lab::start(environment.client()).result();
  CHECK(result.verdict.detail == "stepped");
  for (const char* name : {"picture", "picture_end", "video"}) {
    CAPTURE(name);
    CHECK_FALSE(result.missing.at(name).empty());
  }
  CHECK(beginnings <= 2);  // those that were under way
  lab.check_clean(3);
}

TEST_CASE("a cancellation while frames are rendered ends the run and removes the segments") {
  if (video_missing()) return;
  Lab lab;
  std::latch rendering(1);
  std::latch canceled(1);
  std::once_flag once;
  lab.services.progress = [&](const sim::StageProgress&) {
    std::call_once(once, [&] {
      rendering.count_down();
      canceled.wait();
    });
  };
  Engine engine({.store = lab.store()});
  lab.implement(engine.worker(std::string(kSimulationQueue), {.max_concurrent_activities = 2}));
  engine.start();
  const auto run = Lab::start(engine.client());
  rendering.wait();
  run.cancel();
  canceled.count_down();
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  lab.check_clean(4);  // scene, trajectory, two pictures
}

TEST_CASE("a range that is cancelled leaves no segment; done again it is the same segment") {
  if (video_missing()) return;
  const Lab lab;
  const SimulationSteps steps(lab.services);
  testing::ActivityEnvironment environment;
  const std::string run = lab.services.work_folder + "/" + environment.info.workflow_run_id;
  const auto render = [&](const ActivityContext& ctx) {
    return steps.render_range(ctx, lab.range(30));
  };
  const auto files = [&] {
    int count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(run))
      count += entry.path().extension() == ".mp4" ? 1 : 0;
    return count;
  };
  int beats = 0;
  environment.on_heartbeat = [&](const PayloadList&) {
    if (++beats == 3) environment.cancel();
  };
  CHECK_THROWS_AS((void)environment.run(render), CancelledError);
  CHECK(beats <= 4);
  CHECK(files() == 0);
  const Segment segment = environment.run(render);
  CHECK(segment.missing.empty());
  CHECK(files() == 1);
  if (segment.encoder == "libx264") {
    CHECK(environment.run(render).file == segment.file);
    CHECK(files() == 1);
  }
}

TEST_CASE("segments that are lost before they are joined are rendered again, and no others") {
  if (video_missing()) return;
  const Lab lab;
  const SimulationSteps steps(lab.services);
  testing::WorkflowEnvironment environment({.evict_always = true});
  Worker& worker = environment.worker(std::string(kSimulationQueue));
  const Counted counted(lab, worker, [](const RangeTask&) { return false; });
  int joins = 0;
  std::function<void(const std::string&, const JoinTask&)> lose;
  worker.implement(join_video, [&](const ActivityContext& ctx, const JoinTask& task) {
    if (++joins == 1) lose(lab.services.work_folder + "/" + ctx.info().workflow_run_id, task);
    return steps.join_video(ctx, task);
  });
  std::map<std::int64_t, int> expected{{0, 1}, {30, 1}, {60, 1}};
  SUBCASE("all, with the work folder") {
    lose = [&](const std::string&, const JoinTask&) { fs::remove_all(lab.services.work_folder); };
    expected = {{0, 2}, {30, 2}, {60, 2}};
  }
  SUBCASE("one that is gone and one that is damaged") {
    lose = [](const std::string& run, const JoinTask& task) {
      fs::remove(run + "/made/" + place_of(task.segments[0]));
      const std::string damaged = run + "/made/" + place_of(task.segments[2]);
      write_file(damaged, Bytes(fs::file_size(damaged)));
    };
    expected = {{0, 2}, {30, 1}, {60, 2}};
  }
  lab.check_video(Lab::start(environment.client()).result());
  CHECK(joins == 2);
  CHECK(counted.attempts == expected);
  lab.check_clean(4);  // scene, trajectory, video, report
}

TEST_CASE("a work folder that is lost every time becomes no video, after a few rounds") {
  if (video_missing()) return;
  const Lab lab;
  const SimulationSteps steps(lab.services);
  testing::WorkflowEnvironment environment;
  Worker& worker = environment.worker(std::string(kSimulationQueue));
  const Counted counted(lab, worker, [](const RangeTask&) { return false; });
  worker.implement(join_video, [&](const ActivityContext& ctx, const JoinTask& task) {
    fs::remove_all(lab.services.work_folder);
    return steps.join_video(ctx, task);
  });
  const SimulationResult result = Lab::start(environment.client()).result();
  CHECK(result.verdict.detail == "stepped");
  CHECK(result.missing.at("video") ==
        "what was rendered of it was lost before it was uploaded, 3 times");
  CHECK(counted.attempts == std::map<std::int64_t, int>{{0, 3}, {30, 3}, {60, 3}});
  lab.check_clean(3);
}

TEST_CASE("segments that are damaged, incomplete or gone become no video") {
  if (video_missing()) return;
  const Lab lab;
  const SimulationSteps steps(lab.services);
  testing::ActivityEnvironment environment;
  JoinTask join{.format = kFormat, .frames = kFrames};
  for (const std::int64_t first : {0, 30, 60}) {
    join.segments.push_back(environment.run([&](const ActivityContext& ctx) {
      return steps.render_range(ctx, lab.range(first)).file;
    }));
  }
  const auto joined = [&] {
    return environment.run([&](const ActivityContext& ctx) { return steps.join_video(ctx, join); });
  };
  const FileArtifactStore made(lab.services.work_folder + "/" + environment.info.workflow_run_id +
                               "/made");
  CHECK(made.get(joined().video) == lab.expected());
  const Artifact last = join.segments.back();
  join.segments.pop_back();
  CHECK_THROWS_WITH_AS(joined(), "the segments of a video of 66 frames hold 60", FormatError);
  join.segments.push_back(last);
  const std::string path =
      lab.services.work_folder + "/" + environment.info.workflow_run_id + "/made/" + place_of(last);
  Bytes bytes = read_file(path);
  bytes.back() ^= std::byte{1};
  write_file(path, bytes);
  const auto check_lost = [&] {
    const Joined lost = joined();
    CHECK(lost.lost == std::vector<std::int64_t>{2});
    CHECK(lost.video == Artifact{});
  };
  check_lost();
  fs::remove(path);
  check_lost();
}

TEST_CASE("the size of a range follows from the video alone: six seconds, of long videos more") {
  CHECK(frames_in_range(1, 30) == 180);
  CHECK(frames_in_range(kFrames, 5) == 30);
  CHECK(frames_in_range(180'000, 30) == 180);
  CHECK(frames_in_range(10'000'000, 30) == 10'020);  // 167 groups of pictures
  CHECK(10'000'000 / frames_in_range(10'000'000, 30) < 1000);
}

TEST_CASE("progress counts the frames of all ranges and never goes back") {
  ProgressTable table;
  std::shared_ptr<RunProgress> progress = table.of("run");
  const auto update = [&](RangeTask range, std::int64_t done) {
    range.total = 100;
    std::int64_t reported = 0;
    progress->set_frames(range, done, [&](const RunProgress::Count& video) {
      reported = video.done;
      CHECK(video.total == 100);
      CHECK(table.of("run")->of(SimulationStage::Render).done == reported);
    });
    return reported;
  };
  const RangeTask first{.first = 0, .count = 40};
  const RangeTask second{.first = 40, .count = 40};
  CHECK(update(first, 10) == 10);
  CHECK(update(second, 5) == 15);
  CHECK(update(first, 40) == 45);
  CHECK(update(second, 1) == 45);  // another attempt
  CHECK(update(second, 6) == 46);
  const RangeTask third{.first = 80, .count = 20, .done = 40};
  CHECK(update(third, 1) == 47);
  progress.reset();
  progress = table.of("run");  // as in another process, which sees the third alone
  CHECK(progress->of(SimulationStage::Render).done == 0);
  CHECK(update({.first = 80, .count = 20, .done = 80}, 7) == 87);
}
