// Which geometry touches a zone: against MuJoCo's own distances, formulas, and by a micrometre.
#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <array>
#include <cmath>
#include <random>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

// Whether the one moving body of `model` touches `box` at the start.
bool touches(const std::shared_ptr<const Model>& model, const geometry::Box& box) {
  SimulationLoop loop(model, with_zones({{ZoneKind::Forbid, "wall", box}}));
  return loop.run()->code == ReasonCode::ForbidZoneHit;
}

// The largest x of the one geom, by formula: the support of its shape along x.
double reach_along_x(const mjModel& model) {
  mjData* d = mj_makeData(&model);
  mj_kinematics(&model, d);
  const double* r = d->geom_xmat;  // its first row is x in the geom's axes
  const double* s = model.geom_size;
  double reach = 0;
  switch (model.geom_type[0]) {
    case mjGEOM_BOX:
      reach = s[0] * std::abs(r[0]) + s[1] * std::abs(r[1]) + s[2] * std::abs(r[2]);
      break;
    case mjGEOM_CAPSULE:
      reach = s[0] + s[1] * std::abs(r[2]);
      break;
    case mjGEOM_CYLINDER:
      reach = s[0] * std::hypot(r[0], r[1]) + s[1] * std::abs(r[2]);
      break;
    case mjGEOM_ELLIPSOID:
      reach = std::hypot(s[0] * r[0], s[1] * r[1], s[2] * r[2]);
      break;
    default:
      for (int i = 0; i < model.nmeshvert; ++i) {
        const float* v = model.mesh_vert + 3 * static_cast<std::ptrdiff_t>(i);
        reach = std::max(reach, r[0] * v[0] + r[1] * v[1] + r[2] * v[2]);
      }
  }
  reach += d->geom_xpos[0];
  mj_deleteData(d);
  return reach;
}

const std::string kOctahedronAsset =
    R"(<asset><mesh name="m" vertex="1 0 0 -1 0 0 0 1 0 0 -1 0 0 0 1 0 0 -1" scale=".3 .2 .4"/></asset>)";

}  // namespace

TEST_CASE(
    "every kind of geometry touches a zone exactly where MuJoCo's own distance is zero (L4, L5)") {
  const geometry::Box box{{-0.3, -0.2, -0.1}, {0.3, 0.2, 0.1}};
  const std::array<std::string, 6> geoms{
      R"(type="sphere" size=".2")",          R"(type="capsule" size=".1 .3")",
      R"(type="ellipsoid" size=".1 .2 .3")", R"(type="cylinder" size=".15 .3")",
      R"(type="box" size=".1 .2 .3")",       R"(type="mesh" mesh="m")"};
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> place(-0.75, 0.75);
  std::normal_distribution<double> turn;
  for (const std::string& geom : geoms) {
    CAPTURE(geom);
    int inside = 0;
    for (int i = 0; i < 150; ++i) {
      const std::string pose =
          fmt::format(R"(pos="{} {} {}" quat="{} {} {} {}")", place(random), place(random),
                      place(random), turn(random), turn(random), turn(random), turn(random));
      const auto model = compile(
          fmt::format(
              R"({}<worldbody><geom name="zone" type="box" size=".3 .2 .1" contype="0" conaffinity="0"/>
        <body {}><freejoint/><geom name="part" {}/></body></worldbody>)",
              kOctahedronAsset, pose, geom),
          kWeightless);
      const mjModel* m = model->get();
      mjData* d = mj_makeData(m);
      mj_kinematics(m, d);
      const double distance = mj_geomDistance(m, d, mj_name2id(m, mjOBJ_GEOM, "zone"),
                                              mj_name2id(m, mjOBJ_GEOM, "part"), 1, nullptr);
      mj_deleteData(d);
      if (std::abs(distance) < 1e-5) continue;  // the oracle is an iteration too
      CAPTURE(pose);
      CAPTURE(distance);
      CHECK(touches(model, box) == (distance < 0));
      inside += distance < 0 ? 1 : 0;
    }
    CHECK(inside > 10);
    CHECK(inside < 140);
  }
}

TEST_CASE("a small body in the corner of a zone is found (L4)") {
  const geometry::Box zone_box{{-1, -1, -0.1}, {1, 1, 0.1}};
  for (const double x : {-0.99, 0.99}) {
    for (const double y : {-0.99, 0.99}) {
      CHECK(touches(body_with(R"(<geom type="box" size=".01 .01 .01"/>)",
                              fmt::format("pos=\"{} {} .09\"", x, y)),
                    zone_box));
    }
  }
}

TEST_CASE("a face or an edge that crosses a zone without a vertex inside is found (L5)") {
  const geometry::Box zone_box{{-0.1, -0.1, -0.1}, {0.1, 0.1, 0.1}};
  const std::string plate = R"(<geom type="box" size="2 2 .01"/>)";
  CHECK(touches(body_with(plate), zone_box));
  const std::string rod = R"(<geom type="cylinder" size=".01 2"/>)";
  CHECK(touches(body_with(rod, R"(euler="45 45 0")"), zone_box));
  CHECK(touches(Model::compile({"<mujoco>" + kOctahedronAsset +
                                    R"(<worldbody><body pos=".25 .25 .25"><freejoint/>
    <geom type="mesh" mesh="m"/></body></worldbody></mujoco>)",
                                {}}),
                {{0, 0, 0}, {0.3, 0.3, 0.3}}));
}

TEST_CASE("touching counts and a micrometre of air does not (L12)") {
  for (const char* geom :
       {R"(<geom type="box" size=".1 .1 .1"/>)", R"(<geom type="sphere" size=".1"/>)",
        R"(<geom type="capsule" size=".1 .1" euler="0 90 0" pos="-.1 0 0"/>)",
        R"(<geom type="cylinder" size=".1 .1"/>)", R"(<geom type="ellipsoid" size=".1 .2 .3"/>)"}) {
    CAPTURE(std::string(geom));
    CHECK(touches(body_with(geom), {{0.1, -1, -1}, {2, 1, 1}}));
    CHECK_FALSE(touches(body_with(geom), {{0.100001, -1, -1}, {2, 1, 1}}));
  }
}

TEST_CASE("turned by any angle, half a micrometre decides between touching and not") {
  std::mt19937_64 random(11);
  std::normal_distribution<double> turn;
  for (const char* geom : {R"(type="box" size=".1 .2 .3")", R"(type="capsule" size=".1 .3")",
                           R"(type="cylinder" size=".1 .3")", R"(type="ellipsoid" size=".1 .2 .3")",
                           R"(type="mesh" mesh="m")"}) {
    CAPTURE(std::string(geom));
    for (int i = 0; i < 40; ++i) {
      const auto model = compile(
          kOctahedronAsset +
              fmt::format(
                  R"(<worldbody><body quat="{} {} {} {}"><freejoint/><geom {}/></body></worldbody>)",
                  turn(random), turn(random), turn(random), turn(random), geom),
          kWeightless);
      const double reach = reach_along_x(*model->get());
      CHECK(touches(model, {{reach - 5e-7, -1, -1}, {2, 1, 1}}));
      CHECK_FALSE(touches(model, {{reach + 5e-7, -1, -1}, {2, 1, 1}}));
    }
  }
}

TEST_CASE("geometry that only shows does not touch, unless the body has no other") {
  const std::string visual =
      R"(<geom type="box" size="1 1 1" contype="0" conaffinity="0" mass="1"/>)";
  const std::string solid = R"(<geom type="box" size=".1 .1 .1"/>)";
  const geometry::Box zone_box{{0.5, -1, -1}, {2, 1, 1}};
  CHECK_FALSE(touches(body_with(visual + solid), zone_box));
  CHECK(touches(body_with(visual), zone_box));
}

TEST_CASE("geometry that collides only in a <pair> touches too") {
  const auto model =
      compile(R"(<worldbody><geom name="floor" type="plane" size="5 5 1" pos="0 0 -3"/>
    <body><freejoint/><geom type="box" size=".01 .01 .01"/><geom name="arm" type="box" size="1 .1 .1" contype="0" conaffinity="0"/></body></worldbody>
    <contact><pair geom1="floor" geom2="arm"/></contact>)",
              kWeightless);
  CHECK(touches(model, {{0.9, -1, -1}, {2, 1, 1}}));
}

TEST_CASE("fixed bodies and the floor never touch a zone nor leave the bounds (L12)") {
  const auto model = compile(
      R"(<worldbody><geom type="plane" size="5 5 1"/><body name="wall" pos="5 0 0"><geom type="box" size="1 1 1"/></body>
    <body name="mocap" mocap="true"><geom size=".1"/></body>
    <body name="part" pos="0 0 .5"><freejoint/><geom size=".1"/></body></worldbody>)",
      kWeightless);
  SimulationLoop loop(model,
                      with_zones({zone(ZoneKind::Forbid, "f", {4, -1, -1}, {6, 1, 1}),
                                  zone(ZoneKind::Forbid, "g", {-0.1, -0.1, -0.1}, {0.1, 0.1, 0.1}),
                                  zone(ZoneKind::Bounds, "b", {-1, -1, 0.4}, {1, 1, 1})},
                                 0.1));
  CHECK(loop.run()->code == ReasonCode::Stable);
}

TEST_CASE("cloth and ropes touch a zone with their elements") {
  const auto model = compile(
      R"(<worldbody><flexcomp name="cloth" type="grid" count="3 3 1" spacing="1 1 1" dim="2" radius=".01" mass="1">
    <edge equality="true"/></flexcomp></worldbody>)",
      kWeightless);
  CHECK(touches(model, {{0.4, 0.2, -0.1}, {0.45, 0.25, 0.1}}));    // no vertex within 0.2 m
  CHECK(touches(model, {{0.4, 0.2, 0.0099}, {0.45, 0.25, 0.1}}));  // the radius belongs to it
  CHECK_FALSE(touches(model, {{0.4, 0.2, 0.0101}, {0.45, 0.25, 0.1}}));
  SimulationLoop loop(
      model, with_zones({zone(ZoneKind::Forbid, "flame", {0.4, 0.2, -0.1}, {0.45, 0.25, 0.1})}));
  CHECK(loop.run()->detail == "flex 'cloth' touches the forbidden zone 'flame'");
}
