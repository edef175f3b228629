// durasim script from outside. The first case is the verification of what was asked for, word by
// word: trigger a script, kill the controller, restart it, completion is recorded.
#include "durasim/core/files.hpp"
#include "durasim/store/sqlite.hpp"

#include "cli/run_cli.hpp"
#include "pipeline/script_fixture.hpp"
#include "process/child.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using durasim_test::Child;
using durasim_test::CliRun;
using durasim_test::Fifo;
using durasim_test::run_cli;
using durasim_test::TemporaryFolder;
using durasim_test::text_of;

namespace {

const std::string kDurasim = DURASIM_BUILD_BIN "/durasim";

struct Desk {
  TemporaryFolder folder;
  std::string store = folder.file("sim.db");

  [[nodiscard]] std::vector<std::string> line(std::vector<std::string> options,
                                              const std::string& text) const {
    std::vector<std::string> all{"script", "--store", store, "--timeout", "10min"};
    all.insert(all.end(), options.begin(), options.end());
    all.insert(all.end(), {"--", "/bin/sh", "-c", text});
    return all;
  }
  [[nodiscard]] CliRun run(const std::vector<std::string>& options, const std::string& text) const {
    return run_cli(line(options, text));
  }
};

boost::json::object json_of(Child& child) {
  const std::optional<std::string> line = child.line();
  REQUIRE(line);
  return boost::json::parse(*line).as_object();
}

// Whether a simulation there has come to a checkpoint.
bool stepped_in(const std::string& work_folder) {
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(work_folder, none)) {
    if (entry.path().filename().string().starts_with("checkpoint-")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("trigger a script, kill the controller, restart it: completion is recorded, once run") {
  const Desk desk;
  const Fifo up(desk.folder.file("up"));
  const Fifo go(desk.folder.file("go"));
  const std::string runs = desk.folder.file("runs");
  const auto line = desk.line({"--json"}, "echo ran >> " + runs + "; echo up > " + up.path() +
                                              "; read x < " + go.path() + "; echo done");
  {
    Child controller(kDurasim, line);
    CHECK(up.hear() == "up");
    controller.kill();
    CHECK(durasim_test::died_of(controller.wait(), SIGKILL));
  }
  Child controller(kDurasim, line);
  go.say();
  const auto result = json_of(controller);
  CHECK(durasim_test::exited_well(controller.wait()));
  CHECK(result.at("exit_code") == 0);
  CHECK(result.at("stdout") == "done\n");
  CHECK(result.at("stderr") == "");
  CHECK(result.at("timed_out") == false);
  CHECK(result.at("signal") == "");
  CHECK(result.at("attempts") == 1);
  CHECK(result.at("started_at").as_string().ends_with("Z"));
  CHECK(text_of(runs) == "ran\n");

  const std::string id(result.at("id").as_string());
  const CliRun recorded = run_cli({"workflow", "result", "--store", desk.store, "-w", id});
  CHECK(recorded.exit_code == 0);
  CHECK(recorded.out.find("done") != std::string::npos);
  const CliRun again = run_cli(line);  // prints what was recorded
  CHECK(again.json() == result);
  CHECK(text_of(runs) == "ran\n");
}

TEST_CASE("without --json the outputs are passed on, and the exit code says whether it went well") {
  const Desk desk;
  const CliRun good = desk.run({}, "echo out; echo err >&2");
  CHECK(good.exit_code == 0);
  CHECK(good.out == "out\n");
  CHECK(good.err == "err\n");
  CHECK(desk.run({}, "exit 3").exit_code == 2);
  const CliRun killed = desk.run({}, "kill -9 $$");
  CHECK(killed.exit_code == 2);
  CHECK(killed.err.find("ended by SIGKILL") != std::string::npos);
  const CliRun late =
      run_cli({"script", "--store", desk.store, "--timeout", "0.1", "--", "sleep", "10000"});
  CHECK(late.exit_code == 2);
  CHECK(late.err.find("passed its timeout") != std::string::npos);
  const CliRun none =
      run_cli({"script", "--store", desk.store, "--json", "--", "/no/such/program"});
  CHECK(none.exit_code == 1);
  CHECK(none.json().at("error").as_string().find("cannot execute /no/such/program") !=
        std::string::npos);
}

TEST_CASE("the command gets its arguments as they stand, and variables that were asked for") {
  const Desk desk;
  const CliRun arguments = run_cli({"script", "--store", desk.store, "--", "printf", "%s\\n",
                                    "[a,b]", "--json", "--", "", "{}", "-h"});
  CHECK(arguments.out == "[a,b]\n--json\n--\n\n{}\n-h\n");
  const CliRun variables =
      run_cli({"script", "--store", desk.store, "--env", "OWN=1=2", "--env", "PASSED", "--",
               "/bin/sh", "-c", "echo $OWN $PASSED $KEPT_BACK $DURASIM_STORE"},
              {"PASSED=yes", "KEPT_BACK=no"});
  CHECK(variables.out == "1=2 yes " + desk.store + "\n");
}

TEST_CASE("doctor names the supervisor, without which no command is durable") {
  CHECK(run_cli({"doctor"}).out.find("/durasim-supervisor\n") != std::string::npos);
}

TEST_CASE("another id is another run, the same id with another command a mistake") {
  const Desk desk;
  const std::string runs = desk.folder.file("runs");
  const std::string text = "echo ran >> " + runs;
  CHECK(desk.run({"--id", "a"}, text).exit_code == 0);
  CHECK(desk.run({"--id", "a"}, text).exit_code == 0);
  CHECK(desk.run({"--id", "b"}, text).exit_code == 0);
  CHECK(text_of(runs) == "ran\nran\n");
  const CliRun other = desk.run({"--id", "a"}, "echo");
  CHECK(other.exit_code == 1);
  CHECK(other.err.find("another type, queue or input") != std::string::npos);
}

TEST_CASE("SIGTERM detaches, and the same command attaches") {
  const Desk desk;
  const Fifo up(desk.folder.file("up"));
  const Fifo go(desk.folder.file("go"));
  const auto line =
      desk.line({}, "echo up > " + up.path() + "; read x < " + go.path() + "; echo done");
  {
    Child controller(kDurasim, line);
    (void)up.hear();
    controller.kill(SIGTERM);
    const int status = controller.wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
  }
  Child controller(kDurasim, line);
  go.say();
  CHECK(controller.line() == "done");
}

TEST_CASE("two commands on one store: whoever is left is the engine of both") {
  const Desk desk;
  const Fifo up(desk.folder.file("up"));
  const Fifo first_go(desk.folder.file("first"));
  const Fifo second_go(desk.folder.file("second"));
  const auto line = [&](const Fifo& go) {
    return desk.line({}, "echo up > " + up.path() + "; read x < " + go.path() + "; echo $x");
  };
  Child first(kDurasim, line(first_go));
  (void)up.hear();
  Child second(kDurasim, line(second_go));
  (void)up.hear();
  first_go.say("first");
  CHECK(first.line() == "first");
  CHECK(durasim_test::exited_well(first.wait()));
  second_go.say("second");
  CHECK(second.line() == "second");
  CHECK(durasim_test::exited_well(second.wait()));
}

TEST_CASE("durasim workflow cancel ends a script that somebody waits for") {
  const Desk desk;
  const Fifo up(desk.folder.file("up"));
  const Fifo go(desk.folder.file("go"));
  Child controller(kDurasim,
                   desk.line({"--id", "s"}, "echo up > " + up.path() + "; read x < " + go.path()));
  (void)up.hear();
  CHECK(run_cli({"workflow", "cancel", "--store", desk.store, "-w", "s"}).exit_code == 0);
  const int status = controller.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
}

TEST_CASE("what a detached command prints ends its script, without an engine") {
  const Desk desk;
  const Fifo up(desk.folder.file("up"));
  const Fifo go(desk.folder.file("go"));
  const std::string said = desk.folder.file("said");
  const std::string text = "echo $$ > " + up.path() + "; read x < " + go.path();
  const auto line = desk.line({"--id", "a script"}, text);
  std::string shell = "exec " + kDurasim;
  for (const std::string& word : line) shell += " '" + word + "'";
  Child controller("/bin/sh", {"-c", shell + " 2>" + said});
  const std::string pid = up.hear();
  controller.kill(SIGINT);
  CHECK(WEXITSTATUS(controller.wait()) == 130);
  const std::string message = text_of(said);
  const std::size_t remedy = message.find("durasim workflow cancel");
  REQUIRE(remedy != std::string::npos);
  const CliRun cancel =
      durasim_test::run_program("/bin/sh", {"-c", DURASIM_BUILD_BIN "/" + message.substr(remedy)});
  CHECK(cancel.exit_code == 0);
  CHECK(cancel.err.find("was asked to end") != std::string::npos);
  while (!durasim_test::is_dead(pid)) {
  }
  const CliRun recorded = run_cli(line);
  CHECK(recorded.exit_code == 1);
  CHECK(recorded.err.find("script a script was cancelled") != std::string::npos);
}

TEST_CASE("a command that has joined another one's engine says that it was stopped, in JSON too") {
  const Desk desk;
  const Fifo up(desk.folder.file("up"));
  const Fifo go(desk.folder.file("go"));
  const std::string text = "echo up > " + up.path() + "; read x < " + go.path();
  Child owner(kDurasim, desk.line({"--id", "first"}, text));
  (void)up.hear();
  Child joined(kDurasim, desk.line({"--id", "second", "--json"}, text));
  (void)up.hear();
  joined.kill(SIGINT);
  CHECK(json_of(joined).at("error").as_string().find("cancel --store") != std::string::npos);
  CHECK(WEXITSTATUS(joined.wait()) == 130);
}

TEST_CASE("mistakes on the command line are named") {
  const Desk desk;
  const CliRun none = run_cli({"script", "--store", desk.store});
  CHECK(none.exit_code == 1);
  CHECK(none.err.find("behind --") != std::string::npos);
  CHECK(run_cli({"script", "--store", desk.store, "ls"}).exit_code == 1);
  CHECK(desk.run({"--timeout", "-1"}, "echo").exit_code == 1);
  CHECK(desk.run({"--retries", "1000"}, "echo").exit_code == 1);
  const CliRun bytes = desk.run({}, "echo \xff");
  CHECK(bytes.exit_code == 1);
  CHECK(bytes.err.find("the argument \"echo \\xff\" is not UTF-8") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(desk.store));
}

TEST_CASE("a script's durable simulation joins the identical one that is under way") {
  const Desk desk;
  const Fifo up(desk.folder.file("up"));
  const std::string model = desk.folder.file("ball.xml");
  durasim::write_file(model, durasim::as_bytes(std::string_view(R"(<mujoco><worldbody>
    <geom type="plane" size="1 1 1"/><body pos="0 0 1"><freejoint/><geom size=".1"/></body></worldbody></mujoco>)")));
  const auto simulate = [&](const std::string& out) {
    return std::vector<std::string>{"simulate",   model,   "--durable",
                                    "--duration", "1500s", "--json",
                                    "--no-video", "--out", desk.folder.file(out)};
  };
  std::vector<std::string> first_line = simulate("first");
  first_line.insert(first_line.end(), {"--store", desk.store});
  Child first(kDurasim, first_line);
  while (!stepped_in(desk.store + ".work")) {
  }
  const auto simulations = [&] {
    return run_cli({"workflow", "list", "--store", desk.store, "-o", "jsonl", "--type",
                    "SimulationWorkflow"})
        .out;
  };
  const boost::json::value simulation = boost::json::parse(simulations());
  const std::string id(simulation.at("execution").at("workflowId").as_string());
  CHECK(run_cli({"workflow", "signal", "--store", desk.store, "-w", id, "--name", "pause"})
            .exit_code == 0);
  std::string text = "echo up > " + up.path() + "; exec " + kDurasim;
  for (const std::string& word : simulate("second")) text += " " + word;
  Child script(kDurasim, desk.line({"--json"}, text));
  CHECK(up.hear() == "up");
  CHECK(run_cli({"workflow", "signal", "--store", desk.store, "-w", id, "--name", "resume"})
            .exit_code == 0);
  const auto alone = json_of(first);
  CHECK(durasim_test::exited_well(first.wait()));
  const auto outer = json_of(script);
  CHECK(durasim_test::exited_well(script.wait()));
  const auto joined = boost::json::parse(outer.at("stdout").as_string()).as_object();
  CHECK(joined.at("final_state_hash") == alone.at("final_state_hash"));
  CHECK(joined.at("attempts") == alone.at("attempts"));
  (void)boost::json::parse(simulations());  // one line: one run
}
