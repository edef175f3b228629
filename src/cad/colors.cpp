// XCAF colours as sRGB.
#include "cad/colors.hpp"

#include <Quantity_ColorRGBA.hxx>
#include <TDF_LabelSequence.hxx>
#include <TopAbs_ShapeEnum.hxx>
#include <TopExp_Explorer.hxx>
#include <XCAFDoc_ColorType.hxx>
#include <XCAFDoc_ShapeTool.hxx>

#include <algorithm>
#include <cstddef>
#include <map>
#include <tuple>

namespace durasim::inline v0::cad {
namespace {

geometry::Rgba to_srgb(const Quantity_ColorRGBA& color) {
  double r = 0;
  double g = 0;
  double b = 0;
  color.GetRGB().Values(r, g, b, Quantity_TOC_sRGB);
  const auto channel = [](double value) { return static_cast<float>(std::clamp(value, 0.0, 1.0)); };
  return {channel(r), channel(g), channel(b), channel(static_cast<double>(color.Alpha()))};
}

}  // namespace

std::optional<geometry::Rgba> color_of(const Handle(XCAFDoc_ColorTool) & tool,
                                       const TDF_Label& label) {
  Quantity_ColorRGBA color;
  for (const XCAFDoc_ColorType type : {XCAFDoc_ColorSurf, XCAFDoc_ColorGen, XCAFDoc_ColorCurv})
    if (tool->GetColor(label, type, color)) return to_srgb(color);
  return std::nullopt;
}

LeafColors::LeafColors(const Handle(XCAFDoc_ColorTool) & tool, const TDF_Label& leaf)
    : leaf_(color_of(tool, leaf)) {
  TDF_LabelSequence sub_labels;
  XCAFDoc_ShapeTool::GetSubShapes(leaf, sub_labels);
  for (TDF_LabelSequence::Iterator it(sub_labels); it.More(); it.Next()) {
    const TDF_Label& label = it.Value();
    const TopoDS_Shape shape = XCAFDoc_ShapeTool::GetShape(label);
    if (shape.IsNull()) continue;
    if (const auto color = color_of(tool, label)) parts_.emplace(shape.TShape().get(), *color);
  }
}

std::optional<geometry::Rgba> LeafColors::of_solid(const TopoDS_Shape& solid) const {
  if (parts_.empty()) return leaf_;
  std::map<std::tuple<float, float, float, float>, std::size_t> votes;
  std::size_t faces = 0;
  for (TopExp_Explorer it(solid, TopAbs_FACE); it.More(); it.Next()) {
    ++faces;
    const auto found = parts_.find(it.Current().TShape().get());
    if (found == parts_.end()) continue;
    const geometry::Rgba& c = found->second;
    ++votes[{c.r, c.g, c.b, c.a}];
  }
  for (const auto& [color, count] : votes) {
    const auto [r, g, b, a] = color;
    if (2 * count > faces) return geometry::Rgba{r, g, b, a};
  }
  const auto own = parts_.find(solid.TShape().get());
  return own != parts_.end() ? own->second : leaf_;
}

}  // namespace durasim::inline v0::cad
