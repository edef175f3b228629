// A simulation that is cancelled, whatever it does at that moment: it is Canceled, and nothing is
// left of it but whole artifacts.
#include "durasim/core/failure.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/simulation.hpp"

#include "pipeline/script_fixture.hpp"
#include "pipeline/small_pipeline.hpp"
#include "process/child.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

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
    implement_simulation(engine->worker(std::string(kSimulationQueue)), small.services());
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
  std::unique_ptr<Engine> engine;
};

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
