// A forked child that does something with a store and can be told to go on, killed, or waited for.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>

namespace durasim_test {

class ChildProcess {
 public:
  // Two ways to talk: what the child says with say(), and the parent's death or end.
  class Line {
   public:
    explicit Line(int fd) : fd_(fd) {}
    void say(std::int64_t number) const {
      if (::write(fd_, &number, sizeof number) != sizeof number) ::_exit(3);
    }

   private:
    int fd_;
  };

  // The child ends with 0 when `work` returns, with 2 when it throws.
  explicit ChildProcess(const std::function<void(const Line&)>& work) {
    std::array<int, 2> line{};
    REQUIRE(::pipe(line.data()) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(line[0]);
      try {
        work(Line(line[1]));
      } catch (const std::exception&) {
        ::_exit(2);
      }
      ::_exit(0);
    }
    ::close(line[1]);
    from_child_ = line[0];
  }
  ~ChildProcess() {
    if (pid_ > 0) kill();
    ::close(from_child_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] std::int64_t pid() const { return pid_; }
  // The next number that the child said; -1 when it has ended.
  [[nodiscard]] std::int64_t hear() const {
    std::int64_t number = -1;
    return ::read(from_child_, &number, sizeof number) == sizeof number ? number : -1;
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    static_cast<void>(wait());
  }
  [[nodiscard]] int wait() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int from_child_ = -1;
};

}  // namespace durasim_test
