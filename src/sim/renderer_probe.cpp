// Whether this machine can render, found out by rendering.
#include "durasim/core/error.hpp"
#include "durasim/sim/renderer.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <exception>

namespace durasim::inline v0::sim {
namespace {

// A wall that shines red all over the picture, whatever the light.
constexpr const char* kScene = R"(
<mujoco>
  <asset><material name="red" rgba="1 0 0 1" emission="1" specular="0"/></asset>
  <worldbody><geom type="box" size="1 1 1" material="red"/></worldbody>
</mujoco>)";

// Throws Error when the picture is not red.
std::string render_red(const std::string& egl_library) {
  constexpr int kSide = 32;
  RendererOptions options;
  options.width = options.height = kSide;
  options.quality = Quality::Draft;
  options.egl_library = egl_library;
  Renderer renderer(Model::compile({.xml = kScene, .assets = {}}), options);
  const Image image = renderer.image();
  const std::size_t middle = 3 * (std::size_t{kSide / 2} * kSide + kSide / 2);
  const int red = image.rgb.at(middle);
  const int green = image.rgb.at(middle + 1);
  const int blue = image.rgb.at(middle + 2);
  if (red < 200 || green > 50 || blue > 50) {
    throw UnavailableError(fmt::format("{} draws wrong pixels: a red wall came out as {} {} {}",
                                       renderer.backend(), red, green, blue));
  }
  return renderer.backend();
}

}  // namespace

RenderingProbe probe_rendering(const std::string& egl_library) noexcept {
  RenderingProbe probe;
  try {
    probe.backend = render_red(egl_library);
    probe.ok = true;
  } catch (const std::exception& error) {
    probe.reason = error.what();
  } catch (...) {
    probe.reason = "an unknown exception while rendering";
  }
  return probe;
}

}  // namespace durasim::inline v0::sim
