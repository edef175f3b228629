// One child process by posix_spawn, its three streams pumped by poll. What the child does with its
// memory and time is limited from outside, because the child is assumed to be broken.
#include "durasim/core/process.hpp"

#include "durasim/core/error.hpp"

#include "core/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DURASIM_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DURASIM_SHADOW_MEMORY 1
#endif
#endif

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

// One child from spawn to reaping. The destructor kills and reaps, so that an exception (no memory
// for the output) leaves no process behind.
class Child {
 public:
  explicit Child(const ProcessOptions& options)
      : options_(options),
        start_(system_clock().steady_now()),
        process_(spawn_child(options)),
        // Without pidfd (kernels before 5.3, some sandboxes) the end is noticed at a sample.
        end_(static_cast<int>(::syscall(SYS_pidfd_open, process_.pid, 0))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (!reaped_) reap();
  }

  ProcessResult run() {
    const Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback on_stop(options_.stop, [&] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t n = ::write(wake.get(), &one, sizeof one);
    });
    std::optional<ProcessOutcome> stopped;
    while (!stopped && !ended()) {
      wait_for_events(wake.get());
      send_input();
      receive();
      stopped = reason_to_stop();
    }
    const int status = reap();
    receive();  // what it wrote before it ended
    return finish(stopped, status);
  }

 private:
  [[nodiscard]] Seconds elapsed() const { return system_clock().steady_now() - start_; }

  [[nodiscard]] bool ended() const {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(process_.pid), &info, WEXITED | WNOHANG | WNOWAIT) !=
           0)
      if (errno != EINTR) return true;
    return info.si_pid == process_.pid;
  }

  void wait_for_events(int wake) {
    std::array<pollfd, 5> events{{{wake, POLLIN, 0},
                                  {end_.get(), POLLIN, 0},
                                  {process_.output.get(), POLLIN, 0},
                                  {process_.error.get(), POLLIN, 0},
                                  {process_.input.get(), POLLOUT, 0}}};
    // Negative descriptors are ignored by poll. EINTR is one more sample, no more.
    ::poll(events.data(), events.size(), static_cast<int>(kSampleInterval.count()));
  }

  void send_input() {
    while (process_.input.open()) {
      const ByteView rest = options_.input.subspan(sent_);
      const ssize_t n = rest.empty() ? 0
                                     : ::send(process_.input.get(), rest.data(), rest.size(),
                                              MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n > 0) sent_ += static_cast<std::size_t>(n);
      // All is sent, or the child has closed its end and wants no more.
      if (n < 0 || sent_ == options_.input.size()) process_.input.close();
    }
  }

  void receive() {
    receive(process_.output, [&](ByteView chunk) {
      const std::size_t room = options_.max_output_bytes - result_.output.size();
      output_exceeded_ = output_exceeded_ || chunk.size() > room;
      const ByteView kept = chunk.first(std::min(chunk.size(), room));
      result_.output.insert(result_.output.end(), kept.begin(), kept.end());
    });
    receive(process_.error, [&](ByteView chunk) {
      std::string& tail = result_.error_tail;
      tail.append(as_text(chunk));
      if (tail.size() > options_.max_error_bytes)
        tail.erase(0, tail.size() - options_.max_error_bytes);
    });
  }

  // Bounded, so that a child that writes faster than we read cannot keep us from the deadline.
  template <class Sink>
  void receive(Descriptor& from, Sink&& sink) {
    for (int round = 0; round < 64 && from.open(); ++round) {
      const ssize_t n = ::read(from.get(), buffer_.data(), buffer_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return from.close();
      sink(ByteView(buffer_).first(static_cast<std::size_t>(n)));
    }
  }

  std::optional<ProcessOutcome> reason_to_stop() {
    if (options_.stop.stop_requested()) return ProcessOutcome::Cancelled;
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
  int reap() {
    ::kill(-process_.pid, SIGKILL);
    int status = 0;
    while (::waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return status;
  }

  ProcessResult finish(std::optional<ProcessOutcome> stopped, int status) {
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

  // Programs that get no memory fail in many ways: by their reserved code, by an uncaught
  // exception, by a crash in code that did not look. So a failure with the limit all but reached
  // counts too.
  [[nodiscard]] bool out_of_memory() const {
    if (result_.signal == 0 && result_.exit_code == 0) return false;
    if (result_.signal == 0 && options_.out_of_memory_exit_code == result_.exit_code) return true;
    if (result_.signal == SIGABRT && result_.error_tail.find("bad_alloc") != std::string::npos)
      return true;
    return options_.memory_limit == MemoryLimit::AddressSpace &&
           peak_address_space_ > options_.memory_limit_bytes / 10 * 9;
  }

  const ProcessOptions& options_;
  SteadyTime start_;
  SteadyTime next_sample_;
  SpawnedChild process_;
  Descriptor end_;
  bool reaped_ = false;
  std::size_t peak_address_space_ = 0;
  bool output_exceeded_ = false;
  std::size_t sent_ = 0;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(262144);
  ProcessResult result_;
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
  return Child(options).run();
}

void die_with_parent() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    throw UnavailableError(fmt::format("PR_SET_PDEATHSIG: {}", std::strerror(errno)));
}

}  // namespace durasim::inline v0
