// Attempts of the user's activities: between their beginning, their code and their report anything
// may happen; the code itself is one step.
#include "durasim/core/failure_message.hpp"

#include "engine/client_requests.hpp"
#include "testing/explored_seed.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::testing {

namespace {

ActivityOutcome injected(std::string_view when) {
  return ActivityFailed{
      ApplicationFailure(fmt::format("the explorer lets the attempt fail {}", when),
                         {.type = "InjectedFault"})
          .proto()};
}

std::string name_of_activity(const ActivityTask& task) {
  return fmt::format("{} (activity {}, attempt {})", task.info.activity_type, task.info.activity_id,
                     task.info.attempt);
}

std::string_view word_for(const ActivityOutcome& outcome) {
  if (std::holds_alternative<ActivityCompleted>(outcome)) return "completes";
  if (std::holds_alternative<ActivityCanceled>(outcome)) return "is canceled";
  if (std::holds_alternative<ActivityWillCompleteAsync>(outcome)) return "completes elsewhere";
  return "fails";
}

}  // namespace

// An attempt's way to the service. What it records is durable with the next commit.
class ExploredSeed::Outbound final : public ActivityOutbound {
 public:
  Outbound(ExploredSeed& seed, Attempt& attempt) : seed_(seed), attempt_(attempt) {}
  HeartbeatReply record_heartbeat(const PayloadList& details) override {
    return seed_.heartbeat(attempt_, details);
  }
  void wake_at(SteadyTime /*due*/) override {}  // the code takes no time

 private:
  ExploredSeed& seed_;
  Attempt& attempt_;
};

void ExploredSeed::attempt_begins(const Attempt& attempt, WallTime /*at*/) {
  say(name_of_activity(attempt.task) + " is handed out");
}

void ExploredSeed::attempt_lost(const Attempt& attempt) {
  ++attempts_lost_;
  say(name_of_activity(attempt.task) +
      (attempt.outcome ? " is lost after its code ran" : " is lost before its code runs"));
}

const ActivityImplementation* ExploredSeed::implementation_of(const Attempt& attempt) const {
  const auto worker = workers_.find(attempt.task.info.task_queue);
  if (worker == workers_.end()) return nullptr;
  const auto found = worker->second.activities().find(attempt.task.info.activity_type);
  return found == worker->second.activities().end() ? nullptr : &found->second;
}

// Whether the engine waits for it.
bool ExploredSeed::is_wanted(const Attempt& attempt) {
  const engine::RunState* state = service_->find(attempt.handle.run_id);
  if (state == nullptr || !state->open()) return false;
  const auto found = state->activities().find(attempt.handle.scheduled_event_id);
  return found != state->activities().end() && found->second.started &&
         found->second.attempt == attempt.handle.attempt;
}

ActivityOutcome ExploredSeed::run_code(Attempt& attempt) {
  const ActivityImplementation* implementation = implementation_of(attempt);
  if (implementation == nullptr) {
    return ActivityFailed{engine::activity_not_implemented(attempt.task.info.activity_type,
                                                           attempt.task.info.task_queue)};
  }
  Outbound outbound(*this, attempt);
  const auto code = ActivityAttempt::create(attempt.task, outbound, *this);
  if (attempt.told) code->request_cancel(ActivityCancelReason::Requested);
  ++attempts_run_;
  ActivityOutcome outcome = code->run(*implementation);
  note("ran", outcome.index());
  say(fmt::format("the code of {} runs and {}", name_of_activity(attempt.task), word_for(outcome)));
  return outcome;
}

ActivityOutcome ExploredSeed::outcome_of(Attempt& attempt) {
  if (faults_ && chance(fail_before_)) {
    ++attempts_failed_;
    say(name_of_activity(attempt.task) + " fails before its code runs");
    return injected("before its code runs");
  }
  ActivityOutcome outcome = run_code(attempt);
  if (!faults_ || !std::holds_alternative<ActivityCompleted>(outcome) || !chance(fail_after_))
    return outcome;
  ++attempts_failed_;
  say(name_of_activity(attempt.task) + " is made to fail, after its code ran");
  return injected("after its code ran");
}

// Its code first, its report another time.
void ExploredSeed::work_on(Attempt& attempt) {
  if (attempt.asynchronous) return;
  if (attempt.outcome) {
    report(attempt, *attempt.outcome);
  } else if (options_.faults.late_attempts || is_wanted(attempt)) {
    attempt.outcome = outcome_of(attempt);
  } else {
    drop_attempt(attempt.serial);
  }
}

std::optional<ActivityOutcome> ExploredSeed::late_outcome(const Attempt& attempt) {
  if (!attempt.outcome || std::holds_alternative<ActivityWillCompleteAsync>(*attempt.outcome))
    return std::nullopt;
  return attempt.outcome;
}

}  // namespace durasim::inline v0::testing
