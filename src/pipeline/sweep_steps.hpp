// The activities of a sweep: a batch of scenes, and the summary of all.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/pipeline/sweep.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/verdict.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace durasim::inline v0::pipeline {

struct SceneBatch {
  Artifact mjcf;
  sim::LoopOptions loop;
  geometry::Vec3 jitter_m;
  std::string body;  // empty: every free one
  std::uint64_t seed = 0;
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::vector<ParameterRange> ranges;
};
BOOST_DESCRIBE_STRUCT(SceneBatch, (), (mjcf, loop, jitter_m, body, seed, first, count, ranges))

struct SceneOutcome {
  std::int64_t index = 0;
  geometry::Vec3 offset_m;  // of the first body that was moved
  sim::Verdict verdict;
  sim::Metrics metrics;
  std::string final_state_hash;
  std::vector<double> factors;  // one for each range
};
BOOST_DESCRIBE_STRUCT(SceneOutcome, (),
                      (index, offset_m, verdict, metrics, final_state_hash, factors))

struct DoneBatch {
  Artifact outcomes;     // of SceneOutcome in JSON, in order
  Seconds per_scene{0};  // wall time
  int cores = 1;         // of the machine that ran it
};
BOOST_DESCRIBE_STRUCT(DoneBatch, (), (outcomes, per_scene, cores))

struct SweepSummary {
  std::string name;
  SweepRequest request;
  std::vector<Artifact> batches;  // each a list of SceneOutcome in JSON, in order
};
BOOST_DESCRIBE_STRUCT(SweepSummary, (), (name, request, batches))

inline constexpr Activity<DoneBatch(SceneBatch)> run_scenes{"run_scenes"};
inline constexpr Activity<SweepResult(SweepSummary)> summarise_sweep{"summarise_sweep"};

// Runs batches; of the model of the last one it need not be compiled again. Thread-safe.
class SceneRunner {
 public:
  explicit SceneRunner(std::shared_ptr<const SimulationServices> services)
      : services_(std::move(services)) {}
  [[nodiscard]] DoneBatch run(const ActivityContext& ctx, const SceneBatch& batch);

 private:
  [[nodiscard]] std::shared_ptr<const sim::Model> model_of(const ActivityContext& ctx,
                                                           const Artifact& mjcf);

  const std::shared_ptr<const SimulationServices> services_;
  std::mutex mutex_;
  std::string compiled_;  // the hash of `model_`'s source
  std::shared_ptr<const sim::Model> model_;
};

[[nodiscard]] SweepResult summarise(const ActivityContext& ctx, const SweepSummary& summary,
                                    ArtifactStore& artifacts);

// What one run of the workflow hands to the next.
struct SweepCarried {
  std::string name;  // of the input
  std::string input_sha256;
  SceneBatch scenes;              // the template of all batches
  std::vector<Artifact> batches;  // those that are done: all from the first scene on
  std::int64_t done = 0;          // scenes in them
  Seconds per_scene{0};           // as measured last; 0: not yet
  int cores = 1;                  // of the machine that ran the last one
};
BOOST_DESCRIBE_STRUCT(SweepCarried, (),
                      (name, input_sha256, scenes, batches, done, per_scene, cores))

// The workflow as its later runs are started; `sweep_workflow` is the same without the argument.
inline constexpr WorkflowType<SweepResult(SweepRequest, std::optional<SweepCarried>)> sweep_on{
    sweep_workflow.name};

Workflow<SweepResult> run_sweep_workflow(WorkflowContext ctx, SweepRequest request,
                                         std::optional<SweepCarried> carried);

}  // namespace durasim::inline v0::pipeline
