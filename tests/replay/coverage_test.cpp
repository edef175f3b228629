// Every row of every machine's table is taken by a program: in histories that the engine records,
// and for what only other engines write (a start before its outcome) in one written by hand.
#include "replay/recorded.hpp"

#include <map>
#include <set>

using namespace durasim;
using namespace durasim::test;
using namespace std::chrono_literals;

namespace {

struct Rows final : replay::TransitionObserver {
  std::map<replay::MachineKind, std::set<std::size_t>> seen;
  void taken(replay::MachineKind kind, std::size_t row) override { seen[kind].insert(row); }
};

constexpr auto wait = ActivityCancellationType::WaitCancellationCompleted;

// Starts an activity, cancels it after `before` (0: in the same task), and looks at its outcome.
Code canceling(ActivityCancellationType type, Duration before, ActivityOptions options) {
  options.cancellation_type = type;
  return [=](WorkflowContext ctx, int n) -> Workflow<std::string> {
    const CancellationScope scope = ctx.scope();
    auto activity = scope.run(work, n, options);
    if (before > Duration::zero()) co_await ctx.sleep(before);
    scope.cancel();
    try {
      co_await activity;
    } catch (const Failure&) {
    }
    co_await ctx.sleep(1h);
    co_return "";
  };
}

Workflow<std::string> timers(WorkflowContext ctx, int) {
  const CancellationScope scope = ctx.scope();
  auto first = scope.sleep(1h);
  co_await ctx.sleep(1min);
  auto second = scope.sleep(1h);  // never leaves this task
  scope.cancel();
  for (auto* timer : {&first, &second}) {
    try {
      co_await *timer;
    } catch (const CanceledFailure&) {
    }
  }
  co_await ctx.sleep(1min);
  co_return "";
}

Workflow<std::string> externals(WorkflowContext ctx, int) {
  try {
    co_await ctx.signal_external({.workflow_id = "nobody"}, number, 1);
  } catch (const Failure&) {
  }
  try {
    co_await ctx.cancel_external({.workflow_id = "nobody"});
  } catch (const Failure&) {
  }
  co_return "";
}

// An activity whose worker goes on for a minute, whatever it is told.
void run_program(const Code& code, Rows& rows, bool served = true) {
  testing::WorkflowEnvironment environment({.evict_always = true, .observer = &rows});
  environment.worker("queue").implement(program, code);
  if (served) {
    environment.worker("queue").implement(work, [&](ActivityContext, int n) {
      environment.sleep(1min);
      return n;
    });
  }
  const auto run = environment.client().start(program, 1, as_p);
  CHECK_NOTHROW((void)run.result());
}

// A program whose activity's start is in history while the activity runs, as Temporal writes it for
// activities without a retry policy.
proto::History with_early_start(const Code& code) {
  proto::History history = record(code, [](testing::WorkflowEnvironment&) {});
  // The cancel request makes room: the start is put before the task that asks for it.
  proto::HistoryEvent start;
  proto::ActivityTaskStartedEventAttributes attributes;
  attributes.scheduled_event_id = 5;
  attributes.attempt = 1;
  start = proto::make_event(std::move(attributes));
  start.event_time = history.events[4].event_time;
  history.events.insert(history.events.begin() + 6, std::move(start));
  std::int64_t id = 0;
  for (proto::HistoryEvent& event : history.events) event.event_id = ++id;
  return history;
}

}  // namespace

TEST_CASE("every transition of every machine is taken") {
  Rows rows;
  constexpr auto try_cancel = ActivityCancellationType::TryCancel;
  run_program(timers, rows);
  run_program(externals, rows);
  for (const auto type : {try_cancel, wait}) {
    run_program(canceling(type, 0s, {.start_to_close = 1h}), rows);
    run_program(canceling(type, 10s, {.start_to_close = 1h}), rows);
    run_program(canceling(type, 10s, {.start_to_close = 1h}), rows, false);
  }
  run_program(canceling(try_cancel, 1h, {.start_to_close = 1h, .schedule_to_start = 1min}), rows,
              false);
  run_program(canceling(try_cancel, 1h, {.start_to_close = 1h}), rows);

  for (const auto type : {try_cancel, wait}) {
    const Code code = [type](WorkflowContext ctx, int n) -> Workflow<std::string> {
      const CancellationScope scope = ctx.scope();
      auto activity = scope.run(
          work, n, {.start_to_close = 1h, .task_queue = "nobody", .cancellation_type = type});
      co_await ctx.sleep(1min);
      scope.cancel();
      try {
        co_await activity;
      } catch (const Failure&) {
      }
      co_return "";
    };
    proto::History history = with_early_start(code);
    // Ids that point behind the new event.
    for (proto::HistoryEvent& event : history.events) {
      if (auto* fired = event.attributes_if<proto::TimerFiredEventAttributes>())
        fired->started_event_id = 6;
    }
    testing::Replayer replayer({.observer = &rows});
    replayer.implement(program, code);
    CHECK_NOTHROW(replayer.replay(history));
  }

  for (std::size_t k = 0; k < replay::machine_kinds; ++k) {
    const auto kind = static_cast<replay::MachineKind>(k);
    const auto table = replay::table(kind);
    for (std::size_t row = 0; row < table.size(); ++row) {
      const std::string name = std::string(to_string(kind)) + ": " +
                               std::string(to_string(table[row].from)) + " + " +
                               std::string(to_string(table[row].input));
      CHECK_MESSAGE(rows.seen[kind].contains(row), name);
    }
  }
}

TEST_CASE("no table has two rows for one state and input") {
  for (std::size_t k = 0; k < replay::machine_kinds; ++k) {
    std::set<std::pair<replay::State, replay::Input>> keys;
    for (const auto& row : replay::table(static_cast<replay::MachineKind>(k)))
      CHECK(keys.emplace(row.from, row.input).second);
  }
}
