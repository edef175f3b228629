// The script's own process: its start and its process group.
#pragma once

#include "core/descriptor.hpp"
#include "pipeline/script_folder.hpp"

#include <sys/types.h>

#include <utility>

namespace durasim::supervisor {

// How a process has ended; as in pipeline::ScriptExit.
struct ProcessEnd {
  int exit_code = -1;
  int signal = 0;
};

// A process group whose leader was started by this process and is not reaped before the end, so
// that nobody else can have its id.
class ScriptProcess {
 public:
  // Starts it, with its outputs in pipes. Throws UnavailableError (what could not be done and why).
  // It dies with this process, not what it starts itself.
  explicit ScriptProcess(const pipeline::ScriptOrder& order);
  // Kills what is left of the group.
  ~ScriptProcess();
  ScriptProcess(const ScriptProcess&) = delete;
  ScriptProcess& operator=(const ScriptProcess&) = delete;

  // Our ends; they do not block. To be taken once.
  Descriptor take_output() { return std::move(output_); }
  Descriptor take_error() { return std::move(error_); }
  // True once the leader has ended, with how.
  [[nodiscard]] bool has_ended(ProcessEnd& end) const;
  void send(int signal) const;

 private:
  pid_t pid_ = -1;
  Descriptor output_;
  Descriptor error_;
};

}  // namespace durasim::supervisor
