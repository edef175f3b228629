// STL, OBJ and MSH bytes to a scene of solids. Own readers of a few lines each, because the
// libraries that read these formats (OpenCASCADE, Assimp) have open memory-safety reports for
// exactly these parsers.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/units.hpp"
#include "durasim/geometry/message.hpp"
#include "durasim/sim/import.hpp"

#include <optional>
#include <string>

namespace durasim::inline v0::sim {

// Without a unit the scene has the problem UNIT_REQUIRED, which shows the size in mm, inch and m.
// Defects of the surface are problems of the part. Throws FormatError (not such a file, or cut off)
// and LimitError.
geometry::ImportedScene read_mesh(ByteView bytes, FileFormat format, const std::string& name,
                                  std::optional<LengthUnit> unit,
                                  const geometry::SceneLimits& limits);

}  // namespace durasim::inline v0::sim
