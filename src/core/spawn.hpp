// Starts a child process with three connected streams and its limits; process.cpp does the rest.
#pragma once

#include "durasim/core/process.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <utility>

namespace durasim::inline v0 {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// A started child and our ends of its streams. Whoever has it must reap it.
struct SpawnedChild {
  pid_t pid = -1;
  Descriptor input;
  Descriptor output;  // does not block
  Descriptor error;   // does not block
};

// Throws UnavailableError when the child cannot be started.
SpawnedChild spawn_child(const ProcessOptions& options);

}  // namespace durasim::inline v0
