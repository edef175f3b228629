// The one workflow of the simulator: runs the program of its input and tells, in its result, what
// became of every step. Text that the checker reads again:
//   sequence "(a;b)", all "{a;b}", any "<winner>", scope "[a]", leaf "key=outcome", composite that
//   was cancelled before it began "!". Outcomes: "ok", "failed:Type", "timeout:N", "canceled",
//   "fired:ms", "came", "late:ms", "sent", "unknown".
#pragma once

#include "durasim/core/describe.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/workflow/instance.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::dst {

struct ProgramInput {
  std::uint64_t seed = 0;
  std::uint32_t generation = 0;
  std::vector<std::string> received;  // signals of the runs before
};
BOOST_DESCRIBE_STRUCT(ProgramInput, (), (seed, generation, received))

inline constexpr std::string_view kTaskQueue = "queue";
inline constexpr std::string_view kWorkflowType = "program";
inline constexpr std::string_view kActivityType = "work";
inline constexpr std::string_view kSignalName = "note";
inline constexpr std::string_view kQueryName = "received";
inline constexpr std::string_view kPlannedFailure = "Planned";

[[nodiscard]] WorkflowImplementation interpreter();

// "failed:Type", "timeout:N" or "canceled", for what ended an activity.
[[nodiscard]] std::string outcome_of(const proto::Failure& failure);

}  // namespace durasim::inline v0::dst
