// The shared options: declaring them, and turning their texts into the library's types.
#include "cli/input_options.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/time.hpp"
#include "durasim/sim/material.hpp"

#include "cli/commands.hpp"

#include <fmt/format.h>

namespace durasim::cli {

void InputOptions::add_to(CLI::App& verb) {
  verb.add_option("FILE", file,
                  "STEP, STL, OBJ, MSH, JSON parameters, or MJCF with its assets beside it")
      ->check(refuse_empty)
      ->required();
  verb.add_option("--unit", unit,
                  "length unit of a mesh file: mm, cm, m, in, ft, um (STEP files state their own)");
  verb.add_option(
          "--material", material,
          "material of parts for which the file states none, e.g. steel, aluminium, abs, ptfe")
      ->capture_default_str();
  verb.add_option(
          "--fixed", fixed,
          "part or sub-assembly that does not move, by name (may be repeated; inspect lists them)")
      ->allow_extra_args(false);  // what comes next may be the file
  verb.add_flag("--rigid", rigid, "treat all parts of the file as one rigid body");
  verb.add_flag("--require-exact-collision", require_exact_collision,
                "reject concave parts instead of letting them collide as their convex hulls");
  verb.add_option("--overlap", overlap,
                  "parts that overlap at the start: exclude (no contact between them), keep, error")
      ->check(CLI::IsMember({"exclude", "keep", "error"}))
      ->capture_default_str();
  verb.add_option("--up", up, "axis of the file that points up")
      ->check(CLI::IsMember({"x", "y", "z"}))
      ->capture_default_str();
  verb.add_option("--import-deadline", deadline_s, "seconds the import process may take")
      ->capture_default_str();
  verb.add_option("--import-memory", memory_mib, "MiB of memory the import process may use")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
}

sim::ImportOptions InputOptions::import_options(const std::stop_token& stop) const {
  sim::ImportOptions options;
  if (!unit.empty()) {
    options.unit = parse_length_unit(unit);
    if (!options.unit)
      throw InvalidArgument(
          fmt::format("--unit \"{}\" is unknown; write mm, cm, m, in, ft or um", unit));
  }
  constexpr double kMostSeconds = 1e6;
  if (!(deadline_s > 0 && deadline_s <= kMostSeconds))
    throw InvalidArgument("--import-deadline: more than 0, and at most 1000000 seconds");
  options.material = material;
  options.deadline = std::chrono::duration_cast<std::chrono::milliseconds>(Seconds(deadline_s));
  options.memory_limit_bytes = memory_mib << 20;
  options.stop = stop;
  return options;
}

sim::SceneOptions InputOptions::scene_options() const {
  sim::SceneOptions options;
  options.fixed = fixed;
  options.rigid = rigid;
  options.require_exact_collision = require_exact_collision;
  if (overlap == "keep") options.overlap = sim::OverlapPolicy::Keep;
  if (overlap == "error") options.overlap = sim::OverlapPolicy::Error;
  if (up == "x") options.up = sim::Axis::X;
  if (up == "y") options.up = sim::Axis::Y;
  return options;
}

std::string file_stem(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.rfind('.'));
}

}  // namespace durasim::cli
