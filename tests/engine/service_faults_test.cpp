// The service when its store fails: commits that are forgotten, reads that are repeated, outcomes
// that cannot be written. Nothing that was queued for a run gets lost by it.
#include "durasim/store/memory.hpp"
#include "durasim/testing/fault_store.hpp"

#include "engine/service_bench.hpp"

#include <memory>

using namespace durasim;
using namespace durasim::engine;
using namespace durasim::engine::test;
using namespace std::chrono_literals;
using durasim::testing::CommitFault;
using durasim::testing::FaultStore;

namespace {

// A run whose one activity is scheduled.
std::string with_activity(Bench& bench) {
  const std::string run_id = bench.start("wf");
  bench.service.complete_workflow_task(bench.task(), {schedule("a")}, bench.now);
  bench.service.commit(bench.now);
  return run_id;
}

ActivityHandle started_activity(Bench& bench) {
  const auto handle = bench.service.next_activity("queue", bench.now);
  REQUIRE(handle);
  bench.service.commit(bench.now);
  return *handle;
}

Payload unwritable() {
  Payload payload;
  payload.metadata["\xff"] = "";
  return payload;
}

}  // namespace

TEST_CASE("a commit that failed is forgotten: the call can be repeated, the task is there again") {
  FaultStore store(std::make_unique<store::MemoryStore>());
  Bench bench(store);
  const std::string run_id = bench.start("wf");
  const WorkflowTask task = bench.task();
  store.fail_commit(1, CommitFault::UnknownNotApplied);
  CHECK(bench.service.complete_workflow_task(task, {timer("1", 1s)}, bench.now) ==
        TaskResult::Completed);
  CHECK_THROWS_AS(bench.service.commit(bench.now), StoreUnknown);
  CHECK(bench.service.take_evictions() == std::vector<std::string>{run_id});
  CHECK(bench.service.complete_workflow_task(task, {timer("1", 1s)}, bench.now) ==
        TaskResult::Stale);
  const WorkflowTask again = bench.task();
  CHECK(again.started.started_event_id == task.started.started_event_id);
  CHECK(bench.service.complete_workflow_task(again, {complete()}, bench.now) ==
        TaskResult::Completed);
  bench.service.commit(bench.now);
  CHECK(store.run(run_id)->status == store::RunStatus::Completed);
}

TEST_CASE("a run that can't be read after a failed commit is announced when it can") {
  FaultStore store(std::make_unique<store::MemoryStore>());
  Bench bench(store);
  const std::string run_id = bench.start("wf");
  (void)bench.service.next_workflow_task("queue", bench.now);
  store.fail_commit(1, CommitFault::Rejected);
  store.fail_reads(1);
  CHECK_THROWS_AS(bench.service.commit(bench.now), StoreRejected);
  CHECK(bench.service.unread());
  CHECK_FALSE(bench.service.next_workflow_task("queue", bench.now));
  SUBCASE("nobody has read it meanwhile") {}
  SUBCASE("somebody has") {
    CHECK(bench.service.describe("wf", "").status == WorkflowStatus::Running);
    CHECK(bench.service.find(run_id) != nullptr);
  }
  CHECK_FALSE(bench.service.fire_due(bench.now));
  CHECK_FALSE(bench.service.unread());
  CHECK(bench.task().run_id == run_id);
}

TEST_CASE("a task whose run can't be read is not lost") {
  FaultStore store(std::make_unique<store::MemoryStore>());
  Bench bench(store);
  SUBCASE("a workflow task") {
    const std::string run_id = bench.start("wf");
    bench.service.evict(run_id);
    store.fail_reads(1);
    CHECK_THROWS_AS((void)bench.service.next_workflow_task("queue", bench.now), IoError);
    (void)bench.service.fire_due(bench.now);
    CHECK(bench.task().run_id == run_id);
  }
  SUBCASE("an activity") {
    const std::string run_id = with_activity(bench);
    bench.service.evict(run_id);
    store.fail_reads(1);
    CHECK_THROWS_AS((void)bench.service.next_activity("queue", bench.now), IoError);
    (void)bench.service.fire_due(bench.now);
    CHECK(started_activity(bench).run_id == run_id);
  }
  SUBCASE("a workflow task that became ready while the code was busy") {
    const std::string run_id = bench.start("wf");
    bench.service.hold(run_id);
    CHECK_FALSE(bench.service.next_workflow_task("queue", bench.now));
    bench.service.evict(run_id);
    store.fail_reads(1);
    bench.service.release(run_id);
    CHECK(bench.service.unread());
    (void)bench.service.fire_due(bench.now);
    CHECK(bench.task().run_id == run_id);
  }
  SUBCASE("a workflow task whose events can't be read goes to whoever asks next") {
    (void)bench.start("wf");
    const WorkflowTask task = bench.task();
    bench.service.return_workflow_task(task);
    const WorkflowTask again = bench.task();
    CHECK(again.started.started_event_id == task.started.started_event_id);
    bench.service.return_workflow_task(task);  // no longer its own
    CHECK_FALSE(bench.service.next_workflow_task("queue", bench.now));
    CHECK(bench.service.complete_workflow_task(again, {}, bench.now) == TaskResult::Completed);
  }
}

TEST_CASE("a recovery that could not read all leaves nothing behind, and no crash counts twice") {
  auto memory = std::make_unique<store::MemoryStore>();
  const std::string run_id = Bench(*memory).start("wf");
  memory->set_in_flight(0, run_id);
  memory->reopen();
  FaultStore store(std::move(memory));
  Bench next(store);
  REQUIRE(next.service.find(run_id) != nullptr);  // so that only what comes behind it is not read
  store.fail_reads(1);
  CHECK_THROWS_AS(next.service.recover(next.now), IoError);
  CHECK_FALSE(next.service.dirty());
  next.service.commit(next.now);
  CHECK(next.service.describe("wf", "").crashes == 0);
  next.service.recover(next.now);
  CHECK(next.service.describe("wf", "").crashes == 1);
}

TEST_CASE("a task that too much news has ended is there again, whoever asks first") {
  store::MemoryStore store;
  Bench bench(store, {.max_buffered_events = 2});
  const std::string run_id = bench.start("wf");
  const WorkflowTask task = bench.task();
  SUBCASE("somebody who asks while the old one is still under way") {
    bench.signal("wf");
    bench.signal("wf");
    const WorkflowTask again = bench.task();
    CHECK(bench.service.complete_workflow_task(task, {}, bench.now) == TaskResult::Stale);
    CHECK(bench.service.complete_workflow_task(again, {}, bench.now) == TaskResult::Completed);
  }
  SUBCASE("its worker, as an engine with threads runs it") {
    bench.service.hold(run_id);
    bench.signal("wf");
    bench.signal("wf");
    CHECK_FALSE(bench.service.next_workflow_task("queue", bench.now));
    bench.service.release(run_id);
    CHECK(bench.service.complete_workflow_task(task, {}, bench.now) == TaskResult::Stale);
    CHECK(bench.service.complete_workflow_task(bench.task(), {}, bench.now) ==
          TaskResult::Completed);
  }
}

TEST_CASE("an attempt that is given back is there again, and none was lost") {
  FaultStore store(std::make_unique<store::MemoryStore>());
  Bench bench(store);
  const std::string run_id = with_activity(bench);
  const ActivityHandle first = started_activity(bench);
  bench.service.return_activity(first, bench.now);
  bench.service.commit(bench.now);
  SUBCASE("in this process") {}
  SUBCASE("in the next one") {
    bench.service.evict(run_id);
  }
  Bench next(store);
  next.service.recover(next.now);
  const ActivityHandle again = started_activity(next);
  CHECK(again == first);
  CHECK(next.service.activity_task(again).info.attempt == 1);
}

TEST_CASE("an outcome that cannot be written is refused before anything has changed") {
  FaultStore store(std::make_unique<store::MemoryStore>());
  Bench bench(store);
  const std::string run_id = with_activity(bench);
  const ActivityHandle handle = started_activity(bench);
  const auto before = bench.service.history(run_id).size();
  proto::Failure failure;
  failure.message = "\xff";
  for (const ActivityOutcome& outcome : {ActivityOutcome(ActivityCompleted{{unwritable()}}),
                                         ActivityOutcome(ActivityFailed{failure}),
                                         ActivityOutcome(ActivityCanceled{{unwritable()}})}) {
    CHECK_THROWS_AS(bench.service.close_activity(handle, outcome, bench.now), InvalidArgument);
  }
  CHECK_FALSE(bench.service.dirty());
  CHECK(bench.service.close_activity(handle, ActivityCompleted{}, bench.now));
  bench.service.commit(bench.now);
  CHECK(bench.service.history(run_id).size() == before + 3);  // started, completed, task scheduled
}
