// A whole simulation that takes a moment, from a mesh to a video of two ranges, and the moments at
// which a test can meddle with it.
#pragma once

#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/sim/renderer.hpp"
#include "durasim/sim/video.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/cube.hpp"
#include "pipeline/watched_artifacts.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim_test {

namespace pipeline = durasim::pipeline;

// A millisecond later each time it is asked, which the stepping does after each step: checkpoints
// come at the same steps everywhere.
struct Ticking final : durasim::Clock {
  mutable std::atomic<int> asked = 0;
  [[nodiscard]] durasim::WallTime wall_now() const override { return {}; }
  [[nodiscard]] durasim::SteadyTime steady_now() const override {
    return durasim::SteadyTime(std::chrono::milliseconds(++asked));
  }
};

// One of every stage of a simulation, in their order: an artifact is about to be stored, or it is
// in the midst of what lasts.
inline std::vector<std::string> moments() {
  std::vector<std::string> all{"scene.dsgeo", "scene.dsmjcf", "stepping", "trajectory.dstraj"};
  static const std::string missing = [] {
    std::string reason;
    const durasim::sim::RenderingProbe probe = durasim::sim::probe_rendering();
    return probe.ok && !durasim::sim::load_video_plugin(reason) ? reason : probe.reason;
  }();
  if (missing.empty()) {
    all.insert(all.end(), {"picture.png", "rendering", "video.mp4"});
  } else {
    MESSAGE("skipped in part: no video can be made here: " << missing);
  }
  all.emplace_back("report.md");
  return all;
}

class SmallPipeline {
 public:
  // Artifacts in `kept`, work in `folder`, which is made.
  SmallPipeline(const std::string& folder, pipeline::ArtifactStore& kept)
      : work_((durasim::make_folders(folder), folder + "/work")), artifacts(kept) {
    artifacts.before_put = [this](const std::string& name) { reach(name); };
    durasim::write_file(folder + "/cube.obj", durasim::as_bytes(std::string_view(kCube)));
    request = pipeline::request_of(folder + "/cube.obj", kept, "mm");
    request.duration = durasim::Seconds(7);
    request.scene.floor.height_m = -30;  // mm: it falls
    // 6 + 2 frames.
    request.video_format = {.width = 64, .height = 48, .fps = 1, .draft = true};
  }

  // Calls `act` when that moment comes, once.
  void when(const std::string& moment, std::function<void()> act) {
    moment_ = moment;
    act_ = std::move(act);
  }
  [[nodiscard]] pipeline::SimulationServices services() {
    return {.artifacts = &artifacts,
            .work_folder = work_,
            .ranges_at_once = 1,
            .progress =
                [this](const durasim::sim::StageProgress& at) {
                  using enum durasim::sim::StageProgress::Stage;
                  // By then there are checkpoints.
                  if (at.stage == Simulate && 2 * at.done >= at.total) reach("stepping");
                  if (at.stage == Render) reach("rendering");
                },
            .clock = &clock_};
  }
  [[nodiscard]] const std::string& work() const { return work_; }
  [[nodiscard]] bool work_is_done() const { return std::filesystem::is_empty(work_); }

 private:
  // Activities run one after the other.
  void reach(const std::string& moment) {
    if (moment == moment_ && act_) std::exchange(act_, nullptr)();
  }

  std::string work_;
  std::string moment_;
  std::function<void()> act_;
  Ticking clock_;

 public:
  WatchedArtifacts artifacts;
  pipeline::SimulationRequest request;
};

// Without faults.
inline pipeline::SimulationResult make_untouched(bool video) {
  const TemporaryFolder folder;
  pipeline::FileArtifactStore kept(folder.file("artifacts"));
  SmallPipeline small(folder.path(), kept);
  small.request.video = video;
  durasim::testing::WorkflowEnvironment environment;
  implement_simulation(environment.worker(std::string(pipeline::kSimulationQueue)),
                       small.services());
  return simulate(environment.client(), small.request).result();
}
inline const pipeline::SimulationResult& untouched(bool video) {
  static const pipeline::SimulationResult without = make_untouched(false);
  if (!video) return without;
  static const pipeline::SimulationResult with = make_untouched(true);
  return with;
}

// The same state, and everything that was made the same, bit for bit: but for the report, which
// says where it lies, and videos of encoders of which that is not known.
inline void check_untouched(const pipeline::SimulationResult& result) {
  const bool video = result.artifacts.contains("video");
  const pipeline::SimulationResult& expected = untouched(video);
  CHECK(result.final_state_hash == expected.final_state_hash);
  CHECK(result.verdict.detail == expected.verdict.detail);
  CHECK(result.artifacts.size() == expected.artifacts.size());
  for (const auto& [name, artifact] : expected.artifacts) {
    CAPTURE(name);
    if (name == "report") continue;
    if (name == "video" && result.provenance.versions.at("encoder") != "libx264") continue;
    CHECK(result.artifacts.at(name) == artifact);
  }
}

// What a FileArtifactStore has in its folder: every content whole under the hash that is its name,
// and nothing else.
inline std::size_t whole_artifacts(const std::string& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path();
    CAPTURE(path);
    CHECK(durasim::sha256_hex(durasim::read_file(path)) == entry.path().stem());
    ++count;
  }
  return count;
}

}  // namespace durasim_test
