// A shape made in code, by the same computation as the solids of files.
#include "durasim/cad/shape.hpp"

#include "durasim/core/error.hpp"

#include "cad/occt_session.hpp"
#include "cad/part.hpp"
#include "cad/solids.hpp"

#include <BRepBuilderAPI_Copy.hxx>
#include <BRep_Builder.hxx>
#include <TopoDS_Compound.hxx>
#include <TopoDS_Shape.hxx>
#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace durasim::inline v0::cad {
namespace {

using geometry::Problem;
using geometry::ProblemCode;
using geometry::Severity;

TopoDS_Shape one_shape(const std::vector<TopoDS_Shape>& solids) {
  if (solids.size() == 1) return solids.front();
  const BRep_Builder builder;
  TopoDS_Compound compound;
  builder.MakeCompound(compound);
  for (const TopoDS_Shape& solid : solids) builder.Add(compound, solid);
  return compound;
}

}  // namespace

geometry::ImportedShape shape_from(const TopoDS_Shape& shape, const std::string& name,
                                   const TessellationOptions& options, double metres_per_unit,
                                   std::vector<Problem>* warnings) {
  check_options(options);
  if (!std::isfinite(metres_per_unit) || metres_per_unit <= 0)
    throw InvalidArgument(fmt::format("{}: metres_per_unit must be positive", name));
  if (shape.IsNull()) throw InvalidArgument(fmt::format("{}: the shape is null", name));
  std::vector<Problem> problems;
  PartResult result = translate_failures(fmt::format("{}: OpenCASCADE failed", name), [&] {
    const TopoDS_Shape copy = BRepBuilderAPI_Copy(shape, false, false).Shape();
    const FoundSolids found = find_solids(copy);
    if (found.solids.empty()) {
      throw InvalidArgument(fmt::format("{}: the shape has no solid ({})", name,
                                        found.left_over.empty() ? "it is empty" : found.left_over));
    }
    if (!found.made.empty())
      problems.push_back({Severity::Warning, name, ProblemCode::ShellMadeSolid,
                          "a closed shell is taken as the boundary of a solid"});
    if (!found.left_over.empty())
      problems.push_back({Severity::Warning, name, ProblemCode::NotRepresented,
                          found.left_over + " beside the solid: not simulated"});
    return compute_part(one_shape(found.solids), name, metres_per_unit, options);
  });
  for (Problem& problem : result.problems) {
    if (problem.severity == Severity::Error)
      throw InvalidArgument(fmt::format("{}: {}", name, problem.message));
    problems.push_back(std::move(problem));
  }
  if (warnings != nullptr)
    std::move(problems.begin(), problems.end(), std::back_inserter(*warnings));
  result.shape.name = name;
  return std::move(result.shape);
}

}  // namespace durasim::inline v0::cad
