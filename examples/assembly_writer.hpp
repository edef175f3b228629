// A document that becomes a STEP file: parts with name, colour and material, placed in a tree.
#pragma once

#include <TDF_Label.hxx>
#include <TDocStd_Document.hxx>
#include <TopoDS_Shape.hxx>
#include <gp_Trsf.hxx>
#include <gp_XYZ.hxx>

#include <cstddef>
#include <string>
#include <vector>

namespace examples {

struct Color {
  double r, g, b;  // sRGB, 0..1
};

// A shift, after a turn by `degrees` about `axis` through the origin.
gp_Trsf placed(const gp_XYZ& position_mm, const gp_XYZ& axis = {0, 0, 1}, double degrees = 0);

class AssemblyWriter {
 public:
  AssemblyWriter();
  TDF_Label assembly(const std::string& name);
  // `density_g_cm3` 0: the file states no material.
  TDF_Label part(const TopoDS_Shape& shape, const std::string& name, const Color& color,
                 const std::string& material = "", double density_g_cm3 = 0);
  // Puts a part or an assembly into an assembly.
  void place(const TDF_Label& into, const TDF_Label& what, const gp_Trsf& where,
             const std::string& name);
  // Throws std::runtime_error when the file cannot be written.
  void write(const std::string& path);
  [[nodiscard]] std::size_t parts() const { return parts_.size(); }
  [[nodiscard]] std::size_t placed_parts() const { return placed_parts_; }

 private:
  Handle(TDocStd_Document) document_;
  std::vector<TDF_Label> parts_;
  std::size_t placed_parts_ = 0;
};

}  // namespace examples
