// The schedule: which action comes next, in the phase with faults and in the quiet one.
#include "testing/simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0::testing {

namespace {

constexpr std::uint64_t kLaterStream = 0x6c62272e07bb0142ULL;

}  // namespace

void Statistics::add(const Statistics& other) {
  actions += other.actions;
  commits += other.commits;
  rejected += other.rejected;
  unknown += other.unknown;
  crashes += other.crashes;
  failed_reads += other.failed_reads;
  full_disks += other.full_disks;
  rejected_full += other.rejected_full;
  runs += other.runs;
  events += other.events;
}

// The order of the draws is part of what a seed means: durasim-dst's seeds are written down.
Rates draw_rates(SeededRandom& random, SeededRandom& later) {
  const auto sometimes = [&](double often, double rate) {
    return random.chance(often) ? rate : 0.0;
  };
  Rates rates;
  rates.steps = 60 + static_cast<int>(random.below(160));
  rates.commit = random.chance(0.5) ? 1.0 : 0.15;
  rates.crash = sometimes(0.6, 0.02);
  rates.stop = sometimes(0.4, 0.02);
  rates.failed_sync = sometimes(0.4, 0.02);
  rates.no_space = sometimes(0.4, 0.04);
  rates.wall_jump = sometimes(0.3, 0.03);
  rates.recovery_crash = sometimes(0.3, 0.3);
  rates.damage = sometimes(0.15, 0.3);
  rates.lost = sometimes(0.5, 0.15);
  rates.evict = sometimes(0.5, 0.2);
  rates.slow_clock = random.chance(0.5) ? 0.9 : 0.4;
  rates.cached_runs = random.chance(0.3) ? random.below(3) : 1000;
  rates.buffered_events = random.chance(0.3) ? 2 : 100;
  rates.failed_reads = later.chance(0.4) ? 0.05 : 0.0;
  rates.full_disk = later.chance(0.3) ? 0.015 : 0.0;
  rates.lives_on = later.chance(0.5);
  return rates;
}

std::string describe(const Rates& rates) {
  std::string text = fmt::format("{} steps, commits {}", rates.steps, rates.commit);
  const std::pair<std::string_view, double> all[] = {
      {"crashes", rates.crash},
      {"stops", rates.stop},
      {"failed syncs", rates.failed_sync},
      {"failed writes", rates.no_space},
      {"failed reads", rates.failed_reads},
      {"full disk", rates.full_disk},
      {"clock jumps", rates.wall_jump},
      {"crashes in recovery", rates.recovery_crash},
      {"damage", rates.damage},
      {"lost work", rates.lost},
      {"evictions", rates.evict},
      {"slow clock", rates.slow_clock},
  };
  for (const auto& [name, rate] : all) {
    if (rate > 0) text += fmt::format(", {} {}", name, rate);
  }
  text +=
      fmt::format(", {} cached runs, {} buffered events", rates.cached_runs, rates.buffered_events);
  return text + (rates.lives_on ? ", no last crash" : ", a last crash");
}

std::string describe_run(engine::Service& service, const std::string& run_id) {
  if (run_id.empty()) return "none";
  const engine::RunState* state = service.find(run_id);
  if (state == nullptr) return "no such run";
  const engine::RunRecord& record = state->record();
  const store::RunRow& row = state->row();
  std::string text = fmt::format(
      "{} (run {}, status {}): task state {}, attempt {}, {} events, {} buffered, parked {}",
      row.workflow_id, row.run_id, static_cast<int>(row.status),
      static_cast<int>(record.task.state), record.task.attempt, row.next_event_id - 1,
      record.buffered_events.size(), record.parked);
  for (const auto& [id, activity] : state->activities())
    text +=
        fmt::format("; activity {} attempt {}{}{}", activity.activity_id, activity.attempt,
                    activity.started ? " started" : "", activity.backing_off ? " backing off" : "");
  return text + fmt::format("; {} timers, {} externals", state->timers().size(),
                            state->externals().size());
}

Simulator::Simulator(std::uint64_t seed, MachineFactory make_machine)
    : random_(seed),
      later_random_(seed ^ kLaterStream),
      machine_(make_machine(random_.next())),
      reads_(*machine_, later_random_.next()),
      wall_(kFirstMoment),
      steady_(wall_),
      boot_(steady_),
      base_(wall_) {}

Simulator::~Simulator() = default;

void Simulator::note(std::string_view what, std::uint64_t value) {
  const auto mix = [&](unsigned char byte) { trace_ = (trace_ ^ byte) * 0x100000001b3ULL; };
  for (const char c : what) mix(static_cast<unsigned char>(c));
  for (int shift = 0; shift < 64; shift += 8) mix(static_cast<unsigned char>(value >> shift));
}

std::vector<Simulator::Action> Simulator::engine_actions() {
  const bool busy = !attempts_.empty();
  return {
      {"begin task", 9, [this] { begin_task(); }},
      {"complete task", held_.empty() ? 0.0 : 9.0, [this] { complete_task(); }},
      {"drop task", held_.empty() ? 0.0 : rates_.lost * 3, [this] { drop_task(); }},
      {"start activity", 8, [this] { start_activity(); }},
      {"work", busy ? 8.0 : 0.0, [this] { work(); }},
      {"report again", reported_.empty() ? 0.0 : 1.0, [this] { repeat_report(); }},
      {"fire due", 4, [this] { fire_due(); }},
      {"pass time", 5, [this] { pass_time(); }},
      {"commit", 4, [this] { commit(); }},
      {"evict", rates_.evict * 10, [this] { evict(); }},
  };
}

void Simulator::act(const Action& action) {
  ++statistics_.actions;
  note(action.name, static_cast<std::uint64_t>(now().time_since_epoch().count()));
  const std::uint64_t failed_reads = reads_.failed();
  try {
    action.act();
    if (machine_->stopped()) crash();
  } catch (const DiskStopped&) {
    crash();
  } catch (const StoreDamaged& damage) {
    if (!damaged()) throw Violation(damage.what());
  } catch (const IoError&) {
    if (machine_->blind()) {
      crash();
    } else if (reads_.failed() == failed_reads) {
      throw;
    } else {
      note("read failed");
      read_failed(action.name);
    }
  } catch (const std::exception&) {
    if (!machine_->blind()) throw;
    crash();
  }
  after_action(action.name);
}

void Simulator::fault_phase() {
  for (int i = 0; i < rates_.steps; ++i) {
    arm_fault();
    arm_lasting_faults();
    const std::vector<Action> all = actions();
    double total = 0;
    for (const Action& action : all) total += action.weight;
    double draw = static_cast<double>(random_.next() >> 11U) * 0x1p-53 * total;
    const auto chosen = std::ranges::find_if(
        all, [&](const Action& action) { return (draw -= action.weight) < 0; });
    act(chosen == all.end() ? all.back() : *chosen);
    if (chance(rates_.commit)) act({"commit", 0, [this] { commit(); }});
    if (chance(rates_.crash)) crash();
  }
}

// One round of everything that can be done without waiting; false when there was nothing.
bool Simulator::quiet_round() {
  const std::uint64_t before = statistics_.commits;
  if (service_->unread()) act({"fire due", 0, [this] { fire_due(); }});
  call_quietly();
  act({"begin task", 0, [this] { begin_task(); }});
  while (!held_.empty()) act({"complete task", 0, [this] { complete_task(); }});
  act({"start activity", 0, [this] { start_activity(); }});
  act({"commit", 0, [this] { commit(); }});
  work_quietly();
  act({"commit", 0, [this] { commit(); }});
  return statistics_.commits != before;
}

// No faults any more, nobody idle: everything has to end within a bounded virtual time.
void Simulator::quiet_phase() {
  faults_ = false;
  end_lasting_faults();
  end_faults();  // also what was damaged is whole again
  const WallTime limit = now() + std::chrono::duration_cast<WallTime::duration>(quiet_limit());
  for (int rounds = 0;; ++rounds) {
    const bool busy = quiet_round();
    act({"audit", 0, [this] { audit(); }});
    const auto open = store_->runs({.status = store::RunStatus::Running});
    if (open.empty() && calls_done()) return;
    const auto due = next_due();
    if (rounds > 20000 || now() > limit) {
      return not_finished(
          fmt::format("{} runs are still open after the quiet phase; the first is {}", open.size(),
                      describe_run(*service_, open.empty() ? "" : open[0].run_id)));
    }
    if (busy) continue;
    if (due) {
      steady_ = std::max(steady_, steady_ + (*due - now()));
      act({"fire due", 0, [this] { fire_due(); }});
      act({"commit", 0, [this] { commit(); }});
    }
    bool helped = due.has_value() || !calls_done();
    for (const store::RunRow& row : open) {  // some wait for a signal, others are parked
      const engine::RunState* state = service_->find(row.run_id);
      if (state == nullptr || !state->open()) continue;  // closed since the store was asked
      if (state->record().parked) {
        service_->resume_parked(row.workflow_id, row.run_id, now());
        helped = true;
      } else if (help(row, *state)) {
        helped = true;
      }
    }
    if (!helped)
      return not_finished("stuck: nothing is due, nothing to do; " +
                          describe_run(*service_, open[0].run_id));
  }
}

SeedResult Simulator::run() {
  SeedResult result;
  try {
    prepare();
    boot();
    fault_phase();
    quiet_phase();
    service_->commit(now());
    check_end();
  } catch (const Violation& violation) {
    result.failure = violation.what();
  } catch (const std::exception& error) {
    result.failure = std::string("unexpected exception: ") + error.what();
  }
  result.trace = trace_;
  statistics_.failed_reads = reads_.failed();
  result.statistics = statistics_;
  result.faults = describe(rates_);
  return result;
}

}  // namespace durasim::inline v0::testing
