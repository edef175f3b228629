// What is wrong with an input, by part: a code for programs, a sentence for people that says what
// to do.
#pragma once

#include "durasim/core/config.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace durasim::inline v0::geometry {

// Printed in upper snake case (NO_SOLID). docs/codes.md explains each. Order is not persistent;
// names are.
enum class ProblemCode {
  // The file as a whole.
  UnreadableFile,  // wrong type, truncated, or not parsable
  ImportCrashed,   // the import process died
  ImportTimeout,   // the import process passed its deadline
  ImportMemory,    // the import process passed its memory limit
  LimitExceeded,   // more parts, faces or bytes than the limits allow
  UnitRequired,    // a mesh without a stated unit
  EmptyAssembly,   // no part at all
  // One part's shape.
  NoSolid,              // wires, open shells, empty results
  OpenMesh,             // an edge with one triangle: a hole
  InconsistentWinding,  // neighbouring triangles that disagree about the outside, or inside-out
  NonManifoldMesh,      // an edge with more than two triangles
  NotFinite,            // NaN or infinity
  ZeroVolume,
  PartTooSmall,  // inertia below MuJoCo's floor of 1e-15 kg m2
  BadMaterial,   // density or friction that is not a positive finite number
  BadShape,      // a dimension that is not a positive finite number, an index that leads nowhere
  DuplicateName,
  ReservedName,
  UnknownPart,  // an option names a part that is not there
  BadZone,      // min above max, not finite, or a name that repeats
  BadOption,    // a scene option outside its range, or two that contradict each other
  OverlapAtStart,
  InertiaInvalid,  // violates the triangle inequality or is not positive definite
  ModelRejected,   // MuJoCo's compiler refused the scene
  // Warnings.
  ShellMadeSolid,
  MeshReduced,
  ImplausibleSize,
  ImplausibleMass,
  ConcaveAsHull,
  FrictionApproximated,
  PropertyError,   // mass properties are less exact than asked for
  NotRepresented,  // something in the file that is not simulated (e.g. wires beside solids)
  // Again of the input as a whole: appended, because the order is that of stored data.
  ScriptFailed,  // the script that was to make the file has not made it
};

DURASIM_EXPORT std::string_view to_string(ProblemCode code);
DURASIM_EXPORT std::optional<ProblemCode> parse_problem_code(std::string_view text);

enum class Severity { Warning, Error };

struct Problem {
  Severity severity = Severity::Error;
  std::string part;  // name of the part or entity; empty for the whole input
  ProblemCode code = ProblemCode::UnreadableFile;
  std::string message;  // a sentence: what is wrong and what to do
  friend bool operator==(const Problem&, const Problem&) = default;
};

// "ERROR NO_SOLID frame/rib: ..." one line each.
DURASIM_EXPORT std::string describe(const Problem& problem);
DURASIM_EXPORT bool has_errors(std::span<const Problem> problems);

}  // namespace durasim::inline v0::geometry
