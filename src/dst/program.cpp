// Drawing programs. Sizes are small: what finds bugs is many seeds, not long runs.
#include "dst/program.hpp"

#include "testing/seeded_random.hpp"

#include <chrono>

namespace durasim::inline v0::dst {

namespace {

using namespace std::chrono_literals;
using testing::SeededRandom;

class Drawing {
 public:
  explicit Drawing(std::uint64_t seed) : random_(seed) {}

  Program program() {
    Program program;
    const std::size_t generations = random_.chance(0.2) ? 2 : 1;
    for (std::size_t i = 0; i < generations; ++i) program.generations.push_back(generation());
    if (random_.chance(0.15)) program.ending = Ending::Fail;
    if (random_.chance(0.15)) {
      program.run_retry = RetryPolicy{.initial_interval = 2s, .maximum_attempts = 3};
      program.fails_until_attempt = 2;
    }
    if (random_.chance(0.1)) program.run_timeout = seconds(30, 4000);
    if (random_.chance(0.2)) program.start_delay = seconds(1, 20);
    program.task_timeout = seconds(2, 12);
    return program;
  }

 private:
  Duration seconds(int from, int to) {
    return std::chrono::milliseconds(
        (from * 1000) +
        static_cast<int>(random_.below(static_cast<std::uint64_t>(to - from) * 1000)));
  }

  Generation generation() {
    Generation generation;
    next_key_ = 1;
    generation.body.kind = StepKind::Sequence;
    for (std::size_t left = 1 + random_.below(3); left > 0; --left)
      generation.body.children.push_back(step(0));
    generation.cleans_up = random_.chance(0.4);
    generation.clean_up.options = {.start_to_close = 20s};
    return generation;
  }

  Step step(int depth) {
    Step made;
    made.key = std::to_string(next_key_++);
    const std::uint64_t draw = random_.below(depth < 2 ? 100 : 70);
    if (draw < 40) {
      made.kind = StepKind::Activity;
      made.activity = activity();
    } else if (draw < 55) {
      made.kind = StepKind::Timer;
      made.delay = seconds(0, 30);
    } else if (draw < 65) {
      made.kind = StepKind::Wait;
      made.signals = 1 + random_.below(3);
      // Without a timeout the first signal has to be enough: the clients promise that many.
      if (random_.chance(0.3)) {
        made.signals = 1;
      } else {
        made.delay = seconds(1, 60);
      }
    } else if (draw < 70) {
      made.kind = StepKind::Signal;
      made.target = static_cast<int>(random_.below(kMaxWorkflows));
    } else if (draw < 82) {
      made.kind = StepKind::All;
      add_children(made, depth);
    } else if (draw < 90) {
      made.kind = StepKind::Any;
      add_children(made, depth);
    } else {
      made.kind = StepKind::Scope;
      made.children.push_back(step(depth + 1));
      made.delay = random_.chance(0.3) ? Duration::zero() : seconds(0, 15);
    }
    return made;
  }

  void add_children(Step& parent, int depth) {
    for (std::size_t left = 2 + random_.below(2); left > 0; --left)
      parent.children.push_back(step(depth + 1));
  }

  ActivityPlan activity() {
    ActivityPlan plan;
    ActivityOptions& options = plan.options;
    options.start_to_close = seconds(5, 60);
    if (random_.chance(0.4)) options.schedule_to_close = seconds(5, 200);
    if (random_.chance(0.2)) options.schedule_to_start = seconds(5, 60);
    if (random_.chance(0.5)) {
      options.heartbeat = seconds(2, 10);
      plan.heartbeats = static_cast<int>(random_.below(5));
    }
    options.retry.initial_interval = seconds(0, 5);
    if (options.retry.initial_interval == Duration::zero()) options.retry.initial_interval = 1ms;
    options.retry.backoff_coefficient = random_.chance(0.5) ? 1.0 : 2.0;
    if (random_.chance(0.3)) options.retry.maximum_interval = options.retry.initial_interval * 2;
    options.retry.maximum_attempts =
        random_.chance(0.5) ? 1 + static_cast<int>(random_.below(3)) : 0;
    options.retry.non_retryable_error_types = {std::string(kListedType)};
    options.cancellation_type = static_cast<ActivityCancellationType>(random_.below(3));
    for (std::size_t left = random_.below(4); left > 0; --left) plan.deeds.push_back(deed());
    plan.ignores_cancel = random_.chance(0.3);
    return plan;
  }

  Deed deed() {
    const std::uint64_t draw = random_.below(100);
    if (draw < 35) return Deed::Fail;
    if (draw < 43) return Deed::FailNonRetryable;
    if (draw < 50) return Deed::FailListedType;
    if (draw < 60) return Deed::FailWithDelay;
    if (draw < 72) return Deed::Hang;
    if (draw < 82) return Deed::CompleteAsync;
    if (draw < 92) return Deed::UntilCancelled;
    return Deed::Complete;
  }

  SeededRandom random_;
  int next_key_ = 1;
};

const ActivityPlan* find_in(const Step& step, const std::string& key) {
  if (step.kind == StepKind::Activity && step.key == key) return &step.activity;
  for (const Step& child : step.children) {
    if (const ActivityPlan* found = find_in(child, key)) return found;
  }
  return nullptr;
}

}  // namespace

Program make_program(std::uint64_t seed) {
  return Drawing(seed).program();
}

std::string workflow_id_of(int number) {
  return "workflow-" + std::to_string(number);
}

const ActivityPlan* find_activity(const Generation& generation, const std::string& key) {
  return key == "clean" ? &generation.clean_up : find_in(generation.body, key);
}

}  // namespace durasim::inline v0::dst
