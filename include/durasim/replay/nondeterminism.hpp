// What is reported when workflow code asks for something else than its history records: which
// event, which field, what the history expected and what the code did.
#pragma once

#include "durasim/core/error.hpp"

#include <cstdint>
#include <string>

namespace durasim::inline v0 {

namespace replay {

// One difference between a command of the code and the event that records it.
struct Mismatch {
  std::int64_t event_id = 0;  // 0: the history ends before it
  std::string event_type;     // "TimerStarted"
  std::string field;          // "command", "timer_id", "input", ...
  std::string expected;       // in history
  std::string actual;         // by the code
  bool operator==(const Mismatch&) const = default;
};

// "event 5 ActivityTaskScheduled, activity_type: the history has charge, the workflow issued
// refund"
[[nodiscard]] DURASIM_EXPORT std::string to_string(const Mismatch& mismatch);

}  // namespace replay

// The NonDeterminismError that knows the event and the field. Fails the workflow task, never the
// run.
class DURASIM_EXPORT HistoryMismatch : public NonDeterminismError {
 public:
  explicit HistoryMismatch(replay::Mismatch mismatch);
  ~HistoryMismatch() override;
  [[nodiscard]] const replay::Mismatch& mismatch() const { return mismatch_; }

 private:
  replay::Mismatch mismatch_;
};

}  // namespace durasim::inline v0
