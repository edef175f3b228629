// durasim trace from outside, on traces that were written here.
#include "durasim/pipeline/trace.hpp"

#include "cli/run_cli.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;
using durasim_test::CliRun;
using durasim_test::run_cli;

namespace {

pipeline::Trace trace_of_run(const std::string& workflow_id, const std::string& run_id,
                             WallTime at) {
  return {.run = {.run_id = run_id,
                  .workflow_id = workflow_id,
                  .workflow_type = "SimulationWorkflow",
                  .name = "arm \x1b[31m",
                  .status = pipeline::TraceStatus::Completed,
                  .outcome = "FAIL",
                  .code = "TIMEOUT",
                  .reason = "the goal was not reached",
                  .started_at = at,
                  .ended_at = at + 12'500ms,
                  .revision = 30},
          .steps = {{.event_id = 6,
                     .name = "step_simulation",
                     .status = pipeline::TraceStepStatus::Completed,
                     .attempts = 3,
                     .scheduled_at = at,
                     .ended_at = at + 2'250ms,
                     .detail = "heartbeat timeout"}},
          .assets = {{"video", "video.mp4", std::string(64, 'a'), 4096, "file:///video.mp4"}},
          .events = {{9, at, "WorkflowExecutionSignaled", "pause"}},
          .metrics = {{"energy_j", 0.5}}};
}

// Two runs of simulation-aa, the newer one written first, and one of simulation-ab.
struct Archive {
  Archive() {
    const WallTime start{1'795'000'000s};
    const auto traces = pipeline::open_sqlite_traces(store + ".traces");
    traces->update(trace_of_run("simulation-aa", "newer", start + 1h));
    traces->update(trace_of_run("simulation-aa", "older", start));
    traces->update(trace_of_run("simulation-ab", "other", start));
  }
  [[nodiscard]] CliRun trace(const std::string& run, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"trace", run, "--store", store});
    return run_cli(more);
  }
  durasim_test::TemporaryFolder folder;
  std::string store = folder.file("sim.db");
};

}  // namespace

TEST_CASE(
    "a trace for people: run, steps, events, assets and metrics; no text steers the terminal") {
  const Archive archive;
  const CliRun run = archive.trace("simulation-aa");
  CHECK(run.exit_code == 0);
  for (const char* text :
       {"arm \\x1b[31m\n", "Completed", "FAIL, TIMEOUT", "the goal was not reached", "12.500 s",
        "step_simulation    Completed         3      2.250 s  heartbeat timeout",
        "WorkflowExecutionSignaled", "pause", "4096  file:///video.mp4", "energy_j"}) {
    CAPTURE(run.out);
    CAPTURE(text);
    CHECK(run.out.find(text) != std::string::npos);
  }
}

TEST_CASE(
    "RUN is a workflow's id, its beginning or a run's id; of several runs the newest counts") {
  const Archive archive;
  const auto run_of = [&](const std::string& run) {
    return std::string(archive.trace(run, {"--json"}).json().at("run").at("run_id").as_string());
  };
  CHECK(run_of("simulation-aa") == "newer");
  CHECK(run_of("older") == "older");
  CHECK(run_of("simulation-ab") == "other");
  const CliRun several = archive.trace("simulation-a");
  CHECK(several.exit_code == 1);
  CHECK(several.err.find("2 workflow ids, simulation-aa and simulation-ab") != std::string::npos);
  CHECK(archive.trace("sim", {"--json"}).json().contains("error"));
  CHECK(archive.trace("none").err.find("no trace of none") != std::string::npos);
}

TEST_CASE("the JSON has every member of a trace") {
  const Archive archive;
  const boost::json::object json = archive.trace("simulation-ab", {"--json"}).json();
  CHECK(json.at("run").at("status") == "Completed");
  CHECK(json.at("run").at("started_at") == "2026-11-18T11:06:40Z");
  CHECK(json.at("steps").at(0).at("attempts") == 3);
  CHECK(json.at("steps").at(0).at("started_at").is_null());
  CHECK(json.at("assets").at(0).at("size") == 4096);
  CHECK(json.at("events").at(0).at("detail") == "pause");
  CHECK(json.at("metrics").at("energy_j") == 0.5);
}

TEST_CASE("--trace names another place; where none is, nothing is made") {
  const Archive archive;
  const std::string file = archive.store + ".traces";
  CHECK(run_cli({"trace", "older", "--trace", file}).exit_code == 0);
  CHECK(run_cli({"trace", "older"}, {"DURASIM_TRACE=" + file}).exit_code == 0);
  CHECK(run_cli({"trace", "older"}).err.find("give --store") != std::string::npos);
  const std::string none = archive.folder.file("none");
  CHECK(run_cli({"trace", "older", "--store", none}).err.find("there are no traces") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(none + ".traces"));
  const CliRun down =
      run_cli({"trace", "older", "--trace", "postgresql://u:secret@/d?host=" + none, "--json"});
  CHECK(down.exit_code == 1);
  CHECK(down.json().at("error").as_string().find("PostgreSQL") != std::string::npos);
  CHECK((down.out + down.err).find("secret") == std::string::npos);
  for (const std::string place : {"host=/none user=u password=secret dbname=x",
                                  "postgres:/u:secret@h/d", "mysql://u:secret@h/d"}) {
    const CliRun wrong = run_cli({"trace", "older", "--trace", place});
    CAPTURE(wrong.err);
    CHECK(wrong.exit_code == 1);
    CHECK(wrong.err.find("no traces") == std::string::npos);  // it was not taken for a file
    CHECK((wrong.out + wrong.err).find("secret") == std::string::npos);
  }
}
