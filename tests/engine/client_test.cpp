// What clients see: id policies, request ids, signals, queries, ends of runs and their successors.
#include "durasim/core/convert.hpp"

#include "engine/environment_driver.hpp"

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string(std::string)> waiting{"Waiting"};
constexpr WorkflowType<int(int)> counting{"Counting"};
constexpr WorkflowType<std::string(int)> failing{"Failing"};
constexpr WorkflowType<void()> collecting{"Collecting"};
constexpr Signal<std::string> word{"word"};
constexpr Signal<void> finish{"finish"};
constexpr Query<std::string> words{"words"};
constexpr Query<std::string(int)> repeated{"repeated"};
constexpr Query<std::string> broken{"broken"};
constexpr Query<int> missing{"missing"};

// Collects words until it is told to finish.
Workflow<std::string> wait_for_words(WorkflowContext ctx, std::string first) {
  std::string all = first;
  bool done = false;
  ctx.on(words, [&] { return all; });
  ctx.on(broken, []() -> std::string { throw std::runtime_error("no idea"); },
         {.outlives_coroutine = true});
  ctx.on(repeated, [&](int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += all;
    return text;
  });
  ctx.on(word, [&](std::string next) { all += " " + next; });
  ctx.on(finish, [&] { done = true; });
  co_await ctx.wait_until([&] { return done; });
  co_return all;
}

struct Waiting {
  testing::WorkflowEnvironment environment;
  Waiting() : environment() { environment.worker(queue).implement(waiting, wait_for_words); }
  WorkflowRun<std::string> start(StartOptions options, const std::string& input = "a") {
    options.task_queue = queue;
    return environment.client().start(waiting, input, options);
  }
  void close(const WorkflowRun<std::string>& run) {
    run.signal(finish);
    CHECK_NOTHROW((void)run.result());
  }
};

}  // namespace

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
        CHECK(first.describe().status == WorkflowStatus::Terminated);
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

// ---- signals ------------------------------------------------------------------------------------

TEST_CASE("signals arrive in the order in which they were acknowledged, none is lost at the end") {
  Waiting w;
  const auto run = w.start({.id = "w"});
  for (const char* next : {"b", "c", "d"}) run.signal(word, next);
  w.environment.settle();
  run.signal(word, "e");
  run.signal(finish);
  CHECK(run.result() == "a b c d e");
}

TEST_CASE("a signal that comes while the last task runs is seen before the run closes") {
  testing::WorkflowEnvironment environment;
  bool sent = false;
  environment.worker(queue).implement(collecting, [&](WorkflowContext ctx) -> Workflow<void> {
    auto channel = ctx.signals(word);
    while (channel.try_receive()) {
    }
    if (!sent) {  // from outside, between the task's start and its completion
      sent = true;
      environment.frontend().signal({"s", {}}, "word", to_payloads(std::string("late")), "");
    }
    co_return;
  });
  const auto run = environment.client().start(collecting, {.id = "s", .task_queue = queue});
  run.result();
  const auto events = events_of(environment, "s");
  CHECK(only<proto::WorkflowTaskFailedEventAttributes>(events).cause ==
        WorkflowTaskFailedCause::UnhandledCommand);
  CHECK(types_of(events) == Lines{"WorkflowExecutionStarted", "WorkflowExecutionSignaled",
                                  "WorkflowExecutionCompleted"});
}

TEST_CASE("a signal is deduplicated by its request id, also after a restart and after the end") {
  Waiting w;
  const auto run = w.start({.id = "w"});
  run.signal(word, "b", "r1");
  run.signal(word, "b", "r1");
  w.environment.restart();
  run.signal(word, "b", "r1");
  run.signal(finish);
  CHECK(run.result() == "a b");
  CHECK_NOTHROW(run.signal(word, "b", "r1"));
  CHECK_THROWS_AS(run.signal(word, "b", "r2"), WorkflowNotFound);
  CHECK_THROWS_AS(run.cancel(), WorkflowNotFound);
  CHECK_THROWS_AS(run.terminate(), WorkflowNotFound);
}

TEST_CASE("signal-with-start starts, then signals, and starts again after the end") {
  Waiting w;
  const auto call = [&](const std::string& next, StartOptions options) {
    options.id = "w";
    options.task_queue = queue;
    return w.environment.client().signal_with_start(word, next, waiting, "a", options);
  };
  const auto first = call("b", {.request_id = "r1"});
  CHECK(call("b", {.request_id = "r1"}).run_id() == first.run_id());
  CHECK(call("c", {.request_id = "r2"}).run_id() == first.run_id());
  w.environment.settle();
  const auto types = types_of(w.environment, "w");
  CHECK(types == Lines{"WorkflowExecutionStarted", "WorkflowExecutionSignaled",
                       "WorkflowExecutionSignaled"});
  first.signal(finish);
  CHECK(first.result() == "a b c");
  CHECK(call("c", {.request_id = "r2"}).run_id() == first.run_id());  // answered before
  CHECK_THROWS_AS(call("d", {.id_reuse_policy = IdReusePolicy::RejectDuplicate}),
                  WorkflowAlreadyStarted);
  const auto second = call("d", {});
  CHECK(second.run_id() != first.run_id());
  const auto third = call("e", {.id_conflict_policy = IdConflictPolicy::TerminateExisting});
  CHECK(second.describe().status == WorkflowStatus::Terminated);
  third.signal(finish);
  CHECK(third.result() == "a e");
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

// ---- ends ---------------------------------------------------------------------------------------

TEST_CASE("the result is the failure with which the run ended, by its class") {
  Waiting w;
  const auto terminated = w.start({.id = "t"});
  terminated.terminate("enough");
  CHECK_THROWS_AS((void)terminated.result(), TerminatedFailure);
  const auto canceled = w.start({.id = "c"});
  canceled.cancel("stop");
  CHECK_THROWS_AS((void)canceled.result(), CanceledFailure);
  CHECK(canceled.describe().status == WorkflowStatus::Canceled);
  const WallTime before = w.environment.now();
  const auto late = w.start({.id = "l", .run_timeout = 1h});
  CHECK_THROWS_AS((void)late.result(), TimeoutFailure);
  CHECK(w.environment.now() - before == 1h);
  CHECK(late.describe().status == WorkflowStatus::TimedOut);
  CHECK_THROWS_AS((void)w.start({.id = "b"}).result(), WorkflowBlocked);
}

TEST_CASE("a start delay is waited for, a signal does not shorten it, timeouts count after it") {
  Waiting w;
  const WallTime before = w.environment.now();
  const auto run = w.start({.id = "w", .run_timeout = 5min, .start_delay = 1h});
  run.signal(finish);
  CHECK(run.result() == "a");
  CHECK(w.environment.now() - before == 1h);
}

TEST_CASE("a failed run is tried again by its policy: attempt, failure before, backoff") {
  testing::WorkflowEnvironment environment;
  environment.worker(queue).implement(
      failing, [](WorkflowContext ctx, int failures) -> Workflow<std::string> {
        if (ctx.info().attempt <= failures) {
          throw ApplicationFailure("attempt " + std::to_string(ctx.info().attempt), {});
        }
        co_return ctx.info().continued_failure->message;
      });
  const auto start = [&](int failures, int attempts) {
    return environment.client().start(
        failing, failures,
        {.task_queue = queue,
         .retry = RetryPolicy{.initial_interval = 10s, .maximum_attempts = attempts}});
  };
  const WallTime before = environment.now();
  const auto run = start(2, 0);
  CHECK(run.result() == "attempt 2");
  CHECK(environment.now() - before == 10s + 20s);
  const auto first = only<proto::WorkflowExecutionFailedEventAttributes>(
      events_of(environment, run.id(), run.run_id()));
  CHECK(first.retry_state == RetryState::InProgress);
  const auto second = only<proto::WorkflowExecutionStartedEventAttributes>(
      events_of(environment, run.id(), first.new_execution_run_id));
  CHECK(second.attempt == 2);
  CHECK(second.continued_execution_run_id == run.run_id());
  CHECK(second.first_execution_run_id == run.run_id());
  CHECK(second.initiator == ContinueAsNewInitiator::Retry);
  CHECK(second.first_workflow_task_backoff->duration() == 10s);
  CHECK_THROWS_WITH_AS((void)start(5, 3).result(), "attempt 3", ApplicationFailure);
}

TEST_CASE("a canceled or terminated run is not tried again") {
  Waiting w;
  const RetryPolicy policy;
  const auto canceled = w.start({.id = "c", .retry = policy});
  w.environment.settle();
  canceled.cancel();
  CHECK_THROWS_AS((void)canceled.result(), CanceledFailure);
  const auto terminated = w.start({.id = "t", .retry = policy});
  terminated.terminate();
  CHECK_THROWS_AS((void)terminated.result(), TerminatedFailure);
  CHECK(w.environment.client().list().size() == 2);
}

TEST_CASE("continue-as-new: what the next run takes over, and the second between them") {
  testing::WorkflowEnvironment environment;
  std::vector<WorkflowInfo> infos;
  environment.worker(queue).implement(
      counting, [&](WorkflowContext ctx, int left) -> Workflow<int> {
        infos.push_back(ctx.info());
        if (left > 0) ctx.continue_as_new(counting, left - 1, {.task_timeout = 7s});
        co_return 42;
      });
  const WallTime before = environment.now();
  const auto run = environment.client().start(counting, 1,
                                              {.id = "c",
                                               .task_queue = queue,
                                               .execution_timeout = 1h,
                                               .run_timeout = 10min,
                                               .retry = RetryPolicy{.maximum_attempts = 3},
                                               .memo = {{"note", to_payload(1)}}});
  CHECK(run.result() == 42);
  CHECK(environment.now() - before == 1s);
  REQUIRE(infos.size() == 2);
  const WorkflowInfo& next = infos[1];
  CHECK(next.run_id != infos[0].run_id);
  CHECK(next.workflow_id == "c");
  CHECK(next.first_execution_run_id == infos[0].run_id);
  CHECK(next.continued_execution_run_id == infos[0].run_id);
  CHECK(next.execution_timeout == 1h);
  CHECK(next.run_timeout == 10min);
  CHECK(next.task_timeout == 7s);
  CHECK(next.memo == infos[0].memo);
  CHECK(next.retry_policy == infos[0].retry_policy);
  CHECK(next.attempt == 1);
  const auto started =
      only<proto::WorkflowExecutionStartedEventAttributes>(events_of(environment, "c"));
  CHECK(started.initiator == ContinueAsNewInitiator::Workflow);
  CHECK(started.workflow_execution_expiration_time->wall_time() == before + 1h);
  CHECK(environment.client().list({.status = WorkflowStatus::ContinuedAsNew}).size() == 1);
}

TEST_CASE("signals that a run has not handled can be taken along; later ones reach the next run") {
  testing::WorkflowEnvironment environment;
  environment.worker(queue).implement(
      counting, [&](WorkflowContext ctx, int seen) -> Workflow<int> {
        if (seen == 0) {
          co_await ctx.sleep(1min);
          ctx.continue_as_new(counting, 1 + static_cast<int>(ctx.take_unhandled_signals().size()));
        }
        co_await ctx.signals(word).receive();
        co_return seen;
      });
  const auto run = environment.client().start(counting, 0, {.id = "c", .task_queue = queue});
  environment.settle();
  run.signal(word, "early");
  environment.sleep(2min);
  environment.frontend().signal({"c", {}}, "word", to_payloads(std::string("late")), "");
  CHECK(run.result() == 2);
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

// ---- code that goes wrong -----------------------------------------------------------------------

TEST_CASE(
    "an exception fails the run; with fail_task_on_exception it fails the task, again and again") {
  for (const bool fail_task : {false, true}) {
    testing::WorkflowEnvironment environment({.fail_task_on_exception = fail_task});
    bool good = false;
    environment.worker(queue).implement(failing,
                                        [&](WorkflowContext, int) -> Workflow<std::string> {
                                          if (!good) throw std::runtime_error("a bug");
                                          co_return "fine";
                                        });
    const auto run = environment.client().start(failing, 0, {.id = "f", .task_queue = queue});
    environment.sleep(5min);
    if (!fail_task) {
      CHECK_THROWS_WITH_AS((void)run.result(), doctest::Contains("a bug"), ApplicationFailure);
      continue;
    }
    CHECK(run.describe().status == WorkflowStatus::Running);
    CHECK(run.describe().workflow_task_attempt > 5);
    CHECK(run.describe().history_length == 4);
    good = true;
    CHECK(run.result() == "fine");
  }
}

TEST_CASE("changed code fails the task, never the run; the old code goes on") {
  testing::WorkflowEnvironment environment({.evict_always = true});
  const auto old_code = [](WorkflowContext ctx, int) -> Workflow<std::string> {
    co_await ctx.sleep(1min);
    co_await ctx.sleep(1min);
    co_return "fine";
  };
  environment.worker(queue).implement(failing, old_code);
  const auto run = environment.client().start(failing, 0, {.id = "f", .task_queue = queue});
  environment.settle();
  environment.worker(queue).implement(
      failing, [](WorkflowContext, int) -> Workflow<std::string> { co_return "changed"; });
  environment.sleep(10min);
  CHECK(run.describe().status == WorkflowStatus::Running);
  const auto failed = only<proto::WorkflowTaskFailedEventAttributes>(events_of(environment, "f"));
  CHECK(failed.cause == WorkflowTaskFailedCause::NonDeterministicError);
  CHECK(failed.failure->message.find("TimerStarted") != std::string::npos);
  environment.worker(queue).implement(failing, old_code);
  CHECK(run.result() == "fine");
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

TEST_CASE("one workflow signals and cancels another; each arrives once, as the other sees it") {
  Waiting w;
  constexpr WorkflowType<std::string()> sending{"Sending"};
  w.environment.worker(queue).implement(sending, [](WorkflowContext ctx) -> Workflow<std::string> {
    co_await ctx.signal_external({.workflow_id = "w"}, word, "from s");
    co_await ctx.cancel_external({.workflow_id = "w"}, "enough");
    try {
      co_await ctx.signal_external({.workflow_id = "nobody"}, word, "lost");
    } catch (const Failure& failure) {
      co_return failure.what();
    }
    co_return "";
  });
  const auto receiver = w.start({.id = "w"});
  const auto sender = w.environment.client().start(sending, {.id = "s", .task_queue = queue});
  CHECK(sender.result() != "");
  CHECK_THROWS_AS((void)receiver.result(), CanceledFailure);
  const auto events = events_of(w.environment, "w");
  CHECK(count(types_of(events), "WorkflowExecutionSignaled") == 1);
  CHECK(count(types_of(events), "WorkflowExecutionCancelRequested") == 1);
  const auto signaled = only<proto::WorkflowExecutionSignaledEventAttributes>(events);
  REQUIRE(signaled.external_workflow_execution);
  CHECK(signaled.external_workflow_execution->run_id == sender.run_id());
  const auto asked = only<proto::WorkflowExecutionCancelRequestedEventAttributes>(events);
  REQUIRE(asked.external_workflow_execution);
  CHECK(asked.external_workflow_execution->workflow_id == "s");
}

TEST_CASE("open runs of a type that nobody implements wait until somebody does") {
  Waiting w;
  const auto run = w.environment.client().start(
      counting, 1, {.id = "c", .task_queue = queue, .remote_worker = true});
  w.environment.sleep(5min);
  CHECK(run.describe().status == WorkflowStatus::Running);
  w.environment.worker(queue).implement(
      counting, [](WorkflowContext, int n) -> Workflow<int> { co_return n; });
  CHECK(run.result() == 1);
}
