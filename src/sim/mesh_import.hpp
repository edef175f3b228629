// STL, OBJ and MSH bytes to a scene of solids. Own readers of a few lines each, because the
// libraries that read these formats (OpenCASCADE, Assimp) have open memory-safety reports for
// exactly these parsers.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/sim/import.hpp"

#include <string>

namespace durasim::inline v0::sim {

// Without a unit the scene has the problem UNIT_REQUIRED, which shows the size in mm, inch and m.
// Defects of the surface are problems of the part. Heeds the options' unit, limits and stop. Throws
// FormatError (not such a file, or cut off), LimitError and CancelledError.
geometry::ImportedScene read_mesh(ByteView bytes, FileFormat format, const std::string& name,
                                  const ImportOptions& options);

}  // namespace durasim::inline v0::sim
