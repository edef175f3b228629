// How a run ended, read off its last event.
#pragma once

#include "durasim/core/failure_message.hpp"
#include "durasim/core/history.hpp"

#include <string>
#include <variant>

namespace durasim::inline v0::engine {

struct DURASIM_EXPORT RunResult {
  std::variant<PayloadList, proto::Failure> outcome;
  std::string next_run_id;  // the run in which it goes on, if it does

  // The result; throws the Failure that the run ended with.
  [[nodiscard]] PayloadList value() &&;
};

// Throws LogicError for an event that closes no run.
[[nodiscard]] DURASIM_EXPORT RunResult result_of(const proto::HistoryEvent& closing);

}  // namespace durasim::inline v0::engine
