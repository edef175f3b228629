// Compares a command of the code with the event that should record it. Internal to replay.
#pragma once

#include "durasim/core/activation.hpp"
#include "durasim/core/history.hpp"
#include "durasim/replay/nondeterminism.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::replay {

// The name of the event that records a command of this kind: "TimerStarted"; "query result" for the
// one that none does.
std::string_view command_name(const WorkflowCommand& command);

// True for events that only a command of workflow code can have written.
bool is_command_event(const proto::HistoryEvent& event);

struct Differences {
  std::vector<Mismatch> fatal;    // what Temporal checks: kinds, ids, types
  std::vector<Mismatch> warning;  // what it does not: durations, inputs, results, options
};
// `opened_event_id`: for a command that cancels, the event that opened what it cancels.
Differences compare(const proto::HistoryEvent& event, const WorkflowCommand& command,
                    std::int64_t opened_event_id);

}  // namespace durasim::inline v0::replay
