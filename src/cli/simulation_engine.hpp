// A whole engine in the durasim program, for the verbs that simulate durably.
#pragma once

#ifdef DURASIM_HAVE_SQLITE
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/pipeline/trace.hpp"

#include "cli/simulate_arguments.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace durasim::cli {

class SimulationEngine {
 public:
  // What is told about the work, on its threads.
  struct Hooks {
    std::function<void(const sim::StageProgress&)> progress;
    std::function<void()> scene_done;
  };
  // Starts on the arguments' store with so many places for activities (0: as many as cores). Ends
  // when `stop` is requested: whoever waits for a result then gets a CancelledError. Throws
  // StoreInUse when another process has the store.
  SimulationEngine(const SimulateArguments& arguments, pipeline::ArtifactStore& artifacts,
                   int places, const std::stop_token& stop, Hooks hooks);
  [[nodiscard]] Client client() { return engine_.client(); }

 private:
  std::unique_ptr<pipeline::TraceStore> traces_;
  Engine engine_;
  std::optional<std::stop_callback<std::function<void()>>> end_;
};

// Waits for the result. What failed an activity is the reason that people can do something about.
template <class R>
R result_of(const WorkflowRun<R>& run) {
  try {
    return run.result();
  } catch (const ActivityFailure& failure) {
    throw Error(failure.cause() ? failure.cause()->message : failure.what());
  }
}

// The request for what the arguments say; the file goes into the store.
pipeline::SimulationRequest request_for(const SimulateArguments& arguments,
                                        pipeline::ArtifactStore& artifacts);

}  // namespace durasim::cli
#endif
