// The core keeps large payloads in its hands and gives the store references: each record that may
// hold one, through restarts after every input.
#include "engine/core_driver.hpp"
#include "testing/store_rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace durasim;
using namespace durasim::engine;
using namespace durasim::engine::test;
using namespace std::chrono_literals;

namespace {

std::string large(char content) {
  return std::string(20'000, content);
}

// Of everything that is stored but the blobs.
std::size_t bytes_of_rows(const store::Store& store) {
  const durasim::testing::Picture picture = durasim::testing::picture_of(store);
  std::size_t bytes = 0;
  for (const store::RunRow& row : picture.runs) bytes += row.state.size();
  for (const auto& [run, tasks] : picture.tasks) {
    for (const store::TaskRow& task : tasks) bytes += task.state.size();
  }
  for (const auto& [run, batches] : picture.history) {
    for (const store::HistoryBatch& batch : batches) bytes += batch.events.size();
  }
  return bytes;
}

proto::Command schedule_with(const std::string& id, const PayloadList& input,
                             const RetryPolicy& retry = {}) {
  proto::Command command = schedule(id, {.start_to_close = 1h, .heartbeat = 1min}, retry);
  command.attributes_if<proto::ScheduleActivityTaskCommandAttributes>()->input =
      proto::to_message(input);
  return command;
}

void check_bytes(Core& run) {
  proto::History history;
  history.events = run.events();
  CHECK(run.state().row().history_bytes == static_cast<std::int64_t>(encode(history).size()));
  CHECK(bytes_of_rows(run.store()) < 10'000);
}

}  // namespace

TEST_CASE(
    "an activity's input, details and failure are stored as references, and are what they were") {
  StartRun start;
  start.input = text(large('i'));
  start.memo["m"] = text(large('m')).front();
  Core run(start);
  run.first({schedule_with("a", text(large('i')))});
  CHECK(run.activity(5).input == text(large('i')).vector());
  run.begin(5);
  run.heartbeat(5, 1, large('h'));
  CHECK(run.activity(5).heartbeat_details == text(large('h')).vector());
  check_bytes(run);
  CHECK(run.end(5, 1, failed("again", {.details = text(large('d'))})));
  run.skip();
  run.begin(5, 2);
  CHECK(run.activity(5).input == text(large('i')).vector());
  CHECK(run.activity(5).heartbeat_details == text(large('h')).vector());
  const auto& info = std::get<proto::ApplicationFailureInfo>(run.activity(5).last_failure->info);
  CHECK(info.details->payloads == text(large('d')).vector());
  check_bytes(run);
  CHECK(run.state().start().memo.at("m") == text(large('m')).front());
  CHECK(run.end(5, 2, ActivityCompleted{text(large('r'))}));
  CHECK(run.attributes<proto::ActivityTaskCompletedEventAttributes>(7).result->payloads ==
        text(large('r')).vector());
  check_bytes(run);
  CHECK(run.state().row().history_bytes > 80'000);
}

TEST_CASE("what arrives while a task is under way, and what is under way to others") {
  Core run;
  run.begin_task();
  run.state().signal({"go", text(large('b')), "client", "", std::nullopt}, run.now);
  run.cancel();  // saves both
  REQUIRE(run.state().record().buffered_events.size() == 2);
  CHECK(bytes_of_rows(run.store()) < 10'000);
  proto::SignalExternalWorkflowExecutionCommandAttributes signal;
  signal.execution.emplace().workflow_id = "other";
  signal.signal_name = "go";
  signal.input = proto::to_message(text(large('e')));
  CHECK(run.end_task(3, {proto::make_command(std::move(signal))}) == TaskResult::Completed);
  REQUIRE(run.state().externals().size() == 1);
  CHECK(run.state().externals().begin()->second.input == text(large('e')).vector());
  const auto events = run.events();
  const auto found = std::ranges::find(events, EventType::WorkflowExecutionSignaled,
                                       &proto::HistoryEvent::event_type);
  REQUIRE(found != events.end());
  CHECK(found->attributes_if<proto::WorkflowExecutionSignaledEventAttributes>()->input->payloads ==
        text(large('b')).vector());
  check_bytes(run);
}

TEST_CASE("a user's payload that looks like a reference is the user's, in events and records") {
  PayloadList input = text("not a blob");
  input[0].metadata["encoding"] = "durasim/blob";
  input[0].metadata["hash"] = std::string(32, 'h');
  input[0].metadata["size"] = "10";
  StartRun start;
  start.input = input;
  Core run(start);
  run.first({schedule_with("a", input)});
  CHECK(run.state().start().input == input);
  CHECK(run.activity(5).input == input.vector());
  CHECK(run.attributes<proto::ActivityTaskScheduledEventAttributes>(5).input->payloads ==
        input.vector());
  check_bytes(run);
}
