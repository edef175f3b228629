// Isolated activities in a real engine: retries after a crash, what a child inherits, and that
// nothing is left when the engine stops.
#include "durasim/activity/isolated.hpp"

#include "activity/isolated_types.hpp"
#include "engine/engine_programs.hpp"
#include "process/child.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string(std::string)> acting{"Acting"};

Workflow<std::string> act_once(WorkflowContext ctx, std::string what) {
  co_return co_await ctx.run(
      act, what,
      {.start_to_close = 1min,
       .retry = RetryPolicy{.initial_interval = 1ms, .maximum_attempts = 3}});
}

struct Host {
  Host() : engine({.store = folder.store()}) {
    const Isolated isolated({.program = DURASIM_BUILD_BIN "/isolated-program"});
    engine.worker("queue").implement(acting, act_once).implement(act, isolated);
    engine.start();
  }
  WorkflowRun<std::string> start(const std::string& what) {
    return engine.client().start(acting, what, on_queue);
  }
  Folder folder;
  Engine engine;
};

}  // namespace

TEST_CASE("a segfault is a failed attempt, and the next one goes on from its heartbeat") {
  Host host;
  CHECK(host.start("crash once").result() == "attempt 2, from 3");
}

TEST_CASE("a child inherits no file, lock or socket of the engine") {
  Host host;
  const std::string open = host.start("descriptors").result();
  CAPTURE(open);
  CHECK(open.find("0 /dev/null\n") != std::string::npos);
  CHECK(open.find("1 pipe:") != std::string::npos);
  CHECK(open.find("2 pipe:") != std::string::npos);
  CHECK(open.find("engine.db") == std::string::npos);
  // And the socket, and the folder that is being listed.
  CHECK(std::count(open.begin(), open.end(), '\n') == 5);
}

TEST_CASE("an engine that stops leaves no child, whether it ends in time or not") {
  for (const std::string what : {"wait for stop", "hang"}) {
    Host host;
    const auto run = host.start(what);
    const auto pid = [&]() -> std::string {
      for (;;) {
        for (const PendingActivity& activity : run.describe().pending_activities)
          if (!activity.heartbeat_details.empty())
            return from_payload<std::string>(activity.heartbeat_details.front());
        std::this_thread::yield();
      }
    }();
    CHECK_FALSE(durasim_test::is_dead(pid));
    const bool in_time = what == "wait for stop";
    CHECK(host.engine.stop(in_time ? 10s : 1ms).clean() == in_time);
    while (!durasim_test::is_dead(pid)) std::this_thread::yield();
  }
}
