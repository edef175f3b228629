// Your own workflows under the simulator that durasim itself is tested with: the whole engine on a
// virtual clock, a store on a simulated disk, and a schedule that follows from a seed. In each seed
// processes die, machines lose power, commits fail, code is evicted, attempts of activities fail,
// get lost or are reported twice, signals come late and clocks jump; then the faults stop, and
// every run has to come to its end. What must hold meanwhile and at the end is yours to say:
//   testing::Explorer explorer({.seeds = 500});
//   const auto report = explorer.run([](testing::Exploration& seed) {
//     auto& agency = seed.emplace<Agency>();             // the world outside, new in each seed
//     seed.worker("trips")
//         .implement(travelling, travel)
//         .implement(book, [&](const std::string& what) { agency.book(what); });
//     const auto trip = seed.start(travelling, {"flight", "hotel"}, {.task_queue = "trips"});
//     if (seed.chance(0.5)) trip.cancel("changed my mind");
//     seed.at_end([&agency, trip] {
//       testing::require(trip.completed() || agency.open() == 0, "a booking is left over");
//     });
//   });
//   CHECK_MESSAGE(report.ok(), report.to_text());
#pragma once

#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/history.hpp"
#include "durasim/core/names.hpp"
#include "durasim/core/payload_values.hpp"
#include "durasim/core/time.hpp"
#include "durasim/engine/options.hpp"
#include "durasim/engine/worker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace durasim::inline v0::testing {

class ExploredSeed;

// What may happen. Each seed draws how often, and leaves some of them out.
struct ExplorerFaults {
  // The process is killed or the machine loses power, at any operation of the disk, also while
  // another process recovers.
  bool crashes = true;
  // The disk is full, for one commit or for minutes, or a sync fails: commits are rejected or end
  // in doubt (and with them the process).
  bool failed_commits = true;
  // The store cannot be read, a few times in a row: calls of clients fail and are made again, what
  // the engine and its workers do is done later.
  bool failed_reads = true;
  // The wall clock is set, by seconds to years; at the latest a restart sees it.
  bool clock_jumps = true;
  // Code in memory is dropped, so that the next step is a replay.
  bool evictions = true;
  // An attempt fails with an ApplicationFailure of type "InjectedFault", before its code has run or
  // after.
  bool failed_attempts = true;
  // A worker forgets an attempt, before its code has run or after, or a workflow task: they time
  // out.
  bool lost_attempts = true;
  // Time passes while tasks and attempts are in workers' hands, so that they may time out. Without
  // it no work takes time.
  bool slow_workers = true;
  // Calls of clients and reports of attempts come twice.
  bool repeated_calls = true;
  // Code of an attempt runs although the engine has given it up (it has timed out, or its run is
  // closed). Off, because only a world that refuses late callers is right then.
  bool late_attempts = false;
};

struct ExplorerOptions {
  std::uint64_t seeds = 300;
  std::uint64_t first_seed = 1;
  // Of the schedule, with faults, at most; each seed draws how many.
  std::size_t steps = 300;
  ExplorerFaults faults{};
  // Of virtual time, without faults, for everything to end in.
  Duration finish_within = std::chrono::hours{24 * 365};
  // Runs that do not end are a failure. Off for workflows that are meant to run on.
  bool must_finish = true;
  // The first failure goes to standard error, too.
  bool print = true;
};

struct ExploredRun {
  std::string workflow_id;
  std::string run_id;
  std::string workflow_type;
  WorkflowStatus status = WorkflowStatus::Running;
  proto::History history;  // to_json(history) is what Temporal's tools and the Replayer read
};

struct ExplorationFailure {
  std::uint64_t seed = 0;
  std::string what;
  // What happened in the seed, one thing a line, each with its virtual time.
  std::vector<std::string> journal;
  std::vector<ExploredRun> runs;
};

struct ExplorationReport {
  std::uint64_t seeds = 0;  // that were run
  std::uint64_t actions = 0;
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  std::uint64_t crashes = 0;
  std::uint64_t failed_commits = 0;
  std::uint64_t failed_reads = 0;
  std::uint64_t full_disks = 0;       // that were full for minutes
  std::uint64_t attempts = 0;         // of activities, whose code ran
  std::uint64_t failed_attempts = 0;  // by injected faults
  std::uint64_t lost_attempts = 0;
  // A hash over all that was done and answered in all seeds: equal for equal seeds and code.
  std::uint64_t trace = 0;
  std::optional<ExplorationFailure> failure;  // the first; exploring stops there
  [[nodiscard]] bool ok() const { return !failure; }
  // For people: one line, or the failure with its seed, how to run that again, what happened, and
  // the histories.
  [[nodiscard]] DURASIM_EXPORT std::string to_text() const;
};

// What require() throws; checks may throw anything.
class DURASIM_EXPORT InvariantViolated : public Error {
 public:
  using Error::Error;
  ~InvariantViolated() override;
};
inline void require(bool holds, const std::string& otherwise) {
  if (!holds) throw InvariantViolated(otherwise);
}

// When a call of a client comes, counted from the beginning of the seed (from now, for calls out of
// activities). Without an upper end: a start within 5 s, other calls at once, within
// seconds, hours or two days, as the seed draws.
struct CallTime {
  Duration not_before{};
  std::optional<Duration> not_after{};
};

class Exploration;

// A workflow that a seed starts. Copyable; valid as long as the seed. Calls are repeated until
// their answer is known, and come in any order; those that find the run closed are dropped.
template <class R>
class ExploredWorkflow {
 public:
  ExploredWorkflow(Exploration& seed, std::string id) : seed_(&seed), id_(std::move(id)) {}
  [[nodiscard]] const std::string& id() const { return id_; }

  template <class T>
  void signal(const Signal<T>& signal, const std::type_identity_t<T>& value,
              const CallTime& when = {}) const;
  void signal(const Signal<void>& signal, const CallTime& when = {}) const;
  void cancel(const std::string& reason = {}, const CallTime& when = {}) const;
  void terminate(const std::string& reason = {}, const CallTime& when = {}) const;

  // For checks: what is durable. Empty before the start, else of the run that the id means now.
  [[nodiscard]] std::optional<WorkflowStatus> status() const;
  [[nodiscard]] bool completed() const { return status() == WorkflowStatus::Completed; }
  // Throws the Failure that the workflow ended with, LogicError while it is open.
  [[nodiscard]] R result() const;

 private:
  Exploration* seed_;
  std::string id_;
};

// One seed: its world, its workflows and what must hold. The function that is given to
// Explorer::run() fills it; activities and checks may keep a reference to it. Not thread-safe.
class DURASIM_EXPORT Exploration {
 public:
  Exploration(const Exploration&) = delete;
  Exploration& operator=(const Exploration&) = delete;

  [[nodiscard]] std::uint64_t seed() const;
  // The worker of a task queue, made on first use. Activities run on one thread, each at one moment
  // of virtual time; between the beginning of an attempt, its code and its report anything may
  // happen. What they touch of the world outlives every crash.
  Worker& worker(const std::string& task_queue);

  // An object that lives as long as the seed.
  template <class T, class... A>
  T& emplace(A&&... arguments) {
    auto object = std::make_shared<T>(std::forward<A>(arguments)...);
    T& reference = *object;
    keep(std::move(object));
    return reference;
  }

  // Plans a start. Left out of the options, the id is "workflow-1" and so on, the task queue that
  // of the only worker.
  template <class R, class... A>
  ExploredWorkflow<R> start(const WorkflowType<R(A...)>& type,
                            const std::type_identity_t<A>&... input, const StartOptions& options,
                            const CallTime& when = {}) {
    return {*this, plan_start(type.name, to_payloads(input...), options, when)};
  }
  // Plans the completion of an activity whose code called complete_async().
  template <class R, class... A>
  void complete_activity(const Activity<R(A...)>&, const std::string& task_token,
                         const std::type_identity_t<R>& result, const CallTime& when = {}) {
    plan_completion(task_token, to_payloads(result), when);
  }

  // Checked after every step of the schedule; throws what is wrong. It must not change anything.
  void always(std::function<void()> check);
  // Checked when the seed has ended.
  void at_end(std::function<void()> check);

  // Drawn from the seed: for what the world does, and for the shape of the scenario.
  [[nodiscard]] bool chance(double probability);
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);  // bound > 0
  [[nodiscard]] WallTime now() const;
  // A line of the journal that a failure shows.
  void note(std::string_view text);
  // What is durable, in the order of run ids.
  [[nodiscard]] std::vector<ExploredRun> runs() const;

 private:
  friend class ExploredSeed;
  template <class R>
  friend class ExploredWorkflow;
  explicit Exploration(ExploredSeed& seed) : seed_(seed) {}

  void keep(std::shared_ptr<void> object);
  std::string plan_start(std::string_view type, PayloadList input, const StartOptions& options,
                         const CallTime& when);
  void plan_signal(const std::string& id, std::string_view name, PayloadList input,
                   const CallTime& when);
  void plan_cancel(const std::string& id, const std::string& reason, const CallTime& when);
  void plan_terminate(const std::string& id, const std::string& reason, const CallTime& when);
  void plan_completion(const std::string& token, PayloadList result, const CallTime& when);
  [[nodiscard]] std::optional<WorkflowStatus> status(const std::string& id) const;
  [[nodiscard]] PayloadList result(const std::string& id) const;

  ExploredSeed& seed_;
};

// Runs one seed after the other, and stops at the first that fails. Not thread-safe; several
// explorers may run at once. When the environment variable DURASIM_SEED holds a number, only that
// seed is run.
class DURASIM_EXPORT Explorer {
 public:
  explicit Explorer(ExplorerOptions options = {});

  // Calls `setup` at the beginning of each seed. A seed fails when a check throws, when a run
  // cannot end, when workflow code is not deterministic (each history is replayed cold, in strict
  // mode), when something acknowledged is lost, and when `setup` throws. A failed seed, and one of
  // a hundred, is run twice: what is not repeated bit by bit depends on something outside of the
  // seed, and that is a failure, too. Throws InvalidArgument for options that make no sense.
  [[nodiscard]] ExplorationReport run(const std::function<void(Exploration&)>& setup) const;

 private:
  ExplorerOptions options_;
};

// ---- details ------------------------------------------------------------------------------------

template <class R>
template <class T>
void ExploredWorkflow<R>::signal(const Signal<T>& signal, const std::type_identity_t<T>& value,
                                 const CallTime& when) const {
  seed_->plan_signal(id_, signal.name, to_payloads(value), when);
}
template <class R>
void ExploredWorkflow<R>::signal(const Signal<void>& signal, const CallTime& when) const {
  seed_->plan_signal(id_, signal.name, {}, when);
}
template <class R>
void ExploredWorkflow<R>::cancel(const std::string& reason, const CallTime& when) const {
  seed_->plan_cancel(id_, reason, when);
}
template <class R>
void ExploredWorkflow<R>::terminate(const std::string& reason, const CallTime& when) const {
  seed_->plan_terminate(id_, reason, when);
}
template <class R>
std::optional<WorkflowStatus> ExploredWorkflow<R>::status() const {
  return seed_->status(id_);
}
template <class R>
R ExploredWorkflow<R>::result() const {
  const PayloadList payloads = seed_->result(id_);
  if constexpr (!std::is_void_v<R>) return std::get<0>(from_payloads<std::tuple<R>>(payloads));
}

}  // namespace durasim::inline v0::testing
