// Models with multiplied parameters: each does what physics says of it, and a factor of 1 nothing.
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

constexpr double kEarth = 9.81;

// All that MuJoCo would write to a file.
Bytes image(const Model& model) {
  Bytes bytes(static_cast<std::size_t>(mj_sizeModel(model.get())));
  mj_saveModel(model.get(), nullptr, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

// A cart of 2 kg on rails, pushed by 1 N through a gear of 3, braked by 0.5 N s/m.
const auto& cart() {
  static const auto model = compile(
      R"(<worldbody><body name="cart"><joint name="rail" type="slide" axis="1 0 0" damping=".5"/>
         <geom size=".1" mass="2"/></body></worldbody>
         <actuator><motor name="engine" joint="rail" gear="3"/></actuator>)",
      kWeightless);
  return model;
}

// Its speed after 2 s.
double speed_of(const std::shared_ptr<const Model>& model) {
  SimulationLoop loop(model, lasting(2));
  loop.set_controller([](const ControllerContext& c) { c.data->ctrl[0] = 1; });
  loop.run();
  return loop.data()->qvel[0];
}
double speed(double mass, double damping, double gear) {
  return gear / damping * (1 - std::exp(-damping * 2 / mass));
}

}  // namespace

TEST_CASE("factors of 1 change no bit of a model") {
  const auto check_same = [](const std::shared_ptr<const Model>& model) {
    using enum ModelParameter;
    std::vector<ModelFactor> factors{{Friction, ""}, {Gravity, ""}};
    if (model->get()->nv > 0) factors.insert(factors.end(), {{Mass, ""}, {Damping, ""}});
    if (model->get()->nactuator > 0) factors.push_back({Gear, ""});
    CHECK(image(*model->with(factors)) == image(*model));
    CHECK(model->with(factors)->sha256() != model->sha256());
  };
  check_same(cart());
  check_same(compile(R"(<statistic meaninertia="7" extent="3"/><worldbody><body><freejoint/>
                        <geom size=".1"/></body></worldbody>)"));
  for (const std::string& name : real_models()) {
    CAPTURE(name);
    if (const auto model = real_model(name)) check_same(model);
  }
}

TEST_CASE("gravity: a ball falls for sqrt(2 h / g)") {
  const auto ball = ball_at("0 0 2", R"(timestep="0.0005")");
  for (const double factor : {0.25, 1.0, 2.0}) {
    LoopOptions options = lasting(5);
    options.zones = {zone(ZoneKind::Bounds, "above", {-1, -1, 0}, {1, 1, 100})};
    SimulationLoop loop(ball->with({{ModelParameter::Gravity, "", factor}}), options);
    const double fell = loop.run()->time.count();
    CHECK(std::abs(fell - std::sqrt(2 * 2 / (factor * kEarth))) <= 2 * 0.0005);
  }
}

TEST_CASE("friction: on an incline of 20 degrees it decides between sliding and holding") {
  const double angle = 20 * std::numbers::pi / 180;
  const auto slid = [angle](const std::string& more, const std::string& object, double factor) {
    const auto model = compile(
        R"(<default><geom solref=".004 1" solimp=".95 .99 .0001"/></default>
           <worldbody><geom name="floor" type="plane" size="50 50 1" friction="0 0 0"/>
           <body name="box" pos="0 0 .05"><freejoint/><geom name="box" type="box" size=".1 .1 .05"
           mass="1" friction=".3 .005 .0001"/></body></worldbody>)" +
            more,
        fmt::format(R"(timestep="0.001" cone="elliptic" impratio="10" gravity="{} 0 {}")",
                    kEarth * std::sin(angle), -kEarth * std::cos(angle)));
    SimulationLoop loop(model->with({{ModelParameter::Friction, object, factor}}), lasting(1));
    loop.run();
    return loop.data()->qpos[0];
  };
  const std::string pair =
      R"(<contact><pair geom1="floor" geom2="box" friction=".3 .3 .005 .0001 .0001"/></contact>)";
  const double halved = 0.5 * kEarth * (std::sin(angle) - 0.15 * std::cos(angle));
  CHECK(slid("", "", 0.5) == doctest::Approx(halved).epsilon(0.02));
  CHECK(slid("", "box", 0.5) == doctest::Approx(halved).epsilon(0.02));
  CHECK(slid(pair, "box", 0.5) == doctest::Approx(halved).epsilon(0.02));
  CHECK(std::abs(slid("", "box", 2)) < 0.002);
  CHECK(std::abs(slid(pair, "", 2)) < 0.002);
}

TEST_CASE("mass, damping, gear: a cart on rails gets as fast as its equation says") {
  using enum ModelParameter;
  CHECK(speed_of(cart()) == doctest::Approx(speed(2, 0.5, 3)).epsilon(0.005));
  CHECK(speed_of(cart()->with({{Mass, "cart", 2}})) ==
        doctest::Approx(speed(4, 0.5, 3)).epsilon(0.005));
  CHECK(speed_of(cart()->with({{Damping, "cart", 3}})) ==
        doctest::Approx(speed(2, 1.5, 3)).epsilon(0.005));
  CHECK(speed_of(cart()->with({{Gear, "engine", 0.5}})) ==
        doctest::Approx(speed(2, 0.5, 1.5)).epsilon(0.005));
  CHECK(speed_of(cart()->with({{Mass, "", 2}, {Mass, "cart", 2}, {Damping, "", 4}})) ==
        doctest::Approx(speed(8, 2, 3)).epsilon(0.005));
  CHECK(cart()->with({{Mass, "", 2}})->get()->dof_invweight0[0] == doctest::Approx(1. / 4));
  CHECK(cart()->get()->body_mass[1] == 2);
}

TEST_CASE("what a model has not is named, with what is possible instead") {
  using enum ModelParameter;
  CHECK_THROWS_WITH_AS((void)cart()->with({{Mass, "wagon", 2}}),
                       "mass of \"wagon\": there is no part of that name; there are: cart",
                       InvalidArgument);
  CHECK_THROWS_WITH_AS((void)cart()->with({{Gear, "cart", 2}}),
                       "gear of \"cart\": there is no actuator of that name; there are: engine",
                       InvalidArgument);
  CHECK_THROWS_AS((void)cart()->with({{Gravity, "cart", 2}}), InvalidArgument);
  const auto fixed =
      compile(R"(<worldbody><body name="wall"><geom size=".1"/></body></worldbody>)");
  CHECK_THROWS_AS((void)fixed->with({{Mass, "wall", 2}}), InvalidArgument);
  CHECK_THROWS_AS((void)fixed->with({{Damping, "wall", 2}}), InvalidArgument);
  CHECK_THROWS_AS((void)fixed->with({{Gear, "", 2}}), InvalidArgument);
}
