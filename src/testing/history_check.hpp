// What holds in every history by itself, whatever the workflow does. All functions throw Violation.
#pragma once

#include "durasim/core/history.hpp"
#include "durasim/store/store.hpp"
#include "durasim/workflow/instance.hpp"

#include <span>
#include <vector>

namespace durasim::inline v0::testing {

// Verified against its checksums; throws StoreDamaged.
[[nodiscard]] std::vector<proto::HistoryEvent> events_of(const store::Store& store,
                                                         const store::RunRow& row);

// Numbers, beginning and end, the order of workflow tasks, outcomes behind the other buffered
// events.
void check_history(const store::RunRow& row, std::span<const proto::HistoryEvent> events);

// Cold, from the first event on, in strict mode: the same commands again.
void check_replay(const store::RunRow& row, std::span<const proto::HistoryEvent> events,
                  const WorkflowImplementation& implementation);

}  // namespace durasim::inline v0::testing
