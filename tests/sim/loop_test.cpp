// The loop steps exactly as MuJoCo does, counts in integers, and never hides a failure.
#include "durasim/sim/loop.hpp"

#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

std::vector<double> state_of(const mjModel* model, const mjData* data) {
  std::vector<double> state(static_cast<std::size_t>(mj_stateSize(model, mjSTATE_INTEGRATION)));
  mj_getState(model, data, state.data(), mjSTATE_INTEGRATION);
  return state;
}

// The control of actuator i in step n; the same in the loop and beside it.
double control(std::int64_t n, int i) {
  return 0.3 * std::sin(0.1 * static_cast<double>(n) + i);
}

void run_controlled(SimulationLoop& loop) {
  loop.set_controller([](const ControllerContext& context) {
    for (int i = 0; i < context.model->nu; ++i) context.data->ctrl[i] = control(context.step, i);
  });
  REQUIRE(loop.run());
}

void check_equals_mj_step(const std::shared_ptr<const Model>& model, int steps) {
  const LoopOptions options = lasting(steps * model->get()->opt.timestep);
  SimulationLoop loop(model, options);
  run_controlled(loop);
  const mjModel* m = model->get();
  mjData* d = mj_makeData(m);
  for (int n = 0; n < steps; ++n) {
    for (int i = 0; i < m->nu; ++i) d->ctrl[i] = control(n, i);
    mj_step(m, d);
  }
  CHECK(loop.step_count() == steps);
  CHECK(state_of(m, loop.data()) == state_of(m, d));
  loop.restart(options);
  run_controlled(loop);
  CHECK(state_of(m, loop.data()) == state_of(m, d));
  mj_deleteData(d);
}

struct RecordingSink : TrajectorySink {
  int fps = 30;
  std::vector<std::int64_t> steps;
  std::vector<double> times;
  [[nodiscard]] int frames_per_second() const override { return fps; }
  void record(std::int64_t step, const mjModel*, const mjData* data) override {
    steps.push_back(step);
    times.push_back(data->time);
  }
  std::uint64_t offset() override { return steps.size(); }
  void rewind(std::uint64_t offset) override { steps.resize(offset); }
};

}  // namespace

TEST_CASE("a step of the loop is mj_step bit for bit on every real model") {
  for (const std::string& name : real_models()) {
    CAPTURE(name);
    if (const auto model = real_model(name))
      check_equals_mj_step(model, name == "humanoid100" ? 60 : 300);
  }
}

TEST_CASE("a model with RK4, which cannot be split, is stepped as mj_step does (L14)") {
  const auto model =
      Model::compile({R"(<mujoco><option integrator="RK4" timestep="0.005"/><worldbody>
    <geom type="plane" size="1 1 1"/>
    <body pos="0 0 .3"><freejoint/><geom type="box" size=".05 .05 .1"/>
      <body pos=".1 0 0"><joint name="j" axis="0 1 0"/><geom type="capsule" size=".02 .1"/></body></body></worldbody>
    <actuator><motor joint="j"/></actuator></mujoco>)",
                      {}});
  check_equals_mj_step(model, 200);
}

TEST_CASE("rules of an RK4 model see the positions of their own moment") {
  const auto model =
      Model::compile({R"(<mujoco><option integrator="RK4" timestep="0.01"/><worldbody>
    <body name="ball"><freejoint/><geom size=".05" mass="1"/></body></worldbody></mujoco>)",
                      {}});
  LoopOptions options = lasting(1);
  options.zones = {
      zone(ZoneKind::Bounds, "room", {-1, -1, -0.5 * 9.81 * 0.0405 * 0.0405}, {1, 1, 1})};
  SimulationLoop loop(model, options);
  const auto verdict = loop.run();
  CHECK(verdict->code == ReasonCode::OutOfBounds);
  CHECK(verdict->time.count() == doctest::Approx(0.05));  // z(0.05) is the first below the limit
}

TEST_CASE("a position that is no number any more is an instability before it is out of bounds") {
  for (const char* integrator : {"implicitfast", "RK4"}) {
    CAPTURE(integrator);
    const auto model = Model::compile(
        {fmt::format(
             R"(<mujoco><option integrator="{}" timestep="1" gravity="0 0 0"/><worldbody><body name="ball">
        <joint type="slide" axis="1 0 0"/><geom size=".05" mass="1"/></body></worldbody></mujoco>)",
             integrator),
         {}});
    LoopOptions options = lasting(5);
    options.zones = {zone(ZoneKind::Bounds, "room", {-9.5e9, -1, -1}, {9.5e9, 1, 1})};
    SimulationLoop loop(model, options);
    loop.set_controller([](const ControllerContext& c) { c.data->qvel[0] = 9e9; });
    const auto verdict = loop.run();
    REQUIRE(verdict);
    CHECK(verdict->time.count() ==
          2);  // at 1.8e10 m: beyond the room, and beyond what MuJoCo takes
    CHECK(verdict->code == ReasonCode::PhysicsInstability);
    CHECK(verdict->detail.starts_with("the position of body 'ball'"));
  }
}

TEST_CASE("steps are counted in integers, so the end comes after every duration (L3)") {
  const auto model = ball_at("0 0 0", R"(timestep="0.002" gravity="0 0 0")");
  for (const auto& [seconds, steps] :
       {std::pair{0.7, 350}, std::pair{10.0, 5000}, std::pair{30.0, 15000}}) {
    SimulationLoop loop(model, lasting(seconds));
    CHECK(loop.total_steps() == steps);
    const auto verdict = loop.run();
    REQUIRE(verdict);
    CHECK(verdict->code == ReasonCode::Stable);
    CHECK(verdict->outcome == Outcome::Success);
    CHECK(verdict->time.count() == doctest::Approx(seconds).epsilon(1e-12));
    CHECK(loop.step_count() == steps);
    CHECK(loop.metrics().sim_time == verdict->time);
  }
}

TEST_CASE("the end of time with a goal that was not reached is a timeout (L3)") {
  LoopOptions options = lasting(30);
  options.zones = {zone(ZoneKind::Goal, "bin", {5, 5, 5}, {6, 6, 6})};
  SimulationLoop loop(ball_at("0 0 0", R"(timestep="0.002" gravity="0 0 0")"), options);
  const auto verdict = loop.run();
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::Fail);
  CHECK(verdict->code == ReasonCode::Timeout);
  CHECK(verdict->detail == "body 'ball' did not reach 'bin' within 30 s");
}

TEST_CASE(
    "a model that blows up ends as an instability and is not started again from zero (L1, L2)") {
  const auto model = compile(
      R"(<worldbody><body name="arm"><joint name="j" axis="0 1 0"/><geom size=".01" mass=".001"/></body></worldbody>
    <actuator><position joint="j" kp="1000" kv="0" ctrlrange="-1000 1000"/></actuator>)",
      R"(timestep="0.05" gravity="0 0 0")");
  SimulationLoop loop(model, lasting(60));
  loop.set_controller([](const ControllerContext& c) {
    c.data->ctrl[0] = (c.step % 2 == 0 ? 1e9 : -1e9);
    c.data->qfrc_applied[0] = std::pow(1e3, static_cast<double>(c.step));
  });
  const auto verdict = loop.run();
  REQUIRE(verdict);
  CHECK(verdict->outcome == Outcome::Fail);
  CHECK(verdict->code == ReasonCode::PhysicsInstability);
  CHECK(verdict->detail.find("'arm'") != std::string::npos);
  CHECK(loop.data()->time >= verdict->time.count());  // mj_resetData would have put it back to 0
}

TEST_CASE("a controller that gives NaN is found in the very step (L1)") {
  SUBCASE("as a force") {
    SimulationLoop loop(ball_at("0 0 1"), lasting(1));
    loop.set_controller([](const ControllerContext& c) {
      if (c.step == 137) c.data->qfrc_applied[2] = std::numeric_limits<double>::quiet_NaN();
    });
    const auto verdict = loop.run();
    REQUIRE(verdict);
    CHECK(verdict->code == ReasonCode::PhysicsInstability);
    CHECK(verdict->time.count() == doctest::Approx(137 * 0.002).epsilon(1e-12));
    CHECK(verdict->detail.find("acceleration of body 'ball'") != std::string::npos);
  }
  SUBCASE("as a control, which MuJoCo itself would turn into 0") {
    const auto model =
        compile(R"(<worldbody><body><joint name="j"/><geom size=".1"/></body></worldbody>
      <actuator><motor joint="j"/></actuator>)");
    SimulationLoop loop(model, lasting(1));
    loop.set_controller([](const ControllerContext& c) {
      c.data->ctrl[0] = c.step < 20 ? 0.1 : std::numeric_limits<double>::infinity();
    });
    const auto verdict = loop.run();
    REQUIRE(verdict);
    CHECK(verdict->code == ReasonCode::PhysicsInstability);
    CHECK(verdict->time.count() == doctest::Approx(0.04).epsilon(1e-12));
    CHECK(verdict->detail.find("control") != std::string::npos);
  }
}

TEST_CASE(
    "without bounds a part that flies away is an instability, with bounds it is their business") {
  const auto model =
      compile(R"(<worldbody><body name="rocket"><freejoint/><geom size=".1"/></body></worldbody>)",
              R"(timestep="0.01" gravity="1e6 0 0")");
  SimulationLoop free(model, lasting(1));
  CHECK(free.run()->code == ReasonCode::PhysicsInstability);
  CHECK(free.verdict()->detail.find("'rocket'") != std::string::npos);
  LoopOptions options = lasting(0.2);
  options.zones = {zone(ZoneKind::Bounds, "space", {-1e5, -1e5, -1e5}, {1e5, 1e5, 1e5})};
  SimulationLoop bounded(model, options);
  CHECK(bounded.run()->code == ReasonCode::Stable);
}

TEST_CASE("a speed above the limit is an instability that names the body") {
  LoopOptions options = lasting(5);
  options.speed_limit_m_s = 3;
  SimulationLoop loop(ball_at("0 0 0"), options);
  const auto verdict = loop.run();
  CHECK(verdict->code == ReasonCode::PhysicsInstability);
  CHECK(verdict->time.count() == doctest::Approx(3 / 9.81).epsilon(0.01));
  CHECK(verdict->detail.find("body 'ball' moves at") != std::string::npos);
}

TEST_CASE("contacts or constraints that find no memory are a failure, never dropped in silence") {
  for (const char* memory : {"60K", "200K"}) {
    SimulationLoop loop(Model::compile({crowded_mjcf(memory), {}}), lasting(1));
    const auto verdict = loop.run();
    REQUIRE(verdict);
    CHECK(verdict->code == ReasonCode::PhysicsInstability);
    CHECK(verdict->time.count() == 0);
    CHECK(verdict->detail.find("<size memory>") != std::string::npos);
    CHECK_FALSE(loop.warnings().empty());
  }
  SimulationLoop enough(Model::compile({crowded_mjcf("2M"), {}}), lasting(0.1));
  CHECK(enough.run()->code == ReasonCode::Stable);
}

TEST_CASE("a stack that is too small is MuJoCo's error, which never ends the process") {
  SimulationLoop loop(Model::compile({crowded_mjcf("500K"), {}}), lasting(1));
  CHECK_THROWS_AS(loop.run(), MujocoError);
  CHECK_THROWS_AS(loop.run(), LogicError);
}

TEST_CASE("a stop request stops within one step and the run goes on bit for bit") {
  const auto model = ball_at("0 0 1");
  SimulationLoop whole(model, lasting(1));
  whole.run();

  SimulationLoop loop(model, lasting(1));
  std::stop_source source;
  loop.set_controller([&source](const ControllerContext& c) {
    if (c.step == 100) source.request_stop();
  });
  CHECK_FALSE(loop.run(source.get_token()));
  CHECK(loop.step_count() == 101);
  CHECK_FALSE(loop.run(source.get_token()));
  CHECK(loop.step_count() == 101);  // a request that stands lets nothing happen
  CHECK(loop.run());
  CHECK(loop.final_state_hash() == whole.final_state_hash());
}

TEST_CASE("two runs and any cutting into pieces give the same bytes") {
  const auto model = ball_at("0 0 1");
  SimulationLoop once(model, lasting(1));
  once.run();
  SimulationLoop pieces(model, lasting(1));
  while (!pieces.advance(7)) {
  }
  CHECK(once.final_state_hash() == pieces.final_state_hash());
  CHECK(once.final_state_hash().size() == 64);
  CHECK(pieces.step_count() == 500);
}

TEST_CASE("a loop that is restarted is a new one, whatever it has done before") {
  const auto model = ball_at("0 0 1");
  LoopOptions moved = lasting(0.5);
  moved.start_offsets = {{"ball", {0.01, 0, 0.02}}};
  SimulationLoop fresh(model, moved);
  fresh.run();
  SimulationLoop loop(model, lasting(0.2));
  loop.set_controller([](const ControllerContext& c) {
    if (c.step == 50) throw std::runtime_error("controller");
  });
  CHECK_THROWS(loop.run());
  LoopOptions wrong = moved;
  wrong.start_offsets.front().body = "nobody";
  CHECK_THROWS_AS(loop.restart(wrong), InvalidArgument);
  CHECK(loop.step_count() == 50);
  for (int again = 0; again < 2; ++again) {
    loop.restart(moved);
    CHECK(loop.step_count() == 0);
    CHECK_FALSE(loop.verdict());
    loop.run();
    CHECK(loop.final_state_hash() == fresh.final_state_hash());
    CHECK(loop.metrics().max_speed_m_s == fresh.metrics().max_speed_m_s);
  }
}

TEST_CASE("advance makes exactly the steps that it was asked for (L2)") {
  SimulationLoop loop(ball_at("0 0 1"), lasting(1));
  CHECK_FALSE(loop.advance(0));
  CHECK(loop.step_count() == 0);
  CHECK_FALSE(loop.advance(3));
  CHECK(loop.step_count() == 3);
  CHECK(loop.advance(497));
  CHECK(loop.step_count() == 500);
  CHECK(loop.advance(1));  // the verdict stands
  CHECK(loop.step_count() == 500);
}

TEST_CASE("progress reports come by the caller's clock and reach the end") {
  struct TickingClock : Clock {
    mutable SteadyTime now{};
    [[nodiscard]] WallTime wall_now() const override { return {}; }
    [[nodiscard]] SteadyTime steady_now() const override {
      return now += std::chrono::milliseconds(10);
    }
  } clock;
  LoopOptions options = lasting(0.2);
  options.clock = &clock;
  options.progress_interval = Seconds(0.2);
  SimulationLoop loop(ball_at("0 0 1"), options);
  std::vector<Progress> reports;
  loop.run({}, [&reports](const Progress& progress) { reports.push_back(progress); });
  REQUIRE(reports.size() == 6);  // 100 steps of 10 ms wall time each, and the end
  CHECK(reports[0].step == 20);
  CHECK(reports[0].total_steps == 100);
  CHECK(reports[0].real_time_factor == doctest::Approx(0.2));
  CHECK(reports[0].remaining.count() == doctest::Approx(0.8));
  CHECK(reports.back().step == 100);
}

TEST_CASE(
    "the sink gets frame k at the first step whose time is at least k/fps, and the last state") {
  RecordingSink sink;
  sink.fps = 50;  // every tenth step of 2 ms exactly
  SimulationLoop loop(ball_at("0 0 1"), lasting(0.41));
  loop.attach(&sink);
  loop.run();
  std::vector<std::int64_t> expected;
  for (std::int64_t step = 0; step <= 200; step += 10) expected.push_back(step);
  expected.push_back(205);
  CHECK(sink.steps == expected);
  for (std::size_t i = 0; i < sink.steps.size(); ++i)
    CHECK(sink.times[i] == doctest::Approx(0.002 * static_cast<double>(sink.steps[i])));

  CHECK(step_of_frame(1, 30, 0.002) == 17);
  CHECK(step_of_frame(3, 30, 0.002) == 50);
  CHECK(step_of_frame(30LL * 3600 * 24, 30, 0.002) == 500LL * 3600 * 24);  // no drift in a day
}

TEST_CASE("a sink gets the state of an early verdict once, and never a ruined one") {
  LoopOptions options = lasting(1);
  options.zones = {zone(ZoneKind::Bounds, "room", {-1, -1, 0.9}, {1, 1, 2})};
  RecordingSink sink;
  SimulationLoop leaving(ball_at("0 0 1"), options);
  leaving.attach(&sink);
  leaving.run();
  CHECK(sink.steps.back() == leaving.step_count());
  CHECK(std::adjacent_find(sink.steps.begin(), sink.steps.end()) == sink.steps.end());

  RecordingSink finite;
  SimulationLoop ruined(ball_at("0 0 1"), lasting(1));
  ruined.attach(&finite);
  ruined.set_controller([](const ControllerContext& c) {
    if (c.step == 60) c.data->qfrc_applied[0] = std::nan("");
  });
  CHECK(ruined.run()->code == ReasonCode::PhysicsInstability);
  CHECK(finite.steps.back() == 50);  // the last frame of 30 a second before step 60
}

TEST_CASE("what a controller sees is the fresh state of its moment") {
  SimulationLoop loop(ball_at("0 0 0"), lasting(0.1));
  double worst = 0;
  loop.set_controller([&worst](const ControllerContext& c) {
    worst = std::max(worst, std::abs(c.data->xpos[3 + 2] - c.data->qpos[2]));
    CHECK(c.time.count() == doctest::Approx(c.data->time));
  });
  loop.run();
  CHECK(worst == 0);  // after a plain mj_step, xpos would be one step old
}

TEST_CASE("an exception of a controller leaves the loop unusable until a checkpoint is loaded") {
  SimulationLoop loop(ball_at("0 0 0"), lasting(0.1));
  Checkpoint start;
  loop.save_state(start);
  loop.set_controller([](const ControllerContext& c) {
    if (c.step == 10) throw std::runtime_error("controller");
  });
  CHECK_THROWS_WITH(loop.run(), "controller");
  CHECK_THROWS_AS(loop.run(), LogicError);
  Checkpoint unused;
  CHECK_THROWS_AS(loop.save_state(unused), LogicError);
  loop.load_state(start);
  loop.set_controller({});
  CHECK(loop.run());
}

TEST_CASE("options that make no sense are refused with the reason") {
  const auto model = ball_at("0 0 0");
  const auto with = [&model](auto change) {
    LoopOptions options;
    change(options);
    return SimulationLoop(model, options);
  };
  CHECK_THROWS_AS(with([](LoopOptions& o) { o.duration = Seconds(-1); }), InvalidArgument);
  CHECK_THROWS_AS(with([](LoopOptions& o) { o.duration = Seconds(std::nan("")); }),
                  InvalidArgument);
  CHECK_THROWS_AS(with([](LoopOptions& o) { o.speed_limit_m_s = 0; }), InvalidArgument);
  CHECK_THROWS_AS(with([](LoopOptions& o) { o.motor_overload->fraction = 1.5; }), InvalidArgument);
  CHECK_THROWS_WITH_AS(with([](LoopOptions& o) {
                         o.zones = {zone(ZoneKind::Forbid, "wall", {1, 0, 0}, {0, 1, 1})};
                       }),
                       "zone 'wall' is empty: give its lower corner first", InvalidArgument);
  CHECK_THROWS_AS(with([](LoopOptions& o) {
                    o.zones = {zone(ZoneKind::Goal, "g", {0, 0, std::nan("")}, {1, 1, 1})};
                  }),
                  InvalidArgument);
  CHECK_THROWS_AS(with([](LoopOptions& o) { o.goal.target = "ball"; }), InvalidArgument);
  CHECK_THROWS_AS(SimulationLoop(nullptr, {}), InvalidArgument);
  CHECK_THROWS_AS(SimulationLoop(ball_at("0 0 0", "timestep=\"5\""), {}), InvalidArgument);
}

TEST_CASE("loops on one model run on several threads with the same result as alone") {
  const auto model = ball_at("0 0 1");
  SimulationLoop alone(model, lasting(1));
  alone.run();
  std::array<std::string, 4> hashes;
  {
    std::vector<std::jthread> threads;
    threads.reserve(hashes.size());
    for (std::string& hash : hashes) {
      threads.emplace_back([&hash, &model] {
        SimulationLoop loop(model, lasting(1));
        loop.run();
        hash = loop.final_state_hash();
      });
    }
  }
  for (const std::string& hash : hashes) CHECK(hash == alone.final_state_hash());
}
