// `durasim simulate --durable`: the same simulation as a workflow of a store.
#pragma once

#ifdef DURASIM_HAVE_SQLITE
#include "durasim/pipeline/simulation.hpp"

#include "cli/simulate_arguments.hpp"

#include <stop_token>

namespace durasim::cli {

// Runs the workflow of these arguments, or joins the one that runs or has run already, and writes
// what came of it into the output folder. Throws CancelledError after `stop`: the same command goes
// on from there.
pipeline::SimulationResult simulate_durably(const SimulateArguments& arguments,
                                            const std::stop_token& stop);

}  // namespace durasim::cli
#endif
