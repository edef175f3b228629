// A disk that is full in the middle of a simulation. A real one: a small file system that
// with_small_disk mounts.
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/store/sqlite.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "core/descriptor.hpp"
#include "pipeline/small_pipeline.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;
using durasim_test::check_untouched;
using durasim_test::SmallPipeline;
using durasim_test::whole_artifacts;
namespace fs = std::filesystem;

namespace {

class Disk {
 public:
  // Nothing, with a message, where there is none.
  static std::optional<Disk> of_this_test() {
    const char* path = std::getenv("DURASIM_TEST_SMALL_DISK");
    if (path == nullptr) {
      MESSAGE("skipped: no disk to fill; run by tests/pipeline/with_small_disk");
      return std::nullopt;
    }
    for (const auto& left : fs::directory_iterator(path)) fs::remove_all(left);
    return Disk(path);
  }
  // To the last byte.
  void fill() const {
    const Descriptor file(::open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::vector<char> block(std::size_t{1} << 20);
    while (::write(file.get(), block.data(), block.size()) > 0) {
    }
    REQUIRE(errno == ENOSPC);
  }
  void make_room() const { fs::remove(ballast()); }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit Disk(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] std::string ballast() const { return file("ballast"); }
  std::string path_;
};

// The simulation on that disk, in virtual time; the engine's own store is in memory.
struct Bench {
  explicit Bench(const Disk& disk, LogSink sink = {})
      : kept(disk.file("artifacts")), small(disk.file("run"), kept) {
    SimulationServices services = small.services();
    services.log = Logger(std::move(sink), LogLevel::Error);
    implement_simulation(environment.worker(std::string(kSimulationQueue)), services);
  }
  [[nodiscard]] WorkflowRun<SimulationResult> start() {
    return simulate(environment.client(), small.request);
  }
  FileArtifactStore kept;
  SmallPipeline small;
  testing::WorkflowEnvironment environment;
};

void check_no_space(const std::string& message) {
  CAPTURE(message);
  CHECK(message.find(std::getenv("DURASIM_TEST_SMALL_DISK")) != std::string::npos);  // which file
  CHECK(message.find("No space left on device") != std::string::npos);
}

}  // namespace

TEST_CASE("a disk that is full again and again, in every stage, delays a simulation") {
  const auto disk = Disk::of_this_test();
  if (!disk) return;
  Bench bench(*disk);
  std::optional<WorkflowRun<SimulationResult>> run;
  for (const std::string& moment : durasim_test::moments()) {
    CAPTURE(moment);
    bool filled = false;
    bench.small.when(moment, [&] {
      disk->fill();
      filled = true;
    });
    if (!run) run = bench.start();
    bench.environment.settle();
    while (!filled) {  // until the attempt that has failed is repeated
      REQUIRE(run->describe().status == WorkflowStatus::Running);
      bench.environment.sleep(1s);
    }
    const WorkflowDescription waiting = run->describe();
    REQUIRE(waiting.pending_activities.size() == 1);
    REQUIRE(waiting.pending_activities[0].last_failure);
    check_no_space(waiting.pending_activities[0].last_failure->message);
    (void)whole_artifacts(disk->file("artifacts"));
    disk->make_room();
  }
  const SimulationResult result = run->result();
  check_untouched(result);
  CHECK(result.missing == durasim_test::untouched(true).missing);
  CHECK(result.attempts == 2);  // it was full in the midst of stepping
  CHECK(result.resumed_from_step > 0);
  CHECK(whole_artifacts(disk->file("artifacts")) == result.artifacts.size() + 2);  // input, scene
  CHECK(bench.small.work_is_done());
}

TEST_CASE(
    "a disk that stays full is waited for, with the path and the reason; cancelled and asked for "
    "again it runs") {
  const auto disk = Disk::of_this_test();
  if (!disk) return;
  Bench bench(*disk);
  bench.small.request.video = false;
  bench.small.when("stepping", [&] { disk->fill(); });
  const auto run = bench.start();
  bench.environment.sleep(1h);
  const PendingActivity waiting = run.describe().pending_activities.at(0);
  CHECK(waiting.attempt > 20);
  REQUIRE(waiting.last_failure);
  check_no_space(waiting.last_failure->message);
  CHECK(std::get<proto::ApplicationFailureInfo>(waiting.last_failure->info).type ==
        "durasim::IoError");
  run.cancel();
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  CHECK(whole_artifacts(disk->file("artifacts")) == 3);  // input, scene, MJCF
  CHECK(bench.small.work_is_done());
  disk->make_room();
  check_untouched(bench.start().result());
}

TEST_CASE("a disk may be full for ten minutes, of which one is told") {
  const auto disk = Disk::of_this_test();
  if (!disk) return;
  std::vector<std::string> told;
  Bench bench(*disk, [&](const LogRecord& record) { told.emplace_back(record.message); });
  bench.small.request.video = false;
  bench.small.when("stepping", [&] { disk->fill(); });
  const auto run = bench.start();
  bench.environment.settle();
  REQUIRE(told.size() == 1);
  check_no_space(told[0]);
  CHECK(told[0].starts_with("step_simulation, attempt 1: "));
  bench.environment.sleep(10min);
  disk->make_room();
  check_untouched(run.result());
  CHECK(told.size() > 10);
}

TEST_CASE("a disk that is full while the video is rendered costs the video, not the verdict") {
  const auto disk = Disk::of_this_test();
  if (!disk || durasim_test::untouched(true).missing.contains("video")) return;
  Bench bench(*disk);
  bench.small.when("rendering", [&] {
    disk->fill();
    bench.small.when("report.md", [&] { disk->make_room(); });
  });
  const SimulationResult result = bench.start().result();
  CHECK(result.final_state_hash == durasim_test::untouched(false).final_state_hash);
  check_no_space(result.missing.at("video"));
  CHECK(bench.small.work_is_done());
}

TEST_CASE("the engine's own store on the full disk: what is refused is told, and nothing is lost") {
  const auto disk = Disk::of_this_test();
  if (!disk) return;
  FileArtifactStore kept(disk->file("artifacts"));
  SmallPipeline small(disk->file("run"), kept);
  small.request.video = false;
  small.when("stepping", [&] { disk->fill(); });
  store::SqliteOptions options;
  options.path = disk->file("sim.db");
  options.checkpoint_pages = 10;  // its log has little room of its own
  store::SqliteStore store(std::move(options));
  Engine engine({.custom_store = &store});
  implement_simulation(engine.worker(std::string(kSimulationQueue)), small.services());
  engine.start();
  const auto run = simulate(engine.client(), small.request);
  for (bool refused = false; !refused;) {
    try {
      run.signal(resume_simulation);  // each takes a little of the store's room
    } catch (const StoreRejected&) {
      refused = true;
    }
  }
  disk->make_room();
  check_untouched(run.result());
  CHECK(small.work_is_done());
}
