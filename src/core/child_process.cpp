// How a child is watched: poll on its streams and its end, a sample of its memory every 20 ms. What
// it does with memory and time is limited from outside, because it is assumed to be broken.
#include "core/child_process.hpp"

#include "durasim/core/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace durasim::inline v0 {
namespace {

constexpr std::chrono::milliseconds kSampleInterval{20};

struct MemoryPeaks {
  std::size_t resident_bytes = 0;
  std::size_t address_space_bytes = 0;
};

// The largest sizes since exec, which a sample cannot miss while the process lives. (wait4's
// ru_maxrss is of no use: it starts at the size of the process that called posix_spawn.)
MemoryPeaks memory_peaks(pid_t pid) {
  const Descriptor file(::open(fmt::format("/proc/{}/status", pid).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  const ssize_t size = file.open() ? ::read(file.get(), text.data(), text.size() - 1) : 0;
  const auto field = [&](const char* name) -> std::size_t {
    const char* line = size > 0 ? std::strstr(text.data(), name) : nullptr;
    return line == nullptr ? 0 : 1024 * std::strtoul(line + std::strlen(name), nullptr, 10);
  };
  return {field("VmHWM:"), field("VmPeak:")};
}

}  // namespace

WakeEvent::WakeEvent() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.open()) throw UnavailableError(fmt::format("eventfd: {}", std::strerror(errno)));
}

void WakeEvent::set() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
}

ChildProcess::ChildProcess(const ProcessOptions& options)
    : options_(options),
      start_(system_clock().steady_now()),
      process_(spawn_child(options)),
      // Without pidfd (kernels before 5.3, some sandboxes) the end is noticed at a sample.
      end_(static_cast<int>(::syscall(SYS_pidfd_open, process_.pid, 0))) {}

ChildProcess::~ChildProcess() {
  if (!reaped_) reap();
}

Seconds ChildProcess::elapsed() const {
  return system_clock().steady_now() - start_;
}

bool ChildProcess::ended() const {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(process_.pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0)
    if (errno != EINTR) return true;
  return info.si_pid == process_.pid;
}

void ChildProcess::wait(int wake, short events) const {
  std::array<pollfd, 5> all{{{wake, POLLIN, 0},
                             {end_.get(), POLLIN, 0},
                             {process_.output.get(), POLLIN, 0},
                             {process_.error.get(), POLLIN, 0},
                             {process_.input.get(), events, 0}}};
  // Negative descriptors are ignored by poll. EINTR is one more sample, no more.
  ::poll(all.data(), all.size(), static_cast<int>(kSampleInterval.count()));
}

void ChildProcess::receive() {
  receive(process_.output, [&](ByteView chunk) {
    const std::size_t room = options_.max_output_bytes - result_.output.size();
    output_exceeded_ = output_exceeded_ || chunk.size() > room;
    const ByteView kept = chunk.first(std::min(chunk.size(), room));
    result_.output.insert(result_.output.end(), kept.begin(), kept.end());
  });
  receive(process_.error, [&](ByteView chunk) {
    error_bytes_ += chunk.size();
    std::string& tail = result_.error_tail;
    tail.append(as_text(chunk));
    if (tail.size() > options_.max_error_bytes)
      tail.erase(0, tail.size() - options_.max_error_bytes);
  });
}

// Bounded, so that a child that writes faster than we read cannot keep us from the deadline.
template <class Sink>
void ChildProcess::receive(Descriptor& from, Sink&& sink) {
  for (int round = 0; round < 64 && from.open(); ++round) {
    const ssize_t n = ::read(from.get(), buffer_.data(), buffer_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return from.close();
    sink(ByteView(buffer_).first(static_cast<std::size_t>(n)));
  }
}

std::optional<ProcessOutcome> ChildProcess::limit_passed() {
  if (output_exceeded_) return ProcessOutcome::OutputExceeded;
  if (elapsed() >= options_.deadline) return ProcessOutcome::DeadlineExceeded;
  const auto now = system_clock().steady_now();
  if (now < next_sample_) return std::nullopt;
  next_sample_ = now + kSampleInterval;
  const MemoryPeaks peaks = memory_peaks(process_.pid);
  result_.peak_rss_bytes = std::max(result_.peak_rss_bytes, peaks.resident_bytes);
  peak_address_space_ = std::max(peak_address_space_, peaks.address_space_bytes);
  if (options_.memory_limit == MemoryLimit::WatchRss &&
      result_.peak_rss_bytes > options_.memory_limit_bytes)
    return ProcessOutcome::MemoryExceeded;
  return std::nullopt;
}

// The group is killed while its leader is still unreaped: until then nobody else can have its id.
int ChildProcess::reap() {
  ::kill(-process_.pid, SIGKILL);
  int status = 0;
  while (::waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  return status;
}

ProcessResult ChildProcess::end(std::optional<ProcessOutcome> stopped) {
  const int status = reap();
  receive();  // what it wrote before it ended
  result_.wall_time = elapsed();
  if (!stopped && output_exceeded_) stopped = ProcessOutcome::OutputExceeded;
  if (WIFSIGNALED(status)) {
    result_.signal = WTERMSIG(status);
    result_.outcome = ProcessOutcome::Signalled;
  } else {
    result_.exit_code = WEXITSTATUS(status);
  }
  if (!stopped && out_of_memory()) stopped = ProcessOutcome::MemoryExceeded;
  if (stopped) result_.outcome = *stopped;
  return std::move(result_);
}

// Programs that get no memory fail in many ways: by their reserved code, by an uncaught exception,
// by a crash in code that did not look. So a failure with the limit all but reached counts too.
bool ChildProcess::out_of_memory() const {
  if (result_.signal == 0 && result_.exit_code == 0) return false;
  if (result_.signal == 0 && options_.out_of_memory_exit_code == result_.exit_code) return true;
  if (result_.signal == SIGABRT && result_.error_tail.find("bad_alloc") != std::string::npos)
    return true;
  return options_.memory_limit == MemoryLimit::AddressSpace &&
         peak_address_space_ > options_.memory_limit_bytes / 10 * 9;
}

}  // namespace durasim::inline v0
