// EGL by hand: the few functions and constants that are needed, as the EGL 1.5 registry defines
// them.
#include "sim/gl_context.hpp"

#include "durasim/core/error.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

using Handle = void*;
using Int = int;
using Bool = unsigned;

constexpr Int kNone = 0x3038;
constexpr Int kExtensions = 0x3055;
constexpr Int kSurfaceType = 0x3033, kPbufferBit = 0x0001;
constexpr Int kRenderableType = 0x3040, kOpenGlBit = 0x0008;
constexpr Int kRedSize = 0x3024, kGreenSize = 0x3023, kBlueSize = 0x3022, kDepthSize = 0x3025;
constexpr Bool kOpenGlApi = 0x30A2;
constexpr Bool kPlatformDevice = 0x313F, kPlatformSurfaceless = 0x31DD;
constexpr unsigned kGlRenderer = 0x1F01;
constexpr Int kMaxDevices = 64;

}  // namespace

struct GlContext::Egl {
  Handle (*get_proc_address)(const char*);
  Int (*get_error)();
  Bool (*initialize)(Handle, Int*, Int*);
  Bool (*bind_api)(Bool);
  Bool (*choose_config)(Handle, const Int*, Handle*, Int, Int*);
  Handle (*create_context)(Handle, Handle, Handle, const Int*);
  Bool (*destroy_context)(Handle, Handle);
  Bool (*make_current)(Handle, Handle, Handle, Handle);
  Handle (*get_platform_display)(Bool, Handle, const Int*);
  Bool (*query_devices)(Int, Handle*, Int*);        // null without EGL_EXT_device_enumeration
  const char* (*query_device_string)(Handle, Int);  // null without EGL_EXT_device_query
  const unsigned char* (*gl_get_string)(unsigned);

  explicit Egl(const std::string& library) {
    // Never closed: drivers keep threads and exit handlers that must not be unloaded.
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw UnavailableError(fmt::format("no OpenGL: {}", ::dlerror()));
    const auto core = [&](auto& function, const char* name) {
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, name));
      if (function == nullptr)
        throw UnavailableError(fmt::format("no OpenGL: {} has no {}", library, name));
    };
    const auto extension = [&](auto& function, const char* name) {
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(get_proc_address(name));
    };
    core(get_proc_address, "eglGetProcAddress");
    core(get_error, "eglGetError");
    core(initialize, "eglInitialize");
    core(bind_api, "eglBindAPI");
    core(choose_config, "eglChooseConfig");
    core(create_context, "eglCreateContext");
    core(destroy_context, "eglDestroyContext");
    core(make_current, "eglMakeCurrent");
    extension(get_platform_display, "eglGetPlatformDisplayEXT");
    extension(query_devices, "eglQueryDevicesEXT");
    extension(query_device_string, "eglQueryDeviceStringEXT");
    extension(gl_get_string, "glGetString");
    if (get_platform_display == nullptr) {
      throw UnavailableError(
          fmt::format("no OpenGL: {} cannot choose a platform (EGL_EXT_platform_base)", library));
    }
  }

  [[nodiscard]] bool is_software(Handle device) const {
    const char* extensions =
        query_device_string != nullptr ? query_device_string(device, kExtensions) : nullptr;
    return extensions != nullptr && std::strstr(extensions, "EGL_MESA_device_software") != nullptr;
  }
};

struct GlContext::Display {
  std::string name;
  Bool platform;
  Handle native;
  bool software = false;

  static std::vector<Display> devices(const Egl& egl) {
    std::vector<Display> displays;
    std::array<Handle, kMaxDevices> devices{};
    Int count = 0;
    if (egl.query_devices == nullptr || egl.query_devices(kMaxDevices, devices.data(), &count) == 0)
      return displays;
    for (Int i = 0; i < count; ++i) {
      Handle device = devices.at(static_cast<std::size_t>(i));
      displays.push_back(
          {fmt::format("EGL device {}", i), kPlatformDevice, device, egl.is_software(device)});
    }
    return displays;
  }

  // All ways to try, in order.
  static std::vector<Display> candidates(const Egl& egl) {
    std::vector<Display> displays = devices(egl);
    // MuJoCo's own variable, so that one setting serves both.
    if (const char* wanted = std::getenv("MUJOCO_EGL_DEVICE_ID");
        wanted != nullptr && *wanted != '\0') {
      std::size_t index = 0;
      const std::string_view text = wanted;
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), index);
      if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() ||
          index >= displays.size()) {
        throw UnavailableError(
            fmt::format("no OpenGL: MUJOCO_EGL_DEVICE_ID is {}, this machine has {} EGL devices",
                        text, displays.size()));
      }
      return {displays[index]};
    }
    std::ranges::partition(displays, [](const Display& display) { return !display.software; });
    displays.push_back({"EGL surfaceless", kPlatformSurfaceless, nullptr});
    return displays;
  }
};

GlContext::GlContext(const std::string& egl_library)
    : egl_(std::make_shared<const Egl>(egl_library)) {
  std::vector<std::string> reasons;
  for (const Display& display : Display::candidates(*egl_)) {
    std::string reason;
    if (open(display, reason)) return;
    reasons.push_back(fmt::format("{}: {}", display.name, reason));
  }
  throw UnavailableError(fmt::format("no OpenGL: {}", fmt::join(reasons, "; ")));
}

GlContext::~GlContext() {
  if (context_ != nullptr) egl_->destroy_context(display_, context_);
}

bool GlContext::open(const Display& display, std::string& reason) {
  const auto failed = [&](const char* what) {
    reason = fmt::format("{} failed with EGL error {:#x}", what, egl_->get_error());
    return false;
  };
  display_ = egl_->get_platform_display(display.platform, display.native, nullptr);
  Int major = 0;
  Int minor = 0;
  if (display_ == nullptr || egl_->initialize(display_, &major, &minor) == 0)
    return failed("eglInitialize");
  constexpr std::array<Int, 13> kAttributes{
      kSurfaceType, kPbufferBit, kRenderableType, kOpenGlBit, kRedSize, 8, kGreenSize, 8,
      kBlueSize,    8,           kDepthSize,      24,         kNone};
  Handle config = nullptr;
  Int count = 0;
  if (egl_->choose_config(display_, kAttributes.data(), &config, 1, &count) == 0 || count < 1) {
    return failed("eglChooseConfig (desktop OpenGL)");
  }
  if (egl_->bind_api(kOpenGlApi) == 0) return failed("eglBindAPI(EGL_OPENGL_API)");
  context_ = egl_->create_context(display_, config, nullptr, nullptr);
  if (context_ == nullptr) return failed("eglCreateContext");
  if (egl_->make_current(display_, nullptr, nullptr, context_) == 0) {
    failed("eglMakeCurrent");
    egl_->destroy_context(display_, context_);
    context_ = nullptr;
    return false;
  }
  const unsigned char* renderer =
      egl_->gl_get_string != nullptr ? egl_->gl_get_string(kGlRenderer) : nullptr;
  backend_ = fmt::format("{}: {}", display.name,
                         renderer != nullptr ? reinterpret_cast<const char*>(renderer) : "?");
  egl_->make_current(display_, nullptr, nullptr, nullptr);
  return true;
}

bool GlContext::make_current() const noexcept {
  // The API that is bound is the thread's, so it is said again on whichever thread this is.
  return egl_->bind_api(kOpenGlApi) != 0 &&
         egl_->make_current(display_, nullptr, nullptr, context_) != 0;
}

void GlContext::release() const noexcept {
  egl_->make_current(display_, nullptr, nullptr, nullptr);
}

CurrentGl::CurrentGl(const GlContext& context) : context_(context) {
  if (!context.make_current()) {
    throw UnavailableError(context.backend() + ": the OpenGL context cannot be used any more");
  }
}

}  // namespace durasim::inline v0::sim
