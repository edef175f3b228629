// Depth first through the labels of an XCAF document. Each product is looked at once; each solid of
// it that is placed several times is one solid with several occurrences.
#include "cad/document.hpp"

#include "durasim/core/error.hpp"

#include "cad/colors.hpp"
#include "cad/solids.hpp"

#include <TCollection_AsciiString.hxx>
#include <TDF_Label.hxx>
#include <TDF_LabelSequence.hxx>
#include <TDF_Tool.hxx>
#include <TDataStd_Name.hxx>
#include <TopLoc_Location.hxx>
#include <XCAFDoc_ColorTool.hxx>
#include <XCAFDoc_DocumentTool.hxx>
#include <XCAFDoc_ShapeTool.hxx>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace durasim::inline v0::cad {
namespace {

using geometry::ProblemCode;
using geometry::Severity;

constexpr std::size_t kMaxNameBytes = 255;
constexpr int kMaxDepth = 64;

std::string raw_name(const TDF_Label& label) {
  Handle(TDataStd_Name) name;
  if (!label.FindAttribute(TDataStd_Name::GetID(), name)) return "";
  return TCollection_AsciiString(name->Get()).ToCString();  // UTF-8
}

// "NAUO12" and bare numbers are ids that exporters give to instances without a name.
bool is_instance_id(std::string_view name) {
  if (name.starts_with("NAUO")) name.remove_prefix(4);
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string instance_name(const TDF_Label& component) {
  std::string name = clean_name(raw_name(component));
  return is_instance_id(name) ? "" : name;
}

std::string extend(const std::string& path, std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return path + "/" + name;
}

// One solid of a leaf: an index into the document's solids and where it stands in the leaf.
struct LeafSolid {
  std::size_t solid;
  gp_Trsf placement;
  std::string own_name;
};

// What a node of the tree hands down to its children.
struct Branch {
  std::string path;
  gp_Trsf placement;
  std::optional<geometry::Rgba> color = std::nullopt;  // of an instance: overrides the part's
  std::optional<geometry::Rgba> default_color =
      std::nullopt;  // of an assembly: for parts without one
};

class Walk {
 public:
  Walk(const StepFile& file, const geometry::SceneLimits& limits)
      : limits_(limits),
        shapes_(XCAFDoc_DocumentTool::ShapeTool(file.document()->Main())),
        colors_(XCAFDoc_DocumentTool::ColorTool(file.document()->Main())),
        materials_(file.materials()),
        solid_names_(file.solid_names()) {}

  Document run() {
    TDF_LabelSequence roots;
    shapes_->GetFreeShapes(roots);
    for (TDF_LabelSequence::Iterator it(roots); it.More(); it.Next()) {
      const TDF_Label& root = it.Value();
      visit(root, {.path = "", .placement = gp_Trsf()}, clean_name(raw_name(root)), 0);
    }
    return std::move(document_);
  }

 private:
  void visit(const TDF_Label& label, Branch branch, std::string name, int depth) {
    if (depth > kMaxDepth)
      throw LimitError(fmt::format("the assembly is nested deeper than {} levels", kMaxDepth));
    const bool is_assembly = XCAFDoc_ShapeTool::IsAssembly(label);
    // An assembly without a name is not in the path; a part without one ends it with "/".
    if (!is_assembly || !name.empty()) branch.path = extend(branch.path, std::move(name));
    if (!is_assembly) return place_leaf(label, branch);
    if (const auto own = color_of(colors_, label)) branch.default_color = own;
    TDF_LabelSequence components;
    XCAFDoc_ShapeTool::GetComponents(label, components);
    for (TDF_LabelSequence::Iterator it(components); it.More(); it.Next()) {
      const TDF_Label& component = it.Value();
      TDF_Label product;
      if (!XCAFDoc_ShapeTool::GetReferredShape(component, product)) continue;
      std::string component_name = instance_name(component);
      if (component_name.empty()) component_name = clean_name(raw_name(product));
      Branch next = branch;
      next.placement.Multiply(XCAFDoc_ShapeTool::GetLocation(component).Transformation());
      if (const auto own = color_of(colors_, component)) next.color = own;
      visit(product, std::move(next), std::move(component_name), depth + 1);
    }
  }

  void place_leaf(const TDF_Label& label, const Branch& branch) {
    TCollection_AsciiString entry;
    TDF_Tool::Entry(label, entry);
    auto found = leaves_.find(entry.ToCString());
    if (found == leaves_.end())
      found = leaves_.emplace(entry.ToCString(), read_leaf(label, branch.path)).first;
    if (document_.occurrences.size() + found->second.size() > limits_.max_instances)
      throw LimitError(fmt::format("the file has more than {} instances", limits_.max_instances));
    for (const LeafSolid& solid : found->second) {
      std::optional<geometry::Rgba> color = branch.color;
      if (!color && !document_.solids[solid.solid].color) color = branch.default_color;
      document_.occurrences.push_back(
          {.solid = solid.solid,
           .path = solid.own_name.empty() ? branch.path : extend(branch.path, solid.own_name),
           .placement = branch.placement.Multiplied(solid.placement),
           .color = color});
    }
  }

  std::vector<LeafSolid> read_leaf(const TDF_Label& label, const std::string& path) {
    const TopoDS_Shape shape = XCAFDoc_ShapeTool::GetShape(label);
    const FoundSolids found = shape.IsNull() ? FoundSolids{} : find_solids(shape);
    report(found, path);
    const LeafColors colors(colors_, label);
    const FileMaterial material = material_of(shape);
    std::vector<LeafSolid> result;
    std::map<const TopoDS_TShape*, std::size_t> indices;  // a solid may be in its leaf repeatedly
    for (const TopoDS_Shape& solid : found.solids) {
      const std::string own =
          found.solids.size() > 1 ? clean_name(solid_name(solid)) : std::string();
      const auto [it, is_new] = indices.emplace(solid.TShape().get(), document_.solids.size());
      if (is_new) {
        document_.solids.push_back({.shape = solid.Located(TopLoc_Location()),
                                    .name = own.empty() ? clean_name(raw_name(label)) : own,
                                    .path = own.empty() ? path : extend(path, own),
                                    .color = colors.of_solid(solid),
                                    .material = material});
      }
      result.push_back({it->second, solid.Location().Transformation(), own});
    }
    if (document_.solids.size() > limits_.max_shapes)
      throw LimitError(
          fmt::format("the file has more than {} distinct solids", limits_.max_shapes));
    return result;
  }

  void report(const FoundSolids& found, const std::string& path) {
    if (found.solids.empty()) {
      document_.problems.push_back(
          {Severity::Error, path, ProblemCode::NoSolid,
           found.left_over.empty()
               ? "the part is empty: it has no geometry; export it as a solid body"
               : fmt::format("the part has no solid, only {}; close or thicken its surfaces and "
                             "export it as a solid body",
                             found.left_over)});
      return;
    }
    if (!found.left_over.empty()) {
      document_.problems.push_back(
          {Severity::Warning, path, ProblemCode::NotRepresented,
           fmt::format("{} beside the solid: not simulated", found.left_over)});
    }
    if (!found.made.empty()) {
      document_.problems.push_back(
          {Severity::Warning, path, ProblemCode::ShellMadeSolid,
           fmt::format("{} closed surface{} without a solid: taken as the boundary of a solid body",
                       found.made.size(), found.made.size() == 1 ? "" : "s")});
    }
  }

  FileMaterial material_of(const TopoDS_Shape& shape) const {
    const auto found = shape.IsNull() ? materials_.end() : materials_.find(shape.TShape().get());
    return found == materials_.end() ? FileMaterial{} : found->second;
  }

  std::string solid_name(const TopoDS_Shape& solid) const {
    const auto found = solid_names_.find(solid.TShape().get());
    return found == solid_names_.end() ? "" : found->second;
  }

  const geometry::SceneLimits& limits_;
  Handle(XCAFDoc_ShapeTool) shapes_;
  Handle(XCAFDoc_ColorTool) colors_;
  std::unordered_map<const TopoDS_TShape*, FileMaterial> materials_;
  std::unordered_map<const TopoDS_TShape*, std::string> solid_names_;
  std::unordered_map<std::string, std::vector<LeafSolid>> leaves_;  // by label entry
  Document document_;
};

}  // namespace

std::string clean_name(std::string name) {
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  const std::size_t begin = name.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  name = name.substr(begin, name.find_last_not_of(' ') + 1 - begin);
  static constexpr std::array kPlaceholders{
      "the product name", "NONE",  "None",  "none",  "SOLID", "Solid",    "COMPOUND", "Compound",
      "COMPSOLID",        "SHELL", "Shell", "SHAPE", "Shape", "ASSEMBLY", "unnamed",  "Unnamed"};
  if (name.starts_with("Open CASCADE STEP translator") || name.starts_with("=>[") ||
      std::find(kPlaceholders.begin(), kPlaceholders.end(), name) != kPlaceholders.end())
    return "";
  if (name.size() > kMaxNameBytes) {
    std::size_t end = kMaxNameBytes;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
    name.resize(end);  // between two characters of UTF-8
  }
  return name;
}

Document read_document(const StepFile& file, const geometry::SceneLimits& limits) {
  return Walk(file, limits).run();
}

}  // namespace durasim::inline v0::cad
