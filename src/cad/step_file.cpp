// Reads STEP bytes from memory; walks the entities for materials and names that XCAF drops.
#include "cad/step_file.hpp"

#include "durasim/core/error.hpp"

#include <IFSelect_ReturnStatus.hxx>
#include <Interface_Check.hxx>
#include <NCollection_DataMap.hxx>
#include <STEPCAFControl_ExternFile.hxx>
#include <StepBasic_MeasureWithUnit.hxx>
#include <StepBasic_Product.hxx>
#include <StepBasic_ProductDefinition.hxx>
#include <StepBasic_Unit.hxx>
#include <StepGeom_CartesianTransformationOperator3d.hxx>
#include <StepGeom_Direction.hxx>
#include <StepRepr_DescriptiveRepresentationItem.hxx>
#include <StepRepr_MappedItem.hxx>
#include <StepRepr_MeasureRepresentationItem.hxx>
#include <StepRepr_PropertyDefinition.hxx>
#include <StepRepr_PropertyDefinitionRepresentation.hxx>
#include <StepRepr_Representation.hxx>
#include <StepRepr_RepresentationItem.hxx>
#include <StepShape_ManifoldSolidBrep.hxx>
#include <StepShape_SolidModel.hxx>
#include <TCollection_AsciiString.hxx>
#include <TCollection_HAsciiString.hxx>
#include <TransferBRep.hxx>
#include <Transfer_Binder.hxx>
#include <Transfer_TransientProcess.hxx>
#include <XCAFApp_Application.hxx>
#include <XCAFDoc_DocumentTool.hxx>
#include <XSControl_TransferReader.hxx>
#include <XSControl_WorkSession.hxx>
#include <fmt/format.h>
#include <gp_XYZ.hxx>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <istream>
#include <streambuf>
#include <string_view>

namespace durasim::inline v0::cad {
namespace {

// Lets an istream read bytes that somebody else owns.
class ByteStreambuf : public std::streambuf {
 public:
  explicit ByteStreambuf(ByteView bytes) {
    // A get area is never written to; only its type is not const.
    char* begin = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    setg(begin, begin, begin + bytes.size());
  }
};

void check_envelope(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (begin == std::string_view::npos) throw FormatError("the file is empty");
  if (!text.substr(begin).starts_with("ISO-10303-21"))
    throw FormatError("not a STEP file: it does not begin with ISO-10303-21");
  if (text.rfind("END-ISO-10303-21") == std::string_view::npos)
    throw FormatError("the STEP file is cut off: END-ISO-10303-21 is missing; export it again");
}

std::string text_of(const Handle(TCollection_HAsciiString) & text) {
  return text.IsNull() ? std::string() : std::string(text->ToCString());
}

// "material name" and the like say what the description is; else the name is the material.
std::string material_name(const Handle(StepRepr_DescriptiveRepresentationItem) & item) {
  const std::string name = text_of(item->Name());
  const std::string description = text_of(item->Description());
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool is_label = name.empty() || lower.find("material") != std::string::npos;
  return is_label && !description.empty() ? description : name;
}

void read_density(const Handle(StepRepr_MeasureRepresentationItem) & item, FileMaterial& material) {
  if (item->Measure().IsNull()) return;
  const double value = item->Measure()->ValueComponent();
  const auto factor = kg_per_m3(item->Measure()->UnitComponent().DerivedUnit());
  const double density = factor ? value * *factor : 0;
  if (std::isfinite(density) && density > 0)
    material.density_kg_m3 = density;
  else
    material.density_not_understood = true;
}

void read_material(const Handle(StepRepr_Representation) & representation, FileMaterial& material) {
  if (representation.IsNull() || representation->Items().IsNull()) return;
  for (int i = 1; i <= representation->NbItems(); ++i) {
    const Handle(StepRepr_RepresentationItem) item = representation->ItemsValue(i);
    if (const auto text = Handle(StepRepr_DescriptiveRepresentationItem)::DownCast(item);
        !text.IsNull())
      material.name = material_name(text);
    if (const auto measure = Handle(StepRepr_MeasureRepresentationItem)::DownCast(item);
        !measure.IsNull())
      read_density(measure, material);
  }
}

// Mass, volume, and centroid are properties of a product too, with the same kinds of items.
bool is_material_property(const Handle(StepRepr_PropertyDefinition) & property) {
  const std::string name = text_of(property->Name());
  const std::string description =
      property->HasDescription() ? text_of(property->Description()) : std::string();
  return name.find("material") != std::string::npos ||
         description.find("density") != std::string::npos ||
         name.find("density") != std::string::npos;
}

// OpenCASCADE skips statements that it cannot parse and says that all went well.
bool has_syntax_errors(const Handle(StepData_StepModel) & model) {
  const Handle(Interface_Check)& check = model->GlobalCheck();
  for (int i = 1; i <= check->NbFails(); ++i)
    if (std::string_view(check->CFail(i, false)) == "Undefined Parsing") return true;
  return false;
}

// Not by gp_XYZ::SetCoord(index, value): it indexes past a member, which clang optimises away.
gp_XYZ vector_of(const Handle(StepGeom_Direction) & direction) {
  const auto ratio = [&direction](int i) {
    return i <= direction->NbDirectionRatios() ? direction->DirectionRatiosValue(i) : 0.0;
  };
  return {ratio(1), ratio(2), ratio(3)};
}

bool is_scaled(const StepGeom_CartesianTransformationOperator3d& placing) {
  return placing.HasScale() && std::abs(placing.Scale() - 1) > 1e-9;
}

// An axis that is not given follows from the others so that they are right-handed.
bool is_mirrored(const StepGeom_CartesianTransformationOperator3d& placing) {
  if (!placing.HasAxis1() || !placing.HasAxis2() || !placing.HasAxis3()) return false;
  if (placing.Axis1().IsNull() || placing.Axis2().IsNull() || placing.Axis3().IsNull())
    return false;
  return vector_of(placing.Axis1()).Crossed(vector_of(placing.Axis2())) *
             vector_of(placing.Axis3()) <
         0;
}

}  // namespace

StepFile::StepFile(ByteView bytes) {
  check_envelope(as_text(bytes));
  XCAFApp_Application::GetApplication()->NewDocument("BinXCAF", document_);
  // Whatever length unit the host has made OpenCASCADE's default: here it is the millimetre.
  XCAFDoc_DocumentTool::SetLengthUnit(document_, 1.0, UnitsMethods_LengthUnit_Millimeter);
  reader_.SetColorMode(true);
  reader_.SetNameMode(true);
  reader_.SetLayerMode(false);
  reader_.SetMatMode(false);
  reader_.SetGDTMode(false);
  reader_.SetSHUOMode(true);
  ByteStreambuf buffer(bytes);
  std::istream stream(&buffer);
  const IFSelect_ReturnStatus status = reader_.ChangeReader().ReadStream("model", stream);
  if (status != IFSelect_RetDone || has_syntax_errors(model()))
    throw FormatError("the STEP file cannot be parsed: its syntax is damaged; export it again");
}

StepFile::~StepFile() {
  // An open document stays in the application's table for the life of the process.
  if (!document_.IsNull()) XCAFApp_Application::GetApplication()->Close(document_);
}

bool StepFile::transfer() {
  return reader_.Transfer(document_);
}

Handle(StepData_StepModel) StepFile::model() const {
  const Handle(StepData_StepModel) model =
      Handle(StepData_StepModel)::DownCast(reader_.Reader().WS()->Model());
  if (model.IsNull()) throw FormatError("the STEP file holds no data");
  return model;
}

std::optional<FileUnit> StepFile::unit() const {
  return length_unit(model());
}

std::vector<std::string> StepFile::product_names() const {
  std::vector<std::string> names;
  const Handle(StepData_StepModel) entities = model();
  for (int i = 1; i <= entities->NbEntities(); ++i) {
    const auto product = Handle(StepBasic_Product)::DownCast(entities->Value(i));
    if (!product.IsNull()) names.push_back(text_of(product->Name()));
  }
  return names;
}

std::size_t StepFile::damaged_entities() const {
  const Handle(StepData_StepModel) entities = model();
  std::size_t count = 0;
  for (int i = 1; i <= entities->NbEntities(); ++i)
    if (entities->IsErrorEntity(i)) ++count;
  return count;
}

std::vector<std::string> StepFile::lost_solids() const {
  std::vector<std::string> lost;
  const Handle(StepData_StepModel) entities = model();
  for (int i = 1; i <= entities->NbEntities(); ++i) {
    const auto solid = Handle(StepShape_ManifoldSolidBrep)::DownCast(entities->Value(i));
    if (!solid.IsNull() && result_of(solid).IsNull())
      lost.push_back(fmt::format("#{} '{}'", entities->IdentLabel(entities->Value(i)),
                                 text_of(solid->Name())));
  }
  return lost;
}

std::vector<std::string> StepFile::distorted_items() const {
  std::vector<std::string> distorted;
  const Handle(StepData_StepModel) entities = model();
  for (int i = 1; i <= entities->NbEntities(); ++i) {
    const auto item = Handle(StepRepr_MappedItem)::DownCast(entities->Value(i));
    if (item.IsNull()) continue;
    const auto placing =
        Handle(StepGeom_CartesianTransformationOperator3d)::DownCast(item->MappingTarget());
    if (!placing.IsNull() && (is_scaled(*placing) || is_mirrored(*placing)))
      distorted.push_back(
          fmt::format("#{} '{}'", entities->IdentLabel(item), text_of(item->Name())));
  }
  return distorted;
}

std::vector<std::string> StepFile::external_files() const {
  std::vector<std::string> names;
  using Files = NCollection_DataMap<TCollection_AsciiString, Handle(STEPCAFControl_ExternFile)>;
  for (Files::Iterator it(reader_.ExternFiles()); it.More(); it.Next())
    names.emplace_back(it.Key().ToCString());
  return names;
}

TopoDS_Shape StepFile::result_of(const Handle(Standard_Transient) & entity) const {
  const Handle(Transfer_TransientProcess)& process =
      reader_.Reader().WS()->TransferReader()->TransientProcess();
  const Handle(Transfer_Binder) binder = process->Find(entity);
  return binder.IsNull() ? TopoDS_Shape() : TransferBRep::ShapeResult(binder);
}

std::unordered_map<const TopoDS_TShape*, FileMaterial> StepFile::materials() const {
  std::unordered_map<const TopoDS_TShape*, FileMaterial> result;
  const Handle(StepData_StepModel) entities = model();
  for (int i = 1; i <= entities->NbEntities(); ++i) {
    const auto use =
        Handle(StepRepr_PropertyDefinitionRepresentation)::DownCast(entities->Value(i));
    if (use.IsNull()) continue;
    const Handle(StepRepr_PropertyDefinition) property = use->Definition().PropertyDefinition();
    if (property.IsNull() || !is_material_property(property)) continue;
    const Handle(StepBasic_ProductDefinition) product = property->Definition().ProductDefinition();
    const TopoDS_Shape shape = product.IsNull() ? TopoDS_Shape() : result_of(product);
    if (!shape.IsNull()) read_material(use->UsedRepresentation(), result[shape.TShape().get()]);
  }
  return result;
}

std::unordered_map<const TopoDS_TShape*, std::string> StepFile::solid_names() const {
  std::unordered_map<const TopoDS_TShape*, std::string> result;
  const Handle(StepData_StepModel) entities = model();
  for (int i = 1; i <= entities->NbEntities(); ++i) {
    const auto solid = Handle(StepShape_SolidModel)::DownCast(entities->Value(i));
    if (solid.IsNull()) continue;
    const std::string name = text_of(solid->Name());
    const TopoDS_Shape shape = name.empty() ? TopoDS_Shape() : result_of(solid);
    if (!shape.IsNull()) result.emplace(shape.TShape().get(), name);
  }
  return result;
}

}  // namespace durasim::inline v0::cad
