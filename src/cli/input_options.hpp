// Command-line options that simulate and inspect share: which file, its unit, and how its parts are
// set up.
#pragma once

#include "durasim/sim/import.hpp"
#include "durasim/sim/mjcf_builder.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::cli {

struct InputOptions {
  std::string file;
  std::string unit;
  std::string material = "aluminium";
  std::vector<std::string> fixed;
  bool rigid = false;
  bool require_exact_collision = false;
  std::string overlap = "exclude";
  std::string up = "z";
  double deadline_s = 20;
  std::uint64_t memory_mib = 4096;

  void add_to(CLI::App& verb);
  [[nodiscard]] sim::ImportOptions import_options(const std::stop_token& stop) const;
  [[nodiscard]] sim::SceneOptions scene_options() const;
};

// "/a/b/robot.step" -> "robot".
std::string file_stem(const std::string& path);

}  // namespace durasim::cli
