// The README's example: three parts from code, a goal, a verdict and a video.
#include "durasim/sim/simulate_local.hpp"

#include <cstdio>

using namespace durasim;

int main() {
  // Parts from code; durasim::sim::import_file("robot.step") reads them from CAD.
  sim::Assembly assembly("drop_test");
  assembly.add_box("table", {0.4, 0.4, 0.02}, {.mobility = sim::Mobility::Fixed});
  assembly.add_sphere("ball", 0.02, {.pose = {{0, 0, 0.3}, {}}, .material = "steel"});
  assembly.add_box("brick", {0.06, 0.03, 0.02}, {.pose = {{0.1, 0, 0.1}, {}}, .material = "abs"});

  // Success when the ball has stayed on the table for half a second.
  assembly.add_zone({sim::ZoneKind::Goal, "table top", {{-0.2, -0.2, 0}, {0.2, 0.2, 0.05}}});

  sim::SimulateOptions options;
  options.duration = Seconds(3);
  options.goal.target = "ball";
  options.output_folder = "out/drop_test";
  options.video_format = {.width = 640, .height = 480, .draft = true};

  const sim::SimulationResult result = sim::simulate_local(assembly, options);
  std::printf("%s: %s\n", std::string(to_string(result.verdict.code)).c_str(),
              result.verdict.detail.c_str());
  return result.verdict.outcome == sim::Outcome::Success ? 0 : 2;
}
