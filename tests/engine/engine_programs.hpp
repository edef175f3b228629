// What the tests of the engine with threads share: a folder for its store, and small programs.
#pragma once

#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include "temporary_folder.hpp"

#include <chrono>
#include <string>

namespace durasim {

inline constexpr WorkflowType<int(int)> adding{"Adding"};
inline constexpr WorkflowType<std::string()> listening{"Listening"};
inline constexpr Activity<int(int)> add_one{"add_one"};
inline constexpr Signal<std::string> word{"word"};
inline constexpr Query<std::string> heard{"heard"};

class Folder : public durasim_test::TemporaryFolder {
 public:
  [[nodiscard]] std::string store() const { return file("engine.db"); }
};

// Five steps, one after the other, and a short timer.
inline Workflow<int> add_five(WorkflowContext ctx, int n) {
  for (int i = 0; i < 5; ++i)
    n = co_await ctx.run(add_one, n, {.start_to_close = std::chrono::minutes(1)});
  co_await ctx.sleep(std::chrono::milliseconds(5));
  co_return n;
}

inline Workflow<std::string> listen(WorkflowContext ctx) {
  std::string all;
  ctx.on(heard, [&all] { return all; });
  while (true) {
    const std::string next = co_await ctx.signals(word).receive();
    if (next == "stop") co_return all;
    all += next;
  }
}

inline void fill(Worker& worker) {
  worker.implement(adding, add_five).implement(listening, listen);
  worker.implement(add_one, [](int n) { return n + 1; });
}

inline const StartOptions on_queue{.task_queue = "queue"};

}  // namespace durasim
