// The renderer: pixels, distances and ids that can be told in advance, and machines that cannot
// render.
#include "durasim/sim/renderer.hpp"

#include "durasim/core/error.hpp"

#include "sim/recorded_run.hpp"
#include "sim/renderer_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <set>
#include <thread>

namespace {

using namespace durasim::sim;
using durasim_test::contains;
using durasim_test::Data;
using durasim_test::falling_scene;
using durasim_test::message_of;
using durasim_test::rendering_missing;
using durasim_test::scene;

const RendererOptions kSmall{.width = 160, .height = 120, .quality = Quality::Draft};
// Straight down on the origin from 2 m.
const Camera kFromAbove{
    .target_m = {}, .distance_m = 2, .azimuth_deg = 90, .elevation_deg = -90, .name = {}};

std::array<int, 3> pixel(const Image& image, int x, int y) {
  const auto at = 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                       static_cast<std::size_t>(x));
  return {image.rgb.at(at), image.rgb.at(at + 1), image.rgb.at(at + 2)};
}

double mean(const Image& image) {
  double sum = 0;
  for (const std::uint8_t value : image.rgb) sum += value;
  return sum / static_cast<double>(image.rgb.size());
}

int at(const std::vector<std::int32_t>& ids, int width, int x, int y) {
  return ids.at(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                static_cast<std::size_t>(x));
}

}  // namespace

TEST_CASE("the probe says which OpenGL draws, or why none does") {
  const RenderingProbe probe = probe_rendering();
  CHECK(probe.ok == !probe.backend.empty());
  CHECK(probe.ok == probe.reason.empty());
  if (probe.ok) CHECK(contains(probe.backend, "EGL"));
  MESSAGE("rendering: " << probe.backend << probe.reason);
}

TEST_CASE("without OpenGL there is a reason and an exception, and the process goes on") {
  const RenderingProbe probe = probe_rendering("libno-such-egl.so.1");
  CHECK_FALSE(probe.ok);
  CHECK(contains(probe.reason, "libno-such-egl.so.1"));
  RendererOptions options = kSmall;
  options.egl_library = "libno-such-egl.so.1";
  CHECK_THROWS_AS(Renderer(falling_scene(), options), durasim::UnavailableError);
  options.egl_library = "libm.so.6";  // a library, but not EGL
  CHECK(contains(message_of<durasim::UnavailableError>([&] { Renderer(falling_scene(), options); }),
                 "eglGetProcAddress"));
}

TEST_CASE("a model cannot ask for more slices and quads than a machine can draw") {
  const auto hungry = scene(
      R"(<visual><quality numslices="1000000000" numstacks="1000000000" numquads="1000000000"/></visual>
      <worldbody><body><freejoint/><geom size=".1"/></body></worldbody>)");
  const auto modest = scene(
      R"(<visual><quality numslices="5" numstacks="-3" numquads="0"/></visual>
      <worldbody><body><freejoint/><geom size=".1"/></body></worldbody>)");
  for (const Quality quality : {Quality::Draft, Quality::Full}) {
    RendererOptions options = kSmall;
    options.quality = quality;
    mjModel view = *hungry->get();
    apply_preset(view, options);
    REQUIRE(view.vis.quality.numslices == 256);
    REQUIRE(view.vis.quality.numstacks == 256);
    REQUIRE(view.vis.quality.numquads == 64);
    view = *modest->get();
    apply_preset(view, options);
    CHECK(view.vis.quality.numslices == (quality == Quality::Full ? 64 : 5));
    CHECK(view.vis.quality.numstacks == (quality == Quality::Full ? 32 : 1));
    CHECK(view.vis.quality.numquads == 1);
  }
  if (rendering_missing()) return;
  Renderer renderer(hungry, kSmall);
  renderer.set_camera(kFromAbove);
  const Data run(*hungry);
  CHECK(mean(renderer.render(*run.data)) > 0);
}

TEST_CASE("an EGL device that does not exist is refused by number") {
  if (rendering_missing()) return;
  ::setenv("MUJOCO_EGL_DEVICE_ID", "99", 1);
  const std::string reason = probe_rendering().reason;
  ::setenv("MUJOCO_EGL_DEVICE_ID", "nonsense", 1);
  const std::string other = probe_rendering().reason;
  ::unsetenv("MUJOCO_EGL_DEVICE_ID");
  CHECK(contains(reason, "MUJOCO_EGL_DEVICE_ID is 99"));
  CHECK(contains(other, "MUJOCO_EGL_DEVICE_ID is nonsense"));
  CHECK(probe_rendering().ok);
}

TEST_CASE("a shining colour comes out as it went in") {
  if (rendering_missing()) return;
  const auto model = scene(R"(
    <asset><material name="m" rgba=".2 1 .4 1" emission="1" specular="0"/></asset>
    <visual><headlight ambient="0 0 0" diffuse="0 0 0" specular="0 0 0"/></visual>
    <worldbody><light diffuse="0 0 0" specular="0 0 0"/><geom type="box" size="3 3 .1" material="m"/></worldbody>)");
  for (const Quality quality : {Quality::Draft, Quality::Full}) {
    RendererOptions options = kSmall;
    options.quality = quality;
    Renderer renderer(model, options);
    renderer.set_camera(kFromAbove);
    const Image image = renderer.image();
    CHECK(image.width == 160);
    CHECK(image.height == 120);
    for (const auto& [x, y] : {std::pair{80, 60}, std::pair{0, 0}, std::pair{159, 119}}) {
      const auto [r, g, b] = pixel(image, x, y);
      CHECK(std::abs(r - 51) <= 1);
      CHECK(g == 255);
      CHECK(std::abs(b - 102) <= 1);
    }
  }
}

TEST_CASE("left is left and up is up") {
  if (rendering_missing()) return;
  // From above with north (+y) at the top: a red box in the north-east.
  const auto model = scene(R"(<worldbody><light pos="0 0 3"/>
    <geom type="box" pos=".4 .4 0" size=".1 .1 .1" rgba="1 0 0 1"/></worldbody>)");
  Renderer renderer(model, kSmall);
  renderer.set_camera(kFromAbove);
  const SegmentationImage ids = renderer.segmentation();
  for (int y = 0; y < ids.height; ++y) {
    for (int x = 0; x < ids.width; ++x) {
      if (at(ids.geom_id, ids.width, x, y) != 0) continue;
      CHECK(x > 80);
      CHECK(y < 60);
    }
  }
  const Image image = renderer.image();
  const auto [r, g, b] = pixel(image, 80 + 29, 60 - 29);
  CHECK(r > 2 * g);
  CHECK(r > 2 * b);
}

TEST_CASE("pictures for encoders are the same rows from the bottom up") {
  if (rendering_missing()) return;
  Renderer renderer(falling_scene(), kSmall);
  const Image image = renderer.image();
  std::vector<std::uint8_t> bottom_up(image.rgb.size());
  renderer.image_into(bottom_up);
  constexpr std::size_t row = std::size_t{3} * 160;
  for (std::size_t y = 0; y < 120; ++y) {
    CHECK(std::memcmp(image.rgb.data() + row * y, bottom_up.data() + row * (119 - y), row) == 0);
  }
  CHECK_THROWS_AS(renderer.image_into(std::span(bottom_up).first(100)), durasim::InvalidArgument);
}

TEST_CASE(
    "the same state gives the same bytes: twice, in a second renderer, and on other threads") {
  if (rendering_missing()) return;
  const auto model = falling_scene();
  Renderer renderer(model, kSmall);
  const Image first = renderer.image();
  CHECK(renderer.image().rgb == first.rgb);
  (void)renderer.depth();
  (void)renderer.segmentation();
  CHECK(renderer.image().rgb == first.rgb);
  CHECK(Renderer(model, kSmall).image().rgb == first.rgb);
  std::array<Image, 2> images;
  std::vector<std::thread> threads;
  threads.reserve(images.size());
  for (Image& image : images) {
    threads.emplace_back([&image, &model] {
      Renderer own(model, kSmall);
      for (int i = 0; i < 3; ++i) image = own.image();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(images[0].rgb == first.rgb);
  CHECK(images[1].rgb == first.rgb);
  CHECK(renderer.image().rgb == first.rgb);
}

TEST_CASE(
    "renderers of different sizes live side by side, larger than MuJoCo's default buffer too") {
  if (rendering_missing()) return;
  const auto model = falling_scene();
  Renderer small(model, {.width = 16, .height = 16, .quality = Quality::Draft});
  Renderer large(model, {.width = 1300, .height = 900, .quality = Quality::Draft});
  CHECK(small.image().rgb.size() == 3U * 16 * 16);
  CHECK(large.image().rgb.size() == 3U * 1300 * 900);
  CHECK(small.image().width == 16);
  CHECK(large.image().height == 900);
}

TEST_CASE("odd and absurd sizes are refused with the reason") {
  const auto model = falling_scene();
  const auto refuse = [&](int width, int height) {
    return message_of<durasim::InvalidArgument>(
        [&] { Renderer(model, {.width = width, .height = height}); });
  };
  CHECK(contains(refuse(641, 480), "642x480"));
  CHECK(contains(refuse(0, 480), "16 to 8192"));
  CHECK(contains(refuse(640, -2), "16 to 8192"));
  CHECK(contains(refuse(100'000, 100'000), "16 to 8192"));
}

TEST_CASE("the distance of a floor is its distance, in the middle and in the corners") {
  if (rendering_missing()) return;
  const auto model = scene(R"(<worldbody><light pos="0 0 3"/><geom type="plane" size="9 9 .1"/>
    <geom type="box" pos="0 0 .25" size=".2 .2 .25"/></worldbody>)");
  for (const Quality quality : {Quality::Draft, Quality::Full}) {
    RendererOptions options = kSmall;
    options.quality = quality;
    Renderer renderer(model, options);
    renderer.set_camera(kFromAbove);
    const DepthImage depth = renderer.depth();
    REQUIRE(depth.depth_m.size() == 160U * 120);
    CHECK(double{depth.depth_m.front()} == doctest::Approx(2).epsilon(1e-4));
    CHECK(double{depth.depth_m.back()} == doctest::Approx(2).epsilon(1e-4));
    CHECK(double{depth.depth_m.at(60 * 160 + 80)} == doctest::Approx(1.5).epsilon(1e-4));
  }
}

TEST_CASE("where nothing is, the distance is infinite") {
  if (rendering_missing()) return;
  Renderer renderer(scene("<worldbody><geom size=\".1\"/></worldbody>"), kSmall);
  renderer.set_camera(kFromAbove);
  const DepthImage depth = renderer.depth();
  CHECK(std::isinf(depth.depth_m.front()));
  CHECK(double{depth.depth_m.at(60 * 160 + 80)} == doctest::Approx(1.9).epsilon(1e-3));
}

TEST_CASE("a part of a few millimetres over a wide floor is not clipped away") {
  if (rendering_missing()) return;
  const auto model = scene(R"(<worldbody><light pos="0 0 1"/>
    <geom type="box" size="5 5 .1" pos="0 0 -.1"/>
    <body pos="0 0 .002"><freejoint/><geom name="pin" type="box" size=".002 .002 .002"/></body></worldbody>)");
  Renderer renderer(model, kSmall);  // the first camera is fitted to what moves
  const SegmentationImage ids = renderer.segmentation();
  CHECK(std::ranges::count(ids.geom_id, mj_name2id(model->get(), mjOBJ_GEOM, "pin")) >
        160 * 120 / 20);
}

TEST_CASE("segmentation names the geoms of the model, and only those that are seen") {
  if (rendering_missing()) return;
  const auto model = scene(R"(<worldbody><light pos="0 0 3"/>
    <geom name="hidden" type="box" pos="0 0 -1" size=".05 .05 .05"/>
    <geom name="left" type="box" pos="-.3 0 0" size=".2 .2 .1"/>
    <geom name="right" type="sphere" pos=".3 0 0" size=".2"/>
    <geom name="cover" type="box" pos="0 0 -.5" size=".1 .1 .1"/></worldbody>)");
  Renderer renderer(model, kSmall);
  renderer.set_camera(kFromAbove);
  const SegmentationImage ids = renderer.segmentation();
  const auto id_at = [&](int x, int y) { return at(ids.geom_id, 160, x, y); };
  const auto id = [&](const char* name) { return mj_name2id(model->get(), mjOBJ_GEOM, name); };
  CHECK(id_at(80 - 22, 60) == id("left"));
  CHECK(id_at(80 + 22, 60) == id("right"));
  CHECK(id_at(0, 0) == -1);
  CHECK(std::set<int>(ids.geom_id.begin(), ids.geom_id.end()) ==
        std::set<int>{-1, id("left"), id("right"), id("cover")});
}

TEST_CASE("a frame and the data that it was taken from look the same, and data is not changed") {
  if (rendering_missing()) return;
  const auto model = falling_scene();
  const Data run(*model);
  durasim_test::advance(*model, run.data, 150);
  mj_forward(model->get(), run.data);
  Renderer renderer(model, kSmall);
  const Image start = renderer.image();
  const TrajectoryFrame before = capture_frame(*model, *run.data, 150);
  const Image from_data = renderer.render(*run.data);
  const TrajectoryFrame after = capture_frame(*model, *run.data, 150);
  CHECK(before.state == after.state);
  const Image from_frame = renderer.render(before);
  CHECK(from_frame.rgb == from_data.rgb);
  CHECK(from_frame.rgb != start.rgb);
}

TEST_CASE("parts that sleep are drawn where the frame says") {
  if (rendering_missing()) return;
  const auto model = scene(R"(<option><flag sleep="enable"/></option>
    <worldbody><light pos="0 0 3"/><geom type="plane" size="5 5 .1"/>
    <body pos="0 0 .1" sleep="init"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
    </worldbody>)");
  const Data run(*model);
  REQUIRE(run.data->nbody_awake < model->get()->nbody);
  TrajectoryFrame frame = capture_frame(*model, *run.data, 0);
  Renderer renderer(model, kSmall);
  const Image asleep = renderer.render(*run.data);
  frame.state[2] += 0.3;  // up
  const Image raised = renderer.render(frame);
  CHECK(raised.rgb != asleep.rgb);
}

TEST_CASE("frames of another model and frames that are not finite are refused") {
  if (rendering_missing()) return;
  const auto model = falling_scene();
  const Data run(*model);
  Renderer renderer(model, kSmall);
  TrajectoryFrame frame = capture_frame(*model, *run.data, 3);
  frame.state.pop_back();
  CHECK(contains(message_of<durasim::InvalidArgument>([&] { renderer.show(frame); }), "step 3"));
  frame.state.push_back(std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(renderer.show(frame), durasim::InvalidArgument);
  frame.state.back() = 0;
  frame.signature = ~0U;
  CHECK_THROWS_AS(renderer.show(frame), durasim::InvalidArgument);
}

TEST_CASE("the model's own cameras are found by name, and another name lists them") {
  if (rendering_missing()) return;
  const auto model = scene(R"(<worldbody><light pos="0 0 3"/><geom type="plane" size="9 9 .1"/>
    <camera name="top" pos="0 0 3"/><camera name="side" pos="2 0 1" xyaxes="0 1 0 0 0 1"/></worldbody>)");
  CHECK(camera_names(*model) == std::vector<std::string>{"top", "side"});
  Renderer renderer(model, kSmall);
  Camera camera;
  camera.name = "top";
  renderer.set_camera(camera);
  CHECK(double{renderer.depth().depth_m.front()} == doctest::Approx(3).epsilon(1e-3));
  camera.name = "front";
  CHECK(contains(message_of<durasim::InvalidArgument>([&] { renderer.set_camera(camera); }),
                 "top, side"));
  camera = kFromAbove;
  camera.distance_m = -1;
  CHECK_THROWS_AS(renderer.set_camera(camera), durasim::InvalidArgument);
  camera.distance_m = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(renderer.set_camera(camera), durasim::InvalidArgument);
}

TEST_CASE("a scene without light and sky is well lit, with shadows, and can be left dark") {
  if (rendering_missing()) return;
  const auto model = scene(R"(<worldbody><geom type="plane" size="2 2 .1" rgba=".7 .7 .7 1"/>
    <body pos="0 0 .6"><freejoint/><geom type="box" size=".2 .2 .2" rgba=".7 .7 .7 1"/></body></worldbody>)");
  RendererOptions options = kSmall;
  const double lit = mean(Renderer(model, options).image());
  CHECK(lit > 90);
  CHECK(lit < 235);
  options.studio = false;
  CHECK(mean(Renderer(model, options).image()) < 0.7 * lit);
  // The box's shadow: the floor is not all of one brightness.
  options.studio = true;
  Renderer renderer(model, options);
  renderer.set_camera(
      {.target_m = {}, .distance_m = 3, .azimuth_deg = 90, .elevation_deg = -60, .name = {}});
  const Image image = renderer.image();
  const SegmentationImage ids = renderer.segmentation();
  int darkest = 255;
  int brightest = 0;
  for (std::size_t i = 0; i < ids.geom_id.size(); ++i) {
    if (ids.geom_id[i] != 0) continue;
    darkest = std::min(darkest, int{image.rgb[3 * i]});
    brightest = std::max(brightest, int{image.rgb[3 * i]});
  }
  CHECK(darkest < 0.75 * brightest);
}

TEST_CASE("the model is left as it was") {
  if (rendering_missing()) return;
  const auto model = falling_scene();
  std::array<std::byte, sizeof(mjVisual)> before{};
  std::memcpy(before.data(), &model->get()->vis, before.size());
  const mjtSize textures = model->get()->ntex;
  Renderer renderer(model, kSmall);
  (void)renderer.image();
  CHECK(std::memcmp(before.data(), static_cast<const void*>(&model->get()->vis), before.size()) ==
        0);
  CHECK(model->get()->ntex == textures);
}

TEST_CASE("another thread may not use a renderer, but may destroy it") {
  if (rendering_missing()) return;
  auto renderer = std::make_unique<Renderer>(falling_scene(), kSmall);
  bool refused = false;
  std::thread([&] {
    try {
      (void)renderer->image();
    } catch (const durasim::LogicError&) {
      refused = true;
    }
    renderer.reset();
  }).join();
  CHECK(refused);
}

TEST_CASE("many renderers one after the other leave nothing behind that stops the next") {
  if (rendering_missing()) return;
  const auto model = falling_scene();
  const Image first = Renderer(model, kSmall).image();
  for (int i = 0; i < 8; ++i) CHECK(Renderer(model, kSmall).image().rgb == first.rgb);
}

TEST_CASE("every model of the test data is drawn, in draft and in full quality") {
  if (rendering_missing()) return;
  RendererOptions options = kSmall;
  for (const char* name : {"balloons", "car", "carousel", "dominos", "humanoid", "newton_cradle",
                           "slider_crank", "stonehenge"}) {
    const auto model = durasim_test::foreign_scene(name);
    if (!model) return;
    CAPTURE(name);
    options.quality = options.quality == Quality::Draft ? Quality::Full : Quality::Draft;
    const Image image = Renderer(model, options).image();
    CHECK(mean(image) > 15);
    CHECK(mean(image) < 245);
  }
}
