// Many scenes of one input: the same simulation with its free parts a little elsewhere each time,
// or with other friction, mass, gravity, damping or gear, to see how often it succeeds. A durable
// workflow: what has been simulated is not done again.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/describe.hpp"
#include "durasim/core/names.hpp"
#include "durasim/core/time.hpp"
#include "durasim/engine/client.hpp"
#include "durasim/engine/worker.hpp"
#include "durasim/geometry/math.hpp"
#include "durasim/pipeline/simulation.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace durasim::inline v0::pipeline {

// Each scene multiplies a parameter of its own model by a factor drawn evenly from `from` to `to`.
struct ParameterRange {
  sim::ModelParameter parameter = sim::ModelParameter::Friction;
  std::string object;  // a part's name, of Gear an actuator's; empty: all
  double from = 1;     // 0 or more, of Mass more
  double to = 1;
};
BOOST_DESCRIBE_STRUCT(ParameterRange, (), (parameter, object, from, to))

// "mass:ball", "gravity". Thread-safe.
DURASIM_EXPORT std::string name_of(const ParameterRange& range);

struct SweepRequest {
  SimulationRequest simulation;  // its video is not made
  std::int64_t runs = 100;       // scenes, 1..1,000,000
  // Each scene moves the start by a value drawn evenly from -jitter to +jitter along each axis, in
  // the unit of the request's zones.
  geometry::Vec3 jitter;
  std::string jittered;       // a part; empty: the goal's target, or else every free part, each by
                              // its own value
  std::uint64_t seed = 42;    // of jitter and ranges; scene i draws the same whatever `runs` is
  double pass_threshold = 1;  // share of the scenes that must succeed, 0..1
  // Scenes of one activity, at least runs / 4000; 0: as many as take a second, by measurement.
  std::int64_t batch = 0;
  // One factor for each; several that concern the same are multiplied. What is drawn for the start
  // does not depend on them, nor do the factors of a range on those behind it.
  std::vector<ParameterRange> ranges;
};
BOOST_DESCRIBE_STRUCT(SweepRequest, (),
                      (simulation, runs, jitter, jittered, seed, pass_threshold, batch, ranges))

// Of the values of all scenes, in the metric's unit: nearest-rank quantiles.
struct Quantiles {
  double least = 0, p5 = 0, median = 0, p95 = 0, largest = 0;
};
BOOST_DESCRIBE_STRUCT(Quantiles, (), (least, p5, median, p95, largest))

struct SweepResult {
  bool passed = false;
  std::int64_t runs = 0;
  std::int64_t successes = 0;
  std::map<std::string, std::int64_t> reasons;  // "STABLE": how many scenes ended so
  std::map<std::string, Quantiles> metrics;     // "max_speed_m_s", ...
  std::string problem;                          // why nothing was stepped: bad geometry
  std::map<std::string, Artifact> artifacts;    // "csv": a line for each scene, "report"
  std::string report;                           // Markdown
};
BOOST_DESCRIBE_STRUCT(SweepResult, (),
                      (passed, runs, successes, reasons, metrics, problem, artifacts, report))

// One JSON object: the members above without the report, and the workflow's id unless it is empty.
// Thread-safe.
DURASIM_EXPORT std::string to_json(const SweepResult& result, const std::string& workflow_id = {});

struct SweepProgress {
  std::int64_t done = 0;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(SweepProgress, (), (done, total))

inline constexpr WorkflowType<SweepResult(SweepRequest)> sweep_workflow{"SweepWorkflow"};
inline constexpr Query<SweepProgress> sweep_progress{"progress"};

// Registers the workflow and its activities beside those of implement_simulation, which the worker
// needs, too. Scenes are stepped by as many threads as the worker has places for activities. Throws
// as implement_simulation.
DURASIM_EXPORT void implement_sweeps(Worker& worker, SimulationServices services);

// The sweep of that request, open or completed, or a new one. Throws InvalidArgument that names
// what is out of range; else as start_or_attach. A part that is not there fails the sweep.
DURASIM_EXPORT WorkflowRun<SweepResult> sweep(const Client& client, const SweepRequest& request);

}  // namespace durasim::inline v0::pipeline
