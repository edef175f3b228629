// posix_spawn with everything of the host kept out of the child: descriptors, signal handlers, the
// signal mask, the process group. Limits are set by prlimit, which needs no code in the child.
#include "core/spawn.hpp"

#include "durasim/core/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>

namespace durasim::inline v0 {
namespace {

[[noreturn]] void throw_not_started(const std::string& program, int error) {
  throw UnavailableError(fmt::format("cannot start {}: {}", program, std::strerror(error)));
}

Descriptor childs_end(int fd, const std::string& program) {
  Descriptor high = above_standard(Descriptor(fd));
  if (!high.open()) throw_not_started(program, errno);
  return high;
}

// The parent's and the child's end of one standard stream.
struct Stream {
  Descriptor ours;
  Descriptor theirs;
};

// A socket, so that a write to a child that has gone is an error (MSG_NOSIGNAL) and not a SIGPIPE
// for the host.
Stream make_input(const std::string& program) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw_not_started(program, errno);
  Descriptor ours(ends[0]);
  return {std::move(ours), childs_end(ends[1], program)};
}

Stream make_output(const std::string& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_not_started(program, errno);
  Descriptor ours(ends[0]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(ours.get(), F_SETPIPE_SZ, 1 << 20);  // fewer wake-ups; a refusal costs only speed
  return {std::move(ours), childs_end(ends[1], program)};
}

class SpawnSettings {
 public:
  SpawnSettings(int in, int out, int err) {
    check(posix_spawn_file_actions_init(&actions_));
    check(posix_spawnattr_init(&attributes_));
    check(posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO));
    check(posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO));
    check(posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO));
    check(posix_spawn_file_actions_addclosefrom_np(&actions_, 3));
    sigset_t all;
    sigfillset(&all);
    sigset_t none;
    sigemptyset(&none);
    check(posix_spawnattr_setsigdefault(&attributes_, &all));
    check(posix_spawnattr_setsigmask(&attributes_, &none));
    check(posix_spawnattr_setpgroup(&attributes_, 0));
    check(posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  static void check(int error) {
    if (error != 0) throw UnavailableError(fmt::format("posix_spawn: {}", std::strerror(error)));
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> child_environment(const ProcessOptions& options) {
  std::vector<std::string> result = options.environment;
  if (!options.inherit_environment) return result;
  const auto overridden = [&](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('=') + 1);
    return std::any_of(options.environment.begin(), options.environment.end(),
                       [&](const std::string& e) { return e.starts_with(name); });
  };
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (!overridden(*entry)) result.emplace_back(*entry);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void limit(pid_t pid, __rlimit_resource resource, std::uint64_t value, std::uint64_t extra = 0) {
  const rlimit64 soft_and_hard{value, value + extra};
  // Fails only for a child that has ended already.
  ::prlimit64(pid, resource, &soft_and_hard, nullptr);
}

void set_limits(pid_t pid, const ProcessOptions& options) {
  // A child with threads may use every core for the whole time; the wall clock is the real limit.
  const double cores = std::max(1U, std::thread::hardware_concurrency());
  const double cpu_s = options.cpu_time ? std::ceil(options.cpu_time->count())
                                        : std::ceil(options.deadline.count()) * cores + 1;
  // First SIGXCPU, which says what happened, then SIGKILL.
  limit(pid, RLIMIT_CPU, static_cast<std::uint64_t>(std::min(1e9, cpu_s)), 1);
  limit(pid, RLIMIT_CORE, 0);
  limit(pid, RLIMIT_FSIZE, options.max_file_bytes);
  limit(pid, RLIMIT_NOFILE, options.max_open_files);
  if (options.memory_limit == MemoryLimit::AddressSpace)
    limit(pid, RLIMIT_AS, options.memory_limit_bytes);
}

}  // namespace

SpawnedChild spawn_child(const ProcessOptions& options) {
  Stream input = make_input(options.program);
  Stream output = make_output(options.program);
  Stream error = make_output(options.program);
  std::vector<std::string> arguments{options.program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = child_environment(options);
  const SpawnSettings settings(input.theirs.get(), output.theirs.get(), error.theirs.get());
  SpawnedChild child;
  const int code =
      ::posix_spawn(&child.pid, options.program.c_str(), settings.actions(), settings.attributes(),
                    pointers(arguments).data(), pointers(environment).data());
  if (code != 0) throw_not_started(options.program, code);
  set_limits(child.pid, options);
  child.input = std::move(input.ours);
  child.output = std::move(output.ours);
  child.error = std::move(error.ours);
  return child;
}

}  // namespace durasim::inline v0
