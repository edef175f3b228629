// Starts the supervisor of a script so that it does not belong to this process any more.
#pragma once

#include "pipeline/script_watch.hpp"

#include <string>

namespace durasim::inline v0::pipeline {

// Returns what the supervisor complains of; nothing: it has claimed the folder, or found it
// claimed, or has died without a word, which the folder tells. Returns early when stop is
// requested: then it may still claim the folder, until somebody else does. Throws UnavailableError
// when the program cannot be started.
std::string launch_supervisor(const std::string& program, const std::string& folder,
                              const StopSignal& stop);

}  // namespace durasim::inline v0::pipeline
