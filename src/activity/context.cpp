// ActivityContext: every call goes to the attempt that it stands for.
#include "durasim/activity/context.hpp"

#include "durasim/activity/attempt.hpp"
#include "durasim/activity/implementation.hpp"

#include <utility>

namespace durasim::inline v0 {

struct detail::AttemptHandle {
  std::shared_ptr<ActivityAttempt> attempt;
};

detail::ActivityCode::ActivityCode() = default;
detail::ActivityCode::~ActivityCode() = default;

ActivityImplementation::ActivityImplementation(std::string_view type,
                                               const detail::ActivityCode* code)
    : activity_type(type), code_(code) {}
PayloadList ActivityImplementation::run(const ActivityContext& context,
                                        const PayloadList& arguments) const {
  return static_cast<const detail::ActivityCode*>(code_.block())->run(context, arguments);
}

bool ActivityInfo::operator==(const ActivityInfo&) const = default;

std::string_view to_string(ActivityCancelReason reason) {
  switch (reason) {
    case ActivityCancelReason::Requested:
      return "cancellation requested";
    case ActivityCancelReason::NotFound:
      return "nobody waits for this attempt any more";
    case ActivityCancelReason::TimedOut:
      return "timed out";
    case ActivityCancelReason::WorkerShutdown:
      return "the worker is stopping";
  }
  return "unknown";
}

ActivityContext::ActivityContext(std::shared_ptr<ActivityAttempt> attempt)
    : attempt_(detail::AttemptHandle{std::move(attempt)}) {}

const ActivityInfo& ActivityContext::info() const {
  return attempt_->attempt->task_.info;
}
const Logger& ActivityContext::logger() const {
  return attempt_->attempt->logger_;
}
const PayloadList& ActivityContext::last_heartbeat() const {
  return attempt_->attempt->task_.heartbeat_details;
}

void ActivityContext::heartbeat_payloads(PayloadList details) const {
  attempt_->attempt->heartbeat(std::move(details));
}

std::stop_token ActivityContext::stop_token() const {
  return attempt_->attempt->stop_.get_token();
}

std::optional<ActivityCancelReason> ActivityContext::cancel_reason() const {
  return attempt_->attempt->cancel_reason();
}

void ActivityContext::throw_if_canceled() const {
  attempt_->attempt->require_open();
  if (const auto reason = cancel_reason()) {
    throw CanceledFailure(std::string(to_string(*reason)));
  }
}

void ActivityContext::complete_async() const {
  attempt_->attempt->require_open();
  throw ActivityCompletesElsewhere{};
}

}  // namespace durasim::inline v0
