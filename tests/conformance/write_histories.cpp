// Runs the programs of programs.hpp on the real engine, in virtual time, and keeps their histories.
//   write-histories write FOLDER           <program>.json for each run, in canonical JSON
//   write-histories replay PROGRAM FILE    replays a history with the program; 0: the same
//   commands,
//                                          3: others (what differs is on stderr), 1: anything else
#include "durasim/core/encoding.hpp"
#include "durasim/replay/workflow_machines.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "programs.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace durasim;
using namespace durasim::conformance;

// What somebody outside does to a run after its first workflow task, or nothing.
using Script = std::function<void(testing::WorkflowEnvironment&, const WorkflowRun<Text>&)>;

struct Entry {
  Program type;
  Workflow<Text> (*code)(WorkflowContext, Text);
  Script script;
};

void send_notes(testing::WorkflowEnvironment& environment, const WorkflowRun<Text>& run) {
  // Two before the code sees one, the third later.
  run.signal(note, "a");
  run.signal(note, "b");
  environment.sleep(1min);
  run.signal(note, "c");
}
void send_note(testing::WorkflowEnvironment& environment, const WorkflowRun<Text>& run) {
  environment.sleep(1min);
  run.signal(note, "here");
}
void cancel(testing::WorkflowEnvironment& environment, const WorkflowRun<Text>& run) {
  environment.sleep(1min);
  run.cancel("enough");
}

const std::vector<Entry>& programs() {
  static const std::vector<Entry> all{
      {{"Activity"}, activity, {}},
      {{"Retries"}, retries, {}},
      {{"Heartbeat"}, heartbeat, {}},
      {{"Timers"}, timers, {}},
      {{"Signals"}, signals, send_notes},
      {{"WaitMet"}, wait_met, send_note},
      {{"WaitLate"}, wait_late, {}},
      {{"CancelTimer"}, cancel_timer, {}},
      {{"CancelActivity"}, cancel_activity, {}},
      {{"CancelAndWait"}, cancel_and_wait, {}},
      {{"CancelRun"}, cancel_run, cancel},
      {{"CleanUp"}, clean_up, {}},  // cancelled from within its activity
      {{"Parallel"}, parallel, {}},
      {{"FailureChain"}, failure_chain, {}},
      {{"ActivityLate"}, activity_late, {}},
      {continue_as_new_type, continue_as_new, {}},
      {{"External"}, external, {}},
      {{"TakenBack"}, taken_back, {}},
      {{"Race"}, race, {}},
  };
  return all;
}

// The activities; those that take time let it pass in `environment`.
void implement_activities(Worker& worker, testing::WorkflowEnvironment& environment) {
  worker.implement(echo, [](Text text) { return text; })
      .implement(tidy_up, [](const Text&) {})
      .implement(flaky, [](const ActivityContext& ctx, Text text) {
        if (ctx.info().attempt < 3) throw ApplicationFailure("not yet", {.type = "Flaky"});
        return text;
      });
  worker.implement(silent, [&environment](const ActivityContext& ctx, Text text) {
    if (const auto before = ctx.heartbeat_details<Text>()) return *before;
    ctx.heartbeat(text + " so far");
    environment.sleep(1min);
    return text;
  });
  worker.implement(refuse, [](const Text&) -> Text {
    proto::Failure why = ApplicationFailure("no paper", {.type = "OutOfPaper"}).proto();
    proto::Failure failure =
        ApplicationFailure("refused", {.type = "Refusal", .non_retryable = true}).proto();
    failure.cause = why;
    throw ApplicationFailure(failure);
  });
  worker.implement(toil, [&environment](const ActivityContext& ctx, Text text) {
    if (ctx.info().workflow_type == "CleanUp") {
      environment.frontend().cancel({ctx.info().workflow_id, {}}, "enough");
    }
    for (int seconds = 0; seconds < 60 && !ctx.is_canceled(); ++seconds) {
      ctx.heartbeat(seconds);
      environment.sleep(1s);
    }
    ctx.throw_if_canceled();
    return text;
  });
}

void save(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << "\n";
  if (!file.flush()) throw IoError("cannot write " + path);
}

void write(const Entry& program, const std::string& folder) {
  testing::WorkflowEnvironment environment;
  Worker& worker = environment.worker("queue");
  implement_activities(worker, environment);
  for (const Entry& each : programs()) worker.implement(each.type, each.code);
  const Client client = environment.client();
  // Whom External talks to.
  const auto other =
      client.start(Program{"CancelRun"}, "other", {.id = "other", .task_queue = "queue"});
  const auto run = client.start(program.type, "word", {.id = "run", .task_queue = "queue"});
  if (program.script) program.script(environment, run);
  try {
    static_cast<void>(run.result());
  } catch (const Failure&) {  // some programs end so
  }
  int number = 0;
  for (const WorkflowDescription& each : client.list({.workflow_id = "run"})) {
    const auto history =
        decode_history(environment.frontend().history({each.workflow_id, each.run_id}));
    const std::string name = fmt::format("{}{}", program.type.name, ++number);
    save(fmt::format("{}/{}.json", folder, name), to_json(history, JsonStyle::Indented));
    fmt::print("{} {} {}\n", program.type.name, name, to_string(each.status));
  }
}

int replay_file(std::string_view name, const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw IoError("cannot read " + path);
  const auto history = history_from_json(std::string(std::istreambuf_iterator<char>(stream), {}));
  for (const Entry& program : programs()) {
    if (program.type.name != name) continue;
    const auto instance = make_workflow(program.type, program.code).create({});
    replay::WorkflowMachines machines("a-run");
    try {
      machines.apply(history.events,
                     [&](const Activation& step) { return instance->activate(step); });
    } catch (const HistoryMismatch& mismatch) {
      fmt::print(stderr, "{}\n", mismatch.what());
      return 3;
    }
    if (const auto& failure = machines.task_failure()) {
      fmt::print(stderr, "{}\n", failure->failure.message);
      return failure->cause == WorkflowTaskFailedCause::NonDeterministicError ? 3 : 1;
    }
    return 0;
  }
  throw InvalidArgument("no such program: " + std::string(name));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb == "write" && argc == 3) {
      for (const Entry& program : programs()) write(program, argv[2]);
      return 0;
    }
    if (verb == "replay" && argc == 4) return replay_file(argv[2], argv[3]);
    fmt::print(stderr, "usage: write-histories write FOLDER | replay PROGRAM FILE\n");
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
