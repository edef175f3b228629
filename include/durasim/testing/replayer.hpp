// Replays recorded histories with the workflow code of today: whether runs that are under way would
// go on with it, before they have to.
//   durasim::testing::Replayer replayer;
//   replayer.implement(digest_type, digest);
//   replayer.replay_file("digest-1.json");               // throws NonDeterminismError
//   for (const auto& run : replayer.replay_store(store)) CHECK_MESSAGE(run.ok(), run.error);
#pragma once

#include "durasim/core/codec.hpp"
#include "durasim/core/history.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/names.hpp"
#include "durasim/replay/machine_table.hpp"
#include "durasim/replay/nondeterminism.hpp"
#include "durasim/store/store.hpp"
#include "durasim/workflow/implementation.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::testing {

struct ReplayerOptions {
  // Differences that Temporal does not look at (timer durations, inputs, results) are errors too.
  bool strict = false;
  bool fail_task_on_exception = false;  // as the worker has it
  Logger logger;
  replay::TransitionObserver* observer = nullptr;  // borrowed
  // What encoded the histories' payloads, if anything did; borrowed.
  const PayloadCodec* codec = nullptr;
};

// What became of one run.
struct ReplayedRun {
  std::string workflow_id;
  std::string run_id;
  std::string workflow_type;
  std::string error;                         // empty: the code does what the history says
  std::optional<replay::Mismatch> mismatch;  // the difference, where the error is one
  std::vector<replay::Mismatch> warnings;    // what `strict` would have made an error
  [[nodiscard]] bool ok() const { return error.empty(); }
};

// Nothing is executed but workflow code, and nothing is written. Not thread-safe.
class DURASIM_EXPORT Replayer {
 public:
  explicit Replayer(ReplayerOptions options = {});

  // A coroutine Workflow<R>(WorkflowContext, A...); registering a type again replaces it.
  template <class R, class... A, class F>
  Replayer& implement(const WorkflowType<R(A...)>& type, F function) {
    implementations_.insert_or_assign(std::string(type.name),
                                      make_workflow(type, std::move(function)));
    return *this;
  }

  // Replays one history, open or closed; a workflow task at its end that is not completed is left
  // out. Returns the warnings. Throws HistoryMismatch or another NonDeterminismError where code and
  // history differ, InvalidArgument for a type that was not implemented, FormatError for a history
  // that contradicts itself.
  std::vector<replay::Mismatch> replay(const proto::History& history) const;
  // As `temporal workflow show --output json` writes it, or durasim's export.
  std::vector<replay::Mismatch> replay_json(std::string_view json) const;
  std::vector<replay::Mismatch> replay_file(const std::string& path) const;

  // Every run of the store, or every one of that type, open and closed. Throws only when the store
  // cannot be read: a run that is damaged, or whose type is not implemented, has that as its error.
  [[nodiscard]] std::vector<ReplayedRun> replay_store(const store::Store& store,
                                                      std::string_view workflow_type = {}) const;

 private:
  std::vector<replay::Mismatch> replay_run(const proto::History& history,
                                           const std::string& workflow_id,
                                           const std::string& run_id) const;

  ReplayerOptions options_;
  std::map<std::string, WorkflowImplementation> implementations_;
};

}  // namespace durasim::inline v0::testing
