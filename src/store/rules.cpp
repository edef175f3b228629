// The rules of a transition, one function per subject. Each text names the run and what the caller
// got wrong.
#include "durasim/store/rules.hpp"

#include "mutants/mutants.hpp"

#include <fmt/format.h>

namespace durasim::inline v0::store {

namespace {

[[noreturn]] void reject(const RunRow& run, const std::string& why) {
  throw StoreRejected(fmt::format("run \"{}\": {}", run.run_id, why));
}

void check_names(const RunRow& run) {
  if (run.run_id.empty()) throw StoreRejected("a run needs a run id");
  if (run.run_id.size() > kMaxRunIdBytes) {
    throw StoreRejected(
        fmt::format("a run id of {} bytes; at most {}", run.run_id.size(), kMaxRunIdBytes));
  }
  if (run.workflow_id.empty()) reject(run, "a run needs a workflow id");
  if (run.status < RunStatus::Running || run.status > RunStatus::TimedOut) {
    reject(run, fmt::format("there is no status {}", static_cast<int>(run.status)));
  }
  if (is_open(run) && run.close_time != WallTime{}) reject(run, "an open run has no close time");
}

void check_version(const Transition& transition, const RunRow* before) {
  const RunRow& run = transition.run;
  const std::int64_t stored = before != nullptr ? before->version : 0;
  if (transition.expected_version != stored && !mutant(MutantId::VersionUnchecked)) {
    reject(run, fmt::format("version {} is stored, the transition was built on version {}", stored,
                            transition.expected_version));
  }
  if (run.version != transition.expected_version + 1) {
    reject(run,
           fmt::format("version {} follows version {}", run.version, transition.expected_version));
  }
}

void check_identity(const RunRow& run, const RunRow& before) {
  if (run.workflow_id != before.workflow_id || run.workflow_type != before.workflow_type ||
      run.start_time != before.start_time) {
    reject(run, "workflow id, type and start time of a run never change");
  }
}

void check_lifecycle(const Transition& transition, const RunRow* before) {
  const RunRow& run = transition.run;
  if (before == nullptr) {
    if (is_open(run) && !transition.make_current) {
      reject(run, "the transition that starts a run makes it the current one");
    }
    return;
  }
  if (is_open(*before)) return;
  if (run.status != before->status || run.close_time != before->close_time) {
    reject(run, "a closed run keeps its status and close time");
  }
  if (!transition.batches.empty() || run.chain != before->chain) {
    reject(run, "a closed run keeps its history");
  }
  if (transition.make_current) reject(run, "a closed run is not made current");
}

void check_history(const Transition& transition, const RunRow* before) {
  const RunRow& run = transition.run;
  std::int64_t next = before != nullptr ? before->next_event_id : 1;
  for (const HistoryBatch& batch : transition.batches) {
    if (batch.run_id != run.run_id) {
      reject(run, fmt::format("a batch names run \"{}\"", batch.run_id));
    }
    if (batch.first_event_id != next || batch.last_event_id < batch.first_event_id ||
        batch.last_event_id >= run.next_event_id) {
      reject(run, fmt::format("a batch of events {}..{} where event {} comes next",
                              batch.first_event_id, batch.last_event_id, next));
    }
    next = batch.last_event_id + 1;
  }
  if (run.next_event_id != next) {
    reject(run, fmt::format("next_event_id {} where the history ends before event {}",
                            run.next_event_id, next));
  }
}

void check_tasks(const Transition& transition) {
  const auto check = [&](const TaskKey& key) {
    if (key.run_id != transition.run.run_id) {
      reject(transition.run, fmt::format("a task names run \"{}\"", key.run_id));
    }
  };
  for (const TaskRow& task : transition.put_tasks) check(task.key);
  for (const TaskKey& key : transition.delete_tasks) check(key);
}

}  // namespace

void check_transition(const Transition& transition, const RunRow* before) {
  check_names(transition.run);
  check_version(transition, before);
  if (before != nullptr) check_identity(transition.run, *before);
  check_lifecycle(transition, before);
  check_history(transition, before);
  check_tasks(transition);
}

}  // namespace durasim::inline v0::store
