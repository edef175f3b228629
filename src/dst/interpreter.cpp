// The interpreter: one coroutine per kind of step. Every leaf turns what happens to it into text,
// so that a program ends in one way only, whatever fails or is cancelled inside it.
#include "dst/interpreter.hpp"

#include "durasim/workflow/workflow.hpp"

#include "dst/program.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace durasim::inline v0::dst {

namespace {

constexpr WorkflowType<std::string(ProgramInput)> kProgram{kWorkflowType};
constexpr Activity<std::string(std::string)> kWork{kActivityType};
constexpr Signal<std::string> kNote{kSignalName};
constexpr Query<std::vector<std::string>> kReceived{kQueryName};

// What the coroutines of one run share. It lives in the root coroutine's frame.
struct Life {
  ProgramInput input;
  WallTime last_seen{};

  // Workflow time never goes back.
  WallTime now(const WorkflowContext& ctx) {
    if (ctx.now() < last_seen) throw LogicError("workflow time went back");
    return last_seen = ctx.now();
  }
  std::string argument(const std::string& key) const {
    return std::to_string(input.seed) + "/" + std::to_string(input.generation) + "/" + key;
  }
};

std::string elapsed(Duration duration) {
  return std::to_string(std::chrono::floor<std::chrono::milliseconds>(duration).count());
}

Workflow<std::string> run_step(WorkflowContext ctx, const Step* step, Life* life);

Workflow<std::string> run_activity(WorkflowContext ctx, const Step* step, Life* life) {
  std::string outcome;
  ActivityOptions options = step->activity.options;
  options.activity_id = step->key;
  try {
    const std::string result =
        co_await ctx.run(kWork, life->argument(step->key), std::move(options));
    outcome = result == step->key ? "ok" : "wrong:" + result;
  } catch (const ActivityFailure& failure) {
    outcome = failure.cause() != nullptr ? outcome_of(*failure.cause()) : "no cause";
  } catch (const CanceledFailure&) {
    outcome = "canceled";
  }
  co_return step->key + "=" + outcome;
}

Workflow<std::string> run_timer(WorkflowContext ctx, const Step* step, Life* life) {
  std::string outcome = "canceled";
  const WallTime before = life->now(ctx);
  try {
    co_await ctx.sleep(step->delay);
    outcome = "fired:" + elapsed(life->now(ctx) - before);
  } catch (const CanceledFailure&) {
    outcome = "canceled";
  }
  co_return step->key + "=" + outcome;
}

Workflow<std::string> run_wait(WorkflowContext ctx, const Step* step, Life* life) {
  std::string outcome;
  const WallTime before = life->now(ctx);
  const auto enough = [life, wanted = step->signals] {
    return life->input.received.size() >= wanted;
  };
  try {
    bool came = true;
    if (step->delay == Duration::zero()) {
      co_await ctx.wait_until(enough);
    } else {
      came = co_await ctx.wait_until(enough, step->delay);
    }
    outcome = came ? "came" : "late:" + elapsed(life->now(ctx) - before);
  } catch (const CanceledFailure&) {
    outcome = "canceled";
  }
  co_return step->key + "=" + outcome;
}

Workflow<std::string> run_signal(WorkflowContext ctx, const Step* step, Life* life) {
  std::string outcome = "sent";
  try {
    co_await ctx.signal_external({.workflow_id = workflow_id_of(step->target)}, kNote,
                                 ctx.info().run_id + "/" + life->argument(step->key));
  } catch (const CanceledFailure&) {
    outcome = "canceled";
  } catch (const Failure&) {
    outcome = "unknown";
  }
  co_return step->key + "=" + outcome;
}

Workflow<std::string> run_parallel(WorkflowContext ctx, const Step* step, Life* life) {
  std::vector<Task<std::string>> branches;
  for (const Step& child : step->children)
    branches.push_back(ctx.spawn(run_step(ctx, &child, life)));
  std::string text;
  try {
    if (step->kind == StepKind::Any) {
      text = "<" + co_await any(std::move(branches)) + ">";
    } else {
      for (const std::string& result : co_await all(std::move(branches)))
        text += (text.empty() ? "{" : ";") + result;
      text += "}";
    }
  } catch (const CanceledFailure&) {
    text = "!";
  }
  co_return text;
}

Workflow<std::string> run_scope(WorkflowContext ctx, const Step* step, Life* life) {
  const CancellationScope scope = ctx.scope();
  auto body = scope.spawn(run_step(scope, step->children.data(), life));
  std::string text;
  try {
    // Half of the scopes end before their commands are sent: nothing must come of them.
    if (step->delay != Duration::zero()) co_await ctx.sleep(step->delay);
    scope.cancel("the program says so");
    text = "[" + co_await std::move(body) + "]";
  } catch (const CanceledFailure&) {
    text = "!";
  }
  co_return text;
}

Workflow<std::string> run_sequence(WorkflowContext ctx, const Step* step, Life* life) {
  std::string text;
  for (const Step& child : step->children) {
    text += text.empty() ? "(" : ";";
    text += co_await run_step(ctx, &child, life);
  }
  co_return text + ")";
}

Workflow<std::string> run_step(WorkflowContext ctx, const Step* step, Life* life) {
  switch (step->kind) {
    case StepKind::Sequence:
      return run_sequence(std::move(ctx), step, life);
    case StepKind::All:
    case StepKind::Any:
      return run_parallel(std::move(ctx), step, life);
    case StepKind::Scope:
      return run_scope(std::move(ctx), step, life);
    case StepKind::Activity:
      return run_activity(std::move(ctx), step, life);
    case StepKind::Timer:
      return run_timer(std::move(ctx), step, life);
    case StepKind::Wait:
      return run_wait(std::move(ctx), step, life);
    case StepKind::Signal:
      return run_signal(std::move(ctx), step, life);
  }
  throw LogicError("a step of an unknown kind");
}

Workflow<std::string> run_program(WorkflowContext ctx, ProgramInput input) {
  Life life{.input = std::move(input)};
  const Program program = make_program(life.input.seed);
  const Generation& generation = program.generations.at(life.input.generation);
  ctx.on(kReceived, [&life] { return life.input.received; });
  ctx.on(kNote, [&life](std::string note) { life.input.received.push_back(std::move(note)); });
  const std::string trace = co_await run_step(ctx, &generation.body, &life);
  static_cast<void>(life.now(ctx));
  if (ctx.is_cancelled()) {
    if (generation.cleans_up) {
      const CancellationScope shield = ctx.shielded();
      ActivityOptions options = generation.clean_up.options;
      options.activity_id = "clean";
      try {
        static_cast<void>(co_await shield.run(kWork, life.argument("clean"), std::move(options)));
      } catch (const ActivityFailure&) {
        // Out of time, for example: the run is canceled all the same.
      }
    }
    throw CanceledFailure(trace);
  }
  if (life.input.generation + 1 < program.generations.size()) {
    ++life.input.generation;
    ctx.continue_as_new(kProgram, life.input);
  }
  if (ctx.info().attempt < program.fails_until_attempt || program.ending == Ending::Fail) {
    throw ApplicationFailure(
        trace, {.type = std::string(kPlannedFailure), .non_retryable = !program.run_retry});
  }
  std::string result = trace;
  for (const std::string& note : life.input.received) result += "#" + note;
  co_return result;
}

}  // namespace

WorkflowImplementation interpreter() {
  return make_workflow(kProgram, run_program);
}

std::string outcome_of(const proto::Failure& failure) {
  if (const auto* application = std::get_if<proto::ApplicationFailureInfo>(&failure.info))
    return "failed:" + application->type;
  if (const auto* timeout = std::get_if<proto::TimeoutFailureInfo>(&failure.info))
    return "timeout:" + std::to_string(static_cast<int>(timeout->timeout_type));
  if (std::holds_alternative<proto::CanceledFailureInfo>(failure.info)) return "canceled";
  return "failed:?";
}

}  // namespace durasim::inline v0::dst
