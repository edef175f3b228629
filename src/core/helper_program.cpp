// Finding durasim's helper programs, also in an install tree that was moved.
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace durasim::inline v0 {
namespace {

bool is_executable(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

// The folder of the library (or program) that holds this code, with a '/' at its end.
std::string library_folder() {
  Dl_info info{};
  static const int anchor = 0;
  if (dladdr(&anchor, &info) == 0 || info.dli_fname == nullptr) return "./";
  const std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1);
}

}  // namespace

std::string find_helper_program(std::string_view name, const std::string& given,
                                std::string_view remedy) {
  if (!given.empty()) {
    if (is_executable(given)) return given;
    throw UnavailableError(
        fmt::format("{}, given as {}, is not there or not executable", name, given));
  }
  // Beside the library: an install tree (lib or lib/<arch>) or a build tree (lib beside libexec).
  const std::string folder = library_folder();
  std::vector<std::string> places{fmt::format("{}../libexec/durasim/{}", folder, name),
                                  fmt::format("{}../../libexec/durasim/{}", folder, name)};
  if (const char* libexec = std::getenv("DURASIM_LIBEXEC"))
    places.push_back(fmt::format("{}/{}", libexec, name));
  for (const std::string& place : places) {
    if (is_executable(place)) return place;
  }
  throw UnavailableError(
      fmt::format("{} was not found (looked for {}); {}, or set DURASIM_LIBEXEC to the folder that "
                  "holds it",
                  name, fmt::join(places, ", "), remedy));
}

}  // namespace durasim::inline v0
