// What the cases of run.py share.
#pragma once

#include "durasim/workflow/workflow.hpp"

#include <memory>
#include <string>
#include <vector>

using durasim::Workflow;
using durasim::WorkflowContext;

inline constexpr durasim::WorkflowType<std::string(int)> type{"Type"};
inline constexpr durasim::Activity<int(std::string, int)> score{"score"};
inline constexpr durasim::Query<int> phase{"phase"};
inline constexpr durasim::Signal<int> number{"number"};
