// The programs' place in the schedule, and what is looked at between and after the faults.
#include "dst/simulation.hpp"

#include "dst/checker.hpp"
#include "dst/interpreter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace durasim::inline v0::dst {

Simulation::~Simulation() = default;

void Simulation::prepare() {
  client_count_ = 1 + static_cast<int>(below(kMaxWorkflows));
  rates_ = testing::draw_rates(random_, later_random_);
  if (blobs_) rates_.inline_payload_bytes = 0;
  queues_ = {std::string(kTaskQueue)};
  make_clients();
}

void Simulation::implement(engine::WorkflowExecutor& executor, const std::string& /*queue*/) {
  executor.implement(interpreter());
}

std::vector<Simulation::Action> Simulation::actions() {
  std::vector<Action> all{
      {"start", 3, [this] { start_workflow(); }},
      {"start again", 0.5, [this] { start_again(); }},
      {"signal", 4, [this] { send_signal(); }},
      {"repeat", 2, [this] { repeat_call(); }},
      {"cancel", 0.4, [this] { request_cancel(); }},
      {"terminate", 0.1, [this] { terminate(); }},
      {"query", 1.5, [this] { query(); }},
      {"look", 0.5, [this] { look(); }},
  };
  std::ranges::move(engine_actions(), std::back_inserter(all));
  all.push_back({"audit", 1, [this] { audit(); }});
  all.push_back({"stale write", 0.2, [this] { offer_stale(); }});
  return all;
}

void Simulation::call_quietly() {
  act({"start", 0, [this] { start_workflow(); }});
  act({"repeat", 0, [this] { repeat_call(); }});
}

bool Simulation::calls_done() const {
  return doubtful_.empty() &&
         std::ranges::all_of(clients_, [](const Client& c) { return !c.run_id.empty(); });
}

void Simulation::work_quietly() {
  for (std::size_t left = attempts_.size() * 6; left > 0 && !attempts_.empty(); --left)
    act({"work", 0, [this] { work(); }});
}

bool Simulation::help(const store::RunRow& row, const engine::RunState& state) {
  if (state.record().signals != 0 || state.record().task.state != engine::TaskState::None)
    return false;
  for (Client& client : clients_) {
    if (workflow_id_of(client.number) == row.workflow_id) send(client, row.run_id);
  }
  return true;
}

void Simulation::check_end() {
  Checker checker(*bare_, ledger_, *service_);
  checker.check_all();
  statistics_.runs = checker.runs();
  statistics_.events = checker.events();
  note("end", checker.digest());
}

// At times a run is damaged while the process lives.
store::Store& Simulation::dress(store::Store& bare) {
  quarantine_ = std::make_unique<QuarantineStore>(bare);
  if (faults_ && chance(rates_.damage)) {
    const auto open = bare.runs({.status = store::RunStatus::Running});
    if (!open.empty()) {
      const std::string& run_id = open[below(open.size())].run_id;
      auto place = static_cast<QuarantineStore::Place>(below(3));
      if (place == QuarantineStore::Place::Task && bare.tasks(run_id).empty())
        place = QuarantineStore::Place::Row;
      quarantine_->damage(run_id, place, random_.next());
    }
  }
  return *quarantine_;
}

void Simulation::process_died(bool while_booting) {
  // Marks of runs in flight are not durable: power loss can bring one back that was cleared.
  for (auto& [run_id, crashes] : ledger_.crashes) ++crashes;
  if (!while_booting) ledger_.process_died();
  quarantine_.reset();
}

// Everything that was acknowledged is there, a group in doubt completely or not at all, no attempt
// of the dead process counts as running.
void Simulation::after_boot() {
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
    if (row.run_id == victim()) {
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
}

// What memory and store say about every open run fits together, and nothing was forgotten.
void Simulation::audit() {
  if (service_->dirty()) return;
  for (const store::RunRow& row : bare_->runs({.status = store::RunStatus::Running})) {
    if (row.run_id == victim()) continue;
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
                        row.run_id, attempt.task.info.activity_id));
      }
    }
  }
}

// A second owner with an old version of a run: must be refused.
void Simulation::offer_stale() {
  if (service_->dirty() || damaged()) return;
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
