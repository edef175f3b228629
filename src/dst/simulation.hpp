// One seed: the whole engine (service, executor, workflow code, store) in one thread, on a clock, a
// machine and a schedule that all follow from the seed. First a phase with faults, in which nothing
// wrong may happen; then one without, in which everything must come to its end.
#pragma once

#include "dst/ledger.hpp"
#include "dst/machine.hpp"
#include "dst/program.hpp"
#include "dst/quarantine_store.hpp"
#include "engine/service.hpp"
#include "engine/workflow_executor.hpp"
#include "testing/seeded_random.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::dst {

// Swarm testing: each seed draws which things happen often, seldom or never.
struct Rates {
  int clients = 0;    // workflows
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
  std::size_t buffered_events = 0;  // limit
};

struct Statistics {
  std::uint64_t actions = 0;
  std::uint64_t commits = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unknown = 0;
  std::uint64_t crashes = 0;
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  void add(const Statistics& other);
};

struct SeedResult {
  std::optional<std::string> failure;
  std::uint64_t trace = 0;  // hash over everything that was done and answered
  Statistics statistics;
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, MachineFactory make_machine);
  ~Simulation();
  SeedResult run();

 private:
  struct Client {
    int number = 0;
    std::uint64_t seed = 0;
    Program program;
    std::string request_id;
    std::string run_id;  // once acknowledged
    bool calling = false;
    int notes = 0;  // signals so far
  };
  // A signal or a cancellation whose caller does not know how it ended.
  struct Doubtful {
    Ledger::Call call;
    std::string text;
  };
  struct HeldTask {
    engine::WorkflowTask task;
    engine::TaskAnswer answer;
    std::size_t slot = 0;
  };
  struct Attempt {
    std::uint64_t serial = 0;
    engine::ActivityHandle handle;
    std::string key;
    Deed deed{};
    int heartbeats = 0;  // still to come
    int beat = 0;
    bool ignores_cancel = false;
    bool told = false;
    bool asynchronous = false;
    bool reporting = false;  // a report waits for its commit
  };
  using Tell = std::function<void(Answer)>;
  struct Action {
    std::string_view name;
    double weight = 0;
    void (Simulation::*act)() = nullptr;
  };

  // simulation.cpp: the schedule
  void draw_rates();
  void fault_phase();
  void quiet_phase();
  void act(const Action& action);
  [[nodiscard]] std::vector<Action> actions() const;
  bool quiet_round();
  void note(std::string_view what, std::uint64_t value = 0);
  bool chance(double probability) { return random_.chance(probability); }
  std::size_t below(std::size_t bound) { return random_.below(bound); }

  // simulation_process.cpp: the process and its faults
  void boot();
  void open_process();
  void check_after_boot();
  void check_recovery_is_idempotent();
  void die(testing::Crash mode);
  void crash();
  void commit();
  void settle(Answer answer);
  void deliver_news();
  void arm_fault();
  void pass_time();
  void fire_due();
  void evict();
  void audit();
  void offer_stale();
  [[nodiscard]] WallTime now() const { return base_ + (steady_ - boot_); }
  [[nodiscard]] engine::ServiceOptions service_options() const;

  // simulation_clients.cpp
  void make_clients();
  void start_workflow();
  void start_again();
  void send_signal();
  void send(Client& client, const std::string& run_id);
  void repeat_call();
  void call(const Ledger::Call& call, const std::string& text);
  void request_cancel();
  void terminate();
  void query();
  [[nodiscard]] std::uint64_t failed_commits() const {
    return statistics_.crashes + statistics_.rejected + statistics_.unknown;
  }
  void look();
  Client* pick_started();

  // simulation_workers.cpp
  void begin_task();
  void complete_task();
  void drop_task();
  void finish_task(std::size_t index);
  void drain_tasks();
  void start_activity();
  void begin_attempt(const engine::ActivityHandle& handle, const ActivityTask& task, WallTime at);
  void work();
  void heartbeat(Attempt& attempt);
  void report(Attempt& attempt, const ActivityOutcome& outcome);
  void retire(const Attempt& attempt);
  void repeat_report();
  [[nodiscard]] ActivityOutcome outcome_of_deed(const Attempt& attempt) const;
  const ActivityPlan& plan_of(const std::string& argument, std::string& key);
  Attempt* find_attempt(std::uint64_t serial);
  void drop_attempt(std::uint64_t serial);

  testing::SeededRandom random_;
  Rates rates_;
  Statistics statistics_;
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
  bool faults_ = true;

  std::unique_ptr<Machine> machine_;
  store::Store* bare_ = nullptr;  // the machine's, without the damage of store_
  std::unique_ptr<QuarantineStore> store_;
  std::unique_ptr<engine::Service> service_;
  std::unique_ptr<engine::WorkflowExecutor> executor_;

  WallTime wall_;               // may jump
  WallTime steady_;             // of the machine: only ever forward
  WallTime boot_;               // steady time when the process came up
  WallTime base_;               // engine time then
  WallTime acknowledged_at_{};  // the last commit

  Ledger ledger_;
  std::vector<Client> clients_;
  std::vector<Doubtful> doubtful_;
  std::vector<Ledger::Call> in_one_commit_;  // calls of a group whose commit is unknown
  std::vector<Tell> waiting_;                // callers that wait for the next commit
  std::vector<HeldTask> held_;
  std::vector<Attempt> attempts_;
  std::vector<Attempt> reported_;  // over for their worker; may be reported again
  std::map<std::uint64_t, Program> programs_;
  std::uint64_t next_serial_ = 1;
};

}  // namespace durasim::inline v0::dst
