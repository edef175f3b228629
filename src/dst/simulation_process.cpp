// The process: boots, commits, dies, and is looked at; and the disk and clocks under it.
#include "dst/checker.hpp"
#include "dst/interpreter.hpp"
#include "dst/simulation.hpp"
#include "mutants/mutants.hpp"
#include "testing/store_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0::dst {

using namespace std::chrono_literals;
using testing::Crash;

engine::ServiceOptions Simulation::service_options() const {
  engine::ServiceOptions options;
  options.cached_runs = rates_.cached_runs;
  options.limits.max_buffered_events = rates_.buffered_events;
  return options;
}

void Simulation::open_process() {
  bare_ = &machine_->open();
  store_ = std::make_unique<QuarantineStore>(*bare_);
  if (faults_ && chance(rates_.damage)) {
    const auto open = bare_->runs({.status = store::RunStatus::Running});
    if (!open.empty()) {
      const std::string& run_id = open[below(open.size())].run_id;
      auto place = static_cast<QuarantineStore::Place>(below(3));
      if (place == QuarantineStore::Place::Task && bare_->tasks(run_id).empty())
        place = QuarantineStore::Place::Row;
      store_->damage(run_id, place, random_.next());
    }
  }
  base_ = std::max(wall_ + (steady_ - boot_), bare_->last_time());
  boot_ = steady_;
  wall_ = base_;
  service_ = std::make_unique<engine::Service>(*store_, random_, service_options());
  executor_ = std::make_unique<engine::WorkflowExecutor>(
      *service_, engine::ExecutorOptions{.cached_runs = rates_.cached_runs,
                                         .fail_task_on_exception = false,
                                         .strict_replay = true,
                                         .logger = {},
                                         .observer = nullptr});
  executor_->implement(interpreter());
  service_->recover(now());
}

void Simulation::boot() {
  for (;;) {
    if (faults_ && chance(rates_.recovery_crash)) machine_->stop_while_opening(random_);
    try {
      open_process();
      if (!machine_->stopped()) break;
    } catch (const testing::DiskStopped&) {  // within the recovery
    }
    ++statistics_.crashes;
    for (auto& [run_id, crashes] : ledger_.crashes) ++crashes;
    executor_.reset();
    service_.reset();
    store_.reset();
    machine_->crash(testing::kCrashes[below(testing::kCrashes.size())]);
  }
  machine_->stop_never();
  deliver_news();
  check_after_boot();
}

// Everything that was acknowledged is there, a group in doubt completely or not at all, no attempt
// of the dead process counts as running.
void Simulation::check_after_boot() {
  if (base_ < acknowledged_at_)
    throw Violation(fmt::format("time goes back by {} ms with a restart",
                                (acknowledged_at_ - base_) / std::chrono::milliseconds(1)));
  for (const Ledger::Start& start : ledger_.starts) {
    const auto row = bare_->request(start.workflow_id, start.request_id);
    if (!row || row->run_id != start.run_id || !bare_->run(start.run_id))
      throw Violation("lost after a crash: the acknowledged start of " + start.workflow_id);
  }
  for (const auto& [id, call] : ledger_.calls) {
    if (!bare_->request(call.run_id, id))
      throw Violation(fmt::format("lost after a crash: the acknowledged {} {} to run {}",
                                  call.is_cancel ? "cancellation" : "signal", id, call.run_id));
  }
  for (const std::string& run_id : ledger_.terminated) {
    if (bare_->run(run_id)->status == store::RunStatus::Running)
      throw Violation("lost after a crash: the acknowledged termination of run " + run_id);
  }
  std::size_t present = 0;
  for (const Ledger::Call& call : in_one_commit_)
    present += bare_->request(call.run_id, call.request_id) ? 1 : 0;
  if (present != 0 && present != in_one_commit_.size())
    throw Violation(fmt::format("{} of {} calls of one commit are there after a crash", present,
                                in_one_commit_.size()));
  in_one_commit_.clear();
  for (const store::RunRow& row : bare_->runs({.status = store::RunStatus::Running})) {
    if (row.run_id == store_->victim()) {
      check_quarantined(*service_, row.run_id);
      continue;
    }
    const engine::RunState* state = service_->find(row.run_id);
    for (const auto& [id, activity] : state->activities()) {
      if (activity.started && ledger_.is_lost({row.run_id, id, activity.attempt}))
        throw Violation(
            fmt::format("run {}, event {}: attempt {} died with its process and still "
                        "counts as running",
                        row.run_id, id, activity.attempt));
    }
  }
  if (store_->victim().empty() && chance(0.1)) check_recovery_is_idempotent();
}

// A process that dies at once after its recovery finds nothing left to recover.
void Simulation::check_recovery_is_idempotent() {
  const testing::Picture before = testing::picture_of(*bare_);
  machine_->show_next([&](store::Store& next) {
    engine::Service service(next, random_, service_options());
    service.recover(now());
    if (testing::picture_of(next) != before) throw Violation("a second recovery changes the store");
  });
}

void Simulation::die(Crash mode) {
  ++statistics_.crashes;
  settle(Answer::Unknown);
  // Marks of runs in flight are not durable: power loss can bring one back that was cleared.
  for (auto& [run_id, crashes] : ledger_.crashes) ++crashes;
  held_.clear();
  // Who completes an activity from elsewhere does not die with the process.
  std::erase_if(attempts_, [&](Attempt& attempt) {
    attempt.reporting = false;
    if (!attempt.asynchronous) retire(attempt);
    return !attempt.asynchronous;
  });
  ledger_.process_died();
  executor_.reset();
  service_.reset();
  store_.reset();
  machine_->crash(mode);
  note("crash", static_cast<std::uint64_t>(mode));
  note("disk", machine_->operations());
}

void Simulation::crash() {
  die(testing::kCrashes[below(testing::kCrashes.size())]);
  if (faults_ && chance(rates_.wall_jump * 10)) {
    const Duration jumps[] = {-1h, 1h, -24h, 5s, -2s};
    wall_ += std::chrono::duration_cast<WallTime::duration>(jumps[below(5)]);
  }
  boot();
}

// Tells every caller how the group ended that its call was in.
void Simulation::settle(Answer answer) {
  for (const Tell& tell : std::exchange(waiting_, {})) tell(answer);
}

void Simulation::commit() {
  if (mutant(MutantId::AckBeforeCommit)) settle(Answer::Ok);
  const bool dirty = service_->dirty();
  if (!dirty && waiting_.empty()) return;
  try {
    service_->commit(now());
    ++statistics_.commits;
    if (dirty) acknowledged_at_ = now();
    note("commit");
    settle(Answer::Ok);
    deliver_news();
  } catch (const StoreRejected&) {
    ++statistics_.rejected;
    note("rejected");
    settle(Answer::Rejected);
    deliver_news();
    if (machine_->read_only()) crash();
  } catch (const StoreUnknown&) {
    ++statistics_.unknown;
    note("unknown");
    settle(mutant(MutantId::UnknownTakenAsRejected) ? Answer::Rejected : Answer::Unknown);
    crash();
  }
}

// What a commit has allowed, or made void.
void Simulation::deliver_news() {
  for (const std::string& run_id : service_->take_evictions()) {
    if (!mutant(MutantId::CacheNotEvicted)) executor_->evict(run_id);
  }
  for (const std::string& run_id : service_->take_closed()) executor_->evict(run_id);
  for (const engine::ActivityHandle& handle : service_->take_cancellations()) {
    for (Attempt& attempt : attempts_) {
      if (attempt.handle == handle) attempt.told = true;
    }
  }
}

void Simulation::arm_fault() {
  machine_->go_on();
  if (chance(rates_.stop)) machine_->stop_soon(random_);
  if (chance(rates_.no_space)) machine_->fail_write(random_);
  if (chance(rates_.failed_sync)) machine_->fail_sync(random_);
  if (chance(rates_.wall_jump)) {
    const Duration jumps[] = {-1h, 1h, -87600h, 5s, -2s};
    wall_ += std::chrono::duration_cast<WallTime::duration>(jumps[below(5)]);
  }
}

void Simulation::pass_time() {
  if (chance(rates_.slow_clock)) {
    steady_ += std::chrono::milliseconds(below(3000));
  } else if (const auto due = service_->next_due(); due && *due > now()) {
    // Just before it, at it, or a little late.
    const WallTime::duration shift = std::chrono::milliseconds(below(41)) - 20ms;
    steady_ += std::max<WallTime::duration>(*due - now() + shift, 0ms);
  } else {
    steady_ += std::chrono::seconds(below(20));
  }
}

void Simulation::fire_due() {
  service_->fire_due(now());
}

void Simulation::evict() {
  const auto open = bare_->runs({.status = store::RunStatus::Running});
  if (open.empty()) return;
  const std::string& run_id = open[below(open.size())].run_id;
  executor_->evict(run_id);
  const bool held =
      std::ranges::any_of(held_, [&](const HeldTask& task) { return task.task.run_id == run_id; });
  if (!held && chance(0.5)) service_->evict(run_id);
}

// What memory and store say about every open run fits together, and nothing was forgotten.
void Simulation::audit() {
  if (service_->dirty()) return;
  for (const store::RunRow& row : bare_->runs({.status = store::RunStatus::Running})) {
    if (row.run_id == store_->victim()) continue;
    check_open_run(*service_, *bare_, row.run_id, ledger_);
    const engine::RunState* state = service_->find(row.run_id);
    for (const Attempt& attempt : attempts_) {
      if (attempt.handle.run_id != row.run_id || attempt.told || attempt.asynchronous ||
          attempt.reporting)
        continue;
      const auto found = state->activities().find(attempt.handle.scheduled_event_id);
      if (found != state->activities().end() && found->second.started &&
          found->second.attempt == attempt.handle.attempt && found->second.cancel_requested) {
        throw Violation(
            fmt::format("run {}, activity {}: its cancellation is durable and its code "
                        "was not told",
                        row.run_id, attempt.key));
      }
    }
  }
}

// A second owner with an old version of a run: must be refused.
void Simulation::offer_stale() {
  if (service_->dirty() || !store_->victim().empty()) return;
  const auto open = bare_->runs({.status = store::RunStatus::Running});
  if (open.empty()) return;
  store::Transition stale;
  stale.run = open[below(open.size())];
  stale.expected_version = stale.run.version - 1;
  try {
    bare_->commit({&stale, 1});
  } catch (const StoreRejected&) {
    if (machine_->read_only()) crash();
    return;
  } catch (const StoreUnknown&) {
    crash();
    return;
  }
  throw Violation("a transition that was built on a stale version was written");
}

}  // namespace durasim::inline v0::dst
