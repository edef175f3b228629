// durasim sweep FILE --runs N --jitter ... --vary ...: how often a simulation succeeds when its
// parts begin a little elsewhere, or with other friction, mass, gravity, damping or gear.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/pipeline/sweep.hpp"

#include "cli/commands.hpp"
#include "cli/progress_display.hpp"
#include "cli/store_option.hpp"
#include "cli/trace_options.hpp"
#include "cli/work_engine.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace durasim::cli {
namespace {

struct SweepArguments {
  SimulateArguments scene;
  std::vector<double> jitter;
  std::vector<std::string> vary;
  std::int64_t runs = 100;
  std::uint64_t jitter_seed = 42;
  std::string jittered;
  double threshold = 1;
};

// Takes a number from the front.
bool parse_factor(std::string_view& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// "mass:ball=0.9:1.1". A part's name may hold anything, '=' and ':', too.
pipeline::ParameterRange parse_range(const std::string& text) {
  using enum sim::ModelParameter;
  const std::size_t equals = text.rfind('=');
  const std::string name = text.substr(0, equals);
  const std::string parameter = name.substr(0, name.find(':'));
  pipeline::ParameterRange range;
  if (parameter.size() < name.size()) range.object = name.substr(parameter.size() + 1);
  bool known = false;
  for (const sim::ModelParameter each : {Friction, Mass, Gravity, Damping, Gear}) {
    if (to_string(each) != parameter) continue;
    range.parameter = each;
    known = equals != std::string::npos;
  }
  std::string_view factors = known ? std::string_view(text).substr(equals + 1) : "";
  bool valid = known && parse_factor(factors, range.from) && factors.starts_with(':');
  if (valid) factors.remove_prefix(1);
  valid = valid && parse_factor(factors, range.to) && factors.empty();
  if (!valid) {
    throw InvalidArgument(
        fmt::format("--vary \"{}\" is no range; write friction, mass, gravity, damping or gear, "
                    "perhaps the name of a part or an actuator, and two factors: "
                    "friction=0.5:1.5, mass:ball=0.9:1.1",
                    text));
  }
  return range;
}

pipeline::SweepRequest request_of(const SweepArguments& a, pipeline::ArtifactStore& artifacts) {
  pipeline::SweepRequest request;
  request.simulation = request_for(a.scene, artifacts);
  request.runs = a.runs;
  if (a.jitter.empty() && a.vary.empty())
    throw InvalidArgument("what differs between the scenes? give --jitter, --vary or both");
  if (a.jitter.empty()) {
    request.jitter = {};
  } else if (a.jitter.size() == 1) {
    request.jitter = {a.jitter[0], a.jitter[0], a.jitter[0]};
  } else if (a.jitter.size() == 3) {
    request.jitter = {a.jitter[0], a.jitter[1], a.jitter[2]};
  } else {
    throw InvalidArgument("--jitter takes one number for all axes or three: x,y,z");
  }
  for (const std::string& range : a.vary) request.ranges.push_back(parse_range(range));
  request.jittered = a.jittered;
  request.seed = a.jitter_seed;
  request.pass_threshold = a.threshold;
  return request;
}

// Counts scenes as they end, also those of an earlier process.
class SceneCounter {
 public:
  explicit SceneCounter(std::int64_t total) : total_(total), display_(false) {}
  void start_at(std::int64_t done) {
    const std::scoped_lock lock(mutex_);
    done_ += done;
  }
  void count() {
    const std::scoped_lock lock(mutex_);
    display_.update_scenes(++done_, total_);
  }

 private:
  std::mutex mutex_;
  std::int64_t done_ = 0;
  std::int64_t total_;
  ProgressDisplay display_;
};

std::int64_t already_done(const WorkflowRun<pipeline::SweepResult>& run) {
  try {
    return run.query(pipeline::sweep_progress).done;
  } catch (const Error&) {
    return 0;  // it has not begun
  }
}

pipeline::SweepResult run_anywhere(const SweepArguments& a, pipeline::ArtifactStore& artifacts,
                                   const std::stop_token& stop, std::string& workflow_id) {
  const pipeline::SweepRequest request = request_of(a, artifacts);
  SceneCounter counter(request.runs);
  WorkOptions options = work_options(a.scene, stop);
  options.scene_done = [&counter] { counter.count(); };
  return with_engine(options, stop, [&](const Client& client) {
    const auto run = pipeline::sweep(client, request);
    if (std::exchange(workflow_id, run.id()).empty())
      fmt::print(stderr, "workflow {}\n", workflow_id);
    counter.start_at(already_done(run));
    return result_of(run);
  });
}

int sweep(const SweepArguments& a, const std::stop_token& stop) {
  const auto artifacts = a.scene.artifacts.open(a.scene.store, stop);
  std::string workflow_id;
  const pipeline::SweepResult result = run_anywhere(a, *artifacts, stop, workflow_id);
  const std::string folder =
      a.scene.out.empty() ? "durasim-out/" + file_stem(a.scene.input.file) : a.scene.out;
  make_folders(folder);
  for (const auto& [name, artifact] : result.artifacts)
    artifacts->get_file(artifact, folder + "/" + artifact.name);
  if (a.scene.json) {
    fmt::print("{}\n", to_json(result, workflow_id));
  } else if (!result.problem.empty()) {
    fmt::print("FAIL: {}\n", result.problem);
  } else {
    fmt::print("{}\n  {}\n  {}\n  workflow {}\n", result.report, file_url(folder + "/sweep.csv"),
               file_url(folder + "/sweep.md"), workflow_id);
  }
  return result.passed ? kSuccess : kFail;
}

}  // namespace

void add_sweep(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<SweepArguments>();
  CLI::App* verb = app.add_subcommand(
      "sweep", "Simulate a file many times with small variations, and count the successes");
  verb->footer(
      "If killed, the same command resumes with the scenes that are left.\n"
      "Exit codes: 0 enough scenes succeeded, 2 too few did, 1 usage, I/O or infrastructure, 130 "
      "cancelled.\n"
      "Example: durasim sweep run.step --fixed track --target ball --goal 900,0,0,1000,100,100 "
      "--runs 1000 --jitter 2 --threshold 0.95 --store sweep.db");
  a->scene.add_scene_options(*verb);
  a->scene.no_video = true;
  verb->add_option("--runs", a->runs, "number of scenes")->capture_default_str();
  verb->add_option(
          "--jitter", a->jitter,
          "largest offset of a start, in the file's unit: one number for all axes, or x,y,z")
      ->delimiter(',')
      ->allow_extra_args(false);  // of those, one may be the file
  verb->add_option(
          "--vary", a->vary,
          "multiply friction, mass, gravity, damping or gear by a random factor per scene: "
          "friction=0.5:1.5, or of one part: mass:ball=0.9:1.1 (may be repeated)")
      ->allow_extra_args(false);
  verb->add_option("--jitter-seed", a->jitter_seed, "random seed of --jitter and --vary")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--jittered", a->jittered,
                   "part to offset, by name (default: the target, or all free parts)");
  verb->add_option("--threshold", a->threshold, "fraction of scenes that must succeed, 0 to 1")
      ->capture_default_str();
  add_store_option(*verb, a->scene.store,
                   "path of the store's database; created if it does not exist")
      ->required();
  a->scene.artifacts.add_to(*verb);
  add_trace_option(*verb, a->scene.trace);
  verb->add_option("--out", a->scene.out,
                   "folder for sweep.csv and sweep.md (default: durasim-out/NAME)");
  verb->add_flag("--json", a->scene.json, "print one JSON object to standard output");
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return sweep(*a, stop); }; });
}

}  // namespace durasim::cli
