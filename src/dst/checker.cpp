// The judge over runs: their rows, their ends, their replay, and the ledger's calls.
#include "dst/checker.hpp"

#include "durasim/core/convert.hpp"
#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"

#include "dst/history_facts.hpp"
#include "dst/interpreter.hpp"
#include "dst/trace_check.hpp"
#include "testing/history_check.hpp"
#include "testing/seeded_random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace durasim::inline v0::dst {

namespace {

using namespace proto;
using store::RunStatus;

const WorkflowExecutionStartedEventAttributes& start_of(std::span<const HistoryEvent> events) {
  return *events.front().attributes_if<WorkflowExecutionStartedEventAttributes>();
}

ProgramInput input_of(const std::optional<Payloads>& input) {
  return std::get<0>(from_payloads<std::tuple<ProgramInput>>(to_list(input)));
}

std::string name_of(const store::RunRow& row) {
  return fmt::format("{} (run {}, status {})", row.workflow_id, row.run_id,
                     static_cast<int>(row.status));
}

// Open things of a history and open things of a state, by opening event.
template <class Facts, class Rows>
void compare_open(const Facts& facts, const Rows& rows, std::string_view what) {
  for (const auto& [id, fact] : facts) {
    bool closed = false;
    if constexpr (requires { fact.closed; }) {
      closed = fact.closed != 0;
    } else {
      closed = fact != 0;
    }
    if (closed == rows.contains(id))
      throw Violation(fmt::format("{} of event {}: {}", what, id,
                                  closed ? "is closed in history and open in the state"
                                         : "is open in history and gone from the state"));
  }
}

}  // namespace

void check_quarantined(engine::Service& service, const std::string& run_id) {
  try {
    static_cast<void>(service.find(run_id));
  } catch (const StoreDamaged&) {
    return;
  }
  throw Violation("a damaged run is used");
}

void check_open_run(engine::Service& service, const store::Store& store, const std::string& run_id,
                    const Ledger& ledger) {
  const auto row = store.run(run_id);
  const engine::RunState* state = service.find(run_id);
  testing::SeededRandom random(1);
  engine::Service reloaded(const_cast<store::Store&>(store), random);
  const engine::RunState* fresh = reloaded.find(run_id);
  if (fresh->row() != state->row() || fresh->record() != state->record() ||
      fresh->activities() != state->activities() || fresh->timers() != state->timers() ||
      fresh->externals() != state->externals())
    throw Violation(name_of(*row) + ": memory and store differ");
  const std::vector<HistoryEvent> events = testing::events_of(store, *row);
  testing::check_history(*row, events);
  const engine::RunRecord& record = state->record();
  const HistoryFacts facts = read_facts(events, record.buffered_events);
  compare_open(facts.activities, state->activities(), "the activity");
  compare_open(facts.timers, state->timers(), "the timer");
  compare_open(facts.externals, state->externals(), "the request to another run");
  for (const auto& [id, activity] : state->activities()) {
    if (ledger.is_closed(run_id, id))
      throw Violation(
          fmt::format("{}: activity {} is open after an acknowledged report that ends it",
                      name_of(*row), activity.activity_id));
  }
  const bool unseen = facts.last_news > facts.last_task_started;
  if (unseen && record.task.state == engine::TaskState::None && record.completed_tasks > 0)
    throw Violation(name_of(*row) + ": news and no workflow task; " +
                    testing::describe_run(service, run_id));
  if (!record.buffered_events.empty() && record.task.state != engine::TaskState::Started)
    throw Violation(name_of(*row) + ": buffered events and no started workflow task");
  const auto crashes = ledger.crashes.find(run_id);
  if (record.parked && (crashes == ledger.crashes.end() || crashes->second < 3))
    throw Violation(name_of(*row) + ": parked without three deaths of the process");
}

Checker::Checker(const store::Store& store, const Ledger& ledger, engine::Service& service)
    : ledger_(ledger) {
  static_cast<void>(service);
  for (const store::RunRow& row : store.runs({})) {
    Run run{row, testing::events_of(store, row)};
    if (!store.tasks(row.run_id).empty())
      throw Violation(name_of(row) + ": a closed run has open tasks");
    runs_.emplace(row.run_id, std::move(run));
  }
}

void Checker::check_all() {
  for (const auto& [run_id, run] : runs_) {
    try {
      check_run(run);
    } catch (const Violation& violation) {
      throw Violation(name_of(run.row) + ": " + violation.what());
    }
  }
  check_calls();
  check_externals();
}

void Checker::check_run(const Run& run) {
  testing::check_history(run.row, run.events);
  check_end(run);
  testing::check_replay(run.row, run.events, interpreter());
  events_ += run.events.size();
  for (const HistoryEvent& event : run.events) {
    for (const char c : encode(event))
      digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
}

// How the run ended is how its program ends, and all its signals were received in order.
void Checker::check_end(const Run& run) {
  const HistoryFacts facts = read_facts(run.events);
  const auto& start = start_of(run.events);
  const ProgramInput input = input_of(start.input);
  const Program program = make_program(input.seed);
  const Generation& generation = program.generations.at(input.generation);
  const bool last = input.generation + 1 == program.generations.size();
  const bool fails = program.ending == Ending::Fail || start.attempt < program.fails_until_attempt;
  if (facts.cancel_requests > 1) throw Violation("two cancellation requests in history");
  const HistoryEvent& end = run.events.back();
  std::vector<std::string> received = input.received;
  received.insert(received.end(), facts.notes.begin(), facts.notes.end());
  const bool by_code =
      run.row.status != RunStatus::Terminated && run.row.status != RunStatus::TimedOut;
  if (by_code && (run.row.status == RunStatus::Canceled) != (facts.cancel_requests > 0))
    throw Violation(fmt::format("ends otherwise than its cancellation says ({} requests): {}",
                                facts.cancel_requests, to_json(end)));
  if (const auto* completed = end.attributes_if<WorkflowExecutionCompletedEventAttributes>()) {
    if (!last || fails) throw Violation("completed, against its program");
    std::string result =
        std::get<0>(from_payloads<std::tuple<std::string>>(to_list(completed->result)));
    const std::string trace = result.substr(0, result.find('#'));
    std::string expected = trace;
    for (const std::string& note : received) expected += "#" + note;
    if (result != expected)
      throw Violation("its result does not tell all signals in order: " + result +
                      "; history: " + expected);
    check_trace(trace, generation.body, facts, false);
  } else if (const auto* failed = end.attributes_if<WorkflowExecutionFailedEventAttributes>()) {
    const std::string outcome = outcome_of(*failed->failure);
    if (!last || !fails || outcome != "failed:" + std::string(kPlannedFailure))
      throw Violation("failed, against its program: " + outcome + ": " + failed->failure->message);
    check_trace(failed->failure->message, generation.body, facts, false);
  } else if (const auto* again =
                 end.attributes_if<WorkflowExecutionContinuedAsNewEventAttributes>()) {
    if (last) throw Violation("continued as new, against its program");
    if (input_of(again->input).received != received)
      throw Violation("signals were not carried over when it continued as new");
    const auto successor = runs_.find(again->new_execution_run_id);
    if (successor == runs_.end() ||
        start_of(successor->second.events).continued_execution_run_id != run.row.run_id)
      throw Violation("continued as a run that is not there");
  } else if (run.row.status == RunStatus::Terminated) {
    if (!ledger_.termination_asked.contains(run.row.run_id))
      throw Violation("terminated, and nobody asked for it");
  } else if (run.row.status == RunStatus::TimedOut) {
    if (program.run_timeout == Duration::zero()) throw Violation("timed out without a timeout");
    const WallTime due = run.row.start_time + program.run_timeout;
    if (run.row.close_time < due) throw Violation("timed out early");
  }
  if (run.row.status == RunStatus::Canceled && generation.cleans_up &&
      facts.activity("clean") == nullptr)
    throw Violation("canceled without its clean-up");
}

// Every acknowledged call is in the history of its run, once; no signal is there twice.
void Checker::check_calls() const {
  std::map<std::string, int> seen;
  for (const auto& [run_id, run] : runs_) {
    for (const std::string& note : read_facts(run.events).notes) ++seen[run_id + " " + note];
  }
  for (const auto& [note, count] : seen) {
    if (count > 1) throw Violation(fmt::format("a signal is in history {} times: {}", count, note));
  }
  for (const auto& [id, call] : ledger_.calls) {
    const auto run = runs_.find(call.run_id);
    if (run == runs_.end()) throw Violation("the run of an acknowledged call is gone: " + id);
    std::string text = id;
    while (text.ends_with('\'')) text.pop_back();
    const HistoryFacts facts = read_facts(run->second.events);
    if (call.is_cancel ? facts.cancel_requests == 0 : !seen.contains(call.run_id + " " + text))
      throw Violation(fmt::format("an acknowledged call is not in history: {}", id));
  }
  std::map<std::string, int> chains;
  for (const auto& [run_id, run] : runs_) {
    if (start_of(run.events).first_execution_run_id == run_id) ++chains[run.row.workflow_id];
  }
  for (const auto& [workflow_id, count] : chains) {
    if (count != 1) throw Violation(fmt::format("{} was started {} times", workflow_id, count));
  }
}

// A signal from run to run is in both histories or in none of them.
void Checker::check_externals() const {
  std::map<std::string, int> arrived;
  for (const auto& [run_id, run] : runs_) {
    for (const std::string& note : read_facts(run.events).notes) ++arrived[note];
  }
  for (const auto& [run_id, run] : runs_) {
    std::map<std::int64_t, std::string> texts;
    for (const HistoryEvent& event : run.events) {
      if (const auto* initiated =
              event.attributes_if<SignalExternalWorkflowExecutionInitiatedEventAttributes>()) {
        texts[event.event_id] =
            std::get<0>(from_payloads<std::tuple<std::string>>(to_list(initiated->input)));
      } else if (const auto* sent =
                     event.attributes_if<ExternalWorkflowExecutionSignaledEventAttributes>()) {
        if (arrived[texts.at(sent->initiated_event_id)] != 1)
          throw Violation("a signal to another run was confirmed and is not there once: " +
                          texts.at(sent->initiated_event_id));
      } else if (const auto* failed =
                     event.attributes_if<SignalExternalWorkflowExecutionFailedEventAttributes>()) {
        if (arrived[texts.at(failed->initiated_event_id)] != 0)
          throw Violation("a signal to another run has failed and is there: " +
                          texts.at(failed->initiated_event_id));
      }
    }
  }
}

}  // namespace durasim::inline v0::dst
