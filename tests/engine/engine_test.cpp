// The engine in a program: real threads, real SQLite, real time. What must not wait for a clock
// waits for what has happened.
#include "durasim/core/codec.hpp"
#include "durasim/store/sqlite.hpp"

#include "engine/engine_programs.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

// Keeps a thread that lowers its priority, which is the last that it does before it looks for work.
struct Gate {
  std::latch reached{1};
  std::latch open{1};
};
std::atomic<Gate*> next_gate = nullptr;  // for one thread

constexpr WorkflowType<int(int)> hanging{"Hanging"};
constexpr Activity<int(int)> stubborn{"stubborn"};
constexpr WorkflowType<std::string()> asking{"Asking"};
constexpr Activity<std::string()> tell{"tell"};

}  // namespace

// In this program it takes the place of libc's.
extern "C" __attribute__((visibility("default"))) int setpriority(__priority_which_t which,
                                                                  id_t who, int priority) noexcept {
  if (Gate* gate = next_gate.exchange(nullptr)) {
    gate->reached.count_down();
    gate->open.wait();
  }
  return static_cast<int>(syscall(SYS_setpriority, which, who, priority));
}

TEST_CASE("a workflow runs on the engine's threads, and its result arrives") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  CHECK(engine.start().empty());
  CHECK(engine.client().start(adding, 10, on_queue).result() == 15);
  CHECK(engine.stop(10s).clean());
  CHECK_THROWS_AS((void)engine.client().start(adding, 10, on_queue), CancelledError);
}

TEST_CASE("many clients at once: every run ends once, with its own result") {
  bool low_priority = false;
  SUBCASE("activities of any kind") {}
  SUBCASE("activities of low priority") {
    low_priority = true;
  }
  const Folder folder;
  Engine engine({.store = folder.store(), .workflow_threads = 2});
  fill(engine.worker("queue", {.max_concurrent_activities = 8, .low_priority = low_priority}));
  engine.start();
  constexpr int clients = 16, runs = 8;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int c = 0; c < clients; ++c) {
    threads.emplace_back([&, c] {
      for (int i = 0; i < runs; ++i) {
        const int n = c * 1000 + i;
        if (engine.client().start(adding, n, on_queue).result() != n + 5) ++wrong;
      }
    });
  }
  threads.clear();
  CHECK(wrong == 0);
  const auto closed = engine.client().list({.status = WorkflowStatus::Completed});
  CHECK(closed.size() == clients * runs);
}

TEST_CASE("activities of low priority run below the rest of the process, workflow code does not") {
  const Folder folder;
  const auto nice_value = [] { return getpriority(PRIO_PROCESS, 0); };
  std::mutex mutex;
  std::map<std::string, std::set<int>> seen;
  const auto note = [&](const std::string& what) {
    const std::scoped_lock lock(mutex);
    seen[what].insert(nice_value());
  };
  Engine engine({.store = folder.store()});
  for (const bool low : {false, true}) {
    const std::string queue = low ? "low" : "plain";
    engine.worker(queue, {.max_concurrent_activities = 2, .low_priority = low})
        .implement(adding,
                   [&](WorkflowContext ctx, int n) -> Workflow<int> {
                     for (int i = 0; i < 5; ++i) {
                       note("workflow");
                       n = co_await ctx.run(add_one, n, {.start_to_close = 1min});
                     }
                     co_return n;
                   })
        .implement(add_one, [&, queue](int n) {
          note(queue);
          return n + 1;
        });
  }
  engine.start();
  std::vector<WorkflowRun<int>> runs;
  for (int i = 0; i < 20; ++i)
    runs.push_back(engine.client().start(adding, 1, {.task_queue = i % 2 == 0 ? "low" : "plain"}));
  for (const auto& run : runs) CHECK(run.result() == 6);
  const std::scoped_lock lock(mutex);
  CHECK(seen["workflow"] == std::set{nice_value()});
  CHECK(seen["plain"] == std::set{nice_value()});
  CHECK(seen["low"] == std::set{std::min(nice_value() + 10, 19)});
}

TEST_CASE("the place of an attempt of low priority that nobody wants any more is used again") {
  Gate gate;
  next_gate = &gate;
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue", {.max_concurrent_activities = 1, .low_priority = true}));
  engine.start();
  const auto first = engine.client().start(adding, 1, on_queue);
  gate.reached.wait();  // its attempt has the place, and no thread has begun it
  const auto second = engine.client().start(adding, 2, on_queue);
  while (second.describe().pending_activities.empty()) {
  }
  first.terminate("enough");
  gate.open.count_down();
  CHECK(second.result() == 7);
}

TEST_CASE("a signal is seen by the query that follows it") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  const auto run = engine.client().start(listening, on_queue);
  std::string expected;
  run.signal(word, "a");
  CHECK(run.query(heard) == "a");
  for (int i = 0; i < 20; ++i) {
    run.signal(word, std::to_string(i));
    expected += std::to_string(i);
    CHECK(run.query(heard) == "a" + expected);
  }
  run.signal(word, "stop");
  CHECK(run.result() == "a" + expected);
}

TEST_CASE("an engine that ends in the middle of a run is followed by one that goes on") {
  const Folder folder;
  std::string run_id;
  {
    Engine engine({.store = folder.store()});
    fill(engine.worker("queue"));
    engine.start();
    const auto run = engine.client().start(listening, {.id = "l", .task_queue = "queue"});
    run.signal(word, "before ");
    CHECK(run.query(heard) == "before ");
    run_id = run.run_id();
  }
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue"));
  engine.start();
  const auto run = engine.client().handle(listening, "l");
  run.signal(word, "after");
  run.signal(word, "stop");
  CHECK(run.result() == "before after");
  CHECK(run.describe().run_id == run_id);
}

TEST_CASE("what does not stop is left behind, named, and done again by the next engine") {
  const Folder folder;
  std::latch entered(1), leave(1), left(1);
  {
    Engine engine({.store = folder.store()});
    Worker& worker = engine.worker("queue");
    worker.implement(adding, [](WorkflowContext ctx, int n) -> Workflow<int> {
      co_return co_await ctx.run(stubborn, n, {.start_to_close = 1h});
    });
    worker.implement(stubborn, [&](ActivityContext ctx, int n) {
      entered.count_down();
      leave.wait();
      CHECK(ctx.is_canceled());
      CHECK_THROWS_AS(ctx.heartbeat(1), CancelledError);
      left.count_down();
      return n;
    });
    engine.start();
    (void)engine.client().start(adding, 1, {.id = "a", .task_queue = "queue"});
    entered.wait();
    const StopReport report = engine.stop(1ms);
    CHECK(report.abandoned_activities == std::map<std::string, int>{{"stubborn", 1}});
  }
  Engine engine({.store = folder.store()});
  Worker& worker = engine.worker("queue");
  worker.implement(adding, [](WorkflowContext ctx, int n) -> Workflow<int> {
    co_return co_await ctx.run(stubborn, n, {.start_to_close = 1h});
  });
  worker.implement(stubborn, [](ActivityContext ctx, int n) { return n + ctx.info().attempt; });
  engine.start();
  CHECK(engine.client().handle(adding, "a").result() == 3);  // the second attempt
  leave.count_down();
  left.wait();
}

TEST_CASE("a cancellation reaches the activity at once, by its stop token") {
  const Folder folder;
  std::latch entered(1);
  Engine engine({.store = folder.store()});
  Worker& worker = engine.worker("queue");
  worker.implement(adding, [](WorkflowContext ctx, int n) -> Workflow<int> {
    co_return co_await ctx.run(
        stubborn, n,
        {.start_to_close = 1h,
         .cancellation_type = ActivityCancellationType::WaitCancellationCompleted});
  });
  worker.implement(stubborn, [&](ActivityContext ctx, int) -> int {
    std::mutex mutex;
    std::condition_variable_any wake;
    entered.count_down();
    std::unique_lock lock(mutex);
    wake.wait(lock, ctx.stop_token(), [] { return false; });
    ctx.throw_if_canceled();
    return 0;
  });
  engine.start();
  const auto run = engine.client().start(adding, 1, on_queue);
  entered.wait();
  run.cancel("enough");
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
}

// The second attempt hangs in the codec until its cancellation has been told to nobody: the timer
// of another run fires on the same thread, behind it.
TEST_CASE("a cancellation that comes before the activity's code has begun reaches it") {
  class Slow final : public PayloadCodec {
   public:
    [[nodiscard]] PayloadList encode(const PayloadList& payloads,
                                     const std::string&) const override {
      return payloads;
    }
    [[nodiscard]] PayloadList decode(const PayloadList& payloads,
                                     const std::string&) const override {
      for (const Payload& payload : payloads) {
        if (payload.data != "123456") continue;
        entered.count_down();
        leave.wait();
      }
      return payloads;
    }
    mutable std::latch entered{1}, leave{1};
  };
  const Folder folder;
  const Slow codec;
  Engine engine({.store = folder.store(), .codec = &codec});
  fill(engine.worker("queue", {.max_concurrent_activities = 2}));
  engine.worker("queue")
      .implement(hanging,
                 [](WorkflowContext ctx, int n) -> Workflow<int> {
                   co_return co_await ctx.run(
                       stubborn, n,
                       {.start_to_close = 1h,
                        .retry = {.initial_interval = 1ms},
                        .cancellation_type = ActivityCancellationType::WaitCancellationCompleted});
                 })
      .implement(stubborn, [](ActivityContext ctx, int) -> int {
        if (ctx.info().attempt == 1) {
          ctx.heartbeat(123456);
          throw std::runtime_error("once more");
        }
        CHECK(ctx.is_canceled());
        ctx.throw_if_canceled();
        return 0;
      });
  engine.start();
  const auto run = engine.client().start(hanging, 1, on_queue);
  codec.entered.wait();
  run.cancel("enough");
  CHECK(engine.client().start(adding, 1, on_queue).result() == 6);
  codec.leave.count_down();
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
}

TEST_CASE("a result that is larger than the limit is the activity's failure, at once") {
  const Folder folder;
  Engine engine({.store = folder.store(), .limits = {.max_payload_bytes = 1000}});
  engine.worker("queue")
      .implement(asking,
                 [](WorkflowContext ctx) -> Workflow<std::string> {
                   try {
                     co_return co_await ctx.run(tell, {.start_to_close = 1min});
                   } catch (const ActivityFailure& failure) {
                     co_return ApplicationFailure(*failure.cause()).type();
                   }
                 })
      .implement(tell, [] { return std::string(2000, 'x'); });
  engine.start();
  CHECK(engine.client().start(asking, on_queue).result() == "durasim::LimitError");
}

TEST_CASE("a stop without end waits for what runs") {
  const Folder folder;
  std::latch entered(1);
  Engine engine({.store = folder.store()});
  engine.worker("queue")
      .implement(adding,
                 [](WorkflowContext ctx, int n) -> Workflow<int> {
                   co_return co_await ctx.run(stubborn, n, {.start_to_close = 1h});
                 })
      .implement(stubborn, [&](const ActivityContext& ctx, int n) {
        entered.count_down();
        while (!ctx.is_canceled()) std::this_thread::yield();
        return n;
      });
  engine.start();
  (void)engine.client().start(adding, 1, on_queue);
  entered.wait();
  CHECK(engine.stop(std::chrono::nanoseconds::max()).clean());
}

TEST_CASE("slow workflow code costs no thread for each task") {
  const Folder folder;
  std::atomic<int> reports = 0;
  Engine engine({.store = folder.store(),
                 .deadlock_timeout = 5ms,
                 .logger = Logger(
                     [&](const LogRecord& record) {
                       if (record.message.find("has not come back") != std::string_view::npos)
                         ++reports;
                     },
                     LogLevel::Warning)});
  engine.worker("queue").implement(hanging, [&](WorkflowContext, int n) -> Workflow<int> {
    while (reports < n) std::this_thread::yield();
    co_return n;
  });
  engine.start();
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  CHECK(engine.client().start(hanging, 1, on_queue).result() == 1);
  const auto after_one = threads();
  for (int n = 2; n <= 40; ++n) CHECK(engine.client().start(hanging, n, on_queue).result() == n);
  // A thread that still writes the end of a task when the next one is slow may need another beside
  // it.
  CHECK(threads() - after_one < 10);
}

TEST_CASE("workflow code that does not come back is reported, and other runs go on") {
  const Folder folder;
  std::latch entered(1), leave(1);
  std::atomic<int> reports = 0;
  Engine engine({.store = folder.store(),
                 .deadlock_timeout = 20ms,
                 .logger = Logger(
                     [&](const LogRecord& record) {
                       if (record.message.find("has not come back for 0.02 s after ") !=
                               std::string_view::npos &&
                           record.message.find("engine_test.cpp:") != std::string_view::npos)
                         ++reports;
                     },
                     LogLevel::Warning)});
  fill(engine.worker("queue"));
  engine.worker("queue").implement(hanging, [&](WorkflowContext ctx, int n) -> Workflow<int> {
    co_await ctx.sleep(1ms);
    entered.count_down();
    leave.wait();
    co_return n;
  });
  engine.start();
  const auto hangs = engine.client().start(hanging, 7, on_queue);
  entered.wait();
  CHECK(engine.client().start(adding, 1, on_queue).result() == 6);
  CHECK(reports == 1);
  leave.count_down();
  CHECK(hangs.result() == 7);  // its answer is taken although it was late
}

TEST_CASE("types that no worker implements are named, and their runs left as they are") {
  const Folder folder;
  {
    Engine engine({.store = folder.store()});
    fill(engine.worker("queue"));
    engine.start();
    (void)engine.client().start(listening, {.id = "l", .task_queue = "queue"});
  }
  Engine engine({.store = folder.store()});
  engine.worker("queue").implement(adding, add_five);
  CHECK(engine.start() == std::vector<std::string>{"Listening"});
  CHECK(engine.client().handle(listening, "l").describe().status == WorkflowStatus::Running);
}

TEST_CASE("a second engine on the same store is refused, with the owner's process") {
  const Folder folder;
  const Engine engine({.store = folder.store()});
  try {
    const Engine second({.store = folder.store()});
    FAIL("two owners");
  } catch (const StoreInUse& error) {
    CHECK(error.owner_pid() == getpid());
  }
}
