// What is killed: an engine whose clients start, signal and wait as fast as they can, and write a
// line to standard output for each thing that has been acknowledged to them.
#pragma once

#include "durasim/core/names.hpp"
#include "durasim/workflow/workflow.hpp"

#include <string>

namespace durasim {

inline constexpr WorkflowType<int(int)> chain_type{"Chain"};
inline constexpr WorkflowType<int()> inbox_type{"Inbox"};
inline constexpr Activity<int(int)> one_step{"one_step"};
inline constexpr Signal<int> number{"number"};

inline constexpr int kChainSteps = 3;
inline constexpr int kInboxSignals = 4;

// Three steps and a short timer; the result is n + 3.
Workflow<int> chain(WorkflowContext ctx, int n);
// Four signals; the result is their sum.
Workflow<int> inbox(WorkflowContext ctx);

// Works until it is killed. Lines: "start ID", "signal ID NUMBER", "result ID VALUE".
[[noreturn]] void run_busy_engine(const std::string& store, const std::string& prefix);

}  // namespace durasim
