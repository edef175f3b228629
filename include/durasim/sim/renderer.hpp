// Pictures of a model's state without a display: MuJoCo's OpenGL renderer on an EGL context that is
// loaded at run time. A machine without OpenGL gets an UnavailableError with the reason; nothing of
// GL is linked.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/sim/camera.hpp"
#include "durasim/sim/image.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/trajectory.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace durasim::inline v0::sim {

enum class Quality {
  Draft,  // no multisampling, no reflections, shadow map of 1024
  Full,   // 4 samples a pixel, reflections, shadow map of 2048
};

struct RendererOptions {
  int width = 1280;  // pixels, even, 16..8192
  int height = 720;  // pixels, even, 16..8192
  Quality quality = Quality::Full;
  // A light grey sky where the model brings none, and a key light where it has no light at all.
  bool studio = true;
  std::string egl_library =
      "libEGL.so.1";  // what is loaded; another name for tests and odd systems
};

// Whether this machine can render.
struct RenderingProbe {
  bool ok = false;
  std::string backend;  // "EGL device 0: llvmpipe (LLVM 15.0.6, 256 bits)"
  std::string reason;   // why not, when not ok
};

// Renders a small scene and looks at its pixels. Never throws. Thread-safe; takes about 0.2 s.
DURASIM_EXPORT RenderingProbe
probe_rendering(const std::string& egl_library = "libEGL.so.1") noexcept;

// One OpenGL context for pictures of one size, used for all of them. Light comes from one
// shadow-casting light (a bright one from above, of those that may); parts that would be a few
// pixels wide cast none. All calls come from the thread that made it (LogicError otherwise). Each
// call makes its context current and leaves the thread without a current EGL context, so use a
// thread that renders nothing else with EGL. EGL devices are tried in order (hardware first;
// MUJOCO_EGL_DEVICE_ID picks one), then Mesa's surfaceless platform.
class DURASIM_EXPORT Renderer {
 public:
  // The first camera is fitted to the model's start. Throws InvalidArgument for the size,
  // UnavailableError when this machine cannot render, MujocoError.
  explicit Renderer(std::shared_ptr<const Model> model, const RendererOptions& options = {});
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  // Throws InvalidArgument that lists the model's cameras when `camera.name` is none of them.
  void set_camera(const Camera& camera);

  // What the next pictures show. `data` belongs to the model, its positions must be fresh
  // (mj_forward, or between mj_step1 and mj_step2); it is only read. Throws InvalidArgument for a
  // frame of another model.
  void show(const mjData_& data);
  void show(const TrajectoryFrame& frame);

  // Pictures of what is shown (the model's start, before any show()).
  Image image();
  DepthImage depth();
  SegmentationImage segmentation();
  // Colours as encoders take them: width x height x 3 bytes, RGB, the bottom row first. Allocates
  // nothing. Throws InvalidArgument when `rgb_bottom_up` has another size.
  void image_into(std::span<std::uint8_t> rgb_bottom_up);

  Image render(const mjData_& data) {
    show(data);
    return image();
  }
  Image render(const TrajectoryFrame& frame) {
    show(frame);
    return image();
  }

  // Which OpenGL does the work, as in RenderingProbe::backend.
  [[nodiscard]] const std::string& backend() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace durasim::inline v0::sim
