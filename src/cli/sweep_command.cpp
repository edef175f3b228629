// durasim sweep FILE --runs N --jitter ...: how often a simulation succeeds when its parts begin a
// little elsewhere.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/pipeline/sweep.hpp"

#include "cli/commands.hpp"
#include "cli/progress_display.hpp"
#include "cli/trace_options.hpp"
#include "cli/work_engine.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <mutex>

namespace durasim::cli {
namespace {

struct SweepArguments {
  SimulateArguments scene;
  std::vector<double> jitter;
  std::int64_t runs = 100;
  std::uint64_t jitter_seed = 42;
  std::string jittered;
  double threshold = 1;
};

pipeline::SweepRequest request_of(const SweepArguments& a, pipeline::ArtifactStore& artifacts) {
  pipeline::SweepRequest request;
  request.simulation = request_for(a.scene, artifacts);
  request.runs = a.runs;
  if (a.jitter.size() == 1) {
    request.jitter = {a.jitter[0], a.jitter[0], a.jitter[0]};
  } else if (a.jitter.size() == 3) {
    request.jitter = {a.jitter[0], a.jitter[1], a.jitter[2]};
  } else {
    throw InvalidArgument("--jitter takes one number for all axes or three: x,y,z");
  }
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
                                   const std::stop_token& stop) {
  const pipeline::SweepRequest request = request_of(a, artifacts);
  SceneCounter counter(request.runs);
  WorkOptions options = work_options(a.scene, stop);
  options.scene_done = [&counter] { counter.count(); };
  return with_engine(options, stop, [&](const Client& client) {
    const auto run = pipeline::sweep(client, request);
    counter.start_at(already_done(run));
    return result_of(run);
  });
}

int sweep(const SweepArguments& a, const std::stop_token& stop) {
  const auto artifacts = a.scene.artifacts.open(a.scene.store, stop);
  const pipeline::SweepResult result = run_anywhere(a, *artifacts, stop);
  const std::string folder =
      a.scene.out.empty() ? "durasim-out/" + file_stem(a.scene.input.file) : a.scene.out;
  make_folders(folder);
  for (const auto& [name, artifact] : result.artifacts)
    artifacts->get_file(artifact, folder + "/" + artifact.name);
  if (a.scene.json) {
    fmt::print("{}\n", to_json(result));
  } else if (!result.problem.empty()) {
    fmt::print("FAIL: {}\n", result.problem);
  } else {
    fmt::print("{}\n  {}\n  {}\n", result.report, file_url(folder + "/sweep.csv"),
               file_url(folder + "/sweep.md"));
  }
  return result.passed ? kSuccess : kFail;
}

}  // namespace

void add_sweep(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<SweepArguments>();
  CLI::App* verb = app.add_subcommand(
      "sweep", "Simulate a file many times, its parts a little elsewhere each time");
  verb->footer(
      "Killed and started again, the same command goes on with the scenes that are left.\n"
      "Exit codes: 0 passed, 2 not, 1 usage, I/O or infrastructure, 130 cancelled.\n"
      "Example: durasim sweep run.step --fixed track --target ball --goal 900,0,0,1000,100,100 "
      "--runs 1000 --jitter 2 --threshold 0.95 --store sweep.db");
  a->scene.add_scene_options(*verb);
  a->scene.no_video = true;
  verb->add_option("--runs", a->runs, "number of scenes")->capture_default_str();
  verb->add_option("--jitter", a->jitter,
                   "how far each start may be off, in the file's unit: one number, or x,y,z")
      ->delimiter(',')
      ->required();
  verb->add_option("--jitter-seed", a->jitter_seed, "seed of the jitter")->capture_default_str();
  verb->add_option("--jittered", a->jittered,
                   "the part that is moved (default: the target, or all that are free)");
  verb->add_option("--threshold", a->threshold, "share of scenes that must succeed, 0 to 1")
      ->capture_default_str();
  verb->add_option("--store", a->scene.store, "the store; made if it is not there")
      ->envname("DURASIM_STORE")
      ->required();
  a->scene.artifacts.add_to(*verb);
  add_trace_option(*verb, a->scene.trace);
  verb->add_option("--out", a->scene.out,
                   "folder for sweep.csv and sweep.md (default: durasim-out/NAME)");
  verb->add_flag("--json", a->scene.json, "print one JSON object on standard output");
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return sweep(*a, stop); }; });
}

}  // namespace durasim::cli
