// What becomes of one attempt of an activity.
#pragma once

#include "durasim/core/failure_message.hpp"

#include <variant>

namespace durasim::inline v0 {

struct ActivityCompleted {
  PayloadList result;
};
// Retried or not, as the retry policy says.
struct ActivityFailed {
  proto::Failure failure;
};
// Ended because the workflow had asked it to.
struct ActivityCanceled {
  PayloadList details;
};
struct ActivityWillCompleteAsync {};

using ActivityOutcome =
    std::variant<ActivityCompleted, ActivityFailed, ActivityCanceled, ActivityWillCompleteAsync>;

// What complete_async() throws.
struct ActivityCompletesElsewhere {};

}  // namespace durasim::inline v0
