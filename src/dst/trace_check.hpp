// Compares what a program told about its steps (interpreter.hpp) with the program and with history.
#pragma once

#include "dst/history_facts.hpp"
#include "dst/program.hpp"

#include <string>

namespace durasim::inline v0::dst {

// Throws Violation. `canceled`: the run was asked to cancel, so that any step may have ended so.
void check_trace(const std::string& trace, const Step& body, const HistoryFacts& facts,
                 bool canceled);

}  // namespace durasim::inline v0::dst
