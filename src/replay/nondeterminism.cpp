// The text of a mismatch.
#include "durasim/replay/nondeterminism.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0 {

namespace replay {

std::string to_string(const Mismatch& mismatch) {
  const std::string place =
      mismatch.event_id == 0 ? std::string("end of history")
                             : fmt::format("event {} {}", mismatch.event_id, mismatch.event_type);
  return fmt::format("{}, {}: the history has {}, the workflow issued {}", place, mismatch.field,
                     mismatch.expected, mismatch.actual);
}

}  // namespace replay

HistoryMismatch::HistoryMismatch(replay::Mismatch mismatch)
    : NonDeterminismError("[TMPRL1100] nondeterminism: " + replay::to_string(mismatch)),
      mismatch_(std::move(mismatch)) {}
HistoryMismatch::~HistoryMismatch() = default;

}  // namespace durasim::inline v0
