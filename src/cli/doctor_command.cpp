// durasim doctor: does everything that simulate needs, once and small, and says what is missing.
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/loop.hpp"
#include "durasim/sim/mjcf_builder.hpp"
#include "durasim/sim/renderer.hpp"
#include "durasim/sim/video.hpp"

#include "cli/commands.hpp"
#include "cli/ending.hpp"

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <string>

namespace durasim::cli {
namespace {

// A ball that falls for a tenth of a second: compiles, steps and gives a verdict.
std::string check_mujoco() {
  sim::Assembly assembly;
  assembly.add_sphere("ball", 0.01, {.pose = {{0, 0, 0.5}, {}}});
  const sim::BuiltScene scene = sim::MjcfBuilder({.floor = {.height_m = 0}}).build(assembly);
  sim::SimulationLoop loop(sim::Model::compile(scene.source), {.duration = Seconds(0.1)});
  const auto verdict = loop.run();
  if (!verdict || verdict->code != sim::ReasonCode::Stable)
    throw Error("a falling ball did not end as STABLE");
  return "MuJoCo " + sim::mujoco_version();
}

std::string check_helper() {
  return fmt::format("{} in {}", sim::geometry_helper_version(), sim::find_geometry_helper());
}

std::string check_rendering() {
  const sim::RenderingProbe probe = sim::probe_rendering();
  if (!probe.ok) throw UnavailableError(probe.reason);
  return probe.backend;
}

std::string check_encoder() {
  std::string reason;
  const auto factory = sim::load_video_plugin(reason);
  if (!factory) throw UnavailableError(reason);
  return factory->default_encoder();
}

bool report(const char* what, const std::function<std::string()>& check) {
  try {
    fmt::print("ok    {:<16} {}\n", what, check());
    return true;
  } catch (const std::exception& error) {
    fmt::print("FAIL  {:<16} {}\n", what, error.what());
    return false;
  }
}

int doctor(const std::stop_token& stop) {
  const LeaveOnStop leave(stop);
  bool ok = report("physics", check_mujoco);
  ok = report("geometry helper", check_helper) && ok;
  ok = report("rendering", check_rendering) && ok;
  ok = report("video encoder", check_encoder) && ok;
#ifdef DURASIM_HAVE_SQLITE  // without it no durable command begins
  ok = report("supervisor",
              [] {
                return find_helper_program("durasim-supervisor", "",
                                           "install durasim with its programs");
              }) &&
       ok;
#endif
  return ok ? kSuccess : kError;
}

}  // namespace

void add_doctor(CLI::App& app, Command& chosen) {
  CLI::App* verb = app.add_subcommand("doctor",
                                      "Check that MuJoCo, the geometry helper, rendering, the "
                                      "video encoder and the supervisor work");
  verb->footer("Exit codes: 0 everything works, 1 something does not.");
  verb->callback([&chosen] { chosen = doctor; });
}

}  // namespace durasim::cli
