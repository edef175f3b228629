// How scripts are ended, lost, left alone and cleaned up after: timeout, cancellation, termination,
// the death of the supervisor, the end of the engine.
#include "durasim/core/failure.hpp"
#include "durasim/pipeline/script.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/script_activities.hpp"
#include "pipeline/script_host.hpp"
#include "process/child.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;
using durasim_test::Fifo;
using durasim_test::Pulse;
using durasim_test::ScriptHost;
using durasim_test::shell;
using durasim_test::text_of;
using pipeline::ScriptRequest;
using pipeline::ScriptResult;

namespace {

// What a script tells of itself and waits for.
struct Signs {
  explicit Signs(const ScriptHost& host)
      : up(host.file("up")),
        go(host.file("go")),
        pulse(host.file("pulse")),
        runs(host.file("runs")) {}
  Fifo up;
  Fifo go;
  Pulse pulse;       // held by the script and a child of it
  std::string runs;  // a line for each time that it was started

  // Says its supervisor's pid, waits for `go`, and says goodbye.
  [[nodiscard]] ScriptRequest lone_script() const {
    return shell(beginning() + ending() + "echo goodbye");
  }
  // The same, with a child beside it.
  [[nodiscard]] ScriptRequest waiting_script() const {
    return shell(beginning() + "sleep 10000 & " + ending() + "kill $!; echo goodbye");
  }
  [[nodiscard]] std::string beginning() const {
    return "exec 3> " + pulse.path() + "; echo ran >> " + runs + "; ";
  }
  [[nodiscard]] std::string ending() const {
    return "echo $PPID > " + up.path() + "; read x < " + go.path() + "; ";
  }
};

void expect_lost(const WorkflowRun<ScriptResult>& run) {
  try {
    (void)run.result();
    FAIL("it has a result");
  } catch (const ApplicationFailure& failure) {
    CHECK(failure.type() == pipeline::kScriptLost);
  }
}

// By the supervisor's pid.
void lose(const std::string& pid) {
  REQUIRE(kill(std::stoi(pid), SIGKILL) == 0);
}
void terminate(const std::string& pid) {
  REQUIRE(kill(std::stoi(pid), SIGTERM) == 0);
}

}  // namespace

TEST_CASE("a timeout ends the script's whole process group") {
  ScriptHost host;
  const Signs signs(host);
  ScriptRequest request = signs.waiting_script();
  request.timeout = 300ms;
  const ScriptResult result = host.run(request);
  CHECK(result.timed_out);
  CHECK(result.exit_code == -1);
  CHECK(result.signal == "SIGTERM");
  signs.pulse.wait_for_death();
}

TEST_CASE("a script that does not obey is killed after the grace, with what it has started") {
  ScriptHost host;
  const Signs signs(host);
  ScriptRequest request =
      shell("trap '' TERM; " + signs.beginning() + "sleep 10000 & " + signs.ending());
  request.grace = 50ms;
  const auto run = host.begin(request);
  terminate(signs.up.hear());
  CHECK(run.result().signal == "SIGKILL");
  signs.pulse.wait_for_death();
}

TEST_CASE("a script may clean up within the grace, and its exit code is told") {
  ScriptHost host;
  const Signs signs(host);
  ScriptRequest request =
      shell("trap 'echo cleaned; exit 3' TERM; " + signs.beginning() +
            "sleep 10000 > /dev/null 2>&1 & echo $PPID > " + signs.up.path() + "; wait");
  request.grace = 10min;
  const auto run = host.begin(request);
  terminate(signs.up.hear());
  const ScriptResult result = run.result();
  CHECK(result.exit_code == 3);
  CHECK(result.signal.empty());
  CHECK(result.stdout_text == "cleaned\n");
}

TEST_CASE("cancelling the workflow ends the script's group and removes its folder") {
  ScriptHost host;
  const Signs signs(host);
  const auto run = host.begin(signs.waiting_script());
  (void)signs.up.hear();
  CHECK(signs.pulse.is_held());
  run.cancel("enough");
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  signs.pulse.wait_for_death();
  CHECK(run.describe().status == WorkflowStatus::Canceled);
  CHECK(host.folder_count() == 0);
}

TEST_CASE("a script that is cancelled is, also when its engine dies before it has stopped") {
  const durasim_test::TemporaryFolder folder;
  testing::WorkflowEnvironment environment;
  Worker& worker = environment.worker("scripts");
  pipeline::implement_scripts(worker, {.folder = folder.file("scripts")});
  worker.implement(pipeline::execute_script, [&](const ActivityContext& ctx, const std::string&) {
    environment.client().handle(pipeline::script_execution, ctx.info().workflow_id).cancel();
    environment.settle();
    environment.restart();
    return pipeline::ScriptOutcome{};
  });
  const auto run = environment.client().start(pipeline::script_execution, shell("exit 0"),
                                              {.task_queue = "scripts"});
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  CHECK(run.describe().status == WorkflowStatus::Canceled);
}

TEST_CASE("a cancellation that comes while no engine runs ends the script at the next start") {
  ScriptHost host;
  const Signs signs(host);
  const ScriptRequest request = signs.waiting_script();
  (void)host.begin(request);
  (void)signs.up.hear();
  host.stop();
  {
    Engine owner({.store = host.store()});
    owner.client().handle(pipeline::script_execution, pipeline::script_id(request)).cancel();
  }
  CHECK(signs.pulse.is_held());
  host.restart();
  CHECK_THROWS_AS((void)host.run(request), CanceledFailure);
  signs.pulse.wait_for_death();
  CHECK(host.folder_count() == 0);
}

TEST_CASE("a cancelled script can be ended without an engine, and the next one records that") {
  ScriptHost host;
  const Signs signs(host);
  const ScriptRequest request = signs.waiting_script();
  const std::string run_id = host.begin(request).run_id();
  (void)signs.up.hear();
  host.stop();
  {
    Engine owner({.store = host.store()});
    owner.client().handle(pipeline::script_execution, pipeline::script_id(request)).cancel();
  }
  CHECK(pipeline::ask_scripts_to_end({.store = host.store()}, "another run") == 0);
  CHECK(signs.pulse.is_held());
  CHECK(pipeline::ask_scripts_to_end({.store = host.store()}, run_id) == 1);
  signs.pulse.wait_for_death();
  host.restart();
  CHECK_THROWS_AS((void)host.run(request), CanceledFailure);
  CHECK(host.folder_count() == 0);
}

TEST_CASE("the script of a terminated run is ended, and its folder is swept") {
  ScriptHost host;
  const Signs signs(host);
  const auto run = host.begin(signs.waiting_script());
  (void)signs.up.hear();
  ScriptHost::wait_for_trace(run);
  run.terminate("enough");
  signs.pulse.wait_for_death();
  CHECK(pipeline::sweep_scripts(host.client(), host.options()) == 1);
  CHECK(host.folder_count() == 0);
}

TEST_CASE("the folder of a terminated run goes when the next script begins") {
  ScriptHost host;
  const Signs signs(host);
  const auto run = host.begin(signs.waiting_script());
  const std::string supervisor = signs.up.hear();
  ScriptHost::wait_for_trace(run);
  run.terminate("enough");
  while (!durasim_test::is_dead(supervisor)) {
  }
  CHECK(host.folder_count() == 1);
  const Fifo begun(host.file("begun"));
  const auto next = host.begin(shell("echo up > " + begun.path() + "; sleep 600"));
  CHECK(begun.hear() == "up");
  ScriptHost::wait_for_trace(next);
  CHECK(host.folder_count() == 1);  // its own
  CHECK(host.traces->find(run.run_id())->run.status == pipeline::TraceStatus::Terminated);
  next.cancel();
  CHECK_THROWS_AS((void)next.result(), CanceledFailure);
}

TEST_CASE("a sweep ends what was terminated while no engine ran, and leaves open runs alone") {
  ScriptHost host;
  const Signs signs(host);
  const ScriptRequest request = signs.waiting_script();
  (void)host.begin(request);
  (void)signs.up.hear();
  CHECK(pipeline::sweep_scripts(host.client(), host.options()) == 0);
  host.stop();
  {
    Engine owner({.store = host.store()});
    owner.client().handle(pipeline::script_execution, pipeline::script_id(request)).terminate();
  }
  host.restart();
  CHECK(signs.pulse.is_held());
  CHECK(pipeline::sweep_scripts(host.client(), host.options()) == 1);
  signs.pulse.wait_for_death();
}

TEST_CASE("an engine that stops leaves the script alone, and the next one attaches") {
  ScriptHost host;
  const Signs signs(host);
  const ScriptRequest request = signs.waiting_script();
  (void)host.begin(request);
  (void)signs.up.hear();
  for (int i = 0; i < 3; ++i) host.restart();
  CHECK(signs.pulse.is_held());
  signs.go.say();
  const ScriptResult result = host.run(request);
  CHECK(result.exit_code == 0);
  CHECK(result.stdout_text == "goodbye\n");
  CHECK(result.attempts == 1);
  CHECK(text_of(signs.runs) == "ran\n");
}

TEST_CASE("a script that ends while no engine runs is recorded all the same") {
  ScriptHost host;
  const Signs signs(host);
  const ScriptRequest request = signs.waiting_script();
  (void)host.begin(request);
  (void)signs.up.hear();
  host.stop();
  signs.go.say();
  signs.pulse.wait_for_death();
  host.restart();
  CHECK(host.run(request).stdout_text == "goodbye\n");
  CHECK(text_of(signs.runs) == "ran\n");
}

TEST_CASE("a script whose supervisor is killed is lost, dies, and is not run again") {
  ScriptHost host;
  const Signs signs(host);
  const auto run = host.begin(signs.lone_script());
  lose(signs.up.hear());
  expect_lost(run);
  signs.pulse.wait_for_death();
  CHECK(text_of(signs.runs) == "ran\n");
  CHECK(host.folder_count() == 0);
}

TEST_CASE("a supervisor that was killed while no engine ran means lost, too") {
  ScriptHost host;
  const Signs signs(host);
  const ScriptRequest request = signs.lone_script();
  (void)host.begin(request);
  const std::string supervisor = signs.up.hear();
  host.stop();
  lose(supervisor);
  signs.pulse.wait_for_death();
  host.restart();
  expect_lost(host.begin(request));
  CHECK(text_of(signs.runs) == "ran\n");
}

TEST_CASE("a script whose folder is gone is lost, and not started again") {
  ScriptHost host;
  const Signs signs(host);
  const ScriptRequest request = signs.lone_script();
  (void)host.begin(request);
  const std::string supervisor = signs.up.hear();
  host.stop();
  std::filesystem::rename(host.store() + ".scripts", host.file("elsewhere"));
  host.restart();
  expect_lost(host.begin(request));
  CHECK(text_of(signs.runs) == "ran\n");
  lose(supervisor);
  signs.pulse.wait_for_death();
}

TEST_CASE("a lost script is run again as often as was allowed") {
  ScriptHost host;
  const Signs signs(host);
  ScriptRequest request = signs.lone_script();
  request.retries = 2;
  const auto run = host.begin(request);
  lose(signs.up.hear());
  lose(signs.up.hear());
  (void)signs.up.hear();
  signs.go.say();
  const ScriptResult result = run.result();
  CHECK(result.exit_code == 0);
  CHECK(result.attempts == 3);
  CHECK(text_of(signs.runs) == "ran\nran\nran\n");
}

TEST_CASE("SIGTERM to the supervisor ends the script, and that is recorded") {
  ScriptHost host;
  const Signs signs(host);
  const auto run = host.begin(signs.waiting_script());
  terminate(signs.up.hear());
  CHECK(run.result().signal == "SIGTERM");
  signs.pulse.wait_for_death();
}

TEST_CASE("what a script leaves behind may write for the grace, then it is killed") {
  ScriptHost host;
  const Signs signs(host);
  ScriptRequest request = shell("(read x < " + signs.go.path() +
                                "; echo late) & echo early; echo up > " + signs.up.path());
  request.grace = 10min;
  const auto run = host.begin(request);
  (void)signs.up.hear();
  signs.go.say();
  CHECK(run.result().stdout_text == "early\nlate\n");

  request = shell("exec 3> " + signs.pulse.path() + "; sleep 10000 & echo done");
  request.grace = 50ms;
  const ScriptResult result = host.run(request);
  CHECK(result.exit_code == 0);
  CHECK_FALSE(result.timed_out);
  CHECK(result.stdout_text == "done\n");
  signs.pulse.wait_for_death();
}
