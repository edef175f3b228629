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

namespace pipeline = durasim::pipeline;

// A trace store that has bad days.
class Unreliable final : public pipeline::TraceStore {
 public:
  explicit Unreliable(pipeline::TraceStore& traces) : traces_(traces) {}
  void update(const pipeline::Trace& trace) override {
    ++calls;
    if (failures > 0) {
      --failures;
      throw durasim::UnavailableError("no connection to the traces");
    }
    traces_.update(trace);
  }
  std::optional<pipeline::Trace> find(const std::string& run_id) override {
    return traces_.find(run_id);
  }
  std::vector<pipeline::TraceRun> runs(const std::string& prefix, std::size_t limit) override {
    return traces_.runs(prefix, limit);
  }
  std::vector<pipeline::TraceRun> running(std::size_t limit) override {
    return traces_.running(limit);
  }
  int failures = 0;
  int calls = 0;

 private:
  pipeline::TraceStore& traces_;
};

// A worker with the real steps, in virtual time; a test replaces one of them.
class Bench {
 public:
  explicit Bench(const std::string& mesh = kCube)
      : artifacts(folder_.file("artifacts")),
        kept_(pipeline::open_sqlite_traces(folder_.file("traces"))) {
    durasim::write_file(folder_.file("cube.obj"), durasim::as_bytes(mesh));
    request = pipeline::request_of(folder_.file("cube.obj"), artifacts, "mm");
    request.duration = durasim::Seconds(0.05);
    request.video = false;
    pipeline::implement_simulation(worker(), services());
  }
  [[nodiscard]] pipeline::SimulationServices services() {
    return {.artifacts = &artifacts,
            .work_folder = folder_.file("work"),
            .traces = &traces,
            .history = &environment.frontend()};
  }
  durasim::Worker& worker() { return environment.worker(std::string(pipeline::kSimulationQueue)); }
  [[nodiscard]] durasim::WorkflowRun<pipeline::SimulationResult> start() {
    return pipeline::simulate(environment.client(), request);
  }
  std::size_t sweep() { return pipeline::sweep_simulations(environment.client(), services()); }
  // The only one; an update that nobody waits for has happened.
  [[nodiscard]] pipeline::Trace trace() {
    const std::vector<pipeline::TraceRun> runs = traces.runs("simulation-", 10);
    REQUIRE(runs.size() == 1);
    CHECK(runs.front().workflow_id == pipeline::workflow_id_of(request));
    return traces.find(runs.front().run_id).value();
  }

 private:
  TemporaryFolder folder_;

 public:
  durasim::testing::WorkflowEnvironment environment;
  pipeline::FileArtifactStore artifacts;
  pipeline::SimulationRequest request;

 private:
  std::unique_ptr<pipeline::TraceStore> kept_;

 public:
  Unreliable traces{*kept_};
};

// "import_geometry Completed 1" ...
inline std::vector<std::string> steps_of(const pipeline::Trace& trace) {
  std::vector<std::string> lines;
  lines.reserve(trace.steps.size());
  for (const pipeline::TraceStep& step : trace.steps) {
    lines.push_back(step.name + " " + std::string(to_string(step.status)) + " " +
                    std::to_string(step.attempts));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace durasim_test
