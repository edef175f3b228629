// Following a history: each event once and in order, as soon as it is durable, to the end of the
// run; and nobody waits longer than he wanted to.
#include "durasim/core/encoding.hpp"
#include "durasim/engine/remote.hpp"

#include "engine/engine_programs.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <latch>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<int(int)> counting_down{"CountingDown"};

Workflow<int> count_down(WorkflowContext ctx, int n) {
  if (n > 0) ctx.continue_as_new(counting_down, n - 1);
  co_return n;
}

// Reads a run's history to its end.
struct Reader {
  std::vector<std::int64_t> ids;
  std::vector<EventType> types;
  std::counting_semaphore<> events{0};  // one for each that is not a workflow task's

  void follow(Frontend& frontend, WorkflowExecution run) {
    for (bool closed = false; !closed;) {
      const HistoryPart part = frontend.history_after(run, ids.empty() ? 0 : ids.back(), 1h);
      run.run_id = part.run_id;
      closed = part.closed;
      for (const proto::HistoryEvent& event : decode_history(part.history).events) {
        ids.push_back(event.event_id);
        types.push_back(event.event_type);
        if (to_string(event.event_type).find("WorkflowTask") == std::string::npos) events.release();
      }
    }
  }
};

// The follower has seen each event before the next one is caused.
void expect_following(Engine& engine, Frontend& frontend, const std::string& id) {
  const auto run = engine.client().start(listening, {.id = id, .task_queue = "queue"});
  Reader reader;
  std::thread follower([&] { reader.follow(frontend, {id, {}}); });
  reader.events.acquire();  // its start
  for (const char* text : {"one", "two", "three", "stop"}) {
    run.signal(word, text);
    reader.events.acquire();
  }
  follower.join();
  const proto::History whole = decode_history(engine.frontend().history({id, {}}));
  REQUIRE(reader.ids.size() == whole.events.size());
  for (std::size_t i = 0; i < whole.events.size(); ++i) {
    CHECK(reader.ids[i] == static_cast<std::int64_t>(i) + 1);
    CHECK(reader.types[i] == whole.events[i].event_type);
  }
  CHECK(reader.types.back() == EventType::WorkflowExecutionCompleted);
}

}  // namespace

TEST_CASE("whoever follows a history sees each event once, in order, and its end") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  expect_following(engine, engine.frontend(), "here");
  RemoteEngine remote(folder.store());
  expect_following(engine, remote.frontend(), "remote");
}

TEST_CASE("a part begins after the event that was asked for, wherever in the history that is") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  (void)engine.client().start(adding, 1, {.id = "a", .task_queue = "queue"}).result();
  const auto all = decode_history(engine.frontend().history({"a", {}})).events;
  const auto size = static_cast<std::int64_t>(all.size());
  for (std::int64_t last = -1; last <= size + 1; ++last) {
    CAPTURE(last);
    const HistoryPart part = engine.frontend().history_after({"a", {}}, last, 1h);
    CHECK(part.closed);  // so that there is nothing to wait for
    const auto events = decode_history(part.history).events;
    const std::int64_t before = std::clamp<std::int64_t>(last, 0, size);
    REQUIRE(static_cast<std::int64_t>(events.size()) == size - before);
    if (!events.empty()) CHECK(events.front() == all[static_cast<std::size_t>(before)]);
  }
}

TEST_CASE("where nothing follows the wait ends at its deadline, with no event") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  const auto run = engine.client().start(listening, {.id = "l", .task_queue = "queue"});
  CHECK(run.query(heard).empty());  // its first task is done
  RemoteEngine remote(folder.store());
  const std::int64_t last = run.describe().history_length;
  for (Frontend* frontend : {&engine.frontend(), &remote.frontend()}) {
    const HistoryPart part = frontend->history_after({"l", {}}, last, 1ms);
    CHECK(part.run_id == run.run_id());
    CHECK_FALSE(part.closed);
    CHECK(decode_history(part.history).events.empty());
    CHECK_THROWS_AS((void)frontend->history_after({"none", {}}, 0, 1ms), WorkflowNotFound);
  }
}

TEST_CASE("an engine that ends tells those who follow") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  const auto run = engine.client().start(listening, {.id = "l", .task_queue = "queue"});
  CHECK(run.query(heard).empty());
  std::latch waiting(1);
  std::atomic<bool> told = false;
  std::thread follower([&] {
    waiting.count_down();
    try {
      Reader().follow(engine.frontend(), {"l", {}});
    } catch (const CancelledError&) {
      told = true;
    }
  });
  waiting.wait();
  CHECK(engine.stop(10s).clean());
  follower.join();
  CHECK(told);
}

TEST_CASE("a run that continues as new ends there; its successor is followed by its id") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  engine.worker("queue").implement(counting_down, count_down);
  engine.start();
  const auto run = engine.client().start(counting_down, 1, {.id = "c", .task_queue = "queue"});
  CHECK(run.result() == 0);
  const HistoryPart part = engine.frontend().history_after({"c", run.run_id()}, 0, 1h);
  CHECK(part.closed);
  const proto::HistoryEvent last = decode_history(part.history).events.back();
  const auto* continued =
      last.attributes_if<proto::WorkflowExecutionContinuedAsNewEventAttributes>();
  REQUIRE(continued != nullptr);
  const HistoryPart next =
      engine.frontend().history_after({"c", continued->new_execution_run_id}, 0, 1h);
  CHECK(next.run_id == continued->new_execution_run_id);
  CHECK(next.closed);
}
