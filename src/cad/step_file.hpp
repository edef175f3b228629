// STEP bytes as an OpenCASCADE document, with what the document alone does not tell: the unit,
// densities, names of single solids.
#pragma once

#include "durasim/core/bytes.hpp"

#include "cad/step_units.hpp"

#include <STEPCAFControl_Reader.hxx>
#include <Standard_Handle.hxx>
#include <TDocStd_Document.hxx>
#include <TopoDS_Shape.hxx>
#include <TopoDS_TShape.hxx>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace durasim::inline v0::cad {

// What a file states about the matter of one product.
struct FileMaterial {
  std::string name;
  std::optional<double> density_kg_m3;
  bool density_not_understood = false;
};

// One reading of one file. Needs an ExclusiveSession around its whole life. Throws FormatError when
// the bytes are no STEP file, are cut off, or cannot be parsed. Coordinates are in millimetres.
class StepFile {
 public:
  explicit StepFile(ByteView bytes);
  StepFile(const StepFile&) = delete;
  StepFile& operator=(const StepFile&) = delete;
  ~StepFile();

  // Makes shapes of the entities; false when there is no shape in the file.
  bool transfer();
  [[nodiscard]] const Handle(TDocStd_Document) & document() const { return document_; }
  [[nodiscard]] std::optional<FileUnit> unit() const;
  [[nodiscard]] std::vector<std::string> product_names() const;
  // Entities with wrong or dangling contents; OpenCASCADE reads on without them.
  [[nodiscard]] std::size_t damaged_entities() const;
  // "#12 'name'" of each solid that no shape could be made of; after transfer().
  [[nodiscard]] std::vector<std::string> lost_solids() const;
  // "#12 'name'" of each item that is placed mirrored or scaled: OpenCASCADE turns it
  // instead and leaves out the scale.
  [[nodiscard]] std::vector<std::string> distorted_items() const;
  // Names of other files that parts of this one lie in; they are not read.
  [[nodiscard]] std::vector<std::string> external_files() const;
  // By the shape that a product or a solid has become.
  [[nodiscard]] std::unordered_map<const TopoDS_TShape*, FileMaterial> materials() const;
  [[nodiscard]] std::unordered_map<const TopoDS_TShape*, std::string> solid_names() const;

 private:
  [[nodiscard]] TopoDS_Shape result_of(const Handle(Standard_Transient) & entity) const;
  [[nodiscard]] Handle(StepData_StepModel) model() const;
  STEPCAFControl_Reader reader_;
  Handle(TDocStd_Document) document_;
};

}  // namespace durasim::inline v0::cad
