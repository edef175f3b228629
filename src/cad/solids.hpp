// The solids in a shape: those that are there, and those that closed shells can be made into.
#pragma once

#include <TopoDS_Shape.hxx>

#include <string>
#include <vector>

namespace durasim::inline v0::cad {

struct FoundSolids {
  std::vector<TopoDS_Shape> solids;  // closed; with the location that they have in the shape
  std::vector<TopoDS_Shape> made;    // of these, those that were sewn or made from a shell
  std::string left_over;  // what else is in the shape, for people: "2 open shells and 3 wires"
};

FoundSolids find_solids(const TopoDS_Shape& shape);

}  // namespace durasim::inline v0::cad
