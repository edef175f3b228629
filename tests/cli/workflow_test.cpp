// durasim workflow from outside: against an engine that is at work, and as the store's owner for
// the moment.
#include "cli/run_cli.hpp"
#include "engine/engine_programs.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace durasim;
using durasim_test::CliRun;
using durasim_test::run_cli;

namespace {

CliRun workflow(const Folder& folder, const std::string& verb, std::vector<std::string> rest) {
  std::vector<std::string> arguments{"workflow", verb};
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  return run_cli(arguments, {"DURASIM_STORE=" + folder.store()});
}

}  // namespace

TEST_CASE("every verb reaches the engine that has the store open") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  const CliRun started =
      workflow(folder, "start", {"--type", "Listening", "-t", "queue", "-w", "l", "-o", "json"});
  CHECK(started.exit_code == 0);
  const auto info = started.json().at("workflowExecutionInfo").as_object();
  CHECK(info.at("status") == "WORKFLOW_EXECUTION_STATUS_RUNNING");
  CHECK(info.at("execution").at("workflowId") == "l");

  CHECK(workflow(folder, "signal", {"-w", "l", "--name", "word", "-i", "\"hello\""}).exit_code ==
        0);
  CHECK(workflow(folder, "query", {"-w", "l", "--type", "heard"}).out == "\"hello\"\n");
  CHECK(workflow(folder, "signal", {"-w", "l", "--name", "word", "-i", "\"stop\""}).exit_code == 0);
  CHECK(workflow(folder, "result", {"-w", "l"}).out == "\"hello\"\n");

  const CliRun shown = workflow(folder, "show", {"-w", "l", "-o", "json"});
  CHECK(shown.json().at("events").as_array().front().at("eventType") ==
        "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED");
  CHECK(workflow(folder, "show", {"-w", "l"}).out.find("WorkflowExecutionSignaled") !=
        std::string::npos);

  CHECK(workflow(folder, "start", {"--type", "Adding", "-t", "queue", "-w", "a", "-i", "10"})
            .exit_code == 0);
  CHECK(workflow(folder, "result", {"-w", "a"}).out == "15\n");
  CHECK(workflow(folder, "list", {"-o", "jsonl", "--status", "Completed"}).out.find("\"a\"") !=
        std::string::npos);
  CHECK(workflow(folder, "list", {}).out.find("Listening") != std::string::npos);
  CHECK(workflow(folder, "describe", {"-w", "a"}).out.find("Completed") != std::string::npos);

  (void)engine.client().start(listening, {.id = "c", .task_queue = "queue"});
  CHECK(workflow(folder, "cancel", {"-w", "c", "--reason", "enough"}).exit_code == 0);
  const CliRun canceled = workflow(folder, "result", {"-w", "c"});
  CHECK(canceled.exit_code == 2);
  (void)engine.client().start(listening, {.id = "t", .task_queue = "queue"});
  CHECK(workflow(folder, "terminate", {"-w", "t"}).exit_code == 0);
  CHECK(workflow(folder, "describe", {"-w", "t"}).out.find("Terminated") != std::string::npos);
}

TEST_CASE("without an engine starts and signals are durable, and what needs a worker says so") {
  const Folder folder;
  CHECK(workflow(folder, "list", {}).exit_code == 1);  // there is no store
  CHECK_FALSE(std::filesystem::exists(folder.store()));
  CHECK(workflow(folder, "start", {"--type", "Listening", "-t", "queue", "-w", "l"}).exit_code ==
        0);
  CHECK(workflow(folder, "signal", {"-w", "l", "--name", "word", "-i", "\"early\""}).exit_code ==
        0);
  const CliRun query = workflow(folder, "query", {"-w", "l", "--type", "heard"});
  CHECK(query.exit_code == 1);
  CHECK(query.err.find("no worker serves task queue queue") != std::string::npos);
  const CliRun result = workflow(folder, "result", {"-w", "l"});
  CHECK(result.exit_code == 1);
  CHECK(result.err.find("no engine works on it") != std::string::npos);

  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  const auto run = engine.client().handle(listening, "l");
  run.signal(word, "stop");
  CHECK(run.result() == "early");
}

TEST_CASE("mistakes on the command line are named") {
  const Folder folder;
  const CliRun none = workflow(folder, "describe", {"-w", "none"});
  CHECK(none.exit_code == 1);
  CHECK(none.err.find("there is no store") != std::string::npos);
  const CliRun json =
      workflow(folder, "start", {"--type", "Adding", "-t", "queue", "-i", "{not json"});
  CHECK(json.exit_code == 1);
  CHECK(json.err.find("is no JSON") != std::string::npos);
  CHECK(workflow(folder, "list", {"--status", "Sleeping"}).exit_code == 1);
}
