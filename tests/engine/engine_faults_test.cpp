// The engine's threads when something beside them goes wrong: the store refuses or can't be read, a
// codec throws, clients wait while it ends. The host goes on, and nothing is done twice or lost.
#include "durasim/core/codec.hpp"
#include "durasim/core/payload.hpp"
#include "durasim/store/sqlite.hpp"
#include "durasim/testing/fault_store.hpp"

#include "engine/engine_programs.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;
using namespace durasim::testing;

namespace {

std::unique_ptr<store::Store> sqlite_in(const Folder& folder) {
  store::SqliteOptions options;
  options.path = folder.store();
  return std::make_unique<store::SqliteStore>(std::move(options));
}

// Leaves everything as it is, but refuses what holds the text "unspeakable".
class RefusingCodec final : public PayloadCodec {
 public:
  [[nodiscard]] PayloadList encode(const PayloadList& payloads,
                                   const std::string& /*context*/) const override {
    for (const Payload& payload : payloads) {
      if (payload.data.find("unspeakable") != std::string::npos)
        throw CodecError("no key for that");
    }
    return payloads;
  }
  [[nodiscard]] PayloadList decode(const PayloadList& payloads,
                                   const std::string& /*context*/) const override {
    return payloads;
  }
};

}  // namespace

TEST_CASE("commits that fail are repeated with what they held, and every run ends all the same") {
  const Folder folder;
  FaultStore store(sqlite_in(folder));
  std::atomic<int> calls = 0;
  {
    Engine engine({.custom_store = &store});
    Worker& worker = engine.worker("queue", {.max_concurrent_activities = 2});
    worker.implement(adding, add_five);
    worker.implement(add_one, [&](int n) {
      ++calls;
      return n + 1;
    });
    engine.start();
    const auto first = engine.client().start(adding, 0, {.id = "first", .task_queue = "queue"});
    CHECK(first.result() == 5);
    for (const auto fault : {CommitFault::Rejected, CommitFault::UnknownApplied,
                             CommitFault::UnknownNotApplied, CommitFault::Throws}) {
      CAPTURE(static_cast<int>(fault));
      // Not the start's own commit, whose failure its caller is told.
      for (const std::uint64_t k : {2U, 4U}) store.fail_commit(k, fault);
      CHECK(engine.client().start(adding, 10, on_queue).result() == 15);
    }
    CHECK(store.faults() == 8);
    store.fail_commit(1, CommitFault::Rejected);
    CHECK_THROWS_AS((void)engine.client().start(adding, 1, {.id = "no", .task_queue = "queue"}),
                    StoreRejected);
    CHECK_THROWS_AS((void)engine.client().handle(adding, "no").describe(), WorkflowNotFound);
  }
  CHECK(calls >= 25);
}

TEST_CASE("an outcome that the codec refuses is a failed attempt, and the engine goes on") {
  const Folder folder;
  constexpr Activity<std::string(int)> speak{"speak"};
  constexpr WorkflowType<std::string()> speaking{"Speaking"};
  const RefusingCodec codec;
  Engine engine({.store = folder.store(), .codec = &codec});
  Worker& worker = engine.worker("queue");
  worker.implement(speaking, [&speak](WorkflowContext ctx) -> Workflow<std::string> {
    co_return co_await ctx.run(speak, 1,
                               {.start_to_close = 1min, .retry = {.initial_interval = 1ms}});
  });
  worker.implement(speak, [](ActivityContext ctx, int) {
    return std::string(ctx.info().attempt == 1 ? "unspeakable" : "hello");
  });
  engine.start();
  CHECK(engine.client().start(speaking, on_queue).result() == "hello");
}

TEST_CASE("an outcome that cannot be recorded is a failed attempt, and the engine goes on") {
  const Folder folder;
  constexpr Activity<int(int)> odd{"odd"};
  constexpr WorkflowType<std::string()> asking{"Asking"};
  Engine engine({.store = folder.store()});
  Worker& worker = engine.worker("queue");
  fill(worker);
  worker.implement(asking, [&odd](WorkflowContext ctx) -> Workflow<std::string> {
    try {
      co_await ctx.run(odd, 1, {.start_to_close = 1min, .retry = {.maximum_attempts = 1}});
    } catch (const ActivityFailure& failure) {
      co_return std::get<proto::ApplicationFailureInfo>(failure.cause()->info).type;
    }
    co_return "";
  });
  worker.implement(odd, [](int) -> int {
    Payload payload;
    payload.metadata["\xff"] = "";
    throw ApplicationFailure("no", {.details = {payload}});
  });
  engine.start();
  CHECK(engine.client().start(asking, on_queue).result() == "UnrecordableOutcome");
  CHECK(engine.client().start(adding, 1, on_queue).result() == 6);
}

TEST_CASE("reads that fail now and then delay runs, and lose none") {
  const Folder folder;
  FaultStore store(sqlite_in(folder));
  Engine engine({.custom_store = &store, .cached_runs = 1});
  fill(engine.worker("queue", {.max_concurrent_activities = 4}));
  engine.start();
  std::vector<decltype(engine.client().start(adding, 0, on_queue))> runs;
  for (unsigned i = 0; i < 20; ++i) {
    store.fail_reads(0);  // the start's own would be its caller's to repeat
    runs.push_back(engine.client().start(adding, static_cast<int>(i), on_queue));
    store.fail_reads(i % 3);
  }
  int sum = 0;
  for (const auto& run : runs) {
    for (bool known = false; !known;) {
      try {
        sum += run.result();
        known = true;
      } catch (const IoError&) {  // the call's own
      }
    }
  }
  CHECK(sum == 190 + 20 * 5);
}

TEST_CASE("an activity that was brief and is not any more holds up no other for long") {
  const Folder folder;
  constexpr Activity<int(int)> waits_for_other{"waits_for_other"};
  constexpr Activity<int(int)> other{"other"};
  constexpr WorkflowType<int(int)> waiting{"Waiting"};
  constexpr WorkflowType<int(int)> releasing{"Releasing"};
  std::latch reached(1);
  std::latch released(1);
  Engine engine({.store = folder.store(), .deadlock_timeout = 0s});  // no other alarm than that
  Worker& worker = engine.worker("queue", {.max_concurrent_activities = 4});
  const ActivityOptions times{.start_to_close = 1min};
  worker.implement(waiting, [&](WorkflowContext ctx, int n) -> Workflow<int> {
    for (int i = n; i >= 0; --i) co_await ctx.run(waits_for_other, i, times);
    co_return n;
  });
  worker.implement(releasing, [&](WorkflowContext ctx, int n) -> Workflow<int> {
    co_return co_await ctx.run(other, n, {.start_to_close = 2s, .retry = {.maximum_attempts = 1}});
  });
  worker.implement(waits_for_other, [&](int i) {
    if (i == 0) {
      reached.count_down();
      released.wait();
    }
    // Long enough that the alarm sometimes comes while it runs, short enough to be brief.
    const SteadyTime end = system_clock().steady_now() + 50us;
    while (system_clock().steady_now() < end) {
    }
    return i;
  });
  worker.implement(other, [&](int i) {
    released.count_down();
    return i;
  });
  engine.start();
  // Brief so often that the alarm has come while it ran; then it waits for another.
  const auto waits = engine.client().start(waiting, 1000, {.id = "waits", .task_queue = "queue"});
  reached.wait();
  CHECK(engine.client().start(releasing, 1, on_queue).result() == 1);
  CHECK(waits.result() == 1000);
}

TEST_CASE("clients that wait while the engine ends are told so, and it ends after them") {
  const Folder folder;
  constexpr int waiting = 8;
  std::atomic<int> told = 0;
  std::latch started(waiting);
  std::vector<std::jthread> clients;
  {
    Engine engine({.store = folder.store()});
    fill(engine.worker("queue"));
    engine.start();
    for (int i = 0; i < waiting; ++i) {
      clients.emplace_back([&, i] {
        const auto run =
            engine.client().start(listening, {.id = std::to_string(i), .task_queue = "queue"});
        started.count_down();
        try {
          (void)run.result();
        } catch (const CancelledError&) {
          ++told;
        }
      });
    }
    started.wait();
    CHECK(engine.stop(10s).clean());
    clients.clear();
  }
  CHECK(told == waiting);
}

TEST_CASE("a rate limit spaces the starts of a queue's activities") {
  const Folder folder;
  Engine engine({.store = folder.store()});
  fill(engine.worker("queue", {.max_activities_per_second = 200}));
  engine.start();
  const SteadyTime begin = system_clock().steady_now();
  CHECK(engine.client().start(adding, 1, on_queue).result() == 6);
  CHECK(system_clock().steady_now() - begin >= 20ms);  // five starts, four gaps of 5 ms
}
