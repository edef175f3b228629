// Scripts as durable work. ScriptExecutionWorkflow runs one command in a process that outlives the
// engine: whoever starts the engine again attaches to the script that still runs, or finds how it
// ended. It is never run twice because an engine has died. What that rests on, and its limits:
// docs/scripts.md.
//   pipeline::implement_scripts(engine.worker("scripts"), {.store = "sim.db"});
//   engine.start();
//   const pipeline::ScriptRequest request{.argv = {"/usr/bin/make", "report"}};
//   auto run = engine.client().start_or_attach(
//       pipeline::script_execution, request,
//       {.id = pipeline::script_id(request), .task_queue = "scripts"});
//   std::puts(run.result().stdout_text.c_str());
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/describe.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/names.hpp"
#include "durasim/core/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {
class Client;
class Frontend;
class Worker;
}  // namespace durasim::inline v0

namespace durasim::inline v0::pipeline {

class TraceStore;

// One command. All texts are UTF-8 and enter the history; secrets belong into `inherit`.
struct ScriptRequest {
  // The program and its arguments. A name without '/' is searched in the script's PATH; there is no
  // shell.
  std::vector<std::string> argv{};
  // Empty: the engine's own when it first deals with the script.
  std::string working_directory{};
  // The script's environment is made of these alone: variables by name and value, and names of
  // variables that are taken over from the engine's process, as far as they are set there.
  // DURASIM_STORE is set to ScriptOptions::store.
  std::map<std::string, std::string> environment{};
  std::vector<std::string> inherit{"PATH", "HOME",   "USER", "LOGNAME",
                                   "LANG", "LC_ALL", "TZ",   "TMPDIR"};
  // From the start of its process, downtime of the engine and suspend included; then its process
  // group gets SIGTERM and, after `grace`, SIGKILL. 0: none.
  Duration timeout{};
  Duration grace = std::chrono::seconds(5);
  // Kept of the end of each of standard output and standard error; at most kMaxScriptOutputBytes.
  std::uint64_t max_output_bytes = std::uint64_t{1} << 20;
  // How often it may be run again after it was lost (its supervisor was killed, the machine was
  // booted): only for scripts that may run twice.
  int retries = 0;
  bool operator==(const ScriptRequest&) const = default;
};
BOOST_DESCRIBE_STRUCT(ScriptRequest, (),
                      (argv, working_directory, environment, inherit, timeout, grace,
                       max_output_bytes, retries))

inline constexpr std::uint64_t kMaxScriptOutputBytes = std::uint64_t{4} << 20;

// How the script has ended, whatever its exit code.
struct ScriptResult {
  int exit_code = -1;    // -1: a signal ended it
  std::string signal{};  // "SIGKILL"; empty: it exited
  // Bytes that are not UTF-8 are replaced by U+FFFD. Truncated: the beginning is missing.
  std::string stdout_text{};
  std::string stderr_text{};
  bool stdout_truncated = false;
  bool stderr_truncated = false;
  bool timed_out = false;
  WallTime started_at{};  // of its process, the last one if there were several
  int attempts = 0;       // 1 + how often it was run again after it was lost
  bool operator==(const ScriptResult&) const = default;
};
BOOST_DESCRIBE_STRUCT(ScriptResult, (),
                      (exit_code, signal, stdout_text, stderr_text, stdout_truncated,
                       stderr_truncated, timed_out, started_at, attempts))

// Completes with a result however the script ended. Fails with an ApplicationFailure of one of the
// types below. Cancelling the workflow ends the script like a timeout.
inline constexpr WorkflowType<ScriptResult(ScriptRequest)> script_execution{
    "ScriptExecutionWorkflow"};
// Its end is not known and will not be: its supervisor or the machine died before it was recorded.
inline constexpr std::string_view kScriptLost = "ScriptLost";
// It was not started: no such program or folder, too many arguments, no space for its record.
inline constexpr std::string_view kScriptNotStarted = "ScriptNotStarted";
// The request is none: see validate().
inline constexpr std::string_view kInvalidScript = "InvalidScript";

// ---- the activities behind it, for those who replace them in tests ------------------------------

struct ScriptJob {
  std::string key{};  // names the script's folder: "<run id>-<attempt>"
  ScriptRequest request{};
};
BOOST_DESCRIBE_STRUCT(ScriptJob, (), (key, request))

struct ScriptOutcome {
  std::string lost{};  // why its end is not known; empty: `result` says it
  ScriptResult result{};
  bool asked_to_end = false;  // by whomever: the workflow knows whether it was cancelled
};
BOOST_DESCRIBE_STRUCT(ScriptOutcome, (), (lost, result, asked_to_end))

// What execute_script says in its heartbeats.
struct ScriptProgress {
  std::string folder{};   // where its output can be read meanwhile, in files stdout and stderr
  int failed_starts = 0;  // of its supervisor
};
BOOST_DESCRIBE_STRUCT(ScriptProgress, (), (folder, failed_starts))

// Makes the folder; only a script that has one is ever started.
inline constexpr Activity<void(ScriptJob)> prepare_script{"prepare_script"};
// Starts the script of that key or attaches to it, and waits for its end.
inline constexpr Activity<ScriptOutcome(std::string)> execute_script{"execute_script"};
// Ends the script if it still runs, and removes its folder.
inline constexpr Activity<void(std::string)> discard_script{"discard_script"};

// Where `durasim script` looks for a worker in the engine that has the store open.
inline constexpr std::string_view kScriptTaskQueue = "durasim-scripts";

// ---- setting it up ------------------------------------------------------------------------------

struct ScriptOptions {
  // The engine's database: scripts find its path as DURASIM_STORE. Empty: they don't.
  std::string store{};
  // Where the scripts' folders lie, on a local file system that outlives a reboot; for this store
  // alone. Empty: "<store>.scripts".
  std::string folder{};
  // The program durasim-supervisor. Empty: beside the library, or in the folder that
  // DURASIM_LIBEXEC names.
  std::string supervisor{};
  // Where runs leave their traces, and the engine whose histories these follow from; with it, each
  // run begins by clearing up as sweep_scripts does, without waiting. Borrowed; `traces` need
  // `history`.
  TraceStore* traces = nullptr;
  Frontend* history = nullptr;
  Logger log{};
};

// Registers the workflow and its activities; the folder is made if it is not there. Each script
// holds one of the worker's places for activities until it ends. Throws InvalidArgument when
// neither store nor folder is named, UnavailableError when there is no supervisor, IoError.
DURASIM_EXPORT void implement_scripts(Worker& worker, const ScriptOptions& options);

// Ends the scripts and removes the folders of runs that are closed: terminated ones, and those that
// were cancelled while no engine ran. Completes traces as sweep_simulations does. Call it after
// Engine::start(), with the same options. Waits for their graces. Returns how many folders it has
// removed. What is damaged or cannot be removed is left with a warning. Throws as
// implement_scripts.
DURASIM_EXPORT std::size_t sweep_scripts(const Client& client, const ScriptOptions& options);

// Asks the scripts of that run to end, without an engine and without waiting: for a run that was
// cancelled or terminated while none works on the store, whose next engine records how they ended.
// Returns how many were asked. Throws as implement_scripts.
DURASIM_EXPORT std::size_t ask_scripts_to_end(const ScriptOptions& options,
                                              std::string_view run_id);

// "script-" and the SHA-256 of the request as JSON: the same request has the same id on every
// machine. Throws JsonError for texts that are not UTF-8. Thread-safe.
[[nodiscard]] DURASIM_EXPORT std::string script_id(const ScriptRequest& request);

// Throws InvalidArgument that names the member. Thread-safe.
DURASIM_EXPORT void validate(const ScriptRequest& request);

}  // namespace durasim::inline v0::pipeline
