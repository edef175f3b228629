// The files of one run: trajectory, scene, pictures, video, report, result. Each appears whole or
// not at all; a picture that cannot be made is noted in the result and changes nothing else.
#pragma once

#include "durasim/core/files.hpp"
#include "durasim/sim/simulate_local.hpp"
#include "durasim/sim/trajectory.hpp"

#include <memory>
#include <optional>
#include <string>

namespace durasim::inline v0::sim {

class Artifacts {
 public:
  // Borrows both for its life. Makes the output folder. Throws IoError.
  Artifacts(const SimulateOptions& options, SimulationResult& result);

  void start_trajectory(const Model& model);
  // Null when nothing is written.
  [[nodiscard]] TrajectorySink* trajectory() const { return recorder_.get(); }
  void finish_trajectory();
  void write_scene(const MjcfSource& source);
  void render(const std::shared_ptr<const Model>& model);
  // Fills SimulationResult::report and writes report.md and result.json.
  void write_report(const std::string& name);

 private:
  [[nodiscard]] bool enabled() const { return !options_.output_folder.empty(); }
  [[nodiscard]] std::string path(const std::string& file) const {
    return options_.output_folder + "/" + file;
  }
  void publish(const std::string& name, const std::string& path);

  const SimulateOptions& options_;
  SimulationResult& result_;
  std::optional<PendingFile> pending_trajectory_;
  std::unique_ptr<TrajectoryRecorder> recorder_;
};

}  // namespace durasim::inline v0::sim
