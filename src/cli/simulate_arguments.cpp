// Parsing of boxes, sizes and heights.
#include "cli/simulate_arguments.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace durasim::cli {
namespace {

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

}  // namespace

void SimulateArguments::add_scene_options(CLI::App& verb) {
  input.add_to(verb);
  verb.add_option(
      "--goal", goal,
      "goal box: SUCCESS once the centre of mass of a free part has been inside for 0.5 s");
  verb.add_option("--target", target,
                  "part that must reach the goal, by name (default: any free part)");
  verb.add_option("--forbid", forbid,
                  "forbidden box: FAIL if a free part touches it (may be repeated)")
      ->allow_extra_args(false);
  verb.add_option("--bounds", bounds, "bounding box: FAIL if a free part leaves it");
  verb.add_option("--duration", duration, "time to simulate: 5, 2.5s, 500ms, 1min")
      ->capture_default_str();
  verb.add_option("--gravity", gravity, "gravity in m/s2, against the up axis")
      ->capture_default_str();
  verb.add_option("--floor", floor,
                  "height of the floor in the file's unit, or none (default: the lowest point)");
  verb.add_option("--seed", seed, "random seed, recorded in the provenance")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
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
  options.video_format = a.video_format.parse();
  options.stop = stop;
  return options;
}

}  // namespace durasim::cli
