// The assembly tree of a document, flattened: distinct solids and where each of them occurs.
#pragma once

#include "durasim/geometry/message.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/geometry/shape.hpp"

#include "cad/step_file.hpp"

#include <TopoDS_Shape.hxx>
#include <gp_Trsf.hxx>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::cad {

// A solid in its own frame.
struct DocumentSolid {
  TopoDS_Shape shape;
  std::string name;  // of the solid, else of its product; empty for a translator's placeholder
  std::string path;  // of its first occurrence
  std::optional<geometry::Rgba> color;
  FileMaterial material;
};

struct Occurrence {
  std::size_t solid = 0;  // index into Document::solids
  std::string path;
  gp_Trsf placement;  // file units; may mirror or scale
  std::optional<geometry::Rgba> color;
};

struct Document {
  std::vector<DocumentSolid> solids;
  std::vector<Occurrence> occurrences;
  std::vector<geometry::Problem> problems;  // shells, wires, empty leaves
};

// Throws LimitError when the tree has more instances, solids or levels than allowed.
Document read_document(const StepFile& file, const geometry::SceneLimits& limits);

// A name as durasim shows it: control characters become spaces, the length is bounded, and what a
// translator makes up becomes empty.
std::string clean_name(std::string name);

}  // namespace durasim::inline v0::cad
