// Small models, and recordings of them made with bare MuJoCo calls, for the tests of pictures.
#pragma once

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/renderer.hpp"
#include "durasim/sim/trajectory.hpp"

#include <doctest/doctest.h>
#include <mujoco/mujoco.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>

namespace durasim_test {

using durasim::sim::Model;

inline durasim::sim::MjcfSource source(const std::string& inside) {
  return {.xml = "<mujoco>" + inside + "</mujoco>", .assets = {}};
}

inline std::shared_ptr<const Model> scene(const std::string& inside) {
  return Model::compile(source(inside));
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

template <class Exception = durasim::Error>
std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// A ball and a box that fall on a floor, with light.
inline durasim::sim::MjcfSource falling_source() {
  return source(R"(<worldbody>
    <light pos="0 0 3"/>
    <geom type="plane" size="5 5 .1" rgba=".8 .8 .8 1"/>
    <body name="ball" pos="0 0 .5"><freejoint/><geom type="sphere" size=".1" rgba="1 0 0 1"/></body>
    <body name="box" pos=".5 .2 .3"><freejoint/><geom type="box" size=".1 .05 .08" rgba="0 0 1 1"/></body>
  </worldbody>)");
}

inline std::shared_ptr<const Model> falling_scene() {
  return Model::compile(falling_source());
}

// Null, with a message, where the folder of test data is absent.
inline std::shared_ptr<const Model> foreign_scene(const std::string& name) {
  const std::string path = std::string(DURASIM_TEST_DATA) + "/mjcf/" + name + ".xml";
  if (::access(path.c_str(), R_OK) != 0) {
    MESSAGE("skipped, absent: " << path);
    return nullptr;
  }
  return Model::compile(
      {.xml = std::string(durasim::as_text(durasim::read_file(path))), .assets = {}});
}

struct Data {
  explicit Data(const Model& model) : data(mj_makeData(model.get())) {
    mj_forward(model.get(), data);
  }
  ~Data() { mj_deleteData(data); }
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;
  mjData* data;
};

inline void advance(const Model& model, mjData* data, int steps) {
  for (int i = 0; i < steps; ++i) mj_step(model.get(), data);
}

// Runs for `seconds` and gives the recorder each frame that is due.
inline void record_run(const Model& model, double seconds, durasim::sim::TrajectorySink& sink) {
  const Data run(model);
  const double step = model.get()->opt.timestep;
  const std::int64_t steps = std::llround(seconds / step);
  std::int64_t frame = 0;
  for (std::int64_t i = 0; i <= steps; ++i) {
    mj_step1(model.get(), run.data);
    if (i >= durasim::sim::step_of_frame(frame, sink.frames_per_second(), step) || i == steps) {
      sink.record(i, model.get(), run.data);
      ++frame;
    }
    mj_step2(model.get(), run.data);
  }
}

inline bool rendering_missing() {
  static const durasim::sim::RenderingProbe probe = durasim::sim::probe_rendering();
  if (!probe.ok) MESSAGE("skipped: this machine cannot render: " << probe.reason);
  return !probe.ok;
}

}  // namespace durasim_test
