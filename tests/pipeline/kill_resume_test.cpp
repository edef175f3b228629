// The program itself, killed with SIGKILL at random moments of a durable simulation, from the
// import to the video: started again until it ends, it ends as one that nobody touched.
// DURASIM_KILLS: how many deaths each input must have seen at least (default: those of one run).
#include "durasim/core/files.hpp"

#include "cli/run_cli.hpp"
#include "temporary_folder.hpp"
#include "video/ffprobe.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
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

std::set<std::string> files_below(const std::string& folder) {
  std::set<std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.insert(fs::relative(entry.path(), folder).string());
  }
  return files;
}

// One input with its options, simulated as often as wanted.
class Simulation {
 public:
  Simulation(std::string file, std::vector<std::string> options) : file_(std::move(file)) {
    options_ = std::move(options);
    untouched_ = simulate_in("untouched");
    trace_ = trace_in("untouched");
    check_against_local_run();
  }

  // Kills it again and again until it ends; how often.
  int round(std::minstd_rand& random) {
    const std::string place = "round" + std::to_string(rounds_++);
    int kills = 0;
    for (double longest = 0.8;
         !run_until(Seconds(longest * (0.2 + (random() % 1000) / 1000.)), command_in(place));
         longest = std::min(1.1 * longest, 60.)) {
      ++kills;
    }
    check(place, kills);
    fs::remove_all(folder_.file(place));
    return kills;
  }

 private:
  [[nodiscard]] std::string store_in(const std::string& place) const {
    return folder_.file(place) + "/sim.db";
  }
  [[nodiscard]] std::vector<std::string> command_in(const std::string& place) const {
    fs::create_directory(folder_.file(place));
    std::vector<std::string> command{
        "simulate", file_,           "--json", "--durable",
        "--store",  store_in(place), "--out",  folder_.file(place) + "/out"};
    command.insert(command.end(), options_.begin(), options_.end());
    return command;
  }
  [[nodiscard]] boost::json::object simulate_in(const std::string& place) const {
    return run_cli(command_in(place)).json();
  }
  [[nodiscard]] boost::json::object trace_in(const std::string& place) const {
    return run_cli({"trace", "simulation-", "--store", store_in(place), "--json"}).json();
  }

  // What was not killed is what simulate without --durable makes.
  void check_against_local_run() const {
    std::vector<std::string> command{"simulate", file_, "--json", "--out", folder_.file("local")};
    command.insert(command.end(), options_.begin(), options_.end());
    const boost::json::object local = run_cli(command).json();
    for (const char* member : {"final_state_hash", "outcome", "reason", "metrics", "missing"}) {
      CAPTURE(member);
      CHECK(local.at(member) == untouched_.at(member));
    }
    CHECK(read_file(folder_.file("local/trajectory.dstraj")) ==
          read_file(folder_.file("untouched/out/trajectory.dstraj")));
    if (local.at("missing").as_object().empty() && durasim_test::has_ffprobe()) {
      CHECK(durasim_test::probe(folder_.file("local/video.mp4")) ==
            durasim_test::probe(folder_.file("untouched/out/video.mp4")));
    }
  }

  void check(const std::string& place, int kills) const {
    const boost::json::object result = simulate_in(place);  // it has ended: the same answer again
    for (const char* member : {"final_state_hash", "outcome", "reason", "metrics", "warnings"}) {
      CAPTURE(member);
      CHECK(result.at(member) == untouched_.at(member));
    }
    CHECK(result.at("missing") == untouched_.at("missing"));
    CHECK(result.at("attempts").as_int64() <= kills + 1);
    for (const std::string& name : files_below(folder_.file("untouched/out"))) {
      CAPTURE(name);
      if (name == "result.json" || name == "report.md") continue;
      CHECK(read_file(fs::path(folder_.file(place)) / "out" / name) ==
            read_file(fs::path(folder_.file("untouched")) / "out" / name));
    }
    check_trace(trace_in(place), result);
    // No orphans.
    CHECK(fs::is_empty(store_in(place) + ".work"));
    CHECK(fs::is_empty(store_in(place) + ".artifacts/tmp"));
    CHECK(files_below(store_in(place) + ".artifacts").size() ==
          files_below(store_in("untouched") + ".artifacts").size());
  }

  // Every step is there as often as without a death, and each has been completed once.
  void check_trace(const boost::json::object& trace, const boost::json::object& result) const {
    CHECK(trace.at("run").at("status") == "Completed");
    CHECK(trace.at("run").at("final_state_hash") == result.at("final_state_hash"));
    CHECK(steps_of(trace) == steps_of(trace_));
    CHECK(trace.at("metrics") == trace_.at("metrics"));
    CHECK(trace.at("assets").as_array().size() == trace_.at("assets").as_array().size());
  }
  static std::map<std::string, int> steps_of(const boost::json::object& trace) {
    std::map<std::string, int> steps;
    for (const boost::json::value& step : trace.at("steps").as_array()) {
      CHECK(step.at("status") == "Completed");
      ++steps[std::string(step.at("name").as_string())];
    }
    return steps;
  }

  durasim_test::TemporaryFolder folder_;
  std::string file_;
  std::vector<std::string> options_;
  boost::json::object untouched_;
  boost::json::object trace_;
  int rounds_ = 0;
};

void kill_and_resume(const std::string& file, std::vector<std::string> options) {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::minstd_rand random(seed);
  Simulation simulation(file, std::move(options));
  const char* wanted = std::getenv("DURASIM_KILLS");
  int kills = 0;
  int rounds = 0;
  do {
    kills += simulation.round(random);
    ++rounds;
  } while (wanted != nullptr && kills < std::atoi(wanted));
  MESSAGE(kills << " kills in " << rounds << " rounds");
}

}  // namespace

TEST_CASE("killed at random moments: humanoid, whose stepping takes the time") {
  const std::string model = DURASIM_TEST_DATA "/mjcf/humanoid.xml";
  if (!fs::exists(model)) {
    MESSAGE("skipped: there is no " << model);
    return;
  }
  kill_and_resume(model,
                  {"--duration", "40", "--size", "64x48", "--fps", "2", "--quality", "draft"});
}

TEST_CASE("killed at random moments: an assembly of CAD parts with a video of several ranges") {
  const std::string make_assembly = DURASIM_BUILD_BIN "/make_assembly";
  if (!fs::exists(make_assembly)) {
    MESSAGE("skipped: this build has no examples");
    return;
  }
  const durasim_test::TemporaryFolder folder;
  const std::string file = folder.file("assembly.step");
  REQUIRE(durasim_test::run_program(make_assembly, {file}).exit_code == 0);
  kill_and_resume(file,
                  {"--fixed", "frame", "--duration", "15", "--size", "160x120", "--fps", "10"});
}
