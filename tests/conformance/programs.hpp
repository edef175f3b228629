// The programs whose histories the checks of this folder give to Temporal's own replayer: workflow
// code, one function for each thing that a history can hold. replay_workflows.py says the same in
// Python, command for command.
#pragma once

#include "durasim/workflow/workflow.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace durasim::conformance {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

using Text = std::string;
using Program = WorkflowType<Text(Text)>;

inline constexpr Activity<Text(Text)> echo{"Echo"};       // its argument
inline constexpr Activity<Text(Text)> flaky{"Flaky"};     // fails twice
inline constexpr Activity<Text(Text)> silent{"Silent"};   // heartbeats, falls silent; then goes on
inline constexpr Activity<Text(Text)> refuse{"Refuse"};   // fails for good, for a reason
inline constexpr Activity<Text(Text)> toil{"Toil"};       // until it is cancelled
inline constexpr Activity<void(Text)> tidy_up{"TidyUp"};  // clean-up
inline constexpr Signal<Text> note{"note"};
inline constexpr RetryPolicy once{.maximum_attempts = 1};

inline Workflow<Text> activity(WorkflowContext ctx, Text word) {
  co_return co_await ctx.run(echo, word, {.start_to_close = 10s});
}

inline Workflow<Text> retries(WorkflowContext ctx, Text word) {
  co_return co_await ctx.run(flaky, word,
                             {.start_to_close = 10s,
                              .schedule_to_close = 1h,
                              .retry = {.initial_interval = 5s, .maximum_attempts = 5}});
}

inline Workflow<Text> heartbeat(WorkflowContext ctx, Text word) {
  co_return co_await ctx.run(silent, word, {.start_to_close = 1h, .heartbeat = 10s});
}

inline Workflow<Text> timers(WorkflowContext ctx, Text word) {
  co_await ctx.sleep(1min);
  co_await ctx.sleep(2h);
  co_return word;
}

inline Workflow<Text> signals(WorkflowContext ctx, Text word) {
  const auto notes = ctx.signals(note);
  for (int i = 0; i < 3; ++i) {
    word += co_await notes.receive();
    word = co_await ctx.run(echo, word, {.start_to_close = 10s});
  }
  co_return word;
}

inline Workflow<Text> wait_met(WorkflowContext ctx, Text word) {
  Text seen;
  ctx.on(note, [&seen](const Text& text) { seen = text; });
  const bool met = co_await ctx.wait_until([&seen] { return !seen.empty(); }, 1h);
  co_await ctx.run(tidy_up, word, {.start_to_close = 10s});
  co_return met ? seen : "late";
}

inline Workflow<Text> wait_late(WorkflowContext ctx, Text word) {
  const bool met = co_await ctx.wait_until([] { return false; }, 1h);
  co_await ctx.run(tidy_up, word, {.start_to_close = 10s});
  co_return met ? word : "late";
}

inline Workflow<Text> cancel_timer(WorkflowContext ctx, Text word) {
  auto timer = ctx.sleep(24h);
  word = co_await ctx.run(echo, word, {.start_to_close = 10s});
  timer.cancel();
  co_return co_await ctx.run(echo, word + "!", {.start_to_close = 10s});
}

// Of an activity that somebody works on: goes on at once.
inline Workflow<Text> cancel_activity(WorkflowContext ctx, Text word) {
  auto work = ctx.run(toil, word, {.start_to_close = 1h, .heartbeat = 1min});
  co_await ctx.sleep(5s);
  work.cancel();
  try {
    co_await work;
  } catch (const CanceledFailure&) {
    word = "canceled";
  }
  co_return co_await ctx.run(echo, word, {.start_to_close = 10s});
}

// The same, waiting for its answer.
inline Workflow<Text> cancel_and_wait(WorkflowContext ctx, Text word) {
  auto work = ctx.run(toil, word,
                      {.start_to_close = 1h,
                       .heartbeat = 1min,
                       .cancellation_type = ActivityCancellationType::WaitCancellationCompleted});
  co_await ctx.sleep(5s);
  work.cancel();
  try {
    co_await work;
  } catch (const CanceledFailure&) {
    word = "canceled";
  }
  co_return co_await ctx.run(echo, word, {.start_to_close = 10s});
}

inline Workflow<Text> cancel_run(WorkflowContext ctx, Text word) {
  co_await ctx.run(echo, word, {.start_to_close = 10s});
  co_await ctx.sleep(24h);
  co_return word;
}

// The run is cancelled while an activity works; it tidies up and ends as canceled.
inline Workflow<Text> clean_up(WorkflowContext ctx, Text word) {
  std::exception_ptr stop;
  try {
    co_await ctx.run(toil, word, {.start_to_close = 1h, .heartbeat = 1min});
  } catch (const CanceledFailure&) {
    stop = std::current_exception();
  }
  const auto shielded = ctx.shielded();
  co_await shielded.sleep(1min);
  co_await shielded.run(tidy_up, word, {.start_to_close = 10s});
  if (stop) std::rethrow_exception(stop);
  co_return word;
}

inline Workflow<Text> branch(WorkflowContext ctx, Text word, int minutes) {
  co_await ctx.sleep(std::chrono::minutes{minutes});
  co_return co_await ctx.run(echo, word, {.start_to_close = 10s});
}

inline Workflow<Text> parallel(WorkflowContext ctx, Text word) {
  std::vector<Task<Text>> branches;
  for (const int minutes : {3, 1, 2}) {
    branches.push_back(ctx.spawn(branch(ctx, word + std::to_string(minutes), minutes)));
  }
  word.clear();
  for (const Text& part : co_await all(branches)) word += part;
  co_return word;
}

inline Workflow<Text> failure_chain(WorkflowContext ctx, Text word) {
  proto::Failure failure;
  try {
    co_await ctx.run(refuse, word, {.start_to_close = 10s});
  } catch (const ActivityFailure& error) {
    failure = error.proto();
  }
  co_await ctx.run(tidy_up, word, {.start_to_close = 10s});
  proto::Failure report = ApplicationFailure("the work was refused", {.type = "Refused"}).proto();
  report.cause = failure;
  throw ApplicationFailure(report);
}

inline Workflow<Text> activity_late(WorkflowContext ctx, Text word) {
  try {
    co_await ctx.run(toil, word, {.start_to_close = 10s, .retry = once});
  } catch (const ActivityFailure& error) {
    word = error.activity_type() + " is late";
  }
  co_await ctx.sleep(1s);
  co_return word;
}

inline constexpr Program continue_as_new_type{"ContinueAsNew"};
inline Workflow<Text> continue_as_new(WorkflowContext ctx, Text word) {
  word = co_await ctx.run(echo, word + "+", {.start_to_close = 10s});
  if (word.size() < 6) ctx.continue_as_new(continue_as_new_type, word);
  co_return word;
}

// Asks another run for something, and is asked back.
inline Workflow<Text> external(WorkflowContext ctx, Text word) {
  const ExternalWorkflow other{.workflow_id = "other"};
  co_await ctx.signal_external(other, note, word);
  co_await ctx.sleep(1s);
  co_await ctx.cancel_external(other, "enough");
  co_return word;
}

// What is taken back in the step that asked for it leaves no trace.
inline Workflow<Text> taken_back(WorkflowContext ctx, Text word) {
  auto work = ctx.run(toil, word, {.start_to_close = 10s});
  auto timer = ctx.sleep(1h);
  work.cancel();
  timer.cancel();
  co_await ctx.sleep(1min);
  co_return co_await ctx.run(echo, word, {.start_to_close = 10s});
}

// The first to be ready wins; the other is cancelled.
inline Workflow<Text> race(WorkflowContext ctx, Text word) {
  const auto first = co_await select(ctx.run(echo, word, {.start_to_close = 10s}), ctx.sleep(1h));
  co_await ctx.sleep(1s);
  co_return first.index() == 0 ? "activity" : "timer";
}

}  // namespace durasim::conformance
