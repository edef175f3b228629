// The trace of run_simulation, which is one activity and so has no history of its own: its steps
// are what it does one after the other, in the attempt that was made last.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/pipeline/trace.hpp"

#include "pipeline/trace_steps.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::pipeline {

// What belongs to one activity that is a whole simulation has this name, and which workflow's run
// an activity or a run of that name is of.
[[nodiscard]] std::string run_in_activity(const ActivityInfo& info);
[[nodiscard]] std::string workflow_run_of(const std::string& run);

class ActivityTrace {
 public:
  // Writes that it runs. What cannot be written is logged and in nobody's way.
  ActivityTrace(const SimulationServices& services, const ActivityContext& ctx, std::string name);

  // Does the work of a step.
  template <class Work>
  auto step(std::string_view name, const Work& work) {
    begin_step(name);
    auto made = work();
    end_step(TraceStepStatus::Completed, {});
    return made;
  }
  // How it ended. Why that could not be written; empty: it was.
  std::string complete(const SimulationResult& result);
  // The attempt ends by the exception that is being handled. When only its worker is stopping,
  // another one goes on with it, and nothing is written.
  void fail(const PublishTask& so_far);

 private:
  void begin_step(std::string_view name);
  void end_step(TraceStepStatus status, const std::string& detail);
  [[nodiscard]] WallTime now() const;
  // As of the revision of the attempt: its beginning or its end.
  std::string write(const TraceUpdate& update, int moment);

  const TraceServices services_;
  const Clock& clock_;
  const ActivityContext ctx_;
  const std::string name_;
  std::vector<TraceStep> steps_;
};

}  // namespace durasim::inline v0::pipeline
