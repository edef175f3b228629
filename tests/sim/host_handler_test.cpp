// A host that uses MuJoCo itself keeps its own log handler; only durasim's calls on their own
// thread are taken out of it. A program of its own: the handler is a property of the process.
#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <mujoco/mujoco.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

std::atomic<int> host_warnings = 0;
std::atomic<int> host_errors = 0;

struct HostError {};

void host_handler(const mjLogMessage* message) {
  if (message->level == mjLOG_WARNING) ++host_warnings;
  if (message->level != mjLOG_ERROR) return;
  ++host_errors;
  throw HostError{};
}

// Installed before durasim's first call, as the documentation asks.
const mjfLogHandler kBefore = mju_setLogHandler(host_handler);

void warn_in_force_callback(const mjModel*, mjData*) {
  mju_warning("%s", "a warning out of mj_step");
}
void fail_in_force_callback(const mjModel*, mjData*) {
  mju_error("%s", "an error out of mj_step");
}

struct Callback {
  explicit Callback(mjfGeneric function) { mjcb_passive = function; }
  ~Callback() { mjcb_passive = nullptr; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
};

}  // namespace

TEST_CASE(
    "messages of the host's own calls reach the host's handler, before and after durasim was "
    "used") {
  CHECK((kBefore != nullptr));
  host_warnings = 0;
  mju_warning("%s", "before");
  SimulationLoop loop(ball_at("0 0 1"), lasting(0.1));
  loop.run();
  mju_warning("%s", "after");
  CHECK(host_warnings == 2);
  host_errors = 0;
  CHECK_THROWS_AS(mju_error("%s", "the host's"), HostError);
  CHECK(host_errors == 1);
}

TEST_CASE(
    "an error inside mj_step throws MujocoError, spares host and process, and a checkpoint heals "
    "the loop") {
  const auto model = ball_at("0 0 1");
  SimulationLoop loop(model, lasting(0.1));
  loop.advance(10);
  Checkpoint good;
  loop.save_state(good);
  host_errors = 0;
  {
    const Callback callback(fail_in_force_callback);
    CHECK_THROWS_WITH_AS(loop.advance(1), "MuJoCo: an error out of mj_step", MujocoError);
  }
  CHECK(host_errors == 0);
  CHECK_THROWS_AS(loop.advance(1), LogicError);
  loop.load_state(good);
  CHECK(loop.run()->code == ReasonCode::Stable);
  SimulationLoop undisturbed(model, lasting(0.1));
  undisturbed.run();
  CHECK(loop.final_state_hash() == undisturbed.final_state_hash());
}

TEST_CASE("warnings inside a run belong to the run") {
  host_warnings = 0;
  SimulationLoop loop(ball_at("0 0 1"), lasting(0.1));
  {
    const Callback callback(warn_in_force_callback);
    loop.run();
  }
  CHECK(host_warnings == 0);
  CHECK(loop.warnings() ==
        std::vector<std::string>{"a warning out of mj_step"});  // 50 times the same is once
}

TEST_CASE("another thread of the host is the host's, even while durasim runs") {
  host_warnings = 0;
  SimulationLoop loop(ball_at("0 0 1"), lasting(0.01));
  loop.set_controller([](const ControllerContext&) {
    std::jthread([] { mju_warning("%s", "elsewhere"); }).join();
  });
  loop.run();
  CHECK(host_warnings == 5);
}

TEST_CASE("a model with warnings and errors leaves no MUJOCO_LOG.TXT behind") {
  const auto model = Model::compile(
      {"<mujoco><worldbody><body pos=\"nan 0 0\"><geom size=\".1\"/></body></worldbody></mujoco>",
       {}});
  CHECK(model->warnings().size() == 1);
  CHECK_THROWS_AS(Model::compile({"<mujoco><worldbody><bodi/></worldbody></mujoco>", {}}),
                  ModelError);
  CHECK(::access("MUJOCO_LOG.TXT", F_OK) != 0);
}
