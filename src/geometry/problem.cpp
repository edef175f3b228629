// Names of problem codes: one table, read both ways.
#include "durasim/geometry/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace durasim::inline v0::geometry {
namespace {

using enum ProblemCode;
constexpr std::array<std::pair<ProblemCode, std::string_view>, 33> kNames{{
    {UnreadableFile, "UNREADABLE_FILE"},
    {ImportCrashed, "IMPORT_CRASHED"},
    {ImportTimeout, "IMPORT_TIMEOUT"},
    {ImportMemory, "IMPORT_MEMORY"},
    {LimitExceeded, "LIMIT_EXCEEDED"},
    {UnitRequired, "UNIT_REQUIRED"},
    {EmptyAssembly, "EMPTY_ASSEMBLY"},
    {NoSolid, "NO_SOLID"},
    {OpenMesh, "OPEN_MESH"},
    {InconsistentWinding, "INCONSISTENT_WINDING"},
    {NonManifoldMesh, "NON_MANIFOLD_MESH"},
    {NotFinite, "NOT_FINITE"},
    {ZeroVolume, "ZERO_VOLUME"},
    {PartTooSmall, "PART_TOO_SMALL"},
    {BadMaterial, "BAD_MATERIAL"},
    {BadShape, "BAD_SHAPE"},
    {DuplicateName, "DUPLICATE_NAME"},
    {ReservedName, "RESERVED_NAME"},
    {UnknownPart, "UNKNOWN_PART"},
    {BadZone, "BAD_ZONE"},
    {BadOption, "BAD_OPTION"},
    {OverlapAtStart, "OVERLAP_AT_START"},
    {InertiaInvalid, "INERTIA_INVALID"},
    {ModelRejected, "MODEL_REJECTED"},
    {ShellMadeSolid, "SHELL_MADE_SOLID"},
    {MeshReduced, "MESH_REDUCED"},
    {ImplausibleSize, "IMPLAUSIBLE_SIZE"},
    {ImplausibleMass, "IMPLAUSIBLE_MASS"},
    {ConcaveAsHull, "CONCAVE_AS_HULL"},
    {FrictionApproximated, "FRICTION_APPROXIMATED"},
    {PropertyError, "PROPERTY_ERROR"},
    {NotRepresented, "NOT_REPRESENTED"},
    {ScriptFailed, "SCRIPT_FAILED"},
}};

}  // namespace

std::string_view to_string(ProblemCode code) {
  for (const auto& [value, name] : kNames) {
    if (value == code) return name;
  }
  return "UNKNOWN";
}

std::optional<ProblemCode> parse_problem_code(std::string_view text) {
  for (const auto& [value, name] : kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string describe(const Problem& problem) {
  return fmt::format("{} {}{}{}: {}", problem.severity == Severity::Error ? "ERROR" : "WARNING",
                     to_string(problem.code), problem.part.empty() ? "" : " ", problem.part,
                     problem.message);
}

bool has_errors(std::span<const Problem> problems) {
  return std::any_of(problems.begin(), problems.end(),
                     [](const Problem& p) { return p.severity == Severity::Error; });
}

}  // namespace durasim::inline v0::geometry
