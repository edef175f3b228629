// What a simulation gives back: verdict, metrics, artifacts, report, provenance; and its JSON and
// Markdown. A physics verdict, a fault of the machine (an exception) and a missing artifact are
// three different things.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/sim/mjcf_builder.hpp"
#include "durasim/sim/verdict.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// What made this result; equal provenance means equal bytes of the state.
struct Provenance {
  std::map<std::string, std::string> versions;  // "mujoco": "4.0.0", ...
  std::string input_sha256;  // of the input file; empty for an assembly from code
  std::string
      mjcf_sha256;  // of the MJCF text and its assets (Model::sha256); empty when there is none
  std::uint64_t seed = 0;
  std::string fingerprint;  // of the machine: fingerprint(current_identity())
};

struct SimulationResult {
  Verdict verdict;
  Metrics metrics;
  std::map<std::string, std::string> artifact_urls;  // "mjcf": "file:///...", ...
  std::optional<std::string> video_url;
  std::map<std::string, std::string> missing;  // artifact that could not be made: why
  std::string final_state_hash;  // SimulationLoop::final_state_hash; empty when no step ran
  Provenance provenance;
  std::vector<geometry::Problem> problems;
  std::vector<PartReport> parts;
  std::vector<std::string> notes;     // decisions of the scene, one a line
  std::vector<std::string> warnings;  // of MuJoCo during the run
  std::string report;                 // to_markdown of all this
};

// One JSON object; schema: docs/result.schema.json. Thread-safe.
DURASIM_EXPORT std::string to_json(const SimulationResult& result);

// A report for people. `name` is its title. Thread-safe.
DURASIM_EXPORT std::string to_markdown(const SimulationResult& result, const std::string& name);

// The part tree with masses, collision choice and warnings, as JSON; schema:
// docs/inspect.schema.json. Thread-safe.
DURASIM_EXPORT std::string inspect_json(const Assembly& assembly, const BuiltScene& scene);

// {"error": message}, for programs that wait for JSON when the machine fails. Thread-safe.
DURASIM_EXPORT std::string error_json(const std::string& message);

}  // namespace durasim::inline v0::sim
