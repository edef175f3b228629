// From the run's folder into the artifact store: the verdict is there before, nothing that was
// simulated is given up for a store that is away, and what is lost on the way is made again and
// never stored damaged.
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "pipeline/simulation_steps.hpp"
#include "pipeline/small_pipeline.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;
using durasim_test::check_untouched;
using durasim_test::whole_artifacts;
namespace fs = std::filesystem;

namespace {

// In virtual time.
struct Bench {
  Bench() { implement_simulation(worker(), small.services()); }
  Worker& worker() { return environment.worker(std::string(kSimulationQueue)); }
  [[nodiscard]] WorkflowRun<SimulationResult> start() {
    return simulate(environment.client(), small.request);
  }
  [[nodiscard]] bool with_video() const {
    return !durasim_test::untouched(true).missing.contains("video");
  }
  // Does that before each upload, with the run's folder.
  using Meddle = std::function<void(const std::string& run, const UploadTask& task)>;
  void before_upload(Meddle meddle) {
    worker().implement(upload_files, [this, meddle = std::move(meddle)](const ActivityContext& ctx,
                                                                        const UploadTask& task) {
      meddle(small.work() + "/" + ctx.info().workflow_run_id, task);
      return steps.upload(ctx, task);
    });
  }
  // Input, scene, and what the result refers to.
  void check_kept(const SimulationResult& result) const {
    CHECK(whole_artifacts(folder.file("artifacts")) == result.artifacts.size() + 2);
    CHECK(small.work_is_done());
  }

  durasim_test::TemporaryFolder folder;
  FileArtifactStore kept{folder.file("artifacts")};
  durasim_test::SmallPipeline small{folder.path(), kept};
  SimulationSteps steps{small.services()};
  testing::WorkflowEnvironment environment;
};

// Files that were synced, and folders behind the last of them.
std::mutex syncing;
std::set<ino_t> synced_files, synced_folders;

bool is_synced(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  const std::scoped_lock lock(syncing);
  return (S_ISDIR(info.st_mode) ? synced_folders : synced_files).contains(info.st_ino);
}

std::string path_in(const std::string& run, const Artifact& file) {
  return run + "/made/" + place_of(file);
}

void damage(const std::string& path) {
  Bytes bytes = read_file(path);
  bytes.at(bytes.size() / 2) ^= std::byte{1};
  write_file(path, bytes);
}

std::string reason_of_end(const WorkflowRun<SimulationResult>& run) {
  try {
    (void)run.result();
  } catch (const ActivityFailure& failure) {
    return failure.cause()->message;
  } catch (const ApplicationFailure& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

// The program's own is what every library in it calls.
extern "C" int fsync(int fd) {
  struct stat info{};
  if (::fstat(fd, &info) == 0) {
    const std::scoped_lock lock(syncing);
    const bool folder = S_ISDIR(info.st_mode);
    if (!folder) synced_folders.clear();
    (folder ? synced_folders : synced_files).insert(info.st_ino);
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

TEST_CASE("a store may be away for hours whenever something is to be put: the verdict is known") {
  Bench bench;
  std::vector<std::string> moments = durasim_test::moments();
  std::erase_if(moments, [](const std::string& moment) {
    return moment.starts_with("scene") || moment == "stepping" || moment == "rendering";
  });
  std::string absent;
  bench.small.artifacts.before_put = [&](const std::string& name) {
    if (name == absent) throw UnavailableError("no server for " + name);
  };
  absent = moments.front();
  const auto run = bench.start();
  for (std::size_t i = 0; i < moments.size(); ++i) {
    CAPTURE(absent);
    bench.environment.sleep(3h);
    const PendingActivity waiting = run.describe().pending_activities.at(0);
    CHECK(waiting.attempt > 100);
    CHECK(waiting.last_failure->message == "no server for " + absent);
    const SimulationProgress progress = run.query(simulation_progress);
    const bool publishes = absent == "report.md";
    CHECK(waiting.activity_type == (publishes ? publish_result.name : upload_files.name));
    CHECK(progress.stage == (publishes ? SimulationStage::Publish : SimulationStage::Upload));
    REQUIRE(progress.verdict);
    CHECK(progress.verdict->code == sim::ReasonCode::Stable);
    CHECK(progress.total == 0);
    absent = i + 1 < moments.size() ? moments[i + 1] : "";
  }
  const SimulationResult result = run.result();
  check_untouched(result);
  CHECK(result.attempts == 1);
  CHECK(result.resumed_from_step == 0);
  bench.check_kept(result);
}

TEST_CASE("what a step has made is durable with its name when history says that it is made") {
  Bench bench;
  bench.small.request.video = false;
  int uploads = 0;
  bench.before_upload([&](const std::string& run, const UploadTask& task) {
    ++uploads;
    for (fs::path path = path_in(run, task.files.at(0)); path != bench.folder.path();
         path = path.parent_path()) {
      CAPTURE(path);
      CHECK(is_synced(path));
    }
  });
  (void)bench.start().result();
  CHECK(uploads == 1);
}

TEST_CASE("a recording that is lost before it is uploaded is made again, to the same end") {
  Bench bench;
  bench.small.request.video = false;
  int uploads = 0;
  Bench::Meddle lose;
  std::string said;
  bool from_checkpoint = false;
  SUBCASE("with the work folder") {
    lose = [&](const std::string&, const UploadTask&) { fs::remove_all(bench.small.work()); };
    said = "its recording was lost before it was uploaded";
  }
  SUBCASE("damaged, and the checkpoints are there") {
    lose = [](const std::string& run, const UploadTask& task) {
      damage(path_in(run, task.files.at(0)));
    };
    from_checkpoint = true;
  }
  bench.before_upload([&](const std::string& run, const UploadTask& task) {
    if (++uploads == 1) lose(run, task);
  });
  const SimulationResult result = bench.start().result();
  check_untouched(result);
  CHECK(uploads == 2);
  CHECK(result.attempts == 2);
  CHECK((result.resumed_from_step > 0) == from_checkpoint);
  CHECK(result.restarted_because == said);
  bench.check_kept(result);
}

TEST_CASE("pictures and video that are lost before they are uploaded are made again") {
  Bench bench;
  if (!bench.with_video()) return;
  std::map<std::string, int> uploads;
  bench.before_upload([&](const std::string& run, const UploadTask& task) {
    const std::string& name = task.files.front().name;
    if (++uploads[name] > 1) return;
    if (name == "picture.png") fs::remove_all(bench.small.work());
    if (name == "video.mp4") damage(path_in(run, task.files.front()));
  });
  const SimulationResult result = bench.start().result();
  check_untouched(result);
  CHECK(result.missing.empty());
  CHECK(uploads ==
        std::map<std::string, int>{{"trajectory.dstraj", 1}, {"picture.png", 2}, {"video.mp4", 2}});
  bench.check_kept(result);
}

TEST_CASE("what is lost every time ends the run, or costs it its video, after a few rounds") {
  Bench bench;
  std::string lost;
  bench.before_upload([&](const std::string& run, const UploadTask& task) {
    if (task.files.front().name == lost) damage(path_in(run, task.files.back()));
  });
  SUBCASE("the recording") {
    lost = "trajectory.dstraj";
    CHECK(reason_of_end(bench.start()) == "its recording was lost before it was uploaded, 3 times");
    CHECK(whole_artifacts(bench.folder.file("artifacts")) == 3);  // input, scene, MJCF
  }
  if (!bench.with_video()) return;
  const std::string why = "what was rendered of it was lost before it was uploaded, 3 times";
  SUBCASE("a picture") {
    lost = "picture.png";
    const SimulationResult result = bench.start().result();
    for (const char* name : {"picture", "picture_end", "video"})
      CHECK(result.missing.at(name) == why);
    bench.check_kept(result);
  }
  SUBCASE("the video") {
    lost = "video.mp4";
    const SimulationResult result = bench.start().result();
    CHECK(result.missing == std::map<std::string, std::string>{{"video", why}});
    bench.check_kept(result);
  }
  CHECK(bench.small.work_is_done());
}

TEST_CASE("an upload whose process dies, before it is recorded or ever again") {
  Bench bench;
  bench.small.request.video = false;
  int deaths = 0;
  const auto die = [&](int times) {
    bench.worker().implement(upload_files,
                             [&, times](const ActivityContext& ctx, const UploadTask& task) {
                               Uploaded uploaded = bench.steps.upload(ctx, task);
                               if (++deaths <= times) bench.environment.restart();
                               return uploaded;
                             });
  };
  SUBCASE("behind its last byte: nothing is stored twice or stepped again") {
    die(30);
    const SimulationResult result = bench.start().result();
    CHECK(deaths == 31);
    CHECK(result.attempts == 1);
    check_untouched(result);
    bench.check_kept(result);
  }
  SUBCASE("in each attempt: twenty are enough") {
    // As processes leave the folder that have died in it.
    bench.before_upload([](const std::string& run, const UploadTask&) {
      RunFolder folder(run);
      for (int i = 0; i < 20; ++i) folder.begin_attempt();
    });
    const std::string reason = reason_of_end(bench.start());
    CAPTURE(reason);
    CHECK(reason.starts_with("the simulation died 20 times at step "));
    CHECK(bench.small.work_is_done());
  }
}

TEST_CASE("a store that refuses the video costs the run its video and nothing else") {
  Bench bench;
  if (!bench.with_video()) return;
  int refusals = 0;
  bench.small.artifacts.before_put = [&](const std::string& name) {
    if (name != "video.mp4") return;
    ++refusals;
    throw std::runtime_error("these keys may not");
  };
  const SimulationResult result = bench.start().result();
  CHECK(refusals == 20);
  CHECK(result.missing == std::map<std::string, std::string>{{"video", "these keys may not"}});
  CHECK(result.final_state_hash == durasim_test::untouched(true).final_state_hash);
  bench.check_kept(result);
}

TEST_CASE("in one activity, a recording that is damaged on its way is made by the next attempt") {
  Bench bench;
  bench.small.request.video = false;
  testing::ActivityEnvironment environment;
  const std::string made = bench.small.work() + "/" + environment.info.workflow_run_id + "/made";
  const auto run = [&] {
    return environment.run(
        [&](const ActivityContext& ctx) { return bench.steps.run(ctx, bench.small.request); });
  };
  bench.small.when("trajectory.dstraj", [&] {
    for (const auto& entry : fs::recursive_directory_iterator(made))
      if (entry.is_regular_file()) damage(entry.path());
  });
  CHECK_THROWS_WITH_AS((void)run(), "trajectory.dstraj was lost before it was uploaded",
                       UnavailableError);
  const SimulationResult result = run();
  check_untouched(result);
  CHECK(bench.small.work_is_done());
}
