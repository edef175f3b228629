// One child process from its start to its reaping: what it writes, when it ends, how much memory it
// takes and what its end means. The loop that runs it is the caller's (PosixProcessRunner, isolated
// activities).
#pragma once

#include "durasim/core/process.hpp"

#include "core/spawn.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace durasim::inline v0 {

// Something that poll waits for, and that any thread can bring about, once.
class DURASIM_EXPORT WakeEvent {
 public:
  WakeEvent();
  void set() const noexcept;
  [[nodiscard]] int get() const { return event_.get(); }

 private:
  Descriptor event_;
};

// One thread at a time. The destructor kills and reaps, so that an exception leaves no process
// behind.
class DURASIM_EXPORT ChildProcess {
 public:
  // Starts it; `options` must outlive the object. Of these `deadline` is counted from here. Throws
  // UnavailableError.
  explicit ChildProcess(const ProcessOptions& options);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return process_.pid; }
  // Our end of its standard input: a socket, so that a child that knows of it can answer there.
  [[nodiscard]] Descriptor& input() { return process_.input; }

  // Until `wake` can be read, the socket has one of poll's `events`, the child has written
  // something or has ended; after 20 ms in any case.
  void wait(int wake, short events) const;
  // Takes what it has written so far: its output as far as it is kept, the end of its errors.
  void receive();
  // How much it has written to standard error.
  [[nodiscard]] std::size_t error_bytes() const { return error_bytes_; }
  [[nodiscard]] bool ended() const;
  // The limit of the options that it has passed. Looks at its memory every 20 ms.
  [[nodiscard]] std::optional<ProcessOutcome> limit_passed();
  // Kills its group, reaps it and says how it has ended; `stopped` is why it is being killed. Once.
  [[nodiscard]] ProcessResult end(std::optional<ProcessOutcome> stopped);

 private:
  template <class Sink>
  void receive(Descriptor& from, Sink&& sink);
  [[nodiscard]] Seconds elapsed() const;
  int reap();
  [[nodiscard]] bool out_of_memory() const;

  const ProcessOptions& options_;
  SteadyTime start_;
  SteadyTime next_sample_;
  SpawnedChild process_;
  Descriptor end_;
  bool reaped_ = false;
  std::size_t peak_address_space_ = 0;
  std::size_t error_bytes_ = 0;
  bool output_exceeded_ = false;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(262144);
  ProcessResult result_;
};

}  // namespace durasim::inline v0
