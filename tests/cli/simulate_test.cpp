// Two programs simulate the same on one store: one works, the other waits for it, takes over when
// it is killed, and goes when it is told to. Sweeps from outside.
#include "durasim/core/files.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/engine/remote.hpp"
#include "durasim/pipeline/trace.hpp"

#include "cli/run_cli.hpp"
#include "process/child.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using durasim_test::Child;
using durasim_test::run_cli;

namespace {

const std::string kDurasim = DURASIM_BUILD_BIN "/durasim";

constexpr const char* kBall = R"(<mujoco><worldbody>
      <geom type="plane" size="1 1 1"/><body pos="0 0 1"><freejoint/><geom size=".1"/></body></worldbody></mujoco>)";

class Desk {
 public:
  Desk() { durasim::write_file(model_, durasim::as_bytes(std::string_view(kBall))); }
  [[nodiscard]] std::vector<std::string> line(const std::string& who) const {
    return {"simulate", model_,       "--durable", "--store",        store, "--duration", "600s",
            "--json",   "--no-video", "--out",     folder_.file(who)};
  }
  // Waits for a checkpoint of the command that was started and pauses there: it ends when a test
  // says so.
  void pause() const {
    while (checkpoint() == 0) {
    }
    signal("pause");
    while (ask({"query", "--type", "progress"}).find("Paused") == std::string::npos) {
    }
  }
  void signal(const std::string& name) const { (void)ask({"signal", "--name", name}); }
  // The step of the newest checkpoint; 0: there is none.
  [[nodiscard]] long checkpoint() const {
    long newest = 0;
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store + ".work", none)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("checkpoint-")) newest = std::max(newest, std::stol(name.substr(11)));
    }
    return newest;
  }
  // The simulation that the store has: throws when there are several.
  [[nodiscard]] boost::json::value runs() const {
    return boost::json::parse(run_cli({"workflow", "list", "--store", store, "-o", "jsonl"}).out);
  }
  // How often each activity was scheduled, and completed.
  [[nodiscard]] std::map<std::string, int> steps() const {
    std::map<std::string, int> steps;
    const auto trace = run_cli({"trace", "simulation-", "--store", store, "--json"}).json();
    for (const boost::json::value& step : trace.at("steps").as_array())
      ++steps[std::string(step.at("name").as_string()) + " " +
              std::string(step.at("status").as_string())];
    return steps;
  }
  // The attempt at stepping that waits until it is due; nothing: there is none, or it is being
  // made.
  struct Waiting {
    int attempt = 0;
    durasim::WallTime due{};
  };
  [[nodiscard]] static std::optional<Waiting> waiting(durasim::Frontend& engine) {
    const std::string id = engine.list({}).at(0).workflow_id;
    for (const durasim::PendingActivity& pending : engine.describe({id, {}}).pending_activities) {
      if (pending.activity_type == "upload_files" && pending.attempt > 1 && !pending.started)
        return Waiting{pending.attempt, pending.next_attempt_time};
    }
    return std::nullopt;
  }
  [[nodiscard]] durasim::pipeline::TraceStep upload() const {
    const auto traces = durasim::pipeline::open_sqlite_traces(store + ".traces");
    const auto trace = traces->find(traces->runs("simulation-", 1).at(0).run_id).value();
    const auto step =
        std::ranges::find(trace.steps, "upload_files", &durasim::pipeline::TraceStep::name);
    REQUIRE(step != trace.steps.end());
    return *step;
  }
  void lose_artifacts() const { std::filesystem::rename(store + ".artifacts", store + ".away"); }
  void find_artifacts() const { std::filesystem::rename(store + ".away", store + ".artifacts"); }
  // Of a run on a store of its own.
  static const boost::json::value& untouched_hash() {
    static const boost::json::value hash = [] {
      const Desk desk;
      return run_cli(desk.line("out")).json().at("final_state_hash");
    }();
    return hash;
  }

 private:
  // What `durasim workflow VERB` of the simulation prints.
  [[nodiscard]] std::string ask(std::vector<std::string> verb) const {
    const std::string id(runs().at("execution").at("workflowId").as_string());
    verb.insert(verb.begin(), "workflow");
    verb.insert(verb.end(), {"--store", store, "-w", id});
    const durasim_test::CliRun run = run_cli(verb);
    CAPTURE(run.err);
    REQUIRE(run.exit_code == 0);
    return run.out;
  }

  durasim_test::TemporaryFolder folder_;
  std::string model_ = folder_.file("ball.xml");

 public:
  std::string store = folder_.file("sim.db");
};

// The rows of runs, which alone have both names side by side.
void damage_runs(const std::string& store) {
  const durasim::Bytes bytes = durasim::read_file(store);
  std::string text(durasim::as_text(bytes));
  const std::string names = "SimulationWorkflowsimulation-task-queue";
  std::size_t at = text.find(names);
  REQUIRE(at != std::string::npos);
  for (; at != std::string::npos; at = text.find(names, at)) text[at] = 'X';
  durasim::write_file(store, durasim::as_bytes(text));
}

// As if the end of the newest run had not been written.
void reopen_trace(const std::string& traces) {
  const auto store = durasim::pipeline::open_sqlite_traces(traces);
  durasim::pipeline::Trace trace = *store->find(store->runs("simulation-", 1).at(0).run_id);
  trace.run.status = durasim::pipeline::TraceStatus::Running;
  ++trace.run.revision;
  store->update(trace);
}

// Waits until the program talks with the engine of another one: its first socket beside those that
// it was started with.
void wait_for_connection(const Child& program) {
  const auto connected = [&] {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(
             "/proc/" + std::to_string(program.pid()) + "/fd", gone)) {
      if (std::stoi(entry.path().filename()) > STDERR_FILENO &&
          read_symlink(entry.path(), gone).string().starts_with("socket:"))
        return true;
    }
    return false;
  };
  while (!connected()) {
  }
}

// What history says of a simulation that was paused and resumed, and of which nothing was repeated.
std::map<std::string, int> steps_once_paused() {
  return {{"import_geometry Completed", 1}, {"compile_mjcf Completed", 1},
          {"step_simulation Canceled", 1},  // paused
          {"step_simulation Completed", 1}, {"upload_files Completed", 1},
          {"publish_result Completed", 1}};
}

boost::json::object json_of(Child& child) {
  const std::optional<std::string> line = child.line();
  REQUIRE(line);
  CHECK(durasim_test::exited_well(child.wait()));
  return boost::json::parse(*line).as_object();
}

}  // namespace

TEST_CASE(
    "a second command waits for the simulation of the first and prints the same; Ctrl-C ends "
    "the waiting, not the simulation") {
  const Desk desk;
  Child first(kDurasim, desk.line("first"));
  desk.pause();
  Child second(kDurasim, desk.line("second"));
  Child third(kDurasim, desk.line("third"));
  wait_for_connection(second);
  wait_for_connection(third);
  third.kill(SIGINT);
  const int status = third.wait();  // nobody has resumed the simulation
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  desk.signal("resume");
  boost::json::object printed = json_of(second);
  boost::json::object simulated = json_of(first);
  CHECK(simulated.at("final_state_hash") == Desk::untouched_hash());
  for (boost::json::object* result : {&printed, &simulated}) result->erase("artifact_urls");
  CHECK(printed == simulated);
  CHECK(desk.steps() == steps_once_paused());
  (void)desk.runs();
}

TEST_CASE("the first command is killed: the second takes over, and ends as if it never was") {
  const Desk desk;
  Child first(kDurasim, desk.line("first"));
  desk.pause();
  const long before = desk.checkpoint();
  Child second(kDurasim, desk.line("second"));
  wait_for_connection(second);
  desk.signal("resume");
  long saved = before;
  while (saved <= before && saved != 0) saved = desk.checkpoint();
  REQUIRE(saved != 0);  // it has not ended
  first.kill();
  CHECK(durasim_test::died_of(first.wait(), SIGKILL));
  const boost::json::object result = json_of(second);
  CHECK(result.at("final_state_hash") == Desk::untouched_hash());
  CHECK(result.at("resumed_from_step").as_int64() > before);
  CHECK(result.at("attempts") == 3);  // one was paused, one killed
  CHECK(desk.steps().at("step_simulation Completed") == 1);
  (void)desk.runs();
  std::vector<std::string> elsewhere = desk.line("third");
  elsewhere.insert(elsewhere.end(), {"--artifacts", desk.store + ".elsewhere"});
  const durasim_test::CliRun refused = run_cli(elsewhere);
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("put it at file://" + desk.store + ".artifacts/") != std::string::npos);
}

TEST_CASE(
    "killed, or told to end, while an attempt waits to be repeated: the next command repeats it "
    "when it is due, as the attempt that it was") {
  int signal = SIGKILL;
  SUBCASE("killed") {}
  SUBCASE("Ctrl-C") {
    signal = SIGINT;
  }
  const Desk desk;
  Child first(kDurasim, desk.line("first"));
  desk.pause();
  desk.lose_artifacts();
  desk.signal("resume");
  {
    durasim::RemoteEngine engine(desk.store);
    while (!Desk::waiting(engine.frontend())) {
    }
  }
  first.kill(signal);
  const int status = first.wait();
  if (signal == SIGKILL) {
    CHECK(durasim_test::died_of(status, SIGKILL));
  } else {
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
  }
  std::optional<Desk::Waiting> left;
  {
    durasim::Engine engine({.store = desk.store});
    (void)engine.start();
    left = Desk::waiting(engine.frontend());
  }
  REQUIRE(left);
  desk.find_artifacts();
  const boost::json::object result = run_cli(desk.line("second")).json();
  CHECK(result.at("final_state_hash") == Desk::untouched_hash());
  CHECK(result.at("attempts") == 2);  // of stepping; one was paused
  CHECK(desk.steps() == steps_once_paused());
  CHECK(desk.upload().attempts == left->attempt);
  CHECK(desk.upload().started_at.value() >=
        std::chrono::floor<std::chrono::milliseconds>(left->due));
}

TEST_CASE("a simulation whose checkpoints are of no use begins again, and both outputs say so") {
  const Desk desk;
  {
    Child first(kDurasim, desk.line("first"));
    desk.pause();
    first.kill(SIGKILL);
    (void)first.wait();
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(desk.store + ".work")) {
    if (entry.path().filename().string().starts_with("checkpoint-"))
      durasim::write_file(entry.path(), durasim::as_bytes(std::string_view("nothing")));
  }
  desk.signal("resume");
  const boost::json::object result = run_cli(desk.line("second")).json();
  CHECK(result.at("final_state_hash") == Desk::untouched_hash());
  CHECK(result.at("resumed_from_step").as_int64() == 0);
  const std::string reason(result.at("restarted_because").as_string());
  CHECK_FALSE(reason.empty());
  std::vector<std::string> as_text = desk.line("third");
  std::erase(as_text, "--json");
  CHECK(run_cli(as_text).out.find("it began again, not at its last checkpoint: " + reason + "\n") !=
        std::string::npos);
}

TEST_CASE("a damaged run, script or file of traces keeps nobody from working") {
  const Desk desk;
  const auto line = [&desk](const std::string& who) {
    std::vector<std::string> all = desk.line(who);
    all.at(6) = "0.1s";
    all.insert(all.end(), {"--seed", std::to_string(who.size())});  // another simulation
    return all;
  };
  CHECK(run_cli(line("1")).exit_code == 0);
  damage_runs(desk.store);
  reopen_trace(desk.store + ".traces");
  durasim::make_folders(desk.store + ".scripts/of-nobody");
  durasim::write_file(desk.store + ".scripts/of-nobody/order.json",
                      durasim::as_bytes(std::string_view("nothing")));
  const auto second = run_cli(line("22"));
  CAPTURE(second.err);
  CHECK(second.exit_code == 0);
  CHECK(second.err.find("the trace of ") != std::string::npos);
  CHECK(second.err.find(".scripts/of-nobody stays there: ") != std::string::npos);
  durasim::write_file(desk.store + ".traces", durasim::as_bytes(std::string_view("no traces")));
  const auto third = run_cli(line("333"));
  CAPTURE(third.err);
  CHECK(third.exit_code == 0);
  CHECK(third.json().at("missing").as_object().contains("trace"));
}

TEST_CASE("sweep --vary: a column of factors for each range; what is no range is refused") {
  const durasim_test::TemporaryFolder folder;
  const std::string model = folder.file("ball.xml");
  durasim::write_file(model, durasim::as_bytes(std::string_view(
                                 R"(<mujoco><worldbody><geom type="plane" size="1 1 1"/>
      <body name="a=b:c" pos="0 0 1"><freejoint/><geom size=".1"/></body></worldbody></mujoco>)")));
  const auto line = [&](const std::vector<std::string>& ranges) {
    std::vector<std::string> all{"sweep", "--runs", "5", "--duration", "0.1", "--json"};
    for (const std::string& range : ranges) all.insert(all.end(), {"--vary", range});
    all.insert(all.end(), {model, "--store", folder.file("s.db"), "--out", folder.file("out")});
    return run_cli(all);
  };
  const auto swept = line({"friction=0.5:1.5", "mass:a=b:c=0.9:1.1"});
  CAPTURE(swept.err);
  CHECK(swept.exit_code == 0);
  CHECK(swept.json().at("runs").as_int64() == 5);
  const durasim::Bytes csv = durasim::read_file(folder.file("out/sweep.csv"));
  CHECK(durasim::as_text(csv).starts_with(
      "scene,offset_x_m,offset_y_m,offset_z_m,friction,mass:a=b:c,outcome,"));
  for (const char* bad : {"friction", "colour=1:2", "mass=1", "mass=1:2:3", "mass=a:2", "=1:2"}) {
    CAPTURE(bad);
    const auto refused = line({bad});
    CHECK(refused.exit_code == 1);
    CHECK(refused.err.find("is no range; write friction,") != std::string::npos);
  }
  CHECK(line({}).err.find("give --jitter, --vary or both") != std::string::npos);
}

TEST_CASE("a store whose owner simulates nothing is refused at once, with what to do") {
  const durasim_test::TemporaryFolder folder;
  const std::string store = folder.file("host.db");
  durasim::Engine host({.store = store});
  (void)host.worker("other");
  host.start();
  const std::string model = folder.file("ball.xml");
  durasim::write_file(model, durasim::as_bytes(std::string_view(kBall)));
  const std::vector<std::vector<std::string>> lines{{"simulate", "--durable", "--no-video"},
                                                    {"sweep", "--jitter", "1"}};
  for (std::vector<std::string> line : lines) {
    line.insert(line.end(), {model, "--store", store, "--out", folder.file("out")});
    const auto run = run_cli(line);
    CHECK(run.exit_code == 1);
    CHECK(run.err.find("the engine that has the store has no worker of task queue "
                       "\"simulation-task-queue\" that implements workflow type S") !=
          std::string::npos);
    CHECK(run.err.find("use another store") != std::string::npos);
  }
}
