// The program itself, killed with SIGKILL at random moments of a durable simulation: started again
// until it ends, it ends as one that nobody touched.
#include "durasim/core/files.hpp"

#include "cli/run_cli.hpp"
#include "temporary_folder.hpp"
#include "video/ffprobe.hpp"

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
  for (const char* member :
       {"final_state_hash", "outcome", "reason", "metrics", "warnings", "missing"}) {
    CAPTURE(member);
    CHECK(durable.at(member) == whole.at(member));
  }
}

}  // namespace

TEST_CASE(
    "killed at random moments, a durable simulation ends in the same state, recording and frames") {
  const std::string model = DURASIM_TEST_DATA "/mjcf/humanoid.xml";
  if (!fs::exists(model)) {
    MESSAGE("skipped: there is no " << model);
    return;
  }
  const durasim_test::TemporaryFolder folder;
  const std::vector<std::string> simulate{"simulate",  model,   "--duration", "40",
                                          "--size",    "64x48", "--fps",      "2",
                                          "--quality", "draft", "--json"};
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
  if (kills > 0) CHECK(again.json().at("attempts").as_int64() <= kills + 1);
  CHECK(read_file(folder.file("durable/trajectory.dstraj")) ==
        read_file(folder.file("whole/trajectory.dstraj")));
  if (fs::exists(folder.file("whole/video.mp4")) && durasim_test::has_ffprobe()) {
    CHECK(durasim_test::probe(folder.file("durable/video.mp4")) ==
          durasim_test::probe(folder.file("whole/video.mp4")));
  }
  CHECK(fs::is_empty(folder.file("sim.db.work")));
  CHECK(fs::is_empty(folder.file("sim.db.artifacts/tmp")));
}
