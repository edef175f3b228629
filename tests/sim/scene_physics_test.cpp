// Physics of scenes that the builder made: its contact numbers, friction rule and exclusions have
// to do in the simulation what they promise.
#include "durasim/sim/loop.hpp"
#include "durasim/sim/mjcf_builder.hpp"

#include "geometry/meshes.hpp"
#include "sim/arrays.hpp"

#include <doctest/doctest.h>
#include <mujoco/mujoco.h>

#include <cmath>
#include <numbers>
#include <vector>

using namespace durasim;
using namespace durasim::sim;
using geometry::Quat;
using geometry::Vec3;

namespace {

// A run of a scene, with the parts' bodies by name.
class SceneRun {
 public:
  SceneRun(const Assembly& assembly, const SceneOptions& options, Seconds duration)
      : scene_(MjcfBuilder(options).build(assembly)),
        loop_(compile(scene_), {.duration = duration}) {}

  SimulationLoop& loop() { return loop_; }
  const BuiltScene& scene() const { return scene_; }
  int body(const char* name) const { return mj_name2id(model_->get(), mjOBJ_BODY, name); }
  Vec3 com(const char* name) const {
    return sim::vec(loop_.data()->xipos + sim::at(body(name), 3));
  }
  // The mjData is MuJoCo's; tests set the start velocity of a free body through a controller of
  // step 0.
  void throw_at_start(const char* name, const Vec3& velocity) {
    const int dof = model_->get()->body_dofadr[body(name)];
    loop_.set_controller([=](ControllerContext c) {
      if (c.step != 0) return;
      c.data->qvel[dof] = velocity.x;
      c.data->qvel[dof + 1] = velocity.y;
      c.data->qvel[dof + 2] = velocity.z;
    });
  }

 private:
  const std::shared_ptr<const Model>& compile(const BuiltScene& scene) {
    REQUIRE(scene.ok());
    model_ = Model::compile(scene.source);
    return model_;
  }

  std::shared_ptr<const Model> model_;
  BuiltScene scene_;
  SimulationLoop loop_;
};

struct Throw {
  double lowest_m = 1;  // of the centre of mass
  double last_m = 1;
};

// The part "thrown" goes down at `speed` onto a fixed sheet of `thickness` whose top is at z = 0.
Throw throw_down(Assembly assembly, double thickness, double speed) {
  assembly.add_box("sheet", {0.3, 0.3, thickness},
                   {.pose = {{0, 0, -thickness / 2}, {}}, .mobility = Mobility::Fixed});
  SceneRun run(assembly, {.floor = {.present = false}}, Seconds(0.15));
  run.throw_at_start("thrown", {0, 0, -speed});
  Throw result;
  while (!run.loop().advance(1)) result.lowest_m = std::min(result.lowest_m, run.com("thrown").z);
  result.last_m = run.com("thrown").z;
  return result;
}

void check_stopped(const Assembly& assembly, double thickness, double speed) {
  CAPTURE(thickness);
  CAPTURE(speed);
  const Throw result = throw_down(assembly, thickness, speed);
  CHECK(result.lowest_m > -thickness / 2);
  CHECK(result.last_m > 0);
}

}  // namespace

TEST_CASE("M11 a 20 mm ball never passes a plate: 25 cases") {
  for (const double thickness : {0.001, 0.002, 0.005, 0.010, 0.020}) {
    for (const double speed : {0.5, 1.0, 2.0, 3.0, 5.0}) {
      Assembly a;
      a.add_sphere("thrown", 0.010, {.pose = {{0, 0, 0.03}, {}}});
      check_stopped(a, thickness, speed);
    }
  }
}

TEST_CASE("M11 a 4 mm ball never passes a thin sheet: 16 cases") {
  for (const double thickness : {0.0005, 0.001, 0.002, 0.005}) {
    for (const double speed : {0.5, 1.0, 2.0, 5.0}) {
      Assembly a;
      a.add_sphere("thrown", 0.002, {.pose = {{0, 0, 0.01}, {}}});
      check_stopped(a, thickness, speed);
    }
  }
}

TEST_CASE("M11 a washer of 1 mm stops on a sheet of 1 mm at 1, 5 and 20 m/s") {
  for (const double speed : {1.0, 5.0, 20.0}) {
    Assembly a;
    a.add_cylinder("thrown", 0.006, 0.001, {.pose = {{0, 0, 0.02}, {}}});
    check_stopped(a, 0.001, speed);
  }
}

TEST_CASE("a cube of 1 mm sinks at most a hundredth of its size into the floor") {
  Assembly a;
  a.add_box("cube", {0.001, 0.001, 0.001}, {.pose = {{0, 0, 0.0005}, {}}});
  SceneRun run(a, {}, Seconds(1));
  REQUIRE(run.loop().run().has_value());
  CHECK(run.com("cube").z > 0.0005 - 1e-5);
  CHECK(run.com("cube").z < 0.0005 + 1e-5);
}

TEST_CASE("on an incline of 20 degrees PTFE slides with g (sin - mu cos) and rubber holds") {
  const double angle = 20.0 / 180 * std::numbers::pi;
  const Quat tilt{std::cos(angle / 2), 0, std::sin(angle / 2), 0};  // +x points down the slope
  const double mu = pair_friction(*find_material("ptfe"), *find_material("steel"));
  for (const auto& [material, slides] : {std::pair{"ptfe", true}, std::pair{"rubber", false}}) {
    CAPTURE(material);
    Assembly a;
    a.add_box("ramp", {2, 0.2, 0.02},
              {.pose = {{}, tilt}, .material = "steel", .mobility = Mobility::Fixed});
    const Vec3 start = rotate(tilt, Vec3{-0.8, 0, 0.01 + 0.01});
    a.add_box("slider", {0.04, 0.04, 0.02}, {.pose = {start, tilt}, .material = material});
    SceneRun run(a, {.floor = {.present = false}}, Seconds(0.6));
    REQUIRE(run.loop().run().has_value());
    const double way = norm(run.com("slider") - start);
    const double expected = 0.5 * 9.81 * (std::sin(angle) - mu * std::cos(angle)) * 0.36;
    if (slides)
      CHECK(way == doctest::Approx(expected).epsilon(0.03));
    else
      CHECK(way < 0.002);
  }
}

TEST_CASE("M7 a screw in its hole does not explode by default, and stays together when rigid") {
  Assembly a;
  a.add_box("plate", {0.06, 0.06, 0.01},
            {.pose = {{0, 0, 0.055}, {}}, .mobility = Mobility::Fixed});
  a.add_cylinder("screw", 0.004, 0.03, {.pose = {{0, 0, 0.055}, {}}, .material = "steel"});
  SceneRun free(a, {.floor = {.height_m = 0}}, Seconds(0.5));
  REQUIRE(free.loop().run().has_value());
  CHECK(free.loop().verdict()->code == ReasonCode::Stable);
  CHECK(free.loop().metrics().max_speed_m_s < 2);  // it falls out; nothing throws it
  a.part("plate").mobility = Mobility::Free;
  SceneRun rigid(a, {.floor = {.height_m = 0}, .rigid = true}, Seconds(0.5));
  REQUIRE(rigid.loop().run().has_value());
  CHECK(rigid.loop().verdict()->code == ReasonCode::Stable);
  CHECK(rigid.loop().metrics().max_speed_m_s < 2);
}

TEST_CASE("parts that overlap and are kept are pushed apart: the warning tells the truth") {
  Assembly a;
  a.add_box("plate", {0.06, 0.06, 0.01}, {.mobility = Mobility::Fixed});
  a.add_box("block", {0.02, 0.02, 0.02}, {.pose = {{0, 0, 0.012}, {}}});
  SceneRun run(a, {.floor = {.present = false}, .overlap = OverlapPolicy::Keep}, Seconds(0.3));
  REQUIRE(run.loop().run().has_value());
  CHECK(run.com("block").z > 0.0149);
}

TEST_CASE("a concave part rests on its hull where its own shape says") {
  Assembly a;
  a.add("angle", testing_meshes::l_profile(0.08, 0.01, 0.03));
  SceneRun run(a, {}, Seconds(1));
  run.loop().advance(1);
  const Vec3 start = run.com("angle");
  REQUIRE(run.loop().run().has_value());
  CHECK(norm(run.com("angle") - start) < 1e-3);  // it stands on its foot
}
