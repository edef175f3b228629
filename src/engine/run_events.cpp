// Writing events: into history at once, or into the buffer while a workflow task is started
// (temporal: service/history/historybuilder/event_store.go), and into the transition that makes
// them durable.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/store/integrity.hpp"

#include "engine/run_codec.hpp"
#include "engine/run_state.hpp"
#include "mutants/mutants.hpp"

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

namespace {

using namespace proto;

// An outcome of an activity and the next one: growing up to it would cost more than writing it.
constexpr std::size_t kUsualBatchBytes = 1000;
constexpr std::size_t kUsualBatchEvents = 8;

// The event that scheduled the activity whose outcome this is, or 0 for any other event.
std::int64_t scheduled_event_of(const HistoryEvent& event) {
  if (const auto* completed = event.attributes_if<ActivityTaskCompletedEventAttributes>()) {
    return completed->scheduled_event_id;
  }
  if (const auto* failed = event.attributes_if<ActivityTaskFailedEventAttributes>())
    return failed->scheduled_event_id;
  if (const auto* late = event.attributes_if<ActivityTaskTimedOutEventAttributes>())
    return late->scheduled_event_id;
  if (const auto* canceled = event.attributes_if<ActivityTaskCanceledEventAttributes>()) {
    return canceled->scheduled_event_id;
  }
  return 0;
}

// Outcomes come after everything else that was buffered, so that a start always precedes its end.
bool is_outcome(const HistoryEvent& event) {
  return scheduled_event_of(event) != 0;
}

std::vector<HistoryEvent> outcomes_last(std::vector<HistoryEvent> events) {
  std::vector<HistoryEvent> ordered;
  ordered.reserve(events.size());
  for (const bool outcomes : {false, true}) {
    for (HistoryEvent& event : events) {
      if (is_outcome(event) == outcomes) ordered.push_back(std::move(event));
    }
  }
  return ordered;
}

// An outcome that was buffered together with its start learns the start's number now.
void set_started_event(HistoryEvent& event,
                       const std::map<std::int64_t, std::int64_t>& started_by_scheduled) {
  const auto set = [&](auto& attributes) {
    const auto found = started_by_scheduled.find(attributes.scheduled_event_id);
    if (found != started_by_scheduled.end()) attributes.started_event_id = found->second;
  };
  if (auto* completed = event.attributes_if<ActivityTaskCompletedEventAttributes>())
    set(*completed);
  if (auto* failed = event.attributes_if<ActivityTaskFailedEventAttributes>()) set(*failed);
  if (auto* late = event.attributes_if<ActivityTaskTimedOutEventAttributes>()) set(*late);
  if (auto* canceled = event.attributes_if<ActivityTaskCanceledEventAttributes>()) set(*canceled);
}

}  // namespace

std::int64_t RunState::append(HistoryEvent&& event, WallTime now) {
  event.event_id = row_.next_event_id;
  // Times in a history never go back, whatever the clock does.
  record_.last_event_time = std::max(record_.last_event_time, now);
  if (!event.event_time) event.event_time = Timestamp::from(record_.last_event_time);
  if (batch_.events.empty()) batch_.events.reserve(kUsualBatchBytes);
  if (recent_.empty()) recent_.reserve(kUsualBatchEvents);
  // Throws for text that is not UTF-8; nothing has happened then.
  const std::size_t bytes = codec::append_event(batch_.events, event, blobs_);
  ++row_.next_event_id;
  if (batch_.first_event_id == 0) batch_.first_event_id = event.event_id;
  batch_.last_event_id = event.event_id;
  row_.history_bytes += static_cast<std::int64_t>(bytes);  // as if all payloads were in it
  const std::int64_t id = event.event_id;
  recent_.push_back(std::move(event));
  mark_changed();
  return id;
}

void RunState::add(HistoryEvent&& event, WallTime now) {
  if (record_.task.state != TaskState::Started) {
    append(std::move(event), now);
    return;
  }
  record_.last_event_time = std::max(record_.last_event_time, now);
  if (!event.event_time) event.event_time = Timestamp::from(record_.last_event_time);
  static_cast<void>(encode(event));  // one that cannot be written is refused now, not with the task
  record_.buffered_events.push_back(std::move(event));
  mark_changed();
}

bool RunState::flush_buffered(WallTime now) {
  if (record_.buffered_events.empty()) return false;
  std::vector<HistoryEvent> events = std::exchange(record_.buffered_events, {});
  if (!mutant(MutantId::NoReorder)) {
    events = outcomes_last(std::move(events));
  }
  std::map<std::int64_t, std::int64_t> started_by_scheduled;
  for (HistoryEvent& event : events) {
    if (is_outcome(event)) set_started_event(event, started_by_scheduled);
    const auto* started = event.attributes_if<ActivityTaskStartedEventAttributes>();
    const std::int64_t scheduled = started != nullptr ? started->scheduled_event_id : 0;
    const std::int64_t id = append(std::move(event), now);
    if (scheduled != 0) started_by_scheduled[scheduled] = id;
  }
  return true;
}

bool RunState::has_buffered_outcome(std::int64_t scheduled_event_id) const {
  return std::ranges::any_of(record_.buffered_events, [&](const HistoryEvent& event) {
    return scheduled_event_of(event) == scheduled_event_id;
  });
}

std::int64_t RunState::cancel_buffered_timer(const std::string& timer_id) {
  auto& events = record_.buffered_events;
  const auto found = std::ranges::find_if(events, [&](const HistoryEvent& event) {
    const auto* fired = event.attributes_if<TimerFiredEventAttributes>();
    return fired != nullptr && fired->timer_id == timer_id;
  });
  if (found == events.end()) return 0;
  const std::int64_t started = found->attributes_if<TimerFiredEventAttributes>()->started_event_id;
  events.erase(found);
  return started;
}

void RunState::close(store::RunStatus status, HistoryEvent&& event, WallTime now) {
  if (!mutant(MutantId::DropBufferedOnClose)) flush_buffered(now);
  append(std::move(event), now);
  row_.status = status;
  row_.close_time = record_.last_event_time;
  record_.task = {};
  for (const auto& [id, activity] : activities_) {
    if (activity.started) effects_.emplace_back(CancelActivity{id, activity.attempt});
  }
  activities_.clear();
  activity_due_.clear();
  timers_.clear();
  timer_due_.clear();
  timer_ids_.clear();
  externals_.clear();
  put_.clear();
  removed_.merge(stored_);
  effects_.emplace_back(RunClosed{});
}

store::Transition RunState::take_transition() {
  store::Transition transition;
  transition.expected_version = stored_version_;
  transition.make_current = stored_version_ == 0;
  if (batch_.first_event_id != 0) {
    batch_.run_id = row_.run_id;
    store::seal(batch_, row_.chain);
    row_.chain = batch_.chain;
    transition.batches.push_back(std::exchange(batch_, {}));
  }
  const auto key_of = [&](const Task& task) {
    return store::TaskKey{row_.run_id, task.first, task.second};
  };
  transition.put_tasks.reserve(put_.size());
  for (const Task& task : put_) {
    transition.put_tasks.push_back(
        {.key = key_of(task), .state = encode_task(task), .checksum = 0});
    store::seal(transition.put_tasks.back());
  }
  transition.delete_tasks.reserve(removed_.size());
  for (const Task& task : removed_) transition.delete_tasks.push_back(key_of(task));
  stored_.merge(put_);
  put_.clear();
  removed_.clear();
  row_.version = stored_version_ + 1;
  row_.due = next_due();
  record_.open_tasks = static_cast<std::int32_t>(activities_.size() + externals_.size());
  row_.state = encode_record(record_, blobs_);
  store::seal(row_);
  for (codec::PayloadBlob& blob : blobs_.take())
    transition.blobs.push_back({.hash = blob.hash, .bytes = std::move(blob.bytes)});
  transition.run = row_;
  stored_version_ = row_.version;
  changed_ = false;
  return transition;
}

std::string RunState::encode_task(const Task& task) {
  const auto& [kind, event_id] = task;
  switch (kind) {
    case store::TaskKind::Activity:
      return encode_record(activities_.at(event_id), blobs_);
    case store::TaskKind::Timer:
      return encode_record(timers_.at(event_id));
    case store::TaskKind::SignalExternal:
    case store::TaskKind::CancelExternal:
      return encode_record(externals_.at(event_id), blobs_);
  }
  throw LogicError("a task of an unknown kind");
}

// A task that is removed never comes back: its number is that of one event.
void RunState::put(store::TaskKind kind, std::int64_t event_id) {
  put_.insert({kind, event_id});
  if (kind == store::TaskKind::Activity) index_due(activities_.at(event_id));
  mark_changed();
}

void RunState::remove(store::TaskKind kind, std::int64_t event_id) {
  const Task task{kind, event_id};
  put_.erase(task);
  if (auto stored = stored_.extract(task)) removed_.insert(std::move(stored));
  mark_changed();
}

std::optional<std::span<const HistoryEvent>> RunState::recent_events(
    std::int64_t first_event_id) const {
  if (first_event_id == row_.next_event_id) return std::span<const HistoryEvent>{};
  if (recent_.empty() || recent_.front().event_id > first_event_id) return std::nullopt;
  return std::span(recent_).subspan(
      static_cast<std::size_t>(first_event_id - recent_.front().event_id));
}

// Those that no transition has taken yet are nowhere else.
void RunState::forget_events_before(std::int64_t event_id) {
  if (batch_.first_event_id != 0) event_id = std::min(event_id, batch_.first_event_id);
  const auto keep =
      std::ranges::find_if(recent_, [&](const HistoryEvent& e) { return e.event_id >= event_id; });
  recent_.erase(recent_.begin(), keep);
  if (recent_.empty()) recent_ = {};  // an idle run keeps no room for them
}

}  // namespace durasim::inline v0::engine
