// The verbs of the durasim program. Each adds its options to the command line and gives back what
// runs it.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::cli {

// Exit codes; scripts rely on them.
inline constexpr int kSuccess = 0;
inline constexpr int kError = 1;  // usage, input/output, infrastructure
inline constexpr int kFail = 2;   // a verdict of FAIL: physics, geometry, or a damaged store
inline constexpr int kCancelled = 130;

// Runs a verb; returns its exit code. Faults are exceptions, which main turns into text or
// {"error": ...}.
using Command = std::function<int(const std::stop_token&)>;

// A check for options whose text names a file; says what is wrong with it.
inline std::string refuse_empty(const std::string& path) {
  return path.empty() ? "the path is empty" : "";
}

// Each registers one verb below `app`; `chosen` becomes its command when the user names it.
void add_simulate(CLI::App& app, Command& chosen);
void add_inspect(CLI::App& app, Command& chosen);
void add_doctor(CLI::App& app, Command& chosen);
void add_version(CLI::App& app, Command& chosen);
#ifdef DURASIM_HAVE_SQLITE
void add_check(CLI::App& app, Command& chosen);
void add_backup(CLI::App& app, Command& chosen);
void add_render(CLI::App& app, Command& chosen);
void add_sweep(CLI::App& app, Command& chosen);
// `command` is what stands behind `--`.
void add_script(CLI::App& app, Command& chosen, std::vector<std::string> command);
void add_trace(CLI::App& app, Command& chosen);
void add_workflow(CLI::App& app, Command& chosen);
#endif

}  // namespace durasim::cli
