// The four forms of geometry come down to one: the bytes of a file and what they are.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/pipeline/simulation.hpp"

#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::pipeline {

struct ObtainedGeometry {
  Bytes bytes;                     // of an MJCF model a bundle
  std::optional<Artifact> stored;  // where the artifact store has them already
  sim::FileFormat format = sim::FileFormat::Step;
  std::string unit;
  std::vector<geometry::Problem> problems;  // with an error among them there are no bytes
};

// Throws InvalidArgument for a request that no attempt can fulfil, FormatError when the bytes are
// not those that are meant, and what the artifact store and SimulationServices::fetch throw.
ObtainedGeometry obtain_geometry(const ActivityContext& ctx, const SimulationRequest& request,
                                 const SimulationServices& services);

// Of the parts for which the geometry states none.
std::string material_of(const Geometry& geometry);

// Where scripts that make geometry run: below a worker's work folder.
std::string scratch_root(const SimulationServices& services);

// Runs the script of that attempt; its file, or why there is none. Throws InvalidArgument for a
// path that leaves the folder, UnavailableError, CancelledError, IoError.
struct ScriptMade {
  Bytes bytes;
  std::vector<geometry::Problem> problems;
};
ScriptMade run_geometry_script(const ActivityContext& ctx, const std::string& name,
                               const GeometryScript& script, const SimulationServices& services);

}  // namespace durasim::inline v0::pipeline
