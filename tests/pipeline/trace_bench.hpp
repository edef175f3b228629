// Simulations in virtual time that leave traces, for tests of these.
#pragma once

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/cube.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace durasim_test {

using namespace durasim;
using namespace durasim::pipeline;

// A trace store that has bad days.
class Unreliable final : public TraceStore {
 public:
  explicit Unreliable(TraceStore& traces) : traces_(traces) {}
  void update(const Trace& trace) override {
    ++calls;
    if (failures > 0) {
      --failures;
      throw UnavailableError("no connection to the traces");
    }
    traces_.update(trace);
  }
  std::optional<Trace> find(const std::string& run_id) override { return traces_.find(run_id); }
  std::vector<TraceRun> runs(const std::string& prefix, std::size_t limit) override {
    return traces_.runs(prefix, limit);
  }
  std::vector<TraceRun> running(std::size_t limit) override { return traces_.running(limit); }
  int failures = 0;
  int calls = 0;

 private:
  TraceStore& traces_;
};

// A worker with the real steps, in virtual time; a test replaces one of them.
class Bench {
 public:
  explicit Bench(const std::string& mesh = kCube)
      : artifacts(folder_.file("artifacts")), kept_(open_sqlite_traces(folder_.file("traces"))) {
    write_file(folder_.file("cube.obj"), as_bytes(mesh));
    request = request_of(folder_.file("cube.obj"), artifacts, "mm");
    request.duration = Seconds(0.05);
    request.video = false;
    implement_simulation(worker(), services());
  }
  [[nodiscard]] SimulationServices services() {
    return {.artifacts = &artifacts,
            .work_folder = folder_.file("work"),
            .traces = &traces,
            .history = &environment.frontend()};
  }
  Worker& worker() { return environment.worker(std::string(kSimulationQueue)); }
  [[nodiscard]] WorkflowRun<SimulationResult> start() {
    return simulate(environment.client(), request);
  }
  std::size_t sweep() { return sweep_simulations(environment.client(), services()); }
  // The only one; an update that nobody waits for has happened.
  [[nodiscard]] Trace trace() {
    const std::vector<TraceRun> runs = traces.runs("simulation-", 10);
    REQUIRE(runs.size() == 1);
    CHECK(runs.front().workflow_id == workflow_id_of(request));
    return traces.find(runs.front().run_id).value();
  }

 private:
  TemporaryFolder folder_;

 public:
  testing::WorkflowEnvironment environment;
  FileArtifactStore artifacts;
  SimulationRequest request;

 private:
  std::unique_ptr<TraceStore> kept_;

 public:
  Unreliable traces{*kept_};
};

// "import_geometry Completed 1" ...
inline std::vector<std::string> steps_of(const Trace& trace) {
  std::vector<std::string> lines;
  lines.reserve(trace.steps.size());
  for (const TraceStep& step : trace.steps) {
    lines.push_back(step.name + " " + std::string(to_string(step.status)) + " " +
                    std::to_string(step.attempts));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace durasim_test
