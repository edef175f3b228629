// Exceptions to messages and back. What a foreign exception says of itself (class name, what(),
// nested exceptions) becomes an ApplicationFailure with the same chain of causes; a Failure keeps
// its message unchanged.
#include "durasim/core/failure_message.hpp"

#include "core/one_of.hpp"
#include "core/utf8.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>
#include <utility>

namespace durasim::inline v0 {

template class DURASIM_EXPORT_TEMPLATE proto::OneOf<proto::FailureInfoVariant>;

namespace {

constexpr std::string_view kSource = "durasim";
// Of nested exceptions; a longer chain is cut.
constexpr int kMaxCauses = 50;

template <class Info>
const Info& info_of(const proto::Failure& failure) {
  static const Info none;
  const auto* info = std::get_if<Info>(&failure.info);
  return info != nullptr ? *info : none;
}

PayloadList list_of(const std::optional<proto::Payloads>& payloads) {
  return payloads ? PayloadList(payloads->payloads) : PayloadList();
}

std::optional<proto::Payloads> optional_payloads(PayloadList list) {
  if (list.empty()) return std::nullopt;
  return proto::Payloads{.payloads = std::move(list).vector()};
}

proto::Failure application_message(const std::string& message,
                                   const ApplicationFailure::Options& options) {
  proto::ApplicationFailureInfo info{.type = to_utf8(options.type),
                                     .non_retryable = options.non_retryable,
                                     .details = optional_payloads(options.details)};
  if (options.next_retry_delay >= Duration::zero()) {
    info.next_retry_delay = proto::ProtoDuration::from(options.next_retry_delay);
  }
  return {.message = to_utf8(message), .source = std::string(kSource), .info = std::move(info)};
}

proto::Failure canceled_message(const std::string& message, PayloadList details) {
  proto::CanceledFailureInfo info{.details = optional_payloads(std::move(details))};
  return {.message = to_utf8(message), .source = std::string(kSource), .info = std::move(info)};
}

// The class as its author wrote it: without what std::throw_with_nested wraps around it, and
// without our version's namespace, which must not get into histories and lists of non-retryable
// types.
std::string class_name(const std::type_info& type) {
  constexpr std::string_view kNested = "std::_Nested_exception<";
  constexpr std::string_view kVersion = "durasim::v0::";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  std::string name = demangled ? demangled.get() : type.name();
  if (name.starts_with(kNested) && name.ends_with('>')) {
    name = name.substr(kNested.size(), name.size() - kNested.size() - 1);
  }
  if (name.starts_with(kVersion)) name.replace(0, kVersion.size(), "durasim::");
  return name;
}

proto::Failure message_of(const std::exception_ptr& exception, int depth);

proto::Boxed<proto::Failure> nested_cause(const std::exception& exception, int depth) {
  const auto* nested = dynamic_cast<const std::nested_exception*>(&exception);
  if (nested == nullptr || nested->nested_ptr() == nullptr || depth >= kMaxCauses) return {};
  return message_of(nested->nested_ptr(), depth + 1);
}

proto::Failure message_of(const std::exception_ptr& exception, int depth) {
  try {
    std::rethrow_exception(exception);
  } catch (const Failure& failure) {
    proto::Failure message = failure.proto();
    if (!message.cause) message.cause = nested_cause(failure, depth);
    return message;
  } catch (const std::exception& error) {
    proto::Failure message = application_message(error.what(), {.type = class_name(typeid(error))});
    message.cause = nested_cause(error, depth);
    return message;
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    const std::string name = type != nullptr ? class_name(*type) : "unknown";
    return application_message("exception of type " + name, {.type = name});
  }
}

}  // namespace

Failure::Failure(proto::Failure failure) : Error(failure.message), proto_(std::move(failure)) {}
Failure::~Failure() = default;

const proto::Failure& Failure::proto() const {
  return *proto_;
}

const proto::Failure* Failure::cause() const {
  return proto_->cause ? &*proto_->cause : nullptr;
}

ApplicationFailure::ApplicationFailure(const std::string& message, const Options& options)
    : Failure(application_message(message, options)) {}
ApplicationFailure::ApplicationFailure(proto::Failure failure) : Failure(std::move(failure)) {}
ApplicationFailure::~ApplicationFailure() = default;

const std::string& ApplicationFailure::type() const {
  return info_of<proto::ApplicationFailureInfo>(proto()).type;
}
bool ApplicationFailure::non_retryable() const {
  return info_of<proto::ApplicationFailureInfo>(proto()).non_retryable;
}
PayloadList ApplicationFailure::details() const {
  return list_of(info_of<proto::ApplicationFailureInfo>(proto()).details);
}

TimeoutFailure::~TimeoutFailure() = default;
TimeoutType TimeoutFailure::timeout_type() const {
  return info_of<proto::TimeoutFailureInfo>(proto()).timeout_type;
}
PayloadList TimeoutFailure::last_heartbeat_details() const {
  return list_of(info_of<proto::TimeoutFailureInfo>(proto()).last_heartbeat_details);
}

CanceledFailure::CanceledFailure(const std::string& message, PayloadList details)
    : Failure(canceled_message(message, std::move(details))) {}
CanceledFailure::CanceledFailure(proto::Failure failure) : Failure(std::move(failure)) {}
CanceledFailure::~CanceledFailure() = default;
PayloadList CanceledFailure::details() const {
  return list_of(info_of<proto::CanceledFailureInfo>(proto()).details);
}

TerminatedFailure::~TerminatedFailure() = default;

ActivityFailure::~ActivityFailure() = default;
const std::string& ActivityFailure::activity_id() const {
  return info_of<proto::ActivityFailureInfo>(proto()).activity_id;
}
std::string ActivityFailure::activity_type() const {
  const auto& type = info_of<proto::ActivityFailureInfo>(proto()).activity_type;
  return type ? type->name : std::string();
}
RetryState ActivityFailure::retry_state() const {
  return info_of<proto::ActivityFailureInfo>(proto()).retry_state;
}

bool is_canceled(const proto::Failure& failure) {
  for (const proto::Failure* at = &failure;; at = &*at->cause) {
    if (std::holds_alternative<proto::CanceledFailureInfo>(at->info)) return true;
    const bool passes_on =
        std::holds_alternative<proto::ActivityFailureInfo>(at->info) ||
        std::holds_alternative<proto::ChildWorkflowExecutionFailureInfo>(at->info);
    if (!passes_on || !at->cause) return false;
  }
}

bool is_canceled(const std::exception_ptr& exception) {
  if (exception == nullptr) return false;
  try {
    std::rethrow_exception(exception);
  } catch (const Failure& failure) {
    return is_canceled(failure.proto());
  } catch (...) {
    return false;
  }
}

void throw_failure(proto::Failure failure) {
  if (std::holds_alternative<proto::ApplicationFailureInfo>(failure.info))
    throw ApplicationFailure(std::move(failure));
  if (std::holds_alternative<proto::TimeoutFailureInfo>(failure.info))
    throw TimeoutFailure(std::move(failure));
  if (std::holds_alternative<proto::CanceledFailureInfo>(failure.info))
    throw CanceledFailure(std::move(failure));
  if (std::holds_alternative<proto::TerminatedFailureInfo>(failure.info))
    throw TerminatedFailure(std::move(failure));
  if (std::holds_alternative<proto::ActivityFailureInfo>(failure.info))
    throw ActivityFailure(std::move(failure));
  throw Failure(std::move(failure));
}

proto::Failure to_failure(const std::exception_ptr& exception) {
  if (exception == nullptr)
    throw InvalidArgument("to_failure needs an exception; this one is null");
  return message_of(exception, 0);
}

}  // namespace durasim::inline v0
