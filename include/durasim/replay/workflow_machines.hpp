// History on one side, activations and commands on the other: feeds a run's events to its workflow
// code, task by task, and checks that the commands of the code are those that the history records
// (sdk-core: workflow_machines.rs). Holds no code itself: whoever owns the code passes a function
// that activates it. Not thread-safe; deterministic.
#pragma once

#include "durasim/core/activation.hpp"
#include "durasim/core/command.hpp"
#include "durasim/core/history.hpp"
#include "durasim/replay/machine_table.hpp"
#include "durasim/replay/nondeterminism.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace durasim::inline v0::replay {

struct MachineOptions {
  // Differences that Temporal does not look at (timer durations, inputs, results, options):
  // reported to `warn`, or errors as well.
  bool strict = false;
  std::function<void(const Mismatch&)> warn;
  TransitionObserver* observer = nullptr;  // borrowed
};

// Runs the workflow's code for one step. Throws what is to fail the task.
using Activate = std::function<Completion(const Activation&)>;

class DURASIM_EXPORT WorkflowMachines {
 public:
  explicit WorkflowMachines(std::string run_id, MachineOptions options = {});

  // Events that follow those given before. Every workflow task in them that was completed is
  // replayed and checked; one that is started and nothing more is run, and its commands wait in
  // commands(). Tasks that failed or timed out are passed over. Throws HistoryMismatch, FormatError
  // for a history that contradicts itself, and what `activate` throws; this object can only be
  // destroyed then.
  void apply(std::span<const proto::HistoryEvent> events, const Activate& activate);

  // The step after the events so far, for a query: no other job, no command.
  Completion query(const QueryWorkflow& query, const Activate& activate) const;

  // For a history that is only looked at: throws HistoryMismatch when the code has issued a command
  // that the events so far do not record.
  void expect_no_more_commands() const;

  // What the task that was started last wants written, in order.
  [[nodiscard]] std::vector<proto::Command> commands() const;
  // A step of that task failed by itself (an exception, a bug): cause and failure.
  [[nodiscard]] const std::optional<WorkflowTaskFailure>& task_failure() const { return failure_; }
  [[nodiscard]] std::int64_t last_event_id() const { return last_event_id_; }
  // True once the code has issued a closing command.
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  struct Operation {
    State state = State::CommandCreated;
    bool waits_for_cancel = false;  // activity: ActivityCancellationType
    bool observed = true;           // the code still waits for the outcome
    std::string activity_id;
    std::string activity_type;
    std::int64_t recorded_event_id = 0;
  };
  // A command on its way into history.
  struct Outgoing {
    MachineKind kind{};
    bool cancels = false;  // the command that cancels, not the one that opens
    std::uint32_t seq = 0;
    std::int64_t opened_event_id = 0;  // of what it cancels
    WorkflowCommand command;
  };
  using Operations = std::map<std::uint32_t, Operation>;

  // Events of history (machine_events.cpp).
  void apply_event(const proto::HistoryEvent& event);
  void apply_command_event(const proto::HistoryEvent& event);
  void apply_start(const proto::HistoryEvent& event);
  void apply_task_completed(const proto::HistoryEvent& event);
  void resolve_timer(const proto::HistoryEvent& event);
  void resolve_activity(const proto::HistoryEvent& event);
  void resolve_external(const proto::HistoryEvent& event);
  void run_task(const proto::HistoryEvent& started, bool replaying, const Activate& activate);

  // `event_id`: where the missing command's event should have been before; 0: at the end.
  void expect_drained(std::int64_t event_id, const char* event_type) const;

  // Commands of the code (machine_commands.cpp).
  void accept(const Completion& completion);
  void accept_command(const WorkflowCommand& command);
  void open(MachineKind kind, std::uint32_t seq, Operation operation,
            const WorkflowCommand& command);
  void cancel(MachineKind kind, std::uint32_t seq, const WorkflowCommand& command);
  static proto::Command to_message(const Outgoing& outgoing);

  Action take(MachineKind kind, std::uint32_t seq, Input input);
  // Takes the outcome that `event` brings to what event `opened_event_id` opened; the operation
  // when the code is to be told.
  std::optional<std::pair<std::uint32_t, Operation>> take_outcome(MachineKind kind,
                                                                  std::int64_t opened_event_id);
  [[nodiscard]] std::uint32_t opened_by(MachineKind kind, std::int64_t event_id) const;
  Operations& operations(MachineKind kind) { return operations_[static_cast<std::size_t>(kind)]; }

  std::string run_id_;
  MachineOptions options_;
  std::array<Operations, machine_kinds> operations_;
  std::array<std::map<std::int64_t, std::uint32_t>, machine_kinds>
      by_event_;                  // opening event -> seq
  std::list<Outgoing> outgoing_;  // issued, not yet seen in history
  std::vector<ActivationJob> jobs_;
  std::optional<WorkflowTaskFailure> failure_;
  Activation header_;  // of the last step: time, lengths; without jobs
  std::int64_t last_event_id_ = 0;
  bool closed_ = false;
};

}  // namespace durasim::inline v0::replay
