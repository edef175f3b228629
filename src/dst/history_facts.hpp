// What a history says about the things that were opened in it, read without the engine's help.
#pragma once

#include "durasim/core/history.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace durasim::inline v0::dst {

struct ActivityFacts {
  std::string id;
  std::int64_t scheduled = 0;  // event ids; 0: there is none
  std::int64_t started = 0;
  std::int64_t closed = 0;
  std::int32_t attempt = 0;
  std::string outcome;  // as the interpreter writes it
};
struct TimerFacts {
  std::int64_t started = 0;
  std::int64_t closed = 0;  // fired or cancelled
};

struct HistoryFacts {
  std::map<std::int64_t, ActivityFacts> activities;
  std::map<std::int64_t, TimerFacts> timers;
  std::map<std::int64_t, std::int64_t> externals;  // initiated -> closed, or 0
  std::vector<std::string> notes;                  // texts of the signals, in order
  std::int64_t cancel_requests = 0;
  std::int64_t last_task_started = 0;
  std::int64_t last_news = 0;  // the last event that the code has to be told of

  [[nodiscard]] const ActivityFacts* activity(const std::string& id) const;
};

// Throws Violation for a second close, a close of what was never opened, an early timer and the
// like. Buffered events have no ids yet; pass them as `buffered`.
[[nodiscard]] HistoryFacts read_facts(std::span<const proto::HistoryEvent> events,
                                      std::span<const proto::HistoryEvent> buffered = {});

}  // namespace durasim::inline v0::dst
