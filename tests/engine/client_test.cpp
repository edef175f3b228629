// What clients see of runs: id policies and request ids of starts, queries, describe and list.
// Signals and ends are in files of their own beside this one; all are one program.
#include "engine/waiting_workflow.hpp"

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

TEST_CASE("id reuse and conflict policies, as their table says") {
  enum class Before { Open, Completed, Terminated };
  enum class Then { Fails, Existing, New };
  using Reuse = IdReusePolicy;
  using Conflict = IdConflictPolicy;
  struct Row {
    Before before;
    Reuse reuse;
    Conflict conflict;
    Then then;
  };
  const std::vector<Row> table{
      {Before::Open, Reuse::AllowDuplicate, Conflict::Fail, Then::Fails},
      {Before::Open, Reuse::AllowDuplicate, Conflict::UseExisting, Then::Existing},
      {Before::Open, Reuse::AllowDuplicate, Conflict::TerminateExisting, Then::New},
      {Before::Open, Reuse::RejectDuplicate, Conflict::UseExisting, Then::Existing},
      {Before::Open, Reuse::RejectDuplicate, Conflict::TerminateExisting, Then::New},
      {Before::Completed, Reuse::AllowDuplicate, Conflict::Fail, Then::New},
      {Before::Completed, Reuse::AllowDuplicateFailedOnly, Conflict::Fail, Then::Fails},
      {Before::Completed, Reuse::RejectDuplicate, Conflict::UseExisting, Then::Fails},
      {Before::Terminated, Reuse::AllowDuplicateFailedOnly, Conflict::Fail, Then::New},
      {Before::Terminated, Reuse::RejectDuplicate, Conflict::Fail, Then::Fails},
  };
  for (std::size_t i = 0; i < table.size(); ++i) {
    CAPTURE(i);
    const Row& row = table[i];
    Waiting w;
    const auto first = w.start({.id = "w"});
    w.environment.settle();
    if (row.before == Before::Completed) w.close(first);
    if (row.before == Before::Terminated) first.terminate();
    const auto again = [&] {
      return w.start({.id = "w", .id_reuse_policy = row.reuse, .id_conflict_policy = row.conflict});
    };
    if (row.then == Then::Fails) {
      CHECK_THROWS_AS(again(), WorkflowAlreadyStarted);
    } else {
      const auto second = again();
      CHECK((second.run_id() == first.run_id()) == (row.then == Then::Existing));
      CHECK(second.describe().status == WorkflowStatus::Running);
      if (row.before == Before::Open && row.then == Then::New)
        CHECK(w.status_of(first) == WorkflowStatus::Terminated);
    }
  }
}

TEST_CASE(
    "a start is repeatable by its request id, also after the end; with another input it is "
    "refused") {
  Waiting w;
  const auto first = w.start({.id = "w", .request_id = "r1"});
  CHECK(w.start({.id = "w", .request_id = "r1"}).run_id() == first.run_id());
  CHECK_THROWS_AS(w.start({.id = "w", .request_id = "r1"}, "b"), InvalidArgument);
  w.close(first);
  CHECK(w.start({.id = "w", .request_id = "r1"}).run_id() == first.run_id());
  w.environment.restart();
  CHECK(w.start({.id = "w", .request_id = "r1"}).run_id() == first.run_id());
}

TEST_CASE("start refuses what could never work, before anything is written") {
  Waiting w;
  CHECK_THROWS_AS(w.start({.id = "w", .run_timeout = -1s}), InvalidArgument);
  CHECK_THROWS_AS(w.start({.id = "w", .retry = RetryPolicy{.backoff_coefficient = 0.1}}),
                  InvalidArgument);
  CHECK_THROWS_AS(w.environment.client().start(counting, 1, {.id = "c", .task_queue = queue}),
                  InvalidArgument);
  CHECK(w.environment.client().list().empty());
}

TEST_CASE("start_or_attach finds the open and the closed run, also one that continued as new") {
  testing::WorkflowEnvironment environment;
  environment.worker(queue).implement(counting, [](WorkflowContext ctx, int left) -> Workflow<int> {
    if (left > 0) ctx.continue_as_new(counting, left - 1);
    co_return ctx.info().attempt;
  });
  const StartOptions options{.id = "c", .task_queue = queue};
  const auto run = environment.client().start_or_attach(counting, 2, options);
  CHECK(run.result() == 1);
  const auto again = environment.client().start_or_attach(counting, 2, options);
  CHECK(again.result() == 1);
  CHECK(environment.client().list().size() == 3);
  CHECK_THROWS_AS(environment.client().start_or_attach(counting, 3, options), InvalidArgument);
}

// ---- queries ------------------------------------------------------------------------------------

TEST_CASE("a query sees what was acknowledged; it works after restart, eviction and the end") {
  for (const bool evict : {false, true}) {
    testing::WorkflowEnvironment environment({.evict_always = evict});
    environment.worker(queue).implement(waiting, wait_for_words);
    const auto run = environment.client().start(waiting, "a", {.id = "w", .task_queue = queue});
    CHECK(run.query(words) == "a");
    run.signal(word, "b");
    CHECK(run.query(words) == "a b");
    CHECK(run.query(repeated, 2) == "a ba b");
    environment.restart();
    CHECK(run.query(words) == "a b");
    const auto length = run.describe().history_length;
    CHECK(run.query(words) == "a b");
    CHECK(run.describe().history_length == length);  // nothing is written
    CHECK_THROWS_AS((void)run.query(missing), QueryFailed);
    CHECK_THROWS_WITH_AS((void)run.query(broken), doctest::Contains("no idea"), QueryFailed);
    CHECK(run.query(words) == "a b");  // a failed query harms nobody
    run.signal(finish);
    CHECK(run.result() == "a b");
    CHECK(run.query(words) == "a b");
    environment.restart();
    CHECK(run.query(words) == "a b");
  }
}

TEST_CASE("a run that has not begun cannot be asked; nor can one that does not exist") {
  Waiting w;
  const auto run = w.start({.id = "w", .start_delay = 1h});
  CHECK_THROWS_AS((void)run.query(words), QueryFailed);
  const auto nobody = w.environment.client().handle(waiting, "nobody");
  CHECK_THROWS_AS((void)nobody.query(words), WorkflowNotFound);
  CHECK_THROWS_AS((void)nobody.describe(), WorkflowNotFound);
  CHECK_THROWS_AS(nobody.signal(finish), WorkflowNotFound);
}

TEST_CASE("a run whose task fails again and again answers no query: it would be an old answer") {
  testing::WorkflowEnvironment environment({.fail_task_on_exception = true});
  bool good = false;
  environment.worker(queue).implement(
      waiting, [&](WorkflowContext ctx, std::string text) -> Workflow<std::string> {
        ctx.on(words, [&] { return text; });
        text += co_await ctx.signals(word).receive();
        if (!good) throw std::runtime_error("a bug");
        co_return text;
      });
  const auto run = environment.client().start(waiting, "a", {.id = "w", .task_queue = queue});
  CHECK(run.query(words) == "a");
  run.signal(word, "b");
  environment.sleep(5min);
  CHECK_THROWS_WITH_AS((void)run.query(words), doctest::Contains("has failed"), WorkflowNotReady);
  good = true;
  CHECK(run.result() == "ab");
  CHECK(run.query(words) == "ab");
}

// ---- looks --------------------------------------------------------------------------------------

TEST_CASE("describe and list say what is there") {
  Waiting w;
  for (const char* id : {"a", "b", "c"}) w.start({.id = id});
  w.environment.settle();
  w.close(w.environment.client().handle(waiting, "b"));
  CHECK(w.environment.client().list().size() == 3);
  CHECK(w.environment.client().list({.status = WorkflowStatus::Running}).size() == 2);
  CHECK(w.environment.client().list({.workflow_id = "b"}).at(0).status ==
        WorkflowStatus::Completed);
  CHECK(w.environment.client().list({.workflow_type = "Other"}).empty());
  const auto page = w.environment.client().list({.limit = 2});
  REQUIRE(page.size() == 2);
  CHECK(w.environment.client().list({.after_run_id = page[1].run_id}).size() == 1);
  const auto seen = w.environment.client().handle(waiting, "b").describe();
  CHECK(seen.workflow_type == "Waiting");
  CHECK(seen.task_queue == queue);
  CHECK(seen.history_length == static_cast<std::int64_t>(events_of(w.environment, "b").size()));
  CHECK(seen.close_time);
}
