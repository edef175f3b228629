// From the run's folder into the artifact store: what a step has made lies in a store of the run's
// own first, so that the step ends without waiting for a server.
#pragma once

#include "durasim/core/describe.hpp"
#include "durasim/core/names.hpp"
#include "durasim/pipeline/artifact_store.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/workflow/workflow.hpp"

#include <vector>

namespace durasim::inline v0::pipeline {

struct UploadTask {
  std::vector<Artifact> files;  // in the run's own store
};
BOOST_DESCRIBE_STRUCT(UploadTask, (), (files))

struct Uploaded {
  std::vector<Artifact> lost;  // gone or damaged; if there are any, nothing was uploaded
};
BOOST_DESCRIBE_STRUCT(Uploaded, (), (lost))

inline constexpr Activity<Uploaded(UploadTask)> upload_files{"upload_files"};

// How often what is lost before it is uploaded is made, until the run goes without it.
inline constexpr int kMostLosses = 3;

// The workflow's part. False: something is lost, and to be made again. While it lasts, `stage` says
// so.
Workflow<bool> upload(WorkflowContext ctx, UploadTask task, SimulationStage* stage);

}  // namespace durasim::inline v0::pipeline
