// The loop against formulas: fall, pendulum, incline, rest, momentum.
#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <cmath>
#include <numbers>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

constexpr double kGravity = 9.81;

// Contact parameters of a scene of durasim's own: stiff enough that nothing sinks visibly.
const std::string kStiff =
    R"(<default><geom solref="0.004 1" solimp="0.95 0.99 0.0001"/></default>)";

}  // namespace

TEST_CASE("a ball falls for sqrt(2 h / g)") {
  for (const double height : {0.5, 2.0, 10.0}) {
    LoopOptions options = lasting(5);
    options.zones = {zone(ZoneKind::Bounds, "above", {-1, -1, 0}, {1, 1, 100})};
    SimulationLoop loop(ball_at(fmt::format("0 0 {}", height), R"(timestep="0.0005")"), options);
    const auto verdict = loop.run();
    CHECK(verdict->code == ReasonCode::OutOfBounds);
    CHECK(std::abs(verdict->time.count() - std::sqrt(2 * height / kGravity)) <= 2 * 0.0005);
    CHECK(loop.metrics().max_speed_m_s ==
          doctest::Approx(std::sqrt(2 * kGravity * height)).epsilon(0.001));
    CHECK(loop.metrics().max_kinetic_energy_j ==
          doctest::Approx(kGravity * height).epsilon(0.002));  // 1 kg
  }
}

TEST_CASE("a pendulum swings with 2 pi sqrt(I / (m g l))") {
  const double length = 1;
  const double radius = 0.05;
  const double amplitude = 0.1;
  const auto model = compile(
      fmt::format(
          R"(<worldbody><body><joint axis="0 1 0"/><geom type="sphere" size="{}" pos="0 0 {}" mass="1"/></body></worldbody>)",
          radius, -length),
      R"(timestep="0.001")");
  SimulationLoop loop(model, lasting(10));
  std::vector<double> crossings;
  double before = 0;
  loop.set_controller([&](const ControllerContext& c) {
    if (c.step == 0) c.data->qpos[0] = amplitude;
    const double angle = c.data->qpos[0];
    if (before < 0 && angle >= 0)
      crossings.push_back(c.time.count() - 0.001 * angle / (angle - before));
    before = angle;
  });
  loop.run();
  REQUIRE(crossings.size() >= 4);
  const double period =
      (crossings.back() - crossings.front()) / static_cast<double>(crossings.size() - 1);
  const double inertia = length * length + 0.4 * radius * radius;
  const double small = 2 * std::numbers::pi * std::sqrt(inertia / (kGravity * length));
  CHECK(period == doctest::Approx(small * (1 + amplitude * amplitude / 16)).epsilon(0.0005));
}

TEST_CASE(
    "on an incline of 20 degrees one material slides with g (sin - mu cos) and another holds") {
  const double angle = 20 * std::numbers::pi / 180;
  const auto slid = [angle](double friction) {
    const std::string option =
        fmt::format(R"(timestep="0.001" cone="elliptic" impratio="10" gravity="{} 0 {}")",
                    kGravity * std::sin(angle), -kGravity * std::cos(angle));
    const auto model = compile(
        kStiff + fmt::format(R"(<worldbody><geom type="plane" size="50 50 1" friction="0 0 0"/>
      <body pos="0 0 .05"><freejoint/><geom type="box" size=".1 .1 .05" mass="1" friction="{} .005 .0001"/></body></worldbody>)",
                             friction),
        option);
    SimulationLoop loop(model, lasting(1));
    loop.run();
    return loop.data()->qpos[0];
  };
  const double steel = 0.15;  // below tan 20 = 0.364
  CHECK(
      slid(steel) ==
      doctest::Approx(0.5 * kGravity * (std::sin(angle) - steel * std::cos(angle))).epsilon(0.02));
  CHECK(std::abs(slid(0.6)) < 0.002);
}

TEST_CASE("a box at rest stays at rest and carries its weight") {
  const auto model = compile(kStiff + R"(<worldbody><geom type="plane" size="5 5 1"/>
    <body name="box" pos="0 0 .05"><freejoint/><geom type="box" size=".05 .05 .05" mass="2"/></body></worldbody>)",
                             R"(timestep="0.002" cone="elliptic" impratio="10")");
  SimulationLoop loop(model, lasting(3));
  CHECK(loop.run()->code == ReasonCode::Stable);
  CHECK(std::abs(loop.data()->qpos[0]) < 1e-6);
  CHECK(loop.data()->qpos[2] == doctest::Approx(0.05).epsilon(0.002));
  double total = 0;
  loop.set_controller({});
  SimulationLoop again(model, lasting(3));
  again.advance(1400);
  for (int i = 0; i < again.data()->ncon; ++i) {
    double force[6];
    mj_contactForce(model->get(), again.data(), i, force);
    total += force[0];
  }
  CHECK(total == doctest::Approx(2 * kGravity).epsilon(0.001));
}

TEST_CASE("a cube of 1 mm sinks at most a hundredth of its size at rest") {
  const auto model = compile(R"(<default><geom solref="0.004 1" solimp="0.9 0.95 0.0001"/></default>
    <worldbody><geom type="plane" size="1 1 1"/><body pos="0 0 .0005"><freejoint/><geom type="box" size=".0005 .0005 .0005"/></body></worldbody>)",
                             R"(timestep="0.0006" cone="elliptic" impratio="10")");
  SimulationLoop loop(model, lasting(0.5));
  CHECK(loop.run()->code == ReasonCode::Stable);
  CHECK(0.0005 - loop.data()->qpos[2] <= 1e-5);
}

TEST_CASE("two bodies that collide keep their momentum") {
  const auto model =
      compile(R"(<worldbody><body pos="-.5 0 0"><freejoint/><geom size=".1" mass="1"/></body>
    <body pos=".5 .05 0"><freejoint/><geom size=".1" mass="3"/></body></worldbody>)",
              R"(timestep="0.001" gravity="0 0 0")");
  SimulationLoop loop(model, lasting(1));
  loop.set_controller([](const ControllerContext& c) {
    if (c.step != 0) return;
    c.data->qvel[0] = 2;
    c.data->qvel[6] = -1;
  });
  CHECK(loop.run()->code == ReasonCode::Stable);
  const double* v = loop.data()->qvel;
  CHECK(loop.metrics().max_contact_force_n > 1);  // they did meet
  CHECK(std::abs(v[0] - 2) > 0.1);
  CHECK(1 * v[0] + 3 * v[6] == doctest::Approx(1 * 2 + 3 * -1).epsilon(1e-6));
  CHECK(std::abs(1 * v[1] + 3 * v[7]) < 1e-6);
}
