// Light and shadow of one picture: one light casts shadows, small parts cast none, and a scene
// without lights is lit like a product photograph. Changes the scene that MuJoCo has made, never
// the model.
#pragma once

#include "durasim/geometry/math.hpp"

#include <mujoco/mujoco.h>

namespace durasim::inline v0::sim {

// The part of space that matters in a picture.
struct Focus {
  geometry::Vec3 centre_m;
  double radius_m = 1;
};

// Adds a key light and softens the headlight when the scene has no other light. Returns whether it
// did.
bool add_studio_light(mjvScene& scene, const Focus& focus);

// Leaves shadows to one light, bright and from above, of those that may cast them, and to parts
// that are not tiny in the picture.
void limit_shadows(mjvScene& scene, const Focus& focus);

}  // namespace durasim::inline v0::sim
