// What the workflow verbs print: tables for people, JSON in the words of Temporal's CLI for
// programs.
#pragma once

#include "durasim/core/history.hpp"
#include "durasim/core/payload.hpp"
#include "durasim/engine/options.hpp"

#include <string>
#include <vector>

namespace durasim::cli {

enum class Output { Text, Json, JsonLines };

void print_list(const std::vector<WorkflowDescription>& runs, Output output);
void print_description(const WorkflowDescription& run, Output output);
void print_history(const proto::History& history, Output output);
// The same in parts: what stands above them, and each part, written out at once.
void print_history_head(Output output);
void print_events(const proto::History& history, Output output);
// Results: the JSON values that payloads hold, one a line; others as payloads.
void print_values(const PayloadList& payloads);

}  // namespace durasim::cli
