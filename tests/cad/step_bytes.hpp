// STEP bytes for tests: written by OpenCASCADE from shapes, or patched by hand.
#pragma once

#include "durasim/core/bytes.hpp"

#include <TopoDS_Compound.hxx>
#include <TopoDS_Shape.hxx>

#include <string>
#include <string_view>
#include <vector>

namespace durasim::test {

TopoDS_Compound compound_of(const std::vector<TopoDS_Shape>& shapes);

// A file in millimetres with one product.
std::string step_text(const TopoDS_Shape& shape);

// The same shape in a file whose unit is the inch or the metre: the coordinates are scaled, the
// unit is exchanged in the text (OpenCASCADE 7.6 cannot write other units).
std::string step_text_in_inches(const TopoDS_Shape& shape);
std::string step_text_in_metres(const TopoDS_Shape& shape);

// Every `from` becomes `to`; throws std::logic_error when there is none.
std::string replaced(std::string text, std::string_view from, std::string_view to);

// A folder that is removed with its files at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace durasim::test
