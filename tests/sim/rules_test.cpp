// Zones, goals, motors and what is measured: each rule fires when it should, only then, and says
// who and where.
#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {}  // namespace

TEST_CASE("a forbidden zone ends the run and names body, zone and time") {
  SimulationLoop loop(ball_at("0 0 1"),
                      with_zones({zone(ZoneKind::Forbid, "lava", {-1, -1, -1}, {1, 1, 0})}, 5));
  const auto verdict = loop.run();
  CHECK(verdict->outcome == Outcome::Fail);
  CHECK(verdict->code == ReasonCode::ForbidZoneHit);
  CHECK(verdict->detail == "body 'ball' touches the forbidden zone 'lava'");
  CHECK(verdict->time.count() == doctest::Approx(std::sqrt(2 * 0.95 / 9.81)).epsilon(0.01));
  CHECK(to_string(verdict->code) == "FORBID_ZONE_HIT");
}

TEST_CASE("bounds are left when the centre of mass leaves them") {
  SimulationLoop loop(ball_at("0 0 1"),
                      with_zones({zone(ZoneKind::Bounds, "room", {-1, -1, 0}, {1, 1, 2})}, 5));
  const auto verdict = loop.run();
  CHECK(verdict->code == ReasonCode::OutOfBounds);
  CHECK(verdict->detail.starts_with("body 'ball' left 'room'"));
  CHECK(verdict->time.count() == doctest::Approx(std::sqrt(2 / 9.81)).epsilon(0.01));
}

TEST_CASE("a goal needs the centre of mass inside for the whole dwell time (L6)") {
  const auto model = body_with(R"(<geom type="box" size=".1 .1 .1"/>)");
  auto options = with_zones({zone(ZoneKind::Goal, "bin", {0.5, -1, -1}, {2, 1, 1})}, 5);
  const auto moving_in = [](const ControllerContext& c) { c.data->qvel[0] = 1; };
  SimulationLoop loop(model, options);
  loop.set_controller(moving_in);
  const auto verdict = loop.run();
  CHECK(verdict->outcome == Outcome::Success);
  CHECK(verdict->code == ReasonCode::GoalReached);
  CHECK(verdict->time.count() == doctest::Approx(0.5 + 0.5).epsilon(0.02));
  CHECK(verdict->detail == "the centre of mass of body 'part' has been in 'bin' for 0.5 s");

  options.goal = {.target = "part", .dwell = Seconds(0), .test = GoalTest::GeometryOverlap};
  SimulationLoop overlap(model, options);
  overlap.set_controller(moving_in);
  CHECK(overlap.run()->time.count() == doctest::Approx(0.4).epsilon(0.03));
}

TEST_CASE("a body that only passes through a goal has not reached it") {
  SimulationLoop loop(body_with("<geom size=\".1\"/>"),
                      with_zones({zone(ZoneKind::Goal, "gate", {0.5, -1, -1}, {0.6, 1, 1})}, 2));
  loop.set_controller([](const ControllerContext& c) {
    c.data->qvel[0] = std::sin(20 * c.time.count()) > -0.5 ? 1 : -1;
  });
  CHECK(loop.run()->code == ReasonCode::Timeout);
}

TEST_CASE("dwell times of two zones are not added up") {
  SimulationLoop loop(body_with("<geom size=\".1\"/>"),
                      with_zones({zone(ZoneKind::Goal, "a", {0.1, -1, -1}, {0.5, 1, 1}),
                                  zone(ZoneKind::Goal, "b", {0.5, -1, -1}, {0.9, 1, 1})},
                                 1.5));
  loop.set_controller([](const ControllerContext& c) { c.data->qvel[0] = 1; });
  CHECK(loop.run()->code == ReasonCode::Timeout);
}

TEST_CASE("without a target any free part may reach the goal, with one only that part") {
  const auto model = compile(R"(<worldbody><body name="a"><freejoint/><geom size=".1"/></body>
    <body name="b" pos="3 0 0"><freejoint/><geom size=".1"/></body></worldbody>)",
                             kWeightless);
  auto options = with_zones({zone(ZoneKind::Goal, "bin", {2, -1, -1}, {4, 1, 1})}, 1);
  SimulationLoop any(model, options);
  CHECK(any.run()->code == ReasonCode::GoalReached);
  CHECK(any.verdict()->detail.find("'b'") != std::string::npos);
  options.goal.target = "a";
  SimulationLoop one(model, options);
  CHECK(one.run()->code == ReasonCode::Timeout);
}

TEST_CASE("geometry far from its body's centre of mass reaches zones, and only those") {
  // One to three bodies: the last one carries a small ball 3 m from its centre of mass.
  for (int count = 1; count <= 3; ++count) {
    CAPTURE(count);
    std::string bodies;
    for (int i = 1; i < count; ++i) {
      bodies += R"(<body pos="0 )" + std::to_string(i) +
                R"( 0"><freejoint/><geom size=".1" mass="1"/></body>)";
    }
    bodies += R"(<body name="mace"><freejoint/><geom size=".1" mass="1"/>
      <geom size=".05" pos="3 0 0" mass="1e-6"/></body>)";
    const auto model = compile("<worldbody>" + bodies + "</worldbody>", kWeightless);
    for (const auto& [near_m, hit] : {std::pair{3.049, true}, {3.051, false}, {2.9, true}}) {
      const Zone lava = zone(ZoneKind::Forbid, "lava", {near_m, -.1, -.1}, {9, .1, .1});
      SimulationLoop loop(model, with_zones({lava}, 0.1));
      const auto verdict = loop.run();
      CHECK(verdict->code == (hit ? ReasonCode::ForbidZoneHit : ReasonCode::Stable));
      auto goal = with_zones({zone(ZoneKind::Goal, "bin", lava.box_m.min, lava.box_m.max)}, 0.1);
      goal.goal = {.target = "mace", .dwell = Seconds(0), .test = GoalTest::GeometryOverlap};
      CHECK((SimulationLoop(model, goal).run()->code == ReasonCode::GoalReached) == hit);
    }
  }
}

TEST_CASE("of any number of bodies the one that is too fast, or outside, is named") {
  for (int count = 1; count <= 4; ++count) {
    std::string bodies;
    for (int i = 0; i < count; ++i) {
      bodies += R"(<body name="b)" + std::to_string(i) + R"(" pos="0 )" + std::to_string(i) +
                R"( 0"><freejoint/><geom size=".1"/></body>)";
    }
    const auto model = compile("<worldbody>" + bodies + "</worldbody>", kWeightless);
    for (int moved = 0; moved < count; ++moved) {
      CAPTURE(count);
      CAPTURE(moved);
      const std::string name = "body 'b" + std::to_string(moved) + "'";
      const auto verdict_with = [&](const LoopOptions& options, double x_m, double speed_m_s) {
        SimulationLoop loop(model, options);
        loop.set_controller([&](const ControllerContext& c) {
          c.data->qpos[7 * moved] = x_m;
          c.data->qvel[6 * moved] = speed_m_s;
        });
        return *loop.run();
      };
      LoopOptions slow = with_zones({}, 0.1);
      slow.speed_limit_m_s = 5;
      const Verdict fast = verdict_with(slow, 0, 5.1);
      CHECK(fast.code == ReasonCode::PhysicsInstability);
      CHECK(fast.detail.starts_with(name + " moves at 5.1 m/s"));
      CHECK(verdict_with(slow, 0, 4.9).code == ReasonCode::Stable);
      const auto room = with_zones({zone(ZoneKind::Bounds, "room", {-2, -9, -2}, {2, 9, 2})}, 0.1);
      for (const double x_m : {-2.1, 2.1}) {
        CHECK(verdict_with(room, x_m, 0).detail.starts_with(name + " left 'room'"));
        CHECK(verdict_with(with_zones({}, 0.1), 1e4 * x_m, 0).detail.starts_with(name + " is at"));
      }
      CHECK(verdict_with(room, 1.9, 0).code == ReasonCode::Stable);
    }
  }
}

TEST_CASE("a position that is not a number is outside of all bounds") {
  const auto model = compile(
      R"(<worldbody><body name="hand" mocap="true"><body name="finger"><joint/><geom size=".1"/></body>
    </body><body pos="1 0 0"><freejoint/><geom size=".1"/></body></worldbody>)",
      kWeightless);
  SimulationLoop loop(model,
                      with_zones({zone(ZoneKind::Bounds, "room", {-9, -9, -9}, {9, 9, 9})}, 0.1));
  loop.set_controller([](const ControllerContext& c) {
    c.data->mocap_pos[0] = std::numeric_limits<double>::quiet_NaN();
  });
  CHECK(loop.run()->outcome == Outcome::Fail);
}

TEST_CASE("an unknown or fixed target is refused with the names that are possible") {
  const auto model =
      compile(R"(<worldbody><body name="table"><geom type="box" size="1 1 .1"/></body>
    <body name="cube" pos="0 0 1"><freejoint/><geom size=".1"/></body></worldbody>)");
  auto options = with_zones({zone(ZoneKind::Goal, "bin", {2, -1, -1}, {4, 1, 1})}, 1);
  options.goal.target = "cub";
  CHECK_THROWS_WITH_AS(SimulationLoop(model, options),
                       "there is no body 'cub' to reach the goal; moving bodies are: 'cube'",
                       InvalidArgument);
  options.goal.target = "table";
  CHECK_THROWS_WITH_AS(SimulationLoop(model, options),
                       "body 'table' is fixed and cannot reach a goal; moving bodies are: 'cube'",
                       InvalidArgument);
}

TEST_CASE("within one moment bounds come before forbidden zones and these before the goal") {
  const auto model = body_with("<geom size=\".1\"/>");
  auto options = with_zones({zone(ZoneKind::Goal, "g", {-1, -1, -1}, {1, 1, 1}),
                             zone(ZoneKind::Forbid, "f", {-1, -1, -1}, {1, 1, 1}),
                             zone(ZoneKind::Bounds, "b", {5, 5, 5}, {6, 6, 6})});
  options.goal.dwell = Seconds(0);
  CHECK(SimulationLoop(model, options).run()->code == ReasonCode::OutOfBounds);
  options.zones.pop_back();
  CHECK(SimulationLoop(model, options).run()->code == ReasonCode::ForbidZoneHit);
  options.zones.pop_back();
  CHECK(SimulationLoop(model, options).run()->code ==
        ReasonCode::GoalReached);  // before the end of time, at 0 s
}

TEST_CASE("a motor at either end of its range for the window is overloaded (L13)") {
  const auto model = compile(
      R"(<worldbody><body><joint name="j" axis="0 0 1" limited="true" range="-1 1" margin=".01"/><geom size=".1"/></body></worldbody>
    <actuator><motor name="servo" joint="j" forcelimited="true" forcerange="-2 3" ctrlrange="-9 9"/></actuator>)",
      kWeightless);
  const auto run = [&model](double torque, bool pause) {
    SimulationLoop loop(model, with_zones({}, 3));
    loop.set_controller(
        [=](const ControllerContext& c) { c.data->ctrl[0] = pause && c.step == 150 ? 0 : torque; });
    return *loop.run();
  };
  for (const double torque : {9.0, 2.71, -9.0, -1.81}) {
    CAPTURE(torque);
    const Verdict verdict = run(torque, false);
    CHECK(verdict.code == ReasonCode::MotorOverload);
    CHECK(verdict.time.count() == doctest::Approx(2).epsilon(0.001));
    CHECK(verdict.detail.find("motor 'servo'") != std::string::npos);
  }
  CHECK(run(2.69, false).code == ReasonCode::Stable);
  CHECK(run(-1.79, false).code == ReasonCode::Stable);
  CHECK(run(9, true).code == ReasonCode::Stable);  // one step of rest starts the window anew
}

TEST_CASE("timers and metrics belong to one run (L12, L13)") {
  const auto model = body_with("<geom size=\".1\"/>");
  const auto options = with_zones({zone(ZoneKind::Goal, "g", {-1, -1, -1}, {1, 1, 1})}, 2);
  for (int run = 0; run < 2; ++run) {
    SimulationLoop loop(model, options);
    CHECK(loop.run()->time.count() == doctest::Approx(0.5));
    CHECK(loop.metrics().max_speed_m_s == 0);
  }
}

TEST_CASE("the energy is force times velocity times time, the same for every timestep (L7)") {
  for (const char* option :
       {R"(timestep="0.001" gravity="0 0 0")", R"(timestep="0.002" gravity="0 0 0")",
        R"(timestep="0.004" gravity="0 0 0")"}) {
    const auto model = compile(
        R"(<worldbody><body><freejoint/><geom size=".1"/></body><body pos="1 0 0"><joint name="j" type="slide" axis="1 0 0"/>
      <geom type="box" size=".1 .1 .1" mass="2"/></body></worldbody><actuator><motor joint="j"/></actuator>)",
        option);
    SimulationLoop loop(model, with_zones({}, 1));
    loop.set_controller([](const ControllerContext& c) { c.data->ctrl[0] = 3; });
    loop.run();
    CHECK(loop.metrics().energy_j ==
          doctest::Approx(0.5 * 3 * 3 / 2.0).epsilon(0.005));  // F^2 t^2 / (2 m)
    CHECK(loop.metrics().max_kinetic_energy_j == doctest::Approx(2.25).epsilon(0.005));
  }
}

TEST_CASE("speeds are those of mj_objectVelocity, also for nested bodies (L8)") {
  const auto model = compile(
      R"(<worldbody><body><joint axis="0 0 1"/><geom type="box" size=".5 .05 .05" pos=".5 0 0"/>
    <body pos="1 0 0"><joint axis="0 0 1"/><geom type="box" size=".5 .05 .05" pos=".5 0 0"/></body></body>
    <body pos="9 0 0"><freejoint/><geom type="box" size=".1 .2 .3" pos=".7 0 0"/></body></worldbody>)",
      kWeightless);
  SimulationLoop loop(model, with_zones({}, 1));
  double fastest = 0;
  double kinetic = 0;
  loop.set_controller([&](const ControllerContext& c) {
    if (c.step == 0) {
      for (int i = 0; i < c.model->nv; ++i) c.data->qvel[i] = 1.0 + 0.3 * i;
    }
    if (c.step < 2) return;  // velocities of step 0 were set after it was observed
    for (int body = 1; body < c.model->nbody; ++body) {
      double v[6];
      mj_objectVelocity(c.model, c.data, mjOBJ_BODY, body, v, 0);
      fastest = std::max(fastest, std::sqrt(v[3] * v[3] + v[4] * v[4] + v[5] * v[5]));
    }
    mj_energyVel(c.model, c.data);
    kinetic = std::max(kinetic, c.data->energy[1]);
  });
  loop.advance(60);
  loop.set_controller({});
  CHECK(fastest > 1);
  CHECK(loop.metrics().max_speed_m_s == doctest::Approx(fastest).epsilon(0.02));
  CHECK(loop.metrics().max_kinetic_energy_j >= kinetic * (1 - 1e-12));
  CHECK(loop.metrics().max_kinetic_energy_j == doctest::Approx(kinetic).epsilon(0.05));
}

TEST_CASE(
    "contact forces are the normal components of mj_contactForce, in both kinds of cones (L10)") {
  for (const char* cone :
       {R"(timestep="0.002" cone="elliptic")", R"(timestep="0.002" cone="pyramidal")"}) {
    CAPTURE(cone);
    const auto model = compile(R"(<worldbody><geom type="plane" size="5 5 1" euler="10 0 0"/>
      <body pos="0 0 .12"><freejoint/><geom type="box" size=".1 .1 .1" mass="1"/></body></worldbody>)",
                               cone);
    SimulationLoop loop(model, with_zones({}, 1));
    loop.run();
    const mjModel* m = model->get();
    mjData* d = mj_makeData(m);
    double expected = 0;
    double depth = 0;
    for (int step = 0; step < 500; ++step) {
      mj_step(m, d);
      for (int i = 0; i < d->ncon; ++i) {
        double force[6];
        mj_contactForce(m, d, i, force);
        expected = std::max(expected, force[0]);
        depth = std::max(depth, -d->contact[i].dist);
      }
    }
    mj_deleteData(d);
    CHECK(expected > 1);
    CHECK(loop.metrics().max_contact_force_n == expected);
    CHECK(loop.metrics().max_penetration_m >=
          depth);  // the last state's contacts are looked at too
    CHECK(loop.metrics().max_penetration_m == doctest::Approx(depth).epsilon(0.01));
    CHECK(loop.metrics().max_contacts == 4);
  }
}

TEST_CASE("a part that falls asleep in the goal reaches it when one that stays awake does") {
  const auto settle = [](const char* sleep) {
    LoopOptions options = with_zones({zone(ZoneKind::Goal, "box", {-1, -1, 0}, {1, 1, 0.15})}, 10);
    options.goal.dwell = Seconds(5);
    SimulationLoop loop(
        Model::compile({fmt::format(R"(<mujoco><option><flag sleep="{}"/></option><worldbody>
          <geom type="plane" size="5 5 1"/><body pos="0 0 .1"><freejoint/>
          <geom type="box" size=".1 .1 .1"/></body></worldbody></mujoco>)",
                                    sleep),
                        {}}),
        options);
    const auto verdict = loop.run();
    REQUIRE(verdict);
    return std::pair(*verdict, loop.data()->ntree_awake);
  };
  const auto [asleep, none] = settle("enable");
  const auto [awake, one] = settle("disable");
  CHECK(none == 0);
  CHECK(one == 1);
  CHECK(asleep.code == ReasonCode::GoalReached);
  CHECK(asleep.time == awake.time);
  CHECK(asleep.detail == awake.detail);
}
