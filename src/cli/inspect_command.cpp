// durasim inspect FILE: the parts of a file with masses, collision geometry and everything that is
// wrong.
#include "durasim/sim/import.hpp"
#include "durasim/sim/result.hpp"

#include "cli/commands.hpp"
#include "cli/input_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace durasim::cli {
namespace {

struct InspectArguments {
  InputOptions input;
  bool json = false;
};

// The tree that the paths spell, one line a part, with its branches above it.
void print_tree(const std::vector<sim::PartReport>& parts) {
  std::string branch;
  for (const sim::PartReport& p : parts) {
    const std::size_t slash = p.path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : p.path.substr(0, slash);
    const auto depth = static_cast<std::size_t>(std::count(p.path.begin(), p.path.end(), '/'));
    if (folder != branch && !folder.empty()) fmt::print("{}/\n", folder);
    branch = folder;
    const std::string leaf = slash == std::string::npos ? p.path : p.path.substr(slash + 1);
    fmt::print("{:{}}{:<28} {:>11.4g} kg  {:<16} {:<6} collides as {}", "", depth > 0 ? 2 : 0, leaf,
               p.mass_kg, p.material, p.fixed ? "fixed" : "free",
               p.collision.empty() ? "-" : p.collision);
    if (p.collision_volume_ratio > 1.05)
      fmt::print(" ({:.3g} x its volume)", p.collision_volume_ratio);
    fmt::print("\n");
    for (const std::string& w : p.warnings) fmt::print("      WARNING {}\n", w);
  }
}

void print_report(const sim::Assembly& assembly, const sim::BuiltScene& scene) {
  double mass = 0;
  for (const sim::PartReport& p : scene.parts) mass += p.mass_kg;
  fmt::print("{}: {} parts, {:.4g} kg, unit {}\n", assembly.name(), scene.parts.size(), mass,
             assembly.unit());
  print_tree(scene.parts);
  for (const std::string& note : scene.notes) fmt::print("  {}\n", note);
  for (const geometry::Problem& p : scene.problems) {
    const bool shown =
        p.severity == geometry::Severity::Warning &&
        std::any_of(scene.parts.begin(), scene.parts.end(),
                    [&](const sim::PartReport& part) { return part.name == p.part; });
    if (!shown) fmt::print("{}\n", describe(p));
  }
}

int inspect(const InspectArguments& a, const std::stop_token& stop) {
  const sim::Assembly assembly = sim::import_file(a.input.file, a.input.import_options(stop));
  const sim::BuiltScene scene = sim::MjcfBuilder(a.input.scene_options()).build(assembly);
  if (a.json)
    fmt::print("{}\n", inspect_json(assembly, scene));
  else
    print_report(assembly, scene);
  return scene.ok() ? kSuccess : kFail;
}

}  // namespace

void add_inspect(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<InspectArguments>();
  CLI::App* verb = app.add_subcommand(
      "inspect", "Show the parts of a CAD file: masses, collision geometry, warnings");
  verb->footer(
      "Exit codes: 0 no errors, 2 the geometry has errors, 1 usage, I/O or infrastructure.");
  a->input.add_to(*verb);
  verb->add_flag("--json", a->json, "print one JSON object to standard output");
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return inspect(*a, stop); }; });
}

}  // namespace durasim::cli
