// Fitted cameras, judged by the pictures: what moves is inside the frame, at every moment, and
// large enough.
#include "durasim/sim/camera.hpp"

#include "durasim/core/error.hpp"

#include "sim/recorded_run.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

using namespace durasim::sim;
using durasim_test::Data;
using durasim_test::rendering_missing;
using durasim_test::scene;

// The rectangle of a picture that shows moving parts, as shares of its width and height from -1
// to 1.
struct Extent {
  double left = 1, right = -1, top = 1, bottom = -1;
  [[nodiscard]] double largest() const { return std::max(right - left, bottom - top) / 2; }
  [[nodiscard]] bool inside() const {
    return left > -0.999 && right < 0.999 && top > -0.999 && bottom < 0.999;
  }
  void add(const Extent& other) {
    left = std::min(left, other.left);
    right = std::max(right, other.right);
    top = std::min(top, other.top);
    bottom = std::max(bottom, other.bottom);
  }
};

Extent extent_of(const Model& model, const SegmentationImage& ids) {
  Extent extent;
  for (int y = 0; y < ids.height; ++y) {
    for (int x = 0; x < ids.width; ++x) {
      const int geom =
          ids.geom_id.at(static_cast<std::size_t>(y) * static_cast<std::size_t>(ids.width) +
                         static_cast<std::size_t>(x));
      if (geom < 0 || model.get()->body_weldid[model.get()->geom_bodyid[geom]] == 0) continue;
      const double u = 2.0 * x / (ids.width - 1) - 1;
      const double v = 2.0 * y / (ids.height - 1) - 1;
      extent.add({.left = u, .right = u, .top = v, .bottom = v});
    }
  }
  return extent;
}

std::vector<TrajectoryFrame> run(const Model& model, double seconds, int count) {
  const Data data(model);
  const int steps = static_cast<int>(seconds / model.get()->opt.timestep) / count;
  std::vector<TrajectoryFrame> frames;
  for (int i = 0; i < count; ++i) {
    frames.push_back(capture_frame(model, *data.data, i));
    durasim_test::advance(model, data.data, steps);
  }
  return frames;
}

Extent extent_over(const std::shared_ptr<const Model>& model, const Camera& camera,
                   std::span<const TrajectoryFrame> frames, int width, int height) {
  Renderer renderer(model, {.width = width, .height = height, .quality = Quality::Draft});
  renderer.set_camera(camera);
  Extent extent;
  for (const TrajectoryFrame& frame : frames) {
    renderer.show(frame);
    extent.add(extent_of(*model, renderer.segmentation()));
  }
  return extent;
}

std::shared_ptr<const Model> sized_scene(double scale) {
  const auto s = [&](double value) { return std::to_string(value * scale); };
  return scene("<option gravity=\"0 0 -" + s(9.81) + R"("/><worldbody><light pos="0 0 3"/>
    <geom type="plane" size="50 50 .1"/>
    <body pos="0 0 )" +
               s(0.5) + R"("><freejoint/><geom type="sphere" size=")" + s(0.1) + R"("/></body>
    <body pos=")" +
               s(0.6) + " " + s(0.1) + " " + s(0.3) + R"("><freejoint/><geom type="box" size=")" +
               s(0.2) + " " + s(0.05) + " " + s(0.05) + R"("/></body></worldbody>)");
}

}  // namespace

TEST_CASE(
    "parts of any size stay inside the picture while they fall, and fill at least a third of it") {
  if (rendering_missing()) return;
  for (const double scale : {0.01, 1.0, 20.0}) {
    for (const auto& [width, height] :
         {std::pair{320, 180}, std::pair{180, 320}, std::pair{200, 200}}) {
      CAPTURE(scale);
      CAPTURE(width);
      const auto model = sized_scene(scale);
      const auto frames = run(*model, 1, 9);
      CameraFitOptions options;
      options.aspect = static_cast<double>(width) / height;
      const Extent extent =
          extent_over(model, fit_camera(*model, frames, options), frames, width, height);
      CHECK(extent.inside());
      CHECK(extent.largest() > 0.6);
    }
  }
}

TEST_CASE("the models of the test data are framed: inside, and a third of the picture at least") {
  if (rendering_missing()) return;
  for (const char* name : {"car", "humanoid", "newton_cradle", "slider_crank", "dominos"}) {
    CAPTURE(name);
    const auto model = durasim_test::foreign_scene(name);
    if (!model) return;
    const auto frames = run(*model, 1, 5);
    const Extent extent = extent_over(model, fit_camera(*model, frames), frames, 320, 180);
    CHECK(extent.inside());
    CHECK(extent.largest() > 1.0 / 3);
  }
}

TEST_CASE("a margin is kept free on every side") {
  if (rendering_missing()) return;
  const auto model = sized_scene(1);
  const auto frames = run(*model, 1, 9);
  CameraFitOptions options;
  options.margin = 0.5;
  const Extent extent = extent_over(model, fit_camera(*model, frames, options), frames, 320, 180);
  CHECK(extent.left > -0.52);
  CHECK(extent.right < 0.52);
  CHECK(extent.top > -0.52);
  CHECK(extent.bottom < 0.52);
}

TEST_CASE("when a part flies away the camera stays with the scene") {
  const auto model = scene(R"(<worldbody>
    <body><freejoint/><geom type="box" size=".1 .1 .1"/></body></worldbody>)");
  auto frames = run(*model, 0.001, 1);
  const Camera still = fit_camera(*model, frames);
  frames.push_back(frames.front());
  frames.back().state[0] = 1e6;
  const Camera far = fit_camera(*model, frames);
  CHECK(far.distance_m < 10 * still.distance_m);
  CHECK(norm(far.target_m) < 1);
  frames.back().state[0] = 1e300;
  CHECK(std::isfinite(fit_camera(*model, frames).distance_m));
}

TEST_CASE("a ball that falls far onto a floor is in the picture at both ends") {
  if (rendering_missing()) return;
  const auto model = scene(R"(<worldbody><light pos="0 0 3"/><geom type="plane" size="5 5 .1"/>
    <body pos="0 0 1"><freejoint/><geom type="sphere" size=".02"/></body></worldbody>)");
  const auto frames = run(*model, 0.6, 12);
  const Extent extent = extent_over(model, fit_camera(*model, frames), frames, 320, 240);
  CHECK(extent.inside());
  CHECK(extent.largest() > 0.5);
}

TEST_CASE(
    "fixed parts among the moving ones are in the picture, a large building around them is not") {
  const auto pile = [](const std::string& fixed) {
    return scene("<worldbody>" + fixed +
                 R"(<body pos="0 0 .1"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
      </worldbody>)");
  };
  const double alone = fit_camera(*pile(""), {}).distance_m;
  CHECK(fit_camera(*pile(R"(<geom type="box" pos=".15 0 .1" size=".05 .1 .1"/>)"), {}).distance_m >
        1.05 * alone);
  CHECK(fit_camera(*pile(R"(<geom type="box" pos="50 0 0" size="20 20 20"/>)"), {}).distance_m ==
        alone);
}

TEST_CASE("a scene in which nothing moves, or nothing is, still has a camera") {
  const Camera fixed = fit_camera(
      *scene("<worldbody><geom type=\"box\" size=\"1 2 3\" pos=\"10 0 0\"/></worldbody>"), {});
  CHECK(fixed.target_m.x == doctest::Approx(10).epsilon(0.1));
  CHECK(fixed.distance_m > 5);
  CHECK(fit_camera(*scene("<worldbody/>"), {}).distance_m > 0);
}

TEST_CASE("the direction is the caller's, else the model's own, else from front right above") {
  const std::string body = "<worldbody><body><freejoint/><geom size=\".1\"/></body></worldbody>";
  const Camera usual = fit_camera(*scene(body), {});
  CHECK(usual.azimuth_deg == 135);
  CHECK(usual.elevation_deg == -25);
  const auto stated = scene("<visual><global azimuth=\"60\" elevation=\"-10\"/></visual>" + body);
  CHECK(fit_camera(*stated, {}).azimuth_deg == 60);
  CHECK(fit_camera(*stated, {}).elevation_deg == -10);
  CameraFitOptions options;
  options.azimuth_deg = 5;
  CHECK(fit_camera(*stated, {}, options).azimuth_deg == 5);
}

TEST_CASE("24 previews: 8 directions at 3 heights, each with the parts inside the picture") {
  if (rendering_missing()) return;
  const auto model = sized_scene(1);
  const auto frames = run(*model, 0.001, 1);
  CameraFitOptions options;
  options.aspect = 1;
  const auto cameras = preview_cameras(*model, frames, options);
  REQUIRE(cameras.size() == 24);
  CHECK(cameras[0].azimuth_deg == 0);
  CHECK(cameras[0].elevation_deg == -15);
  CHECK(cameras[9].azimuth_deg == 45);
  CHECK(cameras[9].elevation_deg == -45);
  CHECK(cameras[23].azimuth_deg == 315);
  CHECK(cameras[23].elevation_deg == -75);
  Renderer renderer(model, {.width = 128, .height = 128, .quality = Quality::Draft});
  renderer.show(frames.front());
  for (const Camera& camera : cameras) {
    renderer.set_camera(camera);
    const Extent extent = extent_of(*model, renderer.segmentation());
    CHECK(extent.inside());
    CHECK(extent.largest() > 0.5);
  }
}

TEST_CASE("impossible options are refused") {
  const auto model = sized_scene(1);
  const auto refused = [&](const CameraFitOptions& options) {
    CHECK_THROWS_AS(fit_camera(*model, {}, options), durasim::InvalidArgument);
    CHECK_THROWS_AS(preview_cameras(*model, {}, options), durasim::InvalidArgument);
  };
  refused({.azimuth_deg = std::numeric_limits<double>::infinity()});
  refused({.elevation_deg = 91});
  refused({.margin = 1});
  refused({.margin = std::numeric_limits<double>::quiet_NaN()});
  refused({.aspect = 0});
}

TEST_CASE("samples of a recording hold its first and its last frame") {
  const durasim_test::TemporaryFolder folder;
  const auto model = sized_scene(1);
  TrajectoryRecorder recorder(folder.file("a.traj"), *model, 100);
  durasim_test::record_run(*model, 0.5, recorder);
  recorder.finish();
  const TrajectoryReader reader(folder.file("a.traj"), *model);
  const auto frames = sample_frames(reader, 12);
  REQUIRE(frames.size() == 12);
  CHECK(frames.front().step == reader.frame(0).step);
  CHECK(frames.back().step == reader.frame(reader.frame_count() - 1).step);
  CHECK(sample_frames(reader, 10'000).size() == static_cast<std::size_t>(reader.frame_count()));
}
