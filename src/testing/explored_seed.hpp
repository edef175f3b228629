// One seed of an Explorer: the user's workers, world, calls and checks in the simulator.
#pragma once

#include "durasim/testing/explorer.hpp"

#include "engine/payload_coding.hpp"
#include "testing/simulator.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::testing {

class ExploredSeed final : public Simulator, private Clock {
 public:
  // Options and setup are borrowed. Only with a journal is one kept: it costs.
  ExploredSeed(std::uint64_t seed, const ExplorerOptions& options,
               const std::function<void(Exploration&)>& setup, bool with_journal);
  ~ExploredSeed() override;

  [[nodiscard]] std::vector<std::string> take_journal() { return std::move(journal_); }
  // What the store holds, for a failed seed too, if there is a store at that moment.
  [[nodiscard]] std::vector<ExploredRun> runs() const;
  void count(ExplorationReport& report) const;

 private:
  friend class Exploration;
  class Outbound;
  struct Call {
    enum class Kind : std::uint8_t { Start, Signal, Cancel, Terminate, Complete };
    enum class State : std::uint8_t { Open, Waiting, Done };
    Kind kind{};
    std::string workflow_id;
    std::string name;  // of the workflow type or the signal, reason, or task token
    PayloadList input;
    StartOptions options;
    std::string request_id;
    Duration due{};  // on the machine's clock: clients do not restart with the engine
    State state = State::Open;
    std::string run_id;         // that it is for; of a start: that it was given
    bool acknowledged = false;  // with an effect that must stay
  };

  // explored_seed.cpp: what the simulator asks, and the user's checks
  void prepare() override;
  void implement(engine::WorkflowExecutor& executor, const std::string& queue) override;
  std::vector<Action> actions() override;
  void work_quietly() override;
  bool help(const store::RunRow& /*row*/, const engine::RunState& /*state*/) override {
    return false;
  }
  [[nodiscard]] std::optional<WallTime> next_due() const override;
  [[nodiscard]] Duration quiet_limit() const override { return options_.finish_within; }
  void end_faults() override;
  void not_finished(const std::string& why) override;
  void check_end() override;
  void check_runs();
  void after_action(std::string_view name) override;
  void process_died(bool while_booting) override;
  void commit_failed(Answer answer) override;
  void read_failed(std::string_view action) override;
  void disk_full(bool full) override;
  void choose_faults();
  [[nodiscard]] bool busy() const;
  void run_check(const std::function<void()>& check) const;

  // explored_activities.cpp
  void attempt_begins(const Attempt& attempt, WallTime at) override;
  void attempt_lost(const Attempt& attempt) override;
  void work_on(Attempt& attempt) override;
  [[nodiscard]] std::optional<ActivityOutcome> late_outcome(const Attempt& attempt) override;
  [[nodiscard]] ActivityOutcome outcome_of(Attempt& attempt);
  [[nodiscard]] ActivityOutcome run_code(Attempt& attempt);
  [[nodiscard]] bool is_wanted(const Attempt& attempt);
  [[nodiscard]] const ActivityImplementation* implementation_of(const Attempt& attempt) const;

  // explored_calls.cpp
  void plan(Call call, const CallTime& when);
  void call_quietly() override;
  [[nodiscard]] bool calls_done() const override;
  void after_boot() override;
  [[nodiscard]] std::vector<std::size_t> ready_calls() const;
  void make_call();
  void repeat_call();
  void make(std::size_t index);
  void start(Call& call);
  void send(Call& call);
  void answered(std::size_t index, Answer answer);
  [[nodiscard]] std::string name_of(const Call& call) const;
  [[nodiscard]] std::string plan_start(std::string_view type, PayloadList input,
                                       const StartOptions& options, const CallTime& when);
  [[nodiscard]] std::optional<WorkflowStatus> status(const std::string& id) const;
  [[nodiscard]] PayloadList result(const std::string& id) const;

  // Clock: what attempts read.
  [[nodiscard]] WallTime wall_now() const override { return now(); }
  [[nodiscard]] SteadyTime steady_now() const override {
    return SteadyTime(now().time_since_epoch());
  }
  void say(std::string_view text);

  std::uint64_t seed_;
  const ExplorerOptions& options_;
  const std::function<void(Exploration&)>& setup_;
  bool with_journal_;
  std::vector<std::string> journal_;
  engine::PayloadCoding coding_{nullptr};
  SeededRandom world_random_;  // of the user's draws, so that they do not move the schedule's
  Exploration exploration_;

  // The world goes last: workers and checks refer to it.
  std::vector<std::shared_ptr<void>> kept_;
  std::map<std::string, Worker> workers_;
  std::vector<std::function<void()>> always_;
  std::vector<std::function<void()>> at_end_;
  std::vector<Call> calls_;

  double fail_before_ = 0;  // an attempt, before its code runs
  double fail_after_ = 0;
  double repeat_ = 0;
  std::uint64_t attempts_run_ = 0;
  std::uint64_t attempts_failed_ = 0;
  std::uint64_t attempts_lost_ = 0;
};

}  // namespace durasim::inline v0::testing
