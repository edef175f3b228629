// Starts a child process with three connected streams and its limits; child_process.cpp does the
// rest.
#pragma once

#include "durasim/core/process.hpp"

#include "core/descriptor.hpp"

#include <sys/types.h>

namespace durasim::inline v0 {

// A started child and our ends of its streams. Whoever has it must reap it.
struct SpawnedChild {
  pid_t pid = -1;
  Descriptor input;
  Descriptor output;  // does not block
  Descriptor error;   // does not block
};

// Throws UnavailableError when the child cannot be started.
SpawnedChild spawn_child(const ProcessOptions& options);

}  // namespace durasim::inline v0
