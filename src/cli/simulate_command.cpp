// durasim simulate FILE: options to the library's types, progress, and the result for people or as
// JSON.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/simulate_local.hpp"

#include "cli/commands.hpp"
#include "cli/durable_simulate.hpp"
#include "cli/progress_display.hpp"
#include "cli/simulate_arguments.hpp"
#include "cli/store_option.hpp"
#include "cli/trace_options.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace durasim::cli {
namespace {

void print_summary(const sim::SimulationResult& r, const std::string& restarted_because = {}) {
  fmt::print("{}  {}: {}\n", to_string(r.verdict.outcome), to_string(r.verdict.code),
             r.verdict.detail);
  if (!restarted_because.empty())
    fmt::print("  it began again, not at its last checkpoint: {}\n", restarted_because);
  for (const geometry::Problem& p : r.problems) fmt::print("  {}\n", describe(p));
  if (!r.final_state_hash.empty()) {
    fmt::print("  {:.3f} s in {} steps, largest speed {:.3g} m/s, deepest contact {:.3g} mm\n",
               r.metrics.sim_time.count(), r.metrics.steps, r.metrics.max_speed_m_s,
               1e3 * r.metrics.max_penetration_m);
  }
  for (const auto& [name, url] : r.artifact_urls) fmt::print("  {:<12} {}\n", name, url);
  for (const auto& [name, why] : r.missing) fmt::print("  {:<12} missing: {}\n", name, why);
}

int exit_code(const sim::SimulationResult& result) {
  return result.verdict.outcome == sim::Outcome::Success ? kSuccess : kFail;
}

// An MJCF file brings its own bodies, floor, gravity and contacts.
void refuse_geometry_options(const CLI::App& verb) {
  for (const char* name :
       {"--unit", "--material", "--fixed", "--rigid", "--require-exact-collision", "--overlap",
        "--up", "--gravity", "--floor"}) {
    if (verb.count(name) != 0) {
      throw InvalidArgument(fmt::format(
          "{} does not apply to an MJCF file, which states that itself; omit it", name));
    }
  }
}

#ifdef DURASIM_HAVE_SQLITE
// On the command line: the environment may name a store for other verbs.
bool was_typed(const CLI::Option& option) {
  if (option.count() == 0) return false;
  const char* preset = std::getenv(option.get_envname().c_str());
  return preset == nullptr || option.results() != CLI::results_t{preset};
}

void refuse_store_options(const CLI::App& verb) {
  for (const char* name : {"--store", "--artifacts", "--trace"}) {
    if (was_typed(*verb.get_option(name)))
      throw InvalidArgument(
          fmt::format("{} is for durable simulations; add --durable, or omit it", name));
  }
}
#endif

int simulate(const CLI::App& verb, const SimulateArguments& a, const std::stop_token& stop) {
  const Bytes bytes = read_file(a.input.file);
  const bool mjcf = sim::detect_format(bytes, a.input.file) == sim::FileFormat::Mjcf;
  if (mjcf) refuse_geometry_options(verb);
#ifdef DURASIM_HAVE_SQLITE
  if (a.durable) {
    const DurableSimulation made = simulate_durably(a, stop);
    if (a.json) {
      fmt::print("{}\n", to_json(made.result, made.workflow_id));
    } else {
      print_summary(made.result, made.result.restarted_because);
      fmt::print("  {:<12} {}\n", "workflow", made.workflow_id);
    }
    return exit_code(made.result);
  }
  refuse_store_options(verb);
#endif
  ProgressDisplay display(false);
  sim::SimulationResult result;
  const auto with_progress = [&](sim::SimulateOptions options) {
    options.progress = [&](const sim::StageProgress& p) { display.update(p); };
    options.log = Logger(stderr_log_sink(), a.json ? LogLevel::Warning : LogLevel::Error, "sim");
    return options;
  };
  const sim::ImportOptions import_options = a.input.import_options(stop);
  if (mjcf) {
    const sim::MjcfInput input = sim::import_mjcf_file(a.input.file, import_options);
    result = sim::simulate_local(input, with_progress(simulate_options(a, 1.0, stop)));
  } else {
    const sim::Assembly assembly = sim::import_file(a.input.file, import_options);
    result = sim::simulate_local(
        assembly, with_progress(simulate_options(a, assembly.metres_per_unit(), stop)));
  }
  if (a.json)
    fmt::print("{}\n", to_json(result));
  else
    print_summary(result);
  return exit_code(result);
}

}  // namespace

void add_simulate(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<SimulateArguments>();
  CLI::App* verb = app.add_subcommand(
      "simulate", "Simulate a CAD or MJCF file: verdict, report, picture, video");
  verb->footer(
      "Boxes are two corners x,y,z,x,y,z in the file's unit and frame.\n"
      "Exit codes: 0 SUCCESS, 2 FAIL (physics or geometry), 1 usage, I/O or infrastructure, 130 "
      "cancelled.\n\n"
      "Examples:\n"
      "  durasim simulate screw.step --duration 2\n"
      "  durasim simulate motor.stl --unit mm --material steel --video motor.mp4\n"
      "  durasim simulate run.step --fixed track --target ball --goal 900,0,0,1000,100,100 --json");
  a->add_scene_options(*verb);
  verb->add_option("--out", a->out, "folder for all artifacts (default: durasim-out/NAME)");
  verb->add_option("--video", a->video, "video file (default: video.mp4 in the output folder)");
  a->video_format.add_to(*verb);
#ifdef DURASIM_HAVE_SQLITE
  CLI::Option* durable = verb->add_flag(
      "--durable", a->durable,
      "record the simulation in a store: if killed, the same command resumes from the last "
      "checkpoint and ends in the same state, bit for bit");
  durable->needs(add_store_option(
      *verb, a->store,
      "path of the store's database, for --durable; created if it does not exist"));
  a->artifacts.add_to(*verb);
  add_trace_option(*verb, a->trace);
#endif
  verb->add_flag("--no-video", a->no_video, "render no pictures and no video");
  verb->add_flag("--json", a->json,
                 "print one JSON object to standard output, everything else to standard error");
  verb->callback([&chosen, verb, a] {
    chosen = [verb, a](const std::stop_token& stop) { return simulate(*verb, *a, stop); };
  });
}

}  // namespace durasim::cli
