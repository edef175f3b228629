// SI and conversion-based units of ISO 10303-41.
#include "cad/step_units.hpp"

#include "durasim/core/units.hpp"

#include <STEPConstruct_UnitContext.hxx>
#include <StepBasic_ConversionBasedUnit.hxx>
#include <StepBasic_ConversionBasedUnitAndLengthUnit.hxx>
#include <StepBasic_ConversionBasedUnitAndMassUnit.hxx>
#include <StepBasic_DerivedUnitElement.hxx>
#include <StepBasic_LengthUnit.hxx>
#include <StepBasic_MeasureWithUnit.hxx>
#include <StepBasic_SiUnit.hxx>
#include <StepBasic_SiUnitAndLengthUnit.hxx>
#include <StepBasic_SiUnitAndMassUnit.hxx>
#include <StepBasic_Unit.hxx>
#include <StepGeom_GeomRepContextAndGlobUnitAssCtxAndGlobUncertaintyAssCtx.hxx>
#include <StepGeom_GeometricRepresentationContextAndGlobalUnitAssignedContext.hxx>
#include <StepRepr_GlobalUnitAssignedContext.hxx>
#include <TCollection_HAsciiString.hxx>

#include <cmath>

namespace durasim::inline v0::cad {
namespace {

enum class Quantity { Length, Mass };

bool measures(const Handle(StepBasic_NamedUnit) & unit, Quantity quantity) {
  if (quantity == Quantity::Length) {
    return unit->IsKind(STANDARD_TYPE(StepBasic_SiUnitAndLengthUnit)) ||
           unit->IsKind(STANDARD_TYPE(StepBasic_ConversionBasedUnitAndLengthUnit));
  }
  return unit->IsKind(STANDARD_TYPE(StepBasic_SiUnitAndMassUnit)) ||
         unit->IsKind(STANDARD_TYPE(StepBasic_ConversionBasedUnitAndMassUnit));
}

// Metres or kilograms. A conversion may rest on another conversion; four steps are enough for any
// honest file and an end for a cyclic one.
std::optional<double> si_factor(const Handle(StepBasic_NamedUnit) & unit, int depth = 4) {
  if (unit.IsNull() || depth == 0) return std::nullopt;
  if (const auto si = Handle(StepBasic_SiUnit)::DownCast(unit); !si.IsNull()) {
    const double prefix =
        si->HasPrefix() ? STEPConstruct_UnitContext::ConvertSiPrefix(si->Prefix()) : 1.0;
    if (si->Name() == StepBasic_sunMetre) return prefix;
    if (si->Name() == StepBasic_sunGram) return 1e-3 * prefix;
    return std::nullopt;
  }
  const auto converted = Handle(StepBasic_ConversionBasedUnit)::DownCast(unit);
  if (converted.IsNull() || converted->ConversionFactor().IsNull()) return std::nullopt;
  const Handle(StepBasic_MeasureWithUnit) measure = converted->ConversionFactor();
  const auto base = si_factor(measure->UnitComponent().NamedUnit(), depth - 1);
  const double factor = base ? measure->ValueComponent() * *base : 0;
  return std::isfinite(factor) && factor > 0 ? std::optional(factor) : std::nullopt;
}

std::string name_of(const Handle(StepBasic_NamedUnit) & unit, double metres) {
  for (const LengthUnit known :
       {LengthUnit::Micrometre, LengthUnit::Millimetre, LengthUnit::Centimetre, LengthUnit::Metre,
        LengthUnit::Inch, LengthUnit::Foot}) {
    if (std::abs(metres - metres_per(known)) <= 1e-9 * metres) return std::string(to_string(known));
  }
  const auto converted = Handle(StepBasic_ConversionBasedUnit)::DownCast(unit);
  if (!converted.IsNull() && !converted->Name().IsNull() && converted->Name()->Length() <= 32)
    return converted->Name()->ToCString();
  return "unit";
}

Handle(StepRepr_GlobalUnitAssignedContext) units_of(const Handle(Standard_Transient) & entity) {
  if (const auto full = Handle(
          StepGeom_GeomRepContextAndGlobUnitAssCtxAndGlobUncertaintyAssCtx)::DownCast(entity);
      !full.IsNull())
    return full->GlobalUnitAssignedContext();
  if (const auto plain = Handle(
          StepGeom_GeometricRepresentationContextAndGlobalUnitAssignedContext)::DownCast(entity);
      !plain.IsNull())
    return plain->GlobalUnitAssignedContext();
  return Handle(StepRepr_GlobalUnitAssignedContext)::DownCast(entity);
}

}  // namespace

std::optional<FileUnit> length_unit(const Handle(StepData_StepModel) & model) {
  for (int i = 1; i <= model->NbEntities(); ++i) {
    const Handle(StepRepr_GlobalUnitAssignedContext) context = units_of(model->Value(i));
    if (context.IsNull() || context->Units().IsNull()) continue;
    for (int k = 1; k <= context->NbUnits(); ++k) {
      const Handle(StepBasic_NamedUnit) unit = context->UnitsValue(k);
      if (unit.IsNull() || !measures(unit, Quantity::Length)) continue;
      if (const auto metres = si_factor(unit)) return FileUnit{name_of(unit, *metres), *metres};
    }
  }
  return std::nullopt;
}

std::optional<double> kg_per_m3(const Handle(StepBasic_DerivedUnit) & unit) {
  if (unit.IsNull() || unit->Elements().IsNull()) return std::nullopt;
  std::optional<double> kilograms;
  std::optional<double> metres;
  for (int i = 1; i <= unit->NbElements(); ++i) {
    if (unit->ElementsValue(i).IsNull()) return std::nullopt;
    const Handle(StepBasic_NamedUnit) part = unit->ElementsValue(i)->Unit();
    if (part.IsNull()) return std::nullopt;
    if (measures(part, Quantity::Length))
      metres = si_factor(part);
    else if (measures(part, Quantity::Mass))
      kilograms = si_factor(part);
    else
      return std::nullopt;
  }
  if (!kilograms || !metres) return std::nullopt;
  return *kilograms / (*metres * *metres * *metres);
}

}  // namespace durasim::inline v0::cad
