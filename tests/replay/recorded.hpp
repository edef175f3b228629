// Records the history of a program in the environment, and gives it to the Replayer, changed or
// not.
#pragma once

#include "durasim/core/encoding.hpp"
#include "durasim/testing/replayer.hpp"
#include "durasim/testing/workflow_environment.hpp"
#include "durasim/workflow/workflow.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace durasim::inline v0::test {

constexpr WorkflowType<std::string(int)> program{"Program"};
constexpr Activity<int(int)> work{"work"};
constexpr Activity<int(int)> other_work{"other_work"};
constexpr Signal<int> number{"number"};

using Code = std::function<Workflow<std::string>(WorkflowContext, int)>;
inline const StartOptions as_p{.id = "p", .task_queue = "queue"};

inline proto::History record(
    const Code& code, const std::function<void(testing::WorkflowEnvironment&)>& meanwhile =
                          [](testing::WorkflowEnvironment&) {}) {
  testing::WorkflowEnvironment environment;
  environment.worker("queue")
      .implement(program, code)
      .implement(work, [](int n) { return n + 1; })
      .implement(other_work, [](int n) { return n + 1; });
  const auto run = environment.client().start(program, 1, as_p);
  environment.settle();
  meanwhile(environment);
  environment.sleep(std::chrono::hours{24 * 30});
  return decode_history(environment.frontend().history({"p", {}}));
}

template <class A>
proto::HistoryEvent& event_with(proto::History& history, int nth = 1) {
  for (proto::HistoryEvent& event : history.events) {
    if (event.attributes_if<A>() != nullptr && --nth == 0) return event;
  }
  FAIL("no such event");
  return history.events.front();
}
template <class A>
A& find(proto::History& history, int nth = 1) {
  return *event_with<A>(history, nth).template attributes_if<A>();
}

inline replay::Mismatch mismatch_of(const proto::History& history, const Code& code,
                                    bool strict = false) {
  testing::Replayer replayer({.strict = strict});
  replayer.implement(program, code);
  try {
    replayer.replay(history);
  } catch (const HistoryMismatch& error) {
    return error.mismatch();
  }
  return {};
}

}  // namespace durasim::inline v0::test
