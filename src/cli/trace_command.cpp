// durasim trace RUN: what a durable simulation, a sweep or a script did, step by step.
#include "durasim/core/convert_json.hpp"
#include "durasim/core/error.hpp"

#include "cli/commands.hpp"
#include "cli/ending.hpp"
#include "cli/run_choice.hpp"
#include "cli/store_option.hpp"
#include "cli/trace_options.hpp"
#include "core/ascii_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>

namespace durasim::cli {
namespace {

using pipeline::Trace;
using pipeline::TraceRun;

constexpr std::size_t kMostRuns = 1000;

struct TraceArguments {
  std::string run, store, trace;
  bool json = false;
};

// The run that was started last of the workflow whose id `run` is, or is the beginning of.
std::string newest_run(pipeline::TraceStore& traces, const std::string& run) {
  const std::vector<TraceRun> found = traces.runs(run, kMostRuns);
  std::set<std::string> ids;
  for (const TraceRun& one : found) ids.insert(one.workflow_id);
  const std::string id = choose_workflow(ids, run, "trace of");
  return std::ranges::find(found, id, &TraceRun::workflow_id)->run_id;
}

Trace find_trace(pipeline::TraceStore& traces, const std::string& run) {
  auto trace = traces.find(run);
  if (!trace) trace = traces.find(newest_run(traces, run));
  if (!trace) throw InvalidArgument(fmt::format("the trace of {} was deleted just now", run));
  return *trace;
}

std::string seconds_between(WallTime begin, const std::optional<WallTime>& end) {
  return end ? fmt::format("{:.3f} s", Seconds(*end - begin).count()) : "";
}

void print_run(const TraceRun& run) {
  fmt::print("{}\n", ascii_text(run.name));
  const auto row = [](const char* what, const std::string& text) {
    if (!text.empty()) fmt::print("  {:<12} {}\n", what, ascii_text(text));
  };
  row("Workflow", run.workflow_id);
  row("Run", run.run_id);
  row("Status", std::string(to_string(run.status)));
  row("Verdict", run.outcome + (run.code.empty() ? "" : ", " + run.code));
  row("Reason", run.reason);
  row("Started", to_rfc3339(run.started_at));
  row("Took", seconds_between(run.started_at, run.ended_at));
  row("Input", run.input_sha256);
  row("Final state", run.final_state_hash);
}

void print_rows(const Trace& trace) {
  fmt::print("\n{:<18} {:<10} {:>8} {:>12}  {}\n", "Step", "Status", "Attempts", "Took", "Detail");
  for (const pipeline::TraceStep& step : trace.steps) {
    fmt::print("{:<18} {:<10} {:>8} {:>12}  {}\n", ascii_text(step.name), to_string(step.status),
               step.attempts, seconds_between(step.scheduled_at, step.ended_at),
               ascii_text(step.detail));
  }
  if (!trace.events.empty()) fmt::print("\n{:<24} {:<34} {}\n", "Time", "Event", "Detail");
  for (const pipeline::TraceEvent& event : trace.events) {
    fmt::print("{:<24} {:<34} {}\n", to_rfc3339(event.at), ascii_text(event.type),
               ascii_text(event.detail));
  }
  if (!trace.assets.empty()) fmt::print("\n{:<18} {:>12}  {}\n", "Asset", "Bytes", "URL");
  for (const pipeline::TraceAsset& asset : trace.assets)
    fmt::print("{:<18} {:>12}  {}\n", ascii_text(asset.role), asset.size, ascii_text(asset.url));
  if (!trace.metrics.empty()) fmt::print("\n{:<24} {}\n", "Metric", "Value");
  for (const auto& [name, value] : trace.metrics)
    fmt::print("{:<24} {}\n", ascii_text(name), value);
}

Trace read_trace(const TraceArguments& a, const std::stop_token& stop) {
  const LeaveOnStop leave(stop, a.json);  // a database may keep it waiting
  if (a.trace.empty() && a.store.empty())
    throw InvalidArgument("give --store, or --trace where the traces are");
  const std::string file = trace_file(a.trace, a.store);
  if (!is_postgresql(a.trace) && !std::filesystem::exists(file))
    throw InvalidArgument(file + ": there are no traces");
  return find_trace(*open_traces(a.trace, a.store), a.run);
}

int show_trace(const TraceArguments& a, const std::stop_token& stop) {
  const Trace trace = read_trace(a, stop);
  if (a.json) {
    std::string json;
    JsonWriter writer(json);
    write_json(writer, trace);
    fmt::print("{}\n", json);
  } else {
    print_run(trace.run);
    print_rows(trace);
  }
  return kSuccess;
}

}  // namespace

void add_trace(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<TraceArguments>();
  CLI::App* verb = app.add_subcommand(
      "trace", "Show step by step what a durable simulation, a sweep or a script did");
  verb->footer(
      "RUN is a workflow id, the beginning of one, or a run id.\n"
      "Example: durasim trace simulation-1f0e --store sim.db");
  verb->add_option("RUN", a->run, "workflow id, its beginning, or a run id")->required();
  add_store_option(*verb, a->store, "path of the store's database, beside which traces are");
  add_trace_option(*verb, a->trace);
  verb->add_flag("--json", a->json, "print one JSON object to standard output");
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return show_trace(*a, stop); }; });
}

}  // namespace durasim::cli
