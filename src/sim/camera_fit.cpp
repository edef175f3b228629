// Cameras that fit what moves. The parts' bounding boxes, at several moments, give points; the
// nearest camera that has all of them in view is found in closed form, each axis of the picture by
// itself.
#include "durasim/core/error.hpp"
#include "durasim/sim/camera.hpp"
#include "durasim/sim/model.hpp"

#include "sim/arrays.hpp"
#include "sim/mujoco_guard.hpp"
#include "sim/trajectory_pose.hpp"

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

using geometry::Box;
using geometry::cross;
using geometry::dot;
using geometry::norm;
using geometry::Vec3;

constexpr double kDefaultAzimuth = 135;
constexpr double kDefaultElevation = -25;
constexpr double kFlyAwayFactor = 4;  // of the scene's radius at the start
constexpr double kNeighbourFactor =
    2;  // of the radius of what moves: fixed parts this near are shown whole
constexpr double kDegree = std::numbers::pi / 180;

// Entry `index` of one of MuJoCo's arrays of `width` numbers each.
template <class T>
const T* entry(const T* array, std::ptrdiff_t width, int index) {
  return array + width * index;
}

bool moves(const mjModel& m, int body) {
  return m.body_weldid[body] != 0 || m.body_mocapid[body] >= 0;
}

// Planes have no end and height fields are ground: they fill the picture, they do not set its size.
bool is_ground(const mjModel& m, int geom) {
  return m.geom_type[geom] == mjGEOM_PLANE || m.geom_type[geom] == mjGEOM_HFIELD;
}

bool is_visible(const mjModel& m, int geom) {
  constexpr int kShownGroups = 3;  // mjv_defaultOption shows groups 0, 1 and 2
  return m.geom_group[geom] < kShownGroups && entry(m.geom_rgba, 4, geom)[3] > 0;
}

// The corners of a geom's bounding box in the world.
void add_corners(const mjModel& m, const mjData& d, int geom, std::vector<Vec3>& points) {
  const mjtNum* box = entry(m.geom_aabb, 6, geom);  // centre and half sizes, in the geom's frame
  const mjtNum* r = entry(d.geom_xmat, 9, geom);
  for (int corner = 0; corner < 8; ++corner) {
    const double x = box[0] + ((corner & 1) != 0 ? box[3] : -box[3]);
    const double y = box[1] + ((corner & 2) != 0 ? box[4] : -box[4]);
    const double z = box[2] + ((corner & 4) != 0 ? box[5] : -box[5]);
    points.push_back(vec(entry(d.geom_xpos, 3, geom)) + Vec3{r[0] * x + r[1] * y + r[2] * z,
                                                             r[3] * x + r[4] * y + r[5] * z,
                                                             r[6] * x + r[7] * y + r[8] * z});
  }
}

enum class Which { Moving, Everything };

std::vector<Vec3> points_of(const mjModel& m, const mjData& d, Which which) {
  std::vector<Vec3> points;
  for (int geom = 0; geom < m.ngeom; ++geom) {
    if (is_ground(m, geom) || !is_visible(m, geom)) continue;
    if (which == Which::Everything || moves(m, m.geom_bodyid[geom]))
      add_corners(m, d, geom, points);
  }
  for (int vertex = 0; vertex < m.nflexvert; ++vertex)
    points.push_back(vec(entry(d.flexvert_xpos, 3, vertex)));
  return points;
}

Box bounds(const std::vector<Vec3>& points) {
  Box box;
  for (const Vec3& p : points) box = geometry::include(box, p);
  return box;
}

// How far the scene reaches from `centre` at the start: its bounded geometry, and the planes that
// parts may fall on.
double scene_radius(const mjModel& m, const mjData& d, const Vec3& centre, double radius) {
  for (const Vec3& p : points_of(m, d, Which::Everything))
    radius = std::max(radius, norm(p - centre));
  for (int geom = 0; geom < m.ngeom; ++geom) {
    if (m.geom_type[geom] != mjGEOM_PLANE) continue;
    const mjtNum* r = entry(d.geom_xmat, 9, geom);
    radius = std::max(radius,
                      std::abs(dot(centre - vec(entry(d.geom_xpos, 3, geom)), {r[2], r[5], r[8]})));
  }
  return radius;
}

// Fixed parts that stand among the moving ones belong to the picture; far larger surroundings do
// not.
void add_neighbours(const mjModel& m, const mjData& d, std::vector<Vec3>& points) {
  const Box moving = bounds(points);
  const double reach = kNeighbourFactor * norm(moving.size()) / 2;
  for (int geom = 0; geom < m.ngeom; ++geom) {
    if (is_ground(m, geom) || !is_visible(m, geom) || moves(m, m.geom_bodyid[geom])) continue;
    std::vector<Vec3> corners;
    add_corners(m, d, geom, corners);
    if (std::ranges::all_of(corners,
                            [&](const Vec3& p) { return norm(p - moving.centre()) <= reach; })) {
      points.insert(points.end(), corners.begin(), corners.end());
    }
  }
}

// All points to show, over all frames.
std::vector<Vec3> points_to_show(TrajectoryPose& pose, std::span<const TrajectoryFrame> frames) {
  const mjModel& m = pose.model();
  if (frames.empty()) {
    pose.reset();
  } else {
    pose.apply(frames.front());
  }
  std::vector<Vec3> points = points_of(m, pose.data(), Which::Moving);
  if (points.empty()) return points_of(m, pose.data(), Which::Everything);
  const Box start = bounds(points);
  const double limit =
      kFlyAwayFactor * scene_radius(m, pose.data(), start.centre(), norm(start.size()) / 2);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    pose.apply(frames[i]);
    for (const Vec3& p : points_of(m, pose.data(), Which::Moving)) {
      const Vec3 from_centre = p - start.centre();
      const double distance = norm(from_centre);
      points.push_back(distance > limit ? start.centre() + (limit / distance) * from_centre : p);
    }
  }
  add_neighbours(m, pose.data(), points);
  return points;
}

// Camera at origin + x right + y up - distance forward: the least distance at which every point p
// satisfies |p.right - x| <= (p.forward + distance) tan_h and the same upwards. Both conditions
// together are linear: x + distance tan >= a for all p, and distance tan - x >= b, so distance = (a
// + b) / (2 tan), x = (a - b) / 2.
struct AxisFit {
  double offset;
  double distance;
};
AxisFit fit_axis(const std::vector<Vec3>& points, const Vec3& origin, const Vec3& axis,
                 const Vec3& forward, double tangent) {
  double a = -std::numeric_limits<double>::infinity();
  double b = a;
  for (const Vec3& p : points) {
    const double along = dot(p - origin, axis);
    const double depth = dot(p - origin, forward) * tangent;
    a = std::max(a, along - depth);
    b = std::max(b, -along - depth);
  }
  return {(a - b) / 2, (a + b) / (2 * tangent)};
}

Camera fit_points(const std::vector<Vec3>& points, double azimuth_deg, double elevation_deg,
                  double fovy_deg, const CameraFitOptions& options) {
  Camera camera{.target_m = {},
                .distance_m = 1,
                .azimuth_deg = azimuth_deg,
                .elevation_deg = elevation_deg,
                .name = {}};
  if (points.empty()) return camera;
  const double az = azimuth_deg * kDegree;
  const double el = elevation_deg * kDegree;
  const Vec3 forward{std::cos(el) * std::cos(az), std::cos(el) * std::sin(az), std::sin(el)};
  const Vec3 right{std::sin(az), -std::cos(az), 0};
  const Vec3 up = cross(right, forward);
  const Vec3 origin = bounds(points).centre();
  const double tangent = std::tan(fovy_deg * kDegree / 2) * (1 - options.margin);
  const AxisFit horizontal = fit_axis(points, origin, right, forward, tangent * options.aspect);
  const AxisFit vertical = fit_axis(points, origin, up, forward, tangent);
  double nearest = 0;  // depth of the point that is nearest to the camera
  for (const Vec3& p : points) nearest = std::min(nearest, dot(p - origin, forward));
  constexpr double kLeast = 1e-3;  // a point has no size to fit
  camera.distance_m = std::max({horizontal.distance, vertical.distance, kLeast - nearest});
  camera.target_m = origin + horizontal.offset * right + vertical.offset * up;
  return camera;
}

void check(const CameraFitOptions& options) {
  const auto refuse = [](const char* what, double value) {
    throw InvalidArgument(fmt::format("camera {} of {} is not possible", what, value));
  };
  if (!(options.margin >= 0 && options.margin <= 0.9)) refuse("margin (0 to 0.9)", options.margin);
  if (!(options.aspect >= 0.01 && options.aspect <= 100))
    refuse("aspect ratio (0.01 to 100)", options.aspect);
  if (options.azimuth_deg && !std::isfinite(*options.azimuth_deg))
    refuse("azimuth", *options.azimuth_deg);
  if (options.elevation_deg && !(std::abs(*options.elevation_deg) <= 90)) {
    refuse("elevation (-90 to 90)", *options.elevation_deg);
  }
}

double free_camera_fovy(const mjModel& m) {
  // An orthographic free camera states a length there; the renderer draws fitted views in
  // perspective.
  return m.vis.global.orthographic != 0 ? 45 : double{m.vis.global.fovy};
}

}  // namespace

Camera fit_camera(const Model& model, std::span<const TrajectoryFrame> frames,
                  const CameraFitOptions& options) {
  check(options);
  const MujocoCall call;
  TrajectoryPose pose(model);
  const auto& global = pose.model().vis.global;
  constexpr double kMujocoAzimuth = 90;
  constexpr double kMujocoElevation = -45;
  const bool own_azimuth = global.azimuth != kMujocoAzimuth;
  const bool own_elevation = global.elevation != kMujocoElevation;
  return fit_points(
      points_to_show(pose, frames),
      options.azimuth_deg.value_or(own_azimuth ? double{global.azimuth} : kDefaultAzimuth),
      options.elevation_deg.value_or(own_elevation ? double{global.elevation} : kDefaultElevation),
      free_camera_fovy(pose.model()), options);
}

std::vector<Camera> preview_cameras(const Model& model, std::span<const TrajectoryFrame> frames,
                                    const CameraFitOptions& options) {
  check(options);
  const MujocoCall call;
  TrajectoryPose pose(model);
  const std::vector<Vec3> points = points_to_show(pose, frames);
  std::vector<Camera> cameras;
  for (const double elevation_deg : {-15.0, -45.0, -75.0}) {
    for (int i = 0; i < 8; ++i) {
      cameras.push_back(
          fit_points(points, 45.0 * i, elevation_deg, free_camera_fovy(pose.model()), options));
    }
  }
  return cameras;
}

std::vector<TrajectoryFrame> sample_frames(const TrajectoryReader& trajectory, int count) {
  std::vector<TrajectoryFrame> frames;
  frames.reserve(static_cast<std::size_t>(std::max(count, 2)));
  const std::int64_t last = trajectory.frame_count() - 1;
  const std::int64_t wanted = std::min<std::int64_t>(std::max(count, 2), last + 1);
  for (std::int64_t i = 0; i < wanted; ++i) {
    frames.push_back(trajectory.frame(wanted < 2 ? 0 : i * last / (wanted - 1)));
  }
  return frames;
}

std::vector<std::string> camera_names(const Model& model) {
  const MujocoCall call;
  std::vector<std::string> names;
  for (int camera = 0; camera < model.get()->ncam; ++camera) {
    if (const char* name = mj_id2name(model.get(), mjOBJ_CAMERA, camera)) names.emplace_back(name);
  }
  return names;
}

}  // namespace durasim::inline v0::sim
