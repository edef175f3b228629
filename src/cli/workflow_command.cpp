// durasim workflow list|describe|show|start|result|signal|query|cancel|terminate|resume --store
// PATH: the runs of a store from outside, in the words of Temporal's CLI.
#include "durasim/core/encoding.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/json.hpp"
#include "durasim/pipeline/script.hpp"

#include "cli/commands.hpp"
#include "cli/ending.hpp"
#include "cli/store_access.hpp"
#include "cli/store_option.hpp"
#include "cli/workflow_follow.hpp"
#include "cli/workflow_text.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

namespace durasim::cli {
namespace {

struct WorkflowArguments {
  std::string store;
  Output output = Output::Text;
  WorkflowExecution run;
  std::string type;
  std::string task_queue;
  std::string name;
  std::string reason;
  std::string request_id;
  std::vector<std::string> inputs;
  std::string status;
  std::size_t limit = 1000;
  bool follow = false;
  bool successors = false;
};

// Each --input is one argument, in JSON.
PayloadList payloads_of(const std::vector<std::string>& inputs) {
  PayloadList payloads;
  for (const std::string& input : inputs) {
    try {
      JsonReader reader(input);
      reader.skip();
      reader.end();
    } catch (const FormatError& error) {
      throw InvalidArgument(fmt::format("--input '{}' is no JSON: {}", input, error.what()));
    }
    Payload payload;
    payload.metadata["encoding"] = "json/plain";
    payload.data = input;
    payloads.push_back(std::move(payload));
  }
  return payloads;
}

Output output_of(const std::string& name) {
  if (name == "json") return Output::Json;
  return name == "jsonl" ? Output::JsonLines : Output::Text;
}

std::optional<WorkflowStatus> status_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  for (int value = 1; value <= 7; ++value) {
    const auto status = static_cast<WorkflowStatus>(value);
    if (to_string(status) == name) return status;
  }
  throw InvalidArgument("--status " + name +
                        ": one of Running, Completed, Failed, Canceled, Terminated, "
                        "ContinuedAsNew, TimedOut");
}

int list(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  print_list(store.frontend().list({.status = status_of(a.status),
                                    .workflow_id = a.run.workflow_id,
                                    .workflow_type = a.type,
                                    .limit = a.limit,
                                    .after_run_id = {}}),
             a.output);
  return kSuccess;
}

int describe(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  print_description(store.frontend().describe(a.run), a.output);
  return kSuccess;
}

int show(const WorkflowArguments& a) {
  if (a.follow && a.output == Output::Json)
    throw InvalidArgument("--follow prints events as they come: with -o text or -o jsonl");
  const StoreAccess store(a.store, false);
  if (a.follow) {
    follow_history(store, a.run, a.successors, a.output);
    return kSuccess;
  }
  print_history(decode_history(store.frontend().history(a.run)), a.output);
  return kSuccess;
}

int start(const WorkflowArguments& a) {
  const StoreAccess store(a.store, true);
  StartOptions options;
  options.id = a.run.workflow_id;
  options.task_queue = a.task_queue;
  options.request_id = a.request_id;
  options.remote_worker = !store.is_served();  // whoever owns the store next
  const WorkflowExecution run =
      store.frontend().start(a.type, payloads_of(a.inputs), options, false);
  print_description(store.frontend().describe(run), a.output);
  return kSuccess;
}

int result(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  if (!store.is_served()) {
    const WorkflowDescription run = store.frontend().describe({a.run.workflow_id, {}});
    if (run.status == WorkflowStatus::Running) {
      throw UnavailableError(fmt::format(
          "workflow {} has not ended, and no engine works on it: start the program that serves "
          "task queue {}",
          run.workflow_id, run.task_queue));
    }
  }
  try {
    print_values(store.frontend().result(a.run));
    return kSuccess;
  } catch (const Failure& failure) {
    fmt::print(stderr, "{}\n", failure.what());
    if (a.output != Output::Text) fmt::print("{}\n", to_json(failure.proto()));
    return kFail;
  }
}

int signal(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  store.frontend().signal(a.run, a.name, payloads_of(a.inputs), a.request_id);
  return kSuccess;
}

int query(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  print_values(store.frontend().query(a.run, a.type, payloads_of(a.inputs)));
  return kSuccess;
}

// After a request to end a run. A script is a process that lives without an engine; all else
// happens in one.
void end_without_engine(const StoreAccess& store, const WorkflowArguments& a) {
  if (store.is_served()) return;
  const WorkflowDescription run = store.frontend().describe(a.run);
  if (run.workflow_type == pipeline::script_execution.name &&
      pipeline::ask_scripts_to_end({.store = a.store}, run.run_id) > 0) {
    fmt::print(stderr, "durasim: the script of {} was asked to end; the next engine records it\n",
               run.workflow_id);
  } else if (run.status == WorkflowStatus::Running) {
    fmt::print(stderr,
               "durasim: recorded; no engine works on this store, so {} ends when one is started\n",
               run.workflow_id);
  }
}

int cancel(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  store.frontend().cancel(a.run, a.reason);
  end_without_engine(store, a);
  return kSuccess;
}

int terminate(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  store.frontend().terminate(a.run, a.reason);
  end_without_engine(store, a);
  return kSuccess;
}

int resume(const WorkflowArguments& a) {
  const StoreAccess store(a.store, false);
  store.frontend().resume(a.run);
  return kSuccess;
}

// A verb below `workflow`, with what all of them take.
class Verb {
 public:
  Verb(CLI::App& workflow, Command& chosen, const char* name, const char* help,
       int (*action)(const WorkflowArguments&))
      : a_(std::make_shared<WorkflowArguments>()), app_(workflow.add_subcommand(name, help)) {
    add_store_option(*app_, a_->store, "path of the store's database")->required();
    app_->add_option_function<std::string>(
            "-o,--output", [a = a_](const std::string& name) { a->output = output_of(name); },
            "output format (default: text)")
        ->check(CLI::IsMember({"text", "json", "jsonl"}));
    app_->callback([&chosen, a = a_, action] {
      chosen = [a, action](const std::stop_token& stop) {
        const LeaveOnStop leave(stop);  // what an engine has been asked for it does all the same
        return action(*a);
      };
    });
  }
  Verb& run() {
    app_->add_option("-w,--workflow-id", a_->run.workflow_id, "workflow id")->required();
    app_->add_option("-r,--run-id", a_->run.run_id, "run id (default: the current run)");
    return *this;
  }
  Verb& inputs() {
    // As they stand: CLI11 would take "[1,2]" for two of them, and "{}" for none.
    CLI::Option* option = app_->add_option("-i,--input", "one argument, as JSON (may be repeated)")
                              ->type_name("JSON")
                              ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    option->each([a = a_](const std::string& input) { a->inputs.push_back(input); });
    return *this;
  }
  Verb& reason() {
    app_->add_option("--reason", a_->reason, "reason, recorded in the history");
    return *this;
  }
  Verb& request_id() {
    app_->add_option("--request-id", a_->request_id,
                     "makes the call safe to repeat: the same id counts once");
    return *this;
  }
  Verb& text(const char* option, std::string WorkflowArguments::* member, const char* help,
             bool required = true) {
    app_->add_option(option, *a_.*member, help)->required(required);
    return *this;
  }
  Verb& id(bool required) {
    app_->add_option("-w,--workflow-id", a_->run.workflow_id, "workflow id")->required(required);
    return *this;
  }
  Verb& flag(const char* option, bool WorkflowArguments::* member, const char* help) {
    app_->add_flag(option, *a_.*member, help);
    return *this;
  }
  Verb& limit() {
    app_->add_option("--limit", a_->limit, "show at most this many runs")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    return *this;
  }

 private:
  std::shared_ptr<WorkflowArguments> a_;
  CLI::App* app_;
};

}  // namespace

void add_workflow(CLI::App& app, Command& chosen) {
  CLI::App* workflow =
      app.add_subcommand("workflow", "Inspect and control the workflows of a store");
  workflow->require_subcommand(1);
  workflow->footer(
      "An engine that has the store open answers through the socket beside it. Without one durasim "
      "opens\nthe store itself for a moment: starts, signals and cancellations are recorded, and "
      "what needs a\nworker fails with a message.\n\n"
      "  durasim workflow list --store digest.db\n"
      "  durasim workflow show --store digest.db -w digest-2026-11-20 -o json\n"
      "  durasim workflow show --store digest.db -w digest-2026-11-20 --follow\n"
      "  durasim workflow signal --store digest.db -w cart-7 --name put -i "
      "'{\"name\":\"lamp\"}'\n\n"
      "Exit codes: 0 done, 2 the workflow has failed (result), 1 usage, I/O or infrastructure, 130 "
      "stopped.");
  using W = WorkflowArguments;
  Verb(*workflow, chosen, "list", "List runs in the order of their start", list)
      .id(false)
      .text("--type", &W::type, "only runs of this workflow type", false)
      .text("--status", &W::status, "only runs of this status: Running, Completed, Failed, ...",
            false)
      .limit();
  Verb(*workflow, chosen, "describe", "Show one run and its pending activities", describe).run();
  Verb(*workflow, chosen, "show", "Show the history of a run, as Temporal's CLI prints it", show)
      .run()
      .flag("-f,--follow", &W::follow,
            "print new events as they are committed, until the run closes (text or jsonl)")
      .flag("--successors", &W::successors,
            "with --follow: go on with the run that continues or retries it");
  Verb(*workflow, chosen, "start", "Start a workflow", start)
      .id(false)
      .text("--type", &W::type, "workflow type")
      .text("-t,--task-queue", &W::task_queue, "task queue")
      .inputs()
      .request_id();
  Verb(*workflow, chosen, "result", "Wait until a workflow closes, and print its result", result)
      .run();
  Verb(*workflow, chosen, "signal", "Send a signal", signal)
      .run()
      .text("--name", &W::name, "signal name")
      .inputs()
      .request_id();
  Verb(*workflow, chosen, "query", "Query a workflow", query)
      .run()
      .text("--type", &W::type, "query type")
      .inputs();
  Verb(*workflow, chosen, "cancel", "Request the cancellation of a workflow", cancel)
      .run()
      .reason();
  Verb(*workflow, chosen, "terminate", "Close a workflow at once, without asking its code",
       terminate)
      .run()
      .reason();
  Verb(*workflow, chosen, "resume",
       "Resume a run that was parked because its code brought the process down too often", resume)
      .run();
}

}  // namespace durasim::cli
