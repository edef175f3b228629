// Asks for what comes after the last event that was printed; the engine answers when there is some.
#include "cli/workflow_follow.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/history.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

namespace durasim::cli {

namespace {

constexpr Duration kLongPoll = std::chrono::hours(1);  // engines answer earlier

// The run that this closing event names: continued as new, retried, ...
std::string successor_in(const proto::HistoryEvent& event) {
  using namespace proto;
  if (const auto* a = event.attributes_if<WorkflowExecutionContinuedAsNewEventAttributes>())
    return a->new_execution_run_id;
  if (const auto* a = event.attributes_if<WorkflowExecutionFailedEventAttributes>())
    return a->new_execution_run_id;
  if (const auto* a = event.attributes_if<WorkflowExecutionTimedOutEventAttributes>())
    return a->new_execution_run_id;
  if (const auto* a = event.attributes_if<WorkflowExecutionCompletedEventAttributes>())
    return a->new_execution_run_id;
  return {};
}

HistoryPart next_part(const StoreAccess& store, const WorkflowExecution& run,
                      std::int64_t last_event_id) {
  if (!store.is_served())
    return store.frontend().history_after(run, last_event_id, Duration::zero());
  const auto engine_has_ended = [&] {
    return UnavailableError(fmt::format(
        "the engine has ended, after event {} of workflow {}, which has not closed by then",
        last_event_id, run.workflow_id));
  };
  try {
    return store.frontend().history_after(run, last_event_id, kLongPoll);
  } catch (const StoreUnknown&) {  // the connection was lost
    throw engine_has_ended();
  } catch (const UnavailableError&) {  // there is no new one
    throw engine_has_ended();
  } catch (const CancelledError&) {
    throw engine_has_ended();
  }
}

}  // namespace

void follow_history(const StoreAccess& store, WorkflowExecution run, bool successors,
                    Output output) {
  print_history_head(output);
  std::int64_t last_event_id = 0;
  std::string successor;
  for (;;) {
    const HistoryPart part = next_part(store, run, last_event_id);
    run.run_id = part.run_id;  // whoever has the workflow id later
    const proto::History history = decode_history(part.history);
    print_events(history, output);
    if (!history.events.empty()) {
      last_event_id = history.events.back().event_id;
      successor = successor_in(history.events.back());
    }
    if (part.closed) {
      if (!successors || successor.empty()) return;
      run.run_id = std::exchange(successor, {});
      last_event_id = 0;
    } else if (!store.is_served()) {
      throw UnavailableError(
          fmt::format("these are the events so far: no engine runs the store, so that nothing "
                      "follows; start the program that serves workflow {}",
                      run.workflow_id));
    }
  }
}

}  // namespace durasim::cli
