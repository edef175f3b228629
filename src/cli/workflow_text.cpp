// Tables and JSON of runs and histories.
#include "cli/workflow_text.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/json.hpp"
#include "durasim/core/time.hpp"

#include "core/ascii_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <utility>

namespace durasim::cli {

namespace {

// "ContinuedAsNew" -> "WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW"
std::string status_name(WorkflowStatus status) {
  std::string name = "WORKFLOW_EXECUTION_STATUS";
  for (const char c : to_string(status)) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) name += '_';
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

void text_member(JsonWriter& json, std::string_view key, std::string_view value) {
  json.key(key);
  json.string(ascii_text(value));
}

// temporal.api.workflow.v1.WorkflowExecutionInfo, as far as a local engine has it.
void write_info(JsonWriter& json, const WorkflowDescription& run) {
  json.begin_object();
  json.key("execution");
  json.begin_object();
  text_member(json, "workflowId", run.workflow_id);
  text_member(json, "runId", run.run_id);
  json.end_object();
  json.key("type");
  json.begin_object();
  text_member(json, "name", run.workflow_type);
  json.end_object();
  text_member(json, "startTime", to_rfc3339(run.start_time));
  if (run.close_time) text_member(json, "closeTime", to_rfc3339(*run.close_time));
  text_member(json, "status", status_name(run.status));
  text_member(json, "historyLength", std::to_string(run.history_length));
  text_member(json, "historySizeBytes", std::to_string(run.history_bytes));
  text_member(json, "taskQueue", run.task_queue);
  json.end_object();
}

void write_activity(JsonWriter& json, const PendingActivity& activity) {
  json.begin_object();
  text_member(json, "activityId", activity.activity_id);
  json.key("activityType");
  json.begin_object();
  text_member(json, "name", activity.activity_type);
  json.end_object();
  const char* state = "PENDING_ACTIVITY_STATE_SCHEDULED";
  if (activity.cancel_requested) {
    state = "PENDING_ACTIVITY_STATE_CANCEL_REQUESTED";
  } else if (activity.started) {
    state = "PENDING_ACTIVITY_STATE_STARTED";
  }
  text_member(json, "state", state);
  json.key("attempt");
  json.integer(activity.attempt);
  text_member(json, "scheduledTime", to_rfc3339(activity.scheduled_time));
  if (activity.last_failure)
    text_member(json, "lastFailureMessage", activity.last_failure->message);
  json.end_object();
}

std::string info_json(const WorkflowDescription& run) {
  std::string out;
  JsonWriter json(out);
  write_info(json, run);
  return out;
}

std::string event_name(const proto::HistoryEvent& event) {
  return std::string(to_string(event.event_type));
}

}  // namespace

void print_list(const std::vector<WorkflowDescription>& runs, Output output) {
  if (output == Output::Text) {
    fmt::print("{:<14} {:<36} {:<36} {:<24} {}\n", "Status", "WorkflowId", "RunId", "StartTime",
               "Type");
    for (const WorkflowDescription& run : runs) {
      fmt::print("{:<14} {:<36} {:<36} {:<24} {}\n",
                 run.parked ? "Parked" : std::string(to_string(run.status)),
                 ascii_text(run.workflow_id), ascii_text(run.run_id), to_rfc3339(run.start_time),
                 ascii_text(run.workflow_type));
    }
    return;
  }
  const bool lines = output == Output::JsonLines;
  if (!lines) fmt::print("[");
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!lines && i > 0) fmt::print(",");
    fmt::print("{}{}", info_json(runs[i]), lines ? "\n" : "");
  }
  if (!lines) fmt::print("]\n");
}

void print_description(const WorkflowDescription& run, Output output) {
  if (output != Output::Text) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.key("workflowExecutionInfo");
    write_info(json, run);
    json.key("pendingActivities");
    json.begin_array();
    for (const PendingActivity& activity : run.pending_activities) write_activity(json, activity);
    json.end_array();
    if (run.parked) {
      json.key("parked");
      json.boolean(true);
      json.key("crashes");
      json.integer(run.crashes);
    }
    json.end_object();
    fmt::print("{}\n", out);
    return;
  }
  fmt::print("WorkflowId     {}\nRunId          {}\nType           {}\nTaskQueue      {}\n",
             ascii_text(run.workflow_id), ascii_text(run.run_id), ascii_text(run.workflow_type),
             ascii_text(run.task_queue));
  fmt::print("Status         {}\n", to_string(run.status));
  if (run.parked) {
    fmt::print(
        "Parked         the process has died {} times while its code ran; repair it, then: durasim "
        "workflow resume\n",
        run.crashes);
  }
  fmt::print("StartTime      {}\n", to_rfc3339(run.start_time));
  if (run.close_time) fmt::print("CloseTime      {}\n", to_rfc3339(*run.close_time));
  fmt::print("History        {} events, {} bytes\n", run.history_length, run.history_bytes);
  if (run.workflow_task_attempt > 1)
    fmt::print("WorkflowTask   attempt {}\n", run.workflow_task_attempt);
  for (const PendingActivity& activity : run.pending_activities) {
    fmt::print("Pending        {} ({}), attempt {}, {}{}\n", ascii_text(activity.activity_type),
               ascii_text(activity.activity_id), activity.attempt,
               activity.started ? "started" : "scheduled",
               activity.last_failure
                   ? ", last failure: " + ascii_text(activity.last_failure->message)
                   : std::string());
  }
}

void print_history(const proto::History& history, Output output) {
  if (output == Output::Json) {
    fmt::print("{}\n", to_json(history, JsonStyle::Indented));
    return;
  }
  print_history_head(output);
  print_events(history, output);
}

void print_history_head(Output output) {
  if (output == Output::Text) fmt::print("{:>5}  {:<24}  {}\n", "ID", "Time", "Type");
}

void print_events(const proto::History& history, Output output) {
  for (const proto::HistoryEvent& event : history.events) {
    if (output == Output::JsonLines) {
      fmt::print("{}\n", to_json(event));
    } else {
      fmt::print("{:>5}  {:<24}  {}\n", event.event_id,
                 event.event_time ? to_rfc3339(event.event_time->wall_time()) : "",
                 event_name(event));
    }
  }
  std::fflush(stdout);
}

void print_values(const PayloadList& payloads) {
  for (const Payload& payload : payloads) {
    const auto encoding = payload.metadata.find("encoding");
    const std::string kind = encoding != payload.metadata.end() ? encoding->second : "";
    if (kind == "json/plain") {
      fmt::print("{}\n", payload.data);
    } else if (kind == "binary/null") {
      fmt::print("null\n");
    } else {
      fmt::print("{}\n", to_json(payload));
    }
  }
}

}  // namespace durasim::cli
