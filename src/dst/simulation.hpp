// What durasim-dst puts into the simulator: random programs as workflows, clients that call all
// day, activities that do what their program says, and a ledger that everything is held against.
#pragma once

#include "dst/ledger.hpp"
#include "dst/machine.hpp"
#include "dst/program.hpp"
#include "dst/quarantine_store.hpp"
#include "testing/simulator.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::dst {

using testing::MachineFactory;
using testing::SeedResult;
using testing::Statistics;

class Simulation final : public testing::Simulator {
 public:
  // `blobs`: every payload leaves its row for a blob, not only large ones. Another schedule than
  // without, because rows have other sizes.
  Simulation(std::uint64_t seed, MachineFactory make_machine, bool blobs)
      : Simulator(seed, make_machine), blobs_(blobs) {}
  ~Simulation() override;

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

  // simulation.cpp
  void prepare() override;
  void implement(engine::WorkflowExecutor& executor, const std::string& queue) override;
  std::vector<Action> actions() override;
  void call_quietly() override;
  [[nodiscard]] bool calls_done() const override;
  void work_quietly() override;
  bool help(const store::RunRow& row, const engine::RunState& state) override;
  void audit() override;
  void check_end() override;
  store::Store& dress(store::Store& bare) override;
  [[nodiscard]] bool damaged() const override {
    return quarantine_ != nullptr && !victim().empty();
  }
  void after_boot() override;
  void process_died(bool while_booting) override;
  void offer_stale();
  [[nodiscard]] const std::string& victim() const { return quarantine_->victim(); }

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

  // simulation_activities.cpp
  void task_begins(const std::string& run_id) override;
  void attempt_begins(const Attempt& attempt, WallTime at) override;
  void work_on(Attempt& attempt) override;
  void report_taken(const engine::ActivityHandle& handle, bool taken) override;
  void report_answered(const engine::ActivityHandle& handle, const ActivityOutcome& outcome,
                       Answer answer, WallTime at) override;
  void heartbeat_answered(const engine::ActivityHandle& handle, const PayloadList& details,
                          Answer answer, WallTime at) override;
  [[nodiscard]] std::optional<ActivityOutcome> late_outcome(const Attempt& attempt) override;
  [[nodiscard]] bool is_lost(const engine::ActivityHandle& handle) const override;
  [[nodiscard]] ActivityOutcome outcome_of_deed(const Attempt& attempt, const ActivityPlan& plan);
  const ActivityPlan& plan_of(const ActivityTask& task);

  bool blobs_;
  int client_count_ = 0;
  std::unique_ptr<QuarantineStore> quarantine_;
  Ledger ledger_;
  std::vector<Client> clients_;
  std::vector<Doubtful> doubtful_;
  std::vector<Ledger::Call> in_one_commit_;  // calls of a group whose commit is unknown
  std::map<std::uint64_t, Program> programs_;
};

}  // namespace durasim::inline v0::dst
