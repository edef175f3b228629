// The program itself, killed with SIGKILL at random moments of a durable simulation: started again
// until it ends, it ends as one that nobody touched.
#include "durasim/core/files.hpp"

#include "cli/run_cli.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

using namespace durasim;
using durasim_test::CliRun;
using durasim_test::run_cli;
namespace fs = std::filesystem;

namespace {

// Whether it ended before the deadline; else it was killed.
bool run_until(Seconds deadline, const std::vector<std::string>& arguments) {
  ProcessOptions options;
  options.program = DURASIM_BUILD_BIN "/durasim";
  options.arguments = arguments;
  options.deadline = deadline;
  options.memory_limit = MemoryLimit::WatchRss;
  options.max_file_bytes = std::uint64_t{1} << 30;
  options.max_open_files = 256;
  const ProcessResult result = PosixProcessRunner().run(options);
  CAPTURE(describe(result));
  CAPTURE(result.error_tail);
  const bool killed = result.outcome == ProcessOutcome::DeadlineExceeded;
  REQUIRE((killed || result.outcome == ProcessOutcome::Exited));
  if (!killed) REQUIRE(result.exit_code == 0);
  return !killed;
}

void check_same_end(const boost::json::object& durable, const boost::json::object& whole) {
  for (const char* member : {"final_state_hash", "outcome", "reason", "metrics", "warnings"}) {
    CAPTURE(member);
    CHECK(durable.at(member) == whole.at(member));
  }
}

// However often it was killed: each step is there once, and the attempts are those of the result.
void check_trace(const boost::json::object& trace, const boost::json::object& result) {
  CHECK(trace.at("run").at("status") == "Completed");
  CHECK(trace.at("run").at("final_state_hash") == result.at("final_state_hash"));
  std::string steps;
  for (const boost::json::value& step : trace.at("steps").as_array()) {
    CHECK(step.at("status") == "Completed");
    steps += step.at("name").as_string();
    steps += ' ';
    if (step.at("name") == "step_simulation") CHECK(step.at("attempts") == result.at("attempts"));
  }
  CHECK(steps == "import_geometry compile_mjcf step_simulation publish_result ");
  for (const auto& [name, value] : trace.at("metrics").as_object()) {
    CAPTURE(std::string(name));
    CHECK(value.to_number<double>() == result.at("metrics").at(name).to_number<double>());
  }
}

}  // namespace

TEST_CASE("killed at random moments, a durable simulation ends in the same state and recording") {
  const std::string model = DURASIM_TEST_DATA "/mjcf/humanoid.xml";
  if (!fs::exists(model)) {
    MESSAGE("skipped: there is no " << model);
    return;
  }
  const durasim_test::TemporaryFolder folder;
  const std::vector<std::string> simulate{"simulate", model,        "--duration",
                                          "60",       "--no-video", "--json"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), simulate.begin(), simulate.end());
    return more;
  };
  const CliRun whole = run_cli(with({"--out", folder.file("whole")}));
  const std::vector<std::string> durable =
      with({"--durable", "--store", folder.file("sim.db"), "--out", folder.file("durable")});
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::minstd_rand random(seed);
  int kills = 0;
  for (double longest = 0.8;
       !run_until(Seconds(longest * (0.2 + (random() % 1000) / 1000.)), durable);
       longest = std::min(1.1 * longest, 60.)) {
    ++kills;
  }
  MESSAGE(kills << " kills");
  const CliRun again = run_cli(durable);  // it has ended: the same answer once more
  check_same_end(again.json(), whole.json());
  check_trace(run_cli({"trace", "simulation-", "--store", folder.file("sim.db"), "--json"}).json(),
              again.json());
  if (kills > 0) CHECK(again.json().at("attempts").as_int64() <= kills + 1);
  CHECK(read_file(folder.file("durable/trajectory.dstraj")) ==
        read_file(folder.file("whole/trajectory.dstraj")));
  CHECK(fs::is_empty(folder.file("sim.db.work")));
  CHECK(fs::is_empty(folder.file("sim.db.artifacts/tmp")));
}
