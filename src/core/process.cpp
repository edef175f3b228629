// Runs one child process to its end: its input is sent as it reads, its output kept.
#include "durasim/core/process.hpp"

#include "durasim/core/error.hpp"

#include "core/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DURASIM_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DURASIM_SHADOW_MEMORY 1
#endif
#endif

namespace durasim::inline v0 {
namespace {

// Sends what the child reads and closes the socket when all is sent, or the child wants no more.
class Input {
 public:
  explicit Input(ByteView bytes) : rest_(bytes) {}

  void send(Descriptor& to) {
    while (to.open()) {
      const ssize_t n =
          rest_.empty() ? 0
                        : ::send(to.get(), rest_.data(), rest_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n > 0) rest_ = rest_.subspan(static_cast<std::size_t>(n));
      if (n < 0 || rest_.empty()) to.close();
    }
  }

 private:
  ByteView rest_;
};

void check_options(const ProcessOptions& options) {
  if (options.program.empty()) throw InvalidArgument("run a process: no program is named");
  if (!(options.deadline.count() > 0))
    throw InvalidArgument(fmt::format("run {}: the deadline must be positive", options.program));
  if (options.memory_limit_bytes == 0)
    throw InvalidArgument(fmt::format("run {}: the memory limit must not be 0", options.program));
}

}  // namespace

MemoryLimit default_memory_limit() {
#ifdef DURASIM_SHADOW_MEMORY
  return MemoryLimit::WatchRss;
#else
  return MemoryLimit::AddressSpace;
#endif
}

std::string_view to_string(ProcessOutcome outcome) {
  switch (outcome) {
    case ProcessOutcome::Exited:
      return "EXITED";
    case ProcessOutcome::Signalled:
      return "SIGNALLED";
    case ProcessOutcome::DeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case ProcessOutcome::MemoryExceeded:
      return "MEMORY_EXCEEDED";
    case ProcessOutcome::OutputExceeded:
      return "OUTPUT_EXCEEDED";
    case ProcessOutcome::Cancelled:
      return "CANCELLED";
  }
  return "UNKNOWN";
}

std::string describe(const ProcessResult& result) {
  switch (result.outcome) {
    case ProcessOutcome::Exited:
      return fmt::format("exited with code {}", result.exit_code);
    case ProcessOutcome::Signalled: {
      const char* name = ::sigdescr_np(result.signal);
      return fmt::format("was killed by signal {} ({})", result.signal,
                         name != nullptr ? name : "unknown");
    }
    case ProcessOutcome::DeadlineExceeded:
      return fmt::format("passed its deadline (stopped after {:.1f} s)", result.wall_time.count());
    case ProcessOutcome::MemoryExceeded:
      return fmt::format("passed its memory limit (resident size {} MiB)",
                         result.peak_rss_bytes >> 20);
    case ProcessOutcome::OutputExceeded:
      return fmt::format("wrote more output than its limit of {} bytes", result.output.size());
    case ProcessOutcome::Cancelled:
      return "was cancelled";
  }
  return "ended in an unknown way";
}

ProcessRunner::~ProcessRunner() = default;

ProcessResult PosixProcessRunner::run(const ProcessOptions& options) const {
  check_options(options);
  ChildProcess child(options);
  Input input(options.input);
  const WakeEvent wake;
  const std::stop_callback on_stop(options.stop, [&] { wake.set(); });
  std::optional<ProcessOutcome> stopped;
  while (!stopped && !child.ended()) {
    child.wait(wake.get(), POLLOUT);
    input.send(child.input());
    child.receive();
    stopped = options.stop.stop_requested() ? ProcessOutcome::Cancelled : child.limit_passed();
  }
  return child.end(stopped);
}

void die_with_parent() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    throw UnavailableError(fmt::format("PR_SET_PDEATHSIG: {}", std::strerror(errno)));
}

}  // namespace durasim::inline v0
