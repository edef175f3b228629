// An engine in this process that runs scripts, over a store in a folder of its own.
#pragma once

#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/script.hpp"
#include "durasim/pipeline/trace.hpp"

#include "pipeline/script_fixture.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace durasim_test {

class ScriptHost {
 public:
  ScriptHost() { start(); }

  // Another engine over the same store, as after a restart of the program.
  void restart() {
    engine_.reset();
    start();
  }
  void stop() { engine_.reset(); }
  durasim::WorkflowRun<durasim::pipeline::ScriptResult> begin(
      const durasim::pipeline::ScriptRequest& request) {
    return client().start_or_attach(
        durasim::pipeline::script_execution, request,
        {.id = durasim::pipeline::script_id(request), .task_queue = "scripts"});
  }
  durasim::pipeline::ScriptResult run(const durasim::pipeline::ScriptRequest& request) {
    return begin(request).result();
  }
  // Until the beginning of the trace of a run whose script runs is written, and what closed runs
  // have left is cleared up: the script does not wait for that.
  static void wait_for_trace(const durasim::WorkflowRun<durasim::pipeline::ScriptResult>& run) {
    while (run.describe().pending_activities.size() > 1) std::this_thread::yield();
  }
  durasim::Client client() { return engine_->client(); }
  [[nodiscard]] durasim::pipeline::ScriptOptions options() {
    return {.store = store(), .traces = traces.get(), .history = &engine_->frontend()};
  }
  // Of the only run.
  [[nodiscard]] durasim::pipeline::Trace trace() const {
    const auto runs = traces->runs("script-", 2);
    if (runs.size() != 1) throw std::runtime_error("there are more traces, or there is none");
    return traces->find(runs.front().run_id).value();
  }
  [[nodiscard]] std::string store() const { return folder_.file("engine.db"); }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
  // Of scripts, with what is half made or half removed.
  [[nodiscard]] std::ptrdiff_t folder_count() const {
    return std::distance(std::filesystem::directory_iterator(store() + ".scripts"),
                         std::filesystem::directory_iterator{});
  }

 private:
  void start() {
    engine_.emplace(durasim::EngineOptions{.store = store()});
    durasim::pipeline::implement_scripts(
        engine_->worker("scripts", {.max_concurrent_activities = 8}), options());
    engine_->start();
  }
  TemporaryFolder folder_;

 public:
  std::unique_ptr<durasim::pipeline::TraceStore> traces =
      durasim::pipeline::open_sqlite_traces(store() + ".traces");

 private:
  std::optional<durasim::Engine> engine_;
};

}  // namespace durasim_test
