// Clients that follow a run's history as it grows.
#include "durasim/core/encoding.hpp"

#include "engine/shell/shell.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0 {

namespace {

constexpr Duration kLongestFollow = std::chrono::hours(1);  // so that no deadline overflows

}  // namespace

HistoryPart Engine::Shell::history_after(const WorkflowExecution& run, std::int64_t last_event_id,
                                         Duration at_most) {
  const SteadyTime deadline =
      clock_.steady_now() + std::clamp(at_most, Duration::zero(), kLongestFollow);
  Call call(*this, "GetWorkflowExecutionHistory", true);
  const std::string run_id = service_.resolve(run.workflow_id, run.run_id);
  for (;;) {
    const engine::RunState* state = service_.find(run_id);
    if (state == nullptr) throw WorkflowNotFound("run " + run_id + ": there is no such run");
    if (!state->open() || state->row().next_event_id - 1 > last_event_id) {
      proto::History history;
      history.events = service_.history_after(run_id, last_event_id);
      const bool closed = !state->open();
      // They may be on the way to the disk, and fail there.
      if (service_.is_durable(run_id) || settle(call.lock))
        return {run_id, encode(history), closed};
      require_running();
      continue;
    }
    const auto follower = std::make_shared<Follower>();
    const auto place = followers_.emplace(run_id, follower);
    const bool grown = follower->grown.wait_until(call.lock, deadline,
                                                  [&] { return follower->has_grown || stopping_; });
    followers_.erase(place);
    require_running();
    if (!grown) return {run_id, {}, false};
  }
}

// With the lock, after each group.
void Engine::Shell::wake_followers() {
  if (followers_.empty()) return;
  for (const std::string& run_id : service_.committed()) {
    const auto [first, last] = followers_.equal_range(run_id);
    for (auto it = first; it != last; ++it) {
      it->second->has_grown = true;
      committer_.notify_later({it->second, &it->second->grown});
    }
  }
}

}  // namespace durasim::inline v0
