// Random workflow programs: trees of actions drawn from a seed, which one coroutine interprets
// (interpreter.hpp), activities look their behaviour up in, and the checker compares results with.
// A program follows from its seed alone, so that only the seed travels in the workflow's input.
#pragma once

#include "durasim/workflow/options.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::dst {

enum class StepKind : std::uint8_t { Sequence, All, Any, Scope, Activity, Timer, Wait, Signal };

// What the code of an activity does in one attempt.
enum class Deed : std::uint8_t {
  Complete,
  Fail,
  FailNonRetryable,
  FailListedType,  // a type that the retry policy excludes
  FailWithDelay,   // the failure says when the next attempt is to start
  Hang,            // never returns
  CompleteAsync,   // somebody else completes it by its token
  UntilCancelled,  // returns when it is told to stop
};

struct ActivityPlan {
  ActivityOptions options;
  std::vector<Deed> deeds;  // by attempt; those after the last complete
  int heartbeats = 0;       // of each attempt, before it ends
  bool ignores_cancel = false;
  [[nodiscard]] Deed deed(int attempt) const {
    const auto index = static_cast<std::size_t>(attempt) - 1;
    return index < deeds.size() ? deeds[index] : Deed::Complete;
  }
};

struct Step {
  StepKind kind = StepKind::Sequence;
  std::string key;             // unique in the generation
  std::vector<Step> children;  // Sequence, All, Any; Scope: one
  ActivityPlan activity;
  Duration delay{};         // Timer; Scope: until it is cancelled; Wait: its timeout, 0: none
  std::size_t signals = 0;  // Wait: so many have come
  int target = 0;           // Signal: the number of the workflow
};

enum class Ending : std::uint8_t { Complete, Fail };

// One run of the chain; all but the last continue as new.
struct Generation {
  Step body;
  bool cleans_up = false;  // a shielded activity when the run is cancelled
  ActivityPlan clean_up;
};

struct Program {
  std::vector<Generation> generations;
  Ending ending{};
  int fails_until_attempt = 0;  // with a retry policy of the run: attempts before this one fail
  std::optional<RetryPolicy> run_retry;
  Duration run_timeout{};
  Duration task_timeout{};
  Duration start_delay{};
};

inline constexpr int kMaxWorkflows = 4;
inline constexpr std::string_view kListedType = "Listed";

[[nodiscard]] Program make_program(std::uint64_t seed);
[[nodiscard]] std::string workflow_id_of(int number);

// Activities by key, the clean-up ("clean") among them.
[[nodiscard]] const ActivityPlan* find_activity(const Generation& generation,
                                                const std::string& key);

}  // namespace durasim::inline v0::dst
