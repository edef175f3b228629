// Runs between memory and store: loading with verification, the group commit, and what happens when
// it fails.
#include "durasim/store/integrity.hpp"

#include "engine/service.hpp"
#include "engine/stored_events.hpp"
#include "mutants/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

// Opening has cleared the slots. What was in flight stays noted until recover() has counted it:
// this process may die before, or be one that only looks and never recovers.
Service::Service(store::Store& store, RandomSource& random, ServiceOptions options)
    : store_(store), random_(random), options_(std::move(options)) {
  const std::vector<std::string> in_flight = store_.runs_in_flight_at_open();
  for (std::size_t slot = 0; slot < in_flight.size(); ++slot)
    store_.set_in_flight(slot, in_flight[slot]);
}

Service::Run& Service::load(const std::string& run_id) {
  if (Run* run = runs_.use(run_id)) return *run;
  auto row = store_.run(run_id);
  if (!row) throw WorkflowNotFound("run " + run_id + ": there is no such run");
  store::verify(*row);
  try {
    return runs_.insert(run_id, Run(read(*std::move(row))));
  } catch (const FormatError& error) {
    throw StoreDamaged(fmt::format("run {}: {}", run_id, error.what()));
  } catch (const LimitError& error) {
    throw StoreDamaged(fmt::format("run {}: {}", run_id, error.what()));
  }
}

RunState Service::read(store::RunRow row) const {
  const std::string run_id = row.run_id;
  const std::vector<store::TaskRow> tasks = store_.tasks(run_id);
  for (const store::TaskRow& task : tasks) store::verify(task);
  const std::vector<store::HistoryBatch> batches = store_.history(run_id);
  store::verify(batches, row);
  // All of them now, as all events: damage is found before anything is done with the run.
  verify_blobs(store_, run_id, batches);
  const codec::BlobReader blobs = blobs_for(store_, run_id);
  const proto::History first = codec::decode_history(batches.front().events, blobs);
  const auto* started =
      first.events.front().attributes_if<proto::WorkflowExecutionStartedEventAttributes>();
  if (started == nullptr)
    throw StoreDamaged("run " + run_id + ": its first event is not its start");
  return {std::move(row), tasks, *started, options_.limits, blobs};
}

// Nothing is done with a damaged run; the others go on.
void Service::quarantine(const std::string& run_id, const StoreDamaged& damage) {
  if (quarantined_.insert(run_id).second)
    options_.logger.error(fmt::format("run {} is quarantined: {}", run_id, damage.what()));
}

RunState* Service::find(const std::string& run_id) {
  if (runs_.find(run_id) == nullptr && !store_.run(run_id)) return nullptr;
  return &load(run_id).state;
}

std::vector<proto::HistoryEvent> Service::history(const std::string& run_id) {
  const RunState& state = load(run_id).state;
  if (const auto recent = state.recent_events(1)) return {recent->begin(), recent->end()};
  const auto row = store_.run(run_id);
  std::vector<store::HistoryBatch> batches = store_.history(run_id);
  std::vector<proto::HistoryEvent> events;
  try {
    if (row) {
      // A group that is being written may come between the two reads.
      std::erase_if(batches, [&](const store::HistoryBatch& batch) {
        return batch.first_event_id >= row->next_event_id;
      });
      store::verify(batches, *row);
    }
    events = events_of(store_, run_id, batches);
  } catch (const StoreDamaged& damage) {
    quarantine(run_id, damage);
    throw;
  }
  const auto next = events.empty() ? 1 : events.back().event_id + 1;
  if (const auto recent = state.recent_events(next))
    events.insert(events.end(), recent->begin(), recent->end());
  if (events.empty() || events.back().event_id + 1 != state.row().next_event_id)
    throw LogicError("run " + run_id +
                     ": some of its events are neither in memory nor in the store");
  return events;
}

std::vector<proto::HistoryEvent> Service::stored_events(const std::string& run_id,
                                                        std::int64_t from_event_id) {
  try {
    return events_of(store_, run_id, store_.history(run_id, from_event_id));
  } catch (const StoreDamaged& damage) {
    quarantine(run_id, damage);
    throw;
  }
}

std::vector<proto::HistoryEvent> Service::history_after(const std::string& run_id,
                                                        std::int64_t last_event_id) {
  const RunState& state = load(run_id).state;
  const std::int64_t first = std::max<std::int64_t>(last_event_id, 0) + 1;
  if (first >= state.row().next_event_id) return {};
  if (const auto recent = state.recent_events(first)) return {recent->begin(), recent->end()};
  std::vector<proto::HistoryEvent> events = stored_events(run_id, first);
  std::erase_if(events, [&](const proto::HistoryEvent& event) { return event.event_id < first; });
  const std::int64_t next = events.empty() ? first : events.back().event_id + 1;
  if (const auto recent = state.recent_events(next))
    events.insert(events.end(), recent->begin(), recent->end());
  return events;
}

proto::HistoryEvent Service::last_event(const std::string& run_id) {
  const RunState& state = load(run_id).state;
  const std::int64_t last = state.row().next_event_id - 1;
  if (const auto recent = state.recent_events(last)) return recent->back();
  const std::vector<proto::HistoryEvent> events = stored_events(run_id, last);
  if (events.empty() || events.back().event_id != last)
    throw StoreDamaged("run " + run_id + ": its last event is not there");
  return events.back();
}

void Service::changed(RunState& state, WallTime now) {
  const std::string run_id = state.row().run_id;
  Run& run = *runs_.find(run_id);
  if (state.changed() && !run.changed) {
    run.changed = true;
    next_.runs.push_back(run_id);
  }
  // A task that has timed out, or was overtaken by too much news, is no longer anybody's.
  if (state.record().task.state != TaskState::Started && !mutant(MutantId::EndedTaskHeld))
    run.token = 0;
  try {
    for (const Effect& effect : state.take_effects()) apply(effect, run_id, now);
  } catch (...) {
    broken_ = std::current_exception();
    throw;
  }
}

void Service::apply(const Effect& effect, const std::string& run_id, WallTime now) {
  const Run& run = load(run_id);
  if (std::holds_alternative<WorkflowTaskReady>(effect)) {
    if (!run.state.record().parked) workflow_queue_[run.state.row().task_queue].push_back(run_id);
  } else if (const auto* activity = std::get_if<ActivityReady>(&effect)) {
    const auto found = run.state.activities().find(activity->scheduled_event_id);
    if (found == run.state.activities().end()) return;
    activity_queue_[found->second.task_queue].push_back(
        {run_id, activity->scheduled_event_id, activity->attempt});
  } else if (const auto* cancel = std::get_if<CancelActivity>(&effect)) {
    next_.cancellations.push_back({run_id, cancel->scheduled_event_id, cancel->attempt});
  } else if (const auto* external = std::get_if<DeliverExternal>(&effect)) {
    deliver(*external->external, run_id, now);
  } else if (std::holds_alternative<RunClosed>(effect)) {
    next_.closed.push_back(run_id);
  } else if (const auto* successor = std::get_if<StartSuccessor>(&effect)) {
    create(*successor->run, std::nullopt, now);
  }
}

void Service::commit(WallTime now) {
  try {
    const std::vector<store::Transition> group = begin_commit(now);
    if (group.empty()) return;
    store_.commit(group);
  } catch (...) {
    abort_commit();
    throw;
  }
  finish_commit();
}

bool Service::is_durable(const std::string& run_id) const {
  const Run* run = runs_.find(run_id);
  return run == nullptr || (!run->changed && !run->flying);
}

void Service::cancel_again(const ActivityHandle& handle) {
  const Run* run = runs_.find(handle.run_id);
  if (run == nullptr) return;
  Group& group = run->flying && !run->changed ? flying_ : next_;
  group.cancellations.push_back(handle);
}

std::vector<store::Transition> Service::begin_commit(WallTime now) {
  std::vector<store::Transition> transitions;
  transitions.reserve(next_.runs.size());
  flying_ = std::exchange(next_, {});
  if (auto error = std::exchange(broken_, nullptr)) std::rethrow_exception(error);
  std::multimap<std::string_view, const store::RequestRow*> written;
  for (const auto& [key, request] : flying_.requests) written.emplace(request.writer, &request.row);
  for (const std::string& run_id : flying_.runs) {
    Run& run = *runs_.find(run_id);
    run.changed = false;
    run.flying = true;
    store::Transition transition = run.state.take_transition();
    if (!mutant(MutantId::TimeNotNoted)) transition.note_time = now;
    const auto [first, last] = written.equal_range(run_id);
    for (auto it = first; it != last; ++it) transition.requests.push_back(*it->second);
    transitions.push_back(std::move(transition));
  }
  return transitions;
}

void Service::finish_commit() {
  for (const std::string& run_id : flying_.runs) {
    Run& run = *runs_.find(run_id);
    run.flying = false;
    forget_events(run);
    if (!run.state.open()) runs_.make_oldest(run_id);  // only those who ask for its result need it
  }
  std::ranges::move(flying_.cancellations, std::back_inserter(cancellations_));
  std::ranges::move(flying_.closed, std::back_inserter(closed_));
  committed_ = std::move(flying_.runs);
  flying_ = {};
  shrink_cache();
}

// The store has them: in memory stay those that the next task of a worker begins with.
void Service::forget_events(Run& run) {
  constexpr std::int64_t most = 256;
  run.state.forget_events_before(std::max(run.given + 1, run.state.row().next_event_id - most));
}

// What is in memory is ahead of the store: read those runs again, whatever the store holds now.
void Service::abort_commit() {
  committed_.clear();
  std::vector<std::string> forgotten = std::exchange(flying_, {}).runs;
  std::ranges::move(std::exchange(next_, {}).runs, std::back_inserter(forgotten));
  for (const std::string& run_id : forgotten) {
    runs_.erase(run_id);
    evictions_.push_back(run_id);
  }
  read_again(std::move(forgotten));
}

// Announced even if somebody has loaded it meanwhile: what was queued for it is gone, and queues
// are hints.
void Service::read_again(std::vector<std::string> run_ids) {
  std::set<std::string> done;
  for (std::string& run_id : run_ids) {
    if (!done.insert(run_id).second) continue;
    try {
      const auto row = store_.run(run_id);
      if (!row || row->status != store::RunStatus::Running) continue;
      RunState& state = load(run_id).state;
      state.announce();
      changed(state, WallTime{});
    } catch (const StoreDamaged& damage) {
      quarantine(run_id, damage);
    } catch (const std::exception& error) {
      options_.logger.error(fmt::format("run {} can't be read now: {}", run_id, error.what()));
      unread_.push_back(std::move(run_id));
    }
  }
}

void Service::evict(const std::string& run_id) {
  if (is_durable(run_id)) runs_.erase(run_id);
}

void Service::shrink_cache() {
  const auto is_idle = [](const Run& run) { return run.token == 0 && !run.changed && !run.flying; };
  while (runs_.size() > options_.cached_runs) {
    const std::string* oldest = runs_.oldest(is_idle);
    if (oldest == nullptr) return;
    evictions_.push_back(*oldest);
    runs_.erase(evictions_.back());
  }
}

}  // namespace durasim::inline v0::engine
