// A whole engine in the durasim program, for the verbs that do work. Whichever verb has started it,
// it serves simulations, sweeps and scripts, because a script may call the other verbs on the same
// store.
#pragma once

#ifdef DURASIM_HAVE_SQLITE
#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/engine/remote.hpp"
#include "durasim/pipeline/script.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/store/sqlite.hpp"

#include "cli/artifact_location.hpp"
#include "cli/ending.hpp"
#include "cli/simulate_arguments.hpp"
#include "cli/store_access.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace durasim::cli {

struct WorkOptions {
  std::string store;
  ArtifactLocation artifacts{};
  std::string trace{};  // as --trace
  sim::ImportOptions import{};
  LogLevel level = LogLevel::Warning;
  // How a stop is told while another process's engine does the work.
  bool json = false;
  std::string when_left = "stopped waiting for the process that has the store, which goes on";
  // About the work, on its threads.
  std::function<void(const sim::StageProgress&)> progress{};
  std::function<void()> scene_done{};
};

class WorkEngine {
 public:
  // Starts. Ends when `stop` is requested: whoever waits for a result then gets a CancelledError.
  // Throws StoreInUse when another process has the store and keeps it for a while, CancelledError
  // when `stop` ends that wait.
  WorkEngine(const WorkOptions& options, const std::stop_token& stop);
  [[nodiscard]] Client client() { return engine_.client(); }

 private:
  [[nodiscard]] pipeline::SimulationServices simulation_services(const WorkOptions& options,
                                                                 const std::stop_token& stop);

  std::unique_ptr<pipeline::ArtifactStore> artifacts_;
  std::unique_ptr<pipeline::TraceStore> traces_;
  Engine engine_;
  std::optional<std::stop_callback<std::function<void()>>> end_;
};

// The same through the engine of another process, whose stop, or ours, ends the waiting; ours ends
// this program. Nothing: it is not there, or not any more.
template <class Wait>
auto with_remote_engine(const WorkOptions& options, const std::stop_token& stop, const Wait& wait)
    -> std::optional<decltype(wait(std::declval<const Client&>()))> {
  try {
    RemoteEngine remote(options.store);
    const LeaveOnStop leave(stop, options.json, options.when_left);
    return wait(remote.client());
  } catch (const UnavailableError&) {
    return std::nullopt;
  } catch (const StoreUnknown&) {
    return std::nullopt;
  } catch (const CancelledError&) {
    return std::nullopt;
  }
}

// What `wait` returns with a client of the engine that has the store: another process's, or one
// that this program starts; again when the other process ends first. Throws CancelledError after
// `stop`.
template <class Wait>
auto with_engine(const WorkOptions& options, const std::stop_token& stop, const Wait& wait) {
  for (OwnerPatience patience;;) {
    if (auto result = with_remote_engine(options, stop, wait)) return *std::move(result);
    try {
      WorkEngine engine(options, stop);
      return wait(engine.client());
    } catch (const StoreInUse& error) {
      patience.refused(options.store, error);
    }
  }
}

// Waits for the result. What failed an activity is the reason that people can do something about.
template <class R>
R result_of(const WorkflowRun<R>& run) {
  try {
    return run.result();
  } catch (const ActivityFailure& failure) {
    throw Error(failure.cause() ? failure.cause()->message : failure.what());
  }
}

// What the arguments say of the store and of the work.
WorkOptions work_options(const SimulateArguments& arguments, const std::stop_token& stop);

// The request for what the arguments say; the file goes into the store of artifacts.
pipeline::SimulationRequest request_for(const SimulateArguments& arguments,
                                        pipeline::ArtifactStore& artifacts);

}  // namespace durasim::cli
#endif
