// What the tests of the client share: a workflow that collects words until it is told to finish,
// its signals and queries, and an environment that runs it.
#pragma once

#include "engine/environment_driver.hpp"

#include <stdexcept>
#include <string>

namespace durasim::inline v0::test {

inline constexpr WorkflowType<std::string(std::string)> waiting{"Waiting"};
inline constexpr WorkflowType<int(int)> counting{"Counting"};
inline constexpr WorkflowType<std::string(int)> failing{"Failing"};
inline constexpr WorkflowType<void()> collecting{"Collecting"};
inline constexpr Signal<std::string> word{"word"};
inline constexpr Signal<void> finish{"finish"};
inline constexpr Query<std::string> words{"words"};
inline constexpr Query<std::string(int)> repeated{"repeated"};
inline constexpr Query<std::string> broken{"broken"};
inline constexpr Query<int> missing{"missing"};

// Collects words until it is told to finish.
inline Workflow<std::string> wait_for_words(WorkflowContext ctx, std::string first) {
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
  ctx.on(word, [&](const std::string& next) { all += " " + next; });
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
  // Of that run, whatever its id means now.
  WorkflowStatus status_of(const WorkflowRun<std::string>& run) {
    return environment.client().handle(waiting, run.id(), run.run_id()).describe().status;
  }
  void close(const WorkflowRun<std::string>& run) {
    run.signal(finish);
    CHECK_NOTHROW((void)run.result());
  }
};

}  // namespace durasim::inline v0::test
