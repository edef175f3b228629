// What the renderer changes about a model before MuJoCo makes its OpenGL objects: sizes, sampling,
// shadow map, clipping, and a sky where there is none. Works on the caller's shallow copy; the
// model itself stays as it is.
#pragma once

#include "durasim/sim/renderer.hpp"

#include <mujoco/mujoco.h>

namespace durasim::inline v0::sim {

// Throws InvalidArgument for sizes that no picture can have.
void check_size(const RendererOptions& options);

// Sets the fields of `view` that mjr_makeContext reads, and bounds those that decide how much it
// makes.
DURASIM_EXPORT void apply_preset(mjModel& view, const RendererOptions& options);

// mjr_makeContext, with a light sky added when the model has none and the options want one.
void make_context(const mjModel& view, const RendererOptions& options, mjrContext& context);

}  // namespace durasim::inline v0::sim
