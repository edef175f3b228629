// Who has won in a group of operands.
#include "durasim/workflow/group.hpp"

#include "durasim/core/error.hpp"

namespace durasim::inline v0::detail {

void Tally::note(std::size_t index, bool failed) {
  --open_;
  if (decided_) return;
  const bool last = open_ == 0;
  switch (wins_) {
    case Wins::All:
      decided_ = failed || last;
      break;
    case Wins::FirstSuccess:
      decided_ = !failed || last;
      break;
    case Wins::First:
      decided_ = true;
      break;
  }
  if (decided_) {
    failed_ = failed;
    index_ = index;
  }
}

void require_operands(Wins wins, std::size_t count) {
  if (count == 0 && wins != Wins::All) {
    throw InvalidArgument("any() and select() need at least one operand; the vector is empty");
  }
}

void throw_awaited_twice() {
  throw LogicError(
      "all(), any() or select() was awaited twice; its result was taken the first time");
}

}  // namespace durasim::inline v0::detail
