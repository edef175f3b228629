// Finds and loads libdurasim_video, so that only who makes videos loads libavcodec and takes on its
// licence.
#include "durasim/sim/video.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace durasim::inline v0::sim {
namespace {

constexpr const char* kLibrary = "libdurasim_video.so.0";
constexpr const char* kEntry = "durasim_video_factory_v1";
using Entry = FrameSinkFactory* (*)();

// The folder of the library (or program) that holds this code, with a slash at its end; empty when
// unknown.
std::string own_folder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr)
    return {};
  const std::string path = info.dli_fname;
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

}  // namespace

std::shared_ptr<FrameSinkFactory> load_video_plugin(std::string& reason) {
  std::vector<std::string> reasons;
  for (const std::string& path : {own_folder() + kLibrary, std::string(kLibrary)}) {
    void* library = ::dlopen(path.c_str(),
                             RTLD_NOW | RTLD_LOCAL);  // never closed: its code may still be in use
    if (library == nullptr) {
      reasons.emplace_back(::dlerror());
      continue;
    }
    const auto entry = reinterpret_cast<Entry>(::dlsym(library, kEntry));
    if (entry != nullptr) return std::shared_ptr<FrameSinkFactory>(entry());
    reasons.push_back(fmt::format("{} has no {}", path, kEntry));
  }
  reason = fmt::format("the video encoder cannot be loaded: {}", fmt::join(reasons, "; "));
  return nullptr;
}

}  // namespace durasim::inline v0::sim
