// The child's side: main runs the attempt as an engine would, a thread listens for its
// cancellation and for the end of the host.
#include "durasim/activity/attempt.hpp"
#include "durasim/activity/isolated.hpp"
#include "durasim/core/error.hpp"

#include "activity/isolated_message.hpp"
#include "core/descriptor.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

namespace durasim::inline v0 {
namespace isolation {
namespace {

// Longer log messages are cut off.
constexpr std::size_t kMaxLogBytes = 65'536;

// Nothing is left to be done, by this process or by what it has started.
[[noreturn]] void end_group() {
  ::kill(0, SIGKILL);
  std::_Exit(1);
}

// By the end of the socket or by the kernel, whichever is first. A signal that can be caught,
// because SIGKILL would only reach this process.
void end_with_host() {
  std::signal(SIGRTMAX, [](int) { end_group(); });
  if (::prctl(PR_SET_PDEATHSIG, SIGRTMAX) != 0)
    throw UnavailableError(fmt::format("PR_SET_PDEATHSIG: {}", std::strerror(errno)));
}

// Blocking. An end of the connection is the end of the host.
class Link {
 public:
  explicit Link(Descriptor socket) : socket_(std::move(socket)) {}

  // From any thread. Throws as encode() does, before anything is sent.
  void say(const Message& message) {
    const Bytes bytes = encode(message);
    const std::scoped_lock lock(mutex_);
    for (ByteView rest = bytes; !rest.empty();) {
      const ssize_t n = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) end_group();
      rest = rest.subspan(static_cast<std::size_t>(n));
    }
  }

  // From one thread at a time.
  Message listen() {
    for (;;) {
      if (auto message = inbox_.next()) return std::move(*message);
      const ssize_t n = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) end_group();
      inbox_.append(ByteView(buffer_).first(static_cast<std::size_t>(n)));
    }
  }

 private:
  const Descriptor socket_;
  std::mutex mutex_;  // for what is said
  Inbox inbox_;
  Bytes buffer_ = Bytes(65'536);
};

class ChildOutbound final : public ActivityOutbound {
 public:
  explicit ChildOutbound(Link& link) : link_(link) {}
  HeartbeatReply record_heartbeat(const PayloadList& details) override {
    link_.say({.kind = Kind::Heartbeat, .values = details});
    return {};  // a cancellation comes by itself
  }
  void wake_at(SteadyTime) override {}  // nothing is throttled here, but in the host

 private:
  Link& link_;
};

Logger child_logger(Link& link, std::uint32_t lowest) {
  if (lowest > static_cast<std::uint32_t>(LogLevel::Error)) return {};
  return Logger(
      [&link](const LogRecord& record) {
        link.say({.kind = Kind::Log,
                  .number = static_cast<std::uint32_t>(record.level),
                  .module = std::string(record.module.substr(0, kMaxLogBytes)),
                  .text = std::string(record.message.substr(0, kMaxLogBytes))});
      },
      static_cast<LogLevel>(lowest));
}

// Standard input is the socket: it moves where neither the activity nor what it starts finds it.
// What is printed goes to standard error.
Descriptor take_socket() {
  struct stat input{};
  if (::getpgrp() != ::getpid() || ::fstat(STDIN_FILENO, &input) != 0 || !S_ISSOCK(input.st_mode)) {
    fmt::print(stderr, "{}: durasim starts isolated activities, nobody else\n", kServeArgument);
    std::_Exit(1);
  }
  Descriptor socket = Descriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!socket.open() || ::dup2(nothing.get(), STDIN_FILENO) < 0 ||
      ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    throw IoError(fmt::format("standard input and output: {}", std::strerror(errno)));
  return socket;
}

Message message_of(ActivityOutcome outcome) {
  if (auto* completed = std::get_if<ActivityCompleted>(&outcome))
    return {.kind = Kind::Completed, .values = std::move(completed->result)};
  if (auto* failed = std::get_if<ActivityFailed>(&outcome))
    return {.kind = Kind::Failed, .failure = std::move(failed->failure)};
  if (auto* canceled = std::get_if<ActivityCanceled>(&outcome))
    return {.kind = Kind::Canceled, .values = std::move(canceled->details)};
  return {.kind = Kind::Elsewhere};
}

void answer(Link& link, ActivityOutcome outcome) {
  std::fflush(nullptr);
  try {
    link.say(message_of(std::move(outcome)));
  } catch (...) {  // too large, or not to be encoded: the host is told so instead
    link.say({.kind = Kind::Failed, .failure = to_failure(std::current_exception())});
  }
}

ActivityOutcome run_attempt(Link& link, const ActivityImplementation& implementation, Message run) {
  ChildOutbound outbound(link);
  const auto attempt =
      ActivityAttempt::create(std::move(run.task), outbound, system_clock(),
                              child_logger(link, run.number), {.max_interval = Duration::zero()});
  // Ends with the process only: user code may be anywhere when its host goes.
  std::thread([attempt, &link] {
    for (;;) {
      const Message message = link.listen();
      if (message.kind == Kind::Cancel)
        attempt->request_cancel(static_cast<ActivityCancelReason>(message.number));
    }
  }).detach();
  return attempt->run(implementation);
}

}  // namespace
}  // namespace isolation

void IsolatedActivities::serve_if_asked(int argc, const char* const* argv) const {
  using namespace isolation;
  if (argc < 2 || argv[argc - 1] != kServeArgument) return;
  Link link(take_socket());
  end_with_host();
  link.say({.kind = Kind::Hello, .number = kProtocol});
  Message run = link.listen();
  const auto found = activities_.find(run.text);
  if (found == activities_.end()) {
    const ApplicationFailure failure(
        fmt::format("activity type {} is not among the child's IsolatedActivities", run.text),
        {.type = std::string(kIsolationNotImplemented), .non_retryable = true});
    answer(link, ActivityFailed{failure.proto()});
  } else {
    answer(link, run_attempt(link, found->second, std::move(run)));
  }
  std::_Exit(0);
}

}  // namespace durasim::inline v0
