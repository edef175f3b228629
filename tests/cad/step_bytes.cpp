// Writing, scaling, and patching STEP text.
#include "step_bytes.hpp"

#include "durasim/core/files.hpp"

#include <BRepBuilderAPI_Transform.hxx>
#include <BRep_Builder.hxx>
#include <IFSelect_ReturnStatus.hxx>
#include <Message.hxx>
#include <Message_Messenger.hxx>
#include <Message_Printer.hxx>
#include <STEPControl_Writer.hxx>
#include <gp_Pnt.hxx>
#include <gp_Trsf.hxx>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

// LeakSanitizer asks for this by name. OpenCASCADE's STEP dictionaries are made once and never
// freed.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libTK\n";
}

namespace durasim::test {
namespace {

constexpr std::string_view kMillimetre = "( LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT(.MILLI.,.METRE.) )";

TopoDS_Shape scaled(const TopoDS_Shape& shape, double factor) {
  gp_Trsf scale;
  scale.SetScale(gp_Pnt(0, 0, 0), factor);
  return BRepBuilderAPI_Transform(shape, scale, true).Shape();
}

}  // namespace

TopoDS_Compound compound_of(const std::vector<TopoDS_Shape>& shapes) {
  const BRep_Builder builder;
  TopoDS_Compound compound;
  builder.MakeCompound(compound);
  for (const TopoDS_Shape& shape : shapes) builder.Add(compound, shape);
  return compound;
}

std::string step_text(const TopoDS_Shape& shape) {
  Message::DefaultMessenger()->RemovePrinters(STANDARD_TYPE(Message_Printer));
  const TemporaryFolder folder;
  STEPControl_Writer writer;
  writer.Transfer(shape, STEPControl_AsIs);
  if (writer.Write(folder.file("shape.step").c_str()) != IFSelect_RetDone)
    throw std::logic_error("OpenCASCADE did not write the shape");
  return std::string(as_text(read_file(folder.file("shape.step"))));
}

std::string step_text_in_inches(const TopoDS_Shape& shape) {
  const std::string text = step_text(scaled(shape, 1 / 25.4));
  const std::string inch =
      replaced(text, kMillimetre,
               "( CONVERSION_BASED_UNIT('INCH',#90001) LENGTH_UNIT() NAMED_UNIT(#90002) )");
  return replaced(inch, "DATA;",
                  "DATA;\n#90001=LENGTH_MEASURE_WITH_UNIT(LENGTH_MEASURE(25.4),#90003);\n"
                  "#90002=DIMENSIONAL_EXPONENTS(1.,0.,0.,0.,0.,0.,0.);\n#90003=" +
                      std::string(kMillimetre) + ";\n");
}

std::string step_text_in_metres(const TopoDS_Shape& shape) {
  return replaced(step_text(scaled(shape, 1e-3)), ".MILLI.,.METRE.", "$,.METRE.");
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("not in the text: " + std::string(from));
  for (; at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "durasim-cad-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace durasim::test
