// `durasim simulate --durable`: the same simulation as a workflow of a store.
#pragma once

#ifdef DURASIM_HAVE_SQLITE
#include "durasim/pipeline/simulation.hpp"

#include "cli/simulate_arguments.hpp"

#include <stop_token>
#include <string>

namespace durasim::cli {

struct DurableSimulation {
  std::string workflow_id;
  pipeline::SimulationResult result;
};

// Runs the workflow of these arguments, or joins the one that runs or has run already, and writes
// what came of it into the output folder. Says the workflow's id on standard error when it begins.
// Throws CancelledError after `stop`: the same command goes on from there.
DurableSimulation simulate_durably(const SimulateArguments& arguments, const std::stop_token& stop);

}  // namespace durasim::cli
#endif
