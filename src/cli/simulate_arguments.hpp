// What `durasim simulate` was asked for, as texts, and the library's types made of it.
#pragma once

#include "durasim/sim/simulate_local.hpp"

#include "cli/artifact_location.hpp"
#include "cli/input_options.hpp"
#include "cli/video_format_options.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::cli {

struct SimulateArguments {
  InputOptions input;
  std::string goal, bounds, target, floor, video, out;
  std::vector<std::string> forbid;
  std::string duration = "5";
  VideoFormatOptions video_format;
  double gravity = 9.81;
  std::uint64_t seed = 0;
  bool no_video = false, json = false, durable = false;
  std::string store, trace;
#ifdef DURASIM_HAVE_SQLITE
  ArtifactLocation artifacts;  // of --durable and sweeps
#endif

  // The file, how its parts are set up, zones, duration, seed.
  void add_scene_options(CLI::App& verb);
};

// `metres_per_unit` of the file's unit, in which boxes and the floor's height are written. Throws
// InvalidArgument that quotes the option and its text.
sim::SimulateOptions simulate_options(const SimulateArguments& arguments, double metres_per_unit,
                                      const std::stop_token& stop);

}  // namespace durasim::cli
