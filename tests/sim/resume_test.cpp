// Save, go on elsewhere, end in the same bits: in this process, in another one, and never on
// another libm path.
#include "durasim/core/process.hpp"

#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <mujoco/mujoco.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

constexpr const char* kModelVariable = "DURASIM_RESUME_TEST_MODEL";

std::int64_t steps_for(const std::string& name) {
  return name == "humanoid100" ? 60 : name == "stonehenge" ? 200 : 400;
}

SimulationLoop loop_for(const std::string& name, const std::shared_ptr<const Model>& model) {
  LoopOptions options;
  options.duration = Seconds(static_cast<double>(steps_for(name)) * model->get()->opt.timestep);
  options.motor_overload.reset();
  SimulationLoop loop(model, options);
  loop.set_controller([](const ControllerContext& c) {
    for (int i = 0; i < c.model->nu; ++i)
      c.data->ctrl[i] = 0.3 * std::sin(0.1 * static_cast<double>(c.step) + i);
  });
  return loop;
}

Checkpoint half_way(const std::string& name, const std::shared_ptr<const Model>& model) {
  SimulationLoop loop = loop_for(name, model);
  loop.advance(steps_for(name) / 2 + 1);
  Checkpoint checkpoint;
  loop.save_state(checkpoint);
  return checkpoint;
}

std::string hash_of_whole_run(const std::string& name, const std::shared_ptr<const Model>& model) {
  SimulationLoop loop = loop_for(name, model);
  loop.run();
  return loop.final_state_hash();
}

// Runs the case below in a fresh process of this very program.
ProcessResult resume_in_child(const std::string& name, const Checkpoint& checkpoint,
                              const std::vector<std::string>& environment) {
  const Bytes input = checkpoint.serialize();
  ProcessOptions options;
  options.program = "/proc/self/exe";
  options.arguments = {"--no-skip", "--test-case=child:*"};
  options.environment = environment;
  options.environment.push_back(std::string(kModelVariable) + "=" + name);
  options.input = input;
  options.deadline = Seconds(120);
  return PosixProcessRunner().run(options);
}

}  // namespace

TEST_CASE("child: continues the checkpoint on standard input" * doctest::skip()) {
  const char* name = std::getenv(kModelVariable);
  REQUIRE(name != nullptr);
  Bytes bytes;
  std::byte buffer[65536];
  for (ssize_t n = 0; (n = ::read(0, buffer, sizeof buffer)) > 0;)
    bytes.insert(bytes.end(), buffer, buffer + n);
  const auto model = real_model(name);
  SimulationLoop loop = loop_for(name, model);
  try {
    loop.load_state(Checkpoint::parse(bytes));
    loop.run();
    std::printf("HASH %s\n", loop.final_state_hash().c_str());
  } catch (const CheckpointMismatch& mismatch) {
    std::printf("MISMATCH %s\n", mismatch.member().c_str());
  }
}

TEST_CASE(
    "a run that goes on from a checkpoint in a fresh loop ends bit for bit the same, on every real "
    "model") {
  for (const std::string& name : real_models()) {
    CAPTURE(name);
    const auto model = real_model(name);
    if (!model) return;
    const std::string whole = hash_of_whole_run(name, model);
    SimulationLoop resumed = loop_for(name, real_model(name));  // compiled anew
    resumed.load_state(Checkpoint::parse(half_way(name, model).serialize()));
    resumed.run();
    CHECK(resumed.final_state_hash() == whole);
    CHECK(resumed.step_count() == steps_for(name));
  }
}

TEST_CASE("a loop that has run elsewhere goes back to a checkpoint bit for bit, asleep or awake") {
  for (const std::string& name : {"dominos", "humanoid", "balloons"}) {
    CAPTURE(name);
    const auto model = real_model(name);
    if (!model) return;
    const std::string whole = hash_of_whole_run(name, model);
    const Checkpoint checkpoint = half_way(name, model);
    SimulationLoop loop = loop_for(name, model);
    loop.run();
    for (int time = 0; time < 3; ++time) {
      loop.load_state(checkpoint);
      loop.run();
      CHECK(loop.final_state_hash() == whole);
    }
  }
}

TEST_CASE("dominos, some of them asleep, continue from every one of seven checkpoints") {
  const auto model = real_model("dominos");
  if (!model) return;
  const std::int64_t total = 1400;
  LoopOptions options;
  options.duration = Seconds(static_cast<double>(total) * model->get()->opt.timestep);
  SimulationLoop whole(model, options);
  std::vector<Checkpoint> saved(7);
  mjtSize fewest_awake = model->get()->ntree;
  for (Checkpoint& checkpoint : saved) {
    whole.save_state(checkpoint);
    fewest_awake = std::min<mjtSize>(fewest_awake, whole.data()->ntree_awake);
    whole.advance(total / 7);
  }
  CHECK(fewest_awake < model->get()->ntree);
  REQUIRE(whole.verdict());
  for (const Checkpoint& checkpoint : saved) {
    SimulationLoop loop(model, options);
    loop.load_state(checkpoint);
    loop.run();
    CHECK(loop.final_state_hash() == whole.final_state_hash());
  }
}

TEST_CASE("the last look at positions and contacts does not change the state that is hashed") {
  for (const std::string& name : real_models()) {
    CAPTURE(name);
    const auto model = real_model(name);
    if (!model) return;
    mjData* data = mj_makeData(model->get());
    std::vector<double> before(
        static_cast<std::size_t>(mj_stateSize(model->get(), mjSTATE_INTEGRATION)));
    std::vector<double> after = before;
    for (int i = 0; i < 50; ++i) mj_step(model->get(), data);
    mj_getState(model->get(), data, before.data(), mjSTATE_INTEGRATION);
    mj_step1(model->get(), data);
    mj_getState(model->get(), data, after.data(), mjSTATE_INTEGRATION);
    CHECK(before == after);
    mj_deleteData(data);
  }
}

TEST_CASE("another process continues a checkpoint bit for bit") {
  for (const std::string& name : {"humanoid", "dominos", "balloons", "car"}) {
    CAPTURE(name);
    const auto model = real_model(name);
    if (!model) return;
    const ProcessResult child = resume_in_child(name, half_way(name, model), {});
    CHECK(std::string(as_text(child.output)).find("HASH " + hash_of_whole_run(name, model)) !=
          std::string::npos);
  }
}

TEST_CASE("the same binary without FMA refuses the checkpoint") {
  const std::string name = "humanoid";
  const auto model = real_model(name);
  if (!model) return;
  if (current_identity().cpu_features.find("fma") == std::string::npos) {
    MESSAGE("skipped: this CPU has no FMA to switch off");
    return;
  }
  const std::string tunables =
      "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2,-FMA_Usable,-AVX2_Usable";
  const ProcessResult child = resume_in_child(name, half_way(name, model), {tunables});
  CHECK(std::string(as_text(child.output)).find("MISMATCH libm_probe") != std::string::npos);
}
