// The schedule: which action comes next, in the phase with faults and in the quiet one.
#include "dst/simulation.hpp"

#include "dst/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace durasim::inline v0::dst {

using namespace std::chrono_literals;

void Statistics::add(const Statistics& other) {
  actions += other.actions;
  commits += other.commits;
  rejected += other.rejected;
  unknown += other.unknown;
  crashes += other.crashes;
  runs += other.runs;
  events += other.events;
}

Simulation::Simulation(std::uint64_t seed, MachineFactory make_machine)
    : random_(seed),
      machine_(make_machine(random_.next())),
      wall_(std::chrono::sys_days{std::chrono::January / 1 / 2026}),
      steady_(wall_) {}

Simulation::~Simulation() = default;

void Simulation::draw_rates() {
  const auto sometimes = [&](double often, double rate) { return chance(often) ? rate : 0.0; };
  rates_.clients = 1 + static_cast<int>(below(kMaxWorkflows));
  rates_.steps = 60 + static_cast<int>(below(160));
  rates_.commit = chance(0.5) ? 1.0 : 0.15;
  rates_.crash = sometimes(0.6, 0.02);
  rates_.stop = sometimes(0.4, 0.02);
  rates_.failed_sync = sometimes(0.4, 0.02);
  rates_.no_space = sometimes(0.4, 0.04);
  rates_.wall_jump = sometimes(0.3, 0.03);
  rates_.recovery_crash = sometimes(0.3, 0.3);
  rates_.damage = sometimes(0.15, 0.3);
  rates_.lost = sometimes(0.5, 0.15);
  rates_.evict = sometimes(0.5, 0.2);
  rates_.slow_clock = chance(0.5) ? 0.9 : 0.4;
  rates_.cached_runs = chance(0.3) ? below(3) : 1000;
  rates_.buffered_events = chance(0.3) ? 2 : 100;
}

void Simulation::note(std::string_view what, std::uint64_t value) {
  const auto mix = [&](unsigned char byte) { trace_ = (trace_ ^ byte) * 0x100000001b3ULL; };
  for (const char c : what) mix(static_cast<unsigned char>(c));
  for (int shift = 0; shift < 64; shift += 8) mix(static_cast<unsigned char>(value >> shift));
}

std::vector<Simulation::Action> Simulation::actions() const {
  const bool busy = !attempts_.empty();
  return {
      {"start", 3, &Simulation::start_workflow},
      {"start again", 0.5, &Simulation::start_again},
      {"signal", 4, &Simulation::send_signal},
      {"repeat", 2, &Simulation::repeat_call},
      {"cancel", 0.4, &Simulation::request_cancel},
      {"terminate", 0.1, &Simulation::terminate},
      {"query", 1.5, &Simulation::query},
      {"look", 0.5, &Simulation::look},
      {"begin task", 9, &Simulation::begin_task},
      {"complete task", held_.empty() ? 0.0 : 9.0, &Simulation::complete_task},
      {"drop task", held_.empty() ? 0.0 : rates_.lost * 3, &Simulation::drop_task},
      {"start activity", 8, &Simulation::start_activity},
      {"work", busy ? 8.0 : 0.0, &Simulation::work},
      {"report again", reported_.empty() ? 0.0 : 1.0, &Simulation::repeat_report},
      {"fire due", 4, &Simulation::fire_due},
      {"pass time", 5, &Simulation::pass_time},
      {"commit", 4, &Simulation::commit},
      {"evict", rates_.evict * 10, &Simulation::evict},
      {"audit", 1, &Simulation::audit},
      {"stale write", 0.2, &Simulation::offer_stale},
  };
}

void Simulation::act(const Action& action) {
  ++statistics_.actions;
  note(action.name, static_cast<std::uint64_t>(now().time_since_epoch().count()));
  try {
    (this->*action.act)();
    if (machine_->stopped()) crash();
  } catch (const testing::DiskStopped&) {
    crash();
  } catch (const StoreDamaged& damage) {
    if (store_->victim().empty()) throw Violation(damage.what());
  } catch (const std::exception&) {
    if (!machine_->blind()) throw;
    crash();
  }
}

void Simulation::fault_phase() {
  for (int i = 0; i < rates_.steps; ++i) {
    arm_fault();
    const std::vector<Action> all = actions();
    double total = 0;
    for (const Action& action : all) total += action.weight;
    double draw = static_cast<double>(random_.next() >> 11U) * 0x1p-53 * total;
    const auto chosen = std::ranges::find_if(
        all, [&](const Action& action) { return (draw -= action.weight) < 0; });
    act(chosen == all.end() ? all.back() : *chosen);
    if (chance(rates_.commit)) act({"commit", 0, &Simulation::commit});
    if (chance(rates_.crash)) crash();
  }
}

// One round of everything that can be done without waiting; false when there was nothing.
bool Simulation::quiet_round() {
  const std::uint64_t before = statistics_.commits;
  act({"start", 0, &Simulation::start_workflow});
  act({"repeat", 0, &Simulation::repeat_call});
  act({"begin task", 0, &Simulation::begin_task});
  while (!held_.empty()) act({"complete task", 0, &Simulation::complete_task});
  act({"start activity", 0, &Simulation::start_activity});
  act({"commit", 0, &Simulation::commit});
  for (std::size_t left = attempts_.size() * 6; left > 0 && !attempts_.empty(); --left)
    act({"work", 0, &Simulation::work});
  act({"commit", 0, &Simulation::commit});
  return statistics_.commits != before;
}

// No faults any more, nobody idle: everything has to end within two virtual days.
void Simulation::quiet_phase() {
  faults_ = false;
  crash();  // a last time: also what was damaged is whole again
  const WallTime limit = now() + 48h;
  for (int rounds = 0;; ++rounds) {
    const bool busy = quiet_round();
    act({"audit", 0, &Simulation::audit});
    const auto open = store_->runs({.status = store::RunStatus::Running});
    const bool started =
        std::ranges::all_of(clients_, [](const Client& c) { return !c.run_id.empty(); });
    if (open.empty() && started && doubtful_.empty()) return;
    const auto due = service_->next_due();
    if (rounds > 20000 || now() > limit) {
      throw Violation(fmt::format("{} runs are still open after the quiet phase; the first is {}",
                                  open.size(),
                                  describe_run(*service_, open.empty() ? "" : open[0].run_id)));
    }
    if (busy) continue;
    if (due) {
      steady_ = std::max(steady_, steady_ + (*due - now()));
      act({"fire due", 0, &Simulation::fire_due});
      act({"commit", 0, &Simulation::commit});
    }
    bool helped = due.has_value() || !started || !doubtful_.empty();
    for (const store::RunRow& row : open) {  // some wait for a signal, others are parked
      const engine::RunState* state = service_->find(row.run_id);
      if (state == nullptr || !state->open()) continue;  // closed since the store was asked
      if (state->record().parked) {
        service_->resume_parked(row.workflow_id, row.run_id, now());
        helped = true;
      } else if (state->record().signals == 0 &&
                 state->record().task.state == engine::TaskState::None) {
        for (Client& client : clients_) {
          if (workflow_id_of(client.number) == row.workflow_id) send(client, row.run_id);
        }
        helped = true;
      }
    }
    if (!helped)
      throw Violation("stuck: nothing is due, nothing to do; " +
                      describe_run(*service_, open[0].run_id));
  }
}

SeedResult Simulation::run() {
  SeedResult result;
  try {
    draw_rates();
    make_clients();
    boot();
    fault_phase();
    quiet_phase();
    service_->commit(now());
    Checker checker(*bare_, ledger_, *service_);
    checker.check_all();
    statistics_.runs = checker.runs();
    statistics_.events = checker.events();
    note("end", checker.digest());
  } catch (const Violation& violation) {
    result.failure = violation.what();
  } catch (const std::exception& error) {
    result.failure = std::string("unexpected exception: ") + error.what();
  }
  result.trace = trace_;
  result.statistics = statistics_;
  return result;
}

}  // namespace durasim::inline v0::dst
