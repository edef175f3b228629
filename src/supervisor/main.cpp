// durasim-supervisor FOLDER: runs the script that the folder orders, once ever, and records its
// end there. Started by an engine, whose death it does not notice.
// durasim-supervisor --with-parent PID FOLDER COMMAND...: becomes the command, in the folder; it is
// killed when the thread that started it ends. PID is that thread's process.
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
#include <string_view>
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

// Returns only if the command cannot be started.
int become(const char* parent, const char* folder, char** command) {
  try {
    die_with_parent();
    if (std::to_string(::getppid()) != parent) return complain("the parent has ended");
    if (::chdir(folder) != 0) throw IoError(std::string("cannot enter ") + folder);
    ::execvp(command[0], command);
    throw UnavailableError(std::string("cannot start ") + command[0] + ": " + std::strerror(errno));
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc >= 5 && std::string_view(argv[1]) == "--with-parent")
    return become(argv[2], argv[3], argv + 4);
  if (argc != 2)
    return complain(
        "usage: durasim-supervisor FOLDER\n"
        "Not meant to be called by hand: durasim script --store PATH -- COMMAND");
  // Whoever has started it waits for this process; the one that goes on is the system's to reap.
  const pid_t pid = ::fork();
  if (pid < 0) return complain(std::strerror(errno));
  ::_exit(pid > 0 ? 0 : supervise(argv[1]));
}
