// Choosing the one light that casts a shadow, and which geoms do.
#include "sim/renderer_light.hpp"

#include "sim/arrays.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace durasim::inline v0::sim {
namespace {

using geometry::cross;
using geometry::norm;
using geometry::Vec3;

constexpr double kSmallPart = 0.01;  // of the focus' radius: a few pixels

void set(float* to, const Vec3& v) {
  to[0] = static_cast<float>(v.x);
  to[1] = static_cast<float>(v.y);
  to[2] = static_cast<float>(v.z);
}

void set_grey(float* rgb, float value) {
  std::fill_n(rgb, 3, value);
}

bool is_drawn(const mjvLight& light) {
  return light.type == mjLIGHT_DIRECTIONAL || light.type == mjLIGHT_SPOT;
}

std::span<mjvLight> lights_of(mjvScene& scene) {
  return {scene.lights, static_cast<std::size_t>(scene.nlight)};
}

// How much a shadow of this light tells: bright light from above makes those that the eye expects.
float shadow_worth(const mjvLight& light) {
  const float brightness = light.diffuse[0] + light.diffuse[1] + light.diffuse[2];
  constexpr float kSteep = -0.5F;
  return light.dir[2] < kSteep ? brightness : 0.25F * brightness;
}

}  // namespace

bool add_studio_light(mjvScene& scene, const Focus& focus) {
  const bool lit = std::ranges::any_of(lights_of(scene), [](const mjvLight& light) {
    return light.headlight == 0 && is_drawn(light);
  });
  if (lit || scene.nlight >= mjMAXLIGHT) return false;
  for (mjvLight& headlight : lights_of(scene)) {
    set_grey(headlight.ambient, 0.32F);
    set_grey(headlight.diffuse, 0.28F);
    set_grey(headlight.specular, 0.05F);
  }
  // From above, over the left shoulder of whoever looks.
  const Vec3 forward = vec(scene.camera[0].forward);
  const Vec3 up = vec(scene.camera[0].up);
  const Vec3 left = -1.0 * cross(forward, up);
  Vec3 towards_light = left + 0.6 * (-1.0 * forward) + Vec3{0, 0, 1.6};
  if (!(norm(towards_light) > 0)) towards_light = {0, 0, 1};
  towards_light = (1 / norm(towards_light)) * towards_light;

  mjvLight& key = scene.lights[scene.nlight++];
  key = mjvLight{};
  key.id = -1;
  key.texid = -1;
  key.type = mjLIGHT_DIRECTIONAL;
  key.castshadow = 1;
  set(key.dir, -1.0 * towards_light);
  set(key.pos, focus.centre_m + 4 * focus.radius_m * towards_light);
  set_grey(key.diffuse, 0.55F);
  set_grey(key.specular, 0.25F);
  return true;
}

void limit_shadows(mjvScene& scene, const Focus& focus) {
  mjvLight* best = nullptr;
  for (mjvLight& light : lights_of(scene)) {
    const bool casts = light.castshadow != 0 && is_drawn(light);
    light.castshadow = 0;
    if (casts && (best == nullptr || shadow_worth(light) > shadow_worth(*best))) best = &light;
  }
  if (best != nullptr) best->castshadow = 1;
  const auto small = static_cast<float>(kSmallPart * focus.radius_m);
  for (mjvGeom& geom : std::span(scene.geoms, static_cast<std::size_t>(scene.ngeom))) {
    // A plane has no end: its shadow would only be noise at the edge of the shadow map.
    const bool tiny = geom.modelrbound > 0 && geom.modelrbound < small;
    if (tiny || geom.type == mjGEOM_PLANE) geom.castshadow = 0;
  }
}

}  // namespace durasim::inline v0::sim
