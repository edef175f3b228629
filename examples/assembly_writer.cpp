// XCAF: the document model behind OpenCASCADE's STEP files.
#include "assembly_writer.hpp"

#include <APIHeaderSection_MakeHeader.hxx>
#include <IFSelect_ReturnStatus.hxx>
#include <Interface_Static.hxx>
#include <Message.hxx>
#include <Message_Messenger.hxx>
#include <Message_Printer.hxx>
#include <Quantity_Color.hxx>
#include <STEPCAFControl_Writer.hxx>
#include <StepData_StepModel.hxx>
#include <StepVisual_MechanicalDesignGeometricPresentationRepresentation.hxx>
#include <StepVisual_StyledItem.hxx>
#include <TCollection_ExtendedString.hxx>
#include <TCollection_HAsciiString.hxx>
#include <TDataStd_Name.hxx>
#include <TopLoc_Location.hxx>
#include <XCAFApp_Application.hxx>
#include <XCAFDoc_ColorTool.hxx>
#include <XCAFDoc_DocumentTool.hxx>
#include <XCAFDoc_MaterialTool.hxx>
#include <XCAFDoc_ShapeTool.hxx>
#include <XSControl_WorkSession.hxx>
#include <gp_Ax1.hxx>
#include <gp_Dir.hxx>
#include <gp_Pnt.hxx>
#include <gp_Vec.hxx>

#include <algorithm>
#include <map>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace examples {
namespace {

Handle(XCAFDoc_ShapeTool) shapes(const Handle(TDocStd_Document) & document) {
  return XCAFDoc_DocumentTool::ShapeTool(document->Main());
}

Handle(TCollection_HAsciiString) text(const char* value) {
  return new TCollection_HAsciiString(value);
}

void set_name(const TDF_Label& label, const std::string& utf8) {
  TDataStd_Name::Set(label, TCollection_ExtendedString(utf8.c_str(), true));
}

// OpenCASCADE appends the colours last, sorted by the address of their part in memory; this sorts
// them by where the part stands in the file, so that the same assembly gives the same bytes.
void sort_colors(const Handle(StepData_StepModel) & model) {
  using Presentation = StepVisual_MechanicalDesignGeometricPresentationRepresentation;
  std::vector<Handle(Standard_Transient)> others;
  std::map<int, Handle(Standard_Transient)> presentations;  // by the number of the coloured item
  for (int i = 1; i <= model->NbEntities(); ++i) {
    const Handle(Standard_Transient)& entity = model->Value(i);
    const auto presentation = Handle(Presentation)::DownCast(entity);
    if (presentation.IsNull()) {
      if (presentations.empty()) others.push_back(entity);  // later ones come with their colour
      continue;
    }
    const auto styled = Handle(StepVisual_StyledItem)::DownCast(presentation->ItemsValue(1));
    presentations.emplace(model->Number(styled->Item()), entity);
  }
  model->ClearEntities();
  for (const auto& entity : others) model->AddEntity(entity);
  for (const auto& [number, entity] : presentations) model->AddWithRefs(entity);
}

}  // namespace

gp_Trsf placed(const gp_XYZ& position_mm, const gp_XYZ& axis, double degrees) {
  gp_Trsf result;
  if (degrees != 0) {
    result.SetRotation(gp_Ax1(gp_Pnt(0, 0, 0), gp_Dir(axis)), degrees * std::numbers::pi / 180);
  }
  result.SetTranslationPart(gp_Vec(position_mm));
  return result;
}

AssemblyWriter::AssemblyWriter() {
  // OpenCASCADE reports its progress on standard output.
  Message::DefaultMessenger()->RemovePrinters(STANDARD_TYPE(Message_Printer));
  XCAFApp_Application::GetApplication()->NewDocument("BinXCAF", document_);
}

TDF_Label AssemblyWriter::assembly(const std::string& name) {
  const TDF_Label label = shapes(document_)->NewShape();
  set_name(label, name);
  return label;
}

TDF_Label AssemblyWriter::part(const TopoDS_Shape& shape, const std::string& name,
                               const Color& color, const std::string& material,
                               double density_g_cm3) {
  const TDF_Label label = shapes(document_)->AddShape(shape, false);
  set_name(label, name);
  const Quantity_Color srgb(color.r, color.g, color.b, Quantity_TOC_sRGB);
  XCAFDoc_DocumentTool::ColorTool(document_->Main())->SetColor(label, srgb, XCAFDoc_ColorSurf);
  if (density_g_cm3 > 0) {
    XCAFDoc_DocumentTool::MaterialTool(document_->Main())
        ->SetMaterial(label, text(material.c_str()), text(""), density_g_cm3, text("density"),
                      text("POSITIVE_RATIO_MEASURE"));
  }
  parts_.push_back(label);
  return label;
}

void AssemblyWriter::place(const TDF_Label& into, const TDF_Label& what, const gp_Trsf& where,
                           const std::string& name) {
  const TDF_Label component = shapes(document_)->AddComponent(into, what, TopLoc_Location(where));
  set_name(component, name);
  if (std::find(parts_.begin(), parts_.end(), what) != parts_.end()) ++placed_parts_;
}

void AssemblyWriter::write(const std::string& path) {
  shapes(document_)->UpdateAssemblies();
  STEPCAFControl_Writer writer;
  Interface_Static::SetCVal("write.step.unit", "MM");
  writer.SetColorMode(true);
  writer.SetNameMode(true);
  writer.SetMaterialMode(true);
  if (!writer.Transfer(document_, STEPControl_AsIs))
    throw std::runtime_error("OpenCASCADE cannot write the assembly as STEP");
  const auto model = Handle(StepData_StepModel)::DownCast(writer.ChangeWriter().WS()->Model());
  sort_colors(model);
  APIHeaderSection_MakeHeader header(model);
  // A file that says when it was written would differ each time.
  header.SetTimeStamp(text("2026-01-01T00:00:00"));
  if (writer.Write(path.c_str()) != IFSelect_RetDone)
    throw std::runtime_error("cannot write " + path);
}

}  // namespace examples
