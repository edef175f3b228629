// A recursive descent over the trace, led by the program.
#include "dst/trace_check.hpp"

#include "dst/ledger.hpp"

#include <fmt/format.h>

#include <chrono>

namespace durasim::inline v0::dst {

namespace {

class Match {
 public:
  Match(const std::string& text, const HistoryFacts& facts) : text_(text), facts_(facts) {}

  bool whole(const Step& body, bool canceled) {
    return step(body, canceled) && at_ == text_.size();
  }
  [[nodiscard]] std::size_t farthest() const { return farthest_; }

 private:
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    farthest_ = std::max(farthest_, ++at_);
    return true;
  }
  std::string word() {
    const std::size_t end = std::min(text_.find_first_of(";)}]>", at_), text_.size());
    std::string found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }

  bool step(const Step& step, bool canceled) {
    if (canceled && take('!')) return true;
    switch (step.kind) {
      case StepKind::Sequence:
        return several(step, '(', ')', canceled);
      case StepKind::All:
        return several(step, '{', '}', canceled);
      case StepKind::Any:
        return one_of(step, canceled);
      case StepKind::Scope:
        return take('[') && this->step(step.children.front(), true) && take(']');
      default:
        return leaf(step, canceled);
    }
  }

  bool several(const Step& parent, char open, char close, bool canceled) {
    char separator = open;
    for (const Step& child : parent.children) {
      if (!take(separator) || !step(child, canceled)) return false;
      separator = ';';
    }
    return take(close);
  }

  bool one_of(const Step& parent, bool canceled) {
    if (!take('<')) return false;
    const std::size_t start = at_;
    for (const Step& child : parent.children) {
      at_ = start;
      if (step(child, canceled) && take('>')) return true;
    }
    return false;
  }

  bool leaf(const Step& step, bool canceled) {
    const std::string found = word();
    if (!found.starts_with(step.key + "=")) return false;
    const std::string outcome = found.substr(step.key.size() + 1);
    switch (step.kind) {
      case StepKind::Activity:
        return activity(step, outcome, canceled);
      case StepKind::Timer:
        return (outcome == "canceled" && canceled) || at_least("fired:", outcome, step.delay);
      case StepKind::Wait:
        return (outcome == "canceled" && canceled) || outcome == "came" ||
               (step.delay != Duration::zero() && at_least("late:", outcome, step.delay));
      default:
        return (outcome == "canceled" && canceled) || outcome == "sent" || outcome == "unknown";
    }
  }

  static bool at_least(std::string_view prefix, const std::string& outcome, Duration least) {
    if (!outcome.starts_with(prefix)) return false;
    const std::chrono::milliseconds elapsed(std::stoll(outcome.substr(prefix.size())));
    return elapsed >= std::chrono::floor<std::chrono::milliseconds>(least);
  }

  bool activity(const Step& step, const std::string& outcome, bool canceled) const {
    const ActivityFacts* facts = facts_.activity(step.key);
    if (facts != nullptr && facts->closed != 0 && facts->outcome == outcome) return true;
    if (!canceled || outcome != "canceled") return false;
    // Who waits for the end of a cancelled activity gets what became of it.
    const bool waits = step.activity.options.cancellation_type ==
                       ActivityCancellationType::WaitCancellationCompleted;
    return !waits || facts == nullptr;
  }

  const std::string& text_;
  const HistoryFacts& facts_;
  std::size_t at_ = 0;
  std::size_t farthest_ = 0;
};

}  // namespace

void check_trace(const std::string& trace, const Step& body, const HistoryFacts& facts,
                 bool canceled) {
  Match match(trace, facts);
  if (!match.whole(body, canceled))
    throw Violation(
        fmt::format("the result \"{}\" is neither what the program can answer nor what "
                    "history says, from about \"{}\" on",
                    trace, trace.substr(match.farthest())));
}

}  // namespace durasim::inline v0::dst
