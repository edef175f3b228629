// durasim workflow show --follow: a history as it grows.
#pragma once

#include "durasim/engine/frontend.hpp"

#include "cli/store_access.hpp"
#include "cli/workflow_text.hpp"

namespace durasim::cli {

// Prints the events that there are and then each new one, until the run closes; with `successors`
// until a run closes that does not go on in another one. Throws UnavailableError when no engine
// works on the store, after what there is.
void follow_history(const StoreAccess& store, WorkflowExecution run, bool successors,
                    Output output);

}  // namespace durasim::cli
