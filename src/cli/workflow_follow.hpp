// durasim workflow show --follow: a history as it grows.
#pragma once

#include "durasim/engine/frontend.hpp"

#include "cli/store_access.hpp"
#include "cli/workflow_text.hpp"

#include <stop_token>

namespace durasim::cli {

// Ends the program when it is asked to stop while it waits for an engine's answer: what was printed
// is out, and the engine notices that its client is gone.
class LeaveOnStop {
 public:
  explicit LeaveOnStop(std::stop_token stop);

 private:
  struct Leave {
    void operator()() const noexcept;
  };
  std::stop_callback<Leave> leave_;
};

// Prints the events that there are and then each new one, until the run closes; with `successors`
// until a run closes that does not go on in another one. Throws UnavailableError when no engine
// works on the store, after what there is.
void follow_history(const StoreAccess& store, WorkflowExecution run, bool successors,
                    Output output);

}  // namespace durasim::cli
