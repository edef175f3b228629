// From an assembly to a verdict, a report, a picture and a video, in this process: no engine, no
// database.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/frame_sink.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/time.hpp"
#include "durasim/sim/assembly.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/loop.hpp"
#include "durasim/sim/mjcf_builder.hpp"
#include "durasim/sim/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace durasim::inline v0::sim {

// Long work tells how far it is. Called on the calling thread.
struct StageProgress {
  enum class Stage { Build, Simulate, Render };
  Stage stage = Stage::Build;
  std::int64_t done = 0;  // steps or frames
  std::int64_t total = 0;
  Progress loop;  // in stage Simulate
};

struct SimulateOptions {
  SceneOptions scene;  // not used for a model that is MJCF already, except `zones`
  Seconds duration{5};
  GoalRule goal;  // `target` names a part; looked at only when there is a goal zone
  std::optional<MotorOverload> motor_overload = MotorOverload{};
  std::uint64_t seed = 0;
  Controller controller;  // see SimulationLoop::set_controller; empty: none
  // Where artifacts go; made if it is not there. Empty: nothing is written and nothing is rendered.
  std::string output_folder = "durasim-out";
  bool video = true;       // also the pictures
  std::string video_path;  // empty: video.mp4 in output_folder
  VideoFormat video_format;
  std::string egl_library = "libEGL.so.1";
  const Clock* clock = nullptr;  // for progress; null: system_clock(). Borrowed.
  std::stop_token stop;
  std::function<void(const StageProgress&)> progress;
  Logger log;
};

// Builds the scene, runs it, renders what it can, writes the report. Bad geometry is a result:
// Fail, InvalidGeometry, with every problem in the detail, and no step. No goal zone: Success with
// Stable after the full duration. Missing OpenGL or encoder: a result without the video, with the
// reason in `missing`. Throws InvalidArgument (a name that is no part, an impossible option),
// IoError (the output folder), CancelledError, MujocoError. No file is left in part. Thread-safe.
DURASIM_EXPORT SimulationResult simulate_local(const Assembly& assembly,
                                               const SimulateOptions& options = {});

// The same for a model that is MJCF already (import_mjcf_file reads foreign ones); `scene` is not
// used, except its zones, which are in metres and in the world of the model. The model is compiled
// in this process.
DURASIM_EXPORT SimulationResult simulate_local(const MjcfInput& input,
                                               const SimulateOptions& options = {});

}  // namespace durasim::inline v0::sim
