// What a program outside the project can do with durasim::sim: a box falls onto the floor and rests
// there.
#include <durasim/sim/simulate_local.hpp>

#include <chrono>
#include <cstdio>

int main() {
  using namespace std::chrono_literals;
  durasim::sim::Assembly assembly("consumer");
  assembly.add_box("box", {0.02, 0.02, 0.02}, {.pose = {.position_m = {0, 0, 0.01}}});
  const auto result = durasim::sim::simulate_local(
      assembly, {.duration = 200ms, .output_folder = "", .video = false});
  std::printf("%s %s: %s\n", to_string(result.verdict.outcome).data(),
              to_string(result.verdict.code).data(), result.verdict.detail.c_str());
  return result.verdict.outcome == durasim::sim::Outcome::Success ? 0 : 1;
}
