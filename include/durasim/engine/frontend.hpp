// The calls that an engine answers, without types: what Client stands on, whether the engine is in
// this process, in another one, or simulated.
#pragma once

#include "durasim/activity/outcome.hpp"
#include "durasim/core/payload.hpp"
#include "durasim/core/time.hpp"
#include "durasim/engine/errors.hpp"
#include "durasim/engine/options.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {

// Where a run is: an empty run id means the run that the workflow id belongs to now.
struct WorkflowExecution {
  std::string workflow_id;
  std::string run_id;
  bool operator==(const WorkflowExecution&) const = default;
};

// What has come to a run's history after a certain event.
struct HistoryPart {
  std::string run_id;   // of the run that it is of
  std::string history;  // a serialized temporal.api.history.v1.History; may hold no event
  bool closed = false;  // the history ends with it
};

// Every call that returns is durable; one that throws StoreRejected was not applied, StoreUnknown
// may have been. Calls about a workflow throw WorkflowNotFound when there is none.
class DURASIM_EXPORT Frontend {
 public:
  virtual ~Frontend();
  // `attach`: an open or closed run of that id with the same input is the answer.
  virtual WorkflowExecution start(std::string_view workflow_type, PayloadList input,
                                  const StartOptions& options, bool attach) = 0;
  virtual WorkflowExecution signal_with_start(std::string_view workflow_type, PayloadList input,
                                              const StartOptions& options, std::string_view signal,
                                              PayloadList signal_input) = 0;
  virtual void signal(const WorkflowExecution& run, std::string_view name, PayloadList input,
                      const std::string& request_id) = 0;
  virtual PayloadList query(const WorkflowExecution& run, std::string_view type,
                            PayloadList arguments) = 0;
  virtual void cancel(const WorkflowExecution& run, const std::string& reason) = 0;
  virtual void terminate(const WorkflowExecution& run, const std::string& reason) = 0;
  // Dispatches a parked run again.
  virtual void resume(const WorkflowExecution& run) = 0;
  virtual WorkflowDescription describe(const WorkflowExecution& run) = 0;
  virtual std::vector<WorkflowDescription> list(const ListOptions& options) = 0;
  // Waits for the end of the run and of those that it goes on in. Throws the Failure that it ended
  // with.
  virtual PayloadList result(const WorkflowExecution& run) = 0;
  // An activity that completes elsewhere, by its task token.
  virtual void complete_activity(const std::string& task_token, const ActivityOutcome& outcome) = 0;
  // The history as a serialized temporal.api.history.v1.History.
  virtual std::string history(const WorkflowExecution& run) = 0;
  // The events after that one (0: all). Where there are none yet it waits for some, or for the end
  // of the run, at most that long and perhaps less; then the part holds none. This one, for engines
  // in which nothing happens meanwhile, does not wait.
  virtual HistoryPart history_after(const WorkflowExecution& run, std::int64_t last_event_id,
                                    Duration at_most);
};

}  // namespace durasim::inline v0
