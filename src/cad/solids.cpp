// Closedness by topology (every edge used twice), sewing, and orientation.
#include "cad/solids.hpp"

#include <BRepBndLib.hxx>
#include <BRepBuilderAPI_MakeSolid.hxx>
#include <BRepBuilderAPI_Sewing.hxx>
#include <BRepLib.hxx>
#include <BRep_Tool.hxx>
#include <Bnd_Box.hxx>
#include <TopAbs_ShapeEnum.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <TopoDS_Shell.hxx>
#include <TopoDS_Solid.hxx>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace durasim::inline v0::cad {
namespace {

std::vector<TopoDS_Shape> explore(const TopoDS_Shape& shape, TopAbs_ShapeEnum find,
                                  TopAbs_ShapeEnum avoid = TopAbs_SHAPE) {
  std::vector<TopoDS_Shape> result;
  for (TopExp_Explorer it(shape, find, avoid); it.More(); it.Next()) result.push_back(it.Current());
  return result;
}

bool is_closed(const TopoDS_Shape& shell) {
  return TopExp_Explorer(shell, TopAbs_FACE).More() && BRep_Tool::IsClosed(shell);
}

bool is_closed_solid(const TopoDS_Shape& solid) {
  const std::vector<TopoDS_Shape> shells = explore(solid, TopAbs_SHELL);
  return !shells.empty() && std::all_of(shells.begin(), shells.end(), is_closed);
}

TopoDS_Shape solid_from(const TopoDS_Shape& closed_shell) {
  TopoDS_Solid solid = BRepBuilderAPI_MakeSolid(TopoDS::Shell(closed_shell)).Solid();
  BRepLib::OrientClosedSolid(solid);
  return solid;
}

double sewing_tolerance(const TopoDS_Shape& shape) {
  Bnd_Box box;
  BRepBndLib::Add(shape, box, false);
  const double diagonal = box.IsVoid() ? 0 : std::sqrt(box.SquareExtent());
  return std::clamp(1e-6 * diagonal, 1e-6, 1e-2);
}

// Joins faces along edges that lie on each other; the closed shells of the result.
std::vector<TopoDS_Shape> sew(const std::vector<TopoDS_Shape>& pieces, double tolerance,
                              std::size_t& open_shells) {
  BRepBuilderAPI_Sewing sewing(tolerance);
  for (const TopoDS_Shape& piece : pieces) sewing.Add(piece);
  sewing.Perform();
  const TopoDS_Shape& sewn = sewing.SewedShape();
  std::vector<TopoDS_Shape> closed;
  if (sewn.IsNull()) return closed;
  for (const TopoDS_Shape& shell : explore(sewn, TopAbs_SHELL)) {
    if (is_closed(shell))
      closed.push_back(shell);
    else
      ++open_shells;
  }
  open_shells += explore(sewn, TopAbs_FACE, TopAbs_SHELL).size();
  return closed;
}

void count(std::string& text, std::size_t n, std::string_view what) {
  if (n == 0) return;
  if (!text.empty()) text += " and ";
  text += fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

}  // namespace

FoundSolids find_solids(const TopoDS_Shape& shape) {
  FoundSolids found;
  std::vector<TopoDS_Shape> loose;
  for (const TopoDS_Shape& solid : explore(shape, TopAbs_SOLID)) {
    if (is_closed_solid(solid)) {
      found.solids.push_back(solid);
    } else {
      for (const TopoDS_Shape& face : explore(solid, TopAbs_FACE)) loose.push_back(face);
    }
  }
  const auto add_made = [&](const TopoDS_Shape& closed_shell) {
    found.made.push_back(solid_from(closed_shell));
    found.solids.push_back(found.made.back());
  };
  for (const TopoDS_Shape& shell : explore(shape, TopAbs_SHELL, TopAbs_SOLID)) {
    if (is_closed(shell))
      add_made(shell);
    else
      loose.push_back(shell);
  }
  for (const TopoDS_Shape& face : explore(shape, TopAbs_FACE, TopAbs_SHELL)) loose.push_back(face);
  std::size_t open_shells = 0;
  if (!loose.empty()) {
    for (const TopoDS_Shape& shell : sew(loose, sewing_tolerance(shape), open_shells))
      add_made(shell);
  }
  count(found.left_over, open_shells, "open surface");
  count(found.left_over, explore(shape, TopAbs_WIRE, TopAbs_FACE).size(), "wire");
  count(found.left_over, explore(shape, TopAbs_EDGE, TopAbs_WIRE).size(), "loose edge");
  count(found.left_over, explore(shape, TopAbs_VERTEX, TopAbs_EDGE).size(), "loose point");
  return found;
}

}  // namespace durasim::inline v0::cad
