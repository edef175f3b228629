// The renderer: poses the model, lets MuJoCo make a scene of it, draws that off screen and reads
// the pixels.
#include "durasim/sim/renderer.hpp"

#include "durasim/core/error.hpp"

#include "sim/gl_context.hpp"
#include "sim/mujoco_guard.hpp"
#include "sim/renderer_light.hpp"
#include "sim/renderer_model.hpp"
#include "sim/trajectory_pose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mujoco/mujoco.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

constexpr int kSpareGeoms = 2000;  // for tendons, whose segments are not counted by the model

int most_geoms(const mjModel& m) {
  const mjtSize count =
      m.ngeom + m.nsite + 2 * m.nflexelem + 20 * m.ntendon + m.nskin + m.nu + kSpareGeoms;
  return static_cast<int>(std::min<mjtSize>(count, 1'000'000));
}

// The rows of a picture in the opposite order.
template <class T>
void flip(std::vector<T>& pixels, int height) {
  const std::size_t row = pixels.size() / static_cast<std::size_t>(height);
  const auto rows = static_cast<std::ptrdiff_t>(height);
  const auto at = [&](std::ptrdiff_t y) {
    return pixels.begin() + y * static_cast<std::ptrdiff_t>(row);
  };
  for (std::ptrdiff_t y = 0; y < rows / 2; ++y)
    std::swap_ranges(at(y), at(y + 1), at(rows - 1 - y));
}

// Metres from the depth buffer, which runs from 1 at the near plane to 0 at the far plane: for
// perspective it is (1/z - 1/far) / (1/near - 1/far).
float metres(float depth, const mjvGLCamera& camera) {
  if (!(depth > 0)) return std::numeric_limits<float>::infinity();
  const double near = camera.frustum_near;
  const double far = camera.frustum_far;
  if (camera.orthographic != 0) return static_cast<float>(far - depth * (far - near));
  return static_cast<float>(1 / (depth * (1 / near - 1 / far) + 1 / far));
}

}  // namespace

class Renderer::Impl {
 public:
  Impl(std::shared_ptr<const Model> model, const RendererOptions& options)
      : options_(options), model_(std::move(model)), pose_(model_), gl_(options.egl_library) {
    apply_preset(pose_.model(), options_);
    mjv_defaultOption(&visible_);
    mjv_defaultScene(&scene_);
    mjr_defaultContext(&context_);
    start_znear_ = pose_.model().vis.map.znear;
    const CurrentGl current(gl_);
    try {
      make_context(pose_.model(), options_, context_);
      mjr_setBuffer(mjFB_OFFSCREEN, &context_);
      context_.readDepthMap = mjDEPTH_ZEROFAR;
      start_shadow_clip_ = context_.shadowClip;
      mjv_makeScene(&pose_.model(), &scene_, most_geoms(pose_.model()));
    } catch (const MujocoError& error) {
      free_gl();
      throw UnavailableError(fmt::format("{} cannot render: {}", gl_.backend(), error.what()));
    } catch (...) {
      free_gl();
      throw;
    }
  }

  ~Impl() {
    const MujocoCall call;
    mjv_freeScene(&scene_);
    if (!gl_.make_current()) return;  // the driver is gone, and what it held with it
    mjr_freeContext(&context_);
    gl_.release();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void set_camera(const Camera& camera) {
    mjv_defaultCamera(&camera_);
    if (!camera.name.empty()) {
      use_own_camera(camera.name);
      return;
    }
    const geometry::Vec3& target = camera.target_m;
    if (!geometry::is_finite(target) || !(camera.distance_m > 0) ||
        !std::isfinite(camera.distance_m) || !std::isfinite(camera.azimuth_deg) ||
        !(std::abs(camera.elevation_deg) <= 90)) {
      throw InvalidArgument(
          fmt::format("camera at distance {} m, azimuth {}, elevation {} is not possible",
                      camera.distance_m, camera.azimuth_deg, camera.elevation_deg));
    }
    camera_.type = mjCAMERA_FREE;
    camera_.lookat[0] = target.x;
    camera_.lookat[1] = target.y;
    camera_.lookat[2] = target.z;
    camera_.distance = camera.distance_m;
    camera_.azimuth = camera.azimuth_deg;
    camera_.elevation = camera.elevation_deg;
    focus_ = {.centre_m = target, .radius_m = camera.distance_m * std::tan(fovy() / 2)};
    // MuJoCo clips in proportion to the model's extent, which a large floor makes too far away for
    // small parts.
    constexpr double kNearest = 0.02;
    mjModel& view = pose_.model();
    view.vis.map.znear =
        std::min(start_znear_, static_cast<float>(kNearest * camera.distance_m / view.stat.extent));
  }

  void show(const mjData& data) { pose_.copy(data); }
  void show(const TrajectoryFrame& frame) { pose_.apply(frame); }

  void image_into(std::span<std::uint8_t> rgb_bottom_up) {
    if (rgb_bottom_up.size() != 3 * pixels()) {
      throw InvalidArgument(fmt::format("a picture of {}x{} pixels needs {} bytes, not {}",
                                        options_.width, options_.height, 3 * pixels(),
                                        rgb_bottom_up.size()));
    }
    const CurrentGl current(gl_);
    draw(false);
    mjr_readPixels(rgb_bottom_up.data(), nullptr, viewport(), &context_);
  }

  Image image() {
    Image image{.width = options_.width,
                .height = options_.height,
                .rgb = std::vector<std::uint8_t>(3 * pixels())};
    image_into(image.rgb);
    flip(image.rgb, image.height);
    return image;
  }

  DepthImage depth() {
    DepthImage image{.width = options_.width,
                     .height = options_.height,
                     .depth_m = std::vector<float>(pixels())};
    const CurrentGl current(gl_);
    draw(true);
    mjr_readPixels(nullptr, image.depth_m.data(), viewport(), &context_);
    for (float& depth : image.depth_m) depth = metres(depth, scene_.camera[0]);
    flip(image.depth_m, image.height);
    return image;
  }

  SegmentationImage segmentation() {
    SegmentationImage image{.width = options_.width,
                            .height = options_.height,
                            .geom_id = std::vector<std::int32_t>(pixels(), -1)};
    const CurrentGl current(gl_);
    draw(true);
    std::vector<std::uint8_t> colours(3 * pixels());
    mjr_readPixels(colours.data(), nullptr, viewport(), &context_);
    // The colour is the scene's own number of the geom, plus one; black is the background.
    std::vector<std::int32_t> ids(static_cast<std::size_t>(scene_.ngeom) + 1, -1);
    for (const mjvGeom& geom : std::span(scene_.geoms, static_cast<std::size_t>(scene_.ngeom))) {
      if (geom.segid >= 0 && geom.objtype == mjOBJ_GEOM)
        ids.at(static_cast<std::size_t>(geom.segid) + 1) = geom.objid;
    }
    for (std::size_t i = 0; i < image.geom_id.size(); ++i) {
      const std::size_t number =
          colours[3 * i] + 256U * colours[3 * i + 1] + 65536U * colours[3 * i + 2];
      if (number < ids.size()) image.geom_id[i] = ids[number];
    }
    flip(image.geom_id, image.height);
    return image;
  }

  void require_own_thread() const {
    if (std::this_thread::get_id() != thread_) {
      throw LogicError("a Renderer must be used on the thread that made it: make one per thread");
    }
  }
  [[nodiscard]] const std::string& backend() const { return gl_.backend(); }
  [[nodiscard]] const Model& model() const { return *model_; }
  [[nodiscard]] double aspect() const { return double(options_.width) / options_.height; }

 private:
  void use_own_camera(const std::string& name) {
    const int id = mj_name2id(&pose_.model(), mjOBJ_CAMERA, name.c_str());
    if (id < 0) {
      throw InvalidArgument(fmt::format("this model has no camera '{}'; its cameras are: {}", name,
                                        fmt::join(camera_names(*model_), ", ")));
    }
    camera_.type = mjCAMERA_FIXED;
    camera_.fixedcamid = id;
    const auto& stat = pose_.model().stat;
    focus_ = {.centre_m = {stat.center[0], stat.center[1], stat.center[2]},
              .radius_m = stat.extent / 2};
    pose_.model().vis.map.znear = start_znear_;
  }

  [[nodiscard]] double fovy() const { return pose_.model().vis.global.fovy * mjPI / 180; }
  [[nodiscard]] mjrRect viewport() const { return {0, 0, options_.width, options_.height}; }
  [[nodiscard]] std::size_t pixels() const {
    return static_cast<std::size_t>(options_.width) * static_cast<std::size_t>(options_.height);
  }

  void draw(bool segment) {
    mjv_updateScene(&pose_.model(), &pose_.data(), &visible_, nullptr, &camera_, mjCAT_ALL,
                    &scene_);
    scene_.flags[mjRND_SEGMENT] = scene_.flags[mjRND_IDCOLOR] = segment ? 1 : 0;
    scene_.flags[mjRND_SHADOW] = 1;
    scene_.flags[mjRND_REFLECTION] = options_.quality == Quality::Full ? 1 : 0;
    const bool studio = options_.studio && add_studio_light(scene_, focus_);
    context_.shadowClip = studio ? static_cast<float>(2 * focus_.radius_m) : start_shadow_clip_;
    limit_shadows(scene_, focus_);
    mjr_render(viewport(), &scene_, &context_);
  }

  void free_gl() {
    mjv_freeScene(&scene_);
    mjr_freeContext(&context_);
  }

  RendererOptions options_;
  std::thread::id thread_ = std::this_thread::get_id();
  std::shared_ptr<const Model> model_;
  TrajectoryPose pose_;
  GlContext gl_;
  mjvOption visible_{};
  mjvCamera camera_{};
  mjvScene scene_{};
  mjrContext context_{};
  Focus focus_;
  float start_znear_ = 0;
  float start_shadow_clip_ = 0;
};

Renderer::Renderer(std::shared_ptr<const Model> model, const RendererOptions& options) {
  check_size(options);
  const MujocoCall call;
  impl_ = std::make_unique<Impl>(std::move(model), options);
  CameraFitOptions fit;
  fit.aspect = impl_->aspect();
  impl_->set_camera(fit_camera(impl_->model(), {}, fit));
}

Renderer::~Renderer() = default;

void Renderer::set_camera(const Camera& camera) {
  impl_->require_own_thread();
  const MujocoCall call;
  impl_->set_camera(camera);
}

void Renderer::show(const mjData& data) {
  impl_->require_own_thread();
  const MujocoCall call;
  impl_->show(data);
}

void Renderer::show(const TrajectoryFrame& frame) {
  impl_->require_own_thread();
  const MujocoCall call;
  impl_->show(frame);
}

Image Renderer::image() {
  impl_->require_own_thread();
  const MujocoCall call;
  return impl_->image();
}

DepthImage Renderer::depth() {
  impl_->require_own_thread();
  const MujocoCall call;
  return impl_->depth();
}

SegmentationImage Renderer::segmentation() {
  impl_->require_own_thread();
  const MujocoCall call;
  return impl_->segmentation();
}

void Renderer::image_into(std::span<std::uint8_t> rgb_bottom_up) {
  impl_->require_own_thread();
  const MujocoCall call;
  impl_->image_into(rgb_bottom_up);
}

const std::string& Renderer::backend() const {
  return impl_->backend();
}

}  // namespace durasim::inline v0::sim
