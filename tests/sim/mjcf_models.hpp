// Models for the tests of the loop: small ones made of text, and the real ones of
// DURASIM_TEST_DATA.
#pragma once

#include "durasim/sim/loop.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/model.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim_test {

inline std::shared_ptr<const durasim::sim::Model> compile(
    const std::string& inside, const std::string& option = R"(timestep="0.002")") {
  return durasim::sim::Model::compile(
      {"<mujoco><option integrator=\"implicitfast\" " + option + "/>" + inside + "</mujoco>", {}});
}

inline const std::string kWeightless = R"(timestep="0.01" gravity="0 0 0")";

// A free body "part" without weight.
inline std::shared_ptr<const durasim::sim::Model> body_with(
    const std::string& geom, const std::string& place = "pos=\"0 0 0\"") {
  return compile(
      "<worldbody><body name=\"part\" " + place + "><freejoint/>" + geom + "</body></worldbody>",
      kWeightless);
}

// A free ball of 1 kg and 5 cm at `position`; nothing below it.
inline std::shared_ptr<const durasim::sim::Model> ball_at(
    const std::string& position, const std::string& option = R"(timestep="0.002")") {
  return compile(
      "<worldbody><body name=\"ball\" pos=\"" + position +
          R"("><freejoint/><geom type="sphere" size=".05" mass="1"/></body></worldbody>)",
      option);
}

// 60 balls that touch each other and the floor, in a model with `memory` for it (1000K are enough).
inline std::string crowded_mjcf(const std::string& memory) {
  std::string xml =
      "<mujoco><size memory=\"" + memory + R"("/><worldbody><geom type="plane" size="5 5 1"/>)";
  for (int i = 0; i < 60; ++i) {
    const int row = i / 8;
    const std::string place =
        std::to_string(0.09 * (i % 8)) + " " + std::to_string(0.09 * row) + " .04";
    xml += "<body pos=\"" + place + R"("><freejoint/><geom size=".05"/></body>)";
  }
  return xml + "</worldbody></mujoco>";
}

inline durasim::sim::Zone zone(durasim::sim::ZoneKind kind, const std::string& name,
                               durasim::geometry::Vec3 low, durasim::geometry::Vec3 high) {
  return {kind, name, {low, high}};
}

inline durasim::sim::LoopOptions with_zones(std::vector<durasim::sim::Zone> zones,
                                            double seconds = 0) {
  durasim::sim::LoopOptions options;
  options.duration = durasim::Seconds(seconds);
  options.zones = std::move(zones);
  return options;
}

inline durasim::sim::LoopOptions lasting(double seconds) {
  return with_zones({}, seconds);
}

// OBJ text of a closed mesh.
inline const std::string kTetrahedron =
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n";

inline const std::vector<std::string>& real_models() {
  static const std::vector<std::string> names{"balloons",      "car",          "carousel",
                                              "dominos",       "humanoid",     "humanoid100",
                                              "newton_cradle", "slider_crank", "stonehenge"};
  return names;
}

// Null, with a message, where the folder of test data is absent.
inline std::shared_ptr<const durasim::sim::Model> real_model(const std::string& name) {
  const std::string path = std::string(DURASIM_TEST_DATA) + "/mjcf/" + name + ".xml";
  if (::access(path.c_str(), R_OK) != 0) {
    MESSAGE("skipped, absent: " << path);
    return nullptr;
  }
  return durasim::sim::Model::compile(durasim::sim::load_mjcf_file(path));
}

}  // namespace durasim_test
