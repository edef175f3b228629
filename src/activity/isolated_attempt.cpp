// An isolated attempt as the host sees it: what it says to its child, what it believes of the
// answers, and what it makes of each way in which the child can end.
#include "durasim/activity/attempt.hpp"
#include "durasim/activity/isolated.hpp"
#include "durasim/core/error.hpp"

#include "activity/isolated_children.hpp"
#include "activity/isolated_message.hpp"
#include "core/signal_name.hpp"
#include "core/utf8.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <variant>

namespace durasim::inline v0 {
namespace isolation {
namespace {

// From the start of the program to its call of serve_if_asked, on a machine that is overloaded.
constexpr std::chrono::seconds kStartTimeout{30};
// A child's socket is closed some moments before it can be reaped.
constexpr std::chrono::seconds kEndTimeout{1};

// Why an attempt did not end by itself.
struct Reason {
  Reason(std::string_view failure_type, std::string what)
      : type(failure_type), text(std::move(what)) {}
  std::string type;
  std::string text;
};

std::string type_of_signal(int signal) {
  if (signal == SIGXCPU) return std::string(kIsolationCpuTime);
  if (signal == SIGXFSZ) return std::string(kIsolationFileSize);
  return signal_name(signal);
}

class ChildAttempt {
 public:
  ChildAttempt(const IsolationOptions& options, ChildProcess& child, const ActivityContext& context)
      : options_(options), child_(child), context_(context) {}

  PayloadList run(const std::string& type, const PayloadList& arguments) {
    say({.kind = Kind::Run,
         .number = lowest_log_level(),
         .text = type,
         .task = {.info = context_.info(),
                  .arguments = arguments,
                  .heartbeat_details = context_.last_heartbeat()}});
    const WakeEvent wake;
    const std::stop_callback on_stop(context_.stop_token(), [&] { wake.set(); });
    for (bool ended = false; !answer_ && !reason_ && !ended;) {
      child_.wait(cancelled_ ? -1 : wake.get(), all_sent() ? POLLIN : POLLIN | POLLOUT);
      ended = child_.ended();  // and then what it has said before
      send();
      receive();
      child_.receive();
      pass_on_cancellation();
      if (!answer_) look_at_limits();
    }
    const ProcessResult result = child_.end(std::nullopt);
    if (answer_) return outcome(std::move(*answer_));
    fail(result);
  }

 private:
  [[nodiscard]] static SteadyTime now() { return system_clock().steady_now(); }

  [[nodiscard]] std::uint32_t lowest_log_level() const {
    std::uint32_t level = 0;
    while (level < 4 && !context_.logger().enabled(static_cast<LogLevel>(level))) ++level;
    return level;
  }

  // ---- the socket ----

  void say(const Message& message) {
    const Bytes bytes = encode(message);
    outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end());
    send();
  }
  [[nodiscard]] bool all_sent() const { return sent_ == outgoing_.size(); }

  // As much as the child takes now; nothing if it does not listen any more: it has an end, too.
  void send() {
    while (child_.input().open() && !all_sent()) {
      const ByteView rest = ByteView(outgoing_).subspan(sent_);
      const ssize_t n =
          ::send(child_.input().get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      sent_ = n < 0 ? outgoing_.size() : sent_ + static_cast<std::size_t>(n);
    }
  }

  // Bounded, so that a child that talks without end does not keep us from its limits.
  void receive() {
    try {
      for (int round = 0; round < 64 && !answer_ && child_.input().open(); ++round) {
        const ssize_t n =
            ::recv(child_.input().get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
          child_.input().close();
          closed_ = now();
          break;
        }
        inbox_.append(ByteView(buffer_).first(static_cast<std::size_t>(n)));
        while (auto message = answer_ ? std::nullopt : inbox_.next()) take(std::move(*message));
      }
    } catch (const Error& error) {  // of its form or size
      reason_ =
          Reason{kIsolationProtocol, fmt::format("said what is no message: {}", error.what())};
    }
    if (!heartbeat_) return;
    PayloadList latest = std::move(*heartbeat_);
    heartbeat_.reset();
    context_.heartbeat_payloads(std::move(latest));
  }

  void take(Message message) {
    if (!greeted_ || message.kind == Kind::Hello) return take_hello(message);
    switch (message.kind) {
      case Kind::Heartbeat:
        heartbeat_ = std::move(message.values);  // only the latest counts
        return;
      case Kind::Log:
        if (message.number > static_cast<std::uint32_t>(LogLevel::Error))
          throw FormatError(fmt::format("a log record of level {}", message.number));
        return context_.logger()
            .for_module(std::move(message.module))
            .log(static_cast<LogLevel>(message.number), message.text);
      case Kind::Completed:
      case Kind::Failed:
      case Kind::Canceled:
      case Kind::Elsewhere:
        answer_ = std::move(message);
        return;
      default:
        throw FormatError("a message that only the host sends");
    }
  }

  void take_hello(const Message& message) {
    if (greeted_ || message.kind != Kind::Hello)
      throw FormatError("the first message, and no other one, must be a greeting");
    if (message.number != kProtocol)
      throw FormatError(
          fmt::format("the child speaks version {} of the protocol, this program {}: both need the "
                      "same durasim",
                      message.number, kProtocol));
    greeted_ = true;
  }

  // ---- limits ----

  void pass_on_cancellation() {
    if (const auto why = context_.cancel_reason(); why && !cancelled_) {
      cancelled_ = now();
      say({.kind = Kind::Cancel, .number = static_cast<std::uint32_t>(*why)});
    }
    if (!cancelled_ || answer_) return;
    try {
      context_.throw_if_canceled();  // CancelledError when nobody waits for the attempt any more
    } catch (const CanceledFailure& canceled) {
      if (now() - *cancelled_ < options_.cancel_grace || child_.ended()) return;
      throw CanceledFailure(fmt::format("{}; it did not end within {} s and was killed",
                                        canceled.what(), Seconds(options_.cancel_grace).count()));
    }
  }

  void look_at_limits() {
    const Duration elapsed = now() - start_;
    const auto limit = child_.limit_passed();
    if (limit == ProcessOutcome::MemoryExceeded) {
      reason_ = memory_reason();
    } else if (limit || child_.error_bytes() > options_.max_output_bytes) {
      reason_ =
          Reason{kIsolationOutput,
                 fmt::format("wrote more to standard output and standard error than its limit "
                             "of {} bytes",
                             options_.max_output_bytes)};
    } else if (options_.deadline > Duration::zero() && elapsed >= options_.deadline) {
      reason_ = Reason{kIsolationDeadline, fmt::format("did not end within its deadline of {} s",
                                                       Seconds(options_.deadline).count())};
    } else if (!greeted_ && elapsed >= kStartTimeout) {
      reason_ = Reason{kIsolationNoAnswer,
                       fmt::format("did not serve within {} s; {}", kStartTimeout.count(), kHint)};
    } else if (closed_ && now() - *closed_ >= kEndTimeout) {
      reason_ = Reason{kIsolationNoAnswer, "has closed its end of the socket without an answer"};
    }
  }

  // ---- the end ----

  PayloadList outcome(Message answer) const {
    switch (answer.kind) {
      case Kind::Completed:
        return std::move(answer.values);
      case Kind::Canceled:
        throw CanceledFailure("canceled", std::move(answer.values));
      case Kind::Elsewhere:
        context_.complete_async();
      default:
        throw_failure(said_failure(std::move(answer.failure)));
    }
  }

  // Whoever runs out of memory may be able to say so by itself.
  static proto::Failure said_failure(proto::Failure failure) {
    auto* application = std::get_if<proto::ApplicationFailureInfo>(&failure.info);
    if (application != nullptr && application->type == "std::bad_alloc")
      application->type = kIsolationMemory;
    return failure;
  }

  [[noreturn]] void fail(const ProcessResult& result) {
    const Reason reason = reason_ ? std::move(*reason_) : reason_of(result);
    std::string tail = to_utf8(result.error_tail);
    tail.erase(tail.find_last_not_of(" \n") + 1);
    throw ApplicationFailure(
        fmt::format("the child process {} of activity {} {}{}{}", child_.pid(),
                    context_.info().activity_type, reason.text,
                    tail.empty() ? "" : "; its standard error ends with:\n", tail),
        {.type = reason.type, .non_retryable = reason.type == kIsolationOutput});
  }

  [[nodiscard]] Reason memory_reason() const {
    return {kIsolationMemory, fmt::format("took more memory than its limit of {} MiB",
                                          options_.memory_limit_bytes >> 20)};
  }

  [[nodiscard]] Reason reason_of(const ProcessResult& result) const {
    if (result.outcome == ProcessOutcome::MemoryExceeded) return memory_reason();
    if (result.outcome == ProcessOutcome::Signalled) {
      const char* meaning = ::sigdescr_np(result.signal);
      return {type_of_signal(result.signal),
              fmt::format("was killed by {} ({})", signal_name(result.signal),
                          meaning != nullptr ? meaning : "unknown")};
    }
    return {kIsolationNoAnswer,
            fmt::format("exited with code {} without an answer{}{}", result.exit_code,
                        greeted_ ? "" : "; ", greeted_ ? "" : kHint)};
  }

  static constexpr std::string_view kHint =
      "does its main call durasim::IsolatedActivities::serve_if_asked?";

  const IsolationOptions& options_;
  ChildProcess& child_;
  const ActivityContext& context_;
  const SteadyTime start_ = now();
  Bytes outgoing_;
  std::size_t sent_ = 0;  // of it
  Bytes buffer_ = Bytes(65'536);
  Inbox inbox_;
  bool greeted_ = false;
  std::optional<PayloadList> heartbeat_;
  std::optional<Message> answer_;
  std::optional<SteadyTime> cancelled_;
  std::optional<SteadyTime> closed_;
  std::optional<Reason> reason_;
};

class IsolatedCode final : public detail::ActivityCode {
 public:
  IsolatedCode(std::string_view type, std::shared_ptr<Children> children)
      : type_(type), children_(std::move(children)) {}
  [[nodiscard]] PayloadList run(const ActivityContext& context,
                                const PayloadList& arguments) const override {
    const std::unique_ptr<ChildProcess> child = children_->take();
    return ChildAttempt(children_->options(), *child, context).run(type_, arguments);
  }

 private:
  const std::string type_;
  const std::shared_ptr<Children> children_;
};

}  // namespace
}  // namespace isolation

Isolated::Isolated(IsolationOptions options)
    : children_(std::make_shared<isolation::Children>(std::move(options))) {}

ActivityImplementation Isolated::implementation(std::string_view type) const {
  return {type, new isolation::IsolatedCode(type, children_)};
}

}  // namespace durasim::inline v0
