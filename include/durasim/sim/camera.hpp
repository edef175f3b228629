// Where a picture is taken from: cameras that fit the parts that move, views all around, the
// model's own cameras.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/math.hpp"
#include "durasim/sim/trajectory.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// A view from `distance_m` away towards `target_m`, or one of the model's own cameras.
struct Camera {
  geometry::Vec3 target_m;
  double distance_m = 2;
  double azimuth_deg = 135;  // direction of view in the ground plane: 0 looks along +x, 90 along +y
  double elevation_deg = -25;  // below zero looks down, -90 straight down
  std::string name;  // not empty: the camera of that name in the model, and the rest is ignored
};

struct CameraFitOptions {
  // Empty: the model's own direction (<global azimuth elevation>) if it states one, else 135 and
  // -25.
  std::optional<double> azimuth_deg;
  std::optional<double> elevation_deg;
  double margin = 0.15;      // share of the picture that stays free around the parts, 0..0.9
  double aspect = 16.0 / 9;  // width / height of the picture
};

// A camera that shows, over all of `frames`, every part that moves (everything but planes, when
// nothing moves). Where parts fly away it stays with the scene: positions further than 4 times the
// scene's own radius are pulled in. Without frames the model's start is used. Throws
// InvalidArgument for impossible options, MujocoError. Thread-safe.
DURASIM_EXPORT Camera fit_camera(const Model& model, std::span<const TrajectoryFrame> frames,
                                 const CameraFitOptions& options = {});

// 24 views all around, fitted like fit_camera: elevations -15, -45 and -75 degrees, each with
// azimuths 0, 45
// ... 315. The directions in `options` are ignored.
DURASIM_EXPORT std::vector<Camera> preview_cameras(const Model& model,
                                                   std::span<const TrajectoryFrame> frames,
                                                   const CameraFitOptions& options = {});

// At most `count` frames spread over the recording, the first and the last among them: what
// fit_camera needs.
DURASIM_EXPORT std::vector<TrajectoryFrame> sample_frames(const TrajectoryReader& trajectory,
                                                          int count = 12);

// The names of the model's own cameras, in its order. Thread-safe.
DURASIM_EXPORT std::vector<std::string> camera_names(const Model& model);

}  // namespace durasim::inline v0::sim
