// The process: boots, commits, dies, and is looked at; and the disk and clocks under it.
#include "mutants/mutants.hpp"
#include "testing/simulator.hpp"
#include "testing/store_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0::testing {

using namespace std::chrono_literals;

namespace {

// Of a disk that cannot be read or written now.
bool is_refusal(const Error& error) {
  return dynamic_cast<const IoError*>(&error) != nullptr ||
         dynamic_cast<const StoreRejected*>(&error) != nullptr ||
         dynamic_cast<const StoreUnknown*>(&error) != nullptr;
}

}  // namespace

engine::ServiceOptions Simulator::service_options() const {
  engine::ServiceOptions options;
  options.cached_runs = rates_.cached_runs;
  options.limits.max_buffered_events = rates_.buffered_events;
  options.limits.max_inline_payload_bytes = rates_.inline_payload_bytes;
  return options;
}

void Simulator::open_process() {
  bare_ = &reads_.around([&]() -> store::Store& { return machine_->open(); });
  store_ = std::make_unique<FailingReads>(dress(*bare_), reads_);
  base_ = std::max(wall_ + (steady_ - boot_), bare_->last_time());
  boot_ = steady_;
  wall_ = base_;
  service_ = std::make_unique<engine::Service>(*store_, random_, service_options());
  for (const std::string& queue : queues_) {
    auto& executor = executors_
                         .try_emplace(queue, *service_,
                                      engine::ExecutorOptions{.cached_runs = rates_.cached_runs,
                                                              .fail_task_on_exception = false,
                                                              .strict_replay = true,
                                                              .logger = {},
                                                              .observer = nullptr})
                         .first->second;
    implement(executor, queue);
  }
  service_->recover(now());
}

// False when it stopped within the recovery, or could not open or recover now: somebody starts it
// again.
bool Simulator::try_to_boot() {
  const bool in_trouble = full_until_ || reads_.left() > 0;
  try {
    open_process();
    return !machine_->stopped();
  } catch (const DiskStopped&) {
    return false;
  } catch (const Error& error) {
    if (!in_trouble || !is_refusal(error)) throw;
    note("no start");
    return false;
  }
}

void Simulator::boot() {
  for (;;) {
    if (faults_ && chance(rates_.recovery_crash)) machine_->stop_while_opening(random_);
    if (try_to_boot()) break;
    ++statistics_.crashes;
    end_process();
    process_died(true);
    machine_->crash(kCrashes[below(kCrashes.size())]);
    if (!full_until_) continue;
    steady_ += std::chrono::seconds(1 + later_random_.below(60));
    if (steady_ >= *full_until_) free_space();
  }
  machine_->stop_never();
  const std::uint64_t failing = reads_.left();
  reads_.set(0);  // what is looked at below is no matter of the process
  deliver_news();
  if (base_ < acknowledged_at_)
    throw Violation(fmt::format("time goes back by {} ms with a restart",
                                (acknowledged_at_ - base_) / std::chrono::milliseconds(1)));
  after_boot();
  // A full disk may have no space to open a store once more.
  if (!damaged() && chance(0.1) && !full_until_) check_recovery_is_idempotent();
  reads_.set(failing);
}

// A process that dies at once after its recovery finds nothing left to recover.
void Simulator::check_recovery_is_idempotent() {
  const Picture before = picture_of(*bare_);
  machine_->show_next([&](store::Store& next) {
    engine::Service service(next, random_, service_options());
    service.recover(now());
    if (picture_of(next) != before) throw Violation("a second recovery changes the store");
  });
}

void Simulator::end_process() {
  executors_.clear();
  service_.reset();
  store_.reset();
  bare_ = nullptr;
}

void Simulator::die(Crash mode) {
  ++statistics_.crashes;
  settle(Answer::Unknown);
  process_dies();
  held_.clear();
  // Who completes an activity from elsewhere does not die with the process.
  std::erase_if(attempts_, [&](Attempt& attempt) {
    attempt.reporting = false;
    if (!attempt.asynchronous) retire(attempt);
    return !attempt.asynchronous;
  });
  end_process();
  process_died(false);
  machine_->crash(mode);
  note("crash", static_cast<std::uint64_t>(mode));
  note("disk", machine_->operations());
}

void Simulator::crash() {
  die(kCrashes[below(kCrashes.size())]);
  if (faults_ && chance(rates_.wall_jump * 10)) {
    const Duration jumps[] = {-1h, 1h, -24h, 5s, -2s};
    wall_ += std::chrono::duration_cast<WallTime::duration>(jumps[below(5)]);
  }
  boot();
}

void Simulator::end_faults() {
  if (rates_.lives_on && !damaged()) {
    machine_->disarm();
  } else {
    crash();
  }
}

// Tells every caller how the group ended that its call was in.
void Simulator::settle(Answer answer) {
  for (const Tell& tell : std::exchange(waiting_, {})) tell(answer);
}

void Simulator::commit() {
  if (mutant(MutantId::AckBeforeCommit)) settle(Answer::Ok);
  const bool dirty = service_->dirty();
  if (!dirty && waiting_.empty()) return;
  const bool after_failed_read =
      reads_.failed() != std::exchange(reads_failed_before_, reads_.failed());
  try {
    service_->commit(now());
    ++statistics_.commits;
    if (dirty) acknowledged_at_ = now();
    note("commit");
    for (HeldTask& held : held_) held.durable |= !held.forgotten;
    settle(Answer::Ok);
    deliver_news();
  } catch (const StoreRejected&) {
    if (full_until_) ++statistics_.rejected_full;
    reject_group();
    if (machine_->read_only()) crash();
  } catch (const IoError&) {
    // Half of what an action does was lacking when a read failed: nothing of its group is written.
    if (!after_failed_read || machine_->blind()) throw;
    reject_group();
  } catch (const StoreUnknown&) {
    ++statistics_.unknown;
    note("unknown");
    commit_failed(Answer::Unknown);
    settle(mutant(MutantId::UnknownTakenAsRejected) ? Answer::Rejected : Answer::Unknown);
    crash();
  }
}

void Simulator::reject_group() {
  ++statistics_.rejected;
  note("rejected");
  for (HeldTask& held : held_) held.forgotten |= !held.durable;
  commit_failed(Answer::Rejected);
  settle(Answer::Rejected);
  deliver_news();
}

void Simulator::evict_code(const std::string& run_id) {
  for (auto& [queue, executor] : executors_) executor.evict(run_id);
}

// What a commit has allowed, or made void.
void Simulator::deliver_news() {
  for (const std::string& run_id : service_->take_evictions()) {
    if (!mutant(MutantId::CacheNotEvicted)) evict_code(run_id);
  }
  for (const std::string& run_id : service_->take_closed()) evict_code(run_id);
  for (const engine::ActivityHandle& handle : service_->take_cancellations()) {
    for (Attempt& attempt : attempts_) {
      if (attempt.handle == handle) attempt.told = true;
    }
  }
}

void Simulator::arm_fault() {
  machine_->go_on();
  if (chance(rates_.stop)) machine_->stop_soon(random_);
  if (chance(rates_.no_space)) machine_->fail_write(random_);
  if (chance(rates_.failed_sync)) machine_->fail_sync(random_);
  if (chance(rates_.wall_jump)) {
    const Duration jumps[] = {-1h, 1h, -87600h, 5s, -2s};
    wall_ += std::chrono::duration_cast<WallTime::duration>(jumps[below(5)]);
  }
}

// What goes on for longer than an action.
void Simulator::arm_lasting_faults() {
  if (later_random_.chance(rates_.failed_reads)) reads_.set(1 + later_random_.below(6));
  if (full_until_) {
    if (steady_ >= *full_until_) free_space();
  } else if (later_random_.chance(rates_.full_disk)) {
    machine_->fill(later_random_);
    full_until_ = steady_ + std::chrono::seconds(20 + later_random_.below(580));
    ++statistics_.full_disks;
    note("full");
    disk_full(true);
  }
}

void Simulator::end_lasting_faults() {
  reads_.set(0);
  if (full_until_) free_space();
}

void Simulator::free_space() {
  machine_->free_space();
  full_until_.reset();
  note("space");
  disk_full(false);
}

void Simulator::pass_time() {
  if (chance(rates_.slow_clock)) {
    steady_ += std::chrono::milliseconds(below(3000));
  } else if (const auto due = next_due(); due && *due > now()) {
    // Just before it, at it, or a little late.
    const WallTime::duration shift = std::chrono::milliseconds(below(41)) - 20ms;
    steady_ += std::max<WallTime::duration>(*due - now() + shift, 0ms);
  } else {
    steady_ += std::chrono::seconds(below(20));
  }
}

void Simulator::fire_due() {
  service_->fire_due(now());
}

void Simulator::evict() {
  const auto open = bare_->runs({.status = store::RunStatus::Running});
  if (open.empty()) return;
  const std::string& run_id = open[below(open.size())].run_id;
  evict_code(run_id);
  const bool held =
      std::ranges::any_of(held_, [&](const HeldTask& task) { return task.task.run_id == run_id; });
  if (!held && chance(0.5)) service_->evict(run_id);
}

}  // namespace durasim::inline v0::testing
