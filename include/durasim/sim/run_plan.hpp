// Everything that is decided before the first step of a run: the compiled model, the options of the
// loop, and what the result will say about the input. simulate_local runs it in one go; the durable
// pipeline keeps it between its steps.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/sim/assembly.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/loop.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/result.hpp"
#include "durasim/sim/simulate_local.hpp"

#include <memory>
#include <string>

namespace durasim::inline v0::sim {

struct RunPlan {
  std::string name;                    // of the input, for the report
  MjcfSource source;                   // of the model
  std::shared_ptr<const Model> model;  // null: there is nothing to run, and `result` says why
  LoopOptions loop;
  // Provenance, problems, parts and notes; without a model the verdict, too.
  SimulationResult result;
};

// Of `options` it uses what is about scene and rules; nothing is run or written. Bad geometry is a
// plan without a model. Throws InvalidArgument (a name that is no part, an impossible option) and
// MujocoError; for an assembly also ModelError. Thread-safe.
DURASIM_EXPORT RunPlan plan_run(const Assembly& assembly, const SimulateOptions& options);
DURASIM_EXPORT RunPlan plan_run(const MjcfInput& input, const SimulateOptions& options);

}  // namespace durasim::inline v0::sim
