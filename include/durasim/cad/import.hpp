// STEP files read by OpenCASCADE in this process. OpenCASCADE crashes on many damaged files: for
// files that others made, run the helper program durasim-geometry instead, as module sim does.
#pragma once

#include "durasim/cad/shape.hpp"
#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/geometry/message.hpp"
#include "durasim/geometry/shape.hpp"

namespace durasim::inline v0::cad {

struct StepOptions {
  TessellationOptions tessellation;
  geometry::SceneLimits limits;
};

// Every solid of the file, once per distinct shape, and its placed instances with their names,
// colours, and densities, in metres. Mass properties are computed from the B-rep to 1e-9. A solid
// beside others in one leaf of the assembly tree is a part of its own. Names that a translator made
// up ("Open CASCADE STEP translator 7.6 1", "NONE", "SOLID") are empty; the others are as the file
// has them. What cannot be simulated (open shells, wires) is in `problems`, all of it.
// Throws FormatError when the bytes are not a readable STEP file, LimitError over a limit,
// InvalidArgument for options out of range. Thread-safe: calls are serialised by a process-wide
// mutex, because OpenCASCADE's STEP reader has global state.
DURASIM_EXPORT geometry::ImportedScene import_step(ByteView bytes, const StepOptions& options = {});

}  // namespace durasim::inline v0::cad
