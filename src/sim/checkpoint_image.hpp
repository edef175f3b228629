// A whole mjData as bytes: every scalar, the main buffer and the used part of the arena. With
// sleeping islands the integration state alone does not continue bit for bit; this does.
// Diagnostics (solver statistics, timers) are left out. Needs mjData between two steps: nothing on
// its stack.
#pragma once

#include "durasim/core/bytes.hpp"

#include <mujoco/mujoco.h>

namespace durasim::inline v0::sim {

// Appends the image. No address is among the bytes; gaps between arrays are copied as they are.
void append_image(const mjModel* model, const mjData* data, Bytes& bytes);

// Checks that `image` fits the model: sizes and every pointer stay inside the arena. Throws
// FormatError.
void check_image(const mjModel* model, const mjData* data, ByteView image);

// Fills `data`, made by mj_makeData of the same model, from a checked image.
void restore_image(const mjModel* model, mjData* data, ByteView image);

}  // namespace durasim::inline v0::sim
