// Units as STEP entities, in SI. OpenCASCADE converts lengths itself, but it forgets which unit the
// file was in and takes kilograms for grams in densities.
#pragma once

#include <StepBasic_DerivedUnit.hxx>
#include <StepBasic_NamedUnit.hxx>
#include <StepData_StepModel.hxx>

#include <optional>
#include <string>

namespace durasim::inline v0::cad {

struct FileUnit {
  std::string name;  // "mm", "in", or what the file calls an unusual unit
  double metres = 1e-3;
};

// The length unit of the first geometric context that states one.
std::optional<FileUnit> length_unit(const Handle(StepData_StepModel) & model);

// kg/m3 in one unit of density; nothing when it is not mass and length. The exponents in the file
// are not looked at: OpenCASCADE, and so everybody who writes with it, writes 3 and 2 for 1 and -3.
std::optional<double> kg_per_m3(const Handle(StepBasic_DerivedUnit) & unit);

}  // namespace durasim::inline v0::cad
