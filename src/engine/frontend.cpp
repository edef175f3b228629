// The interface's key function, and what an engine answers in which nothing happens by itself.
#include "durasim/engine/frontend.hpp"

#include "durasim/core/encoding.hpp"

#include <vector>

namespace durasim::inline v0 {

Frontend::~Frontend() = default;

HistoryPart Frontend::history_after(const WorkflowExecution& run, std::int64_t last_event_id,
                                    Duration /*at_most*/) {
  const WorkflowDescription now = describe(run);
  proto::History after = decode_history(history({run.workflow_id, now.run_id}));
  std::erase_if(after.events,
                [&](const proto::HistoryEvent& event) { return event.event_id <= last_event_id; });
  return {now.run_id, encode(after), now.status != WorkflowStatus::Running};
}

}  // namespace durasim::inline v0
