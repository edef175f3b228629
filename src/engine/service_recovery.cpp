// Taking over from a process that died: its crashes are counted, its attempts are lost, what is
// ready is announced. Runs that nothing is to be done for are not even loaded.
#include "durasim/store/integrity.hpp"

#include "engine/run_codec.hpp"
#include "engine/service.hpp"
#include "mutants/mutants.hpp"

#include <fmt/format.h>

namespace durasim::inline v0::engine {

// Of a recovery that fails half way nothing is left that a later commit could write: whoever
// recovers next counts the same crashes.
void Service::recover(WallTime now) {
  const std::vector<std::string> in_flight = store_.runs_in_flight_at_open();
  try {
    // A run whose task timed out may be in flight twice; it was one death all the same.
    for (const std::string& run_id : std::set(in_flight.begin(), in_flight.end()))
      count_crash(run_id, now);
    recover_open_runs(now);
    commit(now);
  } catch (const StoreRejected&) {
    if (!mutant(MutantId::FailedRecoveryTaken)) throw;
  } catch (...) {
    abort_commit();
    throw;
  }
  for (std::size_t slot = 0; slot < in_flight.size(); ++slot) store_.set_in_flight(slot, {});
}

void Service::count_crash(const std::string& run_id, WallTime now) {
  Run* run = open_run(run_id);
  if (run == nullptr) return;
  run->state.count_crash(now);
  changed(run->state, now);
  if (run->state.record().parked) {
    options_.logger.error(
        fmt::format("run {} is parked: the process died {} times while its code ran", run_id,
                    run->state.record().crashes));
  }
}

void Service::recover_open_runs(WallTime now) {
  store::RunFilter filter;
  filter.status = store::RunStatus::Running;
  for (auto page = store_.runs(filter); !page.empty(); page = store_.runs(filter)) {
    filter.after_run_id = page.back().run_id;
    for (const store::RunRow& row : page) {
      try {
        recover(row, now);
      } catch (const StoreDamaged& damage) {
        quarantine(row.run_id, damage);
      } catch (const FormatError& error) {
        quarantine(row.run_id, StoreDamaged(fmt::format("run {}: {}", row.run_id, error.what())));
      }
    }
  }
}

void Service::recover(const store::RunRow& row, WallTime now) {
  store::verify(row);
  recovered_types_.emplace(row.task_queue, row.workflow_type);
  const RunRecord record = decode_run_without_payloads(row.state);
  if (record.task.state == TaskState::None && record.open_tasks == 0) return;
  RunState& state = load(row.run_id).state;
  std::vector<std::int64_t> lost;
  for (const auto& [id, activity] : state.activities()) {
    if (activity.started && !activity.asynchronous) lost.push_back(id);
  }
  state.announce();
  if (!mutant(MutantId::LostAttemptsIgnored)) {
    for (const std::int64_t id : lost) state.lose_activity(id, now);
  }
  changed(state, now);
}

std::vector<std::string> Service::open_types(
    const std::function<bool(const std::string&, const std::string&)>& is_wanted) const {
  std::set<std::string> types;
  for (const auto& [queue, type] : recovered_types_) {
    if (is_wanted(queue, type)) types.insert(type);
  }
  return {types.begin(), types.end()};
}

}  // namespace durasim::inline v0::engine
