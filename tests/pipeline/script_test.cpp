// ScriptExecutionWorkflow in an engine: what a script gets, what becomes of its outputs and its
// end, and who may run it.
#include "durasim/pipeline/script.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/script_host.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;
using durasim_test::ScriptHost;
using durasim_test::shell;
using pipeline::ScriptRequest;
using pipeline::ScriptResult;

TEST_CASE("the result has the exit code, both outputs and when the script was started") {
  ScriptHost host;
  const WallTime before = system_clock().wall_now();
  const ScriptResult result = host.run(shell("echo out; echo err >&2; exit 7"));
  CHECK(result.exit_code == 7);
  CHECK(result.signal.empty());
  CHECK(result.stdout_text == "out\n");
  CHECK(result.stderr_text == "err\n");
  CHECK_FALSE(result.stdout_truncated);
  CHECK_FALSE(result.stderr_truncated);
  CHECK_FALSE(result.timed_out);
  CHECK(result.attempts == 1);
  CHECK(result.started_at >= before);
  CHECK(result.started_at <= system_clock().wall_now());
  CHECK(host.folder_count() == 0);
}

TEST_CASE("a script's trace: the command, how it ended, and its steps") {
  ScriptHost host;
  SUBCASE("success") {
    (void)host.run(shell("exit 0"));
    CHECK(host.trace().run.outcome == "SUCCESS");
    CHECK(host.trace().run.reason == "exit code 0");
    CHECK(host.trace().metrics.at("exit_code") == 0);
  }
  SUBCASE("another exit code") {
    (void)host.run(shell("exit 7"));
    CHECK(host.trace().run.outcome == "FAIL");
    CHECK(host.trace().run.reason == "exit code 7");
    CHECK(host.trace().metrics.at("exit_code") == 7);
  }
  SUBCASE("a signal") {
    (void)host.run(shell("kill -9 $$"));
    CHECK(host.trace().run.outcome == "FAIL");
    CHECK(host.trace().run.reason == "ended by SIGKILL");
    CHECK_FALSE(host.trace().metrics.contains("exit_code"));
  }
  const pipeline::Trace trace = host.trace();
  CHECK(trace.run.status == pipeline::TraceStatus::Completed);
  CHECK(trace.run.workflow_type == "ScriptExecutionWorkflow");
  CHECK(trace.run.name.starts_with("/bin/sh -c "));
  CHECK(trace.run.ended_at);
  REQUIRE(trace.steps.size() == 3);
  CHECK(trace.steps[0].name == "prepare_script");
  CHECK(trace.steps[1].name == "execute_script");
  CHECK(trace.steps[2].name == "discard_script");
  for (const pipeline::TraceStep& step : trace.steps)
    CHECK(step.status == pipeline::TraceStepStatus::Completed);
}

TEST_CASE("T10: the traces of scripts that fail, are cancelled or are terminated say so") {
  ScriptHost host;
  const durasim_test::Fifo begun(host.file("begun"));
  const ScriptRequest endless = shell("echo up > " + begun.path() + "; sleep 600");
  SUBCASE("no such program") {
    CHECK_THROWS_AS((void)host.run({.argv = {"/no/such/program"}}), ApplicationFailure);
    CHECK(host.trace().run.status == pipeline::TraceStatus::Failed);
    CHECK(host.trace().run.reason.find("/no/such/program") != std::string::npos);
    CHECK(host.trace().steps.at(1).status == pipeline::TraceStepStatus::Failed);
  }
  SUBCASE("cancelled") {
    const auto run = host.begin(endless);
    CHECK(begun.hear() == "up");
    run.cancel("enough");
    CHECK_THROWS_AS((void)run.result(), CanceledFailure);
    CHECK(host.trace().run.status == pipeline::TraceStatus::Canceled);
    CHECK(host.trace().steps.at(1).status == pipeline::TraceStepStatus::Canceled);
    CHECK(host.trace().events.at(0).detail == "enough");
  }
  SUBCASE("terminated") {
    const auto run = host.begin(endless);
    CHECK(begun.hear() == "up");
    ScriptHost::wait_for_trace(run);
    run.terminate("the machine is needed");
    CHECK_THROWS_AS((void)run.result(), TerminatedFailure);
    CHECK(host.trace().run.status == pipeline::TraceStatus::Running);
    CHECK(sweep_scripts(host.client(), host.options()) == 1);
    CHECK(host.trace().run.status == pipeline::TraceStatus::Terminated);
    CHECK(host.trace().run.reason == "the machine is needed");
  }
  CHECK(host.trace().run.ended_at);
}

TEST_CASE("a signal that ends the script is named") {
  ScriptHost host;
  const ScriptResult result = host.run(shell("kill -9 $$"));
  CHECK(result.exit_code == -1);
  CHECK(result.signal == "SIGKILL");
  CHECK_FALSE(result.timed_out);
}

TEST_CASE("of an output the end is kept, up to the limit") {
  ScriptHost host;
  ScriptRequest request = shell("printf 0123456789abcdef; printf 0123456789 >&2");
  request.max_output_bytes = 10;
  const ScriptResult result = host.run(request);
  CHECK(result.stdout_text == "6789abcdef");
  CHECK(result.stdout_truncated);
  CHECK(result.stderr_text == "0123456789");
  CHECK_FALSE(result.stderr_truncated);

  request.argv.back() = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done";
  request.max_output_bytes = 1001;
  const std::string text = host.run(request).stdout_text;
  CHECK(text.size() == 1001);
  CHECK(text.ends_with("\nline 19998\nline 19999\n"));

  request.max_output_bytes = 0;
  CHECK(host.run(request).stdout_text.empty());
}

TEST_CASE(
    "bytes that are not UTF-8 are replaced, and a cut character at the beginning is dropped") {
  ScriptHost host;
  ScriptRequest request = shell(R"(printf 'a\377b')");
  CHECK(host.run(request).stdout_text ==
        "a\xef\xbf\xbd"
        "b");
  request = shell(R"(printf '\303\244\303\266')");  // two characters of two bytes
  request.max_output_bytes = 3;
  CHECK(host.run(request).stdout_text == "\xc3\xb6");
}

TEST_CASE("the environment is what was allowed, and the store's path") {
  setenv("DURASIM_TEST_SECRET", "secret", 1);    // NOLINT(concurrency-mt-unsafe)
  setenv("DURASIM_TEST_VISIBLE", "visible", 1);  // NOLINT(concurrency-mt-unsafe)
  ScriptHost host;
  ScriptRequest request{.argv = {"/usr/bin/env"}};
  request.environment = {{"A", "b=c"}, {"EMPTY", ""}};
  request.inherit = {"DURASIM_TEST_VISIBLE", "DURASIM_TEST_ABSENT"};
  CHECK(host.run(request).stdout_text ==
        "A=b=c\nDURASIM_STORE=" + host.store() + "\nDURASIM_TEST_VISIBLE=visible\nEMPTY=\n");
  // Nor has it a parent of whom it could learn more.
  request.argv = {"/bin/sh", "-c", "tr '\\0' '\\n' < /proc/$PPID/environ"};
  CHECK(host.run(request).stdout_text.find("secret") == std::string::npos);
}

TEST_CASE("a program without a slash is searched in the script's own PATH, in its own folder") {
  ScriptHost host;
  const std::string bin = host.file("bin");
  std::filesystem::create_directories(bin);
  std::filesystem::create_symlink("/bin/sh", bin + "/own-shell");
  ScriptRequest request{.argv = {"own-shell", "-c", "pwd -P"}};
  request.environment = {{"PATH", bin}};
  request.working_directory = bin;
  CHECK(host.run(request).stdout_text == std::filesystem::canonical(bin).native() + "\n");
}

TEST_CASE("standard input is empty, and no descriptor of the engine's process is there") {
  ScriptHost host;
  const int own = open("/dev/null", O_RDONLY);  // NOLINT: to be inherited, if anybody lets it
  // 0 to 2, and the folder that ls reads.
  CHECK(host.run(shell("cat; ls /proc/self/fd | wc -l")).stdout_text == "4\n");
  close(own);
}

TEST_CASE("what cannot be started fails with the reason, and is not tried again") {
  ScriptHost host;
  const auto reason = [&](const ScriptRequest& request) -> std::string {
    try {
      (void)host.run(request);
    } catch (const ApplicationFailure& failure) {
      CHECK(failure.type() == pipeline::kScriptNotStarted);
      return failure.what();
    }
    return "";
  };
  CHECK(reason({.argv = {"/no/such/program"}}).find("cannot execute /no/such/program: No such") !=
        std::string::npos);
  ScriptRequest request = shell("echo");
  request.working_directory = "/no/such/folder";
  CHECK(reason(request).find("cannot enter its working directory /no/such/folder") !=
        std::string::npos);
  CHECK(host.folder_count() == 0);
}

TEST_CASE("a request that is none fails the run, and says what is wrong") {
  ScriptHost host;
  try {
    (void)host.run({});
    FAIL("it ran");
  } catch (const ApplicationFailure& failure) {
    CHECK(failure.type() == pipeline::kInvalidScript);
    CHECK(std::string(failure.what()).find("names no program") != std::string::npos);
  }
  const auto refused = [](auto&& change) {
    ScriptRequest request = shell("echo");
    CHECK_NOTHROW(pipeline::validate(request));
    change(request);
    CHECK_THROWS_AS(pipeline::validate(request), InvalidArgument);
  };
  refused([](ScriptRequest& r) { r.argv.emplace_back(1, '\0'); });
  refused([](ScriptRequest& r) { r.environment["A=B"] = "c"; });
  refused([](ScriptRequest& r) { r.environment["A"] = std::string(1, '\0'); });
  refused([](ScriptRequest& r) { r.inherit.emplace_back(); });
  refused([](ScriptRequest& r) { r.timeout = -1s; });
  refused([](ScriptRequest& r) { r.grace = -1s; });
  refused([](ScriptRequest& r) { r.max_output_bytes = pipeline::kMaxScriptOutputBytes + 1; });
  refused([](ScriptRequest& r) { r.retries = -1; });
  refused([](ScriptRequest& r) { r.retries = 101; });
}

TEST_CASE("the same request has the same id for ever, another one another id") {
  const ScriptRequest request{.argv = {"make", "report"}, .working_directory = "/work"};
  ScriptRequest other = request;
  other.retries = 1;
  CHECK(pipeline::script_id(request) == pipeline::script_id(ScriptRequest(request)));
  CHECK(pipeline::script_id(request) != pipeline::script_id(other));
  // Whoever changes it lets every script run again that is started by its request.
  CHECK(pipeline::script_id(request) ==
        "script-bbe25212ae4f747279093f94c90c673eb531f0f2e877f3d6a194453a05f35199");
}

TEST_CASE("without a supervisor, or a place for files, nothing can be registered") {
  Worker worker("queue");
  const durasim_test::TemporaryFolder folder;
  CHECK_THROWS_AS(pipeline::implement_scripts(worker, {.folder = folder.file("scripts"),
                                                       .supervisor = folder.file("none")}),
                  UnavailableError);
  CHECK_THROWS_AS(pipeline::implement_scripts(worker, {}), InvalidArgument);
  CHECK(worker.workflows().empty());
}

TEST_CASE("a supervisor that never claims is given up after ten attempts") {
  const durasim_test::TemporaryFolder folder;
  testing::WorkflowEnvironment environment;  // whose clock skips the backoff
  pipeline::implement_scripts(environment.worker("queue"),
                              {.folder = folder.file("scripts"), .supervisor = "/bin/false"});
  const auto run = environment.client().start(pipeline::script_execution, shell("echo"),
                                              {.id = "script", .task_queue = "queue"});
  try {
    (void)run.result();
    FAIL("it ran");
  } catch (const ApplicationFailure& failure) {
    CHECK(failure.type() == pipeline::kScriptNotStarted);
    CHECK(std::string(failure.what()).find("without claiming") != std::string::npos);
  }
  CHECK(std::filesystem::is_empty(folder.file("scripts")));
}

TEST_CASE("code that is replayed at every step runs a script once") {
  const durasim_test::TemporaryFolder folder;
  testing::WorkflowEnvironment environment({.evict_always = true});
  pipeline::implement_scripts(environment.worker("queue"), {.folder = folder.file("scripts")});
  const auto run = environment.client().start(pipeline::script_execution,
                                              shell("echo ran >> " + folder.file("runs")),
                                              {.id = "script", .task_queue = "queue"});
  CHECK(run.result().exit_code == 0);
  CHECK(durasim_test::text_of(folder.file("runs")) == "ran\n");
}
