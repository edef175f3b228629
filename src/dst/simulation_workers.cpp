// Workers: workflow tasks that are begun and answered at different times, and attempts of
// activities that do what their program says, late, twice or never.
#include "durasim/core/convert.hpp"

#include "dst/interpreter.hpp"
#include "dst/simulation.hpp"
#include "mutants/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace durasim::inline v0::dst {

namespace {

constexpr std::size_t kMostReported = 16;

}  // namespace

void Simulation::begin_task() {
  const auto task = service_->next_workflow_task(std::string(kTaskQueue), now());
  if (!task) return;
  std::size_t slot = 0;
  while (std::ranges::any_of(held_, [&](const HeldTask& held) { return held.slot == slot; }))
    ++slot;
  store_->set_in_flight(slot, task->run_id);
  ledger_.crashes.try_emplace(task->run_id, 0);
  engine::TaskAnswer answer = executor_->decide(*task);
  if (const auto* failure = std::get_if<WorkflowTaskFailure>(&answer);
      failure != nullptr && store_->victim().empty()) {
    throw Violation(fmt::format("run {}: the workflow task failed: {}", task->run_id,
                                failure->failure.message));
  }
  held_.push_back({*task, std::move(answer), slot});
}

void Simulation::finish_task(std::size_t index) {
  HeldTask held = std::move(held_[index]);
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
  store_->set_in_flight(held.slot, {});
  const engine::TaskResult result = executor_->answer(held.task, std::move(held.answer), now());
  note("answered", static_cast<std::uint64_t>(result));
}

void Simulation::complete_task() {
  if (!held_.empty()) finish_task(below(held_.size()));
}

// The worker is gone with it; the task times out.
void Simulation::drop_task() {
  const std::size_t index = below(held_.size());
  store_->set_in_flight(held_[index].slot, {});
  executor_->evict(held_[index].task.run_id);
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Simulation::drain_tasks() {
  for (int left = 100; left > 0; --left) {
    while (!held_.empty()) finish_task(0);
    begin_task();
    if (held_.empty()) return;
  }
  throw Violation("workflow tasks do not come to an end");
}

const ActivityPlan& Simulation::plan_of(const std::string& argument, std::string& key) {
  const std::size_t first = argument.find('/');
  const std::size_t second = argument.find('/', first + 1);
  const std::uint64_t seed = std::stoull(argument.substr(0, first));
  const std::size_t generation = std::stoull(argument.substr(first + 1, second - first - 1));
  key = argument.substr(second + 1);
  auto found = programs_.find(seed);
  if (found == programs_.end()) found = programs_.emplace(seed, make_program(seed)).first;
  const ActivityPlan* plan = find_activity(found->second.generations.at(generation), key);
  if (plan == nullptr) throw Violation("an activity that is in no program: " + argument);
  return *plan;
}

void Simulation::start_activity() {
  const auto handle = service_->next_activity(std::string(kTaskQueue), now());
  if (!handle) return;
  const ActivityTask task = service_->activity_task(*handle);
  const WallTime at = now();
  if (mutant(MutantId::ActivityBeforeCommit)) {
    begin_attempt(*handle, task, at);
    return;
  }
  waiting_.push_back([this, handle = *handle, task, at](Answer answer) {
    if (answer == Answer::Ok) begin_attempt(handle, task, at);
  });
}

void Simulation::begin_attempt(const engine::ActivityHandle& handle, const ActivityTask& task,
                               WallTime at) {
  Attempt attempt;
  const auto argument = std::get<0>(from_payloads<std::tuple<std::string>>(task.arguments));
  const ActivityPlan& plan = plan_of(argument, attempt.key);
  ledger_.attempt_begins(handle, task, plan, at);
  attempt.serial = next_serial_++;
  attempt.handle = handle;
  attempt.deed = plan.deed(handle.attempt);
  attempt.heartbeats = plan.heartbeats;
  attempt.ignores_cancel = plan.ignores_cancel;
  attempts_.push_back(std::move(attempt));
}

Simulation::Attempt* Simulation::find_attempt(std::uint64_t serial) {
  const auto found = std::ranges::find(attempts_, serial, &Attempt::serial);
  return found == attempts_.end() ? nullptr : &*found;
}

void Simulation::retire(const Attempt& attempt) {
  reported_.push_back(attempt);
  if (reported_.size() > kMostReported) reported_.erase(reported_.begin());
}

void Simulation::drop_attempt(std::uint64_t serial) {
  const auto found = std::ranges::find(attempts_, serial, &Attempt::serial);
  if (found == attempts_.end()) return;
  retire(*found);
  attempts_.erase(found);
}

ActivityOutcome Simulation::outcome_of_deed(const Attempt& attempt) const {
  if (attempt.told && !attempt.ignores_cancel) return ActivityCanceled{};
  const auto failed = [](const ApplicationFailure::Options& options) {
    return ActivityFailed{ApplicationFailure("the program says so", options).proto()};
  };
  switch (attempt.deed) {
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
  return ActivityCompleted{to_payloads(attempt.key)};
}

void Simulation::work() {
  if (attempts_.empty()) return;
  Attempt& attempt = attempts_[below(attempts_.size())];
  if (attempt.reporting) return;
  if (faults_ && !attempt.asynchronous && chance(rates_.lost)) {
    drop_attempt(attempt.serial);
    return;
  }
  if (attempt.heartbeats > 0 && chance(0.8)) {
    heartbeat(attempt);
    return;
  }
  if (!attempt.told && (attempt.deed == Deed::Hang || attempt.deed == Deed::UntilCancelled)) return;
  if (attempt.deed == Deed::Hang && attempt.ignores_cancel) {
    drop_attempt(attempt.serial);  // runs on for ever, and nobody listens
    return;
  }
  report(attempt, outcome_of_deed(attempt));
}

void Simulation::heartbeat(Attempt& attempt) {
  --attempt.heartbeats;
  const PayloadList details =
      to_payloads(fmt::format("{}:{}", attempt.handle.attempt, ++attempt.beat));
  const HeartbeatReply reply = service_->heartbeat(attempt.handle, details, now());
  if (reply.not_found) {
    drop_attempt(attempt.serial);
    return;
  }
  waiting_.push_back([this, serial = attempt.serial, handle = attempt.handle, details,
                      cancel = reply.cancel_requested, at = now()](Answer answer) {
    ledger_.heartbeat_answered(handle, details, answer, at);
    Attempt* found = find_attempt(serial);
    if (found != nullptr && answer == Answer::Ok && cancel) found->told = true;
  });
}

void Simulation::report(Attempt& attempt, const ActivityOutcome& outcome) {
  const bool taken = service_->close_activity(attempt.handle, outcome, now());
  note("taken", taken ? 1 : 0);
  ledger_.report_taken(attempt.handle, taken);
  if (!taken) {
    drop_attempt(attempt.serial);
    return;
  }
  attempt.reporting = true;
  waiting_.push_back(
      [this, serial = attempt.serial, handle = attempt.handle, outcome, at = now()](Answer answer) {
        ledger_.report_answered(handle, outcome, answer, at);
        Attempt* found = find_attempt(serial);
        if (found == nullptr) return;
        found->reporting = false;
        if (answer != Answer::Ok) return;
        if (std::holds_alternative<ActivityWillCompleteAsync>(outcome)) {
          found->asynchronous = true;
        } else {
          drop_attempt(serial);
        }
      });
}

// Late: from an attempt that was reported before, was given up, or died with its process.
void Simulation::repeat_report() {
  const Attempt attempt = reported_[below(reported_.size())];
  const ActivityOutcome outcome = ActivityCompleted{to_payloads(attempt.key)};
  const bool lost = ledger_.is_lost(attempt.handle);
  const bool taken = service_->close_activity(attempt.handle, outcome, now());
  if (!taken) return;
  if (lost) throw Violation("the report of an attempt that died with its process was accepted");
  ledger_.report_taken(attempt.handle, true);
  waiting_.push_back([this, handle = attempt.handle, outcome, at = now()](Answer answer) {
    ledger_.report_answered(handle, outcome, answer, at);
  });
}

}  // namespace durasim::inline v0::dst
