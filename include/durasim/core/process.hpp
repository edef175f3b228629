// Runs one child process to its end, within limits on time, memory, and output, and says how it
// ended. No shell, no PATH search, no long-lived children: isolation of work that may crash.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {

// Exit codes of durasim's own helper programs (durasim-geometry and later ones).
enum class HelperExit : int {
  Ok = 0,
  Usage = 1,
  Unreadable = 3,     // the input is not what it claims to be; the reason is on standard error
  LimitExceeded = 4,  // the input is larger than a limit; the reason is on standard error
  OutOfMemory = 5,
};

enum class MemoryLimit {
  AddressSpace,  // RLIMIT_AS: allocations beyond it fail inside the child
  WatchRss,      // the resident size is watched and the child killed; for sanitizers, whose shadow
                 // memory reserves terabytes of address space
};

// WatchRss when durasim was built with AddressSanitizer or ThreadSanitizer, else AddressSpace.
DURASIM_EXPORT MemoryLimit default_memory_limit();

struct ProcessOptions {
  std::string program;                 // path of the file to execute; not searched in PATH
  std::vector<std::string> arguments;  // without the program's own name
  bool inherit_environment = true;
  std::vector<std::string> environment;  // "NAME=value", added to or replacing what is inherited
  ByteView input;                        // for standard input; borrowed until run() returns
  std::size_t max_output_bytes = std::size_t{1} << 30;
  std::size_t max_error_bytes = 8192;  // kept of the end of standard error
  Seconds deadline{20};                // wall time from the start; > 0
  // RLIMIT_CPU, in whole seconds; absent: what the deadline allows on all cores.
  std::optional<Seconds> cpu_time;
  std::size_t memory_limit_bytes = std::size_t{4} << 30;
  MemoryLimit memory_limit = default_memory_limit();
  std::uint64_t max_file_bytes = 0;  // RLIMIT_FSIZE; pipes and sockets are not files
  std::uint64_t max_open_files = 64;
  // The exit code by which the program says that an allocation failed; reported as MemoryExceeded.
  std::optional<int> out_of_memory_exit_code;
  std::stop_token stop;
};

enum class ProcessOutcome {
  Exited,     // by itself; see exit_code
  Signalled,  // crashed or was killed by somebody else; see signal
  DeadlineExceeded,
  MemoryExceeded,  // over the watched size, its reserved exit code, an uncaught std::bad_alloc, or
                   // a failure when 90 % of its address space was used
  OutputExceeded,
  Cancelled,
};

DURASIM_EXPORT std::string_view to_string(ProcessOutcome outcome);

struct ProcessResult {
  ProcessOutcome outcome = ProcessOutcome::Exited;
  int exit_code = 0;       // when Exited, or when a code was recognised as MemoryExceeded
  int signal = 0;          // when Signalled
  Bytes output;            // standard output
  std::string error_tail;  // the end of standard error
  Seconds wall_time{0};
  std::size_t peak_rss_bytes = 0;  // as last seen while it ran (sampled every 20 ms); 0 if never
};

// "exited with code 3", "killed by signal 11 (Segmentation fault)", "passed its deadline", ...
DURASIM_EXPORT std::string describe(const ProcessResult& result);

// The seam through which child processes are started; tests give a scripted one.
class DURASIM_EXPORT ProcessRunner {
 public:
  virtual ~ProcessRunner();
  // Blocks until the child has ended and is reaped. Throws UnavailableError (program and reason)
  // when it cannot be started and InvalidArgument for options out of range; every other end is a
  // result. Thread-safe.
  [[nodiscard]] virtual ProcessResult run(const ProcessOptions& options) const = 0;
};

// posix_spawn in a process group of its own, with default signal handling and without any of this
// process's descriptors; core dumps off. At the end the whole group is killed. The host is safe
// from SIGPIPE, leaves no zombie, and needs no SIGCHLD handler (but must not ignore SIGCHLD).
class DURASIM_EXPORT PosixProcessRunner final : public ProcessRunner {
 public:
  [[nodiscard]] ProcessResult run(const ProcessOptions& options) const override;
};

// Where one of durasim's own helper programs is: `given` if it is not empty, else beside the
// library (an install or a build tree), else in the folder that DURASIM_LIBEXEC names. Throws
// UnavailableError with the places that were looked at and the `remedy`. Thread-safe.
DURASIM_EXPORT std::string find_helper_program(std::string_view name, const std::string& given,
                                               std::string_view remedy);

// For the first line of a helper program's main: it is killed when the thread that started it ends.
// A parent that has died before is noticed by the end of standard input. Throws UnavailableError
// when the kernel refuses.
DURASIM_EXPORT void die_with_parent();

}  // namespace durasim::inline v0
