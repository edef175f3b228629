// The engine without disks: replay of a history that is in memory, the decision about a completed
// activity, and what a run that waits costs. CPU time of this process, which has one busy thread.
#include "durasim/core/encoding.hpp"
#include "durasim/core/message_values.hpp"
#include "durasim/replay/workflow_machines.hpp"
#include "durasim/testing/workflow_environment.hpp"
#include "durasim/workflow/workflow.hpp"

#include "bench.hpp"
#include "engine/run_state.hpp"

#include <malloc.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace durasim::bench {
namespace {

using namespace std::chrono_literals;

constexpr WorkflowType<int(int)> sum_type{"Sum"};
constexpr Activity<int(int)> next_type{"Next"};

std::size_t frame_bytes = 0;  // of sum's coroutine; 0 where the compiler does not tell

// One activity after the other, a timer now and then.
Workflow<int> sum(WorkflowContext ctx, int rounds) {
#if __has_builtin(__builtin_coro_size)
  frame_bytes = __builtin_coro_size();
#endif
  int total = 0;
  for (int i = 0; i < rounds; ++i) {
    total += co_await ctx.run(next_type, i, {.start_to_close = 1min});
    if (i % 10 == 9) co_await ctx.sleep(1s);
  }
  co_return total;
}

std::vector<proto::HistoryEvent> history_of(int rounds) {
  testing::WorkflowEnvironment environment;
  environment.worker("queue").implement(sum_type, sum).implement(next_type, [](int i) {
    return i;
  });
  const auto run =
      environment.client().start(sum_type, rounds, {.id = "run", .task_queue = "queue"});
  static_cast<void>(run.result());
  return decode_history(environment.frontend().history({"run", {}})).events;
}

void replay(const std::vector<proto::HistoryEvent>& events,
            const WorkflowImplementation& implementation) {
  const auto instance = implementation.create({});
  replay::WorkflowMachines machines("run");
  machines.apply(events, [&](const Activation& step) { return instance->activate(step); });
  if (!machines.closed()) throw Error("the benchmark's history is not replayed to its end");
}

double replay_s_per_event(bool quick) {
  const std::vector<proto::HistoryEvent> events = history_of(1000);
  const WorkflowImplementation implementation = make_workflow(sum_type, sum);
  std::vector<double> seconds;
  for (int round = quick ? 5 : 25; round > 0; --round) {
    const double before = process_cpu_s();
    for (int i = 0; i < 10; ++i) replay(events, implementation);
    seconds.push_back((process_cpu_s() - before) / 10);
  }
  return median(seconds) / static_cast<double>(events.size());
}

proto::Command schedule(int number) {
  proto::ScheduleActivityTaskCommandAttributes attributes;
  attributes.activity_id = std::to_string(number);
  attributes.activity_type.emplace().name = "Next";
  attributes.input = proto::to_message(to_payloads(number));
  attributes.start_to_close_timeout = proto::ProtoDuration::from(1min);
  return proto::make_command(std::move(attributes));
}

// A run that always waits for one activity.
class Chain {
 public:
  Chain() : state_(start(), {}, now_) {
    answer(1);
    task();
  }
  // Makes the answers of workflow code to the next tasks: they are not the decision's work.
  void answer(int tasks) {
    answers_.resize(static_cast<std::size_t>(tasks));
    for (auto& answer : answers_) answer = {schedule(++number_)};
    next_answer_ = answers_.begin();
  }
  // What a completed activity leads to, up to what is to be written and done.
  void step() {
    now_ += 1ms;
    state_.close_activity(scheduled_, 1, ActivityCompleted{result_}, "worker", now_);
    task();
  }

 private:
  static engine::StartRun start() {
    engine::StartRun run;
    run.workflow_id = "run";
    run.run_id = "0d6e2f0a-6f0e-4a5c-8f4e-0c3c7d1a2b3c";
    run.workflow_type = "Sum";
    run.task_queue = "queue";
    return run;
  }
  void task() {
    const std::int64_t started = state_.start_workflow_task("worker", now_).started_event_id;
    state_.complete_workflow_task(started, std::move(*next_answer_++), "worker", "unused", now_);
    scheduled_ = state_.activities().begin()->first;
    state_.start_activity(scheduled_, 1, now_);
    static_cast<void>(state_.take_transition());
    static_cast<void>(state_.take_effects());
    state_.forget_events_before(state_.row().next_event_id);
  }

  WallTime now_ = WallTime(1h);
  engine::RunState state_;
  PayloadList result_ = to_payloads(1);
  std::int64_t scheduled_ = 0;
  std::vector<std::vector<proto::Command>> answers_;
  std::vector<std::vector<proto::Command>>::iterator next_answer_;
  int number_ = 0;
};

double core_step_us(bool quick) {
  Chain chain;
  constexpr int steps = 1000;
  // The same instructions each time: what is more than the least is the machine's.
  double least = std::numeric_limits<double>::infinity();
  for (int round = quick ? 25 : 100; round > 0; --round) {
    chain.answer(steps);
    const double before = process_cpu_s();
    for (int i = 0; i < steps; ++i) chain.step();
    least = std::min(least, (process_cpu_s() - before) / steps);
  }
  return 1e6 * least;
}

// A run that waits for its first activity: its machines and the code, without the author's frame.
double live_run_bytes() {
  struct Live {
    std::unique_ptr<WorkflowInstance> instance;
    replay::WorkflowMachines machines;
  };
  constexpr std::size_t runs = 1000;
  std::vector<proto::HistoryEvent> events = history_of(1);
  // Up to the task in which the activity is scheduled, as an executor sees it.
  events.resize(3);
  const WorkflowImplementation implementation = make_workflow(sum_type, sum);
  std::vector<std::unique_ptr<Live>> live;
  live.reserve(runs);
  const auto before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < runs; ++i) {
    live.push_back(std::make_unique<Live>(
        Live{implementation.create({}), replay::WorkflowMachines("run" + std::to_string(i))}));
    Live& run = *live.back();
    run.machines.apply(events,
                       [&](const Activation& step) { return run.instance->activate(step); });
  }
  return static_cast<double>(mallinfo2().uordblks - before) / runs -
         static_cast<double>(frame_bytes);
}

}  // namespace

void bench_engine(BenchContext& context) {
  if (const std::string name = "engine/replay_events_per_s"; context.wants(name)) {
    context.add_at_least(name, 1 / replay_s_per_event(context.quick()), "1/s", 1e6);
  }
  if (const std::string name = "engine/core_step_us"; context.wants(name)) {
    context.add_absolute(name, core_step_us(context.quick()), "us", 5);
  }
  if (const std::string name = "engine/live_run_bytes"; context.wants(name)) {
    context.add_absolute(name, live_run_bytes(), "B", 4096);
  }
}

}  // namespace durasim::bench
