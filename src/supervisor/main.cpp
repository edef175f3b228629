// durasim-supervisor FOLDER: runs the script that the folder orders, once ever, and records its
// end there. Started by an engine, whose death it does not notice.
// durasim-supervisor --with-parent PID FOLDER COMMAND...: becomes the command, in the folder; it is
// killed when the thread that started it ends, and with it all that is in its process group. PID is
// that thread's process.
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"

#include "core/descriptor.hpp"
#include "pipeline/script_folder.hpp"
#include "supervisor/supervisor.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
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

// Ends the process group when this process ends, also if whoever would do that was killed. Who
// waits for it is no child of this process, which becomes a command that may wait for all it has.
void guard_group() {
  const Descriptor self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!self.open()) return;  // kernels before 5.3, some sandboxes
  const pid_t pid = ::fork();
  if (pid < 0) throw UnavailableError(std::string("cannot fork: ") + std::strerror(errno));
  if (pid > 0) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return;
  }
  if (::fork() != 0) ::_exit(0);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(stream);
  pollfd end{self.get(), POLLIN, 0};
  while (::poll(&end, 1, -1) < 0) {
  }
  ::kill(0, SIGKILL);
}

// Returns only if the command cannot be started.
int become(const char* parent, const char* folder, char** command) {
  try {
    die_with_parent();
    if (std::to_string(::getppid()) != parent) return complain("the parent has ended");
    if (::chdir(folder) != 0) throw IoError(std::string("cannot enter ") + folder);
    guard_group();
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
