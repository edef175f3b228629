// Workers: workflow tasks that are begun and answered at different times, and attempts of
// activities that are reported late, twice or never.
#include "mutants/mutants.hpp"
#include "testing/simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::testing {

namespace {

constexpr std::size_t kMostReported = 16;

}  // namespace

// Of any queue; `queue` becomes its name.
std::optional<engine::WorkflowTask> Simulator::next_task(std::string& queue) {
  const std::size_t first = queues_.size() > 1 ? below(queues_.size()) : 0;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    queue = queues_[(first + i) % queues_.size()];
    if (auto task = service_->next_workflow_task(queue, now())) return task;
  }
  return std::nullopt;
}

void Simulator::begin_task() {
  std::string queue;
  const auto task = next_task(queue);
  if (!task) return;
  engine::WorkflowExecutor& code = executor(queue);
  engine::WorkflowExecutor::Checkout checkout = code.check_out(*task);
  std::size_t slot = 0;
  while (std::ranges::any_of(held_, [&](const HeldTask& held) { return held.slot == slot; }))
    ++slot;
  store_->set_in_flight(slot, task->run_id);
  task_begins(task->run_id);
  engine::TaskAnswer answer = code.decide(checkout);
  code.put_back(std::move(checkout));
  if (const auto* failure = std::get_if<WorkflowTaskFailure>(&answer);
      failure != nullptr && !damaged()) {
    throw Violation(fmt::format("run {}: the workflow task failed: {}", task->run_id,
                                failure->failure.message));
  }
  held_.push_back({.task = *task, .answer = std::move(answer), .queue = queue, .slot = slot});
}

void Simulator::finish_task(std::size_t index) {
  HeldTask held = std::move(held_[index]);
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
  store_->set_in_flight(held.slot, {});
  const engine::TaskResult result =
      executor(held.queue).answer(held.task, std::move(held.answer), now());
  note("answered", static_cast<std::uint64_t>(result));
  if (held.forgotten && result != engine::TaskResult::Stale)
    throw Violation("the answer to a workflow task counts, whose start was never written: run " +
                    held.task.run_id);
}

void Simulator::complete_task() {
  if (!held_.empty()) finish_task(below(held_.size()));
}

// The worker is gone with it; the task times out.
void Simulator::drop_task() {
  const std::size_t index = below(held_.size());
  store_->set_in_flight(held_[index].slot, {});
  evict_code(held_[index].task.run_id);
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Simulator::drain_tasks() {
  for (int left = 100; left > 0; --left) {
    while (!held_.empty()) finish_task(0);
    begin_task();
    if (held_.empty()) return;
  }
  throw Violation("workflow tasks do not come to an end");
}

void Simulator::start_activity() {
  const std::size_t first = queues_.size() > 1 ? below(queues_.size()) : 0;
  std::optional<engine::ActivityHandle> handle;
  for (std::size_t i = 0; !handle && i < queues_.size(); ++i)
    handle = service_->next_activity(queues_[(first + i) % queues_.size()], now());
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

void Simulator::begin_attempt(const engine::ActivityHandle& handle, const ActivityTask& task,
                              WallTime at) {
  Attempt attempt;
  attempt.serial = next_serial_++;
  attempt.handle = handle;
  attempt.task = task;
  attempt_begins(attempt, at);
  attempts_.push_back(std::move(attempt));
}

Simulator::Attempt* Simulator::find_attempt(std::uint64_t serial) {
  const auto found = std::ranges::find(attempts_, serial, &Attempt::serial);
  return found == attempts_.end() ? nullptr : &*found;
}

void Simulator::retire(const Attempt& attempt) {
  reported_.push_back(attempt);
  if (reported_.size() > kMostReported) reported_.erase(reported_.begin());
}

void Simulator::drop_attempt(std::uint64_t serial) {
  const auto found = std::ranges::find(attempts_, serial, &Attempt::serial);
  if (found == attempts_.end()) return;
  retire(*found);
  attempts_.erase(found);
}

void Simulator::work() {
  if (attempts_.empty()) return;
  Attempt& attempt = attempts_[below(attempts_.size())];
  if (attempt.reporting) return;
  if (faults_ && !attempt.asynchronous && chance(rates_.lost)) {
    attempt_lost(attempt);
    drop_attempt(attempt.serial);
    return;
  }
  work_on(attempt);
}

HeartbeatReply Simulator::heartbeat(Attempt& attempt, const PayloadList& details) {
  const HeartbeatReply reply = service_->heartbeat(attempt.handle, details, now());
  if (reply.not_found) return reply;
  waiting_.push_back([this, serial = attempt.serial, handle = attempt.handle, details,
                      cancel = reply.cancel_requested, at = now()](Answer answer) {
    heartbeat_answered(handle, details, answer, at);
    Attempt* found = find_attempt(serial);
    if (found != nullptr && answer == Answer::Ok && cancel) found->told = true;
  });
  return reply;
}

void Simulator::report(Attempt& attempt, const ActivityOutcome& outcome) {
  const bool taken = service_->close_activity(attempt.handle, outcome, now());
  note("taken", taken ? 1 : 0);
  report_taken(attempt.handle, taken);
  if (!taken) {
    drop_attempt(attempt.serial);
    return;
  }
  attempt.reporting = true;
  waiting_.push_back(
      [this, serial = attempt.serial, handle = attempt.handle, outcome, at = now()](Answer answer) {
        report_answered(handle, outcome, answer, at);
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
void Simulator::repeat_report() {
  const Attempt attempt = reported_[below(reported_.size())];
  const std::optional<ActivityOutcome> outcome = late_outcome(attempt);
  if (!outcome) return;
  const bool lost = is_lost(attempt.handle);
  const bool taken = service_->close_activity(attempt.handle, *outcome, now());
  if (!taken) return;
  if (lost) throw Violation("the report of an attempt that died with its process was accepted");
  report_taken(attempt.handle, true);
  waiting_.push_back([this, handle = attempt.handle, outcome = *outcome,
                      at = now()](Answer answer) { report_answered(handle, outcome, answer, at); });
}

}  // namespace durasim::inline v0::testing
