// An OpenGL context without a window, by EGL loaded with dlopen. Nothing of GL or EGL is linked or
// included.
#pragma once

#include <memory>
#include <string>

namespace durasim::inline v0::sim {

// Not current after construction; see CurrentGl. The EGL display stays initialised when the context
// goes, since it belongs to the whole process and the host may use it too.
class GlContext {
 public:
  // The first way that works: EGL devices, hardware before software (MUJOCO_EGL_DEVICE_ID: only
  // that one), then Mesa's surfaceless platform. Throws UnavailableError with the reason of each
  // failure.
  explicit GlContext(const std::string& egl_library);
  ~GlContext();
  GlContext(const GlContext&) = delete;
  GlContext& operator=(const GlContext&) = delete;

  // "EGL device 0: llvmpipe (LLVM 15.0.6, 256 bits)"
  [[nodiscard]] const std::string& backend() const { return backend_; }

  // On the calling thread. False when the driver refuses.
  [[nodiscard]] bool make_current() const noexcept;
  void release() const noexcept;

 private:
  struct Egl;
  struct Display;
  bool open(const Display& display, std::string& reason);

  std::shared_ptr<const Egl> egl_;
  void* display_ = nullptr;
  void* context_ = nullptr;
  std::string backend_;
};

// Makes a context the calling thread's current one, for the lifetime of this object.
class CurrentGl {
 public:
  explicit CurrentGl(const GlContext& context);  // throws UnavailableError
  ~CurrentGl() { context_.release(); }
  CurrentGl(const CurrentGl&) = delete;
  CurrentGl& operator=(const CurrentGl&) = delete;

 private:
  const GlContext& context_;
};

}  // namespace durasim::inline v0::sim
