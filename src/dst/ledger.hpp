// What the world outside knows: calls that were acknowledged, attempts whose code ran. It lies
// outside of the simulated disk and survives every crash; whatever the engine says later is held
// against it. Times are engine time.
#pragma once

#include "durasim/activity/attempt.hpp"

#include "dst/program.hpp"
#include "engine/service.hpp"
#include "testing/simulator.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace durasim::inline v0::dst {

using testing::Answer;
using testing::Violation;

class Ledger {
 public:
  // ---- calls of clients ----
  struct Start {
    std::string workflow_id;
    std::string request_id;
    std::string run_id;
  };
  struct Call {
    std::string workflow_id;
    std::string run_id;  // its scope
    std::string request_id;
    bool is_cancel = false;
  };
  std::vector<Start> starts;                // acknowledged
  std::map<std::string, Call> calls;        // acknowledged signals and cancellations, by request id
  std::set<std::string> termination_asked;  // runs
  std::set<std::string> terminated;         // runs, acknowledged
  std::map<std::string, int> crashes;  // by run whose code has run: deaths of the process since

  // ---- attempts of activities ----
  // User code starts: its attempt must be new, allowed, not early, and know the last heartbeat.
  void attempt_begins(const engine::ActivityHandle& handle, const ActivityTask& task,
                      const ActivityPlan& plan, WallTime now);
  // The engine took (or refused) a report; `final` when no attempt may follow.
  void report_taken(const engine::ActivityHandle& handle, bool taken);
  void report_answered(const engine::ActivityHandle& handle, const ActivityOutcome& outcome,
                       Answer answer, WallTime now);
  void heartbeat_answered(const engine::ActivityHandle& handle, const PayloadList& details,
                          Answer answer, WallTime now);
  // The process died: attempts of it may be followed at once.
  void process_died();
  // Whether the attempt ran in a process that is gone.
  [[nodiscard]] bool is_lost(const engine::ActivityHandle& handle) const;
  // Whether an acknowledged report was the activity's last.
  [[nodiscard]] bool is_closed(const std::string& run_id, std::int64_t scheduled_event_id) const;

 private:
  struct Attempt {
    ActivityTask task;
    int process = 0;
    WallTime started{};
    WallTime last_heartbeat{};
    bool taken = false;  // a report was accepted, perhaps not yet durably
    bool asynchronous = false;
    bool doubtful = false;  // a report has an unknown answer
    std::optional<WallTime> failed;
    Duration delay{};  // until the next attempt, after that failure
  };
  struct Activity {
    ActivityPlan plan;
    std::map<int, Attempt> attempts;
    bool closed = false;  // an acknowledged report ended it
    PayloadList details;  // the last acknowledged heartbeat
    std::vector<PayloadList> doubtful_details;
  };
  void check_times(const Activity& activity, const Attempt& before, WallTime now,
                   const std::string& name) const;
  [[nodiscard]] Attempt* find(const engine::ActivityHandle& handle);

  int process_ = 0;
  std::map<std::pair<std::string, std::int64_t>, Activity> activities_;
};

}  // namespace durasim::inline v0::dst
