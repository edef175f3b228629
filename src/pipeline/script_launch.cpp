// posix_spawn into a session of its own: no terminal, no signal for the host's process group and no
// limit of durasim's reaches the supervisor. It forks once more, so that the child that is waited
// for here ends at once and the supervisor is nobody's zombie.
#include "pipeline/script_launch.hpp"

#include "durasim/core/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace durasim::inline v0::pipeline {

namespace {

constexpr std::size_t kMaxComplaintBytes = 4096;

[[noreturn]] void fail_launch(const std::string& program, int error) {
  throw UnavailableError(fmt::format("cannot start {}: {}", program, std::strerror(error)));
}

// What the child becomes before it executes the program.
class DetachedSettings {
 public:
  explicit DetachedSettings(int complaints) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_adddup2(&actions_, complaints, STDERR_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  DetachedSettings(const DetachedSettings&) = delete;
  DetachedSettings& operator=(const DetachedSettings&) = delete;
  ~DetachedSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  int spawn(pid_t& pid, const std::string& program, const std::string& folder) const {
    std::string name = program;
    std::string argument = folder;
    const std::array<char*, 3> argv{name.data(), argument.data(), nullptr};
    // The script's environment stands in the order. More would lie in the supervisor's memory,
    // where the script can read it; but the linker may need to be told where libraries are.
    const char* libraries = std::getenv("LD_LIBRARY_PATH");
    std::string path = fmt::format("LD_LIBRARY_PATH={}", libraries != nullptr ? libraries : "");
    const std::array<char*, 2> environment{libraries != nullptr ? path.data() : nullptr, nullptr};
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(),
                         environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Until everybody who could complain has closed the pipe, or until stop was requested: then false.
bool hear(int from, int stop, std::string& complaint) {
  for (;;) {
    std::array<pollfd, 2> events{{{from, POLLIN, 0}, {stop, POLLIN, 0}}};
    ::poll(events.data(), events.size(), -1);
    if (events[1].revents != 0) return false;
    std::array<char, 1024> block{};
    const ssize_t n = ::read(from, block.data(), block.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return true;
    complaint.append(block.data(), static_cast<std::size_t>(n));
    complaint.resize(std::min(complaint.size(), kMaxComplaintBytes));
  }
}

}  // namespace

std::string launch_supervisor(const std::string& program, const std::string& folder,
                              const StopSignal& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_launch(program, errno);
  const Descriptor ours(ends[0]);
  Descriptor theirs = above_standard(Descriptor(ends[1]));
  if (!theirs.open()) fail_launch(program, errno);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  pid_t pid = -1;
  if (const int error = DetachedSettings(theirs.get()).spawn(pid, program, folder); error != 0)
    fail_launch(program, error);
  theirs.close();
  std::string complaint;
  // Ours and not reaped, so nobody else can have its id.
  if (!hear(ours.get(), stop.descriptor(), complaint)) ::kill(pid, SIGKILL);
  // Fails in a host that ignores SIGCHLD, for which the kernel has reaped it.
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  while (!complaint.empty() && complaint.back() == '\n') complaint.pop_back();
  return complaint;
}

}  // namespace durasim::inline v0::pipeline
