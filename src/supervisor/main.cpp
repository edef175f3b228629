// durasim-supervisor FOLDER: runs the script that the folder orders, once ever, and records its
// end there. Started by an engine, whose death it does not notice.
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"

#include "pipeline/script_folder.hpp"
#include "supervisor/supervisor.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

namespace {

using namespace durasim;

int complain(const char* text) {
  std::fprintf(stderr, "%s\n", text);
  return static_cast<int>(HelperExit::Usage);
}

int supervise(const char* path) {
  try {
    auto folder = pipeline::ScriptFolder::open(path);
    if (!folder) throw IoError(std::string(path) + " is not there");
    // It may run for long, and keep no mount busy.
    if (::chdir("/") != 0) throw IoError("cannot enter /");
    supervisor::Supervisor(*std::move(folder)).run();
    return static_cast<int>(HelperExit::Ok);
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2)
    return complain(
        "usage: durasim-supervisor FOLDER\n"
        "Not meant to be called by hand: durasim script --store PATH -- COMMAND");
  // Whoever has started it waits for this process; the one that goes on is the system's to reap.
  const pid_t pid = ::fork();
  if (pid < 0) return complain(std::strerror(errno));
  ::_exit(pid > 0 ? 0 : supervise(argv[1]));
}
