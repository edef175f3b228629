// A durable simulation: a workflow that imports geometry, compiles the scene, steps it with
// checkpoints, renders and publishes. Killed at any moment and started again, it goes on from its
// last checkpoint and ends in the same state, bit for bit (docs/durable-simulation.md).
//   pipeline::FileArtifactStore artifacts("sim.artifacts");
//   Engine engine{{.store = "sim.db"}};
//   pipeline::implement_simulation(engine.worker(std::string(pipeline::kSimulationQueue)),
//                                  {.artifacts = &artifacts, .work_folder = "sim.work"});
//   engine.start();
//   auto run = pipeline::simulate(engine.client(), pipeline::request_of("arm.step", artifacts));
//   std::puts(run.result().verdict.detail.c_str());
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/describe.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/names.hpp"
#include "durasim/core/time.hpp"
#include "durasim/engine/client.hpp"
#include "durasim/engine/worker.hpp"
#include "durasim/pipeline/artifact_store.hpp"
#include "durasim/pipeline/describe_simulation.hpp"
#include "durasim/pipeline/geometry_source.hpp"
#include "durasim/pipeline/trace.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/result.hpp"
#include "durasim/sim/simulate_local.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace durasim::inline v0::pipeline {

// ---- what is asked for --------------------------------------------------------------------------

// Equal requests are one simulation: their hash is the workflow's id. It holds references and
// values, never an object of a process.
struct SimulationRequest {
  std::string name;  // of the input, for the report
  Geometry geometry;
  sim::SceneOptions scene;  // of MJCF only `zones`, which are in metres
  // Zones and the floor's height are in the unit of the geometry, which is known when it is read;
  // those of MJCF are in metres.
  bool lengths_in_file_unit = false;
  Seconds duration{5};
  sim::GoalRule goal;
  std::optional<sim::MotorOverload> motor_overload = sim::MotorOverload{};
  std::uint64_t seed = 0;
  bool video = true;  // also the pictures
  VideoFormat video_format;
};
BOOST_DESCRIBE_STRUCT(SimulationRequest, (),
                      (name, geometry, scene, lengths_in_file_unit, duration, goal, motor_overload,
                       seed, video, video_format))

// A request for the file at `path`, whose bytes go into the store; of an MJCF model with all that
// it names. `unit` as GeometryFile. Throws IoError, FormatError, InvalidArgument for an unknown
// kind of file.
DURASIM_EXPORT SimulationRequest request_of(const std::string& path, ArtifactStore& artifacts,
                                            const std::string& unit = {});

// "simulation-" and the SHA-256 of the request's JSON.
DURASIM_EXPORT std::string workflow_id_of(const SimulationRequest& request);

// ---- what comes of it ---------------------------------------------------------------------------

// As simulate_local's, and what the engine knows of the run.
struct SimulationResult : sim::SimulationResult {
  std::map<std::string, Artifact> artifacts;  // by the names of artifact_urls
  std::int64_t resumed_from_step = 0;         // where the last attempt began; 0: at the start
  int attempts = 0;                           // of stepping; 0: nothing was stepped
  std::string restarted_because;  // why a checkpoint could not be continued; empty: all could
};
BOOST_DESCRIBE_STRUCT(SimulationResult, (sim::SimulationResult),
                      (artifacts, resumed_from_step, attempts, restarted_because))

// The JSON of simulate_local's result with "resumed_from_step", "attempts" and, unless they are
// empty, "restarted_because" and "workflow_id".
DURASIM_EXPORT std::string to_json(const SimulationResult& result,
                                   const std::string& workflow_id = {});

enum class SimulationStage { Import, Compile, Simulate, Paused, Render, Upload, Publish, Done };
BOOST_DESCRIBE_ENUM(SimulationStage, Import, Compile, Simulate, Paused, Render, Upload, Publish,
                    Done)

struct SimulationProgress {
  SimulationStage stage = SimulationStage::Import;
  // Of physics or geometry: before anything is uploaded, and before pictures and video exist.
  std::optional<sim::Verdict> verdict;
  // Steps of Simulate and Paused, frames of Render. 0 of 0 in other stages, and as long as no
  // activity in the process that answers has told: the work has not begun, or is done elsewhere.
  std::int64_t done = 0;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(SimulationProgress, (), (stage, verdict, done, total))

// ---- names --------------------------------------------------------------------------------------

inline constexpr std::string_view kSimulationQueue = "simulation-task-queue";

inline constexpr WorkflowType<SimulationResult(SimulationRequest)> simulation_workflow{
    "SimulationWorkflow"};
// Stepping stops after a checkpoint and goes on from it.
inline constexpr Signal<void> pause_simulation{"pause"};
inline constexpr Signal<void> resume_simulation{"resume"};
// Cancels the workflow: stepping stops within one step.
inline constexpr Signal<void> cancel_simulation{"cancel"};
inline constexpr Query<SimulationProgress> simulation_progress{"progress"};

// All of it as one activity, for hosts with a workflow of their own.
inline constexpr Activity<SimulationResult(SimulationRequest)> run_simulation{"run_simulation"};

// ---- the worker ---------------------------------------------------------------------------------

struct SimulationServices {
  ArtifactStore* artifacts = nullptr;  // required; borrowed
  // Where runs keep checkpoints while they step, and what they have made until it is uploaded:
  // local, and durable over a crash if the simulation is to be. Made if it is not there. Nobody
  // else may write to it.
  std::string work_folder{};
  // Limits of the import process, and of memory and files also for scripts that make geometry; unit
  // and material are the request's.
  sim::ImportOptions import{};
  FetchUri fetch = fetch_file;
  std::string supervisor{};  // durasim-supervisor, as ScriptOptions::supervisor
  std::string egl_library = "libEGL.so.1";
  // How many ranges of one video are rendered side by side, as far as the worker has places. 0:
  // half as many as there are cores, since software OpenGL draws with two threads.
  int ranges_at_once = 0;
  // Called on the threads of activities; thread-safe.
  std::function<void(const sim::StageProgress&)> progress{};
  std::function<void()> scene_done{};  // of a sweep; likewise
  const Clock* clock = nullptr;  // of checkpoints and progress; null: system_clock(). Borrowed.
  // Where the workflow's runs leave their traces, and the engine whose histories these follow from;
  // with it, each run begins by clearing up as sweep_simulations does. Borrowed; `traces` need
  // `history`.
  TraceStore* traces = nullptr;
  Frontend* history = nullptr;
  Logger log{};
};

// Registers the workflow, its activities and run_simulation. Throws InvalidArgument when a service
// is missing, IoError for the work folder.
DURASIM_EXPORT void implement_simulation(Worker& worker, SimulationServices services);

// Clears up after runs that could not do it themselves: those that were terminated or timed out,
// and those at whose end the traces could not be written. Removes what they have left below the
// work folder, which must be this engine's alone, and completes traces that say Running. What an
// attempt still uses is left to the next call. Call it after Engine::start(), with the services of
// implement_simulation. Returns how many folders and traces it has dealt with. What is damaged or
// cannot be had (a run, a folder, the traces) is left with a warning.
DURASIM_EXPORT std::size_t sweep_simulations(const Client& client,
                                             const SimulationServices& services);

// The run of that request, open or completed, or a new one (also when the last one failed or was
// cancelled): through an engine or from another process. Throws as start_or_attach.
DURASIM_EXPORT WorkflowRun<SimulationResult> simulate(const Client& client,
                                                      const SimulationRequest& request);

}  // namespace durasim::inline v0::pipeline
