// durasim render from outside: which run it takes, and what it leaves alone.
#include "durasim/core/files.hpp"

#include "cli/run_cli.hpp"
#include "pipeline/script_fixture.hpp"
#include "process/child.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using durasim_test::Child;
using durasim_test::CliRun;
using durasim_test::Fifo;
using durasim_test::run_cli;

namespace {

const std::string kDurasimProgram = DURASIM_BUILD_BIN "/durasim";

// A store with one simulation.
class Studio {
 public:
  Studio() {
    const std::string model = folder.file("ball.xml");
    durasim::write_file(model, durasim::as_bytes(std::string_view(R"(<mujoco><worldbody>
      <geom type="plane" size="1 1 1"/><body pos="0 0 1"><freejoint/><geom size=".1"/></body></worldbody></mujoco>)")));
    const CliRun run = run_cli({"simulate", model, "--durable", "--store", store, "--duration",
                                "0.1", "--json", "--no-video", "--out", folder.file("out")});
    REQUIRE(run.exit_code == 0);
    id = run.json().at("workflow_id").as_string();
    CHECK(run.err.find("workflow " + id + "\n") != std::string::npos);
  }
  [[nodiscard]] std::vector<std::string> line(const std::string& run) const {
    return {"render", run,   "--store", store, "--size",    "64x48",
            "--out",  video, "--fps",   "10",  "--quality", "draft"};
  }
  durasim_test::TemporaryFolder folder;
  std::string store = folder.file("sim.db");
  std::string video = folder.file("v.mp4");
  std::string id;
};

bool has_open(const Child& program, std::string_view ending) {
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator(
           "/proc/" + std::to_string(program.pid()) + "/fd", gone)) {
    if (read_symlink(entry.path(), gone).string().ends_with(ending)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("RUN is a simulation's id or its beginning; another workflow's is refused") {
  const Studio studio;
  const std::string precious = studio.video + ".dstraj";
  durasim::write_file(precious, durasim::as_bytes(std::string_view("mine")));
  const auto files = [&studio] {
    const std::filesystem::directory_iterator folder(studio.folder.path());
    return std::distance(begin(folder), end(folder));
  };
  const auto before = files();
  const CliRun run = run_cli(studio.line(studio.id.substr(0, 20)));
  CAPTURE(run.err);
  const bool can_render = run_cli({"doctor"}).exit_code == 0;
  CHECK((run.exit_code == 0) == can_render);
  CHECK(durasim::read_file(precious).size() == 4);
  CHECK(files() == before + (can_render ? 1 : 0));  // the video

  CHECK(run_cli({"script", "--store", studio.store, "--id", "s", "--", "true"}).exit_code == 0);
  const CliRun script = run_cli(studio.line("s"));
  CHECK(script.exit_code == 1);
  CHECK(script.err.find("s is a run of ScriptExecutionWorkflow") != std::string::npos);
  const CliRun none = run_cli(studio.line("simulation-none"));
  CHECK(none.exit_code == 1);
  CHECK(none.err.find("there is no simulation simulation-none") != std::string::npos);
}

TEST_CASE("others have the store while a video is rendered") {
  const Studio studio;
  std::vector<std::string> models;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(studio.store + ".artifacts")) {
    if (entry.path().extension() == ".dsmjcf") models.push_back(entry.path());
  }
  REQUIRE_FALSE(models.empty());
  std::vector<std::unique_ptr<Fifo>> nothing;  // which render waits for
  for (const std::string& model : models) {
    std::filesystem::remove(model);
    nothing.push_back(std::make_unique<Fifo>(model));
  }
  Child render(kDurasimProgram, studio.line(studio.id));
  while (!has_open(render, ".dsmjcf")) {
  }
  const CliRun list = run_cli({"workflow", "list", "--store", studio.store});
  CHECK(list.exit_code == 0);
  CHECK(list.err.empty());  // at once
}
