// Eviction at every suspension point: each object of the author's dies once, nothing is sent,
// nobody is resumed, no handler of an exception runs.
#include "driver.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace test;
using durasim::Awaitable;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

// Counts itself, and notices a second death.
class Tracked {
 public:
  explicit Tracked(int& alive) : alive_(&alive), self_(std::make_unique<int>(1)) { ++*alive_; }
  Tracked(const Tracked& other) : Tracked(*other.alive_) {}
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() {
    --*alive_;
    self_.reset();
  }

 private:
  int* alive_;
  std::unique_ptr<int> self_;
};

int caught = 0;

Workflow<int> leaf(WorkflowContext ctx, Tracked by_value) {
  const Tracked local = by_value;
  co_await ctx.sleep(1s);
  co_return 1;
}

// The shapes in which a coroutine can be suspended.
struct Shapes {
  int* alive;

  Workflow<std::string> operator()(WorkflowContext ctx) const {
    const Tracked first(*alive);
    const auto handler = std::make_shared<Tracked>(*alive);
    ctx.on(durasim::Query<int>{"q"}, [handler] { return 1; });
    ctx.on(durasim::Signal<int>{"s"},
           [handler](WorkflowContext c, int) -> Workflow<void> { co_await c.sleep(1h); });
    int sum = co_await leaf(ctx, Tracked(*alive));
    try {
      const Tracked inside(*alive);
      sum += co_await leaf(ctx, first);
    } catch (...) {
      ++caught;
      throw;
    }
    for (int i = 0; i < 2; ++i) {
      const Tracked in_loop(*alive);
      sum += co_await leaf(ctx, in_loop) + co_await leaf(ctx, Tracked(*alive));
    }
    const auto branch = [kept = Tracked(*alive)](WorkflowContext c) -> Workflow<int> {
      const Tracked local = kept;
      co_return co_await leaf(c, local);
    };
    auto task = ctx.spawn(branch);
    sum += co_await durasim::all(task, leaf(ctx, first), ctx.sleep(1s)) ==
                   std::tuple{1, 1, std::monostate{}}
               ? 1
               : 0;
    bool flag = false;
    ctx.spawn([&flag, kept = first](WorkflowContext c) -> Workflow<void> {
      co_await c.sleep(1s);
      flag = true;
    });
    const Tracked waiting(*alive);
    if (co_await ctx.wait_until([&flag, kept = first] { return flag; }, 1h)) ++sum;
    const auto received = co_await ctx.signals(durasim::Signal<int>{"n"}).receive_for(1s);
    const std::string text = std::string(60, 'a') + std::to_string(co_await leaf(ctx, first));
    auto box = std::make_unique<Tracked>(*alive);
    const auto scope = ctx.shielded();
    co_await scope.sleep(1s);
    co_return std::to_string(sum) + (received ? "!" : "") + text.substr(60);
  }
};

// Fires timers in their order, one a step, `steps` times at most; true when the run has ended.
bool advance(Driver& run, int steps) {
  std::vector<std::uint32_t> open;
  auto completion = run.raw({Driver::initialize(), Driver::signal("s", 1)});
  for (int i = 0;; ++i) {
    for (const auto& command : completion.commands) {
      if (std::holds_alternative<durasim::CompleteWorkflowCommand>(command)) return true;
      if (const auto* timer = std::get_if<durasim::StartTimerCommand>(&command);
          timer && timer->start_to_fire_timeout == 1s) {
        open.push_back(timer->seq);
      }
    }
    REQUIRE_FALSE(completion.failure.has_value());
    REQUIRE_FALSE(open.empty());
    if (i == steps) return false;
    const auto next = open.front();
    open.erase(open.begin());
    completion = run.raw({Driver::fire(next)});
  }
}

}  // namespace

TEST_CASE("at every suspension, eviction destroys everything once") {
  bool ended = false;
  int steps = 0;
  for (; !ended; ++steps) {
    CAPTURE(steps);
    int alive = 0;
    {
      auto run = driver(Shapes{&alive});
      ended = advance(run, steps);
      CHECK(alive > 0);
    }
    CHECK(alive == 0);
    REQUIRE(steps < 100);
  }
  CHECK(steps > 12);
  CHECK(caught == 0);
}

TEST_CASE("before its first step, and without ever having started, an instance is destroyed") {
  int alive = 0;
  {
    auto run = driver(Shapes{&alive});
  }
  CHECK(alive == 0);
}

TEST_CASE("what destructors ask for during eviction is ignored; at an ordinary end it is done") {
  struct Guard {
    WorkflowContext ctx;
    ~Guard() {
      static_cast<void>(ctx.run(tidy_up, {.start_to_close = 1s}));
      static_cast<void>(ctx.sleep(1h));
      static_cast<void>(ctx.wait_until([] { return false; }, 1h));
      static_cast<void>(ctx.uuid());
      static_cast<void>(ctx.info().workflow_id.size());
      ctx.on(durasim::Query<int>{"late"}, [] { return 1; });
      ctx.scope().cancel();
      auto numbers = ctx.signals(durasim::Signal<int>{"n"});
      static_cast<void>(numbers.receive_for(1h));
      ctx.spawn([](WorkflowContext c) -> Workflow<void> { co_await c.sleep(1s); });
    }
  };
  auto run = driver([](WorkflowContext ctx) -> Workflow<std::string> {
    const Guard guard{ctx};
    co_await ctx.sleep(1s);
    co_return "end";
  });
  run.start();
  SUBCASE("evicted") {
    run.evict();
  }
  SUBCASE("ended") {
    CHECK(run.step({Driver::fire(1)}) == Lines{"activity 1 tidy_up()", "timer 2 3600s",
                                               "timer 3 3600s", "cancel timer 3", "timer 4 3600s",
                                               "cancel timer 4", "complete \"end\""});
  }
}

TEST_CASE("what somebody outside keeps of a run does nothing when the run is gone") {
  std::optional<WorkflowContext> context;
  std::optional<Awaitable<void>> timer;
  std::optional<durasim::SignalChannel<int>> channel;
  std::optional<Workflow<int>> never_started;
  auto run = driver([&](WorkflowContext ctx) -> Workflow<std::string> {
    context = ctx;
    timer.emplace(ctx.sleep(1h));
    channel.emplace(ctx.signals(durasim::Signal<int>{"n"}));
    never_started.emplace([](WorkflowContext c) -> Workflow<int> {
      co_await c.sleep(1s);
      co_return 1;
    }(ctx));
    co_await ctx.sleep(1h);
    co_return "";
  });
  run.start();
  run.evict();
  timer->cancel();
  CHECK(context->sleep(1h).is_ready());
  CHECK(context->info().workflow_id == "wf");
  never_started.reset();
  context->spawn([](WorkflowContext) -> Workflow<void> { co_return; });
}

TEST_CASE("branches are destroyed before the coroutine whose locals they refer to") {
  std::string order;
  struct Note {
    std::string* order;
    std::string name;
    ~Note() { *order += name; }
  };
  auto run = driver([&order](WorkflowContext ctx) -> Workflow<std::string> {
    const Note root{&order, "r"};
    for (const auto* name : {"a", "b"}) {
      ctx.spawn([&root, name](WorkflowContext c) -> Workflow<void> {
        const Note local{root.order, name};
        co_await c.sleep(1h);
      });
    }
    co_await ctx.sleep(1h);
    co_return "";
  });
  run.start();
  run.evict();
  CHECK(order == "bar");
}
