// Colours in a document: of a label, and of single solids and faces below it.
#pragma once

#include "durasim/geometry/shape.hpp"

#include <TDF_Label.hxx>
#include <TopoDS_Shape.hxx>
#include <TopoDS_TShape.hxx>
#include <XCAFDoc_ColorTool.hxx>

#include <optional>
#include <unordered_map>

namespace durasim::inline v0::cad {

// Surface colour, else the general one, else that of the curves.
std::optional<geometry::Rgba> color_of(const Handle(XCAFDoc_ColorTool) & tool,
                                       const TDF_Label& label);

// The colours of one leaf of the tree.
class LeafColors {
 public:
  LeafColors(const Handle(XCAFDoc_ColorTool) & tool, const TDF_Label& leaf);
  // The colour that most of the solid's faces have of their own, else the solid's, else the leaf's.
  [[nodiscard]] std::optional<geometry::Rgba> of_solid(const TopoDS_Shape& solid) const;

 private:
  std::optional<geometry::Rgba> leaf_;
  std::unordered_map<const TopoDS_TShape*, geometry::Rgba> parts_;
};

}  // namespace durasim::inline v0::cad
