// STEP assemblies made for simulation: a small marble run, and a field of parts for measuring. Also
// an example of how to write coloured, named, nested STEP files with OpenCASCADE.
#pragma once

#include <cstddef>
#include <string>

namespace examples {

struct WrittenAssembly {
  std::size_t instances = 0;
  std::size_t shapes = 0;
};

// A base plate with rims, two supports and an inclined chute (in sub-assembly "frame"), steel balls
// on the chute that roll into a row of dominoes, and blocks that fall beside it. Millimetres, z up.
// Every part but the ring is convex. The same bytes each time. Throws std::runtime_error.
WrittenAssembly write_marble_run(const std::string& path);

// `parts` instances, three quarters of them of distinct shapes with fillets, holes, slots and tori,
// in groups of ten on a grid where none touches another. The same bytes for the same `parts`.
// Throws std::runtime_error.
WrittenAssembly write_part_field(const std::string& path, std::size_t parts);

}  // namespace examples
