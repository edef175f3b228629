// A child process that one talks to in lines: whoever waits for it waits for what it says or for
// its end, never for a time. For tests and benchmarks.
#pragma once

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace durasim_test {

// Its standard input and output are one socket, so that talking to a dead child is an error and
// not a signal. One thread at a time.
class Child {
 public:
  Child(std::string program, std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail(errno);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<char*> argv{program.data()};
    argv.reserve(arguments.size() + 2);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    talk_ = ends[0];
    if (error == 0) return;
    pid_ = -1;
    close(talk_);
    fail(error);
  }
  // Kills it if nobody has waited for its end.
  ~Child() {
    if (pid_ > 0) {
      kill();
      (void)wait();
    }
    close(talk_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // False: it does not listen any more.
  bool tell(const std::string& line) const {
    const std::string text = line + "\n";
    return send(talk_, text.data(), text.size(), MSG_NOSIGNAL) == std::ssize(text);
  }
  // It reads the end of its input next.
  void hang_up() const { shutdown(talk_, SHUT_WR); }
  // What it says next; nothing: it has ended, or closed its output.
  std::optional<std::string> line() {
    for (;;) {
      if (const std::size_t end = said_.find('\n'); end != std::string::npos) {
        std::string first = said_.substr(0, end);
        said_.erase(0, end + 1);
        return first;
      }
      std::array<char, 4096> block{};
      const ssize_t n = read(talk_, block.data(), block.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;
      said_.append(block.data(), static_cast<std::size_t>(n));
    }
  }
  // Reads on to the line that begins so; false: it has ended without.
  bool wait_for(std::string_view beginning) {
    while (const auto next = line()) {
      if (next->starts_with(beginning)) return true;
    }
    return false;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void kill(int signal = SIGKILL) const { ::kill(pid_, signal); }
  // Its end, as waitpid gives it.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  [[noreturn]] static void fail(int error) {
    throw std::system_error(error, std::generic_category(), "a child process");
  }
  pid_t pid_ = -1;
  int talk_ = -1;
  std::string said_;
};

// Gone, or dead and not yet reaped by init.
inline bool is_dead(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/stat");
  std::string text;
  std::getline(status, text);
  return text.empty() || text.find(") Z ") != std::string::npos;
}
inline bool died_of(int status, int signal) {
  return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}
inline bool exited_well(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace durasim_test
