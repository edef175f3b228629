// What a checkpoint holds, what it refuses, and that damaged or foreign bytes are errors.
#include "durasim/core/sha256.hpp"

#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <mujoco/mujoco.h>

#include <cfenv>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

// Two bodies of which one comes to rest and sleeps: needs the whole image.
const std::string kSleepy =
    R"(<mujoco><option timestep="0.005"><flag sleep="enable"/></option><worldbody><geom type="plane" size="5 5 1"/>
  <body pos="0 0 .1"><freejoint/><geom type="box" size=".1 .1 .1"/></body>
  <body pos="1 0 .5"><freejoint/><geom type="box" size=".1 .1 .1"/></body></worldbody></mujoco>)";

Checkpoint checkpoint_of(SimulationLoop& loop, std::int64_t steps) {
  loop.advance(steps);
  Checkpoint checkpoint;
  loop.save_state(checkpoint);
  return checkpoint;
}

std::string member_that_differs(SimulationLoop& loop, const Checkpoint& checkpoint) {
  try {
    loop.load_state(checkpoint);
  } catch (const CheckpointMismatch& mismatch) {
    CHECK(std::string(mismatch.what()).find(mismatch.member()) != std::string::npos);
    return mismatch.member();
  }
  return "none";
}

struct CountingSink : TrajectorySink {
  std::vector<std::int64_t> steps;
  [[nodiscard]] int frames_per_second() const override { return 100; }
  void record(std::int64_t step, const mjModel*, const mjData*) override { steps.push_back(step); }
  std::uint64_t offset() override { return steps.size(); }
  void rewind(std::uint64_t offset) override { steps.resize(offset); }
};

}  // namespace

TEST_CASE(
    "the identity names libraries, CPU and a probe of libm, and its fingerprint covers each") {
  const Identity identity = current_identity();
  CHECK(identity == current_identity());
  CHECK(identity.mujoco == mj_versionString());
  CHECK(identity.mujoco_build.size() >= 32);
  CHECK(identity.libm_build.size() >= 32);
  CHECK(identity.libm_build != identity.mujoco_build);
  CHECK(identity.libc.starts_with("glibc 2."));
  CHECK(identity.libm_probe.size() == 64);
  Identity other = identity;
  other.libm_probe[0] = other.libm_probe[0] == '0' ? '1' : '0';
  CHECK(fingerprint(other) != fingerprint(identity));
  other = identity;
  other.cpu_features += " new";
  CHECK(fingerprint(other) != fingerprint(identity));
}

TEST_CASE(
    "the probe of libm does not depend on the rounding mode of the thread, the mode itself is a "
    "member") {
  const Identity nearest = current_identity();
  std::fesetround(FE_UPWARD);
  const Identity upward = current_identity();
  std::fesetround(FE_TONEAREST);
  CHECK(upward.libm_probe == nearest.libm_probe);
  CHECK(upward.floating_point != nearest.floating_point);
}

TEST_CASE(
    "a checkpoint of another model, other rules or another floating-point mode is refused by "
    "name") {
  const auto model = ball_at("0 0 1");
  SimulationLoop loop(model, lasting(1));
  const Checkpoint checkpoint = checkpoint_of(loop, 10);
  CHECK(checkpoint.step() == 10);

  SimulationLoop other_model(ball_at("0 0 2"), lasting(1));
  CHECK(member_that_differs(other_model, checkpoint) == "model");
  CHECK(other_model.step_count() == 0);  // nothing changed
  LoopOptions options = lasting(1);
  options.zones = {zone(ZoneKind::Forbid, "f", {5, 5, 5}, {6, 6, 6})};
  SimulationLoop other_rules(model, options);
  CHECK(member_that_differs(other_rules, checkpoint) == "rules");
  std::fesetround(FE_DOWNWARD);
  CHECK(member_that_differs(loop, checkpoint) == "floating_point");
  std::fesetround(FE_TONEAREST);
  SimulationLoop longer(model, lasting(3));
  CHECK(member_that_differs(longer, checkpoint) == "none");  // the duration may be prolonged
}

TEST_CASE("a checkpoint holds random numbers, metrics and timers of rules") {
  const auto model = compile(
      R"(<worldbody><body name="b"><joint name="j" type="slide" axis="1 0 0"/><geom size=".1"/></body></worldbody>
    <actuator><motor joint="j" forcelimited="true" forcerange="-1 1"/></actuator>)",
      R"(timestep="0.01" gravity="0 0 0")");
  LoopOptions options = lasting(3);
  options.seed = 42;
  options.motor_overload->window = Seconds(1.5);
  const Controller push = [](const ControllerContext& c) {
    const bool hard = c.time.count() > 0.5;
    c.data->ctrl[0] = hard ? 5 : 0.2 * static_cast<double>(c.random.next() % 1000) / 1000;
  };
  SimulationLoop whole(model, options);
  whole.set_controller(push);
  const auto verdict = whole.run();
  CHECK(verdict->code == ReasonCode::MotorOverload);
  CHECK(verdict->time.count() == doctest::Approx(2.01));

  for (const std::int64_t cut : {0, 20, 120, 200}) {
    SimulationLoop first(model, options);
    first.set_controller(push);
    const Checkpoint checkpoint = checkpoint_of(first, cut);
    options.seed = 7;  // the checkpoint's state counts, not the option
    SimulationLoop second(model, options);
    options.seed = 42;
    second.set_controller(push);
    second.load_state(checkpoint);
    CHECK(second.step_count() == cut);
    CHECK(second.run()->time == verdict->time);
    CHECK(second.final_state_hash() == whole.final_state_hash());
    CHECK(second.metrics().energy_j == whole.metrics().energy_j);
    CHECK(second.metrics().max_speed_m_s == whole.metrics().max_speed_m_s);
    CHECK(second.metrics().max_kinetic_energy_j == whole.metrics().max_kinetic_energy_j);
  }
}

TEST_CASE("a run that is continued has the warnings of one that was never interrupted") {
  // MuJoCo says the time in the text, and says it once for each kind. This one ends no run.
  const Controller warn = [](const ControllerContext& c) {
    if (c.step % 20 == 10) mj_warning(c.data, mjWARN_INERTIA, static_cast<int>(c.step));
  };
  for (const auto& model : {ball_at("0 0 1"), Model::compile({kSleepy, {}})}) {
    SimulationLoop whole(model, lasting(0.5));
    whole.set_controller(warn);
    whole.run();
    CHECK(whole.warnings().size() == 1);
    for (const std::int64_t cut : {5, 15, 60}) {
      SimulationLoop first(model, lasting(0.5));
      first.set_controller(warn);
      const Checkpoint checkpoint = checkpoint_of(first, cut);
      SimulationLoop second(model, lasting(0.5));
      second.advance(1);
      second.set_controller(warn);
      second.load_state(checkpoint);
      second.run();
      CHECK(second.warnings() == whole.warnings());
      const mjWarningStat& raised = second.data()->warning[mjWARN_INERTIA];
      CHECK(raised.number == whole.data()->warning[mjWARN_INERTIA].number);
      CHECK(raised.lastinfo == whole.data()->warning[mjWARN_INERTIA].lastinfo);
    }
  }
}

TEST_CASE("a sink is rewound, and no frame is lost or doubled") {
  const auto model = ball_at("0 0 1");
  CountingSink whole_sink;
  SimulationLoop whole(model, lasting(0.5));
  whole.attach(&whole_sink);
  whole.run();
  for (const std::int64_t cut : {0, 50, 51, 54, 55}) {
    CountingSink sink;
    SimulationLoop loop(model, lasting(0.5));
    loop.attach(&sink);
    const Checkpoint checkpoint = checkpoint_of(loop, cut);
    loop.advance(33);
    SimulationLoop again(model, lasting(0.5));
    again.attach(&sink);
    again.load_state(checkpoint);
    again.run();
    CHECK(sink.steps == whole_sink.steps);
  }
}

TEST_CASE("an ended run has nothing to continue") {
  SimulationLoop loop(ball_at("0 0 1"), lasting(0.1));
  loop.run();
  Checkpoint checkpoint;
  CHECK_THROWS_AS(loop.save_state(checkpoint), LogicError);
}

TEST_CASE("the flag ipc is refused with the reason") {
  const auto model = Model::compile(
      {R"(<mujoco><option integrator="discrete"><flag ipc="enable"/></option><worldbody>
    <body><freejoint/><geom size=".1"/></body></worldbody></mujoco>)",
       {}});
  SimulationLoop loop(model, lasting(0.1));
  Checkpoint checkpoint;
  CHECK_THROWS_WITH_AS(loop.save_state(checkpoint),
                       "a model with the flag ipc cannot be saved: MuJoCo keeps contact "
                       "multipliers outside its state",
                       UnavailableError);
}

TEST_CASE("serialized bytes come back, and any changed or missing byte is an error") {
  const auto model = ball_at("0 0 1");
  SimulationLoop loop(model, lasting(1));
  const Checkpoint checkpoint = checkpoint_of(loop, 10);
  const Bytes bytes = checkpoint.serialize();
  const Checkpoint again = Checkpoint::parse(bytes);
  CHECK(again.step() == 10);
  CHECK(again.serialize() == bytes);
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    Bytes damaged = bytes;
    damaged[i] ^= std::byte{0x10};
    CHECK_THROWS_AS(Checkpoint::parse(damaged), FormatError);
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{10}, std::size_t{100}, bytes.size() - 1}) {
    CHECK_THROWS_AS(Checkpoint::parse(ByteView(bytes).first(size)), FormatError);
  }
  CHECK_THROWS_AS(static_cast<void>(Checkpoint().step()), FormatError);
  CHECK_THROWS_AS(loop.load_state(Checkpoint()), FormatError);
}

TEST_CASE("with sleeping islands the whole image is saved, and it knows its own size") {
  const auto model = Model::compile({kSleepy, {}});
  SimulationLoop loop(model, lasting(2));
  const Checkpoint saved = checkpoint_of(loop, 60);
  CHECK(saved.size() > 10'000);
  CHECK(loop.data()->ncon > 0);  // the arena is part of it
  loop.run();
  SimulationLoop resumed(model, lasting(2));
  resumed.load_state(saved);
  resumed.run();
  CHECK(resumed.final_state_hash() == loop.final_state_hash());
}

TEST_CASE("an image that does not fit the model is an error before anything is touched") {
  const auto model = Model::compile({kSleepy, {}});
  SimulationLoop loop(model, lasting(2));
  const Bytes bytes = checkpoint_of(loop, 60).serialize();
  const std::string before = loop.final_state_hash();
  // A forged hash makes damage look genuine: what remains are the checks of sizes and places.
  std::size_t refused = 0;
  for (std::size_t i = 0; i + 64 < bytes.size() && i < 4000; ++i) {
    Bytes forged(bytes.begin(), bytes.end() - 64);
    forged[i] = ~forged[i];
    const std::string hash = sha256_hex(forged);
    forged.insert(forged.end(), as_bytes(hash).begin(), as_bytes(hash).end());
    SimulationLoop victim(model, lasting(2));
    try {
      victim.load_state(Checkpoint::parse(forged));
    } catch (const Error&) {
      ++refused;
      CHECK(victim.step_count() == 0);
    }
  }
  CHECK(refused > 800);
  CHECK(loop.final_state_hash() == before);
}

TEST_CASE("a buffer is reused, and what it held before does not matter") {
  const auto model = ball_at("0 0 1");
  SimulationLoop loop(model, lasting(1));
  Checkpoint reused;
  loop.save_state(reused);
  loop.advance(10);
  loop.save_state(reused);
  Checkpoint fresh;
  loop.save_state(fresh);
  CHECK(reused.serialize() == fresh.serialize());
}
