// A simulation that is cancelled, whatever it does at that moment: it is Canceled, and nothing is
// left of it but whole artifacts.
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/files.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/sim/import.hpp"

#include "pipeline/script_fixture.hpp"
#include "pipeline/small_pipeline.hpp"
#include "process/child.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

using namespace durasim;
using namespace durasim::pipeline;
using durasim_test::SmallPipeline;
using durasim_test::whole_artifacts;

namespace {

// A real engine over a store of its own.
class Bench {
 public:
  WorkflowRun<SimulationResult> start() {
    engine = std::make_unique<Engine>(EngineOptions{.store = folder.file("sim.db")});
    SimulationServices services = small.services();
    services.import = import;
    implement_simulation(engine->worker(std::string(kSimulationQueue)), services);
    engine->start();
    return simulate(engine->client(), small.request);
  }
  void check_canceled(const WorkflowRun<SimulationResult>& run) {
    CHECK_THROWS_AS((void)run.result(), CanceledFailure);
    CHECK(run.describe().status == WorkflowStatus::Canceled);
    CHECK(small.work_is_done());
    engine.reset();  // what went on ends
    CHECK(small.work_is_done());
    (void)whole_artifacts(folder.file("artifacts"));
    CHECK(std::filesystem::is_empty(folder.file("artifacts/tmp")));
  }
  durasim_test::TemporaryFolder folder;
  FileArtifactStore kept{folder.file("artifacts")};
  SmallPipeline small{folder.path(), kept};
  sim::ImportOptions import;
  std::unique_ptr<Engine> engine;
};

// Empty: this build has none.
std::string geometry_helper() {
  try {
    return sim::find_geometry_helper();
  } catch (const UnavailableError& none) {
    MESSAGE("skipped: " << none.what());
    return {};
  }
}

// The program `helper`, with a process beside it in its group and an input that does not end.
void write_endless_helper(const std::string& path, const std::string& helper,
                          const durasim_test::Fifo& up, const durasim_test::Fifo& input,
                          const durasim_test::Pulse& group) {
  write_file(path,
             as_bytes("#!/bin/sh\nexec 3> " + group.path() + "\ntail -f /dev/null &\necho $$ > " +
                      up.path() + "\nexec " + helper + " \"$@\" < " + input.path() + "\n"));
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

}  // namespace

TEST_CASE("cancelled in any stage, a simulation leaves nothing but whole artifacts") {
  for (const std::string& moment : durasim_test::moments()) {
    CAPTURE(moment);
    Bench bench;
    bench.small.request.video =
        moment == "picture.png" || moment == "rendering" || moment == "video.mp4";
    bool reached = false;
    bench.small.when(moment, [&] {
      reached = true;
      bench.engine->client()
          .handle(simulation_workflow, workflow_id_of(bench.small.request))
          .cancel();
    });
    bench.check_canceled(bench.start());
    CHECK(reached);
    if (moment == "stepping") durasim_test::check_untouched(bench.start().result());
  }
}

TEST_CASE("cancelled while a script makes its geometry, a simulation ends the script") {
  Bench bench;
  const durasim_test::Fifo up(bench.folder.file("up"));
  bench.small.request.geometry = GeometryScript{
      .argv = {"/bin/sh", "-c", "echo $$ > " + up.path() + "; exec tail -f /dev/null"},
      .output = "cube.obj",
      .unit = "mm"};
  const auto run = bench.start();
  const std::string pid = up.hear();
  run.cancel();
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  CHECK(durasim_test::is_dead(pid));
  CHECK(std::filesystem::is_empty(bench.small.work() + "/scratch"));
}

TEST_CASE("cancelled while a process reads its geometry, a simulation ends the process's group") {
  const std::string helper = geometry_helper();
  if (helper.empty()) return;
  Bench bench;
  const durasim_test::Fifo up(bench.folder.file("up"));
  const durasim_test::Fifo input(bench.folder.file("input"));
  const durasim_test::Pulse group(bench.folder.file("group"));
  bench.import.helper_path = bench.folder.file("helper");
  bench.import.deadline = std::chrono::hours(1);  // so that nothing else ends it
  write_endless_helper(bench.import.helper_path, helper, up, input, group);
  const std::string step = "ISO-10303-21;" + std::string(1'000'000, ' ');  // more than a pipe holds
  bench.small.request.geometry = GeometryFile{.file = bench.kept.put("screw.step", as_bytes(step)),
                                              .format = sim::FileFormat::Step};
  const auto run = bench.start();
  const std::string pid = up.hear();
  while (std::filesystem::read_symlink("/proc/" + pid + "/exe") !=
         std::filesystem::canonical(helper)) {
  }
  run.cancel();
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  CHECK(durasim_test::is_dead(pid));
  group.wait_for_death();
  bench.check_canceled(run);
}
