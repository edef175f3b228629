// One pass over a history, one function per kind of thing.
#include "dst/history_facts.hpp"

#include "durasim/core/convert.hpp"
#include "durasim/core/message_values.hpp"

#include "dst/interpreter.hpp"
#include "dst/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace durasim::inline v0::dst {

namespace {

using namespace proto;

class Reader {
 public:
  explicit Reader(std::span<const HistoryEvent> events) : events_(events) {}

  void read(const HistoryEvent& event) {
    read_activity(event);
    read_timer(event);
    read_external(event);
    read_rest(event);
  }
  HistoryFacts take() { return std::move(facts_); }

 private:
  [[noreturn]] static void wrong(const HistoryEvent& event, std::string_view what) {
    throw Violation(fmt::format("event {}: {}", event.event_id, what));
  }
  void news(const HistoryEvent& event) {
    facts_.last_news = event.event_id != 0 ? event.event_id : std::int64_t{1} << 40;
  }

  void read_activity(const HistoryEvent& event) {
    if (const auto* scheduled = event.attributes_if<ActivityTaskScheduledEventAttributes>()) {
      facts_.activities[event.event_id] = {.id = scheduled->activity_id,
                                           .scheduled = event.event_id};
    } else if (const auto* started = event.attributes_if<ActivityTaskStartedEventAttributes>()) {
      ActivityFacts& activity = opened(event, started->scheduled_event_id);
      if (activity.started != 0) wrong(event, "an activity has two starts in history");
      activity.started = event.event_id != 0 ? event.event_id : -1;
      activity.attempt = started->attempt;
      check_attempts(event, *started);
    } else if (const auto* completed =
                   event.attributes_if<ActivityTaskCompletedEventAttributes>()) {
      close(event, *completed, "ok", true);
      if (std::get<0>(from_payloads<std::tuple<std::string>>(to_list(completed->result))) !=
          facts_.activities.at(completed->scheduled_event_id).id)
        wrong(event, "an activity has the result of another one");
    } else if (const auto* failed = event.attributes_if<ActivityTaskFailedEventAttributes>()) {
      close(event, *failed, outcome_of(*failed->failure), true);
    } else if (const auto* late = event.attributes_if<ActivityTaskTimedOutEventAttributes>()) {
      close(event, *late, outcome_of(*late->failure), late->started_event_id != 0);
      check_timeout(event, *late);
    } else if (const auto* canceled = event.attributes_if<ActivityTaskCanceledEventAttributes>()) {
      close(event, *canceled, "canceled", canceled->started_event_id != 0);
    }
  }

  ActivityFacts& opened(const HistoryEvent& event, std::int64_t scheduled) {
    const auto found = facts_.activities.find(scheduled);
    if (found == facts_.activities.end()) wrong(event, "is about an activity that is not there");
    return found->second;
  }

  template <class A>
  void close(const HistoryEvent& event, const A& attributes, std::string outcome, bool started) {
    ActivityFacts& activity = opened(event, attributes.scheduled_event_id);
    if (activity.closed != 0) wrong(event, "an activity closes twice");
    if (started && activity.started == 0) wrong(event, "an activity closes without its start");
    if (event.event_id != 0 && started && attributes.started_event_id != activity.started)
      wrong(event, "an activity closes with another one's start");
    activity.closed = event.event_id != 0 ? event.event_id : -1;
    activity.outcome = std::move(outcome);
    news(event);
  }

  const ActivityTaskScheduledEventAttributes& scheduled(std::int64_t event_id) const {
    return *events_[static_cast<std::size_t>(event_id - 1)]
                .attributes_if<ActivityTaskScheduledEventAttributes>();
  }

  void check_attempts(const HistoryEvent& event,
                      const ActivityTaskStartedEventAttributes& started) {
    const auto& policy = scheduled(started.scheduled_event_id).retry_policy;
    if (policy && policy->maximum_attempts > 0 && started.attempt > policy->maximum_attempts)
      wrong(event, "more attempts than the retry policy allows");
  }

  // A timeout that left no time for another attempt is the activity's, not the attempt's.
  void check_timeout(const HistoryEvent& event, const ActivityTaskTimedOutEventAttributes& late) {
    const auto* info = std::get_if<TimeoutFailureInfo>(&late.failure->info);
    if (info == nullptr) wrong(event, "a timeout without a TimeoutFailure");
    if (late.retry_state == RetryState::Timeout &&
        info->timeout_type != TimeoutType::ScheduleToClose)
      wrong(event, "a last timeout is not converted into schedule-to-close");
    const auto& activity = scheduled(late.scheduled_event_id);
    const HistoryEvent& opening = events_[static_cast<std::size_t>(late.scheduled_event_id - 1)];
    if (info->timeout_type == TimeoutType::ScheduleToStart &&
        to_time(event.event_time) <
            to_time(opening.event_time) + to_duration(activity.schedule_to_start_timeout))
      wrong(event, "schedule-to-start runs out early");
  }

  void read_timer(const HistoryEvent& event) {
    if (event.attributes_if<TimerStartedEventAttributes>() != nullptr) {
      facts_.timers[event.event_id] = {.started = event.event_id};
    } else if (const auto* fired = event.attributes_if<TimerFiredEventAttributes>()) {
      close_timer(event, fired->started_event_id, fired->timer_id);
      const HistoryEvent& opening = events_[static_cast<std::size_t>(fired->started_event_id - 1)];
      const auto& timer = *opening.attributes_if<TimerStartedEventAttributes>();
      if (to_time(event.event_time) <
          to_time(opening.event_time) + to_duration(timer.start_to_fire_timeout))
        wrong(event, "a timer fires early");
      news(event);
    } else if (const auto* canceled = event.attributes_if<TimerCanceledEventAttributes>()) {
      close_timer(event, canceled->started_event_id, canceled->timer_id);
    }
  }

  void close_timer(const HistoryEvent& event, std::int64_t started, const std::string& id) {
    const auto found = facts_.timers.find(started);
    if (found == facts_.timers.end()) wrong(event, "is about a timer that is not there");
    const auto* timer =
        events_[static_cast<std::size_t>(started - 1)].attributes_if<TimerStartedEventAttributes>();
    if (timer == nullptr || timer->timer_id != id)
      wrong(event, "ends a timer with another one's id");
    if (found->second.closed != 0) wrong(event, "a timer fires or is cancelled twice");
    found->second.closed = event.event_id != 0 ? event.event_id : -1;
  }

  void read_external(const HistoryEvent& event) {
    if (event.attributes_if<SignalExternalWorkflowExecutionInitiatedEventAttributes>() != nullptr) {
      facts_.externals[event.event_id] = 0;
    } else if (const auto* sent =
                   event.attributes_if<ExternalWorkflowExecutionSignaledEventAttributes>()) {
      close_external(event, sent->initiated_event_id);
    } else if (const auto* failed =
                   event.attributes_if<SignalExternalWorkflowExecutionFailedEventAttributes>()) {
      close_external(event, failed->initiated_event_id);
    }
  }

  void close_external(const HistoryEvent& event, std::int64_t initiated) {
    const auto found = facts_.externals.find(initiated);
    if (found == facts_.externals.end() || found->second != 0)
      wrong(event, "ends a request to another run that is not open");
    found->second = event.event_id != 0 ? event.event_id : -1;
    news(event);
  }

  void read_rest(const HistoryEvent& event) {
    if (const auto* signal = event.attributes_if<WorkflowExecutionSignaledEventAttributes>()) {
      facts_.notes.push_back(
          std::get<0>(from_payloads<std::tuple<std::string>>(to_list(signal->input))));
      news(event);
    } else if (event.attributes_if<WorkflowExecutionCancelRequestedEventAttributes>() != nullptr) {
      ++facts_.cancel_requests;
      news(event);
    } else if (event.attributes_if<WorkflowTaskStartedEventAttributes>() != nullptr) {
      facts_.last_task_started = event.event_id;
    }
  }

  std::span<const HistoryEvent> events_;
  HistoryFacts facts_;
};

}  // namespace

const ActivityFacts* HistoryFacts::activity(const std::string& id) const {
  for (const auto& [event, facts] : activities) {
    if (facts.id == id) return &facts;
  }
  return nullptr;
}

HistoryFacts read_facts(std::span<const HistoryEvent> events,
                        std::span<const HistoryEvent> buffered) {
  Reader reader(events);
  for (const HistoryEvent& event : events) reader.read(event);
  for (const HistoryEvent& event : buffered) reader.read(event);
  return reader.take();
}

}  // namespace durasim::inline v0::dst
