// The look into the store after a kill.
#include "process/acknowledged.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/core/payload_values.hpp"
#include "durasim/store/sqlite.hpp"
#include "durasim/testing/replayer.hpp"

#include "engine/stored_events.hpp"
#include "process/busy_engine.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace durasim {

namespace {

struct SeenRun {
  std::map<int, int> signals;  // how often each number
  std::map<std::int64_t, int> ends_of_activities;
  int ends = 0;
  std::optional<int> result;
};

std::vector<proto::HistoryEvent> events_of(const store::Store& store, const std::string& run_id) {
  return engine::events_of(store, run_id, store.history(run_id));
}

int number_in(const std::optional<proto::Payloads>& payloads) {
  return std::get<0>(from_payloads<std::tuple<int>>(proto::to_list(payloads)));
}

SeenRun look_at(const std::vector<proto::HistoryEvent>& events) {
  SeenRun seen;
  for (const proto::HistoryEvent& event : events) {
    if (const auto* signal =
            event.attributes_if<proto::WorkflowExecutionSignaledEventAttributes>()) {
      ++seen.signals[number_in(signal->input)];
    } else if (const auto* done =
                   event.attributes_if<proto::ActivityTaskCompletedEventAttributes>()) {
      ++seen.ends_of_activities[done->scheduled_event_id];
    } else if (const auto* end =
                   event.attributes_if<proto::WorkflowExecutionCompletedEventAttributes>()) {
      ++seen.ends;
      seen.result = number_in(end->result);
    }
  }
  return seen;
}

}  // namespace

void Acknowledged::add(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string what, id;
  int value = 0;
  words >> what >> id;
  Run& run = runs_[id];
  if (what == "signal" && words >> value) {
    run.signals.insert(value);
  } else if (what == "result" && words >> value) {
    run.result = value;
  } else if (what != "start" || !words) {
    throw FormatError(fmt::format("not a line of the busy engine: {}", line));
  }
  ++count_;
}

Acknowledged::Findings Acknowledged::compare(const std::string& path) const {
  Findings findings;
  for (const store::Finding& finding : store::check_store(path).findings)
    findings.violations.push_back(finding.text);
  store::SqliteStore store({.path = path});
  for (const auto& [id, told] : runs_) {
    const auto row = store.current_run(id);
    if (!row) {
      findings.lost.push_back("start of " + id);
      continue;
    }
    const SeenRun seen = look_at(events_of(store, row->run_id));
    for (const int signal : told.signals) {
      if (!seen.signals.contains(signal))
        findings.lost.push_back(fmt::format("signal {} of {}", signal, id));
    }
    if (told.result && seen.result != told.result)
      findings.lost.push_back(fmt::format("result {} of {}", *told.result, id));
    const bool closed = row->status != store::RunStatus::Running;
    if (seen.ends != (closed ? 1 : 0))
      findings.violations.push_back(fmt::format("{} has ended {} times", id, seen.ends));
    for (const auto& [signal, times] : seen.signals) {
      if (times > 1)
        findings.violations.push_back(fmt::format("signal {} of {} is there twice", signal, id));
    }
    for (const auto& [activity, times] : seen.ends_of_activities) {
      if (times > 1)
        findings.violations.push_back(fmt::format("activity {} of {} ended twice", activity, id));
    }
  }
  testing::Replayer replayer({.strict = true});
  replayer.implement(chain_type, chain).implement(inbox_type, inbox);
  for (const testing::ReplayedRun& run : replayer.replay_store(store)) {
    if (!run.ok()) findings.violations.push_back(run.workflow_id + ": " + run.error);
  }
  return findings;
}

}  // namespace durasim
