// ScriptExecutionWorkflow: one attempt after the other at a script, each with a folder of its own,
// as long as attempts are lost and may be repeated. Engines that die in between are no attempts:
// they attach.
#include "durasim/core/convert_json.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/engine/client.hpp"
#include "durasim/engine/worker.hpp"
#include "durasim/pipeline/script.hpp"
#include "durasim/workflow/workflow.hpp"

#include "pipeline/script_activities.hpp"
#include "pipeline/trace_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace durasim::inline v0::pipeline {

namespace {

using namespace std::chrono_literals;

constexpr int kMostScriptRetries = 100;
// Activities without a limit of their own must name one; the script's is its supervisor's to keep.
constexpr Duration kNoLimit = 24h * 3650;

// Each takes a moment; what keeps them from it is a full disk or the like.
ActivityOptions brief_options() {
  return {.start_to_close = 10min,
          .retry = {.initial_interval = 1s, .maximum_interval = 1min, .maximum_attempts = 10}};
}

// One attempt is one engine that waits for the script, so there may be any number.
ActivityOptions waiting_options() {
  return {.start_to_close = kNoLimit,
          .retry = {.initial_interval = 1s, .maximum_interval = 1min},
          .cancellation_type = ActivityCancellationType::WaitCancellationCompleted};
}

Workflow<ScriptOutcome> run_once(WorkflowContext ctx, ScriptJob job) {
  co_await ctx.run(prepare_script, job, brief_options());
  co_return co_await ctx.run(execute_script, job.key, waiting_options());
}

// The outcome is in the history, or will not come. A script that still runs is ended.
Workflow<void> clean_up(WorkflowContext ctx, std::string key) {
  try {
    co_await ctx.run(discard_script, key, brief_options());
  } catch (const Failure& failure) {
    ctx.logger().warning(
        fmt::format("script {}: its folder is left to the next sweep: {}", key, failure.what()));
  }
}

Workflow<ScriptResult> execute_attempts(WorkflowContext ctx, ScriptRequest request) {
  try {
    validate(request);
  } catch (const InvalidArgument& error) {
    throw ApplicationFailure(error.what(),
                             {.type = std::string(kInvalidScript), .non_retryable = true});
  }
  for (int attempt = 1;; ++attempt) {
    const ScriptJob job{fmt::format("{}-{}", ctx.info().run_id, attempt), request};
    std::optional<proto::Failure> failure;
    ScriptOutcome outcome;
    try {
      outcome = co_await run_once(ctx, job);
    } catch (const ActivityFailure& error) {  // what matters is why
      failure = error.cause() != nullptr ? *error.cause() : error.proto();
    } catch (const Failure& error) {
      failure = error.proto();
    }
    co_await clean_up(ctx.shielded(), job.key);
    // It ended because of the cancellation, whatever it says of its end.
    if (outcome.asked_to_end && ctx.is_cancelled())
      throw CanceledFailure("the script was cancelled");
    if (failure) throw_failure(*std::move(failure));
    if (outcome.lost.empty()) {
      outcome.result.attempts = attempt;
      co_return std::move(outcome.result);
    }
    if (attempt > request.retries)
      throw ApplicationFailure(
          fmt::format("the script is lost, in attempt {}: {}", attempt, outcome.lost),
          {.type = std::string(kScriptLost), .non_retryable = true});
  }
}

Workflow<ScriptResult> execute(WorkflowContext ctx, ScriptRequest request) {
  const std::string name = name_of(request);
  const auto begun = begin_trace(ctx, {.name = name}, update_script_trace);  // beside the work
  std::exception_ptr failure;
  try {
    ScriptResult result = co_await execute_attempts(ctx, std::move(request));
    (void)co_await write_trace(ctx, completed_trace(name, result), update_script_trace);
    co_return result;
  } catch (const std::exception&) {
    failure = early_end(ctx, "the script");
  }
  (void)co_await write_trace(ctx, failed_trace(name, failure), update_script_trace);
  std::rethrow_exception(failure);
}

// As sweep_scripts; does not wait for scripts any more when `stop` is requested.
std::size_t clear_up_scripts(const Client& client, const ScriptOptions& options,
                             const ScriptActivities& scripts, const std::stop_token& stop) {
  complete_traces(client, trace_services(options), script_execution.name);
  const auto is_over = [&](const ScriptOrder& order) {
    try {
      return client.handle(script_execution, order.workflow_id, order.run_id).describe().status !=
             WorkflowStatus::Running;
    } catch (const WorkflowNotFound&) {
      return true;
    }
  };
  return scripts.sweep(is_over, options.log, stop);
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

}  // namespace

void validate(const ScriptRequest& request) {
  if (request.argv.empty() || request.argv.front().empty())
    throw InvalidArgument("script: argv names no program");
  if (std::ranges::any_of(request.argv, has_nul) || has_nul(request.working_directory))
    throw InvalidArgument("script: an argument or the working directory holds a NUL");
  const auto check_name = [](const std::string& name) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name))
      throw InvalidArgument(fmt::format("script: \"{}\" is not a variable's name", name.c_str()));
  };
  for (const std::string& name : request.inherit) check_name(name);
  for (const auto& [name, value] : request.environment) {
    check_name(name);
    if (has_nul(value))
      throw InvalidArgument(fmt::format("script: the value of {} holds a NUL", name));
  }
  if (request.timeout < Duration::zero() || request.grace < Duration::zero())
    throw InvalidArgument("script: timeout and grace must not be negative");
  if (request.max_output_bytes > kMaxScriptOutputBytes)
    throw InvalidArgument(fmt::format("script: max_output_bytes is {}; at most {}",
                                      request.max_output_bytes, kMaxScriptOutputBytes));
  if (request.retries < 0 || request.retries > kMostScriptRetries)
    throw InvalidArgument(
        fmt::format("script: retries is {}; 0 to {}", request.retries, kMostScriptRetries));
}

std::string script_id(const ScriptRequest& request) {
  std::string text;
  JsonWriter writer(text);
  write_json(writer, request);
  return "script-" + sha256_hex(as_bytes(text));
}

void implement_scripts(Worker& worker, const ScriptOptions& options) {
  const auto scripts = std::make_shared<const ScriptActivities>(options);
  worker.implement(update_script_trace,
                   trace_writer(trace_services(options), [options, scripts](const Client& client) {
                     std::stop_source no_waiting;
                     no_waiting.request_stop();
                     clear_up_scripts(client, options, *scripts, no_waiting.get_token());
                   }));
  // The engine that these are for owns the store, and does not work yet.
  scripts->remove_leftovers();
  worker.implement(script_execution, execute)
      .implement(prepare_script,
                 [scripts](const ActivityContext& context, const ScriptJob& job) {
                   scripts->prepare(context, job);
                 })
      .implement(execute_script,
                 [scripts](const ActivityContext& context, const std::string& key) {
                   return scripts->execute(context, key);
                 })
      .implement(discard_script, [scripts](const ActivityContext& context, const std::string& key) {
        scripts->discard(context, key);
      });
}

std::size_t sweep_scripts(const Client& client, const ScriptOptions& options) {
  return clear_up_scripts(client, options, ScriptActivities(options), {});
}

std::size_t ask_scripts_to_end(const ScriptOptions& options, std::string_view run_id) {
  return ScriptActivities(options).ask_to_end(run_id);
}

}  // namespace durasim::inline v0::pipeline
