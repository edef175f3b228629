// The service over a store: tasks that outlive a process, limits, damaged runs.
#include "durasim/core/ids.hpp"
#include "durasim/store/integrity.hpp"
#include "durasim/store/memory.hpp"

#include "engine/service_bench.hpp"

using namespace durasim;
using namespace durasim::engine;
using namespace durasim::engine::test;
using namespace std::chrono_literals;

namespace {

// A store that has lost some bytes of one run.
class DamagedStore final : public store::Store {
 public:
  explicit DamagedStore(store::Store& inner) : inner_(inner) {}
  std::string damaged;
  std::string damaged_blob;  // part of its content
  bool gone = false;         // or else it is another

  void commit(std::span<const store::Transition> transitions) override {
    inner_.commit(transitions);
  }
  std::optional<store::RunRow> run(std::string_view run_id) const override {
    auto row = inner_.run(run_id);
    if (row && run_id == damaged) row->state += "x";
    return row;
  }
  std::optional<store::RunRow> current_run(std::string_view id) const override {
    return inner_.current_run(id);
  }
  std::vector<store::TaskRow> tasks(std::string_view run_id) const override {
    return inner_.tasks(run_id);
  }
  std::vector<store::HistoryBatch> history(std::string_view run_id,
                                           std::int64_t from) const override {
    return inner_.history(run_id, from);
  }
  std::optional<store::RequestRow> request(std::string_view scope,
                                           std::string_view id) const override {
    return inner_.request(scope, id);
  }
  std::optional<std::string> blob(const store::Digest& hash) const override {
    auto bytes = inner_.blob(hash);
    if (damaged_blob.empty() || !bytes || bytes->find(damaged_blob) == std::string::npos)
      return bytes;
    return gone ? std::nullopt : std::optional(*bytes + "x");
  }
  std::vector<store::RunRow> runs(const store::RunFilter& filter) const override {
    auto rows = inner_.runs(filter);
    for (auto& row : rows) {
      if (row.run_id == damaged) row.state += "x";
    }
    return rows;
  }
  std::vector<std::string> due_runs(WallTime until, std::size_t limit) const override {
    return inner_.due_runs(until, limit);
  }
  std::optional<WallTime> next_due() const override { return inner_.next_due(); }
  WallTime last_time() const override { return inner_.last_time(); }
  void set_in_flight(std::size_t slot, std::string_view run_id) noexcept override {
    inner_.set_in_flight(slot, run_id);
  }
  std::vector<std::string> runs_in_flight_at_open() const override { return {damaged}; }
  void remove(std::string_view run_id) override { inner_.remove(run_id); }

 private:
  store::Store& inner_;
};

}  // namespace

TEST_CASE(
    "a task that the dead process had begun is begun again as it is; recovery writes nothing") {
  store::MemoryStore store;
  Bench first(store);
  const std::string run_id = first.start("wf");
  const WorkflowTask task = first.task();
  const auto before = store.run(run_id)->next_event_id;
  Bench second(store);
  second.now = first.now + 1h;  // though its timeout has long passed
  second.service.recover(second.now);
  CHECK(store.run(run_id)->next_event_id == before);
  const WorkflowTask again = second.task();
  CHECK(again.started.started_event_id == task.started.started_event_id);
  CHECK(second.service.complete_workflow_task(again, {complete()}, second.now) ==
        TaskResult::Completed);
  second.service.commit(second.now);
  CHECK(store.run(run_id)->status == store::RunStatus::Completed);
  CHECK(first.service.complete_workflow_task(task, {complete()}, first.now) ==
        TaskResult::Completed);
  CHECK_THROWS_AS(first.service.commit(first.now),
                  StoreRejected);  // the dead process writes no more
}

TEST_CASE("a signal that cannot be written is refused and leaves nothing behind") {
  store::MemoryStore store;
  Bench bench(store);
  const std::string run_id = bench.start("w");
  const auto send = [&](const std::string& name) {
    bench.service.signal("w", "", {name, {}, "client", "request", std::nullopt}, bench.now);
  };
  CHECK_THROWS_AS(send("\xff"), InvalidArgument);
  const WorkflowTask task = bench.task();
  CHECK_THROWS_AS(send("\xff"), InvalidArgument);  // while a task runs, too
  send("go");
  CHECK(bench.service.complete_workflow_task(task, {}, bench.now) == TaskResult::Completed);
  bench.service.commit(bench.now);
  const auto events = bench.service.history(run_id);
  CHECK(events[4].event_type == EventType::WorkflowExecutionSignaled);
  CHECK(events.back().event_id == static_cast<std::int64_t>(events.size()));
}

TEST_CASE("a call with text that cannot be written changes nothing") {
  store::MemoryStore store;
  Bench bench(store);
  const std::string run_id = bench.start("w");
  const WorkflowTask task = bench.task();
  const auto before = *store.run(run_id);
  CHECK_THROWS_AS(bench.service.request_cancel("w", "", "\xff", "", bench.now), InvalidArgument);
  CHECK_THROWS_AS(bench.service.terminate("w", "", "\xff", {}, bench.now), InvalidArgument);
  StartRequest bad;
  bad.run.workflow_id = "w";
  bad.run.workflow_type = "Type";
  bad.run.task_queue = "queue";
  bad.run.memo["\xff"] = text("value").at(0);
  bad.request_id = "request";
  bad.conflict = IdConflictPolicy::TerminateExisting;
  CHECK_THROWS_AS(bench.service.start(bad, bench.now), InvalidArgument);
  bench.service.commit(bench.now);
  CHECK(*store.run(run_id) == before);
  bench.service.request_cancel("w", "", "enough", "", bench.now);
  CHECK(bench.service.complete_workflow_task(task, {}, bench.now) == TaskResult::Completed);
  CHECK(bench.service.history(run_id)[4].event_type == EventType::WorkflowExecutionCancelRequested);
  bad.run.memo.clear();
  CHECK(bench.service.start(bad, bench.now).started);
}

TEST_CASE("a command with text that cannot be written fails its task, and nothing of it is done") {
  store::MemoryStore store;
  Bench bench(store);
  const std::string run_id = bench.start("w");
  proto::SignalExternalWorkflowExecutionCommandAttributes attributes;
  attributes.execution.emplace().workflow_id = "\xff";
  attributes.signal_name = "go";
  const proto::Command bad = proto::make_command(std::move(attributes));
  CHECK(bench.service.complete_workflow_task(bench.task(), {timer("1", 1s), bad}, bench.now) ==
        TaskResult::Failed);
  bench.service.commit(bench.now);
  CHECK(bench.service.history(run_id).back().event_type == EventType::WorkflowTaskFailed);
  CHECK(bench.service.complete_workflow_task(bench.task(), {complete()}, bench.now) ==
        TaskResult::Completed);
}

TEST_CASE("a task whose code runs here is waited for, however long it takes") {
  store::MemoryStore store;
  Bench bench(store);
  bench.start("w");
  const WorkflowTask task = bench.task();
  bench.service.hold(task.run_id);
  for (int i = 0; i < 3; ++i) {
    bench.now += 1h;
    CHECK(bench.service.fire_due(bench.now));
    bench.service.commit(bench.now);
    CHECK(*bench.service.next_due() > bench.now);
  }
  bench.service.release(task.run_id);
  CHECK(bench.service.complete_workflow_task(task, {complete()}, bench.now) ==
        TaskResult::Completed);
}

TEST_CASE("a row that cannot be decoded though it is sealed quarantines its run alone") {
  store::MemoryStore memory;
  Bench first(memory);
  const std::string bad = first.start("bad");
  const std::string good = first.start("good");
  store::Transition transition;
  transition.run = *memory.run(bad);
  transition.expected_version = transition.run.version++;
  transition.run.state = "\x0a\xff";  // a length that is not there
  store::seal(transition.run);
  memory.commit(std::vector{transition});
  Bench second(memory);
  second.service.recover(second.now);
  CHECK_THROWS_AS(second.service.find(bad), StoreDamaged);
  CHECK(second.task().run_id == good);
}

TEST_CASE("a commit notes its time, which no later process may fall behind") {
  store::MemoryStore store;
  Bench bench(store);
  bench.start("w");
  bench.now += 5s;
  const WorkflowTask task = bench.task();
  CHECK(store.last_time() == bench.now);
}

TEST_CASE("a task is in one worker's hands; its token is good for one answer") {
  store::MemoryStore store;
  Bench bench(store);
  bench.start("wf");
  const WorkflowTask task = bench.task();
  CHECK_FALSE(bench.service.next_workflow_task("queue", bench.now));
  CHECK(bench.service.complete_workflow_task(task, {}, bench.now) == TaskResult::Completed);
  CHECK(bench.service.complete_workflow_task(task, {}, bench.now) == TaskResult::Stale);
  bench.signal("wf");
  const WorkflowTask next = bench.task();
  CHECK(bench.service.fail_workflow_task(task, {}, bench.now) == TaskResult::Stale);
  bench.now += 10s;
  CHECK(bench.service.fire_due(bench.now));
  CHECK(bench.service.complete_workflow_task(next, {}, bench.now) == TaskResult::Stale);
}

TEST_CASE(
    "signals and history have limits; so has a payload, named with workflow, argument, size") {
  EngineLimits limits;
  limits.max_signals = 3;
  limits.max_history_events = 8;
  limits.max_payload_bytes = 100;
  store::MemoryStore store;
  Bench bench(store, limits);
  const std::string run_id = bench.start("wf");
  CHECK_THROWS_WITH_AS(bench.signal("wf", text(std::string(200, 'x'))),
                       doctest::Contains("workflow wf, signal go, argument 1 has 220 bytes"),
                       LimitError);
  StartRequest large;
  large.run.workflow_id = "large";
  large.run.workflow_type = "Type";
  large.run.task_queue = "queue";
  large.run.input = text(std::string(200, 'x'));
  CHECK_THROWS_WITH_AS(bench.service.start(large, bench.now),
                       doctest::Contains("workflow Type (large), argument 1"), LimitError);
  CHECK_FALSE(store.current_run("large"));
  for (int i = 0; i < 3; ++i) bench.signal("wf");
  CHECK_THROWS_AS(bench.signal("wf"), LimitError);
  const WorkflowTask task = bench.task();
  CHECK(bench.service.complete_workflow_task(task, {timer("1", 1s)}, bench.now) ==
        TaskResult::Completed);
  bench.service.commit(bench.now);
  bench.now += 1s;
  bench.service.fire_due(bench.now);
  bench.service.commit(bench.now);
  CHECK_FALSE(bench.service.next_workflow_task("queue", bench.now));
  bench.service.commit(bench.now);
  CHECK(store.run(run_id)->status == store::RunStatus::Terminated);
}

TEST_CASE("without a request id nothing is deduplicated") {
  store::MemoryStore store;
  Bench bench(store);
  bench.start("a");
  CHECK_THROWS_AS(bench.start("a"), WorkflowAlreadyStarted);
  CHECK(bench.start("b") != bench.start("c"));
}

TEST_CASE("a damaged run is left alone, reported once, and hides no other run") {
  store::MemoryStore memory;
  std::string bad;
  std::string good;
  WallTime due;
  {
    Bench bench(memory);
    bad = bench.start("bad");
    good = bench.start("good");
    for (int i = 0; i < 2; ++i) {
      const WorkflowTask task = bench.task();
      const Duration wait = task.run_id == bad ? 1min : 1h;
      bench.service.complete_workflow_task(task, {timer("1", wait)}, bench.now);
      bench.service.commit(bench.now);
    }
    due = bench.now + 1h;
  }
  DamagedStore store(memory);
  store.damaged = bad;
  Bench bench(store);
  CHECK_NOTHROW(bench.service.recover(bench.now));
  CHECK_THROWS_AS((void)bench.service.describe("bad", ""), StoreDamaged);
  CHECK(bench.service.next_due() == due);
  CHECK_FALSE(bench.service.fire_due(bench.now + 2min));
  CHECK(bench.service.fire_due(due));
  CHECK(bench.task().run_id == good);
}

TEST_CASE("a run of which a blob is damaged or gone is left alone as well, whenever it is read") {
  for (const bool gone : {false, true}) {
    CAPTURE(gone);
    store::MemoryStore memory;
    std::string bad;
    std::string good;
    {
      Bench bench(memory);
      bad = bench.start("bad");
      good = bench.start("good");
      bench.signal("bad", text(std::string(10'000, 'b')));
      bench.signal("good", text(std::string(10'000, 'g')));
    }
    DamagedStore store(memory);
    store.gone = gone;
    {
      Bench bench(store);
      bench.service.recover(bench.now);
      const WorkflowTask task = bench.task();
      REQUIRE(task.run_id == bad);
      store.damaged_blob = "bbb";
      CHECK_THROWS_AS((void)bench.service.events_for(task, 0), StoreDamaged);
      CHECK(bench.service.complete_workflow_task(task, {complete()}, bench.now) ==
            TaskResult::Stale);
      CHECK(bench.task().run_id == good);
    }
    Bench bench(store);
    CHECK_NOTHROW(bench.service.recover(bench.now));
    CHECK_THROWS_AS((void)bench.service.describe("bad", ""), StoreDamaged);
    const WorkflowTask task = bench.task();
    CHECK(task.run_id == good);
    CHECK(bench.service.events_for(task, 0).size() == 4);
    CHECK_FALSE(bench.service.next_workflow_task("queue", bench.now));
  }
}

TEST_CASE("events that are in no commit yet stay in memory when an earlier commit ends") {
  store::MemoryStore store;
  Bench bench(store);
  const std::string run_id = bench.start("wf");
  const WorkflowTask first = bench.task();
  (void)bench.service.events_for(first, 0);
  bench.service.complete_workflow_task(first, {}, bench.now);
  const std::vector<store::Transition> group = bench.service.begin_commit(bench.now);
  // While it is written: a signal, and the next task is in a worker's hands.
  bench.service.signal("wf", "", {"go", {}, "client", "", std::nullopt}, bench.now);
  const auto second = bench.service.next_workflow_task("queue", bench.now);
  REQUIRE(second);
  const std::int64_t seen = bench.service.events_for(*second, 0).back().event_id;
  store.commit(group);
  bench.service.finish_commit();
  CHECK(static_cast<std::int64_t>(bench.service.history(run_id).size()) == seen);
  CHECK(static_cast<std::int64_t>(bench.service.history_after(run_id, 1).size()) == seen - 1);
}

TEST_CASE("a run in flight stays noted until its crash is counted, though processes only look") {
  store::MemoryStore store;
  const std::string run_id = Bench(store).start("wf");
  store.set_in_flight(0, run_id);
  for (int look = 0; look < 3; ++look) {
    store.reopen();
    Bench only_looks(store);
    CHECK(only_looks.service.describe("wf", "").crashes == 0);
  }
  store.reopen();
  Bench counts(store);
  counts.service.recover(counts.now);
  CHECK(counts.service.describe("wf", "").crashes == 1);
  store.reopen();
  Bench again(store);
  again.service.recover(again.now);
  CHECK(again.service.describe("wf", "").crashes == 1);
}
