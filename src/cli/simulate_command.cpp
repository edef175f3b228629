// durasim simulate FILE: options to the library's types, progress, and the result for people or as
// JSON.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/simulate_local.hpp"

#include "cli/commands.hpp"
#include "cli/input_options.hpp"
#include "cli/progress_display.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>

namespace durasim::cli {
namespace {

struct SimulateArguments {
  InputOptions input;
  std::string goal, bounds, target, floor, video, out;
  std::vector<std::string> forbid;
  std::string duration = "5";
  std::string quality = "full";
  std::string size = "1280x720";
  double gravity = 9.81;
  int fps = 30;
  std::uint64_t seed = 0;
  bool no_video = false, json = false;
};

// "x,y,z,x,y,z": two corners in any order, in the file's unit.
geometry::Box parse_box(const std::string& option, const std::string& text,
                        double metres_per_unit) {
  std::array<double, 6> v{};
  const char* at = text.data();
  const char* end = text.data() + text.size();
  for (std::size_t i = 0; i < v.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, v[i]);
    const bool separated = i + 1 < v.size() ? next != end && *next == ',' : next == end;
    if (error != std::errc{} || !separated || !std::isfinite(v[i])) {
      throw InvalidArgument(
          fmt::format("{} \"{}\" is not a box; write two corners as x,y,z,x,y,z in the file's "
                      "unit, e.g. 0,0,0,100,100,50",
                      option, text));
    }
    at = i + 1 < v.size() ? next + 1 : next;
  }
  for (double& c : v) c *= metres_per_unit;
  return geometry::include(geometry::include({}, {v[0], v[1], v[2]}), {v[3], v[4], v[5]});
}

std::vector<sim::Zone> parse_zones(const SimulateArguments& a, double metres_per_unit) {
  std::vector<sim::Zone> zones;
  if (!a.goal.empty())
    zones.push_back({sim::ZoneKind::Goal, "goal", parse_box("--goal", a.goal, metres_per_unit)});
  for (std::size_t i = 0; i < a.forbid.size(); ++i) {
    zones.push_back({sim::ZoneKind::Forbid, fmt::format("forbid{}", i + 1),
                     parse_box("--forbid", a.forbid[i], metres_per_unit)});
  }
  if (!a.bounds.empty())
    zones.push_back(
        {sim::ZoneKind::Bounds, "bounds", parse_box("--bounds", a.bounds, metres_per_unit)});
  return zones;
}

VideoFormat parse_format(const SimulateArguments& a) {
  VideoFormat format;
  const std::size_t x = a.size.find('x');
  const auto number = [&](std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 16 || value > 8192 ||
        value % 2 != 0) {
      throw InvalidArgument(fmt::format(
          "--size \"{}\" is not a picture size; write for example 1280x720, both even, 16 to 8192",
          a.size));
    }
    return value;
  };
  const std::string_view size = a.size;
  format.width = number(size.substr(0, x));
  format.height = number(x == std::string::npos ? std::string_view() : size.substr(x + 1));
  format.fps = a.fps;
  format.draft = a.quality == "draft";
  return format;
}

void parse_floor(const std::string& text, double metres_per_unit, sim::FloorOptions& floor) {
  if (text.empty()) return;
  if (text == "none") {
    floor.present = false;
    return;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    throw InvalidArgument(
        fmt::format("--floor \"{}\" is neither \"none\" nor a height in the file's unit", text));
  }
  floor.height_m = value * metres_per_unit;
}

sim::SimulateOptions simulate_options(const SimulateArguments& a, double metres_per_unit,
                                      const std::stop_token& stop) {
  sim::SimulateOptions options;
  options.scene = a.input.scene_options();
  options.scene.gravity_m_s2 = a.gravity;
  options.scene.zones = parse_zones(a, metres_per_unit);
  parse_floor(a.floor, metres_per_unit, options.scene.floor);
  options.duration = parse_duration(a.duration);
  options.goal.target = a.target;
  options.seed = a.seed;
  options.output_folder = a.out.empty() ? "durasim-out/" + file_stem(a.input.file) : a.out;
  options.video = !a.no_video;
  options.video_path = a.video;
  options.video_format = parse_format(a);
  options.stop = stop;
  return options;
}

void print_summary(const sim::SimulationResult& r) {
  fmt::print("{}  {}: {}\n", to_string(r.verdict.outcome), to_string(r.verdict.code),
             r.verdict.detail);
  for (const geometry::Problem& p : r.problems) fmt::print("  {}\n", describe(p));
  if (!r.final_state_hash.empty()) {
    fmt::print("  {:.3f} s in {} steps, largest speed {:.3g} m/s, deepest contact {:.3g} mm\n",
               r.metrics.sim_time.count(), r.metrics.steps, r.metrics.max_speed_m_s,
               1e3 * r.metrics.max_penetration_m);
  }
  for (const auto& [name, url] : r.artifact_urls) fmt::print("  {:<12} {}\n", name, url);
  for (const auto& [name, why] : r.missing) fmt::print("  {:<12} missing: {}\n", name, why);
}

// An MJCF file brings its own bodies, floor, gravity and contacts.
void refuse_geometry_options(const CLI::App& verb) {
  for (const char* name :
       {"--unit", "--material", "--fixed", "--rigid", "--require-exact-collision", "--overlap",
        "--up", "--gravity", "--floor"}) {
    if (verb.count(name) != 0) {
      throw InvalidArgument(fmt::format(
          "{} does not apply to an MJCF file, which states that itself; leave it away", name));
    }
  }
}

int simulate(const CLI::App& verb, const SimulateArguments& a, const std::stop_token& stop) {
  const Bytes bytes = read_file(a.input.file);
  const bool mjcf = sim::detect_format(bytes, a.input.file) == sim::FileFormat::Mjcf;
  if (mjcf) refuse_geometry_options(verb);
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
  return result.verdict.outcome == sim::Outcome::Success ? kSuccess : kFail;
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
  a->input.add_to(*verb);
  verb->add_option("--goal", a->goal,
                   "goal box: SUCCESS when the centre of mass of a free part is inside for 0.5 s");
  verb->add_option("--target", a->target,
                   "name of the part that must reach the goal (default: any free part)");
  verb->add_option("--forbid", a->forbid,
                   "forbidden box: FAIL when any free part touches it (may be repeated)");
  verb->add_option("--bounds", a->bounds, "bounds: FAIL when a free part leaves this box");
  verb->add_option("--duration", a->duration, "simulated time: 5, 2.5s, 500ms, 1min")
      ->capture_default_str();
  verb->add_option("--gravity", a->gravity, "m/s2, against the up axis")->capture_default_str();
  verb->add_option("--floor", a->floor,
                   "height of the floor in the file's unit, or none (default: the lowest point)");
  verb->add_option("--seed", a->seed, "seed of random numbers, recorded in the provenance")
      ->capture_default_str();
  verb->add_option("--out", a->out, "folder for all artifacts (default: durasim-out/NAME)");
  verb->add_option("--video", a->video, "file for the video (default: video.mp4 in the folder)");
  verb->add_option("--quality", a->quality, "draft or full")
      ->check(CLI::IsMember({"draft", "full"}))
      ->capture_default_str();
  verb->add_option("--size", a->size, "size of pictures and video")->capture_default_str();
  verb->add_option("--fps", a->fps, "frames per second")
      ->check(CLI::Range(1, 240))
      ->capture_default_str();
  verb->add_flag("--no-video", a->no_video, "render nothing");
  verb->add_flag("--json", a->json,
                 "print one JSON object on standard output, everything else on standard error");
  verb->callback([&chosen, verb, a] {
    chosen = [verb, a](const std::stop_token& stop) { return simulate(*verb, *a, stop); };
  });
}

}  // namespace durasim::cli
