// Activities whose attempts run in child processes, so that a crash, a hang or a leak in one is a
// failed attempt and no harm to the host. The children are this program, started once more:
//   int main(int argc, char** argv) {
//     durasim::IsolatedActivities children;
//     children.implement(render, render_frames);
//     children.serve_if_asked(argc, argv);  // returns only in the host
//     ...
//     const durasim::Isolated isolated({.memory_limit_bytes = std::size_t{1} << 30});
//     engine.worker("media").implement(render, isolated);
// Heartbeats, their details, cancellation, info() and logger() work as they do in the host. It is
// no sandbox: docs/isolated-activities.md.
#pragma once

#include "durasim/activity/implementation.hpp"
#include "durasim/core/process.hpp"
#include "durasim/core/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0 {

namespace isolation {
class Children;
}

// Limits are those of one child process; what it starts inherits them.
struct IsolationOptions {
  // A program whose main calls IsolatedActivities::serve_if_asked, by its path; empty: this one.
  std::string program{};
  std::vector<std::string> arguments{};    // before the one that asks it to serve
  std::vector<std::string> environment{};  // "NAME=value", beside the host's or instead of it
  // Of an attempt, from its start; 0: only the activity's own timeouts end it.
  Duration deadline{};
  // How long an attempt that was asked to stop may take to end before it is killed.
  Duration cancel_grace = std::chrono::seconds(5);
  Duration cpu_time{};  // in whole seconds, rounded up; 0: no limit
  std::size_t memory_limit_bytes = std::size_t{4} << 30;
  MemoryLimit memory_limit = default_memory_limit();
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30;  // of each file that it writes
  std::uint64_t max_open_files = 256;                     // at least 16
  // Written to standard output and standard error together, of which only the end is kept, for the
  // message of a failure.
  std::size_t max_output_bytes = std::size_t{64} << 20;
  // Children that are started ahead, so that an attempt need not wait for one. The first one is
  // started behind the first attempt.
  int spare_children = 1;
};

// ApplicationFailure::type() of attempts that did not end by themselves; their message says what
// happened, and how standard error ends. A child that was killed by a signal has the signal's name
// as its type, "SIGSEGV". All are retried but for the last two.
inline constexpr std::string_view kIsolationDeadline = "IsolationDeadline";
inline constexpr std::string_view kIsolationMemory = "IsolationMemory";
inline constexpr std::string_view kIsolationCpuTime = "IsolationCpuTime";    // SIGXCPU
inline constexpr std::string_view kIsolationFileSize = "IsolationFileSize";  // SIGXFSZ
inline constexpr std::string_view kIsolationNoAnswer = "IsolationNoAnswer";  // exit() and the like
inline constexpr std::string_view kIsolationProtocol = "IsolationProtocol";  // no durasim message
inline constexpr std::string_view kIsolationOutput = "IsolationOutput";
inline constexpr std::string_view kIsolationNotImplemented = "IsolationNotImplemented";

// Stands for implementations that lie in child processes. Each attempt has a child of its own,
// which is killed with all that it has started when the attempt is over. Copies share the spare
// children, which end with the last of them and of the workers that use one. Thread-safe.
class DURASIM_EXPORT Isolated {
 public:
  // Starts nothing. Throws InvalidArgument for options out of range.
  explicit Isolated(IsolationOptions options = {});
  // Attempts throw UnavailableError when no child can be started.
  [[nodiscard]] ActivityImplementation implementation(std::string_view type) const;

 private:
  std::shared_ptr<isolation::Children> children_;
};

// So that Worker::implement(type, isolated) registers an activity as isolated.
template <class R, class... A>
[[nodiscard]] ActivityImplementation make_activity(const Activity<R(A...)>& type,
                                                   const Isolated& isolated) {
  return isolated.implementation(type.name);
}

// What a child process can do. Not thread-safe.
class DURASIM_EXPORT IsolatedActivities {
 public:
  // A callable R(ActivityContext, A...) or R(A...): see make_activity.
  template <class R, class... A, class F>
  IsolatedActivities& implement(const Activity<R(A...)>& type, F function) {
    activities_.insert_or_assign(std::string(type.name), make_activity(type, std::move(function)));
    return *this;
  }
  // For the beginning of main, before threads, files and engines. Returns in a process that was
  // started otherwise; in a child it runs the attempt and ends the process, without the destructors
  // of static objects and without std::atexit's functions.
  void serve_if_asked(int argc, const char* const* argv) const;

 private:
  std::map<std::string, ActivityImplementation, std::less<>> activities_;
};

}  // namespace durasim::inline v0
