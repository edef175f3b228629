// One seed: the whole engine (service, executor, workflow code, store) in one thread, on a clock, a
// machine and a schedule that all follow from the seed. First a phase with faults, in which nothing
// wrong may happen; then one without, in which everything must come to its end. Which workflows
// there are, who calls them, what activities do and what is wrong is up to the class that derives:
// durasim-dst (src/dst) and the Explorer.
#pragma once

#include "durasim/activity/attempt.hpp"

#include "engine/service.hpp"
#include "engine/workflow_executor.hpp"
#include "testing/failing_reads.hpp"
#include "testing/seeded_random.hpp"
#include "testing/simulated_machine.hpp"
#include "testing/violation.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::testing {

// Swarm testing: each seed draws which things happen often, seldom or never.
struct Rates {
  int steps = 0;      // of the phase with faults
  double commit = 0;  // after an action
  double crash = 0;   // kill or power loss, between actions
  double stop = 0;    // the machine stops at some operation of the disk
  double failed_sync = 0;
  double no_space = 0;
  double wall_jump = 0;
  double recovery_crash = 0;
  double damage = 0;  // a run is damaged while a process lives
  double lost = 0;    // a worker forgets an attempt or a workflow task
  double evict = 0;
  double slow_clock = 0;  // small steps of time instead of going to what is due
  std::size_t cached_runs = 0;
  std::size_t buffered_events = 0;                                             // limit
  std::size_t inline_payload_bytes = EngineLimits{}.max_inline_payload_bytes;  // not drawn
  double failed_reads = 0;  // the process's next few reads fail
  double full_disk = 0;     // it is full for minutes, over deaths of the process
  bool lives_on = false;    // the process goes on into the quiet phase, instead of a last crash
};
// The last three are drawn from `later`, as everything is that they lead to: a seed that has none
// of them means what it meant before they were there.
[[nodiscard]] Rates draw_rates(SeededRandom& random, SeededRandom& later);
// Those that are not zero, for people.
[[nodiscard]] std::string describe(const Rates& rates);

struct Statistics {
  std::uint64_t actions = 0;
  std::uint64_t commits = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unknown = 0;
  std::uint64_t crashes = 0;
  std::uint64_t failed_reads = 0;
  std::uint64_t full_disks = 0;     // stretches of time
  std::uint64_t rejected_full = 0;  // of the rejected commits, those in such a stretch
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  void add(const Statistics& other);
};

struct SeedResult {
  std::optional<std::string> failure;
  std::uint64_t trace = 0;  // hash over everything that was done and answered
  Statistics statistics;
  std::string faults;  // the seed's rates
};

// When the clocks of every seed begin.
inline constexpr WallTime kFirstMoment{std::chrono::sys_days{std::chrono::January / 1 / 2026}};

// How a call ended for its caller.
enum class Answer : std::uint8_t { Ok, Rejected, Unknown };

// For people.
[[nodiscard]] std::string describe_run(engine::Service& service, const std::string& run_id);

class Simulator {
 public:
  Simulator(std::uint64_t seed, MachineFactory make_machine);
  virtual ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;
  SeedResult run();

 protected:
  struct HeldTask {
    engine::WorkflowTask task;
    engine::TaskAnswer answer;
    std::string queue;
    std::size_t slot = 0;
    bool durable = false;    // its start
    bool forgotten = false;  // by a commit that failed
  };
  struct Attempt {
    std::uint64_t serial = 0;
    engine::ActivityHandle handle;
    ActivityTask task;
    std::optional<ActivityOutcome> outcome;  // of code that has run
    int heartbeats = 0;                      // so far
    bool told = false;                       // to stop
    bool asynchronous = false;
    bool reporting = false;  // a report waits for its commit
  };
  using Tell = std::function<void(Answer)>;
  struct Action {
    std::string_view name;
    double weight = 0;
    std::function<void()> act;
  };

  // ---- what a simulation is about ----
  virtual void prepare() = 0;  // draws the rates, before the first process
  virtual void implement(engine::WorkflowExecutor& executor, const std::string& queue) = 0;
  [[nodiscard]] virtual std::vector<Action> actions() = 0;
  virtual void call_quietly() = 0;  // calls of clients in the quiet phase, those that can be made
  [[nodiscard]] virtual bool calls_done() const = 0;
  virtual void work_quietly() = 0;  // brings running attempts to their end
  // An open run that waits while nothing is due; false when nobody can help it.
  virtual bool help(const store::RunRow& row, const engine::RunState& state) = 0;
  // What happens next by itself.
  [[nodiscard]] virtual std::optional<WallTime> next_due() const { return service_->next_due(); }
  virtual void audit() {}
  // From the one phase to the other: a last crash, or none, so that what a process has forgotten is
  // not found again by the recovery of the next. Disarms what the machine still has.
  virtual void end_faults();
  virtual void not_finished(const std::string& why) { throw Violation(why); }
  virtual void check_end() = 0;
  [[nodiscard]] virtual Duration quiet_limit() const { return std::chrono::hours{48}; }

  // ---- what it is told ----
  virtual void after_action(std::string_view /*name*/) {}
  // Between the store and the process; forget it in process_died.
  virtual store::Store& dress(store::Store& bare) { return bare; }
  [[nodiscard]] virtual bool damaged() const { return false; }
  virtual void after_boot() {}
  // Before what ran in the process is forgotten.
  virtual void process_dies() {}
  virtual void process_died(bool /*while_booting*/) {}
  virtual void commit_failed(Answer /*answer*/) {}
  // An action that ends there, as it does for its client or its worker.
  virtual void read_failed(std::string_view /*action*/) {}
  virtual void disk_full(bool /*full*/) {}
  virtual void task_begins(const std::string& /*run_id*/) {}
  virtual void attempt_begins(const Attempt& /*attempt*/, WallTime /*at*/) {}
  virtual void attempt_lost(const Attempt& /*attempt*/) {}
  virtual void work_on(Attempt& attempt) = 0;
  virtual void report_taken(const engine::ActivityHandle& /*handle*/, bool /*taken*/) {}
  virtual void report_answered(const engine::ActivityHandle& /*handle*/,
                               const ActivityOutcome& /*outcome*/, Answer /*answer*/,
                               WallTime /*at*/) {}
  virtual void heartbeat_answered(const engine::ActivityHandle& /*handle*/,
                                  const PayloadList& /*details*/, Answer /*answer*/,
                                  WallTime /*at*/) {}
  // What a late or second report of an attempt says, if there is anything to say.
  [[nodiscard]] virtual std::optional<ActivityOutcome> late_outcome(const Attempt& attempt) = 0;
  [[nodiscard]] virtual bool is_lost(const engine::ActivityHandle& /*handle*/) const {
    return false;
  }

  // ---- simulator.cpp: the schedule ----
  void fault_phase();
  void quiet_phase();
  bool quiet_round();
  void act(const Action& action);
  // Those of process and workers.
  [[nodiscard]] std::vector<Action> engine_actions();
  void note(std::string_view what, std::uint64_t value = 0);
  bool chance(double probability) { return random_.chance(probability); }
  std::size_t below(std::size_t bound) { return random_.below(bound); }

  // ---- simulator_process.cpp: the process and its faults ----
  void boot();
  void open_process();
  void check_recovery_is_idempotent();
  void die(Crash mode);
  void end_process();  // with all code that is suspended in it
  void crash();
  void commit();
  void settle(Answer answer);
  void deliver_news();
  void arm_fault();
  void arm_lasting_faults();
  void end_lasting_faults();
  void pass_time();
  void fire_due();
  void evict();
  void evict_code(const std::string& run_id);
  // What the engine takes for the time; follows the wall clock at a restart.
  [[nodiscard]] WallTime now() const { return base_ + (steady_ - boot_); }
  // Of the machine, since the seed began.
  [[nodiscard]] Duration elapsed() const { return steady_ - kFirstMoment; }
  [[nodiscard]] engine::ServiceOptions service_options() const;

  // ---- simulator_workers.cpp ----
  void begin_task();
  void complete_task();
  void drop_task();
  void finish_task(std::size_t index);
  void drain_tasks();
  void start_activity();
  void begin_attempt(const engine::ActivityHandle& handle, const ActivityTask& task, WallTime at);
  void work();
  HeartbeatReply heartbeat(Attempt& attempt, const PayloadList& details);
  void report(Attempt& attempt, const ActivityOutcome& outcome);
  void repeat_report();
  Attempt* find_attempt(std::uint64_t serial);
  void drop_attempt(std::uint64_t serial);
  engine::WorkflowExecutor& executor(const std::string& queue) { return executors_.at(queue); }

  SeededRandom random_;
  SeededRandom later_random_;  // of Rates' last
  Rates rates_;
  Statistics statistics_;
  std::vector<std::string> queues_;  // set by prepare()
  bool faults_ = true;

  std::unique_ptr<Machine> machine_;
  ReadFaults reads_;
  store::Store* bare_ = nullptr;         // the machine's; null while there is no process
  std::unique_ptr<FailingReads> store_;  // as the process sees it
  std::unique_ptr<engine::Service> service_;

  std::vector<Tell> waiting_;  // callers that wait for the next commit
  std::vector<HeldTask> held_;
  std::vector<Attempt> attempts_;

 private:
  void retire(const Attempt& attempt);
  std::optional<engine::WorkflowTask> next_task(std::string& queue);
  [[nodiscard]] bool try_to_boot();
  void reject_group();
  void free_space();

  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
  std::map<std::string, engine::WorkflowExecutor> executors_;  // by task queue
  WallTime wall_;                                              // may jump
  WallTime steady_;                                            // of the machine: only ever forward
  WallTime boot_;                          // steady time when the process came up
  WallTime base_;                          // engine time then
  WallTime acknowledged_at_{};             // the last commit
  std::optional<WallTime> full_until_;     // steady time; nothing: there is space
  std::uint64_t reads_failed_before_ = 0;  // when the last group was settled
  std::vector<Attempt> reported_;          // over for their worker; may be reported again
  std::uint64_t next_serial_ = 1;
};

}  // namespace durasim::inline v0::testing
