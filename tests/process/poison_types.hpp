// What the process that is poisoned and its test both know.
#pragma once

#include "durasim/core/names.hpp"

namespace durasim {

// Runs whose code ends the process, or never returns; both give their input back where they are
// repaired.
inline constexpr WorkflowType<int(int)> segfaulting{"Segfaulting"};
inline constexpr WorkflowType<int(int)> hanging{"Hanging"};
// Healthy: five activities.
inline constexpr WorkflowType<int(int)> healthy{"Healthy"};
inline constexpr Activity<int(int)> add_step{"add_step"};

}  // namespace durasim
