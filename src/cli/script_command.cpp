// durasim script --store PATH -- CMD ARG...: ScriptExecutionWorkflow from a shell. This program is
// the engine until its script has ended, unless another one has the store open; it also runs the
// simulations that the script asks for.
#include "durasim/core/convert_json.hpp"
#include "durasim/core/error.hpp"

#include "cli/commands.hpp"
#include "cli/store_option.hpp"
#include "cli/trace_options.hpp"
#include "cli/work_engine.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::cli {
namespace {

using pipeline::ScriptRequest;
using pipeline::ScriptResult;

struct ScriptArguments {
  std::string store, trace;
  ArtifactLocation artifacts;  // of simulations that the script starts
  std::string id;
  std::string timeout;
  int retries = 0;
  std::vector<std::string> environment;
  bool json = false;
  std::vector<std::string> command;
};

ScriptRequest request_of(const ScriptArguments& a) {
  ScriptRequest request;
  request.argv = a.command;
  request.working_directory = std::filesystem::current_path();  // another place, another script
  for (const std::string& argument : a.command) require_utf8("the argument", argument);
  require_utf8("the working directory", request.working_directory);
  require_utf8("--id", a.id);
  request.retries = a.retries;
  if (!a.timeout.empty()) {
    const Seconds timeout = parse_duration(a.timeout);
    if (!(timeout.count() > 0 && timeout < std::chrono::years(100)))
      throw InvalidArgument("--timeout " + a.timeout + ": more than 0, and less than 100 years");
    request.timeout = std::chrono::duration_cast<Duration>(timeout);
  }
  for (const std::string& variable : a.environment) {
    require_utf8("--env", variable);
    const std::size_t equals = variable.find('=');
    if (equals == std::string::npos) {
      request.inherit.push_back(variable);
    } else {
      request.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
  }
  pipeline::validate(request);
  return request;
}

ScriptResult await_script(const Client& client, const ScriptRequest& request,
                          const std::string& id) {
  const auto run =
      client.start_or_attach(pipeline::script_execution, request,
                             {.id = id, .task_queue = std::string(pipeline::kScriptTaskQueue)});
  try {
    return run.result();
  } catch (const CanceledFailure&) {
    throw Error(fmt::format("script {} was cancelled", id));
  }
}

// As a shell reads it.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:@%+,";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

ScriptResult await_anywhere(const ScriptArguments& a, const ScriptRequest& request,
                            const std::string& id, const std::stop_token& stop) {
  const WorkOptions options{
      .store = a.store,
      .artifacts = a.artifacts,
      .trace = a.trace,
      .json = a.json,
      .when_left = fmt::format(
          "stopped waiting for script {}, which goes on; to wait for it again repeat this command, "
          "to end it: durasim workflow cancel --store {} -w {}",
          id, quoted(a.store), quoted(id))};
  try {
    return with_engine(options, stop,
                       [&](const Client& client) { return await_script(client, request, id); });
  } catch (const CancelledError&) {
    throw CancelledError(options.when_left);
  }
}

void print_result_json(const std::string& id, const ScriptResult& result) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  const auto member = [&json](const char* name, const auto& value) {
    json.key(name);
    write_json(json, value);
  };
  member("id", id);
  member("exit_code", result.exit_code);
  member("signal", result.signal);
  member("timed_out", result.timed_out);
  member("started_at", result.started_at);
  member("attempts", result.attempts);
  member("stdout", result.stdout_text);
  member("stderr", result.stderr_text);
  member("stdout_truncated", result.stdout_truncated);
  member("stderr_truncated", result.stderr_truncated);
  json.end_object();
  fmt::print("{}\n", text);
}

void print_result_text(const ScriptResult& result) {
  std::fwrite(result.stdout_text.data(), 1, result.stdout_text.size(), stdout);
  std::fflush(stdout);
  std::fwrite(result.stderr_text.data(), 1, result.stderr_text.size(), stderr);
  if (result.timed_out) fmt::print(stderr, "durasim: the script has passed its timeout\n");
  if (!result.signal.empty())
    fmt::print(stderr, "durasim: the script was ended by {}\n", result.signal);
  if (result.stdout_truncated || result.stderr_truncated)
    fmt::print(stderr, "durasim: only the end of its output was kept\n");
}

int script(const ScriptArguments& a, const std::stop_token& stop) {
  if (a.command.empty())
    throw InvalidArgument("give the command behind --: durasim script --store PATH -- CMD ARG...");
  const ScriptRequest request = request_of(a);
  const std::string id = a.id.empty() ? pipeline::script_id(request) : a.id;
  const ScriptResult result = await_anywhere(a, request, id, stop);
  if (a.json) {
    print_result_json(id, result);
  } else {
    print_result_text(result);
  }
  return result.exit_code == 0 && !result.timed_out ? kSuccess : kFail;
}

}  // namespace

void add_script(CLI::App& app, Command& chosen, std::vector<std::string> command) {
  auto a = std::make_shared<ScriptArguments>();
  a->command = std::move(command);
  CLI::App* verb =
      app.add_subcommand("script", "Run a command that outlives this program: -- CMD ARG...");
  verb->footer(
      "  durasim script --store sim.db --timeout 2h -- python3 train.py --epochs 10\n\n"
      "If durasim dies, the command goes on. The same line then attaches to it, or prints what was "
      "recorded;\nit never runs the command twice. To run it again, give another --id; the default "
      "is derived from\nthe command, its options and the working directory. The command's "
      "environment holds PATH, HOME, USER,\nLOGNAME, LANG, LC_ALL, TZ, TMPDIR, what --env names, "
      "and DURASIM_STORE. Limits: docs/scripts.md.\n\n"
      "Exit codes: 0 the command exited with 0, 2 it did not, 1 usage or infrastructure (also: "
      "its outcome\nwas lost), 130 stopped waiting; the command goes on.");
  add_store_option(*verb, a->store, "path of the store's database; created if it does not exist")
      ->required();
  a->artifacts.add_to(*verb);
  add_trace_option(*verb, a->trace);
  verb->add_option("--id", a->id, "workflow id (default: derived from the command)");
  verb->add_option("--timeout", a->timeout, "end the command after this time: 90, 10min, 2h");
  verb->add_option("--retries", a->retries,
                   "how many times to rerun it if its outcome was lost, e.g. by a reboot")
      ->capture_default_str();
  verb->add_option("--env", a->environment,
                   "NAME passes a variable on, NAME=VALUE sets it (may be repeated)")
      ->allow_extra_args(false);
  verb->add_flag("--json", a->json, "print one JSON object to standard output");
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return script(*a, stop); }; });
}

}  // namespace durasim::cli
