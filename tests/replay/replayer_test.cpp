// The Replayer as its users meet it: from a file, from text, from a store.
#include "durasim/store/memory.hpp"

#include "replay/recorded.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

namespace {

Workflow<std::string> two_steps(WorkflowContext ctx, int n) {
  const int result = co_await ctx.run(work, n, {.start_to_close = 1min});
  co_await ctx.sleep(1h);
  co_return std::to_string(result);
}
Workflow<std::string> one_step(WorkflowContext ctx, int) {
  co_await ctx.sleep(1h);
  co_return "";
}

testing::Replayer replayer_of(const Code& code) {
  testing::Replayer replayer;
  replayer.implement(program, code);
  return replayer;
}

}  // namespace

TEST_CASE("a history is replayed from its JSON, as text and as a file") {
  const std::string json = to_json(record(two_steps));
  CHECK(replayer_of(two_steps).replay_json(json).empty());
  CHECK_THROWS_AS(replayer_of(one_step).replay_json(json), NonDeterminismError);
  CHECK_THROWS_AS(replayer_of(one_step).replay_json("{\"events\":"), FormatError);

  const std::string path =
      (std::filesystem::temp_directory_path() / "durasim_replayer_test.json").string();
  std::ofstream(path) << json;
  CHECK(replayer_of(two_steps).replay_file(path).empty());
  CHECK_THROWS_AS(replayer_of(one_step).replay_file(path), NonDeterminismError);
  std::filesystem::remove(path);
  CHECK_THROWS_AS(replayer_of(two_steps).replay_file(path), IoError);
}

TEST_CASE("every prefix of a history replays, also one that ends with a task under way") {
  const proto::History whole = record(two_steps);
  const testing::Replayer replayer = replayer_of(two_steps);
  for (std::size_t length = 1; length <= whole.events.size(); ++length) {
    CAPTURE(length);
    proto::History prefix = whole;
    prefix.events.resize(length);
    // A store never ends between a completed task and the events of its commands.
    if (prefix.events.back().event_type == EventType::WorkflowTaskCompleted) continue;
    CHECK_NOTHROW(replayer.replay(prefix));
  }
}

TEST_CASE("all runs of a store are replayed, open and closed; each says what is wrong with it") {
  store::MemoryStore store;
  testing::WorkflowEnvironment environment({.store = &store});
  environment.worker("queue").implement(program, two_steps).implement(work, [](int n) {
    return n;
  });
  for (const char* id : {"a", "b"})
    environment.client().start(program, 1, {.id = id, .task_queue = "queue"});
  environment.sleep(30min);
  environment.worker("queue").implement(program, one_step);
  (void)environment.client().start(program, 1, {.id = "c", .task_queue = "queue"}).result();

  testing::ReplayerOptions options;
  testing::Replayer replayer(options);
  for (const auto& run : replayer.replay_store(store)) CHECK_FALSE(run.ok());  // not implemented
  replayer.implement(program, two_steps);
  const auto runs = replayer.replay_store(store, "Program");
  REQUIRE(runs.size() == 3);
  for (const auto& run : runs) {
    CAPTURE(run.workflow_id);
    CHECK(run.ok() == (run.workflow_id != "c"));
    if (run.ok()) continue;
    REQUIRE(run.mismatch);
    CHECK(run.mismatch->expected == "TimerStarted");
    CHECK(run.mismatch->actual == "ActivityTaskScheduled");
    CHECK(run.error.find("event 5") != std::string::npos);
  }
  CHECK(replayer.replay_store(store, "Another").empty());
}

TEST_CASE("an exception of the code is told, not taken for a difference") {
  testing::ReplayerOptions options;
  options.fail_task_on_exception = true;
  testing::Replayer replayer(options);
  replayer.implement(program, [](WorkflowContext, int) -> Workflow<std::string> {
    throw std::runtime_error("a bug");
  });
  CHECK_THROWS_WITH_AS(replayer.replay(record(two_steps)), doctest::Contains("a bug"), Error);
}
