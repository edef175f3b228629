// From a STEP file of 100 parts to MJCF text, through the helper process, against bare OpenCASCADE
// in this process: ReadFile + Transfer + adaptive mass properties + mesh of the same fineness.
#include "durasim/core/error.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/mjcf_builder.hpp"

#include "assembly_shapes.hpp"
#include "bench.hpp"

#include <BRepBndLib.hxx>
#include <BRepGProp.hxx>
#include <BRepMesh_IncrementalMesh.hxx>
#include <Bnd_Box.hxx>
#include <GProp_GProps.hxx>
#include <IMeshTools_Parameters.hxx>
#include <Message.hxx>
#include <Message_Messenger.hxx>
#include <Message_Printer.hxx>
#include <STEPCAFControl_Reader.hxx>
#include <TDF_LabelSequence.hxx>
#include <TDocStd_Document.hxx>
#include <XCAFApp_Application.hxx>
#include <XCAFDoc_DocumentTool.hxx>
#include <XCAFDoc_ShapeTool.hxx>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

namespace durasim::bench {
namespace {

// A file that is gone with the object.
class TemporaryStep {
 public:
  explicit TemporaryStep(std::size_t parts)
      : path_("/tmp/durasim-bench-" + std::to_string(getpid()) + ".step") {
    examples::write_part_field(path_, parts);
  }
  TemporaryStep(const TemporaryStep&) = delete;
  TemporaryStep& operator=(const TemporaryStep&) = delete;
  ~TemporaryStep() { unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

double diagonal(const TopoDS_Shape& shape) {
  Bnd_Box box;
  BRepBndLib::Add(shape, box);
  return std::sqrt(box.SquareExtent());
}

void bare_occt(const std::string& path) {
  Message::DefaultMessenger()->RemovePrinters(STANDARD_TYPE(Message_Printer));
  Handle(TDocStd_Document) document;
  XCAFApp_Application::GetApplication()->NewDocument("MDTV-XCAF", document);
  STEPCAFControl_Reader reader;
  reader.SetColorMode(true);
  reader.SetNameMode(true);
  reader.SetMatMode(true);
  if (reader.ReadFile(path.c_str()) != IFSelect_RetDone || !reader.Transfer(document)) {
    throw std::runtime_error("bare OpenCASCADE cannot read " + path);
  }
  const Handle(XCAFDoc_ShapeTool) tool = XCAFDoc_DocumentTool::ShapeTool(document->Main());
  TDF_LabelSequence labels;
  tool->GetShapes(labels);
  for (int i = 1; i <= labels.Length(); ++i) {
    const TDF_Label& label = labels.Value(i);
    if (!XCAFDoc_ShapeTool::IsSimpleShape(label)) continue;
    const TopoDS_Shape shape = XCAFDoc_ShapeTool::GetShape(label);
    GProp_GProps properties;
    BRepGProp::VolumeProperties(shape, properties, 1e-9);
    IMeshTools_Parameters mesh;
    mesh.Deflection = std::clamp(diagonal(shape) / 500, 0.01, 0.5);  // as durasim chooses it
    mesh.Angle = 0.5;
    BRepMesh_IncrementalMesh(shape, mesh);
  }
  document->Close();
}

void import_and_build(const std::string& path) {
  const sim::Assembly assembly = sim::import_file(path);
  const sim::BuiltScene scene = sim::MjcfBuilder().build(assembly);
  if (!scene.ok() || scene.parts.empty()) throw Error("the benchmark's assembly does not build");
}

}  // namespace

void bench_import(BenchContext& context) {
  const std::string name = "sim/step_to_mjcf_100_parts";
  if (!context.wants(name)) return;
  const TemporaryStep file(100);
  const Paired pair = measure_pair(
      context.quick() ? 3 : 9, [&] { import_and_build(file.path()); },
      [&] { bare_occt(file.path()); });
  context.add(name, 1e3 * pair.a_s, "ms", "bare OCCT read + properties + mesh",
              1e3 * pair.a_s / pair.ratio, 1.2);
}

}  // namespace durasim::bench
