// What tests of scripts share: FIFOs by which a script and its test wait for each other, never for
// a time, and requests for shell scripts.
#pragma once

#include "durasim/pipeline/script.hpp"

#include "temporary_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace durasim_test {

// A new one.
inline int open_fifo(const std::string& path, int flags) {
  const int fd = mkfifo(path.c_str(), 0600) == 0 ? open(path.c_str(), flags) : -1;
  if (fd < 0) throw std::system_error(errno, std::generic_category(), path);
  return fd;
}

// A FIFO that is open for reading and writing here, so that nobody waits in open().
class Fifo {
 public:
  explicit Fifo(std::string path)
      : path_(std::move(path)), fd_(open_fifo(path_, O_RDWR | O_CLOEXEC)) {}
  ~Fifo() { close(fd_); }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // For one `read x < FIFO` of a script.
  void say(const std::string& line = "go") const {
    const std::string text = line + "\n";
    if (write(fd_, text.data(), text.size()) != std::ssize(text))
      throw std::system_error(errno, std::generic_category(), path_);
  }
  // Waits for one `echo ... > FIFO` of a script.
  [[nodiscard]] std::string hear() const {
    std::string line;
    for (char c = 0;;) {
      const ssize_t n = read(fd_, &c, 1);
      if (n < 0 && errno == EINTR) continue;
      if (n != 1) throw std::system_error(errno, std::generic_category(), path_);
      if (c == '\n') return line;
      line += c;
    }
  }

 private:
  std::string path_;
  int fd_;
};

// A FIFO that processes hold open for writing for as long as they live: `exec 3> FIFO`.
class Pulse {
 public:
  explicit Pulse(std::string path)
      : path_(std::move(path)), fd_(open_fifo(path_, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~Pulse() { close(fd_); }
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  // Waits until all have died who had it; at once if nobody has it.
  void wait_for_death() const {
    fcntl(fd_, F_SETFL, 0);
    char c = 0;
    while (read(fd_, &c, 1) != 0) {
    }
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  [[nodiscard]] bool is_held() const {
    char c = 0;
    return read(fd_, &c, 1) < 0 && errno == EAGAIN;
  }

 private:
  std::string path_;
  int fd_;
};

inline std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A test that fails leaves no script behind for ever.
inline durasim::pipeline::ScriptRequest shell(const std::string& text) {
  return {.argv = {"/bin/sh", "-c", text}, .timeout = std::chrono::minutes(10)};
}

}  // namespace durasim_test
