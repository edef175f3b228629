// Attempts of activities: they do what their program says, and the ledger hears of it.
#include "durasim/core/convert.hpp"

#include "dst/interpreter.hpp"
#include "dst/simulation.hpp"

#include <fmt/format.h>

#include <chrono>
#include <tuple>

namespace durasim::inline v0::dst {

namespace {

std::string argument_of(const ActivityTask& task) {
  return std::get<0>(from_payloads<std::tuple<std::string>>(task.arguments));
}

// An argument is "<seed>/<generation>/<key>".
std::string key_of(const ActivityTask& task) {
  const std::string argument = argument_of(task);
  return argument.substr(argument.find('/', argument.find('/') + 1) + 1);
}

}  // namespace

const ActivityPlan& Simulation::plan_of(const ActivityTask& task) {
  const std::string argument = argument_of(task);
  const std::size_t first = argument.find('/');
  const std::size_t second = argument.find('/', first + 1);
  const std::uint64_t seed = std::stoull(argument.substr(0, first));
  const std::size_t generation = std::stoull(argument.substr(first + 1, second - first - 1));
  auto found = programs_.find(seed);
  if (found == programs_.end()) found = programs_.emplace(seed, make_program(seed)).first;
  const ActivityPlan* plan =
      find_activity(found->second.generations.at(generation), argument.substr(second + 1));
  if (plan == nullptr) throw Violation("an activity that is in no program: " + argument);
  return *plan;
}

void Simulation::task_begins(const std::string& run_id) {
  ledger_.crashes.try_emplace(run_id, 0);
}

void Simulation::attempt_begins(const Attempt& attempt, WallTime at) {
  ledger_.attempt_begins(attempt.handle, attempt.task, plan_of(attempt.task), at);
}

ActivityOutcome Simulation::outcome_of_deed(const Attempt& attempt, const ActivityPlan& plan) {
  if (attempt.told && !plan.ignores_cancel) return ActivityCanceled{};
  const auto failed = [](const ApplicationFailure::Options& options) {
    return ActivityFailed{ApplicationFailure("the program says so", options).proto()};
  };
  switch (plan.deed(attempt.handle.attempt)) {
    case Deed::Fail:
      return failed({.type = "Flaky"});
    case Deed::FailNonRetryable:
      return failed({.type = "Fatal", .non_retryable = true});
    case Deed::FailListedType:
      return failed({.type = "Listed"});
    case Deed::FailWithDelay:
      return failed({.type = "Later", .next_retry_delay = std::chrono::seconds{7}});
    case Deed::CompleteAsync:
      if (!attempt.asynchronous) return ActivityWillCompleteAsync{};
      break;
    default:
      break;
  }
  return ActivityCompleted{to_payloads(key_of(attempt.task))};
}

void Simulation::work_on(Attempt& attempt) {
  const ActivityPlan& plan = plan_of(attempt.task);
  if (attempt.heartbeats < plan.heartbeats && chance(0.8)) {
    const int beat = ++attempt.heartbeats;
    const PayloadList details = to_payloads(fmt::format("{}:{}", attempt.handle.attempt, beat));
    if (heartbeat(attempt, details).not_found) drop_attempt(attempt.serial);
    return;
  }
  const Deed deed = plan.deed(attempt.handle.attempt);
  if (!attempt.told && (deed == Deed::Hang || deed == Deed::UntilCancelled)) return;
  if (deed == Deed::Hang && plan.ignores_cancel) {
    drop_attempt(attempt.serial);  // runs on for ever, and nobody listens
    return;
  }
  report(attempt, outcome_of_deed(attempt, plan));
}

void Simulation::report_taken(const engine::ActivityHandle& handle, bool taken) {
  ledger_.report_taken(handle, taken);
}

void Simulation::report_answered(const engine::ActivityHandle& handle,
                                 const ActivityOutcome& outcome, Answer answer, WallTime at) {
  ledger_.report_answered(handle, outcome, answer, at);
}

void Simulation::heartbeat_answered(const engine::ActivityHandle& handle,
                                    const PayloadList& details, Answer answer, WallTime at) {
  ledger_.heartbeat_answered(handle, details, answer, at);
}

std::optional<ActivityOutcome> Simulation::late_outcome(const Attempt& attempt) {
  return ActivityCompleted{to_payloads(key_of(attempt.task))};
}

bool Simulation::is_lost(const engine::ActivityHandle& handle) const {
  return ledger_.is_lost(handle);
}

}  // namespace durasim::inline v0::dst
