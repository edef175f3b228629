// durasim workflow from outside: against an engine that is at work, and as the store's owner for
// the moment.
#include "durasim/store/sqlite.hpp"

#include "cli/run_cli.hpp"
#include "engine/engine_programs.hpp"
#include "process/child.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
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

TEST_CASE("show --follow prints events as they are committed, and ends with the run") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  const auto run = engine.client().start(listening, {.id = "l", .task_queue = "queue"});
  const std::vector<std::string> follow{"workflow", "show", "--store", folder.store(),
                                        "-w",       "l",    "--follow"};
  std::vector<std::string> follow_lines = follow;
  follow_lines.insert(follow_lines.end(), {"-o", "jsonl"});
  durasim_test::Child text(DURASIM_BUILD_BIN "/durasim", follow);
  durasim_test::Child lines(DURASIM_BUILD_BIN "/durasim", follow_lines);
  CHECK(text.wait_for("   ID"));
  CHECK(text.wait_for("    1 "));
  CHECK(lines.wait_for("{\"eventId\":\"1\""));
  run.signal(word, "hello");
  const auto next_with = [](durasim_test::Child& child, const std::string& what) {
    auto line = child.line();
    while (line && line->find(what) == std::string::npos) line = child.line();
    return line.has_value();
  };
  CHECK(next_with(text, "WorkflowExecutionSignaled"));
  CHECK(next_with(lines, "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED"));
  run.signal(word, "stop");
  CHECK(next_with(text, "WorkflowExecutionCompleted"));
  CHECK(next_with(lines, "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED"));
  CHECK_FALSE(text.line());
  CHECK_FALSE(lines.line());
  CHECK(durasim_test::exited_well(text.wait()));
  CHECK(durasim_test::exited_well(lines.wait()));
  CHECK(workflow(folder, "show", {"-w", "l", "--follow", "-o", "json"}).exit_code == 1);
}

TEST_CASE("show --follow goes on with the run's successors where that is asked for") {
  constexpr WorkflowType<int(int)> counting_down{"CountingDown"};
  const Folder folder;
  Engine engine({.store = folder.store()});
  engine.worker("queue").implement(counting_down, [&](WorkflowContext ctx, int n) -> Workflow<int> {
    if (n > 0) ctx.continue_as_new(counting_down, n - 1);
    co_return n;
  });
  engine.start();
  const auto run = engine.client().start(counting_down, 2, {.id = "c", .task_queue = "queue"});
  CHECK(run.result() == 0);
  const std::vector<std::string> first{"-w", "c", "-r", run.run_id(), "--follow"};
  CHECK(workflow(folder, "show", first).out.find("WorkflowExecutionCompleted") ==
        std::string::npos);
  std::vector<std::string> all = first;
  all.emplace_back("--successors");
  const std::string out = workflow(folder, "show", all).out;
  CHECK(out.find("WorkflowExecutionContinuedAsNew") !=
        out.rfind("WorkflowExecutionContinuedAsNew"));
  CHECK(out.find("WorkflowExecutionCompleted") != std::string::npos);
}

TEST_CASE("show --follow is ended by SIGINT, by the engine's end, and at once without an engine") {
  const Folder folder;
  const std::vector<std::string> follow{"workflow", "show", "--store", folder.store(),
                                        "-w",       "l",    "--follow"};
  {
    Engine engine({.store = folder.store()});
    fill(engine.worker("queue"));
    engine.start();
    (void)engine.client().start(listening, {.id = "l", .task_queue = "queue"});
    durasim_test::Child interrupted(DURASIM_BUILD_BIN "/durasim", follow);
    REQUIRE(interrupted.wait_for("    1 "));
    interrupted.kill(SIGINT);
    const int status = interrupted.wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
    durasim_test::Child left(DURASIM_BUILD_BIN "/durasim", follow);
    REQUIRE(left.wait_for("    1 "));
    engine.stop(std::chrono::seconds(10));
    CHECK(WEXITSTATUS(left.wait()) == 1);
  }
  const CliRun alone = workflow(folder, "show", {"-w", "l", "--follow"});
  CHECK(alone.exit_code == 1);
  CHECK(alone.out.find("WorkflowExecutionStarted") != std::string::npos);
  CHECK(alone.err.find("no engine runs the store") != std::string::npos);
}

TEST_CASE("a parked run is shown as parked, with the reason, and resumed") {
  const Folder folder;
  std::string run_id;
  {
    Engine engine({.store = folder.store()});
    run_id = engine.client()
                 .start(listening, {.id = "l", .task_queue = "queue", .remote_worker = true})
                 .run_id();
  }
  // As processes leave it that die while the run's code is executed.
  for (int death = 0; death < 3; ++death) {
    {
      store::SqliteStore({.path = folder.store()}).set_in_flight(0, run_id);
    }
    Engine engine({.store = folder.store()});
    engine.start();
  }
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  CHECK(workflow(folder, "describe", {"-w", "l"}).out.find("the process has died 3 times") !=
        std::string::npos);
  const auto description = workflow(folder, "describe", {"-w", "l", "-o", "json"}).json();
  CHECK(description.at("parked") == true);
  CHECK(description.at("crashes") == 3);
  CHECK(workflow(folder, "list", {}).out.find("\nParked ") != std::string::npos);
  CHECK(workflow(folder, "resume", {"-w", "l"}).exit_code == 0);
  CHECK(workflow(folder, "list", {}).out.find("\nRunning ") != std::string::npos);
  CHECK(workflow(folder, "query", {"-w", "l", "--type", "heard"}).out == "\"\"\n");
}

TEST_CASE("each -i is one JSON value, arrays and empty ones too") {
  const Folder folder;
  CHECK(workflow(folder, "start",
                 {"--type", "T", "-t", "q", "-w", "w", "-i", "[1,2]", "-i", "[]", "-i", "{}", "-i",
                  R"(["x","y z"])", "-i", R"([{"a":1,"b":2}])", "-i", "-5"})
            .exit_code == 0);
  const auto history = workflow(folder, "show", {"-w", "w", "-o", "json"}).json();
  const auto& started =
      history.at("events").at(0).at("workflowExecutionStartedEventAttributes").as_object();
  std::vector<std::string> inputs;
  for (const auto& payload : started.at("input").at("payloads").as_array())
    inputs.emplace_back(payload.at("data").as_string());
  CHECK(inputs == std::vector<std::string>{
                      "WzEsMl0=", "W10=", "e30=", "WyJ4IiwieSB6Il0=", "W3siYSI6MSwiYiI6Mn1d",
                      "LTU="});  // in base64, as they were
  CHECK(workflow(folder, "signal", {"-w", "w", "--name", "s", "-i", "[]"}).exit_code == 0);
}

TEST_CASE("commands without an engine wait for each other") {
  const Folder folder;
  CHECK(workflow(folder, "start", {"--type", "T", "-t", "q"}).exit_code == 0);
  std::vector<std::unique_ptr<durasim_test::Child>> lists(12);
  for (auto& list : lists) {
    list = std::make_unique<durasim_test::Child>(
        DURASIM_BUILD_BIN "/durasim",
        std::vector<std::string>{"workflow", "list", "--store", folder.store()});
  }
  for (const auto& list : lists) CHECK(durasim_test::exited_well(list->wait()));
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
  CHECK(workflow(folder, "list", {"--limit", "-1"}).exit_code == 1);
  CHECK(workflow(folder, "list", {"-o", "xml"}).err.find("{text,json,jsonl}") != std::string::npos);
  const CliRun empty = run_cli({"workflow", "list", "--store", ""});
  CHECK(empty.exit_code == 1);
  CHECK(empty.err.find("--store: the path is empty") != std::string::npos);
}
