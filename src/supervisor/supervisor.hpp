// Runs one script from its claim to the record of its end: outputs, timeout, requests to end it.
#pragma once

#include "core/descriptor.hpp"
#include "pipeline/script_folder.hpp"
#include "supervisor/kept_output.hpp"
#include "supervisor/script_process.hpp"

#include <cstdint>
#include <string>

namespace durasim::supervisor {

// The place of the record, with its space: a disk that fills up while the script runs does not take
// its result.
class ExitRecord {
 public:
  explicit ExitRecord(const pipeline::ScriptFolder& folder);
  ~ExitRecord();
  ExitRecord(const ExitRecord&) = delete;
  ExitRecord& operator=(const ExitRecord&) = delete;
  // Durable, and only then visible.
  void write(const pipeline::ScriptExit& exit);

 private:
  const pipeline::ScriptFolder& folder_;
  std::string name_;
  Descriptor file_;
};

class Supervisor {
 public:
  explicit Supervisor(pipeline::ScriptFolder folder);
  // Returns when the end is recorded, or at once when the folder is claimed by somebody else.
  // Throws Error when it could not claim the folder, and when it could not record the end.
  void run();

 private:
  void supervise();
  void watch();
  [[nodiscard]] bool over() const;
  void on_signals();
  void on_control();
  void on_timer();
  void stop_script();
  void set_timer(Duration in) const;

  pipeline::ScriptFolder folder_;
  pipeline::ScriptOrder order_;
  Descriptor signals_;
  Descriptor control_;
  Descriptor timer_;
  pipeline::ScriptExit exit_;
  ScriptProcess* script_ = nullptr;
  KeptOutput* output_ = nullptr;
  KeptOutput* error_ = nullptr;
  bool stopping_ = false;  // SIGTERM was sent
  bool ended_ = false;     // the script has; what it has started may live
  bool killed_ = false;    // SIGKILL was sent
};

}  // namespace durasim::supervisor
